//! Every address by every role, state and organisation.

use hattama_server::{access::Role, http::addresses};
use hattama_tests::world::Answer;

use super::{
    house::{House, OWN, Said, letter, token},
    table::{Line, READ, TABLE, Who},
};

/// An address with objects of `said`; what would change something names what is not there.
fn path(line: &Line, said: &Said) -> String {
    let nothing = "0".repeat(64);
    let id = if line.method == "GET" { said.record.as_str() } else { nothing.as_str() };
    let kid = if line.method == "GET" { said.kid.as_str() } else { "A" };
    let query = match line.pattern {
        "/v1/cosignatures/request" => "?witness=nobody",
        "/v1/publications" => "?level=precinct&source=s",
        "/v1/receipts" => "?kid=none",
        _ => "",
    };
    let path = line
        .pattern
        .replace(
            "/publications/{id}",
            "/publications/0000000000000000000000000000000000000000000000000000000000000000",
        )
        .replace("{tile}*", "0/000")
        .replace("{id}", id)
        .replace("{kid}", &kid.repeat(if kid == "A" { 43 } else { 1 }))
        .replace("{code}", &said.unit)
        .replace("{sha256}", &nothing)
        .replace("{person}", "nobody")
        .replace("{opening}", "none")
        .replace("{assignment}", "none")
        .replace("{name}", "nobody");
    format!("{path}{query}")
}

fn code(answer: &Answer) -> String {
    let problem: Option<serde_json::Value> = serde_json::from_slice(&answer.body).ok();
    problem.and_then(|it| Some(it.get("code")?.as_str()?.to_owned())).unwrap_or_default()
}

#[test]
fn every_address_has_a_line_and_every_line_an_address() {
    let mut served: Vec<String> =
        addresses().map(|one| format!("{} {}", one.method, one.pattern)).collect();
    let mut written: Vec<String> =
        TABLE.iter().map(|one| format!("{} {}", one.method, one.pattern)).collect();
    served.sort();
    written.sort();
    assert_eq!(served, written, "say in tests/tests/access/table.rs who an address is for");
}

#[test]
fn every_address_lets_in_exactly_whom_the_table_says() {
    let house = House::new();
    for line in TABLE {
        let path = path(line, &house.own);
        // The vault has keys of its own: without them it stays shut, whatever the roles grant.
        let has_keys = ["/v1/vault", "/v1/contacts", "/contacts", "/v1/people/", "/v1/telephone"];
        let shut = has_keys.iter().any(|prefix| line.pattern.starts_with(prefix));
        let is_granted = |answer: &Answer, code: &str| {
            answer.status != 401 && (shut || code != "forbidden") && code != "step-up-required"
        };
        let ask = |token: &str| house.ask(token, line.method, &path, line.body);
        for role in Role::ALL {
            for state in ["invited", "suspended", "removed"] {
                let answer = ask(&token(role, state, None, true));
                if line.who != Who::Anybody {
                    assert_eq!(answer.status, 401, "{state} {role:?} {} {path}", line.method);
                }
            }
            // A stream that is open does not end; that it is refused is asked like everything else.
            let streams = line.pattern == "/v1/incidents/stream" && READ.contains(letter(role));
            let orgs = if streams { &[][..] } else { &[None, Some(OWN)] };
            for org in orgs.iter().copied() {
                for fresh in [true, false] {
                    let answer = ask(&token(role, "active", org, fresh));
                    let code = code(&answer);
                    let what = format!(
                        "{role:?} of {org:?}, fresh {fresh}: {} {path}: {} {code}",
                        line.method, answer.status
                    );
                    let holds = match line.who {
                        // The page that `hattama` asks phones' and strangers' proofs on decides itself.
                        Who::Anybody => true,
                        Who::Account => answer.status != 401 && (shut || code != "forbidden"),
                        Who::Roles(roles) if roles.contains(letter(role)) => {
                            is_granted(&answer, &code)
                        }
                        Who::Fresh(roles) if roles.contains(letter(role)) && fresh => {
                            is_granted(&answer, &code)
                        }
                        Who::Fresh(roles) if roles.contains(letter(role)) => {
                            (answer.status, code.as_str()) == (403, "step-up-required")
                        }
                        Who::Roles(_) | Who::Fresh(_) => {
                            (answer.status, code.as_str()) == (403, "forbidden")
                        }
                    };
                    // The audit trail is of all organisations, and for accounts without limits only.
                    let limited = org.is_some() && line.pattern == "/audit" && code == "forbidden";
                    assert!(holds || limited, "{what}");
                    assert!(answer.status < 500 || line.who == Who::Anybody, "{what}");
                }
            }
        }
        let stranger = ask("nobody-knows-this");
        if line.who != Who::Anybody {
            assert_eq!(stranger.status, 401, "a stranger: {} {path}", line.method);
        }
    }
}

