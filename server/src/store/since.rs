//! What the log took between two of its sizes, as far as memory keeps it: for a process that follows
//! what others on the same database have logged.

use hattama_proto::{
    id::{Kid, PhotoHash, RecordId, UnitCode},
    kind::Kind,
};

use super::{
    Db, StoreError, Value,
    log::{integer, unsigned},
    records::{kid, record_id, unreadable},
};

/// A record, as far as memory keeps it.
#[derive(Clone, Debug)]
pub struct Logged {
    /// The key that signed it.
    pub kid: Kid,
    /// Its place in the chain of that key; none where this release cannot read it.
    pub seq: Option<u64>,
    /// The unit it names.
    pub unit: Option<UnitCode>,
    /// Whether it corrects another one.
    pub is_correction: bool,
    /// Whether it waits for a human, as the second one at its place in a chain does.
    pub is_held: bool,
}

fn between(from: u64, until: u64) -> [Value; 2] {
    [integer(from), integer(until)]
}

/// The records at `from..until`, in log order.
pub async fn records(db: &Db, from: u64, until: u64) -> Result<Vec<Logged>, StoreError> {
    let rows = db
        .query(
            "select kid, seq, unit, kind, reason from record
              where position >= $1 and position < $2 order by position",
            &between(from, until),
        )
        .await?;
    rows.iter()
        .map(|row| {
            let unit = row.opt_text(2)?.map(UnitCode::new).transpose();
            Ok(Logged {
                kid: kid(row.text(0)?)?,
                seq: row.opt_int(1)?.map(unsigned),
                unit: unit.map_err(|_| unreadable("a unit"))?,
                is_correction: row.text(3)? == Kind::Correction.typ(),
                is_held: row.opt_text(4)?.is_some(),
            })
        })
        .collect()
}

/// Forked places at which one of these records stands.
pub async fn forks(db: &Db, from: u64, until: u64) -> Result<Vec<(Kid, u64)>, StoreError> {
    let rows = db
        .query(
            "select fork.kid, fork.seq from record, fork
              where record.position >= $1 and record.position < $2
                and fork.kid = record.kid and fork.seq = record.seq
              order by record.position",
            &between(from, until),
        )
        .await?;
    rows.iter().map(|row| Ok((kid(row.text(0)?)?, unsigned(row.int(1)?)))).collect()
}

/// The facts of the corrections among these records.
pub async fn corrections(db: &Db, from: u64, until: u64) -> Result<Vec<String>, StoreError> {
    let rows = db
        .query(
            "select correction.facts from record, correction
              where record.position >= $1 and record.position < $2
                and correction.record_id = record.record_id
              order by record.position",
            &between(from, until),
        )
        .await?;
    rows.iter().map(|row| row.text(0).map(str::to_owned)).collect()
}

/// Whose records were corrected, where the correction or the corrected one is among these.
pub async fn corrected_authors(
    db: &Db,
    from: u64,
    until: u64,
) -> Result<Vec<(RecordId, Kid)>, StoreError> {
    let rows = db
        .query(
            "select corrected.record_id, corrected.kid from record as corrected, correction
              where corrected.position >= $1 and corrected.position < $2
                and correction.target = corrected.record_id
             union
             select corrected.record_id, corrected.kid
               from record as corrected, correction, record as correcting
              where correcting.position >= $1 and correcting.position < $2
                and correction.record_id = correcting.record_id
                and corrected.record_id = correction.target
              order by 1",
            &between(from, until),
        )
        .await?;
    rows.iter().map(|row| Ok((record_id(row.text(0)?)?, kid(row.text(1)?)?))).collect()
}

/// The photos at `from..until`.
pub async fn photos(db: &Db, from: u64, until: u64) -> Result<Vec<PhotoHash>, StoreError> {
    let rows = db
        .query(
            "select subject from log_leaf
              where position >= $1 and position < $2 and kind = 'photo' order by position",
            &between(from, until),
        )
        .await?;
    rows.iter().map(|row| row.text(0)?.parse().map_err(|_| unreadable("a photo"))).collect()
}
