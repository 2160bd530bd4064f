//! What is measured, by row of the table.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Instant,
};

use hattama_client_core::sync::Lane;

/// Times that are measured, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Series {
    /// A push that was answered with receipts.
    Push,
    /// From the capture of a record to its checked receipt.
    Record,
    /// From the capture to the receipt of the thumbnail.
    Thumbnail,
    /// From the capture to the receipt of the preview.
    Preview,
    /// From the capture to the receipt of the original.
    Original,
    /// A page, whole.
    Page,
    /// The answer of the comparison.
    Compare,
    /// How old the oldest acknowledged record is that the comparison does not speak of.
    CompareBehind,
    /// The same of the overview.
    OverviewBehind,
}

const SERIES: usize = 9;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A record was captured.
    Captured,
    /// A record has its receipt, and the receipt was checked.
    Accepted,
    /// A request was cut on purpose.
    Cut,
    /// A connection was not made, or broke by itself.
    Broken,
    /// Headquarters said that it will not, or not now.
    Refused,
    /// A page was not answered as it should be.
    PageFailed,
}

const EVENTS: usize = 6;

/// One row.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    events: [u64; EVENTS],
    times: [Vec<f32>; SERIES],
    /// What waited on phones at its end: records, thumbnails, previews, originals.
    pub(super) waiting: [i64; 4],
}

impl Row {
    pub(super) const fn count(&self, event: Event) -> u64 {
        self.events[event as usize]
    }

    /// At most this in so many of a hundred; none where nothing was measured.
    pub(super) fn at(&self, series: Series, percent: usize) -> Option<f64> {
        at(std::iter::once(self), series, percent)
    }
}

/// The same over several rows.
pub(super) fn at<'a>(
    rows: impl Iterator<Item = &'a Row>,
    series: Series,
    percent: usize,
) -> Option<f64> {
    let mut times: Vec<f32> = rows.flat_map(|row| &row.times[series as usize]).copied().collect();
    times.sort_by(f32::total_cmp);
    let place = (times.len() * percent / 100).min(times.len().checked_sub(1)?);
    Some(f64::from(times[place]))
}

/// When records were acknowledged.
#[derive(Default)]
struct Acknowledged {
    /// By their places in the log.
    by_place: BTreeMap<u64, u64>,
    /// One after the other.
    in_order: Vec<u64>,
}

/// All of it.
pub(super) struct Tally {
    begun: Instant,
    row_ms: u64,
    rows: Mutex<Vec<Row>>,
    waiting: [AtomicI64; 4],
    acknowledged: Mutex<Acknowledged>,
    /// Photographs that were receipted.
    pub(super) photos: AtomicU64,
    /// Bytes of them.
    pub(super) photo_bytes: AtomicU64,
}

impl Tally {
    /// From now on.
    pub(super) fn new(row_ms: u64) -> Self {
        Self {
            begun: Instant::now(),
            row_ms,
            rows: Mutex::default(),
            waiting: Default::default(),
            acknowledged: Mutex::default(),
            photos: AtomicU64::new(0),
            photo_bytes: AtomicU64::new(0),
        }
    }

    /// Milliseconds since the beginning.
    pub(super) fn now_ms(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).expect("a night is short")
    }

    /// Something happened.
    pub(super) fn count(&self, event: Event) {
        self.row(|row| row.events[event as usize] += 1);
    }

    /// Something took so many milliseconds.
    pub(super) fn took(&self, series: Series, ms: u64) {
        self.row(|row| row.times[series as usize].push(ms as f32));
    }

    /// A record was acknowledged with this place in the log.
    pub(super) fn acknowledged(&self, index: u64) {
        let now = self.now_ms();
        let mut known = hold(&self.acknowledged);
        if known.by_place.insert(index, now).is_none() {
            known.in_order.push(now);
        }
    }

    /// How old the oldest acknowledged record is that an answer of `size` entries does not speak of.
    pub(super) fn behind_size_ms(&self, size: u64) -> u64 {
        let first = hold(&self.acknowledged).by_place.range(size..).map(|(_, at)| *at).min();
        first.map_or(0, |at| self.now_ms().saturating_sub(at))
    }

    /// The same of an answer that counts so many records.
    pub(super) fn behind_count_ms(&self, count: usize) -> u64 {
        let first = hold(&self.acknowledged).in_order.get(count).copied();
        first.map_or(0, |at| self.now_ms().saturating_sub(at))
    }

    /// How many records were acknowledged so far.
    pub(super) fn acknowledgements(&self) -> usize {
        hold(&self.acknowledged).in_order.len()
    }

    /// A photograph was receipted.
    pub(super) fn photo(&self, bytes: u64) {
        self.photos.fetch_add(1, Ordering::Relaxed);
        self.photo_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// One more waits on a phone, or one less.
    pub(super) fn waits(&self, lane: Lane, change: i64) {
        self.waiting[place(lane)].fetch_add(change, Ordering::Relaxed);
    }

    /// How many wait in a lane.
    pub(super) fn waiting(&self, lane: Lane) -> i64 {
        self.waiting[place(lane)].load(Ordering::Relaxed)
    }

    /// Notes in the row of now what waits.
    pub(super) fn look(&self) {
        let waiting = std::array::from_fn(|at| self.waiting[at].load(Ordering::Relaxed));
        self.row(|row| row.waiting = waiting);
    }

    /// All rows.
    pub(super) fn rows(&self) -> Vec<Row> {
        hold(&self.rows).clone()
    }

    fn row(&self, change: impl FnOnce(&mut Row)) {
        let at = usize::try_from(self.now_ms() / self.row_ms).expect("few rows");
        let mut rows = hold(&self.rows);
        if rows.len() <= at {
            rows.resize_with(at + 1, Row::default);
        }
        change(&mut rows[at]);
    }
}

const fn place(lane: Lane) -> usize {
    match lane {
        Lane::Urgent | Lane::Records => 0,
        Lane::Thumbnails => 1,
        Lane::Previews => 2,
        Lane::Originals => 3,
    }
}

fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
