//! What became of every record that the public log covers: received = counted + set aside +
//! undecided, in all and per region.
//!
//! Decisions are logged beside the records they speak of; this says what they add up to, so that
//! *ignored* is as visible as *dropped*. Not a leaf of the log: it speaks about the log, and is
//! made again for every checkpoint that is published.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::id::{TreeRoot, UnitCode};

/// The account of all records among the first entries of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accounting {
    /// Entries of the published checkpoint that this speaks of. What was logged later, record or
    /// decision, is not in it.
    pub size: u64,
    /// Root of that checkpoint.
    pub root: TreeRoot,
    /// All records, exactly.
    pub total: Tally,
    /// By region, in the order of the register, then what no region explains. Empty where the
    /// set-up has more regions than fit into one statement.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<RegionTally>,
}

/// The records of one region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionTally {
    /// The region; none for incidents without a unit, records that cannot be read, and units
    /// outside every region.
    pub region: Option<UnitCode>,
    /// What became of them; none where they are so few that a count could point to a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tally: Option<Tally>,
}

/// How many records there are, and what became of them. Unit: records.
///
/// ```
/// use hattama_proto::statement::Tally;
/// let mut tally = Tally { received: 3, counted: 1, ..Tally::default() };
/// tally.undecided.insert("fork".into(), 2);
/// assert!(tally.adds_up());
/// tally.counted = 2;
/// assert!(!tally.adds_up());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Records in the log.
    pub received: u64,
    /// Those that count.
    pub counted: u64,
    /// Those that do not count because somebody said so, under a signature that is in the log: by
    /// `decided` (a decision), `revoked` (a revocation of the key), `superseded` (their author's own
    /// correction). Names that a reader does not know are added up like the others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set_aside: BTreeMap<String, u64>,
    /// Those that wait for a person to decide, by what stands against them so far.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub undecided: BTreeMap<String, u64>,
}

/// Why an account cannot be true, whoever signed it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountingError {
    /// Some records have no fate, or two.
    #[error("{whose}: received is not counted + set aside + undecided")]
    DoesNotAddUp {
        /// Which row.
        whose: String,
    },
    /// A region stands twice.
    #[error("{whose} stands twice")]
    Twice {
        /// Which row.
        whose: String,
    },
    /// The rows are more than the total, or all are shown and are less.
    #[error("the regions do not add up to the total")]
    Regions,
    /// There are more records than the log has entries.
    #[error("{received} records cannot stand in a log of {size} entries")]
    TooMany {
        /// Records that were claimed.
        received: u64,
        /// Entries of the log.
        size: u64,
    },
}

impl Tally {
    /// Records set aside, for whatever reason; none if that is more than a number holds.
    pub fn all_set_aside(&self) -> Option<u64> {
        sum(self.set_aside.values())
    }

    /// Records that wait for a decision; none if that is more than a number holds.
    pub fn all_undecided(&self) -> Option<u64> {
        sum(self.undecided.values())
    }

    /// Whether received = counted + set aside + undecided.
    pub fn adds_up(&self) -> bool {
        let rest = || self.all_set_aside()?.checked_add(self.all_undecided()?);
        rest().and_then(|rest| rest.checked_add(self.counted)) == Some(self.received)
    }

    /// Adds the records of another row; none if that is more than a number holds.
    pub fn plus(&self, other: &Self) -> Option<Self> {
        let both = |one: &BTreeMap<String, u64>, other: &BTreeMap<String, u64>| {
            let mut both = one.clone();
            for (reason, count) in other {
                let here = both.entry(reason.clone()).or_default();
                *here = here.checked_add(*count)?;
            }
            Some(both)
        };
        Some(Self {
            received: self.received.checked_add(other.received)?,
            counted: self.counted.checked_add(other.counted)?,
            set_aside: both(&self.set_aside, &other.set_aside)?,
            undecided: both(&self.undecided, &other.undecided)?,
        })
    }

    /// What is left without the records of `part`; none if that has more of anything.
    pub fn minus(&self, part: &Self) -> Option<Self> {
        let rest = |whole: &BTreeMap<String, u64>, part: &BTreeMap<String, u64>| {
            let mut rest = whole.clone();
            for (reason, count) in part.iter().filter(|(_, count)| **count > 0) {
                let here = rest.get_mut(reason)?;
                *here = here.checked_sub(*count)?;
            }
            rest.retain(|_, count| *count > 0);
            Some(rest)
        };
        Some(Self {
            received: self.received.checked_sub(part.received)?,
            counted: self.counted.checked_sub(part.counted)?,
            set_aside: rest(&self.set_aside, &part.set_aside)?,
            undecided: rest(&self.undecided, &part.undecided)?,
        })
    }
}

