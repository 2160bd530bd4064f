//! What a merge needs beside the entries: which places fork, and which record corrects which.

use hattama_proto::{
    id::{Kid, RecordId},
    time::UnixMillis,
};

use super::{
    Batch, Db, Rows, StoreError, Value,
    log::{integer, unsigned},
    records::{kid, record_id},
};

pub(super) const NOTE_FORK: &str = "insert into fork (kid, seq, found_at_ms) values ($1, $2, $3)
     on conflict (kid, seq) do nothing";

/// Notes forked places; a place that is known already stays as it is.
pub fn note_forks(rows: impl IntoIterator<Item = (Kid, u64)>, at: UnixMillis) -> Batch {
    let rows: Rows = rows
        .into_iter()
        .map(|(kid, seq)| [kid.to_string().into(), integer(seq), Value::Int(at.0)])
        .collect();
    Batch::new().many(NOTE_FORK, rows)
}

/// All forked places.
pub async fn forks(db: &Db) -> Result<Vec<(Kid, u64)>, StoreError> {
    let rows = db.query("select kid, seq from fork order by kid, seq", &[]).await?;
    rows.iter().map(|row| Ok((kid(row.text(0)?)?, unsigned(row.int(1)?)))).collect()
}

/// The values of one correction's row; `facts` is what [`corrections`] gives back.
pub fn correction(record: &RecordId, target: &RecordId, facts: String) -> [Value; 3] {
    [record.to_hex().into(), target.to_hex().into(), facts.into()]
}

pub(super) const NOTE_CORRECTION: &str =
    "insert into correction (record_id, target, facts) values ($1, $2, $3)";

/// Notes which record corrects which; the rows are those of [`correction`].
pub fn note_corrections(rows: Rows) -> Batch {
    Batch::new().many(NOTE_CORRECTION, rows)
}

/// The facts of all corrections.
pub async fn corrections(db: &Db) -> Result<Vec<String>, StoreError> {
    let rows = db.query("select facts from correction order by record_id", &[]).await?;
    rows.iter().map(|row| row.text(0).map(str::to_owned)).collect()
}

/// The records that any of these corrects.
pub async fn corrected_by(db: &Db, corrections: &[RecordId]) -> Result<Vec<RecordId>, StoreError> {
    let rows: Rows = corrections.iter().map(|id| [Value::from(id.to_hex())]).collect();
    db.query_many("select target from correction where record_id = $1", rows)
        .await?
        .iter()
        .flatten()
        .map(|row| record_id(row.text(0)?))
        .collect()
}

/// Whose records were corrected, as far as those have arrived.
pub async fn corrected_authors(db: &Db) -> Result<Vec<(RecordId, Kid)>, StoreError> {
    let rows = db
        .query(
            "select distinct record.record_id, record.kid from correction, record
              where record.record_id = correction.target order by record.record_id",
            &[],
        )
        .await?;
    rows.iter().map(|row| Ok((record_id(row.text(0)?)?, kid(row.text(1)?)?))).collect()
}
