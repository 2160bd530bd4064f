//! What the comparison says of one unit.

use hattama_proto::{
    id::{ChoiceCode, UnitCode},
    statement::Level,
};
use serde::Serialize;

use crate::compare::Slip;

/// Votes by choice, in ballot order; null is unknown.
pub type Votes = Vec<Option<u64>>;

/// One contest in one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Node {
    /// The unit.
    pub unit: UnitCode,
    /// Its level.
    pub level: Level,
    /// What was published for it, by choice.
    pub official: Option<Votes>,
    /// What lies below it.
    pub below: Below,
    /// What one says of the other.
    pub verdict: Verdict,
    /// What its own published figures cannot easily be, whatever lies below.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unlikely: Vec<Unlikely>,
}

/// What lies below a unit, by choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Below {
    /// Published figures of the units below.
    Published {
        /// Their sums.
        votes: Votes,
        /// Units added up.
        parts: usize,
        /// Precincts that are in none of them.
        open: usize,
        /// Our copies of the precincts below.
        ours: OurSum,
    },
    /// Of a precinct: our copy.
    OurCopy {
        /// Its figures; none where no copy can be used.
        votes: Option<Votes>,
        /// Whether they were transcribed: typed off the photographs by people who saw nothing else.
        transcribed: bool,
    },
}

/// Our copies of all precincts below a unit, added up by choice. A figure that a copy lacks adds
/// nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OurSum {
    /// Precincts with a copy that can be used.
    pub precincts: usize,
    /// Their votes.
    pub votes: Vec<u64>,
    /// Those of them that were published too.
    pub published: usize,
    /// Our figures in the cells that both have.
    pub ours_in_both: Vec<u64>,
    /// The published figures in the same cells.
    pub published_in_both: Vec<u64>,
}

/// What a unit's published figures say beside what lies below.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing was published for the unit.
    NotPublished,
    /// Nothing below is known.
    NothingBelow,
    /// All that can be held against each other is equal.
    Equal,
    /// They differ. An unexplained difference, to be checked.
    Differs {
        /// By choice, in ballot order: how much higher (positive) or lower the unit's own figure is.
        by: Vec<Option<i64>>,
        /// What the difference looks like, at a precinct.
        slip: Option<Slip>,
    },
    /// Some precincts are open, and could hold what is left.
    Open {
        /// By choice: what they must hold together.
        remainder: Vec<Option<i64>>,
    },
    /// Some precincts are open, and what is left for them is like nothing seen elsewhere.
    Unlikely {
        /// By choice: what they would have to hold together.
        remainder: Vec<Option<i64>>,
        /// What is unlikely about it.
        why: Vec<Unlikely>,
    },
    /// Some precincts are open, and cannot hold what is left.
    Impossible {
        /// By choice: what they would have to hold together.
        remainder: Vec<Option<i64>>,
        /// Why they cannot.
        why: Vec<Impossible>,
    },
}

/// Why what is left over cannot be in the precincts that were not published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "impossible", rename_all = "snake_case")]
pub enum Impossible {
    /// The parts hold more votes of a choice than the whole.
    LessThanItsParts {
        /// The choice.
        choice: ChoiceCode,
        /// By how many votes.
        by: u64,
    },
    /// One choice is left with more votes than all choices together are left with.
    MoreThanIsLeft {
        /// The choice.
        choice: ChoiceCode,
        /// By how many votes.
        by: u64,
    },
    /// Our copies of open precincts alone hold more votes of a choice than is left.
    LessThanOurCopies {
        /// The choice.
        choice: ChoiceCode,
        /// By how many votes.
        by: u64,
    },
    /// Our copies cover every open precinct, and hold another number of votes of a choice.
    NotOurCopies {
        /// The choice.
        choice: ChoiceCode,
        /// What is left, less what our copies hold.
        by: i64,
    },
}

/// What figures can be only if something else is the matter: a list that grew on the day, a place
/// like no other. To be checked; it proves nothing by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "unlikely", rename_all = "snake_case")]
pub enum Unlikely {
    /// More votes than the voters on the list can give.
    MoreVotesThanVoters {
        /// Votes of all choices.
        votes: u64,
        /// Voters on the list.
        voters: u64,
        /// Votes above what they have: voters times the seats of the contest.
        by: u64,
    },
    /// More ballots than voters on the list: a turnout above 100 %.
    MoreBallotsThanVoters {
        /// Ballots given out.
        ballots: u64,
        /// Voters on the list.
        voters: u64,
    },
    /// A choice's share lies above that of every precinct of the region that was published or that
    /// we saw.
    ShareAboveObserved {
        /// The choice.
        choice: ChoiceCode,
        /// Its share, in hundredths of a per cent.
        share: u32,
        /// The highest share seen.
        highest: u32,
        /// Votes above what the highest share would give.
        by: u64,
    },
    /// A choice's share lies below that of every precinct of the region that was published or that
    /// we saw.
    ShareBelowObserved {
        /// The choice.
        choice: ChoiceCode,
        /// Its share, in hundredths of a per cent.
        share: u32,
        /// The lowest share seen.
        lowest: u32,
        /// Votes that the lowest share would give beyond it.
        by: u64,
    },
}
