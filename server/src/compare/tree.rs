//! Where did the numbers change? Every unit of the tree: what was published for it, against what was
//! published below it, and at the bottom against our copies. Pure.
//!
//! For one contest. **Below** a unit lie its *parts*: of each child the published figures, or, where the
//! child was not published, the parts of the child; a precinct that was not published is *open*. What
//! the unit's own figures leave over after all its parts is the **remainder**: if nothing is open it
//! must be zero, else it is what the open precincts must hold, and can be tested for whether they
//! can ([`Impossible`]).
//!
//! Nothing is estimated and nothing filled in. A cell that one part lacks is unknown in the sum.

use std::collections::HashMap;

use hattama_proto::{
    id::{ChoiceCode, UnitCode},
    pack::{Contest, Pack, Unit},
    statement::Level,
};
use serde::Serialize;

use super::{OurCopy, UnitDigest, slip::Slip};
use crate::merge::{CellKey, Cells};

/// What the commission published last, by level and unit.
#[derive(Clone, Copy, Debug)]
pub struct Official<'a> {
    /// In the order of [`Level::ALL`].
    pub levels: [&'a HashMap<UnitCode, Cells>; 4],
}

impl Official<'_> {
    /// The figures of the contest that were published for a unit; none if none was.
    fn votes(&self, unit: &Unit, keys: &[CellKey]) -> Option<Votes> {
        let level = Level::ALL.iter().position(|level| *level == unit.kind.level())?;
        let cells = self.levels[level].get(&unit.code)?;
        let votes: Votes = keys.iter().map(|key| cells.get(key)).collect();
        votes.iter().any(Option::is_some).then_some(votes)
    }
}

/// Votes by choice, in ballot order; null is unknown.
type Votes = Vec<Option<u64>>;

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
    },
    /// Of a precinct: our copy.
    OurCopy {
        /// Its figures; none where no copy can be used.
        votes: Option<Votes>,
        /// Whether they were transcribed: typed off the photographs by people who saw nothing else.
        transcribed: bool,
    },
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

/// Sums of the parts below a unit.
#[derive(Clone, Debug)]
struct Sum {
    votes: Votes,
    parts: usize,
    open: usize,
    /// Open precincts of which we have a copy, and their votes.
    ours: usize,
    our_votes: Vec<u64>,
}

impl Sum {
    fn nothing(choices: usize) -> Self {
        let (votes, our_votes) = (vec![Some(0); choices], vec![0; choices]);
        Self { votes, parts: 0, open: 0, ours: 0, our_votes }
    }

    fn add_part(&mut self, votes: &Votes) {
        for (sum, votes) in self.votes.iter_mut().zip(votes) {
            *sum = sum.zip(*votes).map(|(sum, votes)| sum.saturating_add(votes));
        }
        self.parts += 1;
    }

    fn add(&mut self, below: &Self) {
        for (sum, votes) in self.votes.iter_mut().zip(&below.votes) {
            *sum = sum.zip(*votes).map(|(sum, votes)| sum.saturating_add(votes));
        }
        for (sum, votes) in self.our_votes.iter_mut().zip(&below.our_votes) {
            *sum = sum.saturating_add(*votes);
        }
        self.parts += below.parts;
        self.open += below.open;
        self.ours += below.ours;
    }

    /// A precinct that was not published; what our copy says of it, if it says all.
    fn add_open(&mut self, ours: Option<&Votes>) {
        self.open += 1;
        let whole: Option<Vec<u64>> = ours.and_then(|ours| ours.iter().copied().collect());
        let Some(whole) = whole else { return };
        self.ours += 1;
        for (sum, votes) in self.our_votes.iter_mut().zip(whole) {
            *sum = sum.saturating_add(votes);
        }
    }
}