#[test]
fn an_account_of_one_organisation_learns_nothing_of_the_other() {
    let house = House::new();
    let (own, other) = (&house.own, &house.other);
    // The test would prove nothing if there were nothing to see.
    let everything = |path: &str| {
        house.ask(&house.world.made().operator_token, "GET", path, super::table::Body::None).text()
    };
    assert!(everything("/v1/records").contains(&other.record));
    assert!(everything("/v1/devices").contains(&other.person));
    assert!(everything(&format!("/v1/units/{}", other.unit)).contains(&other.record));
    for role in Role::ALL {
        let token = token(role, "active", Some(OWN), true);
        for line in TABLE.iter().filter(|line| line.method == "GET" && line.who != Who::Anybody) {
            if ["/v1/incidents/stream", "/api"].contains(&line.pattern) {
                continue;
            }
            let path = path(line, other);
            let answer = house.ask(&token, "GET", &path, line.body);
            if line.pattern.contains("{id}") && line.pattern.contains("records") {
                assert!([403, 404].contains(&answer.status), "{path}: {}", answer.status);
            }
            let text = answer.text();
            for secret in [&other.record, &other.kid, &other.person, &"neighbours".to_owned()] {
                assert!(!text.contains(secret.as_str()), "{role:?} {path} says {secret}");
            }
        }
        let own_record = house.ask(
            &token,
            "GET",
            &format!("/v1/records/{}", own.record),
            super::table::Body::None,
        );
        let reads = "CRPLU".contains(letter(role));
        assert_eq!(own_record.status == 200, reads, "{role:?}");
    }
    // What would change something of the other's is not there either.
    let reviewer = token(Role::Reviewer, "active", Some(OWN), true);
    let decision = super::table::Body::Json(r#"{"disposition":"set_aside","reason":"r"}"#);
    let decide = format!("/v1/records/{}/decisions", other.record);
    assert_eq!(house.ask(&reviewer, "POST", &decide, decision).status, 404);
    let coordinator = token(Role::Coordinator, "active", Some(OWN), true);
    let reason = super::table::Body::Json(r#"{"reason":"r"}"#);
    let revoke = format!("/v1/devices/{}/revocation", other.kid);
    assert_eq!(house.ask(&coordinator, "POST", &revoke, reason).status, 404);
    let invite =
        super::table::Body::Json(r#"{"label":"l","org":"neighbours","mandate":"everywhere"}"#);
    assert_eq!(house.ask(&coordinator, "POST", "/v1/invitations", invite).status, 403);
}

#[test]
fn reading_changes_nothing() {
    let house = House::new();
    let counted = || -> Vec<i64> {
        let store = house.store();
        let tables = [
            "account",
            "account_token",
            "account_session",
            "account_invitation",
            "role_change",
            "recovery_code",
            "passkey",
            "record",
            "statement",
            "log_leaf",
            "incident",
            "invitation",
        ];
        tables
            .iter()
            .map(|table| {
                let count = format!("select count(*) from {table}");
                store.query_row(&count, [], |row| row.get(0)).unwrap()
            })
            .collect()
    };
    let before = counted();
    let ends = |line: &&Line| line.pattern != "/v1/incidents/stream";
    for line in TABLE.iter().filter(|line| line.method == "GET").filter(ends) {
        for role in Role::ALL {
            house.ask(
                &token(role, "active", None, true),
                "GET",
                &path(line, &house.own),
                line.body,
            );
        }
    }
    assert_eq!(counted(), before);
}
