//! The memory that bodies on their way may take, counted as they come: a connection that sends nothing
//! holds nothing.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::lane::Lane;

/// Bytes of bodies that are held at once, as they came and unpacked. With what is made of them and the
/// connections themselves a process stays below 512 MB.
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What of it may be for those whom nobody knows.
const UNKNOWN_BYTES_MAX: u64 = BYTES_MAX / 4;

/// Where room is short, a body that has taken longer than this has to bring [`SLOW_BYTES_PER_S`].
const SLOW_AFTER: Duration = Duration::from_secs(10);

/// Bytes a second below which a body gives way where room is short. A phone at 50 kbit/s brings five times
/// as much. One on the worst line brings 300 to 500 (`bench links`): it has its turn while there is room.
const SLOW_BYTES_PER_S: u64 = 1024;

/// Whether a body that brought so much in this time is slower than 2G.
pub(super) fn is_slow(bytes: u64, since: Duration) -> bool {
    since > SLOW_AFTER && bytes < since.as_secs().saturating_mul(SLOW_BYTES_PER_S)
}

/// Why no more of a body is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scarce {
    /// There is no room for it.
    Full,
    /// Room is short, and this one is slow.
    Slow,
}

/// All bodies. Clones count together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bodies(Arc<Mutex<Held>>);

#[derive(Debug, Default)]
struct Held {
    all: u64,
    unknown: u64,
}

impl Bodies {
    /// A body begins.
    pub(super) fn begin(&self, lane: Lane) -> BodyBytes {
        let unknown = lane != Lane::Enrolled;
        BodyBytes { bodies: self.clone(), bytes: 0, unknown, since: Instant::now() }
    }

    /// Bytes that are held.
    pub(super) fn held(&self) -> u64 {
        self.lock().all
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bytes of one body. Free again when it is dropped.
#[derive(Debug)]
pub(crate) struct BodyBytes {
    bodies: Bodies,
    bytes: u64,
    unknown: bool,
    since: Instant,
}

impl BodyBytes {
    /// So many more have come.
    pub(crate) fn more(&mut self, bytes: usize) -> Result<(), Scarce> {
        self.more_after(self.since.elapsed(), bytes)
    }

    /// So many more have come, so long after the first.
    fn more_after(&mut self, took: Duration, bytes: usize) -> Result<(), Scarce> {
        let bytes = bytes as u64;
        let mut held = self.bodies.lock();
        let of_unknown = if self.unknown { held.unknown + bytes } else { held.unknown };
        let all = held.all + bytes;
        if all > BYTES_MAX / 2 && is_slow(self.bytes + bytes, took) {
            return Err(Scarce::Slow);
        }
        if all > BYTES_MAX || of_unknown > UNKNOWN_BYTES_MAX {
            return Err(Scarce::Full);
        }
        held.all = all;
        held.unknown = of_unknown;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for BodyBytes {
    fn drop(&mut self) {
        let mut held = self.bodies.lock();
        held.all -= self.bytes;
        if self.unknown {
            held.unknown -= self.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bodies_of_strangers_leave_room_for_those_of_known_keys() {
        let bodies = Bodies::default();
        let mut strangers = bodies.begin(Lane::Unknown);
        while strangers.more(1024 * 1024).is_ok() {}
        assert_eq!(bodies.held(), UNKNOWN_BYTES_MAX);
        let mut known = bodies.begin(Lane::Enrolled);
        assert_eq!(known.more(1024 * 1024), Ok(()));
        drop((strangers, known));
        assert_eq!(bodies.held(), 0);
    }

    #[test]
    fn a_slow_body_gives_way_only_where_room_is_short() {
        let (bodies, later) = (Bodies::default(), Duration::from_secs(60));
        let mut slow = bodies.begin(Lane::Enrolled);
        assert_eq!(slow.more_after(later, 1), Ok(()));
        let mut quick = bodies.begin(Lane::Enrolled);
        (0..33).for_each(|_| quick.more_after(later, 1024 * 1024).unwrap());
        assert_eq!(slow.more_after(later, 1), Err(Scarce::Slow));
        assert_eq!(quick.more_after(later, 1), Ok(()));
    }

    proptest! {
        #[test]
        fn what_is_held_is_bounded_and_all_comes_back(
            pieces in prop::collection::vec((0_usize..20, any::<bool>(), 0_usize..9_000_000), 0..200),
        ) {
            let bodies = Bodies::default();
            let mut open: std::collections::BTreeMap<usize, BodyBytes> = Default::default();
            for (which, ends, bytes) in pieces {
                let lane = if which % 2 == 0 { Lane::Enrolled } else { Lane::Unknown };
                let body = open.entry(which).or_insert_with(|| bodies.begin(lane));
                let _refused = body.more(bytes);
                prop_assert!(bodies.held() <= BYTES_MAX);
                prop_assert!(bodies.lock().unknown <= UNKNOWN_BYTES_MAX);
                if ends {
                    open.remove(&which);
                }
            }
            drop(open);
            prop_assert_eq!(bodies.held(), 0);
        }
    }
}
