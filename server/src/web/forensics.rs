//! `GET /forensics`: indicators over all precincts, for analysts and for nobody else.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use askama::Template;
use hattama_proto::id::{ChoiceCode, ContestCode};
use serde::Deserialize;

use super::{
    answer,
    figure::{figure, signed},
    filter::Choice,
    frame::Frame,
    visitor::Visitor,
    words::{ForensicWords, Words, fill},
};
use crate::{
    app::Headquarters,
    forensics::window::Anomalous,
    http::HttpProblem,
    indicators::{Asked, Control, FALSE_DISCOVERIES, Indicators, Source},
    plot::{Caption, fingerprint},
};

#[derive(Template)]
#[template(path = "forensics.html")]
struct ForensicsPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    f: &'static ForensicWords,
    contests: Vec<Choice>,
    choices: Vec<Choice>,
    sources: Vec<Choice>,
    mode: String,
    found: Option<Found>,
}

struct Found {
    of: String,
    numbers: String,
    /// Address of the drawing as a file.
    file: String,
    integer: String,
    print: String,
    drawing: String,
    window: String,
    digits: Option<String>,
    moments: Option<String>,
    control: String,
    scan: String,
    regions: Vec<RegionLine>,
}

struct RegionLine {
    name: String,
    precincts: String,
    excess: String,
    integer_stands_out: bool,
    effect: String,
    digits_stand_out: bool,
}

/// Query of `GET /forensics`. An empty field is one that was not chosen.
#[derive(Deserialize)]
pub(super) struct ForensicsQuery {
    #[serde(default)]
    contest: String,
    #[serde(default)]
    choice: String,
    #[serde(default)]
    source: Source,
    #[serde(default)]
    mode: String,
}

/// `GET /forensics?contest=&choice=&source=&mode=`.
pub(super) async fn show(
    visitor: Visitor,
    query: Query<ForensicsQuery>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let (frame, scope) = (&visitor.frame, &visitor.operator.scope);
    let contest: Option<ContestCode> = query.contest.parse().ok();
    let contests = &frame.pack.election.contests;
    let chosen = contests.iter().find(|of| contest.as_ref().is_none_or(|code| of.code == *code));
    // The form still names the choice of the contest that was shown before.
    let is_of_it = |choice: &ChoiceCode| {
        chosen.is_some_and(|of| of.choices.iter().any(|known| known.code == *choice))
    };
    let choice = query.choice.parse().ok().filter(is_of_it);
    let asked = Asked { contest, choice, source: query.source };
    let found = headquarters.indicators_within(scope, &asked).await?;
    let mode = query.mode.trim().parse::<usize>().ok().filter(|mode| *mode <= 100);
    let found = match found {
        None => None,
        Some(indicators) => {
            let window = match mode {
                None => Window::NotNamed,
                Some(mode) => Window::Named(
                    headquarters.window_named_by(&visitor.operator.name, &indicators, mode).await?,
                ),
            };
            let control = headquarters.control_within(scope, &indicators).await?;
            Some(view(frame, &indicators, &window, control))
        }
    };
    let f = frame.w.forensic;
    let contests = &frame.pack.election.contests;
    let chosen = contests
        .iter()
        .find(|known| known.code.as_str() == query.contest)
        .or_else(|| contests.first());
    let choices = chosen.into_iter().flat_map(|contest| {
        contest.choices.iter().map(|choice| {
            let code = choice.code.as_str();
            Choice::new(&query.choice, code, &frame.choice(&contest.code, &choice.code))
        })
    });
    let source = if query.source == Source::Ours { "ours" } else { "official" };
    answer::html(&ForensicsPage {
        frame,
        w: frame.w,
        f,
        contests: contests
            .iter()
            .map(|known| {
                Choice::new(&query.contest, known.code.as_str(), &frame.contest(&known.code))
            })
            .collect(),
        choices: choices.collect(),
        sources: vec![
            Choice::new(source, "official", f.official),
            Choice::new(source, "ours", f.ours),
        ],
        mode: mode.map(|mode| mode.to_string()).unwrap_or_default(),
        found,
    })
}

/// What is known of a window.
enum Window {
    /// Nobody named one.
    NotNamed,
    /// Somebody did; none where no votes lie in it.
    Named(Option<Anomalous>),
}

