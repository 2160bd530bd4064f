//! What the addresses of deadlines, releases and exports take and answer.

use hattama_proto::problem::ProblemCode::{self as P};
use serde_json::{Value, json};

use super::{
    operations::{Answer, Body, Kind, Operation, Parameter, get, may, post},
    schemas::{body, count, list, or_null, reference, text},
};

const DEADLINES: &str = "Legal deadlines";
const RELEASES: &str = "Releases";
const EXPORTS: &str = "Files to take away";

const OF: Parameter =
    may("of", Kind::OneOf(&["ours", "official"]), "Whose figures: `ours` if it says nothing.");
const LEVEL: Parameter = may(
    "level",
    Kind::OneOf(&["precinct", "district", "region", "nation"]),
    "Official figures of this level: `precinct` if it says nothing.",
);
const FLAVOUR: Parameter = may(
    "flavour",
    Kind::OneOf(&["exact", "spreadsheet"]),
    "`exact` for programs; `spreadsheet`: no cell can be taken for a formula.",
);
const BOM: Parameter =
    may("bom", Kind::OneOf(&["true", "false"]), "Begin with the mark that says UTF-8.");
const CSV: Answer = Answer::Media(&["text/csv"]);

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
    Operation {
        refused: SHUT,
        ..get(
            "/v1/releases/{number}/site.tar",
            RELEASES,
            "A frozen site of one release: pages, JSON, hashes and proof.",
            Answer::Media(&["application/x-tar"]),
        )
    },
    Operation {
        query: &[may("contest", Kind::Text, "Only of this contest."), FLAVOUR, BOM],
        ..get("/v1/export/comparison.csv", EXPORTS, "The comparison by unit and choice.", CSV)
    },
    Operation {
        query: &[OF, LEVEL, FLAVOUR, BOM],
        ..get("/v1/export/figures.csv", EXPORTS, "Figures, as publications are imported.", CSV)
    },
    Operation {
        query: &[OF],
        ..get(
            "/v1/export/nist.json",
            EXPORTS,
            "Figures as a NIST SP 1500-100 v2 election report.",
            Answer::Media(&["application/json"]),
        )
    },
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
    let corrects = body(&["release", "words"], &[("release", count()), ("words", texts.clone())]);
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
