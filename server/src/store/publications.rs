//! What the commission published, each fetch kept for ever. Append-only.

use hattama_proto::{
    id::{FileHash, PublicationId},
    statement::{Level, ReadBy},
    time::UnixMillis,
};

use super::{
    Batch, Db, Rows, StoreError, Value,
    log::{integer, unsigned},
    records::unreadable,
};

/// A publication to be archived.
#[derive(Debug)]
pub struct NewPublication<'a> {
    /// Its identity.
    pub id: PublicationId,
    /// Level of its figures.
    pub level: Level,
    /// When it was fetched.
    pub fetched_at: UnixMillis,
    /// Where it was found.
    pub source: &'a str,
    /// The mapping by which it was read, if one was used.
    pub mapping: Option<(ReadBy, &'a str)>,
    /// Media type.
    pub media_type: &'a str,
    /// The file.
    pub bytes: &'a [u8],
    /// The signed statement that archives it.
    pub jws: &'a str,
}

pub(super) const APPEND_ROW: &str =
    "insert into publication_row (publication_id, unit, line, cells)
     values ($1, $2, $3, $4)";

pub(super) const APPEND_MAPPING: &str =
    "insert into publication_mapping (publication_id, file_sha256, mapping_sha256, mapping)
     values ($1, $2, $3, $4)";

/// Archives a publication with its rows: unit, line in the file, cells as JSON.
pub fn archive(publication: &NewPublication<'_>, rows: Vec<(String, u64, String)>) -> Batch {
    let id = publication.id.to_hex();
    let rows: Rows = rows
        .into_iter()
        .map(|(unit, line, cells)| [id.as_str().into(), unit.into(), integer(line), cells.into()])
        .collect();
    let mapping = publication.mapping.map(|(read_by, text)| {
        [
            id.as_str().into(),
            read_by.file.to_hex().into(),
            read_by.mapping.to_hex().into(),
            text.as_bytes().into(),
        ]
    });
    Batch::new()
        .step(
            "insert into publication
                (publication_id, level, fetched_at_ms, source, media_type, bytes, jws)
             values ($1, $2, $3, $4, $5, $6, $7)",
            [
                id.as_str().into(),
                publication.level.name().into(),
                publication.fetched_at.0.into(),
                publication.source.into(),
                publication.media_type.into(),
                publication.bytes.into(),
                publication.jws.into(),
            ],
        )
        .many(APPEND_ROW, rows)
        .many(APPEND_MAPPING, mapping.into_iter().collect::<Rows>())
}

/// An archived publication, without its bytes.
#[derive(Clone, Debug)]
pub struct StoredPublication {
    /// Its identity.
    pub id: PublicationId,
    /// Level of its figures.
    pub level: Level,
    /// When it was fetched.
    pub fetched_at: UnixMillis,
    /// Where it was found.
    pub source: String,
    /// Length of the file, in bytes.
    pub bytes: u64,
    /// How many units it has.
    pub units: u64,
    /// By which mapping it was read, if by one.
    pub read_by: Option<ReadBy>,
}

impl StoredPublication {
    /// SHA-256 of the file as it was fetched. Without a mapping the publication is named after it.
    pub fn file(&self) -> FileHash {
        self.read_by.map_or_else(|| FileHash::from(self.id), |read_by| read_by.file)
    }
}

/// All publications, oldest first.
pub async fn all(db: &Db) -> Result<Vec<StoredPublication>, StoreError> {
    let rows = db
        .query(
            "select p.publication_id, p.level, p.fetched_at_ms, p.source, cast(length(p.bytes) as bigint),
                    coalesce(r.units, 0), m.file_sha256, m.mapping_sha256
               from publication p
               left join (select publication_id, count(*) as units from publication_row
                           group by publication_id) r on r.publication_id = p.publication_id
               left join publication_mapping m on m.publication_id = p.publication_id
              order by p.fetched_at_ms, p.publication_id",
            &[],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let read_by = match (row.opt_text(6)?, row.opt_text(7)?) {
                (Some(file), Some(mapping)) => Some(ReadBy {
                    file: file.parse().map_err(|_| unreadable("a file hash"))?,
                    mapping: mapping.parse().map_err(|_| unreadable("a file hash"))?,
                }),
                _ => None,
            };
            Ok(StoredPublication {
                id: row.text(0)?.parse().map_err(|_| unreadable("a publication id"))?,
                level: Level::from_name(row.text(1)?).ok_or_else(|| unreadable("a level"))?,
                fetched_at: UnixMillis(row.int(2)?),
                source: row.text(3)?.to_owned(),
                bytes: unsigned(row.int(4)?),
                units: unsigned(row.int(5)?),
                read_by,
            })
        })
        .collect()
}

/// The level of a publication; none if there is no such one.
pub async fn level_of(db: &Db, id: &PublicationId) -> Result<Option<Level>, StoreError> {
    let row = db
        .query_opt("select level from publication where publication_id = $1", &[id.to_hex().into()])
        .await?;
    row.map(|row| Level::from_name(row.text(0)?).ok_or_else(|| unreadable("a level"))).transpose()
}

