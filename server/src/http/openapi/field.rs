//! What the addresses of the desk, the vault and the field take and answer.

use hattama_proto::problem::ProblemCode::{self as P};

use super::operations::{Answer, Body, Kind, Operation, Parameter, get, may, must, post};

const TRANSCRIPTION: &str = "Transcription";
const VAULT: &str = "Names and contacts";
const FIELD: &str = "The field";

/// What the desk refuses: somebody else has the seat, it was typed already, it cannot be read.
const DESK: &[P] =
    &[P::NotFound, P::Invalid, P::StaleVersion, P::TransitionRefused, P::TooManyRequests];
/// What the vault refuses: it is not made, it is shut, the passphrase is wrong.
const SHUT: &[P] = &[P::Forbidden, P::NotFound, P::Invalid, P::StaleVersion, P::TooManyRequests];
/// What a plan refuses.
const PLAN: &[P] = &[P::Forbidden, P::NotFound, P::Invalid, P::StaleVersion, P::TransitionRefused];

const FORMS: &[Parameter] = &[
    may("form", Kind::Text, "Only of this form."),
    may("unit", Kind::Text, "Only of this unit."),
    may("region", Kind::Text, "Only of this region."),
    may("after", Kind::Count, "Continue after this place."),
];

const QUEUE: &[Parameter] = &[
    may("open_after", Kind::Text, "Continue the list of what is to be decided: `open_next`."),
    may("proposals_after", Kind::Text, "Continue the list of proposals: `proposals_next`."),
];

const fn desk(operation: Operation) -> Operation {
    Operation { refused: DESK, ..operation }
}

const fn shut(operation: Operation) -> Operation {
    Operation { refused: SHUT, ..operation }
}

const fn plan(operation: Operation) -> Operation {
    Operation { refused: PLAN, ..operation }
}

/// What the telephone desk takes.
const fn told(path: &'static str, summary: &'static str) -> Operation {
    Operation {
        headers: ONCE,
        refused: TOLD,
        ..post(path, FIELD, summary, Body::Json("Told"), ANY)
    }
}

const ONCE: &[Parameter] =
    &[may("Idempotency-Key", Kind::Text, "Under one key a request is carried out once.")];
/// What the telephone desk refuses.
const TOLD: &[P] = &[P::NotFound, P::Invalid, P::KeyReused, P::MalformedRequest];

const ANY: Answer = Answer::Json("Any");
const LIST: Answer = Answer::Json("AnyList");

