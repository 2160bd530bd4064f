//! Photos: which record names which, and which are whole. Append-only.

use hattama_proto::{
    id::{PhotoHash, RecordId},
    record::Photo,
    time::UnixMillis,
};

use super::{
    Batch, Db, Rows, StoreError, Value,
    log::{integer, unsigned},
    records::unreadable,
};

/// A media type as it is kept: what a device wrote in odd characters is of no type. The record
/// keeps the original.
fn media_type(text: &str) -> &str {
    let plain = text.len() <= 100 && text.bytes().all(|byte| byte.is_ascii_graphic());
    if plain { text } else { "application/octet-stream" }
}

/// The values of the row that says `record` names `photo`.
pub fn named(photo: &Photo, record: &RecordId, verdict: &'static str) -> [Value; 7] {
    [
        photo.sha256.to_hex().into(),
        record.to_hex().into(),
        photo.role.name().into(),
        photo.page.into(),
        integer(photo.bytes),
        media_type(&photo.media_type).into(),
        verdict.into(),
    ]
}

/// Notes which records name which photos; the rows are those of [`named`]. A record that names one
/// photo twice in one role is noted once.
pub fn note_named(rows: Rows) -> Batch {
    Batch::new().many(
        "insert into photo_named (sha256, record_id, role, page, bytes, media_type, verdict)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (record_id, sha256, role) do nothing",
        rows,
    )
}

/// The values of a verified photo's row.
pub fn verified(position: u64, photo: &PhotoHash, bytes: u64, at: UnixMillis) -> [Value; 4] {
    [integer(position), photo.to_hex().into(), integer(bytes), Value::Int(at.0)]
}

/// Notes photos whose bytes are whole, right and durable; the rows are those of [`verified`].
pub fn note_verified(rows: Rows) -> Batch {
    Batch::new().many(
        "insert into photo (position, sha256, bytes, verified_at_ms) values ($1, $2, $3, $4)",
        rows,
    )
}

/// What is announced about a photo by one record.
#[derive(Clone, Debug)]
pub struct Announced {
    /// Length in bytes.
    pub bytes: u64,
    /// What it is in that record.
    pub role: String,
    /// Media type.
    pub media_type: String,
    /// Whether that record was held.
    pub held: bool,
}

/// What the records that name a photo announce about it.
pub async fn announced(db: &Db, photo: &PhotoHash) -> Result<Vec<Announced>, StoreError> {
    let rows = db
        .query(
            "select bytes, role, media_type, verdict from photo_named where sha256 = $1
              order by record_id, role",
            &[photo.to_hex().into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Announced {
                bytes: unsigned(row.int(0)?),
                role: row.text(1)?.to_owned(),
                media_type: row.text(2)?.to_owned(),
                held: row.text(3)? == "held",
            })
        })
        .collect()
}

/// Which records name a photo.
pub async fn named_by(db: &Db, photo: &PhotoHash) -> Result<Vec<RecordId>, StoreError> {
    let rows = db
        .query(
            "select distinct record_id from photo_named where sha256 = $1 order by record_id",
            &[photo.to_hex().into()],
        )
        .await?;
    rows.iter().map(|row| super::records::record_id(row.text(0)?)).collect()
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

/// Which photos named by these records are whole.
pub async fn whole_of(db: &Db, records: &[RecordId]) -> Result<Vec<PhotoHash>, StoreError> {
    let rows: Rows = records.iter().map(|record| [Value::from(record.to_hex())]).collect();
    let mut whole = Vec::new();
    for rows in db
        .query_many(
            "select distinct photo.sha256 from photo_named, photo
              where photo_named.record_id = $1 and photo.sha256 = photo_named.sha256
              order by photo.sha256",
            rows,
        )
        .await?
    {
        for row in rows {
            whole.push(row.text(0)?.parse().map_err(|_| unreadable("a photo hash"))?);
        }
    }
    Ok(whole)
}
