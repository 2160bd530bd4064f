//! `GET /compare`: where did the numbers change?

use actix_web::{HttpResponse, web::Data};
use askama::Template;
use hattama_proto::{
    id::{ChoiceCode, ContestCode},
    statement::Level,
};

use super::{
    answer,
    chip::Chip,
    compare_plots::ComparePlots,
    figure::{figure, signed},
    frame::{Frame, UnitLink},
    visitor::Visitor,
    words::{CompareWords, Words, fill},
};
use crate::{
    app::Headquarters,
    compare::{Answer, Change, Node, Replaced, Slip, Verdict},
    comparison::ContestComparison,
    http::HttpProblem,
};

/// Changes that the page lists; `GET /v1/compare` has all of them.
const LISTED_MAX: usize = 200;

mod reasons;
pub(super) mod unit;

#[derive(Template)]
#[template(path = "compare.html")]
struct ComparePage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    c: &'static CompareWords,
    contests: Vec<ContestView>,
    /// Where the tree begins.
    top: Option<UnitLink>,
    log_size: String,
    plots: ComparePlots,
}

struct ContestView {
    name: String,
    /// The answer: a sentence, and one for each higher level at which the numbers changed again.
    answers: Vec<String>,
    /// Whether something is to be checked.
    to_check: bool,
    levels: Vec<LevelView>,
    open: String,
    changes: Vec<ChangeView>,
    more: bool,
    replaced: Vec<ReplacedView>,
    replaced_more: bool,
    unlikely: Vec<(UnitLink, Vec<String>)>,
    unlikely_more: bool,
}

/// A unit for which other votes were published before.
struct ReplacedView {
    level: &'static str,
    unit: UnitLink,
    size: String,
    moves: Vec<String>,
    withdrawn: bool,
}

/// How many units of a level could be compared, and how many differ.
struct LevelView {
    name: &'static str,
    compared: String,
    differ: String,
    to_check: bool,
}

struct ChangeView {
    level: &'static str,
    unit: UnitLink,
    size: String,
    moves: Vec<String>,
    chips: Vec<Chip>,
    /// Whether our figures were typed off the photographs by people who saw nothing else.
    transcribed: bool,
}

/// `GET /compare`.
pub(super) async fn show(
    visitor: Visitor,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let comparison = headquarters.comparison_within(&visitor.operator.scope).await?;
    let frame = &visitor.frame;
    let scope = &visitor.operator.scope;
    let plots = ComparePlots::new(frame, &headquarters, scope, &comparison).await?;
    answer::html(&ComparePage {
        frame,
        w: frame.w,
        c: &frame.w.compare,
        top: frame
            .pack
            .units
            .all()
            .iter()
            .find(|unit| visitor.operator.scope.sees_unit(&headquarters.book.read(), &unit.code))
            .map(|unit| unit::compared(frame, &unit.code)),
        contests: comparison.contests.iter().map(|of| contest(frame, of)).collect(),
        log_size: figure(comparison.log_size),
        plots,
    })
}

fn contest(frame: &Frame, of: &ContestComparison) -> ContestView {
    let answer = &of.answer;
    let differ = |level| answer.changes.iter().filter(|change| change.level == level).count();
    let levels = answer.compared.iter().map(|(level, compared)| LevelView {
        name: frame.w.level(*level),
        compared: figure(*compared as u64),
        differ: figure(differ(*level) as u64),
        to_check: differ(*level) > 0,
    });
    ContestView {
        name: frame.contest(&of.contest),
        answers: sentences(frame, &of.contest, answer),
        to_check: !answer.changes.is_empty(),
        levels: levels.collect(),
        open: figure(answer.open as u64),
        changes: answer
            .changes
            .iter()
            .take(LISTED_MAX)
            .map(|found| change(frame, &of.contest, found))
            .collect(),
        more: answer.changes.len() > LISTED_MAX,
        replaced: answer
            .replaced
            .iter()
            .take(LISTED_MAX)
            .map(|found| replaced(frame, &of.contest, found))
            .collect(),
        replaced_more: answer.replaced.len() > LISTED_MAX,
        unlikely: answer
            .unlikely
            .iter()
            .take(LISTED_MAX)
            .map(|found| {
                let mut why = reasons::unlikely(frame, &of.contest, &found.figures);
                let left = reasons::unlikely(frame, &of.contest, &found.remainder);
                let c = &frame.w.compare;
                why.extend(left.into_iter().map(|why| format!("{}: {why}", c.remainder)));
                (unit::compared(frame, &found.unit), why)
            })
            .collect(),
        unlikely_more: answer.unlikely.len() > LISTED_MAX,
    }
}

