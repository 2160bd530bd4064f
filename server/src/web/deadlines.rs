//! `GET /deadlines`: what the law sets a time for, and how much of it is left.

use actix_web::HttpResponse;
use askama::Template;
use hattama_proto::{pack::LegalDeadline, time::UnixMillis};

use super::{
    answer,
    frame::Frame,
    visitor::Visitor,
    words::{ReleaseWords, Words, fill},
};
use crate::http::HttpProblem;

/// Milliseconds in an hour.
const HOUR_MS: i64 = 60 * 60 * 1000;

/// Hours before it from which a deadline stands out: a working day and the night before it.
const SOON_H: i64 = 24;

#[derive(Template)]
#[template(path = "deadlines.html")]
struct DeadlinesPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    r: &'static ReleaseWords,
    polls_close: Option<String>,
    deadlines: Vec<DeadlineLine>,
}

/// One deadline, in words.
pub(super) struct DeadlineLine {
    pub(super) name: String,
    pub(super) due: String,
    pub(super) left: String,
    pub(super) soon: bool,
    pub(super) law: String,
}

/// `GET /deadlines`.
pub(super) async fn show(visitor: Visitor) -> Result<HttpResponse, HttpProblem> {
    let frame = &visitor.frame;
    let election = &frame.pack.election;
    answer::html(&DeadlinesPage {
        frame,
        w: frame.w,
        r: frame.w.release,
        polls_close: election.polls_close().map(|at| frame.moment(at)),
        deadlines: all(frame),
    })
}

/// Every deadline, the earliest first.
pub(super) fn all(frame: &Frame) -> Vec<DeadlineLine> {
    let all = frame.pack.election.deadlines_in_order();
    all.into_iter().map(|(due, of)| line(frame, due, of)).collect()
}

/// The next deadline that has not passed; none where there is none.
pub(super) fn next(frame: &Frame) -> Option<DeadlineLine> {
    let all = frame.pack.election.deadlines_in_order();
    all.into_iter()
        .find(|(due, _)| due.is_some_and(|due| due > frame.now()))
        .map(|(due, of)| line(frame, due, of))
}

fn line(frame: &Frame, due: Option<UnixMillis>, of: &LegalDeadline) -> DeadlineLine {
    let r = frame.w.release;
    let left = due.map(|due| due.0.saturating_sub(frame.now().0));
    let hours = left.map(|left| left.div_euclid(HOUR_MS));
    DeadlineLine {
        name: frame.name(&of.names).to_owned(),
        due: due.map_or_else(|| "–".to_owned(), |due| frame.moment(due)),
        left: match hours {
            None => "–".to_owned(),
            Some(..0) => r.passed.to_owned(),
            Some(hours) => {
                let (days, hours) = ((hours / 24).to_string(), (hours % 24).to_string());
                fill(r.days_hours, &[("days", &days), ("hours", &hours)])
            }
        },
        soon: hours.is_some_and(|hours| (0..SOON_H).contains(&hours)),
        law: of.law.clone().unwrap_or_default(),
    }
}
