//! A headquarters with accounts of every role, state and organisation, written into its store as the
//! command line would, and with what two organisations sent.

use hattama_proto::{id::to_hex, record::Body, statement::Mandate};
use hattama_server::access::Role;
use hattama_tests::world::{Answer, Ending, Wire, World, certified, invented};
use ring::digest::{SHA256, digest};
use rusqlite::{Connection, params};
use serde_json::json;

/// The organisation whose accounts must learn nothing of the other.
pub(crate) const OWN: &str = "watchers";
pub(crate) const OTHER: &str = "neighbours";

pub(crate) struct House {
    pub(crate) world: World,
    /// A record, its key, its person and its unit.
    pub(crate) own: Said,
    pub(crate) other: Said,
}

/// What one organisation's observer sent.
pub(crate) struct Said {
    pub(crate) record: String,
    pub(crate) kid: String,
    pub(crate) person: String,
    pub(crate) unit: String,
}

pub(crate) fn letter(role: Role) -> char {
    match role {
        Role::Observer => 'O',
        Role::Coordinator => 'C',
        Role::Reviewer => 'R',
        Role::Publisher => 'P',
        Role::Analyst => 'L',
        Role::Auditor => 'U',
        Role::Admin => 'D',
    }
}

/// The token of an account.
pub(crate) fn token(role: Role, state: &str, org: Option<&str>, fresh: bool) -> String {
    format!("{}-{state}-{}-{fresh}", role.name(), org.unwrap_or("all"))
}

impl House {
    pub(crate) fn new() -> Self {
        let mut world = World::new();
        let own = Self::said(&world, OWN, 1);
        let other = Self::said(&world, OTHER, 2);
        world.end(Ending::InOrder);
        let db = Connection::open(world.data().join("hq.db")).unwrap();
        for role in Role::ALL {
            for state in ["invited", "active", "suspended", "removed"] {
                for org in [None, Some(OWN), Some(OTHER)] {
                    for fresh in [true, false] {
                        let token = token(role, state, org, fresh);
                        db.execute(
                            "insert into account (name, display, org, roles, state, version,
                             created_at_ms, updated_at_ms) values (?1, ?1, ?2, ?3, ?4, 1, 0, 0)",
                            params![token, org, role.name(), state],
                        )
                        .unwrap();
                        let hash = to_hex(digest(&SHA256, token.as_bytes()).as_ref());
                        db.execute(
                            "insert into account_token (token_hash, account, name, stepped_up,
                             created_at_ms) values (?1, ?2, 'test', ?3, 0)",
                            params![hash, token, fresh],
                        )
                        .unwrap();
                    }
                }
            }
        }
        drop(db);
        world.start();
        Self { world, own, other }
    }

    fn said(world: &World, org: &str, seed: u64) -> Said {
        let wire = world.wire();
        let body = json!({"label": "an observer", "org": org, "mandate": Mandate::Everywhere});
        let answer = wire.post("/v1/invitations", &body).json();
        let invitation = answer["invitation"].as_str().unwrap().parse().unwrap();
        let mut device = world.stranger(seed);
        device.enrol(&wire, &invitation).unwrap();
        // Both speak of one precinct: its file must not mix them for whoever sees one only.
        let unit = world.country().precinct(0);
        let sheet = invented(unit.clone(), certified(), seed, Vec::new());
        let signed = device.say(Body::Protocol(sheet));
        wire.push_one(&signed);
        Said {
            record: signed.id.to_hex(),
            kid: device.kid().to_string(),
            person: answer["person"].as_str().unwrap().to_owned(),
            unit: unit.to_string(),
        }
    }

    /// A database of its own connection, to look at.
    pub(crate) fn store(&self) -> Connection {
        Connection::open(self.world.data().join("hq.db")).unwrap()
    }

    /// Asks with a token; an empty one asks as nobody.
    pub(crate) fn ask(
        &self,
        token: &str,
        method: &str,
        path: &str,
        body: super::table::Body,
    ) -> Answer {
        use super::table::Body;
        let wire = Wire::to(self.world.address(), token);
        let origin = format!("http://{}", self.world.address());
        let (kind, text) = match body {
            Body::None => ("", ""),
            Body::Json(text) => ("application/json", text),
            Body::Form(text) => ("application/x-www-form-urlencoded", text),
            Body::Csv => ("text/csv", "nothing"),
        };
        let mut headers = vec![("origin", origin.as_str())];
        if !kind.is_empty() {
            headers.push(("content-type", kind));
        }
        wire.send(method, path, &headers, text.as_bytes()).unwrap()
    }
}
