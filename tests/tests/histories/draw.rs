//! What may happen at a headquarters, drawn at random: short, varied, and small enough that forks,
//! corrections and differences really meet.

use proptest::prelude::*;

/// Devices of a history: the first four sign results, the fifth incidents, the last is a stranger.
pub(crate) const DEVICES: usize = 6;

/// What a record says, before it is known what came before it.
#[derive(Clone, Debug)]
pub(crate) enum Saying {
    Protocol { unit: usize, copy: usize, seed: u64, number: Option<u8>, photo: Option<u8> },
    NotObtained { unit: usize, missing: usize },
    Form { unit: usize, sealed: bool },
    Incident { unit: usize, words: u8 },
    Unreadable(u8),
    Correction { of: usize, becomes: Box<Self> },
}

/// Where in its chain a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Next,
    /// At the place of an earlier record: a fork.
    Again,
}

/// One record of one device.
#[derive(Clone, Debug)]
pub(crate) struct Say {
    pub(crate) device: usize,
    pub(crate) place: Place,
    pub(crate) saying: Saying,
    /// It names another election.
    pub(crate) elsewhere: bool,
    /// It is signed now and arrives at the end of the history.
    pub(crate) late: bool,
}

/// One step of a history. Numbers that name something earlier are taken modulo what there is.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Enrol(usize),
    Push(Vec<Say>),
    /// Two writers at once.
    Together(Vec<Say>, Vec<Say>),
    Repeat(usize),
    Decide {
        of: usize,
        counted: bool,
        unit: Option<usize>,
        copy: Option<usize>,
        same: Option<usize>,
    },
    Revoke {
        device: usize,
        since: Option<usize>,
    },
    Review {
        of: usize,
        to: usize,
    },
    Photo(usize),
    Publish(u64),
    Restart,
}

fn saying() -> impl Strategy<Value = Saying> {
    let plain = prop_oneof![
        6 => (0..4_usize, 0..3_usize, 0..3_u64, prop::option::of(0..2_u8), prop::option::of(0..5_u8))
            .prop_map(|(unit, copy, seed, number, photo)| {
                Saying::Protocol { unit, copy, seed, number, photo }
            }),
        1 => (0..4_usize, 0..6_usize)
            .prop_map(|(unit, missing)| Saying::NotObtained { unit, missing }),
        1 => (0..4_usize, any::<bool>()).prop_map(|(unit, sealed)| Saying::Form { unit, sealed }),
        3 => (0..4_usize, any::<u8>())
            .prop_map(|(unit, words)| Saying::Incident { unit, words }),
    ];
    let plain = plain.boxed();
    prop_oneof![
        8 => plain.clone(),
        1 => any::<u8>().prop_map(Saying::Unreadable),
        3 => (any::<usize>(), plain)
            .prop_map(|(of, becomes)| Saying::Correction { of, becomes: Box::new(becomes) }),
    ]
}

fn say() -> impl Strategy<Value = Say> {
    let place = prop_oneof![5 => Just(Place::Next), 1 => Just(Place::Again)];
    let flags = (prop::bool::weighted(0.04), prop::bool::weighted(0.08));
    (0..DEVICES, place, saying(), flags).prop_map(|(device, place, saying, (elsewhere, late))| {
        Say { device, place, saying, elsewhere, late }
    })
}

fn step() -> impl Strategy<Value = Step> {
    let some = || any::<usize>();
    let says = || prop::collection::vec(say(), 1..4);
    prop_oneof![
        3 => (0..DEVICES).prop_map(Step::Enrol),
        6 => says().prop_map(Step::Push),
        2 => (says(), says()).prop_map(|(one, other)| Step::Together(one, other)),
        1 => some().prop_map(Step::Repeat),
        4 => (
            some(),
            any::<bool>(),
            prop::option::of(0..4_usize),
            prop::option::weighted(0.3, 0..3_usize),
            prop::option::weighted(0.3, some()),
        )
            .prop_map(|(of, counted, unit, copy, same)| {
                Step::Decide { of, counted, unit, copy, same }
            }),
        1 => (0..DEVICES, prop::option::of(some()))
            .prop_map(|(device, since)| Step::Revoke { device, since }),
        3 => (some(), some()).prop_map(|(of, to)| Step::Review { of, to }),
        2 => some().prop_map(Step::Photo),
        1 => any::<u64>().prop_map(Step::Publish),
        1 => Just(Step::Restart),
    ]
}

/// A history: two devices are enrolled at its beginning, so that something counts.
pub(crate) fn histories() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 3..14).prop_map(|mut steps| {
        steps.splice(0..0, [Step::Enrol(0), Step::Enrol(4)]);
        steps
    })
}
