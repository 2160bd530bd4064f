//! Photos: which record names which, and which are whole. Append-only.

use hattama_proto::{
    id::{PhotoHash, RecordId},
    record::{Photo, PhotoRole},
    time::UnixMillis,
};

use super::{
    Batch, Db, Row, Rows, StoreError, Value,
    log::{integer, unsigned},
    records::unreadable,
};

/// The values of the row that says the record logged at `position` names `photo`.
pub fn named(photo: &Photo, position: u64, naming: Naming) -> [Value; 6] {
    [
        photo.sha256.as_bytes().to_vec().into(),
        integer(position),
        role_number(photo.role).into(),
        photo.page.into(),
        integer(photo.bytes),
        (naming == Naming::Held).into(),
    ]
}

/// What the naming record was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// It was stored.
    Stored,
    /// It is held; of its photos only small pictures are taken.
    Held,
}

const fn role_number(role: PhotoRole) -> i64 {
    match role {
        PhotoRole::Original => 0,
        PhotoRole::Preview => 1,
        PhotoRole::Thumbnail => 2,
    }
}

const fn role_of(number: i64) -> PhotoRole {
    match number {
        1 => PhotoRole::Preview,
        2 => PhotoRole::Thumbnail,
        _ => PhotoRole::Original,
    }
}

pub(super) const NOTE_NAMED: &str =
    "insert into photo_named (sha256, position, role, page, bytes, held)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (sha256, position, role, page) do nothing";

/// Notes which records name which photos; the rows are those of [`named`]. A record that names one
/// photo twice for one page is noted once.
pub fn note_named(rows: Rows) -> Batch {
    Batch::new().many(NOTE_NAMED, rows)
}

/// The values of a verified photo's row.
pub fn verified(position: u64, photo: &PhotoHash, bytes: u64, at: UnixMillis) -> [Value; 4] {
    [integer(position), photo.to_hex().into(), integer(bytes), Value::Int(at.0)]
}

pub(super) const NOTE_VERIFIED: &str =
    "insert into photo (position, sha256, bytes, verified_at_ms) values ($1, $2, $3, $4)";

/// Notes photos whose bytes are whole, right and durable; the rows are those of [`verified`].
pub fn note_verified(rows: Rows) -> Batch {
    Batch::new().many(NOTE_VERIFIED, rows)
}

/// What is announced about a photo by one record.
#[derive(Clone, Copy, Debug)]
pub struct Announced {
    /// Log index of that record.
    pub record: u64,
    /// Length in bytes.
    pub bytes: u64,
    /// What it is in that record.
    pub role: PhotoRole,
    /// What that record was told.
    pub naming: Naming,
}

/// What the log says of a photo.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Where it stands in the log, once it is whole.
    pub position: Option<u64>,
    /// What the records that name it announce about it, in log order.
    pub announced: Vec<Announced>,
}

/// What the log says of a photo, in one crossing: each range that comes asks for it. Only what a record
/// names gets into the log, so a photo that none names is not whole either.
pub async fn known(db: &Db, photo: &PhotoHash) -> Result<Known, StoreError> {
    let rows = db
        .query(
            "select position, bytes, role, held,
                    (select whole.position from photo whole where whole.sha256 = $2)
               from photo_named
              where sha256 = $1
              order by photo_named.position, role, page",
            &[photo.as_bytes().to_vec().into(), photo.to_hex().into()],
        )
        .await?;
    let whole = rows.first().map(|row| row.opt_int(4)).transpose()?.flatten();
    let announced = |row: &Row| {
        Ok(Announced {
            record: unsigned(row.int(0)?),
            bytes: unsigned(row.int(1)?),
            role: role_of(row.int(2)?),
            naming: if row.int(3)? == 1 { Naming::Held } else { Naming::Stored },
        })
    };
    let announced = rows.iter().map(announced).collect::<Result<_, StoreError>>()?;
    Ok(Known { position: whole.map(unsigned), announced })
}

/// What the records that name a photo announce about it, in log order.
pub async fn announced(db: &Db, photo: &PhotoHash) -> Result<Vec<Announced>, StoreError> {
    Ok(known(db, photo).await?.announced)
}

