//! The drawings of the compare page: what changed at each level, and precincts by turnout.

use hattama_proto::{pack::Contest, statement::Level};

use super::{figure::signed, frame::Frame, words::KnownWords};
use crate::{
    access::Scope,
    app::Headquarters,
    compare::CountedLines,
    comparison::{Comparison, ContestComparison},
    known::{ChoiceSteps, steps, turnout_points},
    picture::PictureError,
    plot::{Caption, Cascade, Series, histogram, waterfall},
};

/// Choices of one drawing: those with the largest changes.
const ROWS: usize = 6;
/// Drawings of one page, so that it stays small.
const CONTESTS: usize = 3;

/// All drawings of the page, with the numbers behind them.
pub(super) struct ComparePlots {
    pub(super) k: &'static KnownWords,
    pub(super) cascades: Vec<CascadeView>,
    pub(super) levels: Vec<String>,
    pub(super) turnout: Option<TurnoutView>,
}

pub(super) struct CascadeView {
    pub(super) contest: String,
    pub(super) code: String,
    pub(super) drawing: String,
    /// A choice, and its step at each level.
    pub(super) numbers: Vec<(String, Vec<String>)>,
}

pub(super) struct TurnoutView {
    pub(super) drawing: String,
    /// A whole per cent of turnout, precincts as published, precincts of our copies; those with any.
    pub(super) numbers: Vec<(usize, u64, u64)>,
}

impl ComparePlots {
    /// The drawings of a comparison.
    pub(super) async fn new(
        frame: &Frame,
        headquarters: &Headquarters,
        scope: &Scope,
        comparison: &Comparison,
    ) -> Result<Self, PictureError> {
        let levels: Vec<String> =
            Level::ALL.into_iter().map(|level| frame.w.level(level).to_owned()).collect();
        let contests = comparison.contests.iter().enumerate().take(CONTESTS);
        let cascades =
            contests.filter_map(|(number, of)| cascade(frame, number, of, &levels)).collect();
        let turnout = turnout(frame, headquarters, scope, comparison).await?;
        Ok(Self { k: frame.w.known, cascades, levels, turnout })
    }
}

pub(super) fn cascade(
    frame: &Frame,
    number: usize,
    of: &ContestComparison,
    levels: &[String],
) -> Option<CascadeView> {
    let k = frame.w.known;
    let contest: &Contest =
        frame.pack.election.contests.iter().find(|known| known.code == of.contest)?;
    let mut moved: Vec<ChoiceSteps> = steps(&of.answer, contest);
    moved.retain(|choice| choice.size() > 0);
    moved.sort_by_key(|choice| std::cmp::Reverse(choice.size()));
    if moved.is_empty() {
        return None;
    }
    let say = |votes: i64| signed(i128::from(votes));
    let numbers = moved.iter().map(|choice| {
        let name = frame.choice(&of.contest, &choice.choice);
        let step = |step: &Option<i64>| step.map_or_else(|| "?".to_owned(), say);
        (name, choice.steps.iter().map(step).collect())
    });
    let numbers = numbers.collect();
    let rows: Vec<Cascade> = moved
        .iter()
        .take(ROWS)
        .map(|choice| Cascade {
            name: frame.choice(&of.contest, &choice.choice),
            steps: choice.steps.clone(),
        })
        .collect();
    let caption = Caption {
        id: format!("cascade-{number}"),
        title: format!("{}: {}", k.cascade_title, frame.contest(&of.contest)),
        description: k.cascade_says.to_owned(),
        across: String::new(),
        upward: k.votes.to_owned(),
    };
    Some(CascadeView {
        contest: frame.contest(&of.contest),
        code: of.contest.to_string(),
        drawing: waterfall(&rows, levels, say, &caption),
        numbers,
    })
}

pub(super) async fn turnout(
    frame: &Frame,
    headquarters: &Headquarters,
    scope: &Scope,
    comparison: &Comparison,
) -> Result<Option<TurnoutView>, PictureError> {
    let k = frame.w.known;
    // Turnout is the same whatever is voted on; where contests have sheets of their own, the first's.
    let Some(contest) = frame.pack.election.contests.first() else { return Ok(None) };
    let lines = CountedLines::of(&frame.pack, Level::Precinct, &contest.code);
    let published = comparison.published(Level::Precinct);
    let digests = headquarters.digests_within(scope).await?;
    let (theirs, ours) = {
        let book = headquarters.book.read();
        let within = |unit: &hattama_proto::id::UnitCode| scope.sees_unit(&book, unit);
        let is_precinct = |unit: &hattama_proto::id::UnitCode| {
            frame.pack.units.get(unit).is_some_and(|unit| unit.kind.level() == Level::Precinct)
        };
        let rows = published.rows.iter().filter(|(unit, _)| within(unit));
        let theirs = turnout_points(rows.map(|(_, cells)| cells), &lines);
        let digests = digests.read();
        let own = digests.iter().filter(|(unit, _)| is_precinct(unit) && within(unit));
        (theirs, turnout_points(own.map(|(_, digest)| &digest.figures), &lines))
    };
    if theirs.iter().chain(&ours).all(|count| *count == 0) {
        return Ok(None);
    }
    let both = theirs.iter().zip(&ours).enumerate();
    let numbers = both
        .filter(|(_, (theirs, ours))| **theirs + **ours > 0)
        .map(|(point, (theirs, ours))| (point, *theirs, *ours))
        .collect();
    let caption = Caption {
        id: "turnout".to_owned(),
        title: k.turnout_title.to_owned(),
        description: k.turnout_says.to_owned(),
        across: k.turnout.to_owned(),
        upward: k.precincts.to_owned(),
    };
    let series = |name: &str, bins| Series { name: name.to_owned(), bins };
    let second = series(k.ours, ours);
    let drawing = histogram(&series(k.published, theirs), Some(&second), &caption);
    Ok(Some(TurnoutView { drawing, numbers }))
}
