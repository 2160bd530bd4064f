//! Which units changed lately, for whoever keeps something computed from all of them. Pure.
//!
//! Every change has a number. Who remembers the number of the last change it has seen is told the
//! units of those after it, or that it is too far behind and must look at everything.

use std::collections::{HashSet, VecDeque};

use hattama_proto::id::UnitCode;

/// Changes that are remembered: an hour of a busy night. Beyond, to compute everything anew costs
/// less than to follow.
const REMEMBERED_MAX: usize = 100_000;

/// The last changes, each a unit.
#[derive(Debug, Default)]
pub(crate) struct RecentUnits {
    /// How many changes there were.
    count: u64,
    /// The last of them, oldest first.
    units: VecDeque<UnitCode>,
}

impl RecentUnits {
    /// How many changes there were until now.
    pub(crate) const fn count(&self) -> u64 {
        self.count
    }

    /// Notes a change.
    pub(crate) fn note(&mut self, unit: UnitCode) {
        if self.units.len() == REMEMBERED_MAX {
            self.units.pop_front();
        }
        self.units.push_back(unit);
        self.count += 1;
    }

    /// The units of the changes after the first `seen`; none if some of those are forgotten.
    pub(crate) fn after(&self, seen: u64) -> Option<HashSet<UnitCode>> {
        let new = usize::try_from(self.count.checked_sub(seen)?).ok()?;
        let forgotten = self.units.len().checked_sub(new)?;
        Some(self.units.iter().skip(forgotten).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(number: usize) -> UnitCode {
        UnitCode::new(&number.to_string()).unwrap()
    }

    #[test]
    fn who_follows_is_told_what_is_new_and_nothing_twice() {
        let mut recent = RecentUnits::default();
        [1, 2].map(unit).into_iter().for_each(|unit| recent.note(unit));
        let seen = recent.count();
        [2, 3, 3].map(unit).into_iter().for_each(|unit| recent.note(unit));
        assert_eq!(recent.after(seen), Some([2, 3].map(unit).into()));
        assert_eq!(recent.after(recent.count()), Some(HashSet::new()));
    }

    #[test]
    fn who_is_too_far_behind_is_told_to_look_at_everything() {
        let mut recent = RecentUnits::default();
        (0..=REMEMBERED_MAX).for_each(|number| recent.note(unit(number)));
        assert_eq!(recent.after(0), None);
        assert_eq!(recent.after(1).map(|units| units.len()), Some(REMEMBERED_MAX));
        assert_eq!(recent.after(recent.count() + 1), None, "a number that was never given");
    }
}
