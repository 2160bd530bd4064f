//! What the addresses of accounts take and answer.

use hattama_proto::problem::ProblemCode::{self as P};
use serde_json::{Value, json};

use super::{
    operations::{Answer, Body, Kind, Operation, get, may, post},
    schemas::{answer, body, count, list, or_null, reference, text, with},
};

const OWN: &str = "One's own account";
const ACCOUNTS: &str = "Accounts";
const AUDIT: &str = "Audit trail";

/// What is refused about one's own account: wrong, too easy, not there, too often, not proved.
const MINE: &[P] =
    &[P::NotFound, P::Invalid, P::StaleVersion, P::StepUpRequired, P::TooManyRequests];
/// What is refused about other accounts.
const THEIRS: &[P] = &[P::NotFound, P::Invalid, P::StaleVersion];

const fn mine(operation: Operation) -> Operation {
    Operation { refused: MINE, ..operation }
}

const fn theirs(operation: Operation) -> Operation {
    Operation { refused: THEIRS, ..operation }
}

const ME: Answer = Answer::Json("OwnAccount");
const ONE: Answer = Answer::Json("AccountDetail");

pub(super) const OPERATIONS: &[Operation] = &[
    mine(get("/v1/account", OWN, "Who asks, and what the account is in with.", ME)),
    mine(post(
        "/v1/account/password",
        OWN,
        "Sets another password; other sessions end.",
        Body::Json("NewPassword"),
        ME,
    )),
    mine(post(
        "/v1/account/totp/offer",
        OWN,
        "Offers a secret for one-time codes.",
        Body::None,
        Answer::Json("OfferedTotp"),
    )),
    mine(post(
        "/v1/account/totp",
        OWN,
        "Takes the offered secret, once a code of it is shown; other sessions end.",
        Body::Json("TotpCode"),
        ME,
    )),
    mine(post(
        "/v1/account/recovery-codes",
        OWN,
        "Makes recovery codes, told once; earlier ones stop working.",
        Body::None,
        Answer::Json("RecoveryCodes"),
    )),
    mine(post("/v1/account/passkeys/{id}/end", OWN, "Takes a security key off.", Body::None, ME)),
    mine(post(
        "/v1/account/sessions/{id}/end",
        OWN,
        "Ends one of the account's sessions.",
        Body::None,
        ME,
    )),
    mine(post(
        "/v1/account/tokens",
        OWN,
        "Makes a token for a program, told once.",
        Body::Json("NewToken"),
        Answer::Json("MadeToken"),
    )),
    mine(post(
        "/v1/account/tokens/{id}/end",
        OWN,
        "Ends one of the account's tokens.",
        Body::None,
        ME,
    )),
    mine(post(
        "/v1/account/language",
        OWN,
        "Sets the language of the account's pages.",
        Body::Json("NewLanguage"),
        ME,
    )),
    theirs(get(
        "/v1/accounts",
        ACCOUNTS,
        "Every account that the caller sees.",
        Answer::Json("AccountList"),
    )),
    theirs(post(
        "/v1/accounts",
        ACCOUNTS,
        "Invites somebody; the roles wait for another admin.",
        Body::Json("NewAccount"),
        Answer::Json("AccountLink"),
    )),
    theirs(get("/v1/accounts/{name}", ACCOUNTS, "One account, its sessions and tokens.", ONE)),
    theirs(post(
        "/v1/accounts/{name}/invitation",
        ACCOUNTS,
        "Another link for somebody who has not used the first.",
        Body::None,
        Answer::Json("AccountLink"),
    )),
    theirs(post(
        "/v1/accounts/{name}/invitation/end",
        ACCOUNTS,
        "Takes a link back that nobody has used.",
        Body::None,
        ONE,
    )),
    theirs(post(
        "/v1/accounts/{name}/state",
        ACCOUNTS,
        "Suspends, lets in again or removes.",
        Body::Json("AccountState"),
        ONE,
    )),
    theirs(post(
        "/v1/accounts/{name}/sessions/end",
        ACCOUNTS,
        "Ends one session or token, or every session.",
        Body::Json("EndAccess"),
        ONE,
    )),
    theirs(post(
        "/v1/accounts/{name}/factors/reset",
        ACCOUNTS,
        "Takes every second factor off an account whose owner lost it.",
        Body::None,
        ONE,
    )),
    theirs(post(
        "/v1/accounts/{name}/roles",
        ACCOUNTS,
        "Proposes other roles; another admin has to confirm.",
        Body::Json("NewRoles"),
        Answer::Json("ProposedRoles"),
    )),
    theirs(get(
        "/v1/role-changes",
        ACCOUNTS,
        "Changes of roles that wait for a second admin.",
        Answer::Json("RoleChangeList"),
    )),
    theirs(post(
        "/v1/role-changes/{id}/confirmation",
        ACCOUNTS,
        "Confirms what another admin proposed about a third one.",
        Body::None,
        Answer::Json("RoleChangeList"),
    )),
    theirs(post(
        "/v1/role-changes/{id}/withdrawal",
        ACCOUNTS,
        "Takes a proposal back.",
        Body::None,
        Answer::Json("RoleChangeList"),
    )),
    Operation {
        query: &[
            may("actor", Kind::Text, "Only done by this account."),
            may("action", Kind::Text, "Only this action."),
            may("since", Kind::Time, "Only what happened then or later."),
            may("until", Kind::Time, "Only what happened before."),
            may("before", Kind::Count, "Only events with smaller numbers."),
            may("limit", Kind::Count, "At most so many, 100 if missing and 500 at most."),
        ],
        ..theirs(get(
            "/v1/audit",
            AUDIT,
            "Who did what to which id, newest first.",
            Answer::Json("AuditPage"),
        ))
    },
];

