//! Leaves and checkpoints of the log. Append-only.

use hattama_proto::{
    id::to_hex,
    time::UnixMillis,
    tlog::{Hash, LogEntry, Tree, leaf_hash},
};

use super::{Batch, Db, Row, Rows, StoreError, Value};

/// Leaves read at once when the tree is rebuilt: about 1 MB of rows.
const PAGE: u64 = 8192;

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

/// The hashes of the next leaves from `from` on, in order: a page. A page that is not full is the
/// last one.
pub async fn leaves_page(db: &Db, from: u64) -> Result<Vec<Hash>, StoreError> {
    let rows = db
        .query(
            "select hash from log_leaf where position >= $1 and position < $2 order by position",
            &[integer(from), integer(from + PAGE)],
        )
        .await?;
    rows.iter().map(|row| hash(row.bytes(0)?)).collect()
}

/// All leaf hashes from `from` on, in order.
pub async fn leaves(db: &Db, from: u64) -> Result<Vec<Hash>, StoreError> {
    let mut hashes = Vec::new();
    loop {
        let page = leaves_page(db, from + hashes.len() as u64).await?;
        let full = page.len() as u64 == PAGE;
        hashes.extend(page);
        if !full {
            return Ok(hashes);
        }
    }
}

/// The tree over all leaves. A page is read while the one before it is hashed.
pub async fn tree(db: &Db) -> Result<Tree, StoreError> {
    let mut tree = Tree::new();
    let mut page = leaves_page(db, 0).await?;
    while page.len() as u64 == PAGE {
        let from = tree.len() + PAGE;
        let hash = async { tree.extend(page) };
        let (next, ()) = tokio::join!(leaves_page(db, from), hash);
        page = next?;
    }
    tree.extend(page);
    Ok(tree)
}

/// A leaf as it is kept.
#[derive(Clone, Debug)]
pub struct StoredLeaf {
    /// Its index.
    pub position: u64,
    /// Its hash, as it was written beside the entry.
    pub hash: Hash,
    kind: String,
    subject: String,
}

impl StoredLeaf {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            position: unsigned(row.int(0)?),
            hash: hash(row.bytes(1)?)?,
            kind: row.text(2)?.to_owned(),
            subject: row.text(3)?.to_owned(),
        })
    }

    fn is(&self, kind: &str) -> bool {
        self.kind == kind
    }

    /// The entry, if kind and subject make one that hashes to what was written beside them.
    pub fn proven(&self) -> Option<LogEntry> {
        let bytes = self.bytes();
        let entry = LogEntry::parse(bytes.as_bytes()).ok()?;
        // What was read is what `to_bytes` writes, so it need not be written again.
        (leaf_hash(bytes.as_bytes()) == self.hash).then_some(entry)
    }

    fn bytes(&self) -> String {
        let mut bytes = String::with_capacity(96);
        for part in ["hattama-", &self.kind, "/v1 ", &self.subject] {
            bytes.push_str(part);
        }
        bytes
    }
}

/// Of what kinds some leaves are, so that only the tables they stand in are asked.
#[derive(Clone, Copy, Debug)]
pub struct Kinds {
    /// There is a record among them.
    pub records: bool,
    /// There is a statement.
    pub statements: bool,
    /// There is a photo.
    pub photos: bool,
}

impl Kinds {
    /// Where it is not known.
    pub const ALL: Self = Self { records: true, statements: true, photos: true };

    /// Of these leaves, as they say of themselves; a lie is found where they are proven.
    pub fn of(leaves: &[StoredLeaf]) -> Self {
        let any = |kind| leaves.iter().any(|leaf| leaf.is(kind));
        Self { records: any("record"), statements: any("statement"), photos: any("photo") }
    }
}

/// All leaves from `from` on, in order.
pub async fn entries_from(db: &Db, from: u64) -> Result<Vec<StoredLeaf>, StoreError> {
    let mut leaves = Vec::new();
    loop {
        let from = from + leaves.len() as u64;
        let page = entries(db, from, from + PAGE).await?;
        let full = page.len() as u64 == PAGE;
        leaves.extend(page);
        if !full {
            return Ok(leaves);
        }
    }
}

/// The leaves `from..until`, in order, as far as there are any.
pub async fn entries(db: &Db, from: u64, until: u64) -> Result<Vec<StoredLeaf>, StoreError> {
    let rows = db
        .query(
            "select position, hash, kind, subject from log_leaf
              where position >= $1 and position < $2 order by position",
            &[integer(from), integer(until)],
        )
        .await?;
    rows.iter().map(StoredLeaf::read).collect()
}

/// The leaves at these places, in their order, as far as there are any.
pub async fn entries_at(db: &Db, positions: &[u64]) -> Result<Vec<StoredLeaf>, StoreError> {
    let rows: Rows = positions.iter().map(|position| [integer(*position)]).collect();
    let found = db
        .query_many("select position, hash, kind, subject from log_leaf where position = $1", rows)
        .await?;
    found.iter().flatten().map(StoredLeaf::read).collect()
}

/// How many leaves there are.
pub async fn leaf_count(db: &Db) -> Result<u64, StoreError> {
    let row = db.query_opt("select count(*) from log_leaf", &[]).await?;
    row.map_or(Ok(0), |row| row.int(0).map(unsigned))
}

/// Where the next leaf goes.
pub async fn end(db: &Db) -> Result<u64, StoreError> {
    let newest = "select position from log_leaf order by position desc limit 1";
    let row = db.query_opt(newest, &[]).await?;
    row.map_or(Ok(0), |row| Ok(unsigned(row.int(0)?) + 1))
}

/// Checkpoints that cover more than `size` leaves, smallest first, at most `limit`: sizes and notes.
pub async fn checkpoints_after(
    db: &Db,
    size: Option<u64>,
    limit: u32,
) -> Result<Vec<(u64, String)>, StoreError> {
    let from = size.map_or(0, |size| size + 1);
    let rows = db
        .query(
            "select size, note from checkpoint where size >= $1 order by size limit $2",
            &[integer(from), limit.into()],
        )
        .await?;
    rows.iter().map(|row| Ok((unsigned(row.int(0)?), row.text(1)?.to_owned()))).collect()
}

/// The newest signed checkpoint.
pub async fn last_checkpoint(db: &Db) -> Result<Option<String>, StoreError> {
    let row = db.query_opt("select note from checkpoint order by size desc limit 1", &[]).await?;
    row.map(|row| row.text(0).map(str::to_owned)).transpose()
}

/// The checkpoint that was signed for this size.
pub async fn checkpoint_of(db: &Db, size: u64) -> Result<Option<String>, StoreError> {
    let row = db.query_opt("select note from checkpoint where size = $1", &[integer(size)]).await?;
    row.map(|row| row.text(0).map(str::to_owned)).transpose()
}

pub(super) fn hash(bytes: &[u8]) -> Result<Hash, StoreError> {
    let bytes = bytes.try_into().map_err(|_| StoreError::UnexpectedType {
        column: 0,
        wanted: "32 bytes",
        found: "another length".to_owned(),
    })?;
    Ok(Hash::from_bytes(bytes))
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
