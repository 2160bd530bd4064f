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
    words::{Words, fill},
};
use crate::{
    app::Headquarters,
    compare::{Answer, Change, Slip},
    comparison::ContestComparison,
    http::HttpProblem,
};

/// Changes that the page lists; `GET /v1/compare` has all of them.
const LISTED_MAX: usize = 200;

#[derive(Template)]
#[template(path = "compare.html")]
struct ComparePage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    contests: Vec<ContestView>,
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
    chip: Option<Chip>,
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
        contests: comparison.contests.iter().map(|of| contest(frame, of)).collect(),
        log_size: figure(comparison.log_size),
        plots,
    })
}

fn contest(frame: &Frame, of: &ContestComparison) -> ContestView {
    let answer = &of.answer;
    let differ = |level| answer.changes.iter().filter(|change| change.level == level).count();
    let levels = answer.compared.iter().map(|(level, compared)| LevelView {
        name: level_name(frame.w, *level),
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
                ("level", level_name(w, first.level)),
                ("unit", &frame.unit(&first.unit)),
                ("what", &moves(frame, contest, first).join(", ")),
            ],
        )
    };
    Level::ALL.into_iter().filter_map(first_of).map(say).collect()
}

fn change(frame: &Frame, contest: &ContestCode, found: &Change) -> ChangeView {
    let impossible = (!found.why.is_empty()).then(|| Chip::alert(frame.w.compare_impossible));
    ChangeView {
        level: level_name(frame.w, found.level),
        unit: UnitLink::new(frame, &found.unit),
        size: figure(found.size),
        moves: moves(frame, contest, found),
        transcribed: found.transcribed,
        chip: found.slip.map(|slip| looks_like(frame.w, slip)).or(impossible),
    }
}

/// "Saffron +1 204", the higher ones first; "at least" where precincts are open.
fn moves(frame: &Frame, contest: &ContestCode, found: &Change) -> Vec<String> {
    let side = |side: &[(ChoiceCode, u64)], sign: i128| -> Vec<String> {
        let moved = |(choice, by): &(ChoiceCode, u64)| {
            let by = signed(sign * i128::from(*by));
            let moved = format!("{} {by}", frame.choice(contest, choice));
            if found.why.is_empty() {
                return moved;
            }
            fill(frame.w.compare_at_least, &[("what", &moved)])
        };
        side.iter().map(moved).collect()
    };
    let mut moves = side(&found.higher, 1);
    moves.extend(side(&found.lower, -1));
    moves
}

fn looks_like(w: &Words, slip: Slip) -> Chip {
    let text = w.slips[match slip {
        Slip::OneDigit => 0,
        Slip::Transposition => 1,
        Slip::PowerOfTen => 2,
        Slip::RowsSwapped => 3,
        Slip::EqualAndOpposite => 4,
        Slip::BallotsAdded => 5,
        Slip::BallotsRemoved => 6,
        Slip::Other => 7,
    }];
    if slip.is_clerical() { Chip::plain(text) } else { Chip::alert(text) }
}

const fn level_name(w: &Words, level: Level) -> &'static str {
    match level {
        Level::Precinct => w.precinct,
        Level::District => w.district,
        Level::Region => w.region,
        Level::Nation => w.country,
    }
}
