//! Who may use which address, written by hand. An address that is not here fails the test, so whoever
//! adds one says here who it is for.

/// Roles by their letters: Coordinator, Reviewer, Publisher, anaLyst, aUditor, Admin (D), Observer.
pub(crate) struct Line {
    pub(crate) method: &'static str,
    pub(crate) pattern: &'static str,
    pub(crate) who: Who,
    /// A body that is understood and changes nothing.
    pub(crate) body: Body,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// Nobody is asked who they are.
    Anybody,
    /// Every account that is in.
    Account,
    /// Accounts with one of these roles.
    Roles(&'static str),
    /// The same, with a fresh second factor.
    Fresh(&'static str),
}

#[derive(Clone, Copy)]
pub(crate) enum Body {
    None,
    Json(&'static str),
    Form(&'static str),
    Csv,
}

use Body::{Csv, Form, Json, None};
use Who::{Account, Anybody, Fresh, Roles};

const fn line(method: &'static str, pattern: &'static str, who: Who, body: Body) -> Line {
    Line { method, pattern, who, body }
}

/// Roles that read records.
pub(crate) const READ: &str = "CRPLU";

const REASON: &str = r#"{"reason":"r"}"#;
const DECISION: &str = r#"{"disposition":"counted","reason":"r"}"#;
const STEP: &str = r#"{"to":"triaged","reason":"r"}"#;
const INVITE: &str = r#"{"label":"l","org":"watchers","mandate":"everywhere"}"#;
const READING: &str =
    r#"{"id":"00000000-0000-4000-8000-000000000000","reading":{"shows":"illegible"}}"#;
const SETTLED: &str = r#"{"reading":{"shows":"illegible"},"reason":"r"}"#;
const NOBODY: &str = r#"{"to":null}"#;
const SECRET: &str = r#"{"passphrase":"no"}"#;
const TOLD_PROTOCOL: &str = r#"{"person":"nobody","channel":"voice","told_at":"2005-12-04T22:40:00+06:00","entry":{"unit":"0-0-0","form":"f","copy":"c","lines":{},"contests":{},"photos":[]}}"#;
const TOLD_MISSING: &str = r#"{"person":"nobody","channel":"voice","told_at":"2005-12-04T22:40:00+06:00","entry":{"unit":"0-0-0","missing":"copy_refused"}}"#;
const TOLD_INCIDENT: &str = r#"{"person":"nobody","channel":"voice","told_at":"2005-12-04T22:40:00+06:00","entry":{"categories":["c"],"phase":"count","severity":"low","words":"w","language":"en"}}"#;
const TOLD_FORM: &str = r#"{"person":"nobody","channel":"voice","told_at":"2005-12-04T22:40:00+06:00","entry":{"unit":"0-0-0","form":"f","answers":{}}}"#;
const NOTE: &str = r#"{"note":"none"}"#;

pub(crate) const TABLE: &[Line] = &[
    line("GET", "/v1/hello", Anybody, None),
    line("POST", "/v1/enrolments", Anybody, Json("{}")),
    line("POST", "/v1/session", Anybody, Json("{}")),
    line("POST", "/v1/records", Anybody, Json("{}")),
    line("POST", "/v1/status", Anybody, Json("{}")),
    line("GET", "/v1/receipts", Anybody, None),
    line("GET", "/v1/feed", Anybody, None),
    line("PUT", "/v1/blobs/{sha256}", Anybody, None),
    line("HEAD", "/v1/blobs/{sha256}", Anybody, None),
    line("GET", "/v1/packs/{sha256}", Anybody, None),
    line("GET", "/v1/accounting", Anybody, None),
    line("GET", "/log/checkpoint", Anybody, None),
    line("GET", "/log/tile/{tile}*", Anybody, None),
    line("GET", "/v1/records", Roles(READ), None),
    line("GET", "/v1/records/{id}", Roles(READ), None),
    line("POST", "/v1/records/{id}/decisions", Roles("R"), Json(DECISION)),
    line("GET", "/v1/records/{id}/evidence", Fresh("PL"), None),
    line("GET", "/v1/photos/{sha256}", Roles(READ), None),
    line("GET", "/v1/units", Roles(READ), None),
    line("GET", "/v1/units/{code}", Roles(READ), None),
    line("GET", "/v1/publications", Roles(READ), None),
    line("POST", "/v1/publications", Roles("PL"), Csv),
    line("GET", "/v1/publications/{id}", Roles(READ), None),
    line("GET", "/v1/publications/{id}/changes", Roles(READ), None),
    line("GET", "/v1/mapping", Roles(READ), None),
    line("GET", "/v1/compare", Roles(READ), None),
    line("GET", "/v1/state-root", Roles(READ), None),
    line("GET", "/v1/incidents", Roles(READ), None),
    line("GET", "/v1/incidents/{id}", Roles(READ), None),
    line("POST", "/v1/incidents/{id}/transitions", Roles("R"), Json(STEP)),
    line("GET", "/v1/devices", Roles("CRUD"), None),
    line("POST", "/v1/devices/{kid}/revocation", Roles("CD"), Json(REASON)),
    line("POST", "/v1/invitations", Roles("CD"), Json(INVITE)),
    line("POST", "/v1/cosignatures", Roles("UD"), Json(NOTE)),
    line("GET", "/v1/cosignatures/request", Roles("UD"), None),
    line("GET", "/", Roles(READ), None),
    line("GET", "/regions/{code}", Roles(READ), None),
    line("GET", "/units/{code}", Roles(READ), None),
    line("GET", "/compare", Roles(READ), None),
    line("GET", "/publications", Roles(READ), None),
    line("POST", "/publications", Roles("PL"), Form("run=check")),
    line("GET", "/publications/{id}", Roles(READ), None),
    line("GET", "/incidents", Roles(READ), None),
    line("GET", "/incidents/{id}", Roles(READ), None),
    line("POST", "/incidents/{id}", Roles("R"), Form("what=step&to=triaged&reason=r&version=0")),
    line("GET", "/records/{id}", Roles(READ), None),
    line("GET", "/search", Roles(READ), None),
    line("GET", "/enter", Anybody, None),
    line("POST", "/enter", Anybody, Form("token=none")),
    line("POST", "/enter/second", Anybody, Form("ticket=none&code=1")),
    line("POST", "/leave", Anybody, Form("x=1")),
    line("GET", "/welcome", Anybody, None),
    line("POST", "/welcome", Anybody, Form("invitation=none&password=none&code=1")),
    line("GET", "/assets/{name}", Anybody, None),
    line("GET", "/step-up", Account, None),
    line("POST", "/step-up", Account, Form("token=none")),
    line("GET", "/account", Account, None),
    line("POST", "/account/password", Account, Form("new=short")),
    line("POST", "/account/totp", Account, Form("code=none")),
    line("POST", "/account/recovery-codes", Account, Form("x=1")),
    line("POST", "/account/passkeys", Account, Form("name=n")),
    line("POST", "/account/passkeys/end", Account, Form("id=none")),
    line("POST", "/account/sessions/end", Account, Form("id=none")),
    line("POST", "/account/tokens", Account, Form("name=&days=x")),
    line("POST", "/account/tokens/end", Account, Form("id=none")),
    line("POST", "/account/language", Account, Form("language=xx")),
    line("GET", "/people", Roles("UD"), None),
    line("POST", "/people", Fresh("D"), Form("name=!")),
    line("POST", "/people/{name}/link", Fresh("D"), Form("x=1")),
    line("POST", "/people/{name}/state", Fresh("D"), Form("to=suspended")),
    line("POST", "/people/{name}/factors", Fresh("D"), Form("x=1")),
    line("POST", "/people/{name}/sessions", Fresh("D"), Form("x=1")),
    line("POST", "/people/{name}/roles", Fresh("D"), Form("role=admin")),
    line("POST", "/role-changes/{id}", Fresh("D"), Form("decision=confirm")),
    line("GET", "/audit", Roles("UD"), None),
    line("GET", "/v1/openapi.json", Anybody, None),
    line("GET", "/v1/transcriptions", Roles(READ), None),
    line("POST", "/v1/transcriptions/next", Roles("R"), None),
    line("GET", "/v1/transcriptions/{id}", Roles("R"), None),
    line("POST", "/v1/transcriptions/{id}/entries", Roles("R"), Json(READING)),
    line("POST", "/v1/transcriptions/{id}/lease", Roles("R"), None),
    line("DELETE", "/v1/transcriptions/{id}/lease", Roles("R"), None),
    line("POST", "/v1/transcriptions/{id}/decision", Roles("R"), Json(SETTLED)),
    line("GET", "/v1/incidents/counts", Roles(READ), None),
    line("GET", "/v1/incidents/stream", Roles(READ), None),
    line("GET", "/v1/incidents/export", Fresh("PL"), None),
    line("POST", "/v1/incidents/{id}/assignment", Roles("R"), Json(NOBODY)),
    line("POST", "/v1/incidents/{id}/comments", Roles("R"), Json(r#"{"words":"w"}"#)),
    line("POST", "/v1/incidents/{id}/tags", Roles("R"), Json(r#"{"add":["t"]}"#)),
    line("POST", "/v1/incidents/{id}/group", Roles("R"), Json(r#"{"group":"g"}"#)),
    line("POST", "/v1/incidents/{id}/duplicate", Roles("R"), Json(r#"{"of":null,"reason":"r"}"#)),
    line("POST", "/v1/incidents/{id}/publication", Fresh("P"), Json(r#"{"texts":{"en":"t"}}"#)),
    line("GET", "/v1/webhooks", Roles("D"), None),
    line("POST", "/v1/webhooks", Roles("D"), Json(r#"{"url":"none"}"#)),
    line("POST", "/v1/webhooks/{id}/end", Roles("D"), None),
    line("POST", "/v1/webhooks/{id}/resume", Roles("D"), None),
    line("POST", "/v1/vault/passphrase", Account, Json(SECRET)),
    line("GET", "/v1/vault", Fresh("D"), None),
    line("POST", "/v1/vault", Fresh("D"), Json(r#"{"holders":[]}"#)),
    line("POST", "/v1/vault/seal", Fresh("D"), None),
    line("GET", "/v1/vault/openings", Fresh("D"), None),
    line("POST", "/v1/vault/openings", Fresh("D"), Json(r#"{"reason":"r","passphrase":"no"}"#)),
    line("GET", "/v1/vault/openings/{opening}", Fresh("D"), None),
    line("POST", "/v1/vault/openings/{opening}/agreement", Fresh("D"), Json(SECRET)),
    line("POST", "/v1/contacts/opening", Roles("C"), Json(SECRET)),
    line("POST", "/v1/contacts/closing", Roles("C"), None),
    line("GET", "/v1/contacts", Roles("C"), None),
    line("POST", "/v1/contacts/{person}", Roles("C"), Json(r#"{"label":"l","version":1}"#)),
    line("POST", "/v1/people/{person}/replacement", Roles("CD"), Json(REASON)),
    line("GET", "/v1/roster", Roles("C"), None),
    line("POST", "/v1/roster/import", Roles("C"), Json(r#"{"org":"watchers","table":""}"#)),
    line("POST", "/v1/roster/confirmation", Roles("C"), None),
    line("POST", "/v1/roster/{assignment}", Roles("C"), Json(r#"{"person":null,"version":1}"#)),
    line("POST", "/v1/presences", Roles("C"), Json(r#"{"person":"p-none","unit":"0","what":"?"}"#)),
    line("GET", "/v1/messages", Roles("CD"), None),
    line("POST", "/v1/messages", Roles("CD"), Json(r#"{"to":"everybody","texts":{}}"#)),
    line("GET", "/v1/checklists", Roles(READ), None),
    line("GET", "/v1/checklists/matrix", Roles(READ), None),
    line("GET", "/v1/turnout", Roles(READ), None),
    line("GET", "/v1/turnout/{code}", Roles(READ), None),
    line("GET", "/v1/rehearsal", Roles("CRUD"), None),
    line("POST", "/v1/telephone/protocols", Roles("C"), Json(TOLD_PROTOCOL)),
    line("POST", "/v1/telephone/not-obtained", Roles("C"), Json(TOLD_MISSING)),
    line("POST", "/v1/telephone/incidents", Roles("C"), Json(TOLD_INCIDENT)),
    line("POST", "/v1/entries", Roles("C"), Csv),
    line("POST", "/v1/telephone/forms", Roles("C"), Json(TOLD_FORM)),
    line("GET", "/units", Roles(READ), None),
    line("GET", "/map", Roles(READ), None),
    line("POST", "/incidents/{id}/publication", Fresh("P"), Form("what=publish&version=0")),
    line("GET", "/devices", Roles("CRUD"), None),
    line("GET", "/log", Roles("UD"), None),
    line("GET", "/transcription", Roles(READ), None),
    line("POST", "/transcription", Roles("R"), Form("x=1")),
    line("GET", "/transcription/{id}", Roles("R"), None),
    line("POST", "/transcription/{id}", Roles("R"), Form("x=1")),
    line("POST", "/transcription/{id}/decision", Roles("R"), Form("x=1")),
    line("POST", "/transcription/{id}/proposal", Roles("R"), Form("x=1")),
    line("GET", "/api", Account, None),
    line("GET", "/roster", Roles("C"), None),
    line("POST", "/roster", Roles("C"), Form("person=p&unit=u&what=x")),
    line("GET", "/roster/import", Roles("C"), None),
    line("POST", "/roster/import", Roles("C"), Form("org=watchers&table=&run=dry")),
    line("POST", "/roster/confirmation", Roles("C"), Form("x=1")),
    line("GET", "/contacts", Roles("C"), None),
    line("POST", "/contacts", Roles("C"), Form("do=close")),
    line("GET", "/messages", Roles("CD"), None),
    line("POST", "/messages", Roles("CD"), Form("to=everybody")),
    line("GET", "/checklists", Roles(READ), None),
    line("GET", "/rehearsal", Roles("CRUD"), None),
    line("GET", "/telephone", Roles("C"), None),
    line("POST", "/telephone", Roles("C"), Form("x=1")),
    line("GET", "/v1/account", Account, None),
    line("POST", "/v1/account/password", Account, Json(r#"{"new":"short"}"#)),
    line("POST", "/v1/account/totp/offer", Account, None),
    line("POST", "/v1/account/totp", Account, Json(r#"{"code":"none"}"#)),
    line("POST", "/v1/account/recovery-codes", Account, None),
    line("POST", "/v1/account/passkeys/{id}/end", Account, None),
    line("POST", "/v1/account/sessions/{id}/end", Account, None),
    line("POST", "/v1/account/tokens", Account, Json(r#"{"name":"","days":0}"#)),
    line("POST", "/v1/account/tokens/{id}/end", Account, None),
    line("POST", "/v1/account/language", Account, Json(r#"{"language":"xx"}"#)),
    line("GET", "/v1/accounts", Roles("UD"), None),
    line("POST", "/v1/accounts", Fresh("D"), Json(r#"{"name":"!","display":"d"}"#)),
    line("GET", "/v1/accounts/{name}", Roles("UD"), None),
    line("POST", "/v1/accounts/{name}/invitation", Fresh("D"), None),
    line("POST", "/v1/accounts/{name}/invitation/end", Fresh("D"), None),
    line("POST", "/v1/accounts/{name}/state", Fresh("D"), Json(r#"{"to":"suspended"}"#)),
    line("POST", "/v1/accounts/{name}/sessions/end", Fresh("D"), Json("{}")),
    line("POST", "/v1/accounts/{name}/factors/reset", Fresh("D"), None),
    line("POST", "/v1/accounts/{name}/roles", Fresh("D"), Json(r#"{"roles":["admin"]}"#)),
    line("GET", "/v1/role-changes", Roles("UD"), None),
    line("POST", "/v1/role-changes/{id}/confirmation", Fresh("D"), None),
    line("POST", "/v1/role-changes/{id}/withdrawal", Fresh("D"), None),
    line("GET", "/v1/audit", Roles("UD"), None),
];
