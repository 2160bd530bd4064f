//! What has changed since somebody looked last, so that only that is computed again. Pure.
//!
//! A log's group touches the units its records name; a statement or a fork touches whatever stands on
//! a record or a key; a picture that has come, whatever names it. What these come to in units is
//! looked up in the store, by `touched_units`.

use std::collections::HashSet;

use hattama_proto::id::{Kid, PhotoHash, RecordId, UnitCode};

/// Touches that are remembered. Beyond, everything counts as touched: to compute all anew costs less
/// than to keep a list that nobody has asked for.
const REMEMBERED_MAX: usize = 100_000;

/// Something whose meaning may have changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Touch {
    /// A unit: something new names it, or something was moved away from it.
    Unit(UnitCode),
    /// A record, and what it is tied to by corrections.
    Record(RecordId),
    /// All records of a key.
    Key(Kid),
    /// A picture that has come whole: records that name it say nothing else than before, but people
    /// can look at it.
    Photo(PhotoHash),
}

/// What was touched, for each who follows the log at a pace of its own.
#[derive(Debug, Default)]
pub struct Followed {
    /// For the digests of units ([`crate::digests`]).
    pub digests: Touched,
    /// For the desk of those who type photographs ([`crate::desk`]).
    pub desk: Touched,
}

impl Followed {
    /// Notes a touch for everybody whom it concerns. Figures do not change when a picture comes.
    pub fn note(&mut self, touch: Touch) {
        if !matches!(touch, Touch::Photo(_)) {
            self.digests.note(touch.clone());
        }
        self.desk.note(touch);
    }
}

/// What was touched since it was last taken.
#[derive(Debug)]
pub struct Touched {
    /// Everything: nothing was computed yet, or too much happened.
    pub everything: bool,
    /// What, else.
    pub touches: HashSet<Touch>,
}

impl Default for Touched {
    /// Everything: nobody has looked yet.
    fn default() -> Self {
        Self { everything: true, touches: HashSet::new() }
    }
}

impl Touched {
    /// Notes a touch.
    pub fn note(&mut self, touch: Touch) {
        if self.everything {
            return;
        }
        self.touches.insert(touch);
        if self.touches.len() > REMEMBERED_MAX {
            *self = Self::default();
        }
    }

    /// Takes what was noted; from here on it is noted anew.
    pub fn take(&mut self) -> Self {
        std::mem::replace(self, Self { everything: false, touches: HashSet::new() })
    }

    /// Gives back what could not be computed after all.
    pub fn give_back(&mut self, taken: Self) {
        self.everything |= taken.everything;
        for touch in taken.touches {
            self.note(touch);
        }
    }

    /// Whether nothing was touched.
    pub fn is_nothing(&self) -> bool {
        !self.everything && self.touches.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use hattama_proto::id::PhotoHash;

    use super::{Followed, REMEMBERED_MAX, Touch, Touched};

    fn unit(number: usize) -> Touch {
        Touch::Unit(format!("u-{number}").parse().unwrap())
    }

    #[test]
    fn who_looks_for_the_first_time_looks_at_everything_and_then_at_what_is_new() {
        let mut touched = Touched::default();
        assert!(touched.take().everything);
        assert!(touched.is_nothing());
        touched.note(unit(1));
        touched.note(unit(1));
        let taken = touched.take();
        assert!(!taken.everything && taken.touches.len() == 1);
        assert!(touched.is_nothing());
    }

    #[test]
    fn what_could_not_be_computed_is_touched_still() {
        let mut touched = Touched::default();
        touched.take();
        touched.note(unit(1));
        let taken = touched.take();
        touched.note(unit(2));
        touched.give_back(taken);
        assert_eq!(touched.touches.len(), 2);
        let all = Touched::default();
        touched.give_back(all);
        assert!(touched.everything);
    }

    #[test]
    fn too_many_touches_are_everything() {
        let mut touched = Touched::default();
        touched.take();
        for number in 0..=REMEMBERED_MAX {
            touched.note(unit(number));
        }
        assert!(touched.everything && touched.touches.is_empty());
    }
    #[test]
    fn each_follower_takes_what_is_new_for_it_and_pictures_concern_the_desk_only() {
        let mut followed = Followed::default();
        followed.digests.take();
        followed.desk.take();
        followed.note(unit(1));
        assert_eq!(followed.digests.take().touches.len(), 1);
        followed.note(Touch::Photo(PhotoHash::of(b"picture")));
        assert!(followed.digests.is_nothing());
        assert_eq!(followed.desk.take().touches.len(), 2);
    }
}
