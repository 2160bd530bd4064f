//! What each address takes and answers.

use hattama_proto::problem::ProblemCode::{self as P};

/// One operation.
#[derive(Clone, Copy)]
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    /// What it is about.
    pub(super) tag: &'static str,
    pub(super) summary: &'static str,
    pub(super) query: &'static [Parameter],
    pub(super) headers: &'static [Parameter],
    pub(super) body: Body,
    pub(super) answer: Answer,
    /// Codes beyond those that follow from what is said above.
    pub(super) refused: &'static [P],
    /// Whether a device has to show its token.
    pub(super) device: bool,
}

/// A parameter.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
    pub(super) says: &'static str,
}

/// What a parameter holds.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    Count,
    Hash,
    Time,
    Version,
    OneOf(&'static [&'static str]),
}

/// What a request carries.
#[derive(Clone, Copy)]
pub(super) enum Body {
    None,
    Json(&'static str),
    Bytes(&'static str),
}

/// What is answered.
#[derive(Clone, Copy)]
pub(super) enum Answer {
    Json(&'static str),
    Media(&'static [&'static str]),
    Nothing,
    /// 204: there is nothing to say.
    Gone,
}

pub(super) const fn may(name: &'static str, kind: Kind, says: &'static str) -> Parameter {
    Parameter { name, kind, required: false, says }
}

pub(super) const fn must(name: &'static str, kind: Kind, says: &'static str) -> Parameter {
    Parameter { name, kind, required: true, says }
}

pub(super) const fn get(
    path: &'static str,
    tag: &'static str,
    summary: &'static str,
    answer: Answer,
) -> Operation {
    Operation {
        method: "GET",
        path,
        tag,
        summary,
        query: &[],
        headers: &[],
        body: Body::None,
        answer,
        refused: &[],
        device: false,
    }
}

pub(super) const fn post(
    path: &'static str,
    tag: &'static str,
    summary: &'static str,
    body: Body,
    answer: Answer,
) -> Operation {
    Operation { method: "POST", body, ..get(path, tag, summary, answer) }
}

/// What changes an incident.
const fn change(path: &'static str, summary: &'static str, body: &'static str) -> Operation {
    Operation {
        headers: CHANGE,
        refused: &[
            P::PreconditionFailed,
            P::TransitionRefused,
            P::Invalid,
            P::KeyReused,
            P::MalformedRequest,
        ],
        ..post(path, INCIDENTS, summary, Body::Json(body), Answer::Json("ChangedIncident"))
    }
}

/// Of a photograph that a phone sealed to headquarters.
const SEALED: Parameter =
    may("Hattama-Sealed", Kind::Text, "SHA256/BYTES of the sealed file that travels instead.");

const PHONES: &str = "Phones";
const PUBLIC: &str = "Public";
const RECORDS: &str = "Records";
const INCIDENTS: &str = "Incidents";
const WEBHOOKS: &str = "Webhooks";
const DEVICES: &str = "Devices";
const LOG: &str = "Log";
const HEALTH: &str = "Health";

const STATES: &[&str] = &[
    "received",
    "triaged",
    "verifying",
    "confirmed",
    "insufficient",
    "rejected",
    "duplicate",
    "escalated",
    "resolved",
];

const CHANGE: &[Parameter] = &[
    may("If-Match", Kind::Version, "The ETag that was looked at; 412 where somebody was first."),
    may("Idempotency-Key", Kind::Text, "Under one key a request is carried out once."),
];

macro_rules! filters {
    ($($more:expr),* $(,)?) => {
        &[
            may("state", Kind::OneOf(STATES), "Only in this state."),
            may("severity", Kind::OneOf(&["low", "medium", "high", "critical"]), "Only of it."),
            may("category", Kind::Text, "Only of this category."),
            may("phase", Kind::Text, "Only of this phase."),
            may("unit", Kind::Text, "Only at this unit."),
            may("region", Kind::Text, "Only at this unit of the register and all below it."),
            may("org", Kind::Text, "Only reported for this organisation."),
            may("assignee", Kind::Text, "Only looked after by this account."),
            may("tag", Kind::Text, "Only with this tag."),
            may("group", Kind::Text, "Only of this group."),
            may("q", Kind::Text, "Only with these words, whatever their endings; at most four count."),
            may("occurred_from", Kind::Time, "Only what occurred then or later."),
            may("occurred_until", Kind::Time, "Only what occurred before."),
            may("received_from", Kind::Time, "Only what was received then or later."),
            may("received_until", Kind::Time, "Only what was received before."),
            $($more),*
        ]
    };
}

/// Every operation, in the order of the route table.
pub(super) const OPERATIONS: &[Operation] = &[
    get("/v1/hello", PHONES, "Who is there, and what it takes.", Answer::Json("Any")),
    Operation {
        refused: &[
            P::Invalid,
            P::InvitationUnknown,
            P::InvitationUsed,
            P::InvitationExpired,
            P::Stalled,
        ],
        ..post(
            "/v1/enrolments",
            PHONES,
            "A device enrols with an invitation.",
            Body::Json("EnrolmentPush"),
            Answer::Json("Any"),
        )
    },
    Operation {
        refused: &[P::Unauthorized, P::Stalled],
        ..post(
            "/v1/session",
            PHONES,
            "A fresh device token, in two rounds.",
            Body::Json("SessionRequest"),
            Answer::Json("Any"),
        )
    },
    Operation {
        refused: &[P::Stalled],
        ..post(
            "/v1/records",
            PHONES,
            "Brings signed records; each is answered for itself.",
            Body::Json("PushRequest"),
            Answer::Json("Any"),
        )
    },
    Operation {
        refused: &[P::Stalled],
        ..post(
            "/v1/status",
            PHONES,
            "What headquarters has of one chain.",
            Body::Json("StatusRequest"),
            Answer::Json("Any"),
        )
    },
    Operation {
        query: &[
            must("kid", Kind::Text, "Whose records."),
            may("after", Kind::Count, "After this log index."),
        ],
        ..get("/v1/receipts", PHONES, "Receipts of one key's records.", Answer::Json("Any"))
    },
    Operation {
        query: &[
            may("after", Kind::Count, "After this log index."),
            may("epoch", Kind::Hash, "The newest epoch that was heard of."),
        ],
        device: true,
        ..get("/v1/feed", PHONES, "What headquarters has to say to a device.", Answer::Json("Any"))
    },
    Operation {
        method: "PUT",
        headers: &[
            must("Content-Range", Kind::Text, "bytes FIRST-LAST/SIZE, on cells of 32 KiB."),
            SEALED,
        ],
        refused: &[P::NotExpected, P::SizeConflict, P::DigestMismatch, P::SealingWrong, P::Stalled],
        ..post(
            "/v1/blobs/{sha256}",
            PHONES,
            "Brings one range of a photograph that a record names.",
            Body::Bytes("application/octet-stream"),
            Answer::Json("Any"),
        )
    },
    Operation {
        method: "HEAD",
        headers: &[SEALED],
        refused: &[P::NotExpected],
        ..get("/v1/blobs/{sha256}", PHONES, "Which cells have come.", Answer::Nothing)
    },
    get(
        "/v1/packs/{sha256}",
        PHONES,
        "One part of an election set-up.",
        Answer::Media(&["application/json"]),
    ),
    Operation {
        refused: &[P::NotFound],
        ..get(
            "/v1/accounting",
            PUBLIC,
            "What became of every record, signed.",
            Answer::Media(&["application/jose"]),
        )
    },
    get("/v1/openapi.json", PUBLIC, "This document.", Answer::Json("Any")),
    Operation {
        query: &[
            may("after", Kind::Count, "After this log index."),
            may("limit", Kind::Count, "At most so many."),
        ],
        ..get("/v1/records", RECORDS, "Records in log order.", Answer::Json("Any"))
    },
    get("/v1/records/{id}", RECORDS, "One record with its exact string.", Answer::Json("Any")),
    Operation {
        refused: &[P::Invalid, P::PreconditionFailed],
        ..post(
            "/v1/records/{id}/decisions",
            RECORDS,
            "Decides about a record.",
            Body::Json("Decision"),
            Answer::Json("Statement"),
        )
    },
    Operation {
        refused: &[P::Invalid],
        ..get(
            "/v1/records/{id}/evidence",
            RECORDS,
            "The evidence bundle of a record.",
            Answer::Media(&["application/zip"]),
        )
    },
    get(
        "/v1/photos/{sha256}",
        RECORDS,
        "A preview or thumbnail.",
        Answer::Media(&["image/jpeg", "application/octet-stream"]),
    ),
    Operation {
        query: &[may("parent", Kind::Text, "Those directly below this one.")],
        ..get("/v1/units", RECORDS, "Units of the register.", Answer::Json("AnyList"))
    },
    get("/v1/units/{code}", RECORDS, "All that is known of one unit.", Answer::Json("Any")),
    get("/v1/publications", RECORDS, "What the commission published.", Answer::Json("AnyList")),
    Operation {
        query: &[
            must(
                "level",
                Kind::OneOf(&["precinct", "district", "region", "nation"]),
                "Which level its figures are for.",
            ),
            must("source", Kind::Text, "Where it was found."),
            may("dry_run", Kind::OneOf(&["true", "false"]), "Whether to archive nothing."),
        ],
        refused: &[P::Invalid, P::Stalled],
        ..post(
            "/v1/publications",
            RECORDS,
            "Archives a file of the commission, read by a mapping or with columns named like cells.",
            Body::Bytes("text/csv"),
            Answer::Json("Any"),
        )
    },
    get(
        "/v1/publications/{id}",
        RECORDS,
        "One publication, with the mapping by which it was read.",
        Answer::Json("Any"),
    ),
    Operation {
        query: &[must(
            "level",
            Kind::OneOf(&["precinct", "district", "region", "nation"]),
            "For a table of which level.",
        )],
        ..get("/v1/mapping", RECORDS, "A commented mapping to begin with.", Answer::Json("Any"))
    },
    get(
        "/v1/publications/{id}/changes",
        RECORDS,
        "What a publication says otherwise than the one before.",
        Answer::Json("Any"),
    ),
    Operation {
        query: &[
            may("contest", Kind::Text, "Only this contest."),
            may("unit", Kind::Text, "Only this unit and those directly below."),
        ],
        refused: &[P::NotFound, P::Invalid],
        ..get("/v1/compare", RECORDS, "Where the numbers changed.", Answer::Json("Any"))
    },
    get(
        "/v1/state-root",
        RECORDS,
        "One hash over everything that counts.",
        Answer::Json("StateRoot"),
    ),
    Operation {
        query: filters!(
            may("order", Kind::OneOf(&["changed", "received"]), "Newest change or report first."),
            may("after", Kind::Count, "`next` of the page before."),
            may("limit", Kind::Count, "At most so many; 100."),
        ),
        refused: &[P::Invalid],
        ..get("/v1/incidents", INCIDENTS, "Incidents that fit.", Answer::Json("IncidentPage"))
    },
    Operation {
        query: filters!(),
        refused: &[P::Invalid],
        ..get(
            "/v1/incidents/counts",
            INCIDENTS,
            "How many incidents fit, by state, severity and category.",
            Answer::Json("IncidentCounts"),
        )
    },
    Operation {
        query: &[may("after", Kind::Count, "After the event with this number.")],
        headers: &[may("Last-Event-ID", Kind::Count, "The same, as browsers send it.")],
        refused: &[P::TooManyRequests],
        ..get(
            "/v1/incidents/stream",
            INCIDENTS,
            "Changes as they happen: server-sent events `received`, `changed` and `reset`.",
            Answer::Media(&["text/event-stream"]),
        )
    },
    Operation {
        query: filters!(may(
            "format",
            Kind::OneOf(&["csv", "exact_csv", "json"]),
            "For a spreadsheet, exactly as it is, or one JSON object per line."
        )),
        refused: &[P::Invalid],
        ..get(
            "/v1/incidents/export",
            INCIDENTS,
            "Every incident that fits, as a file.",
            Answer::Media(&["text/csv", "application/x-ndjson"]),
        )
    },
    get(
        "/v1/incidents/{id}",
        INCIDENTS,
        "One incident with all that is known of it. The ETag is its version.",
        Answer::Json("IncidentDetail"),
    ),
    change("/v1/incidents/{id}/transitions", "Takes a step.", "Transition"),
    change("/v1/incidents/{id}/assignment", "Says who looks after it.", "Assignment"),
    change("/v1/incidents/{id}/comments", "Remarks on it.", "Comment"),
    change("/v1/incidents/{id}/tags", "Gives it tags and takes some.", "Tags"),
    change("/v1/incidents/{id}/group", "Puts it with others.", "Group"),
    change(
        "/v1/incidents/{id}/duplicate",
        "Marks it as telling the same event as another, or not.",
        "Duplicate",
    ),
    change(
        "/v1/incidents/{id}/publication",
        "Makes a text about it public, or withdraws what is.",
        "Publication",
    ),
    get("/v1/webhooks", WEBHOOKS, "Who is told of changes.", Answer::Json("WebhookList")),
    Operation {
        refused: &[P::Invalid],
        ..post(
            "/v1/webhooks",
            WEBHOOKS,
            "Tells a receiver from now on. Its secret is shown once.",
            Body::Json("NewWebhook"),
            Answer::Json("Webhook"),
        )
    },
    post(
        "/v1/webhooks/{id}/end",
        WEBHOOKS,
        "Tells it no more.",
        Body::None,
        Answer::Json("Webhook"),
    ),
    post(
        "/v1/webhooks/{id}/resume",
        WEBHOOKS,
        "Tells one again that was given up.",
        Body::None,
        Answer::Json("Webhook"),
    ),
    get("/v1/devices", DEVICES, "All enrolled keys.", Answer::Json("AnyList")),
    get(
        "/v1/devices/{kid}/hardware",
        DEVICES,
        "What the phone's hardware said of a key.",
        Answer::Json("Any"),
    ),
    Operation {
        refused: &[P::Invalid],
        ..post(
            "/v1/devices/{kid}/revocation",
            DEVICES,
            "Sets a key's records aside from a log index on.",
            Body::Json("Revocation"),
            Answer::Json("Statement"),
        )
    },
    Operation {
        refused: &[P::Invalid],
        ..post(
            "/v1/invitations",
            DEVICES,
            "Invites one person, for one device.",
            Body::Json("Invitation"),
            Answer::Json("Any"),
        )
    },
    Operation {
        refused: &[P::Invalid, P::Stalled],
        ..post(
            "/v1/cosignatures",
            LOG,
            "Takes cosignatures that were carried by file.",
            Body::Json("Cosigned"),
            Answer::Json("Any"),
        )
    },
    Operation {
        query: &[must("witness", Kind::Text, "Its name.")],
        refused: &[P::NotFound, P::Invalid],
        ..get(
            "/v1/cosignatures/request",
            LOG,
            "What a witness has to answer next.",
            Answer::Json("Any"),
        )
    },
    Operation {
        refused: &[P::NotFound],
        ..get(
            "/log/checkpoint",
            LOG,
            "The published head of the log.",
            Answer::Media(&["text/plain"]),
        )
    },
    get(
        "/log/tile/{tile}*",
        LOG,
        "One tile of the public log.",
        Answer::Media(&["application/octet-stream", "text/plain"]),
    ),
    get("/healthz", HEALTH, "Whether this process runs.", Answer::Media(&["text/plain"])),
    Operation {
        refused: &[P::StoreUnavailable, P::LogStopped],
        ..get(
            "/readyz",
            HEALTH,
            "Whether this process is to be asked.",
            Answer::Media(&["text/plain"]),
        )
    },
];