/// Every unit of the register, above before below.
pub fn tree<'a>(
    contest: &Contest,
    official: Official<'_>,
    digests: impl IntoIterator<Item = &'a UnitDigest>,
    pack: &Pack,
) -> Vec<Node> {
    let keys: Vec<CellKey> = contest
        .choices
        .iter()
        .map(|choice| CellKey::vote(contest.code.clone(), choice.code.clone()))
        .collect();
    let number = pack.election.contests.iter().position(|of| of.code == contest.code);
    let ours: HashMap<&UnitCode, Ours> = digests
        .into_iter()
        .filter_map(|digest| Some((&digest.unit, usable(&digest.ours[number?], &keys)?)))
        .collect();
    let choices: Vec<&ChoiceCode> = contest.choices.iter().map(|choice| &choice.code).collect();
    let mut sums: HashMap<&UnitCode, Sum> = HashMap::new();
    let mut nodes = Vec::with_capacity(pack.units.all().len());
    // Parents stand before their children, so from the end every child is there before its parent.
    for unit in pack.units.all().iter().rev() {
        let published = official.votes(unit, &keys);
        let own = ours.get(&unit.code);
        let own_votes = own.map(|own| &own.votes);
        let precinct = unit.kind.level() == Level::Precinct;
        let sum = sums.remove(&unit.code);
        if let Some(parent) = &unit.parent {
            let above = sums.entry(parent).or_insert_with(|| Sum::nothing(keys.len()));
            match (&published, &sum) {
                (Some(votes), _) => above.add_part(votes),
                (None, Some(sum)) => above.add(sum),
                (None, None) if precinct => above.add_open(own_votes),
                // An area without precincts holds no votes.
                (None, None) => {}
            }
        }
        let verdict = match (&published, &sum) {
            (None, _) => Verdict::NotPublished,
            (Some(votes), _) if precinct => at_the_bottom(votes, own_votes),
            (Some(votes), Some(sum)) => above_its_parts(votes, sum, &choices),
            (Some(_), None) => Verdict::NothingBelow,
        };
        let below = if precinct {
            let transcribed = own.is_some_and(|own| own.transcribed);
            Below::OurCopy { votes: own_votes.cloned(), transcribed }
        } else {
            let sum = sum.unwrap_or_else(|| Sum::nothing(keys.len()));
            Below::Published { votes: sum.votes, parts: sum.parts, open: sum.open }
        };
        let (unit, level) = (unit.code.clone(), unit.kind.level());
        nodes.push(Node { unit, level, official: published, below, verdict });
    }
    nodes.reverse();
    nodes
}

/// Our copy of a precinct.
struct Ours {
    votes: Votes,
    transcribed: bool,
}

/// The votes of our copy, where one can be used.
fn usable(ours: &OurCopy, keys: &[CellKey]) -> Option<Ours> {
    match ours {
        OurCopy::Settled { votes, transcribed, .. } => {
            let votes = keys.iter().map(|key| votes.get(key)).collect();
            Some(Ours { votes, transcribed: *transcribed })
        }
        OurCopy::Unsettled | OurCopy::NotObtained | OurCopy::Nothing => None,
    }
}

fn at_the_bottom(published: &Votes, ours: Option<&Votes>) -> Verdict {
    let Some(ours) = ours else { return Verdict::NothingBelow };
    let by = differences(published, ours);
    if by.iter().all(Option::is_none) {
        return Verdict::NothingBelow;
    }
    if by.iter().all(|by| by.unwrap_or(0) == 0) {
        return Verdict::Equal;
    }
    let both = || ours.iter().zip(published).filter_map(|(ours, theirs)| ours.zip(*theirs));
    let (ours, theirs): (Vec<u64>, Vec<u64>) = both().unzip();
    Verdict::Differs { by, slip: Slip::between(&ours, &theirs) }
}

fn above_its_parts(published: &Votes, sum: &Sum, choices: &[&ChoiceCode]) -> Verdict {
    if sum.parts == 0 && sum.ours == 0 {
        return Verdict::NothingBelow;
    }
    let remainder = differences(published, &sum.votes);
    if sum.open == 0 {
        return if remainder.iter().all(|left| left.unwrap_or(0) == 0) {
            Verdict::Equal
        } else {
            Verdict::Differs { by: remainder, slip: None }
        };
    }
    let mut why = Vec::new();
    // None of the choices can have got more than the contest leaves.
    let room = remainder.iter().copied().sum::<Option<i64>>().map(|room| room.max(0));
    for ((choice, left), ours) in choices.iter().zip(&remainder).zip(&sum.our_votes) {
        let (Some(left), choice) = (*left, (*choice).clone()) else { continue };
        let ours = i64::try_from(*ours).unwrap_or(i64::MAX);
        let less = left.saturating_sub(ours);
        if left < 0 {
            why.push(Impossible::LessThanItsParts { choice, by: left.unsigned_abs() });
        } else if sum.ours == sum.open && less != 0 {
            why.push(Impossible::NotOurCopies { choice, by: less });
        } else if less < 0 {
            why.push(Impossible::LessThanOurCopies { choice, by: less.unsigned_abs() });
        } else if let Some(room) = room.filter(|room| left > *room) {
            why.push(Impossible::MoreThanIsLeft { choice, by: left.abs_diff(room) });
        }
    }
    if why.is_empty() {
        Verdict::Open { remainder }
    } else {
        Verdict::Impossible { remainder, why }
    }
}

/// How much higher each figure of `these` is; none where one is unknown.
fn differences(these: &Votes, those: &Votes) -> Vec<Option<i64>> {
    let difference = |(these, those): (&Option<u64>, &Option<u64>)| {
        let (these, those) = these.zip(*those)?;
        Some(i64::try_from(i128::from(these) - i128::from(those)).unwrap_or(i64::MAX))
    };
    these.iter().zip(those).map(difference).collect()
}
