//! What the addresses of deadlines, releases and exports take and answer.

use hattama_proto::problem::ProblemCode::{self as P};
use serde_json::{Value, json};

use super::{
    operations::{Answer, Body, Operation, get, post},
    schemas::{body, count, list, or_null, reference, text},
};

const DEADLINES: &str = "Legal deadlines";
const RELEASES: &str = "Releases";

/// What a release refuses: the gate is shut, somebody decided first, a figure is another one now.
const SHUT: &[P] = &[P::NotFound, P::Invalid, P::TransitionRefused, P::StaleVersion];

const fn shut(operation: Operation) -> Operation {
    Operation { refused: SHUT, ..operation }
}

const ANY: Answer = Answer::Json("Any");

pub(super) const OPERATIONS: &[Operation] = &[
    get("/v1/deadlines", DEADLINES, "Legal deadlines of the set-up, the earliest first.", ANY),
    get("/v1/releases", RELEASES, "What is public, and drafts that wait.", ANY),
    shut(post(
        "/v1/releases",
        RELEASES,
        "Proposes a release; all that stands in its way is said at once.",
        Body::Json("NewRelease"),
        ANY,
    )),
    get("/v1/releases/{number}", RELEASES, "One release with its proof.", ANY),
    shut(get("/v1/release-drafts/{draft}", RELEASES, "A draft, with all that it says.", ANY)),
    shut(post(
        "/v1/release-drafts/{draft}/confirmation",
        RELEASES,
        "Confirms what another publisher proposed.",
        Body::None,
        ANY,
    )),
    shut(post(
        "/v1/release-drafts/{draft}/withdrawal",
        RELEASES,
        "Takes a draft back.",
        Body::None,
        ANY,
    )),
];

/// Bodies.
pub(super) fn schemas() -> Value {
    let texts = json!({ "type": "object", "additionalProperties": text() });
    let named = body(&["contest", "unit"], &[("contest", text()), ("unit", text())]);
    let corrects =
        body(&["release", "words"], &[("release", count()), ("words", texts.clone())]);
    let release = body(
        &[],
        &[
            ("differences", list(&reference("NamedDifference"))),
            ("words", texts),
            ("corrects", or_null(&reference("Corrects"))),
        ],
    );
    json!({ "NewRelease": release, "NamedDifference": named, "Corrects": corrects })
}
