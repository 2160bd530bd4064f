//! How a contest's figures changed from level to level, over all units of a level together.

use hattama_proto::{
    id::ChoiceCode,
    pack::{Choice, Contest},
    statement::Level,
};
use serde::Serialize;

use crate::compare::Answer;

/// What became of one choice, level by level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChoiceSteps {
    /// The choice.
    pub choice: ChoiceCode,
    /// In the order of [`Level::ALL`]: by how many votes more (or fewer) was published for the units of
    /// the level than lies below them; none where nothing could be compared.
    pub steps: Vec<Option<i64>>,
}

impl ChoiceSteps {
    /// How much was moved, up and down together.
    #[must_use]
    pub fn size(&self) -> u64 {
        let sizes = self.steps.iter().flatten().map(|step| step.unsigned_abs());
        sizes.fold(0, u64::saturating_add)
    }
}

/// The steps of every choice of a contest, in ballot order. Differences of several units of one level are
/// added up with their signs: what one gained and another lost stays out of a sum, and is in the list.
#[must_use]
pub fn steps(answer: &Answer, contest: &Contest) -> Vec<ChoiceSteps> {
    let compared =
        |level: Level| answer.compared.iter().any(|(of, count)| *of == level && *count > 0);
    let sum = |level: Level, choice: &ChoiceCode| {
        let of_level = answer.changes.iter().filter(|change| change.level == level);
        of_level.fold(0_i64, |sum, change| {
            let votes = |side: &[(ChoiceCode, u64)]| {
                let own = side.iter().find(|(of, _)| of == choice).map_or(0, |(_, votes)| *votes);
                i64::try_from(own).unwrap_or(i64::MAX)
            };
            sum.saturating_add(votes(&change.higher)).saturating_sub(votes(&change.lower))
        })
    };
    let of = |choice: &Choice| {
        let step = |level| compared(level).then(|| sum(level, &choice.code));
        let steps = Level::ALL.into_iter().map(step).collect();
        ChoiceSteps { choice: choice.code.clone(), steps }
    };
    contest.choices.iter().map(of).collect()
}