fn view(frame: &Frame, of: &Indicators, window: &Window, control: Option<Control>) -> Found {
    let f = frame.w.forensic;
    let source = if of.source == Source::Ours { "ours" } else { "official" };
    let query = format!(
        "contest={}&choice={}&source={source}",
        super::frame::encoded(of.contest.as_str()),
        super::frame::encoded(of.choice.as_str())
    );
    Found {
        of: fill(
            f.of,
            &[
                ("choice", &frame.choice(&of.contest, &of.choice)),
                ("precincts", &figure(of.precincts)),
                ("left", &figure(of.left_out)),
            ],
        ),
        numbers: format!("/v1/forensics?{query}"),
        file: format!("/drawings/fingerprint.svg?{query}"),
        integer: fill(
            f.integer,
            &[
                ("observed", &figure(of.integer.either.observed)),
                ("expected", &decimal(of.integer.either.expected, 1)),
                ("sd", &decimal(of.integer.either.deviation, 1)),
                ("excess", &decimal(of.integer.either.precincts(), 1)),
                ("precincts", &figure(of.integer.precincts)),
            ],
        ),
        print: fill(
            f.print,
            &[
                ("corner", &figure(of.fingerprint.corner)),
                ("complete", &figure(of.fingerprint.complete)),
                ("correlation", &or_dash(of.fingerprint.correlation, 3)),
                ("slope", &or_dash(of.fingerprint.slope, 3)),
            ],
        ),
        drawing: print(frame, of),
        window: match window {
            Window::NotNamed => f.window_ask.to_owned(),
            Window::Named(None) => f.window_none.to_owned(),
            Window::Named(Some(above)) => above_window(f, above),
        },
        digits: digits(f, of),
        moments: of.turnout.zip(of.share).map(|(turnout, share)| {
            fill(
                f.moments,
                &[
                    ("tskew", &decimal(turnout.skewness, 3)),
                    ("tkurt", &decimal(turnout.kurtosis, 3)),
                    ("sskew", &decimal(share.skewness, 3)),
                    ("skurt", &decimal(share.kurtosis, 3)),
                ],
            )
        }),
        control: control.map_or_else(
            || f.control_none.to_owned(),
            |control| {
                fill(
                    f.control,
                    &[
                        ("districts", &figure(control.matched.districts as u64)),
                        ("controls", &figure(control.matched.controls as u64)),
                        ("given", &figure(control.matched.given)),
                        ("extrapolated", &counted(control.matched.extrapolated)),
                        ("excess", &votes(control.excess)),
                    ],
                )
            },
        ),
        scan: fill(f.scan_says, &[("rate", &decimal(FALSE_DISCOVERIES * 100.0, 0))]),
        regions: of.regions.iter().map(|region| line(frame, region)).collect(),
    }
}

/// The drawing of turnout against share.
pub(super) fn print(frame: &Frame, of: &Indicators) -> String {
    let f = frame.w.forensic;
    fingerprint(
        of.fingerprint.cells.iter().copied(),
        &Caption {
            id: "fingerprint".to_owned(),
            title: f.print_title.to_owned(),
            description: f.print_says.to_owned(),
            across: f.turnout.to_owned(),
            upward: f.share.to_owned(),
        },
    )
}

fn above_window(f: &ForensicWords, above: &Anomalous) -> String {
    fill(
        f.window,
        &[
            ("from", &above.window.0.to_string()),
            ("to", &above.window.1.to_string()),
            ("ratio", &decimal(above.ratio, 3)),
            ("votes", &votes(above.votes)),
            ("of", &decimal(above.of_leader * 100.0, 2)),
            ("share", &decimal(above.share_without * 100.0, 2)),
            ("turnout", &decimal(above.turnout_without * 100.0, 2)),
        ],
    )
}

fn digits(f: &ForensicWords, of: &Indicators) -> Option<String> {
    let last = of.last_digits?;
    Some(fill(
        f.digits,
        &[
            ("count", &figure(last.counts.iter().sum())),
            ("chi", &decimal(last.chi_squared, 2)),
            ("p", &decimal(last.p, 4)),
            ("effect", &decimal(last.effect, 4)),
            ("mean", &decimal(last.mean, 3)),
            ("five", &decimal(last.zeros_and_fives * 100.0, 1)),
            ("second", &or_dash(of.second_digit_mean, 3)),
        ],
    ))
}

fn line(frame: &Frame, of: &crate::indicators::RegionIndicators) -> RegionLine {
    let f = frame.w.forensic;
    let either = of.integer.either;
    let name = of.region.as_ref().map_or_else(|| "–".to_owned(), |code| frame.unit(code));
    RegionLine {
        name,
        precincts: figure(of.precincts),
        excess: format!(
            "{} ({} {})",
            decimal(either.precincts(), 1),
            f.expected,
            decimal(either.expected, 1)
        ),
        integer_stands_out: of.integer_stands_out,
        effect: or_dash(of.last_digits.map(|digits| digits.effect), 3),
        digits_stand_out: of.digits_stand_out,
    }
}

fn decimal(value: f64, digits: usize) -> String {
    format!("{value:.digits$}").replace('-', "−")
}

fn or_dash(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| decimal(value, digits))
}

/// Whole votes that cannot be below nothing.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "votes of a country")]
fn counted(value: f64) -> String {
    figure(value.round() as u64)
}

/// Whole votes, with their sign.
#[expect(clippy::cast_possible_truncation, reason = "votes of a country")]
fn votes(value: f64) -> String {
    signed(value.round() as i128)
}
