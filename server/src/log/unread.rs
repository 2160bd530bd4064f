//! Leaves of other processes that this one has taken over by their hashes alone.
//!
//! Whoever logs a group reads it back before a receipt leaves ([`super::reread`]), and the signed checkpoint
//! says which hashes there are; to follow, no more is needed, and two processes that each read all that the
//! other has read are slower than one. Only a receipt that *this* process gives for such a leaf makes it
//! answer for the bytes: then it reads them first.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Where such leaves are: half-open ranges, in order and apart from each other.
#[derive(Debug, Default)]
pub(super) struct Unread(Mutex<Vec<(u64, u64)>>);

impl Unread {
    /// The leaves `from..until` were taken over; all that were noted before lie below.
    pub(super) fn note(&self, from: u64, until: u64) {
        let mut ranges = self.ranges();
        match ranges.last_mut() {
            Some(last) if last.1 >= from => last.1 = last.1.max(until),
            _ => ranges.push((from, until)),
        }
    }

    /// Those of `indices` that nobody here has read.
    pub(super) fn among(&self, indices: impl IntoIterator<Item = u64>) -> Vec<u64> {
        let ranges = self.ranges();
        let is_unread = |index: &u64| {
            let after = ranges.partition_point(|(from, _)| from <= index);
            after > 0 && *index < ranges[after - 1].1
        };
        indices.into_iter().filter(is_unread).collect()
    }

    fn ranges(&self) -> MutexGuard<'_, Vec<(u64, u64)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_taken_over_is_unread_and_nothing_else(
            steps in prop::collection::vec((0_u64..4, 0_u64..4), 0..20),
        ) {
            let unread = Unread::default();
            let (mut at, mut taken) = (0, Vec::new());
            for (own, others) in steps {
                at += own;
                if others > 0 {
                    unread.note(at, at + others);
                    taken.extend(at..at + others);
                }
                at += others;
            }
            prop_assert_eq!(unread.among(0..at + 3), taken);
        }
    }
}
