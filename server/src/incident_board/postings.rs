//! In which incidents a word stands.
//!
//! The store keeps the words; what was read of one is kept for as long as no incident changes, and
//! on a busy night for ten times as long as it took to read: a word that stands in few is read again
//! each time, one that stands in most of them about once a second.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use tokio::sync::Mutex;

use super::{bits::Bits, columns::Columns};
use crate::store::{self, Db, StoreError};

/// What was read is good for so many times as long as reading it took.
const WORTH: u32 = 10;

/// Words that are kept.
const KEPT_MAX: usize = 64;

/// The rows in which a word stands.
#[derive(Debug)]
pub(super) struct Postings {
    rows: Bits,
    /// The first log index whose changes it does not know.
    until: u64,
    read_at: Instant,
    took: Duration,
}

impl Postings {
    /// Whether the word stands in this row.
    pub(super) fn has(&self, row: usize) -> bool {
        self.rows.has(row)
    }

    fn is_good(&self, until: u64) -> bool {
        self.until == until || self.read_at.elapsed() < self.took * WORTH
    }
}

/// Where a word stands, one or the other token of it.
pub(super) async fn of(
    kept: &Mutex<HashMap<[String; 2], Arc<Postings>>>,
    columns: &RwLock<Columns>,
    db: &Db,
    word: &[String; 2],
) -> Result<Arc<Postings>, StoreError> {
    let until = columns.read().unwrap_or_else(PoisonError::into_inner).next_change();
    // Held while it is read: twenty who ask the same read it once.
    let mut kept = kept.lock().await;
    if let Some(known) = kept.get(word).filter(|known| known.is_good(until)) {
        return Ok(Arc::clone(known));
    }
    let read_at = Instant::now();
    let positions = store::incidents::positions_with(db, word).await?;
    let postings = {
        let columns = columns.read().unwrap_or_else(PoisonError::into_inner);
        let mut rows = Bits::default();
        positions
            .into_iter()
            .filter_map(|position| columns.row_of(position))
            .for_each(|row| rows.add(row));
        Arc::new(Postings { rows, until, read_at, took: read_at.elapsed() })
    };
    if kept.len() >= KEPT_MAX {
        kept.clear();
    }
    kept.insert(word.clone(), Arc::clone(&postings));
    Ok(postings)
}