fn sum<'a>(counts: impl IntoIterator<Item = &'a u64>) -> Option<u64> {
    counts.into_iter().try_fold(0_u64, |sum, count| sum.checked_add(*count))
}

impl Accounting {
    /// That it can be true: every row adds up, and the rows to the total. Says what is left for the
    /// regions that are not shown.
    pub fn check(&self) -> Result<Tally, AccountingError> {
        let adds_up = |tally: &Tally, whose: &dyn Fn() -> String| {
            let wrong = || AccountingError::DoesNotAddUp { whose: whose() };
            tally.adds_up().then_some(()).ok_or_else(wrong)
        };
        adds_up(&self.total, &|| "all regions together".to_owned())?;
        let (received, size) = (self.total.received, self.size);
        if received > size {
            return Err(AccountingError::TooMany { received, size });
        }
        let mut met = BTreeSet::new();
        let mut rest = self.total.clone();
        for row in &self.regions {
            if !met.insert(&row.region) {
                return Err(AccountingError::Twice { whose: row.name() });
            }
            if let Some(tally) = &row.tally {
                adds_up(tally, &|| row.name())?;
                rest = rest.minus(tally).ok_or(AccountingError::Regions)?;
            }
        }
        let all_shown = self.regions.iter().all(|row| row.tally.is_some());
        if !self.regions.is_empty() && all_shown && rest.received > 0 {
            return Err(AccountingError::Regions);
        }
        Ok(rest)
    }
}

impl RegionTally {
    /// The row's name in messages.
    pub fn name(&self) -> String {
        let region = self.region.as_ref().map(|region| format!("region {region}"));
        region.unwrap_or_else(|| "what no region explains".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(counted: u64, decided: u64, fork: u64) -> Tally {
        let some =
            |name: &str, count| BTreeMap::from_iter((count > 0).then(|| (name.to_owned(), count)));
        Tally {
            received: counted + decided + fork,
            counted,
            set_aside: some("decided", decided),
            undecided: some("fork", fork),
        }
    }

    fn row(region: Option<&str>, tally: Option<Tally>) -> RegionTally {
        RegionTally { region: region.map(|code| UnitCode::new(code).unwrap()), tally }
    }

    fn account() -> Accounting {
        Accounting {
            size: 40,
            root: TreeRoot::from_bytes([7; 32]),
            total: tally(20, 3, 2),
            regions: vec![
                row(Some("11"), Some(tally(15, 1, 2))),
                row(Some("12"), None),
                row(None, Some(tally(3, 2, 0))),
            ],
        }
    }

    #[test]
    fn what_is_not_shown_is_what_is_left() {
        assert_eq!(account().check(), Ok(tally(2, 0, 0)));
    }

    #[test]
    fn each_way_not_to_add_up_is_told_apart() {
        let with = |change: &dyn Fn(&mut Accounting)| {
            let mut account = account();
            change(&mut account);
            account.check().unwrap_err()
        };
        let adds = |whose: &str| AccountingError::DoesNotAddUp { whose: whose.to_owned() };
        assert_eq!(with(&|account| account.total.counted += 1), adds("all regions together"));
        assert_eq!(
            with(&|account| account.regions[0].tally.as_mut().unwrap().received -= 1),
            adds("region 11")
        );
        assert_eq!(
            with(&|account| account.regions[1] = row(Some("12"), Some(tally(9, 0, 0)))),
            AccountingError::Regions,
            "more than there are"
        );
        assert_eq!(
            with(&|account| account.regions[1] = row(Some("12"), Some(tally(1, 0, 0)))),
            AccountingError::Regions,
            "fewer than there are, and none is kept back"
        );
        assert_eq!(
            with(&|account| account.regions[1] = row(Some("12"), Some(tally(1, 1, 0)))),
            AccountingError::Regions,
            "as many, with another fate"
        );
        assert_eq!(
            with(&|account| account.regions[1] = row(Some("11"), None)),
            AccountingError::Twice { whose: "region 11".to_owned() }
        );
        assert_eq!(
            with(&|account| account.size = 24),
            AccountingError::TooMany { received: 25, size: 24 }
        );
        let overflow = |account: &mut Accounting| {
            account.total.set_aside.insert("other".to_owned(), u64::MAX);
        };
        assert_eq!(with(&overflow), adds("all regions together"));
    }
}
