//! What a release says: its exact bytes are hashed, and frozen. Pure.
//!
//! Everything that its page shows is in it, names of units and choices included, so that it can be read
//! for ever and without us. Nothing in it is about observers: no names, keys, pseudonyms or
//! organisations, and no times at which anybody sent anything.

use hattama_proto::{
    id::{ContestCode, ElectionId, FileHash, LineCode, PublicationId, UnitCode},
    pack::{Choice, Names, UnitKind},
    statement::Level,
    time::UnixMillis,
};
use serde::{Deserialize, Serialize};

use crate::compare::Slip;

/// The form of the content, so that a later one can be told from it.
pub const FORMAT: &str = "hattama-release-1";

/// All that a release says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// [`FORMAT`].
    pub format: String,
    /// The election.
    pub election: ElectionId,
    /// Its names.
    pub names: Names,
    /// Shown on every page of it when this is not a real election.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exercise: Option<Names>,
    /// Zone in which its times are told.
    pub time_zone: String,
    /// Entries of the log that it speaks of.
    pub log_size: u64,
    /// When it was drawn up.
    pub drawn_up_at: UnixMillis,
    /// What the organisation says beside the figures, by language; may be empty.
    pub words: Names,
    /// The release that it corrects, and how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<Correction>,
    /// What it rests on: the newest publication of each level, lowest level first.
    pub publications: Vec<Archived>,
    /// By contest.
    pub contests: Vec<ContestContent>,
    /// What it cannot show.
    pub limits: Vec<Limit>,
}

/// How an earlier release is corrected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// Its number.
    pub release: u32,
    /// What was wrong, by language.
    pub words: Names,
    /// What is known now of each unit that it named.
    pub figures: Vec<Difference>,
}

/// A publication of the commission that is archived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archived {
    /// Level of its figures.
    pub level: Level,
    /// Its name in the archive, and in the log's statement about it.
    pub publication: PublicationId,
    /// SHA-256 of the file as it was fetched.
    pub sha256: FileHash,
    /// SHA-256 of the mapping by which it was read, if by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<FileHash>,
    /// Where it was found.
    pub source: String,
    /// When.
    pub fetched_at: UnixMillis,
}

/// One contest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContestContent {
    /// Its code.
    pub contest: ContestCode,
    /// Its names.
    pub names: Names,
    /// Its choices, in ballot order; lists of votes are in the same order.
    pub choices: Vec<Choice>,
    /// How much was observed.
    pub coverage: CoverageContent,
    /// The same by region.
    pub regions: Vec<RegionCoverage>,
    /// Units of each level that could be held against what lies below them.
    pub compared: Vec<(Level, usize)>,
    /// Differences that were found, by level.
    pub found: Vec<(Level, usize)>,
    /// Those that are named.
    pub differences: Vec<Difference>,
}

/// How much was observed: k of n, and why not more. Unit: precincts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverageContent {
    /// In the register.
    pub precincts: usize,
    /// With a copy that can be used.
    pub covered: usize,
    /// With copies that cannot be used yet.
    pub unsettled: usize,
    /// Where no copy was to be had, and why is known.
    pub not_obtained: usize,
    /// Of which nothing is known.
    pub nothing: usize,
    /// That the commission published.
    pub published: usize,
}

/// How much was observed in a region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionCoverage {
    /// The region.
    pub region: UnitCode,
    /// Its names.
    pub names: Names,
    /// How much.
    #[serde(flatten)]
    pub coverage: CoverageContent,
}

/// One difference: unexplained, and to be checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The contest.
    pub contest: ContestCode,
    /// The unit.
    pub unit: UnitCode,
    /// Its names; none where it has a code only.
    pub names: Names,
    /// What it is.
    pub kind: UnitKind,
    /// Its level.
    pub level: Level,
    /// The region it lies in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Names>,
    /// What was published for it, by choice; null where nothing was.
    pub official: Vec<Option<u64>>,
    /// What that is held against.
    pub below: Side,
    /// By choice: how much higher (positive) or lower the official figure is; null where that is not
    /// known.
    pub by: Vec<Option<i64>>,
    /// The larger of what was won and what was lost, in votes.
    pub size: u64,
    /// What it looks like, at a precinct.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looks_like: Option<Slip>,
    /// Whether `by` is the least that can be said, because precincts were not published.
    pub at_least: bool,
    /// Lines of the form, at a precinct.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LineFigures>,
    /// The publications that it rests on.
    pub publications: Vec<PublicationId>,
}

/// What official figures are held against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Side {
    /// Observers' copies of the precinct's protocol, typed off the photographs by two who saw nothing
    /// else.
    Copies {
        /// By choice; null where they have no agreed figure.
        votes: Vec<Option<u64>>,
    },
    /// What was published for the units below, added up.
    Published {
        /// By choice.
        votes: Vec<Option<u64>>,
        /// Units added up.
        parts: usize,
        /// Precincts that are in none of them.
        open: usize,
    },
    /// Nothing that could be shown now.
    Nothing,
}

impl Side {
    /// Its votes, by choice.
    pub fn votes(&self) -> &[Option<u64>] {
        match self {
            Self::Copies { votes } | Self::Published { votes, .. } => votes,
            Self::Nothing => &[],
        }
    }
}

/// One line of the form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineFigures {
    /// The line.
    pub line: LineCode,
    /// Its printed number.
    pub number: String,
    /// Its names.
    pub names: Names,
    /// As it was published.
    pub official: Option<u64>,
    /// As the copies have it.
    pub copies: Option<u64>,
}

/// What a release cannot show. Pages say it in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// Figures show what is higher and lower, never from whom to whom, and never why.
    NotFromWhomToWhom,
    /// Where observers went is not a random sample: nothing follows for the rest.
    NotASample,
    /// Of some precincts nothing is known.
    PrecinctsNotObserved,
    /// Some copies were not to be had.
    CopiesNotObtained,
    /// Some copies cannot be used yet.
    CopiesUnsettled,
    /// The commission has not published some precincts.
    PrecinctsNotPublished,
    /// More was found than is named.
    MoreWasFound,
}

impl Content {
    /// The exact bytes that are hashed and made public.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("a release is plain data");
        bytes.push(b'\n');
        bytes
    }

    /// Reads the bytes of a release.
    pub fn read(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// Everything that it says of a unit: what it names, and what is known now of what the release
    /// named that it corrects. A unit that is in both comes twice, with the same figures.
    pub fn said(&self) -> impl Iterator<Item = &Difference> {
        let corrected = self.corrects.iter().flat_map(|corrects| &corrects.figures);
        self.differences().chain(corrected)
    }

    /// Everything that it names.
    pub fn differences(&self) -> impl Iterator<Item = &Difference> {
        self.contests.iter().flat_map(|contest| &contest.differences)
    }
}
