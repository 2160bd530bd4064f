//! One table, row by row: its key, its pages, the statements that read and add its rows.

use super::{Batch, Db, Row, Rows, Snapshot, StoreError, Value};

/// Rows of one page, where a row is small: at most 8 MiB of records at their longest.
pub(super) const PAGE: u32 = 500;

/// Rows of one page, where a row holds a file.
pub(super) const FILES: u32 = 4;

/// What a column of a key holds; tells where its order begins.
#[derive(Clone, Copy, Debug)]
pub(super) enum KeyColumn {
    Int,
    Text,
    Bytes,
}

impl KeyColumn {
    /// Comes before everything that is kept under this kind of key.
    const fn lowest(self) -> Value {
        match self {
            Self::Int => Value::Int(-1),
            Self::Text => Value::Text(String::new()),
            Self::Bytes => Value::Bytes(Vec::new()),
        }
    }
}

/// One table, all its columns, the key's first.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    pub(super) key: &'static [KeyColumn],
    pub(super) page: u32,
    pub(super) read: &'static str,
    pub(super) add: &'static str,
    /// Puts a later state of a row in the place of an earlier one; none where rows never change.
    pub(super) replace: Option<&'static str>,
}

impl Table {
    /// Rows after `after` in the order of the key, at most [`page_rows`](Self::page_rows); from the
    /// beginning if none is given.
    pub async fn page(&self, db: &Db, after: Option<&Row>) -> Result<Vec<Row>, StoreError> {
        db.query(self.read, &self.place(after)).await
    }

    /// As [`page`](Self::page), of one moment.
    pub async fn page_at(
        &self,
        moment: &Snapshot,
        after: Option<&Row>,
    ) -> Result<Vec<Row>, StoreError> {
        moment.query(self.read, &self.place(after)).await
    }

    fn place(&self, after: Option<&Row>) -> Vec<Value> {
        let mut row: Vec<Value> = match after {
            Some(after) => self.key_of(after).to_vec(),
            None => self.key.iter().map(|column| column.lowest()).collect(),
        };
        row.push(self.page.into());
        row
    }

    /// How many rows a page has that is not the last one.
    pub const fn page_rows(&self) -> usize {
        self.page as usize
    }

    /// The values of a row's key; they order as [`page`](Self::page) orders.
    pub fn key_of<'a>(&self, row: &'a Row) -> &'a [Value] {
        &row.values()[..self.key.len()]
    }

    /// Whether each store makes these rows for itself while it is served: which head of the log is public
    /// in a slot of time. A move leaves them behind. They would say nothing in another store, and a
    /// target that was served for a moment would look like the newer one.
    pub fn is_of_its_store(&self) -> bool {
        self.name == "published_head"
    }

    /// Whether rows change after they were added.
    pub const fn changes(&self) -> bool {
        self.replace.is_some()
    }

    /// Adds rows whose keys are new; the batch fails if one is not.
    pub fn add(&self, rows: Rows) -> Batch {
        let count = rows.len() as u64;
        Batch::new().many(self.add, rows).expect_rows(count)
    }

    /// Puts rows in the place of earlier states of themselves. Does nothing where rows never
    /// change.
    pub fn replace(&self, rows: Rows) -> Batch {
        match self.replace {
            Some(replace) if !rows.is_empty() => Batch::new().many(replace, rows),
            _ => Batch::new(),
        }
    }
}

pub(super) const INT: KeyColumn = KeyColumn::Int;
pub(super) const TEXT: KeyColumn = KeyColumn::Text;
pub(super) const BYTES: KeyColumn = KeyColumn::Bytes;

pub(super) const fn table(
    name: &'static str,
    key: &'static [KeyColumn],
    read: &'static str,
    add: &'static str,
) -> Table {
    Table { name, key, page: PAGE, read, add, replace: None }
}
