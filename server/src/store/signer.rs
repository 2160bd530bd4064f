//! Who signed the log last, and which of its heads is public: what several processes agree on.

use hattama_proto::tlog::Hash;

use super::{
    Batch, Db, Row, StoreError, Value,
    log::{hash, integer, unsigned},
};

/// What was signed last, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedLast {
    /// How often another process began to sign than the one before.
    pub generation: u64,
    /// The process that signed last.
    pub holder: String,
    /// Leaves of the tree.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

impl SignedLast {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            generation: unsigned(row.int(0)?),
            holder: row.text(1)?.to_owned(),
            size: unsigned(row.int(2)?),
            root: hash(row.bytes(3)?)?,
        })
    }
}

/// What was signed last; none before the first start of this release.
pub async fn last(db: &Db) -> Result<Option<SignedLast>, StoreError> {
    let row = db
        .query_opt("select generation, holder, size, root from log_signer where one = 1", &[])
        .await?;
    row.as_ref().map(SignedLast::read).transpose()
}

pub(super) const WHOLE: &str = "insert into log_signer (one, generation, holder, size, root)
     values ($1, $2, $3, $4, $5)
     on conflict (one) do update
     set generation = excluded.generation, holder = excluded.holder, size = excluded.size,
         root = excluded.root";

/// Notes the tree that `holder` found, where nothing was noted yet.
pub fn begin(holder: &str, (size, root): (u64, Hash)) -> Batch {
    Batch::new().step(
        "insert into log_signer (one, generation, holder, size, root) values (1, 0, $1, $2, $3)
         on conflict (one) do nothing",
        [holder.into(), integer(size), bytes(root)],
    )
}

/// Notes the tree from which `holder` goes on, whatever was signed before: a new epoch.
pub fn anew(holder: &str, (size, root): (u64, Hash)) -> Batch {
    Batch::new().step(WHOLE, [1.into(), 0.into(), holder.into(), integer(size), bytes(root)])
}

/// From one tree to the next that grows out of it, by `holder`. Conflicts if another tree was signed
/// meanwhile. On PostgreSQL whoever comes second waits here until the first has committed or gone.
pub fn swap(holder: &str, old: (u64, Hash), new: (u64, Hash)) -> Batch {
    Batch::new()
        .step(
            "update log_signer
                set generation = case when holder = $1 then generation else generation + 1 end,
                    holder = $1, size = $4, root = $5
              where one = 1 and size = $2 and root = $3",
            [holder.into(), integer(old.0), bytes(old.1), integer(new.0), bytes(new.1)],
        )
        .expect_rows(1)
}

pub(super) const AGREE: &str = "insert into published_head (slot, size) values ($1, $2)";

/// Says which head is made public in a slot, unless another process was first.
pub fn agree(slot_ms: i64, size: u64) -> Batch {
    Batch::new().step(
        "insert into published_head (slot, size) values ($1, $2) on conflict (slot) do nothing",
        [slot_ms.into(), integer(size)],
    )
}

/// The largest head that any process made public, or is about to.
pub async fn agreed(db: &Db) -> Result<Option<u64>, StoreError> {
    let row = db
        .query_opt("select size from published_head order by slot desc, size desc limit 1", &[])
        .await?;
    row.map(|row| row.int(0).map(unsigned)).transpose()
}

fn bytes(root: Hash) -> Value {
    Value::Bytes(root.as_bytes().to_vec())
}