/// The lowest level, and whatever changed again above it: by each level's first change.
fn sentences(frame: &Frame, contest: &ContestCode, answer: &Answer) -> Vec<String> {
    let w = frame.w;
    let Some(lowest) = answer.changes.first() else {
        let nothing = answer.compared.iter().all(|(_, compared)| *compared == 0);
        return vec![if nothing { w.compare_nothing } else { w.compare_equal }.to_owned()];
    };
    let first_of = |level| answer.changes.iter().find(|change| change.level == level);
    let say = |first: &Change| {
        let template = match first.level {
            Level::Precinct => w.compare_copy,
            level if level == lowest.level => w.compare_total,
            _ => w.compare_again,
        };
        fill(
            template,
            &[
                ("level", w.level(first.level)),
                ("unit", &frame.unit(&first.unit)),
                ("what", &moves(frame, contest, first).join(", ")),
            ],
        )
    };
    Level::ALL.into_iter().filter_map(first_of).map(|first| say(first)).collect()
}

fn change(frame: &Frame, contest: &ContestCode, found: &Change) -> ChangeView {
    let c = &frame.w.compare;
    let slip = found.slip.map(|slip| looks_like(frame.w, slip));
    let impossible = (!found.why.is_empty()).then(|| Chip::alert(frame.w.compare_impossible));
    let replaced = found.replaced.map(|_| Chip::alert(c.replaced_after));
    ChangeView {
        level: frame.w.level(found.level),
        unit: unit::compared(frame, &found.unit),
        size: figure(found.size),
        moves: moves(frame, contest, found),
        transcribed: found.transcribed,
        chips: [slip, impossible, replaced].into_iter().flatten().collect(),
    }
}

fn replaced(frame: &Frame, contest: &ContestCode, found: &Replaced) -> ReplacedView {
    ReplacedView {
        level: frame.w.level(found.level),
        unit: unit::compared(frame, &found.unit),
        size: figure(found.size),
        moves: sides(frame, contest, &found.higher, &found.lower),
        withdrawn: found.withdrawn,
    }
}

/// How large a unit's difference is, in votes: the larger of what was won and what was lost.
fn size_of(node: &Node) -> Option<u64> {
    let Verdict::Differs { by, .. } = &node.verdict else { return None };
    let side = |wanted: fn(&i64) -> bool| {
        by.iter().flatten().filter(|by| wanted(by)).map(|by| by.unsigned_abs()).sum::<u64>()
    };
    Some(side(|by| *by > 0).max(side(|by| *by < 0)))
}

/// `+12` or `−12`.
fn moved(by: i64) -> String {
    signed(i128::from(by))
}

/// "Saffron +1 204", the higher ones first; "at least" where precincts are open.
pub(super) fn moves(frame: &Frame, contest: &ContestCode, found: &Change) -> Vec<String> {
    let moves = sides(frame, contest, &found.higher, &found.lower);
    if found.why.is_empty() {
        return moves;
    }
    let at_least = |what: String| fill(frame.w.compare_at_least, &[("what", &what)]);
    moves.into_iter().map(at_least).collect()
}

fn sides(
    frame: &Frame,
    contest: &ContestCode,
    higher: &[(ChoiceCode, u64)],
    lower: &[(ChoiceCode, u64)],
) -> Vec<String> {
    let higher = higher.iter().map(|(choice, by)| (choice, i128::from(*by)));
    let lower = lower.iter().map(|(choice, by)| (choice, -i128::from(*by)));
    let say = |(choice, by)| format!("{} {}", frame.choice(contest, choice), signed(by));
    higher.chain(lower).map(say).collect()
}

pub(super) fn looks_like(w: &Words, slip: Slip) -> Chip {
    let text = w.slips[match slip {
        Slip::OneDigit => 0,
        Slip::Transposition => 1,
        Slip::PowerOfTen => 2,
        Slip::RowsSwapped => 3,
        Slip::Small => 4,
        Slip::EqualAndOpposite => 5,
        Slip::BallotsAdded => 6,
        Slip::BallotsRemoved => 7,
        Slip::Other => 8,
    }];
    if slip.is_clerical() { Chip::plain(text) } else { Chip::alert(text) }
}
