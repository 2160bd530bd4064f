//! `GET /estimate`: what is known of the election, and what is not. Sentences first, numbers second.
//!
//! Coverage is for everybody who reads records, because it says where work is missing. Bounds and
//! estimates are for analysts: they are findings before anybody has looked at them.

pub(super) mod coverage;
mod sampled;

use actix_web::{HttpResponse, web::Data};
use askama::Template;

use self::coverage::CoverageView;
pub(super) use self::sampled::SampledView;
use super::{
    answer,
    figure::figure,
    frame::Frame,
    visitor::Visitor,
    words::{KnownWords, Words, fill},
};
use crate::{
    access::Permission,
    app::Headquarters,
    http::HttpProblem,
    knowledge::{Knowledge, RegisterKnown},
};

#[derive(Template)]
#[template(path = "known.html")]
struct KnownPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    k: &'static KnownWords,
    register: String,
    sample: String,
    contests: Vec<ContestView>,
}

struct ContestView {
    name: String,
    code: String,
    coverage: CoverageView,
    /// For analysts only, and only where there is a sample that speaks.
    sampled: Option<SampledView>,
}

/// `GET /estimate`.
pub(super) async fn show(
    visitor: Visitor,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let known = headquarters.knowledge_within(&visitor.operator.scope).await?;
    let frame = &visitor.frame;
    let contests = known.contests.iter().enumerate().map(|(number, of)| ContestView {
        name: frame.contest(&of.contest),
        code: of.contest.to_string(),
        coverage: CoverageView::new(frame, number, &of.coverage),
        sampled: frame
            .may(Permission::ReadAnalysis)
            .then(|| SampledView::new(frame, number, of, known.confidence))
            .flatten(),
    });
    answer::html(&KnownPage {
        frame,
        w: frame.w,
        k: frame.w.known,
        register: register(frame, &known.register, known.log_size),
        sample: sample(frame, &known),
        contests: contests.collect(),
    })
}

fn register(frame: &Frame, register: &RegisterKnown, log_size: u64) -> String {
    let hash =
        register.sha256.map_or_else(|| "–".to_owned(), |hash| hash.to_hex()[..10].to_owned());
    let signed_at = register.signed_at.map_or_else(|| "–".to_owned(), |at| frame.moment(at));
    fill(
        frame.w.known.register,
        &[
            ("version", &register.version.to_string()),
            ("hash", &hash),
            ("at", &signed_at),
            ("precincts", &figure(register.precincts)),
            ("special", &figure(register.special)),
            ("size", &figure(log_size)),
        ],
    )
}

fn sample(frame: &Frame, known: &Knowledge) -> String {
    let k = frame.w.known;
    let Some(head) = &known.sample else { return k.sample_none.to_owned() };
    if !head.speaks {
        return k.sample_silent.to_owned();
    }
    let drawn = known.contests.iter().find_map(|of| of.drawn.as_ref());
    let sum = |of: fn(&crate::known::StratumKnown) -> u64| {
        figure(drawn.iter().flat_map(|drawn| &drawn.strata).map(of).sum())
    };
    fill(
        k.sample_is,
        &[
            ("size", &sum(|stratum| stratum.drawn)),
            ("frame", &sum(|stratum| stratum.frame)),
            ("at", &frame.moment(head.drawn_at)),
            ("seed", &head.seed),
        ],
    )
}

/// A share as points with two digits.
fn points(share: f64) -> String {
    format!("{:.2}", share * 100.0)
}
