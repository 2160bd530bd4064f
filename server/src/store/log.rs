//! Leaves and checkpoints of the log. Append-only.

use hattama_proto::{
    id::to_hex,
    time::UnixMillis,
    tlog::{Hash, LogEntry},
};

use super::{Batch, Db, Rows, StoreError, Value};

/// Leaves read at once when the tree is rebuilt: about 100 KB.
const PAGE: i64 = 1024;

/// The values of one leaf.
pub fn leaf(position: u64, entry: &LogEntry, hash: Hash) -> [Value; 4] {
    let kind = match entry {
        LogEntry::Record(_) => "record",
        LogEntry::Statement(_) => "statement",
        LogEntry::Photo(_) => "photo",
    };
    [
        integer(position),
        Value::Bytes(hash.as_bytes().to_vec()),
        kind.into(),
        to_hex(entry.subject()).into(),
    ]
}

pub(super) const APPEND_LEAF: &str =
    "insert into log_leaf (position, hash, kind, subject) values ($1, $2, $3, $4)";

pub(super) const APPEND_CHECKPOINT: &str =
    "insert into checkpoint (size, note, signed_at_ms) values ($1, $2, $3)";

/// Appends leaves and the checkpoint that covers them.
pub fn append(leaves: Rows, size: u64, note: &str, signed_at: UnixMillis) -> Batch {
    Batch::new()
        .many(APPEND_LEAF, leaves)
        .step(APPEND_CHECKPOINT, [integer(size), note.into(), signed_at.0.into()])
}

/// All leaf hashes from `from` on, in order.
pub async fn leaves(db: &Db, from: u64) -> Result<Vec<Hash>, StoreError> {
    let mut hashes = Vec::new();
    let mut next = integer_of(from);
    loop {
        let rows = db
            .query(
                "select hash from log_leaf where position >= $1 and position < $2
                  order by position",
                &[next.into(), (next + PAGE).into()],
            )
            .await?;
        let count = rows.len();
        for row in rows {
            let bytes = row.bytes(0)?.try_into().map_err(|_| StoreError::UnexpectedType {
                column: 0,
                wanted: "32 bytes",
                found: "another length".to_owned(),
            })?;
            hashes.push(Hash::from_bytes(bytes));
        }
        if i64::try_from(count) != Ok(PAGE) {
            return Ok(hashes);
        }
        next += PAGE;
    }
}

/// The newest signed checkpoint.
pub async fn last_checkpoint(db: &Db) -> Result<Option<String>, StoreError> {
    let row = db.query_opt("select note from checkpoint order by size desc limit 1", &[]).await?;
    row.map(|row| row.text(0).map(str::to_owned)).transpose()
}

/// A position or a count as the store keeps it. Positions stay far below 2^63.
pub fn integer(value: u64) -> Value {
    Value::Int(integer_of(value))
}

fn integer_of(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A position or a count as it is used.
pub fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
