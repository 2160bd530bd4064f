//! A transaction as data: the steps, and how many rows each has to change.
//!
//! It is data so that it crosses to SQLite's writer thread once, to PostgreSQL in one way and back,
//! and can be run again after a deadlock. A decision is therefore made by a unique key, by
//! `where version = $2` and by an expected number of rows, never by reading first. A step that
//! only reads guards nothing: on PostgreSQL somebody may change the row right after it.

use super::{Row, Value};

/// How many rows a step has to change, all its rows of values together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Affected {
    /// Any number; the outcome tells.
    Any,
    /// Exactly this number, or the whole batch is rolled back with
    /// [`StoreError::Conflict`](super::StoreError::Conflict).
    Exactly(u64),
}

impl Affected {
    pub(super) fn allows(self, affected: u64) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(expected) => expected == affected,
        }
    }
}

/// Whether rows of values of one step may be about one and the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    /// A later row may find what an earlier one did.
    MayRepeat,
    /// No two have one key, so their order among each other is of no matter.
    Distinct,
}

/// Rows of values for one statement, all of one width, in one allocation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    values: Vec<Value>,
    width: usize,
    count: usize,
}

impl Rows {
    /// How many rows.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds a row.
    ///
    /// # Panics
    ///
    /// If it is not as wide as the rows before it: both belong to one statement.
    pub fn push(&mut self, row: impl IntoIterator<Item = Value>) {
        self.values.extend(row);
        if self.count == 0 {
            self.width = self.values.len();
        }
        self.count += 1;
        assert_eq!(self.values.len(), self.width * self.count, "rows of one statement differ");
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[Value]> {
        (0..self.count).map(|row| &self.values[row * self.width..(row + 1) * self.width])
    }

    pub(super) fn values(&self) -> &[Value] {
        &self.values
    }
}

impl<R: IntoIterator<Item = Value>> FromIterator<R> for Rows {
    fn from_iter<I: IntoIterator<Item = R>>(rows: I) -> Self {
        let mut collected = Self::default();
        rows.into_iter().for_each(|row| collected.push(row));
        collected
    }
}

impl<R: IntoIterator<Item = Value>> From<Vec<R>> for Rows {
    fn from(rows: Vec<R>) -> Self {
        rows.into_iter().collect()
    }
}

/// One statement and the rows to run it with.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) statement: &'static str,
    pub(super) rows: Rows,
    pub(super) keys: Keys,
    pub(super) expected: Affected,
}

/// The steps of one transaction, in order. All of them become durable, or none.
///
/// ```
/// use hattama_server::store::Batch;
/// let closed = Batch::new()
///     .step(
///         "update incident set state = $1, version = version + 1
///           where record_id = $2 and version = $3",
///         ["closed".into(), "ab".into(), 4.into()],
///     )
///     .expect_rows(1);
/// assert_eq!(closed.len(), 1);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub(super) steps: Vec<Step>,
    /// Who tells the other processes on the database that this was committed.
    pub(super) teller: Option<String>,
}

impl Batch {
    /// A batch without steps.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a step that runs `statement` once.
    pub fn step(self, statement: &'static str, row: impl IntoIterator<Item = Value>) -> Self {
        self.many(statement, std::iter::once(row).collect::<Rows>())
    }

    /// Adds a step that runs `statement` once per row, in order.
    pub fn many(self, statement: &'static str, rows: impl Into<Rows>) -> Self {
        self.push(statement, rows.into(), Keys::MayRepeat)
    }

    /// The same for rows of which no two touch the same key. Then `do update` too is one
    /// statement for all of them on PostgreSQL, which refuses it if a key does repeat.
    pub fn many_distinct(self, statement: &'static str, rows: impl Into<Rows>) -> Self {
        self.push(statement, rows.into(), Keys::Distinct)
    }

    fn push(mut self, statement: &'static str, rows: Rows, keys: Keys) -> Self {
        self.steps.push(Step { statement, rows, keys, expected: Affected::Any });
        self
    }

    /// Says how many rows the last step has to change; see [`Affected::Exactly`].
    pub fn expect_rows(self, count: u64) -> Self {
        self.expect_affected(Affected::Exactly(count))
    }

    /// Says how many rows the last step has to change.
    ///
    /// # Panics
    ///
    /// If there is no step yet.
    pub fn expect_affected(mut self, expected: Affected) -> Self {
        self.steps.last_mut().expect("an expectation follows the step it is about").expected =
            expected;
        self
    }

    /// Adds the steps of `other` behind these, so that both become one transaction.
    pub fn and(mut self, other: Self) -> Self {
        self.steps.extend(other.steps);
        self.teller = self.teller.or(other.teller);
        self
    }

    /// Tells whoever waits for [`News`](super::News) of this database, once it is committed, that
    /// there is something new by `teller`. Nobody waits for a file of one process.
    pub fn told_by(mut self, teller: &str) -> Self {
        self.teller = Some(teller.to_owned());
        self
    }

    /// How many steps.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether there is no step.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// How many rows of values all steps have together: the size of the transaction.
    pub(super) fn row_count(&self) -> usize {
        self.steps.iter().map(|step| step.rows.len()).sum()
    }
}

/// What one step did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepOutcome {
    /// How many rows it changed, all its rows of values together. Of a step that answers with
    /// rows (`returning`): how many it answered. Less than rows of values were given where
    /// `on conflict do nothing` did nothing.
    pub affected: u64,
    /// What `returning` returned, in order.
    pub rows: Vec<Row>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_their_order_and_width() {
        let rows = Rows::from(vec![[Value::Int(1), "a".into()], [Value::Int(2), "b".into()]]);
        let back: Vec<&[Value]> = rows.iter().collect();
        assert_eq!(back, [[Value::Int(1), "a".into()], [Value::Int(2), "b".into()]]);
    }

    #[test]
    fn a_row_without_values_still_counts() {
        let rows = Rows::from(vec![vec![], vec![]]);
        assert_eq!((rows.len(), rows.iter().count()), (2, 2));
    }

    #[test]
    #[should_panic(expected = "rows of one statement differ")]
    fn rows_of_another_width_are_refused() {
        drop(Rows::from(vec![vec![Value::Int(1)], vec![]]));
    }
}
