//! What the store counts for the overview, counted on from the last time: on a busy night it is asked for
//! every few seconds, and the store has a million rows by then.

use std::time::{Duration, Instant};

use crate::store::{
    Db, StoreError,
    photos::{self, Arrivals},
    records,
};

/// Pictures are counted anew after so many times what it took: it reads the name of every one.
const WORTH: u32 = 20;
/// And at least so often.
const LONGEST: Duration = Duration::from_secs(60);

/// What was counted last.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Records below this position are in `received`.
    until: u64,
    received: u64,
    pictures: Option<Pictures>,
}

#[derive(Clone, Copy, Debug)]
struct Pictures {
    arrivals: Arrivals,
    /// Leaves of the log when they were counted.
    size: u64,
    at: Instant,
    took: Duration,
}

impl Tally {
    /// Records among the first `size` entries of the log.
    pub(super) async fn received(&mut self, db: &Db, size: u64) -> Result<u64, StoreError> {
        if size > self.until {
            self.received += records::count_between(db, self.until, size).await?;
            self.until = size;
        }
        Ok(self.received)
    }

    /// How far the pictures have come, and whether that is as of the first `size` entries of the log or
    /// from a moment before.
    pub(super) async fn arrivals(
        &mut self,
        db: &Db,
        size: u64,
    ) -> Result<(Arrivals, bool), StoreError> {
        if let Some(known) = self.pictures.filter(|known| known.is_worth_keeping(size)) {
            return Ok((known.arrivals, known.size == size));
        }
        let at = Instant::now();
        let arrivals = photos::arrivals(db).await?;
        self.pictures = Some(Pictures { arrivals, size, at, took: at.elapsed() });
        Ok((arrivals, true))
    }
}

impl Pictures {
    fn is_worth_keeping(&self, size: u64) -> bool {
        self.size == size || self.at.elapsed() < (self.took * WORTH).min(LONGEST)
    }
}
