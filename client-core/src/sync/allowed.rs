//! What may go out now, by what the app tells of network and battery. Pure.
//!
//! | the app tells | records | thumbnails | previews | originals |
//! |---|---|---|---|---|
//! | nothing | go | go | go | go |
//! | metered | go | go | go | held back, but for those that headquarters asked for |
//! | roaming | go | go | held back | held back |
//! | battery low | go | go | held back | held back |
//!
//! Of several the strictest counts. Where the observer pressed "send now" nothing is held back: who
//! pays for it has decided. A thumbnail has some ten kilobytes, less than what a record and its answer
//! have on a bad line, and shows headquarters that there is a photograph.

use super::{Lane, PendingPhoto};

/// What the app tells of the moment. Nothing of it is guessed here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// The network is paid for by what goes over it.
    pub metered: bool,
    /// It is a foreign carrier's.
    pub roaming: bool,
    /// The battery is low, and the phone is not being charged.
    pub battery_low: bool,
}

/// Why pictures are held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hold {
    /// The network is metered.
    Metered,
    /// It is a foreign carrier's.
    Roaming,
    /// The battery is low.
    BatteryLow,
}

impl Hold {
    /// A stable code.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Metered => "metered",
            Self::Roaming => "roaming",
            Self::BatteryLow => "battery-low",
        }
    }
}

/// Pictures of one lane that wait for another network or for a charger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldBack {
    /// Which: thumbnails, previews or originals.
    pub lane: Lane,
    /// How many.
    pub count: u32,
    /// Their length, in bytes.
    pub bytes: u64,
    /// Why.
    pub reason: Hold,
}

/// Why what waits in `lane` may not go now; none where it may. `wanted` is what headquarters asked for.
pub(crate) const fn hold(lane: Lane, wanted: bool, conditions: Conditions) -> Option<Hold> {
    let small = match lane {
        Lane::Urgent | Lane::Records | Lane::Thumbnails => return None,
        Lane::Previews => true,
        Lane::Originals => false,
    };
    if conditions.roaming {
        return Some(Hold::Roaming);
    }
    if conditions.battery_low {
        return Some(Hold::BatteryLow);
    }
    if conditions.metered && !small && !wanted { Some(Hold::Metered) } else { None }
}

/// Whether any of these photos may go now.
pub(crate) fn may_any_go(photos: &[PendingPhoto], conditions: Conditions) -> bool {
    photos.iter().any(|photo| hold(photo.lane, photo.wanted, conditions).is_none())
}

/// What of these photos is held back, by lane and reason.
pub(crate) fn held_back(photos: &[PendingPhoto], conditions: Conditions) -> Vec<HeldBack> {
    let mut all: Vec<HeldBack> = Vec::new();
    for photo in photos {
        let Some(reason) = hold(photo.lane, photo.wanted, conditions) else { continue };
        match all.iter_mut().find(|one| one.lane == photo.lane && one.reason == reason) {
            Some(one) => {
                one.count += 1;
                one.bytes += photo.bytes;
            }
            None => all.push(HeldBack { lane: photo.lane, count: 1, bytes: photo.bytes, reason }),
        }
    }
    all.sort_unstable_by_key(|one| (one.lane, one.reason));
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every combination, as the table above has it: `-` goes, `w` goes if it was asked for.
    #[test]
    fn the_table_is_what_happens() {
        let (metered, roaming, battery) = (1, 2, 4);
        for told in 0..8 {
            let conditions = Conditions {
                metered: told & metered != 0,
                roaming: told & roaming != 0,
                battery_low: told & battery != 0,
            };
            let strict = match told {
                0 | 1 => None,
                2 | 3 | 6 | 7 => Some(Hold::Roaming),
                _ => Some(Hold::BatteryLow),
            };
            for wanted in [false, true] {
                for lane in [Lane::Urgent, Lane::Records, Lane::Thumbnails] {
                    assert_eq!(hold(lane, wanted, conditions), None);
                }
                assert_eq!(hold(Lane::Previews, wanted, conditions), strict, "{told}");
                let original = match (told, wanted) {
                    (1, false) => Some(Hold::Metered),
                    (1, true) => None,
                    _ => strict,
                };
                assert_eq!(hold(Lane::Originals, wanted, conditions), original, "{told}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_record_is_never_held_back_and_worse_conditions_free_nothing(
            lane in prop::sample::select(Lane::ALL.to_vec()),
            wanted: bool, metered: bool, roaming: bool, battery_low: bool,
        ) {
            let now = Conditions { metered, roaming, battery_low };
            let held = hold(lane, wanted, now).is_some();
            if matches!(lane, Lane::Urgent | Lane::Records) {
                prop_assert!(!held);
            }
            for worse in [
                Conditions { metered: true, ..now },
                Conditions { roaming: true, ..now },
                Conditions { battery_low: true, ..now },
            ] {
                prop_assert!(!held || hold(lane, wanted, worse).is_some());
            }
        }
    }
}