/// Where verified photos stand in the log; in the order of `photos`.
pub async fn positions(db: &Db, photos: &[PhotoHash]) -> Result<Vec<Option<u64>>, StoreError> {
    let rows: Rows = photos.iter().map(|photo| [Value::from(photo.to_hex())]).collect();
    db.query_many("select position from photo where sha256 = $1", rows)
        .await?
        .into_iter()
        .map(|rows| rows.first().map(|row| row.int(0).map(unsigned)).transpose())
        .collect()
}

/// All verified photos, by hash.
pub async fn all_verified(db: &Db) -> Result<Vec<(PhotoHash, u64)>, StoreError> {
    let rows = db.query("select sha256, bytes from photo order by sha256", &[]).await?;
    rows.iter()
        .map(|row| {
            let hash = row.text(0)?.parse().map_err(|_| unreadable("a photo hash"))?;
            Ok((hash, unsigned(row.int(1)?)))
        })
        .collect()
}

/// All verified photos with their places in the log, in its order.
pub async fn in_log_order(db: &Db) -> Result<Vec<(u64, PhotoHash)>, StoreError> {
    let rows = db.query("select position, sha256 from photo order by position", &[]).await?;
    rows.iter()
        .map(|row| {
            let hash = row.text(1)?.parse().map_err(|_| unreadable("a photo hash"))?;
            Ok((unsigned(row.int(0)?), hash))
        })
        .collect()
}

/// How far the pictures have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrivals {
    /// Pictures that records name and that headquarters takes.
    pub named: u64,
    /// Those of them that are whole.
    pub whole: u64,
}

/// How many pictures that records name have arrived, of all roles together. Of held records only
/// small pictures are taken, so their originals are not waited for.
pub async fn arrivals(db: &Db) -> Result<Arrivals, StoreError> {
    let row = db
        .query_opt(
            "select (select count(distinct sha256) from photo_named where held = 0 or role <> $1),
                    (select count(*) from photo)",
            &[role_number(PhotoRole::Original).into()],
        )
        .await?;
    let Some(row) = row else { return Ok(Arrivals::default()) };
    Ok(Arrivals { named: unsigned(row.int(0)?), whole: unsigned(row.int(1)?) })
}

/// Pictures that are taken, with key and unit of a record that names each.
pub async fn named_by_key(db: &Db) -> Result<Vec<(PhotoHash, String, Option<String>)>, StoreError> {
    let rows = db
        .query(
            "select distinct photo_named.sha256, record.kid, record.unit from photo_named, record
              where record.position = photo_named.position
                and (photo_named.held = 0 or photo_named.role <> $1)
              order by photo_named.sha256, record.kid, record.unit",
            &[role_number(PhotoRole::Original).into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let bytes = row.bytes(0)?.try_into().map_err(|_| unreadable("a photo hash"))?;
            let unit = row.opt_text(2)?.map(str::to_owned);
            Ok((PhotoHash::from_bytes(bytes), row.text(1)?.to_owned(), unit))
        })
        .collect()
}

/// Which of these photos are whole.
pub async fn whole_among(db: &Db, photos: &[PhotoHash]) -> Result<Vec<PhotoHash>, StoreError> {
    let positions = positions(db, photos).await?;
    let whole = photos.iter().zip(positions).filter(|(_, position)| position.is_some());
    Ok(whole.map(|(photo, _)| *photo).collect())
}

const NAMED_BY: &str = "select distinct record.record_id, record.position from photo_named, record
      where photo_named.sha256 = $1 and record.position = photo_named.position
      order by record.position";

/// Which records name a photo, in log order.
pub async fn named_by(db: &Db, photo: &PhotoHash) -> Result<Vec<RecordId>, StoreError> {
    let rows = db.query(NAMED_BY, &[photo.as_bytes().to_vec().into()]).await?;
    rows.iter().map(|row| super::records::record_id(row.text(0)?)).collect()
}

/// Which records name one of several photos: those of the first, then those of the next.
pub async fn naming(db: &Db, photos: &[PhotoHash]) -> Result<Vec<RecordId>, StoreError> {
    let rows: Rows = photos.iter().map(|photo| [Value::from(photo.as_bytes().to_vec())]).collect();
    let found = db.query_many(NAMED_BY, rows).await?;
    let found = found.iter().flatten();
    found.map(|row| super::records::record_id(row.text(0)?)).collect()
}