/// Schemas of their bodies.
pub(super) fn schemas() -> Value {
    let maybe = or_null(&text());
    let account = [
        ("name", text()),
        ("display", text()),
        ("state", json!({ "enum": ["invited", "active", "suspended", "removed"] })),
        ("roles", list(&text())),
        ("org", maybe.clone()),
        ("region", maybe.clone()),
        ("language", maybe.clone()),
        ("has_password", json!({ "type": "boolean" })),
        ("has_totp", json!({ "type": "boolean" })),
        ("made_at", count()),
    ];
    let session = answer(&[
        ("id", text()),
        ("began_at", count()),
        ("seen_at", count()),
        ("factor_at", or_null(&count())),
    ]);
    let token = answer(&[
        ("id", text()),
        ("name", text()),
        ("stepped_up", json!({ "type": "boolean" })),
        ("made_at", count()),
        ("until", or_null(&count())),
    ]);
    let [in_with, and_tokens] = [("sessions", list(&session)), ("tokens", list(&token))];
    let key = answer(&[("id", text()), ("name", text()), ("made_at", count())]);
    let own = [
        in_with.clone(),
        and_tokens.clone(),
        ("factor", json!({ "enum": ["missing", "stale", "fresh"] })),
        ("here", text()),
        ("passkeys", list(&key)),
        ("recovery_left", count()),
    ];
    let roles = [("roles", list(&text())), ("org", maybe.clone()), ("region", maybe.clone())];
    let [given, org, region] = roles.clone();
    json!({
        "Account": answer(&account),
        "AccountList": list(&reference("Account")),
        "AccountDetail": with(&account, &[in_with, and_tokens]),
        "OwnAccount": with(&account, &own),
        "NewPassword": body(&["new"], &[("present", text()), ("new", text())]),
        "OfferedTotp": answer(&[("secret", text()), ("address", text())]),
        "TotpCode": body(&["code"], &[("code", text())]),
        "RecoveryCodes": answer(&[("codes", list(&text()))]),
        "NewToken": body(&["name"], &[
            ("name", text()),
            ("days", json!({ "type": ["integer", "null"], "minimum": 1, "maximum": 3650 })),
            ("stepped_up", json!({ "type": "boolean" })),
        ]),
        "MadeToken": answer(&[("id", text()), ("token", text())]),
        "NewLanguage": body(&["language"], &[("language", json!({ "enum": ["kk", "ru", "en"] }))]),
        "NewAccount": body(&["name", "display"], &[
            ("name", text()), ("display", text()), given, org, region,
        ]),
        "AccountLink": answer(&[
            ("account", text()), ("link", text()), ("role_change", maybe.clone()),
        ]),
        "AccountState": body(&["to"], &[
            ("to", json!({ "enum": ["active", "suspended", "removed"] })),
        ]),
        "EndAccess": body(&[], &[("id", maybe.clone())]),
        "NewRoles": body(&["roles"], &roles),
        "ProposedRoles": answer(&[("role_change", text())]),
        "RoleChangeList": list(&answer(&[
            ("id", text()), ("account", text()), ("roles", list(&text())),
            ("org", maybe.clone()), ("region", maybe),
            ("proposed_by", text()), ("proposed_at", count()),
        ])),
        "AuditPage": answer(&[
            ("events", list(&answer(&[
                ("number", count()), ("at", count()), ("actor", text()), ("action", text()),
                ("subject", text()),
            ]))),
            ("next", or_null(&count())),
        ]),
    })
}
