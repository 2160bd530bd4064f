//! Witnesses' cosignatures. Append-only.

use hattama_proto::{time::UnixMillis, tlog::KeyName};

use super::{
    Batch, Db, Rows, StoreError,
    log::{integer, unsigned},
};

/// Sizes that are looked through for the newest with enough cosignatures: rounds in which most
/// witnesses were away.
const SIZES_MAX: i64 = 64;

/// Cosignatures of the checkpoint of one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CosignedSize {
    /// The size, in leaves.
    pub size: u64,
    /// Signature lines, by witness.
    pub lines: Vec<String>,
}

pub(super) const ADD: &str =
    "insert into cosignature (size, witness, line, received_at_ms) values ($1, $2, $3, $4)
     on conflict (size, witness) do nothing";

/// Adds verified lines of the checkpoint of `size`. The first of a witness stays.
pub fn add(size: u64, lines: &[(KeyName, String)], at: UnixMillis) -> Batch {
    let mut rows = Rows::default();
    for (witness, line) in lines {
        rows.push([integer(size), witness.as_str().into(), line.as_str().into(), at.0.into()]);
    }
    Batch::new().many(ADD, rows)
}

/// Cosignatures of the checkpoint of this size.
pub async fn of_size(db: &Db, size: u64) -> Result<CosignedSize, StoreError> {
    let rows = db
        .query("select line from cosignature where size = $1 order by witness", &[integer(size)])
        .await?;
    let lines = rows.iter().map(|row| row.text(0).map(str::to_owned)).collect::<Result<_, _>>()?;
    Ok(CosignedSize { size, lines })
}

/// The newest sizes that any witness cosigned, newest first.
pub async fn newest_sizes(db: &Db) -> Result<Vec<u64>, StoreError> {
    let rows = db
        .query(
            "select distinct size from cosignature order by size desc limit $1",
            &[SIZES_MAX.into()],
        )
        .await?;
    rows.iter().map(|row| row.int(0).map(unsigned)).collect()
}

/// Sizes of at least `size` that any witness cosigned, smallest first.
pub async fn sizes_from(db: &Db, size: u64) -> Result<Vec<u64>, StoreError> {
    let rows = db
        .query(
            "select distinct size from cosignature where size >= $1 order by size limit $2",
            &[integer(size), SIZES_MAX.into()],
        )
        .await?;
    rows.iter().map(|row| row.int(0).map(unsigned)).collect()
}

/// The largest size that this witness cosigned; none if it never did.
pub async fn last_of(db: &Db, witness: &KeyName) -> Result<Option<u64>, StoreError> {
    let row = db
        .query_opt(
            "select size from cosignature where witness = $1 order by size desc limit 1",
            &[witness.as_str().into()],
        )
        .await?;
    row.map(|row| row.int(0).map(unsigned)).transpose()
}

/// The largest size that this witness cosigned, and when its line came; none if it never did.
pub async fn newest_of(
    db: &Db,
    witness: &KeyName,
) -> Result<Option<(u64, UnixMillis)>, StoreError> {
    let row = db
        .query_opt(
            "select size, received_at_ms from cosignature where witness = $1
              order by size desc limit 1",
            &[witness.as_str().into()],
        )
        .await?;
    row.map(|row| Ok((unsigned(row.int(0)?), UnixMillis(row.int(1)?)))).transpose()
}
