//! Page by page from one store to the other: what lacks is added, what has moved on is renewed, and
//! everything is read back.

use super::{Evidence, Progress, TransferError};
use crate::store::{
    Db, Row, Rows,
    tables::{TABLES, Table},
};

/// Whether a target that holds something holds a part of the source, and nothing else. Writes
/// nothing.
pub(super) async fn fits(
    source: &Db,
    target: &Db,
    counts: &[u64],
    tell: &(dyn Fn(Progress) + Sync),
) -> Result<(), TransferError> {
    // The first statement of a store is its election set-up, signed by its own root key.
    let first = &TABLES[0];
    let ours = first.page(source, None).await.map_err(TransferError::Source)?;
    let theirs = first.page(target, None).await.map_err(TransferError::Target)?;
    match (ours.first(), theirs.first()) {
        (Some(ours), Some(theirs)) if ours == theirs => {}
        (_, None) if counts.iter().all(|count| *count == 0) => return Ok(()),
        _ => return Err(TransferError::Other),
    }
    for table in TABLES.iter().filter(|table| !table.is_of_its_store()) {
        let mut pages = Pages::of(table, source, target);
        while let Some(page) = pages.next().await? {
            page.difference(table)?;
            tell(Progress::Rows(page.there.len() as u64));
        }
    }
    Ok(())
}

/// Brings one table of the target to what the source has. Returns how many rows were written.
pub(super) async fn carry(
    table: &'static Table,
    source: &Db,
    target: &Db,
    evidence: &Evidence,
    tell: &(dyn Fn(Progress) + Sync),
) -> Result<u64, TransferError> {
    let mut written = 0;
    let mut pages = Pages::of(table, source, target);
    while let Some(page) = pages.next().await? {
        let difference = page.difference(table)?;
        let count = difference.lacking.len() + difference.moved_on.len();
        let batch = table.replace(difference.moved_on);
        let batch = if difference.lacking.is_empty() {
            batch
        } else {
            batch.and(table.add(difference.lacking))
        };
        // Crash point: all of this page becomes durable, or none. The next try compares it again.
        target.commit(batch).await.map_err(TransferError::Target)?;
        let back = if count == 0 { page.there } else { page.begin.read(table, target).await? };
        if back.iter().take(page.here.len()).ne(&page.here) {
            return Err(TransferError::Arrival { table: table.name });
        }
        for row in &back {
            evidence.check(table.name, row)?;
        }
        written += count as u64;
        tell(Progress::Rows(page.here.len() as u64));
    }
    Ok(written)
}

/// Both stores side by side, in the order of the keys.
struct Pages<'a> {
    table: &'static Table,
    source: &'a Db,
    target: &'a Db,
    /// Where the next page begins; none after the last one.
    next: Option<Begin>,
}

/// The row after which a page begins; none for the first page.
#[derive(Clone)]
struct Begin(Option<Row>);

impl Begin {
    async fn read(&self, table: &Table, target: &Db) -> Result<Vec<Row>, TransferError> {
        table.page(target, self.0.as_ref()).await.map_err(TransferError::Target)
    }
}

/// One page of the source, and what the target has within its keys.
struct Page {
    begin: Begin,
    here: Vec<Row>,
    there: Vec<Row>,
}

/// What the target needs.
#[derive(Default)]
struct Difference {
    lacking: Rows,
    moved_on: Rows,
}

impl<'a> Pages<'a> {
    fn of(table: &'static Table, source: &'a Db, target: &'a Db) -> Self {
        Self { table, source, target, next: Some(Begin(None)) }
    }

    async fn next(&mut self) -> Result<Option<Page>, TransferError> {
        let Some(begin) = self.next.take() else { return Ok(None) };
        let here =
            self.table.page(self.source, begin.0.as_ref()).await.map_err(TransferError::Source)?;
        let mut there = begin.read(self.table, self.target).await?;
        if here.len() == self.table.page_rows()
            && let Some(last) = here.last()
        {
            // What comes after this page's last key is compared with the next page.
            there.retain(|row| self.table.key_of(row) <= self.table.key_of(last));
            self.next = Some(Begin(Some(last.clone())));
        }
        Ok(Some(Page { begin, here, there }))
    }
}

impl Page {
    /// What the target lacks; refuses what the source does not have or says otherwise.
    fn difference(&self, table: &Table) -> Result<Difference, TransferError> {
        let mut difference = Difference::default();
        let mut there = self.there.iter().peekable();
        for row in &self.here {
            let key = table.key_of(row);
            match there.peek() {
                Some(other) if table.key_of(other) < key => break,
                Some(other) if table.key_of(other) == key => {
                    if *other != row {
                        if !table.changes() {
                            return Err(TransferError::Contradicts { table: table.name });
                        }
                        difference.moved_on.push(row.values().iter().cloned());
                    }
                    there.next();
                }
                _ => difference.lacking.push(row.values().iter().cloned()),
            }
        }
        if there.peek().is_some() {
            return Err(TransferError::More { table: table.name });
        }
        Ok(difference)
    }
}
