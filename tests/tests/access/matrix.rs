//! Every address by every role, state and organisation.

use hattama_server::{access::Role, http::addresses};
use hattama_tests::world::Answer;

use super::{
    house::{House, OWN, Said, letter, token},
    table::{Line, READ, TABLE, Who},
};

/// An address; what would change something names what is not there.
fn path(line: &Line, said: &Said) -> String {
    if line.method == "GET" {
        return address_of(line, said, "none");
    }
    let nothing = "0".repeat(64);
    let nobody = Said {
        record: nothing.clone(),
        incident: nothing.clone(),
        kid: "A".repeat(43),
        person: "nobody".to_owned(),
        photo: nothing.clone(),
        assignment: "none".to_owned(),
        item: nothing,
        unit: said.unit.clone(),
        ..Said::default()
    };
    address_of(line, &nobody, "none")
}

/// An address with objects of `said`.
pub(crate) fn address_of(line: &Line, said: &Said, webhook: &str) -> String {
    let nothing = "0".repeat(64);
    let query = match line.pattern {
        "/v1/cosignatures/request" => "?witness=nobody",
        "/v1/publications" => "?level=precinct&source=s",
        "/v1/entries" | "/v1/mapping" => "?level=precinct",
        "/v1/receipts" => "?kid=none",
        "/v1/samples/size" => "?error=0.1",
        _ => "",
    };
    let id = match line.pattern {
        of if of.contains("/incidents/") => &said.incident,
        of if of.contains("/transcription") => &said.item,
        of if of.contains("/webhooks/") => webhook,
        of if of.contains("/publications/") => &nothing,
        _ => &said.record,
    };
    let code = if line.pattern.contains("/regions/") { &said.region } else { &said.unit };
    let path = line
        .pattern
        .replace("{tile}*", "0/000")
        .replace("{id}", id)
        .replace("{kid}", &said.kid)
        .replace("{code}", code)
        .replace("{sha256}", &said.photo)
        .replace("{person}", &said.person)
        .replace("{opening}", "none")
        .replace("{assignment}", &said.assignment)
        .replace("{number}", "1")
        .replace("{draft}", "none")
        .replace("{file}", "release.json")
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
                    // The audit trail and releases are of all organisations, and for accounts without
                    // limits only.
                    let of_all = line.pattern.ends_with("/audit")
                        || (line.method == "POST" && line.pattern.contains("release"));
                    let limited = org.is_some() && of_all && code == "forbidden";
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
            "release_draft",
            "release_outcome",
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
