//! What is known, samples, indicators.

use hattama_proto::problem::ProblemCode as P;

use super::operations::{Answer, Body, Kind, Operation, Parameter, get, may, must, post};

const FIGURES: &str = "figures";
const ANY: Answer = Answer::Json("Any");
const CONTEST: &[Parameter] = &[may("contest", Kind::Text, "Only this contest.")];

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        query: CONTEST,
        refused: &[P::NotFound],
        ..get("/v1/coverage", FIGURES, "How far our copies reach, and why not further.", ANY)
    },
    Operation {
        query: CONTEST,
        refused: &[P::NotFound],
        ..get(
            "/v1/coverage.geojson",
            FIGURES,
            "Coverage and differences by region, with outlines.",
            Answer::Media(&["application/geo+json"]),
        )
    },
    Operation {
        query: CONTEST,
        refused: &[P::NotFound],
        ..get("/v1/estimate", FIGURES, "What the random sample says of all precincts.", ANY)
    },
    Operation {
        query: &[
            may("contest", Kind::Text, "The contest; the first if none is named."),
            may("choice", Kind::Text, "The choice; the one with most votes if none is named."),
            may("source", Kind::OneOf(&["official", "ours"]), "Whose figures."),
            may("mode", Kind::Count, "The turnout taken for honest, in per cent; it is noted."),
        ],
        refused: &[P::NotFound, P::Invalid],
        ..get("/v1/forensics", FIGURES, "Indicators over all precincts, for analysts.", ANY)
    },
    get("/v1/samples", FIGURES, "Every draw, drawn again and compared.", Answer::Json("AnyList")),
    Operation {
        refused: &[P::Invalid],
        ..post(
            "/v1/samples",
            FIGURES,
            "Draws a random sample of precincts.",
            Body::Json("Draw"),
            ANY,
        )
    },
    Operation {
        query: &[
            must("error", Kind::Text, "The margin wanted, as a fraction: 0.01."),
            may("confidence", Kind::Text, "As a fraction; 0.95."),
            may("voters", Kind::Count, "Voters in the frame, where somebody knows."),
            may("turnout", Kind::Text, "The turnout that is expected, as a fraction; 0.7."),
        ],
        refused: &[P::Invalid],
        ..get("/v1/samples/size", FIGURES, "How many precincts a margin takes.", ANY)
    },
];
