//! Connections that ask without a pause, one request each at a time, and what they waited.

use std::{
    net::SocketAddr,
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::bench::{client::Connection, per_second};

/// What a load took.
#[derive(Debug)]
pub(super) struct Timed {
    /// What was stored: records, or files.
    pub(super) stored: u64,
    took: Duration,
    /// From the first byte of a request to the last of its answer, in order.
    waited: Vec<Duration>,
}

impl Timed {
    pub(super) fn per_second(&self) -> f64 {
        per_second(self.stored, self.took)
    }

    /// As [`per_second`](Self::per_second), if it had taken so much longer.
    pub(super) fn per_second_with(&self, more: Duration) -> f64 {
        per_second(self.stored, self.took + more)
    }

    /// What so many of a hundred requests were answered within, in milliseconds.
    pub(super) fn percentile_ms(&self, percent: usize) -> f64 {
        let place = (self.waited.len() * percent / 100).min(self.waited.len().saturating_sub(1));
        self.waited.get(place).map_or(0.0, |waited| waited.as_secs_f64() * 1e3)
    }
}

/// Carries out `requests` pieces of work over so many connections, each the next one that nobody
/// has begun, and begins none after `limit`. The work says how much was stored by it.
pub(super) fn drive(
    address: SocketAddr,
    connections: usize,
    requests: usize,
    limit: Duration,
    work: impl Fn(&mut Connection, usize) -> u64 + Sync,
) -> Timed {
    let next = AtomicUsize::new(0);
    let begun = Instant::now();
    let lane = || {
        let mut connection = Connection::open(address);
        let (mut stored, mut waited) = (0, Vec::new());
        while begun.elapsed() < limit {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= requests {
                break;
            }
            let asked = Instant::now();
            stored += work(&mut connection, number);
            waited.push(asked.elapsed());
        }
        (stored, waited)
    };
    let lanes: Vec<_> = thread::scope(|scope| {
        let lanes: Vec<_> = (0..connections).map(|_| scope.spawn(lane)).collect();
        lanes.into_iter().map(|lane| lane.join().expect("a lane")).collect()
    });
    let took = begun.elapsed();
    let stored = lanes.iter().map(|(stored, _)| stored).sum();
    let mut waited: Vec<Duration> = lanes.into_iter().flat_map(|(_, waited)| waited).collect();
    waited.sort_unstable();
    Timed { stored, took, waited }
}

/// How long it takes until all that was written is on the disk, by whomever. Before a load, so that
/// nobody waits for what somebody else left; after it, to see what a server had not waited for.
pub(super) fn sync_disk() -> Duration {
    let begun = Instant::now();
    let synced = Command::new("sync").arg("-f").arg(std::env::temp_dir()).status();
    assert!(synced.is_ok_and(|status| status.success()), "the disk of the scratch folders syncs");
    begun.elapsed()
}
