//! What the sample says, as the page shows it to analysts.

use super::points;
use crate::{
    knowledge::ContestKnown,
    known::{ChoiceEstimate, Drawn},
    plot::{Caption, Course, convergence},
    web::{figure::figure, frame::Frame, words::fill},
};
use hattama_proto::time::UnixMillis;

/// Courses on one drawing.
const COURSES: usize = 4;

/// Bounds, quick count and how it moved.
pub(in crate::web) struct SampledView {
    pub(super) altered: Vec<String>,
    pub(super) volunteers: String,
    pub(super) late: Option<String>,
    /// Choice, share, margin, obtained, drawn.
    pub(super) choices: Vec<[String; 5]>,
    pub(super) quick_says: String,
    /// The drawing of how the estimates moved; none while there is nothing to draw.
    pub(in crate::web) course: Option<String>,
    pub(super) names: Vec<String>,
    /// The numbers of the drawing: a moment, and the share of each of `names` then.
    pub(super) moments: Vec<(String, Vec<String>)>,
}

impl SampledView {
    pub(in crate::web) fn new(
        frame: &Frame,
        number: usize,
        of: &ContestKnown,
        confidence: f64,
    ) -> Option<Self> {
        let drawn = of.drawn.as_ref()?;
        let k = frame.w.known;
        let percent = format!("{:.0}", confidence * 100.0);
        let mut leading: Vec<&ChoiceEstimate> =
            of.choices.iter().filter(|of| of.estimate.is_some()).collect();
        let share = |of: &ChoiceEstimate| of.estimate.as_ref().map_or(0.0, |of| of.share);
        leading.sort_by(|one, other| share(other).total_cmp(&share(one)));
        leading.truncate(COURSES);
        let courses: Vec<Course> = leading.iter().map(|choice| course(frame, of, choice)).collect();
        let first = courses.first();
        let moments = first.map_or_else(Vec::new, |first| {
            let row = |place: usize| {
                let at = first.points.get(place).map_or(0, |point| point.0);
                let share = |course: &Course| {
                    course.points.get(place).map_or_else(String::new, |of| points(of.1))
                };
                (frame.moment(UnixMillis(at)), courses.iter().map(share).collect())
            };
            (0..first.points.len()).map(row).collect()
        });
        Some(Self {
            altered: altered(frame, drawn, &percent),
            volunteers: fill(
                k.volunteers,
                &[
                    ("covered", &figure(of.volunteers.covered)),
                    ("compared", &figure(of.volunteers.compared)),
                    ("differing", &figure(of.volunteers.differing)),
                ],
            ),
            late: late(frame, of),
            choices: of.choices.iter().filter_map(|choice| line(frame, of, choice)).collect(),
            quick_says: fill(k.quick_says, &[("confidence", &percent)]),
            course: first.is_some().then(|| draw(frame, number, &courses)),
            names: courses.iter().map(|course| course.name.clone()).collect(),
            moments,
        })
    }
}

fn altered(frame: &Frame, drawn: &Drawn, confidence: &str) -> Vec<String> {
    let (k, bound) = (frame.w.known, &drawn.altered);
    let mut says = vec![
        fill(
            k.altered,
            &[
                ("confidence", confidence),
                ("count", &figure(bound.precincts)),
                ("frame", &figure(bound.frame)),
                ("share", &points(bound.share)),
            ],
        ),
        fill(k.altered_without, &[("count", &figure(drawn.altered_unexplained.precincts))]),
        fill(k.altered_transcribed, &[("count", &figure(drawn.altered_transcribed.precincts))]),
        fill(
            k.altered_says,
            &[
                ("drawn", &figure(bound.drawn)),
                ("compared", &figure(drawn.tally.compared)),
                ("differing", &figure(drawn.tally.differing)),
                ("missing", &figure(bound.not_obtained)),
            ],
        ),
    ];
    if drawn.added_since > 0 {
        says.push(fill(k.added, &[("count", &figure(drawn.added_since))]));
    }
    says
}

fn late(frame: &Frame, of: &ContestKnown) -> Option<String> {
    let estimate = of.choices.iter().find_map(|choice| choice.estimate.as_ref())?;
    if estimate.late.is_empty() {
        return None;
    }
    let name = |stratum: &String| match stratum.parse() {
        Ok(unit) => frame.unit(&unit),
        Err(_) => frame.w.known.whole_country.to_owned(),
    };
    let strata: Vec<String> = estimate.late.iter().map(name).collect();
    Some(fill(frame.w.known.late, &[("strata", &strata.join(", "))]))
}

fn line(frame: &Frame, of: &ContestKnown, choice: &ChoiceEstimate) -> Option<[String; 5]> {
    let estimate = choice.estimate.as_ref()?;
    Some([
        frame.choice(&of.contest, &choice.choice),
        points(estimate.share),
        estimate.margin.map_or_else(|| frame.w.known.margin_unknown.to_owned(), points),
        figure(estimate.obtained),
        figure(estimate.drawn),
    ])
}

fn course(frame: &Frame, of: &ContestKnown, choice: &ChoiceEstimate) -> Course {
    // What came without a time came last, and has no place in a drawing of times.
    let timed = choice.moments.iter().filter(|moment| moment.at_ms < i64::MAX);
    Course {
        name: frame.choice(&of.contest, &choice.choice),
        points: timed.map(|of| (of.at_ms, of.estimate.share, of.estimate.margin)).collect(),
    }
}

fn draw(frame: &Frame, number: usize, courses: &[Course]) -> String {
    let k = frame.w.known;
    let times = || courses.iter().flat_map(|course| &course.points).map(|point| point.0);
    let ends = times().min().zip(times().max());
    let ticks = ends.map_or_else(Vec::new, |(first, last)| {
        let mut ticks = vec![first, i64::midpoint(first, last), last];
        ticks.dedup();
        ticks
    });
    let clock = |at: i64| frame.moment(UnixMillis(at)).get(11..16).unwrap_or_default().to_owned();
    let ticks: Vec<(i64, String)> = ticks.into_iter().map(|at| (at, clock(at))).collect();
    let caption = Caption {
        id: format!("course-{number}"),
        title: k.course_title.to_owned(),
        description: k.course_says.to_owned(),
        across: k.course_across.to_owned(),
        upward: k.share.to_owned(),
    };
    convergence(courses, &ticks, &caption)
}