pub(super) const OPERATIONS: &[Operation] = &[
    desk(Operation {
        query: QUEUE,
        ..get("/v1/transcriptions", TRANSCRIPTION, "How the queue stands.", ANY)
    }),
    desk(post(
        "/v1/transcriptions/next",
        TRANSCRIPTION,
        "The document that this account has, else the next one.",
        Body::None,
        ANY,
    )),
    desk(get("/v1/transcriptions/{id}", TRANSCRIPTION, "One document to be typed.", ANY)),
    desk(post(
        "/v1/transcriptions/{id}/entries",
        TRANSCRIPTION,
        "What somebody typed off the photographs.",
        Body::Json("Entry"),
        ANY,
    )),
    desk(post(
        "/v1/transcriptions/{id}/lease",
        TRANSCRIPTION,
        "Keeps the seat for longer.",
        Body::None,
        ANY,
    )),
    desk(Operation {
        method: "DELETE",
        ..get("/v1/transcriptions/{id}/lease", TRANSCRIPTION, "Gives the seat back.", Answer::Gone)
    }),
    desk(post(
        "/v1/transcriptions/{id}/decision",
        TRANSCRIPTION,
        "Settles what three readings did not.",
        Body::Json("Settled"),
        ANY,
    )),
    shut(post(
        "/v1/vault/passphrase",
        VAULT,
        "Sets one's own passphrase.",
        Body::Json("Passphrase"),
        ANY,
    )),
    shut(get("/v1/vault", VAULT, "How the vault stands.", ANY)),
    shut(post("/v1/vault", VAULT, "Makes the vault.", Body::Json("NewVault"), ANY)),
    shut(post("/v1/vault/seal", VAULT, "Ends what coordinators can open.", Body::None, ANY)),
    shut(get("/v1/vault/openings", VAULT, "Who opened what, and why.", LIST)),
    shut(post(
        "/v1/vault/openings",
        VAULT,
        "Asks for an opening; another holder has to agree.",
        Body::Json("NewOpening"),
        ANY,
    )),
    shut(get("/v1/vault/openings/{opening}", VAULT, "One opening, while it is open.", ANY)),
    shut(post(
        "/v1/vault/openings/{opening}/agreement",
        VAULT,
        "Agrees to an opening.",
        Body::Json("Secret"),
        ANY,
    )),
    shut(post(
        "/v1/contacts/opening",
        VAULT,
        "Opens the contacts of one's own region.",
        Body::Json("Secret"),
        ANY,
    )),
    shut(post("/v1/contacts/closing", VAULT, "Closes them.", Body::None, ANY)),
    shut(get("/v1/contacts", VAULT, "The contacts that are open.", LIST)),
    shut(post("/v1/contacts/{person}", VAULT, "Changes a contact.", Body::Json("Contact"), ANY)),
    plan(post(
        "/v1/people/{person}/replacement",
        FIELD,
        "Ends a lost phone's keys and invites the person again.",
        Body::Json("Replacement"),
        ANY,
    )),
    plan(Operation {
        query: &[may("at", Kind::Count, "Who is expected at this moment, Unix milliseconds.")],
        ..get("/v1/roster", FIELD, "Who is expected where, and who is silent.", ANY)
    }),
    plan(post(
        "/v1/roster/import",
        FIELD,
        "Plans assignments from a table; a dry run changes nothing.",
        Body::Json("Table"),
        ANY,
    )),
    plan(post(
        "/v1/roster/confirmation",
        FIELD,
        "Lets seats stand that were taken over from the round before.",
        Body::None,
        ANY,
    )),
    plan(post(
        "/v1/roster/{assignment}",
        FIELD,
        "Gives a seat to somebody, or ends it.",
        Body::Json("Seat"),
        ANY,
    )),
    plan(post(
        "/v1/presences",
        FIELD,
        "Notes an arrival, a departure or a handover.",
        Body::Json("Presence"),
        ANY,
    )),
    Operation {
        refused: TOLD,
        ..get("/v1/messages", FIELD, "Messages to observers, newest first.", LIST)
    },
    Operation {
        headers: ONCE,
        refused: TOLD,
        ..post(
            "/v1/messages",
            FIELD,
            "Sends a message to observers.",
            Body::Json("NewMessage"),
            ANY,
        )
    },
    Operation {
        query: FORMS,
        refused: PLAN,
        ..get("/v1/checklists", FIELD, "Filled forms, newest first.", ANY)
    },
    Operation {
        query: FORMS,
        refused: PLAN,
        ..get("/v1/checklists/matrix", FIELD, "Which unit has sent which form.", ANY)
    },
    plan(get("/v1/turnout", FIELD, "Turnout by region.", LIST)),
    plan(get("/v1/turnout/{code}", FIELD, "Turnout over the day, of a unit and below it.", ANY)),
    plan(get("/v1/rehearsal", FIELD, "Who has not yet proven every step.", ANY)),
    told("/v1/telephone/protocols", "Writes down figures that somebody told."),
    told("/v1/telephone/not-obtained", "Writes down a copy that somebody could not get, and why."),
    told("/v1/telephone/incidents", "Writes down an incident that somebody told."),
    told("/v1/telephone/forms", "Writes down a checklist that somebody told."),
    Operation {
        query: &[
            must(
                "level",
                Kind::OneOf(&["precinct", "district", "region", "nation"]),
                "Which level its units are of.",
            ),
            may("person", Kind::Text, "Who observed, where the table does not say."),
            may("org", Kind::Text, "For which organisation, where nobody is named."),
            may("dry_run", Kind::OneOf(&["true", "false"]), "Whether to write nothing."),
        ],
        refused: &[P::Invalid, P::NotFound, P::Stalled, P::StaleVersion],
        ..post(
            "/v1/entries",
            FIELD,
            "Writes down observers' figures from a table, read by a mapping.",
            Body::Bytes("multipart/form-data"),
            Answer::Json("Any"),
        )
    },
];
