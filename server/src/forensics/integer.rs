//! Integer percentages: are there more round percentages than chance gives?
//!
//! Source: Kobak, Shpilkin, Pshenichnikov, "Integer percentages as electoral falsification
//! fingerprints", Annals of Applied Statistics 10(1), 54-73 (2016), arXiv 1410.6059. There the
//! expectation is simulated; here it is summed exactly, so it has no noise and takes seconds.

use serde::Serialize;

use super::{Precinct, binomial, real};

/// Smaller precincts are left out, as in the paper: their percentages are coarse.
pub const REGISTERED_MIN: u64 = 100;
/// Turnout and share above this many percent are left out, as in the paper: near 100 % round
/// figures are innocent.
pub const PERCENT_MAX: u64 = 99;
/// A percentage is whole when it lies within 1/20 of a point of an integer, both ends included.
const PER_POINT: u128 = 20;
/// The 99.9th percentile of the normal distribution, one-sided.
const Z_999: f64 = 3.090_232_306_167_813_5;

/// What was seen and expected of one kind of whole percentage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Excess {
    /// Precincts that have it.
    pub observed: u64,
    /// Precincts that would by chance have it.
    pub expected: f64,
    /// The standard deviation of the expected number.
    pub deviation: f64,
}

impl Excess {
    /// Observed minus expected: the effect, in precincts.
    #[must_use]
    pub fn precincts(&self) -> f64 {
        real(self.observed) - self.expected
    }

    /// The number that chance exceeds once in a thousand elections, as an excess.
    #[must_use]
    pub fn chance_999(&self) -> f64 {
        Z_999 * self.deviation
    }

    /// Whether the excess is larger than that. An indicator, never a proof.
    #[must_use]
    pub fn stands_out(&self) -> bool {
        self.precincts() > self.chance_999()
    }
}

/// The test's result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct IntegerPercentages {
    /// Precincts that were looked at.
    pub precincts: u64,
    /// Precincts whose turnout or share is whole.
    pub either: Excess,
    /// Precincts whose turnout is whole.
    pub turnout: Excess,
    /// Precincts whose share is whole.
    pub share: Excess,
}

/// Sums of a part of the precincts. Parts can be computed apart and added up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct IntegerTally {
    precincts: u64,
    either: Sum,
    turnout: Sum,
    share: Sum,
}

/// What was seen and expected, and the variance of the latter.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sum {
    observed: u64,
    expected: f64,
    variance: f64,
}

impl Sum {
    fn add(&mut self, observed: bool, chance: f64) {
        self.observed += u64::from(observed);
        self.expected += chance;
        self.variance += chance * (1.0 - chance);
    }

    fn and(&self, other: &Self) -> Self {
        Self {
            observed: self.observed + other.observed,
            expected: self.expected + other.expected,
            variance: self.variance + other.variance,
        }
    }

    fn finished(&self) -> Excess {
        let deviation = self.variance.sqrt();
        Excess { observed: self.observed, expected: self.expected, deviation }
    }
}

impl IntegerTally {
    /// The sums of these precincts, those that qualify.
    #[must_use]
    pub fn of(precincts: &[Precinct]) -> Self {
        let mut seen = Self::default();
        for precinct in precincts.iter().filter(|precinct| qualifies(precinct)) {
            let Precinct { registered, issued, counted, votes } = *precinct;
            let turnout = binomial::probability(registered, issued, |part| whole(part, registered));
            let share = binomial::probability(counted, votes, |part| whole(part, counted));
            let (turned, shared) = (whole(issued, registered), whole(votes, counted));
            seen.precincts += 1;
            seen.turnout.add(turned, turnout);
            seen.share.add(shared, share);
            seen.either.add(turned || shared, 1.0 - (1.0 - turnout) * (1.0 - share));
        }
        seen
    }

    /// Both parts together.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        Self {
            precincts: self.precincts + other.precincts,
            either: self.either.and(&other.either),
            turnout: self.turnout.and(&other.turnout),
            share: self.share.and(&other.share),
        }
    }

    /// The test's result over what was added up.
    #[must_use]
    pub fn finished(&self) -> IntegerPercentages {
        IntegerPercentages {
            precincts: self.precincts,
            either: self.either.finished(),
            turnout: self.turnout.finished(),
            share: self.share.finished(),
        }
    }
}

/// Looks at all precincts that qualify.
#[must_use]
pub fn integer_percentages(precincts: &[Precinct]) -> IntegerPercentages {
    IntegerTally::of(precincts).finished()
}

fn qualifies(precinct: &Precinct) -> bool {
    let below =
        |part: u64, all: u64| u128::from(part) * 100 <= u128::from(PERCENT_MAX) * u128::from(all);
    precinct.counted > 0
        && precinct.registered >= REGISTERED_MIN
        && below(precinct.issued, precinct.registered)
        && below(precinct.votes, precinct.counted)
}

/// Whether a part is a whole percentage, in integers: floating point decides the edges wrongly.
#[must_use]
pub fn whole(part: u64, all: u64) -> bool {
    let (percent, all) = (u128::from(part) * 100, u128::from(all));
    if all == 0 {
        return false;
    }
    let above = percent % all;
    above.min(all - above) * PER_POINT <= all
}
