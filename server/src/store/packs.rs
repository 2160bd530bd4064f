//! Parts of the election set-up, as phones fetch them.

use hattama_proto::id::PartHash;

use super::{Batch, Db, StoreError, Value};

pub(super) const ADD: &str =
    "insert into pack_part (sha256, bytes) values ($1, $2) on conflict (sha256) do nothing";

/// Stores a part; one that is known already stays as it is.
pub fn add(part: &PartHash, bytes: &[u8]) -> Batch {
    Batch::new().step(ADD, [Value::from(part.to_hex()), bytes.into()])
}

/// The bytes of a part.
pub async fn part(db: &Db, part: &PartHash) -> Result<Option<Vec<u8>>, StoreError> {
    let row = db
        .query_opt("select bytes from pack_part where sha256 = $1", &[part.to_hex().into()])
        .await?;
    row.map(|row| row.bytes(0).map(<[u8]>::to_vec)).transpose()
}
