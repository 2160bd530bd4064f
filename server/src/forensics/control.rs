//! A matched control: what the precincts counted by machine, or observed, say of all the others.
//!
//! Within each district commission the leader's share **of registered voters** in the control
//! precincts is taken as everybody's. Control precincts are seldom chosen at random: machines stand
//! in towns, observers go where they can, so the remainder is an indicator with that caveat.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Precinct, real};

/// What the control says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Matched {
    /// District commissions that have a control precinct. Others are left out of both sums.
    pub districts: usize,
    /// Control precincts.
    pub controls: usize,
    /// The choice's votes in those districts, as given.
    pub given: u64,
    /// The choice's votes there, were every precinct as the controls of its district.
    pub extrapolated: f64,
}

impl Matched {
    /// Given less extrapolated, in votes.
    #[must_use]
    pub fn excess(&self) -> f64 {
        real(self.given) - self.extrapolated
    }
}

/// Compares; each precinct comes with its district and whether it is a control.
pub fn matched<'a, D: Ord + 'a>(
    precincts: impl IntoIterator<Item = (D, bool, &'a Precinct)>,
) -> Matched {
    #[derive(Default)]
    struct District {
        controls: usize,
        control_votes: u64,
        control_registered: u64,
        votes: u64,
        registered: u64,
    }
    let mut districts: BTreeMap<D, District> = BTreeMap::new();
    for (district, control, precinct) in precincts {
        let district = districts.entry(district).or_default();
        district.votes += precinct.votes;
        district.registered += precinct.registered;
        if control {
            district.controls += 1;
            district.control_votes += precinct.votes;
            district.control_registered += precinct.registered;
        }
    }
    let mut all = Matched::default();
    for district in districts.values().filter(|district| district.control_registered > 0) {
        let share = real(district.control_votes) / real(district.control_registered);
        all.districts += 1;
        all.controls += district.controls;
        all.given += district.votes;
        all.extrapolated += share * real(district.registered);
    }
    all
}