/// The publication of the same level before `id`; none if it is the first.
pub async fn before(db: &Db, id: &PublicationId) -> Result<Option<PublicationId>, StoreError> {
    let row = db
        .query_opt(
            "select earlier.publication_id
               from publication p join publication earlier on earlier.level = p.level
              where p.publication_id = $1
                and (earlier.fetched_at_ms, earlier.publication_id)
                    < (p.fetched_at_ms, p.publication_id)
              order by earlier.fetched_at_ms desc, earlier.publication_id desc limit 1",
            &[id.to_hex().into()],
        )
        .await?;
    row.map(|row| row.text(0)?.parse().map_err(|_| unreadable("a publication id"))).transpose()
}

/// The file of a publication, and the mapping by which it was read, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedFile {
    /// Level of its figures.
    pub level: Level,
    /// As it was fetched.
    pub bytes: Vec<u8>,
    /// The mapping, if it was read by one.
    pub mapping: Option<Vec<u8>>,
}

impl PublishedFile {
    /// The identity that these bytes have. Another one than it is kept under says that they were
    /// altered.
    pub fn identity(&self) -> PublicationId {
        match &self.mapping {
            None => PublicationId::of(&self.bytes),
            Some(mapping) => PublicationId::mapped(
                self.level.name(),
                &FileHash::of(&self.bytes),
                &FileHash::of(mapping),
            ),
        }
    }
}

/// The file of a publication; none if there is no such publication.
pub async fn file(db: &Db, id: &PublicationId) -> Result<Option<PublishedFile>, StoreError> {
    let row = db
        .query_opt(
            "select level, bytes from publication where publication_id = $1",
            &[id.to_hex().into()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(PublishedFile {
        level: Level::from_name(row.text(0)?).ok_or_else(|| unreadable("a level"))?,
        bytes: row.bytes(1)?.to_vec(),
        mapping: mapping(db, id).await?,
    }))
}

/// The mapping by which a publication was read, byte for byte.
pub async fn mapping(db: &Db, id: &PublicationId) -> Result<Option<Vec<u8>>, StoreError> {
    let row = db
        .query_opt(
            "select mapping from publication_mapping where publication_id = $1",
            &[id.to_hex().into()],
        )
        .await?;
    row.map(|row| row.bytes(0).map(<[u8]>::to_vec)).transpose()
}

/// The newest publication of a level.
pub async fn newest(db: &Db, level: Level) -> Result<Option<PublicationId>, StoreError> {
    let row = db
        .query_opt(
            "select publication_id from publication where level = $1
              order by fetched_at_ms desc, publication_id desc limit 1",
            &[level.name().into()],
        )
        .await?;
    row.map(|row| row.text(0)?.parse().map_err(|_| unreadable("a publication id"))).transpose()
}

/// The rows of a publication: unit, line in the file, cells as JSON.
pub async fn rows(db: &Db, id: &PublicationId) -> Result<Vec<(String, u64, String)>, StoreError> {
    let rows = db
        .query(
            "select unit, line, cells from publication_row where publication_id = $1 order by unit",
            &[Value::from(id.to_hex())],
        )
        .await?;
    rows.iter()
        .map(|row| Ok((row.text(0)?.to_owned(), unsigned(row.int(1)?), row.text(2)?.to_owned())))
        .collect()
}

/// The rows of all other publications of a level that say otherwise than `newest`, or of units that
/// it leaves out: publication, unit, cells. The oldest publication first. Cells are written sorted, so
/// rows that say the same are the same text.
pub async fn otherwise(
    db: &Db,
    level: Level,
    newest: &PublicationId,
) -> Result<Vec<(PublicationId, String, String)>, StoreError> {
    let rows = db
        .query(
            "select earlier.publication_id, earlier.unit, earlier.cells
               from publication
               join publication_row earlier
                 on earlier.publication_id = publication.publication_id
               left join publication_row latest
                 on latest.publication_id = $2 and latest.unit = earlier.unit
              where publication.level = $1 and publication.publication_id <> $2
                and (latest.cells is null or latest.cells <> earlier.cells)
              order by publication.fetched_at_ms, publication.publication_id, earlier.unit",
            &[level.name().into(), newest.to_hex().into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let id = row.text(0)?.parse().map_err(|_| unreadable("a publication id"))?;
            Ok((id, row.text(1)?.to_owned(), row.text(2)?.to_owned()))
        })
        .collect()
}

/// What one unit's row says in a publication.
pub async fn row_of(db: &Db, id: &PublicationId, unit: &str) -> Result<Option<String>, StoreError> {
    let row = db
        .query_opt(
            "select cells from publication_row where publication_id = $1 and unit = $2",
            &[id.to_hex().into(), unit.into()],
        )
        .await?;
    row.map(|row| row.text(0).map(str::to_owned)).transpose()
}
