//! The gate: what has to hold before anything is made public. Pure.
//!
//! It asks everything and names every reason at once, so that nobody has to try again and again. It is
//! asked twice: when a release is proposed, and when another person confirms it.

use std::fmt;

use hattama_proto::{
    id::{ContestCode, UnitCode},
    statement::Level,
    time::UnixMillis,
};

/// A difference that somebody wants to name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Named {
    /// In which contest.
    pub contest: ContestCode,
    /// At which unit.
    pub unit: UnitCode,
}

/// Who read our figures off the photographs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TypedBy {
    /// Nobody: they are what observers typed.
    Nobody,
    /// Two who saw nothing else differed, and one person decided.
    OneDecided,
    /// Two who saw nothing else, of every document that was used.
    TwoBlind,
}

/// What a difference rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Basis {
    /// There is none: nothing was found at this unit, or there is no such unit.
    Nothing,
    /// At a precinct: our figures against the official ones.
    Precinct {
        /// Who read ours.
        typed: TypedBy,
        /// Whether the publication with the official ones is archived.
        archived: bool,
    },
    /// At a commission above: its total against what was published below it.
    Total {
        /// Its level.
        level: Level,
        /// Levels of the figures below, from the lowest.
        below: Vec<Level>,
        /// Levels of which a publication is archived.
        archived: Vec<Level>,
        /// Whether it shows only with our copies of precincts that were not published.
        on_our_copies: bool,
    },
}

/// Which earlier release it corrects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Corrects {
    /// None.
    Nothing,
    /// One that was made public; whether it is said in words what was wrong.
    Released {
        /// Whether there are words.
        words: bool,
    },
    /// One that there is not.
    Unknown(u32),
}

/// What somebody wants to make public.
#[derive(Clone, Debug)]
pub struct Asked {
    /// When the last polls close, as the set-up says.
    pub polls_close_at: Option<UnixMillis>,
    /// Now.
    pub now: UnixMillis,
    /// What it names.
    pub named: Vec<(Named, Basis)>,
    /// What it corrects.
    pub corrects: Corrects,
}

/// Why it may not be made public. The message says what to do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unmet {
    /// The set-up does not say when the last polls close.
    PollsCloseUnknown,
    /// They have not closed.
    PollsAreOpen {
        /// Until when.
        until: UnixMillis,
    },
    /// There is no release of this number.
    NoSuchRelease(u32),
    /// It is not said what was wrong.
    CorrectionWithoutWords,
    /// There is no difference at this unit.
    NoDifference(Named),
    /// It is named twice.
    NamedTwice(Named),
    /// Our figures were not typed blind by two.
    NotTyped(Named),
    /// Two differed, and one person decided.
    DecidedByOne(Named),
    /// A total that differs only if our copies of unpublished precincts are right.
    OnOurCopies(Named),
    /// The official figures are not archived.
    NotArchived {
        /// At which unit.
        named: Named,
        /// The publication of which level.
        level: Level,
    },
}

impl Unmet {
    /// The difference that it is about.
    pub const fn named(&self) -> Option<&Named> {
        match self {
            Self::NoDifference(named)
            | Self::NamedTwice(named)
            | Self::NotTyped(named)
            | Self::DecidedByOne(named)
            | Self::OnOurCopies(named)
            | Self::NotArchived { named, .. } => Some(named),
            Self::PollsCloseUnknown
            | Self::PollsAreOpen { .. }
            | Self::NoSuchRelease(_)
            | Self::CorrectionWithoutWords => None,
        }
    }
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PollsCloseUnknown => f.write_str(
                "the set-up does not say when the last polls close; give one with \
                 `polls_close_at`, because nothing is made public before",
            ),
            Self::PollsAreOpen { until } => {
                write!(f, "the last polls close at {}; wait until then", until.to_rfc3339())
            }
            Self::NoSuchRelease(number) => {
                write!(f, "there is no release {number} to correct; look at the list")
            }
            Self::CorrectionWithoutWords => {
                f.write_str("say in words what was wrong in the release that this one corrects")
            }
            Self::NoDifference(named) => {
                write!(f, "{}: nothing differs there now; leave it out", named.unit)
            }
            Self::NamedTwice(named) => write!(f, "{}: it is named twice; name it once", named.unit),
            Self::NotTyped(named) => write!(
                f,
                "{}: our figures are not typed off the photographs by two people who saw nothing \
                 else; have it transcribed first",
                named.unit
            ),
            Self::DecidedByOne(named) => write!(
                f,
                "{}: two people read the photographs differently and one decided; leave it out, or \
                 have a clearer photograph transcribed",
                named.unit
            ),
            Self::OnOurCopies(named) => write!(
                f,
                "{}: without our copies of unpublished precincts nothing differs; wait until they \
                 are published",
                named.unit
            ),
            Self::NotArchived { named, level } => write!(
                f,
                "{}: no publication of the level {} is archived; import the official page with \
                 `hattama official import`",
                named.unit,
                level.name()
            ),
        }
    }
}

/// Everything that stands in the way, in one order; nothing if it may be made public.
pub fn gate(asked: &Asked) -> Vec<Unmet> {
    let mut unmet = Vec::new();
    match asked.polls_close_at {
        None => unmet.push(Unmet::PollsCloseUnknown),
        Some(until) if asked.now < until => unmet.push(Unmet::PollsAreOpen { until }),
        Some(_) => {}
    }
    match asked.corrects {
        Corrects::Unknown(number) => unmet.push(Unmet::NoSuchRelease(number)),
        Corrects::Released { words: false } => unmet.push(Unmet::CorrectionWithoutWords),
        Corrects::Nothing | Corrects::Released { words: true } => {}
    }
    for (at, (named, basis)) in asked.named.iter().enumerate() {
        if asked.named[..at].iter().any(|(before, _)| before == named) {
            unmet.push(Unmet::NamedTwice(named.clone()));
            continue;
        }
        unmet.extend(lacks(named, basis));
    }
    unmet.sort();
    unmet
}

/// What one difference lacks.
fn lacks(named: &Named, basis: &Basis) -> Vec<Unmet> {
    let not_archived = |level| Unmet::NotArchived { named: named.clone(), level };
    let mut lacks = Vec::new();
    match basis {
        Basis::Nothing => lacks.push(Unmet::NoDifference(named.clone())),
        Basis::Precinct { typed, archived } => {
            match typed {
                TypedBy::Nobody => lacks.push(Unmet::NotTyped(named.clone())),
                TypedBy::OneDecided => lacks.push(Unmet::DecidedByOne(named.clone())),
                TypedBy::TwoBlind => {}
            }
            if !archived {
                lacks.push(not_archived(Level::Precinct));
            }
        }
        Basis::Total { level, below, archived, on_our_copies } => {
            if *on_our_copies {
                lacks.push(Unmet::OnOurCopies(named.clone()));
            }
            if below.is_empty() {
                lacks.push(Unmet::NoDifference(named.clone()));
            }
            let needed = below.iter().chain([level]);
            lacks.extend(
                needed.filter(|level| !archived.contains(level)).map(|of| not_archived(*of)),
            );
        }
    }
    lacks
}
