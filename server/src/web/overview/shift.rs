//! How much of a published total cannot be explained by precincts that were not published. Pure.
//!
//! The unpublished precincts are given every figure that is possible for them: none can have fewer
//! than no votes, and one choice cannot have got more than the whole contest leaves. What is beyond
//! that is the least by which the total was moved.

use crate::compare::{ChoiceSums, ContestSums, PrecinctSum, TotalAgreement};

/// How one choice's total stands to what was published below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) enum Shift {
    /// There is no total, or nothing below it.
    Unknown,
    /// The published precincts are all and add up to it.
    Equal,
    /// Possible with what is unpublished.
    Possible,
    /// The total lacks at least so many votes.
    Lower(u64),
    /// The total has at least so many votes too many.
    Higher(u64),
}

impl Shift {
    /// The votes that nothing explains.
    pub(in crate::web) const fn unexplained(self) -> u64 {
        match self {
            Self::Lower(by) | Self::Higher(by) => by,
            Self::Unknown | Self::Equal | Self::Possible => 0,
        }
    }
}

/// The shift of every choice, in ballot order.
pub(in crate::web) fn shifts(sums: &ContestSums) -> Vec<Shift> {
    let left = |choice: &ChoiceSums| -> Option<i128> {
        let published = choice.published_precincts;
        if published.precincts == 0 {
            return None;
        }
        Some(i128::from(choice.published_total?) - i128::from(published.sum))
    };
    let contest: Option<i128> = sums.choices.iter().map(left).sum();
    sums.choices
        .iter()
        .map(|choice| {
            let Some(left) = left(choice) else { return Shift::Unknown };
            let by = |amount: i128| u64::try_from(amount).unwrap_or(u64::MAX);
            let unpublished = matches!(choice.total, TotalAgreement::Incomplete { .. });
            let room = if unpublished { contest.unwrap_or(left).max(0) } else { 0 };
            match left {
                ..0 => Shift::Lower(by(-left)),
                left if left > room => Shift::Higher(by(left - room)),
                0 if choice.total == TotalAgreement::Equal => Shift::Equal,
                _ => Shift::Possible,
            }
        })
        .collect()
}

/// How far each choice's total is from what it would be if the unpublished precincts had voted like
/// the published ones; none without a total. An estimate, for sentences that say "about".
pub(in crate::web) fn estimates(sums: &ContestSums) -> Vec<Option<i128>> {
    let published: u64 = sums.choices.iter().map(|choice| choice.published_precincts.sum).sum();
    let left = |choice: &ChoiceSums| {
        Some(i128::from(choice.published_total?) - i128::from(choice.published_precincts.sum))
    };
    let contest: Option<i128> = sums.choices.iter().map(left).sum();
    sums.choices
        .iter()
        .map(|choice| {
            let share = i128::from(choice.published_precincts.sum);
            let expected = (contest? * share).checked_div(i128::from(published))?;
            Some(left(choice)? - expected)
        })
        .collect()
}

/// The shift of a line of the form, of which nothing bounds what unpublished precincts may have.
pub(in crate::web) fn of_line(
    total: Option<u64>,
    published: PrecinctSum,
    precincts: usize,
) -> Shift {
    let Some(total) = total.filter(|_| published.precincts > 0) else { return Shift::Unknown };
    let all = published.precincts >= precincts;
    match (published.sum.checked_sub(total), total.checked_sub(published.sum)) {
        (Some(0), _) => {
            if all {
                Shift::Equal
            } else {
                Shift::Possible
            }
        }
        (Some(by), _) => Shift::Lower(by),
        (None, Some(by)) if all => Shift::Higher(by),
        _ => Shift::Possible,
    }
}

#[cfg(test)]
mod tests {
    use hattama_proto::id::{ChoiceCode, ContestCode};

    use super::*;
    use crate::compare::{PrecinctCoverage, PrecinctSum};

    /// A contest of a region with ten precincts, of which `published` were published.
    fn contest(published: usize, figures: &[(u64, u64)]) -> ContestSums {
        let choices = figures.iter().enumerate().map(|(at, (total, sum))| ChoiceSums {
            choice: ChoiceCode::new(&format!("c{at}")).unwrap(),
            published_total: Some(*total),
            published_precincts: PrecinctSum { sum: *sum, precincts: published },
            total: match (published, total) {
                (_, total) if sum > total => TotalAgreement::Differs,
                (10, total) if sum == total => TotalAgreement::Equal,
                (10, _) => TotalAgreement::Differs,
                _ => TotalAgreement::Incomplete { unpublished: 10 - published },
            },
            ours: PrecinctSum::default(),
            published_covered: PrecinctSum::default(),
            ours_published: PrecinctSum::default(),
        });
        ContestSums {
            contest: ContestCode::new("president").unwrap(),
            coverage: PrecinctCoverage { precincts: 10, ..PrecinctCoverage::default() },
            published,
            choices: choices.collect(),
        }
    }

    #[test]
    fn with_all_precincts_published_every_vote_counts() {
        let sums = contest(10, &[(100, 100), (90, 95), (15, 10)]);
        assert_eq!(shifts(&sums), [Shift::Equal, Shift::Lower(5), Shift::Higher(5)]);
    }

    #[test]
    fn unpublished_precincts_are_given_all_that_is_possible_for_them() {
        // Left for one precinct: 40 votes in all, so 70 for the second choice are 30 too many.
        let sums = contest(9, &[(100, 130), (170, 100)]);
        assert_eq!(shifts(&sums), [Shift::Lower(30), Shift::Higher(30)]);
        let sums = contest(9, &[(110, 100), (130, 100)]);
        assert_eq!(shifts(&sums), [Shift::Possible, Shift::Possible]);
    }

    #[test]
    fn an_estimate_gives_unpublished_precincts_the_shares_of_the_published() {
        // Published half and half; 40 votes are left, so 20 were to be expected for each.
        let sums = contest(9, &[(90, 100), (150, 100)]);
        assert_eq!(estimates(&sums), [Some(-30), Some(30)]);
        assert_eq!(estimates(&contest(0, &[(100, 0)])), [None]);
    }

    #[test]
    fn without_published_precincts_nothing_is_said() {
        let sums = contest(0, &[(100, 0)]);
        assert_eq!(shifts(&sums), [Shift::Unknown]);
    }
}
