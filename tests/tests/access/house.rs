//! A headquarters with accounts of every role, state and organisation, written into its store as the
//! command line would, and with what two organisations sent.

use hattama_proto::{
    id::{PhotoHash, UnitCode, to_hex},
    kind::Role as DeviceRole,
    record::{Answer as RecordAnswer, Body, FormAnswers, Incident, PhotoRole, Severity},
    statement::Mandate,
};
use hattama_server::access::Role;
use hattama_tests::world::{Answer, Device, Ending, Wire, World, certified, invented};
use ring::digest::{SHA256, digest};
use rusqlite::{Connection, params};
use serde_json::json;

/// The organisation whose accounts must learn nothing of the other.
pub(crate) const OWN: &str = "watchers";
pub(crate) const OTHER: &str = "neighbours";

pub(crate) struct House {
    pub(crate) world: World,
    /// What the organisation sent from the region [`REGION`].
    pub(crate) own: Said,
    /// What another one sent from the same precinct.
    pub(crate) other: Said,
    /// What the first one sent from another region.
    pub(crate) far: Said,
    /// A webhook of headquarters itself.
    pub(crate) webhook: String,
}

/// The region that accounts of a region see.
pub(crate) const REGION: &str = "0";

/// What one observer sent, and what headquarters has about it.
#[derive(Clone, Default)]
pub(crate) struct Said {
    pub(crate) org: &'static str,
    pub(crate) record: String,
    pub(crate) kid: String,
    pub(crate) person: String,
    pub(crate) unit: String,
    pub(crate) region: String,
    /// Hash of a preview that came.
    pub(crate) photo: String,
    pub(crate) form: String,
    pub(crate) incident: String,
    /// The key and the pseudonym that report incidents.
    pub(crate) reporter: [String; 2],
    /// The seat that was planned.
    pub(crate) assignment: String,
    /// The document that waits to be typed.
    pub(crate) item: String,
    /// Words that stand in the report and nowhere else.
    pub(crate) words: String,
}

impl Said {
    /// Everything that nobody beyond may read anywhere.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        let [key, pseudonym] = &self.reporter;
        let ids = [&self.record, &self.kid, &self.person, &self.photo, &self.form];
        let more = [&self.incident, key, pseudonym, &self.assignment, &self.item, &self.words];
        ids.into_iter().chain(more).map(String::as_str).collect()
    }
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

/// The token of an active account that sees one region, with a fresh second factor.
pub(crate) fn token_in(role: Role, org: Option<&str>) -> String {
    format!("{}-in-{REGION}-{}", role.name(), org.unwrap_or("all"))
}

impl House {
    pub(crate) fn new() -> Self {
        let mut world = World::new();
        let precinct = |number| world.country().precinct(number).to_string();
        let [mut own, mut other, mut far] =
            [(OWN, 0, 1), (OTHER, 0, 2), (OWN, 1, 3)].map(|(org, at, seed)| {
                let unit = precinct(at);
                let region = unit.split('-').next().unwrap().to_owned();
                Self::said(&world, Said { org, unit, region, ..Said::default() }, seed)
            });
        let wire = world.wire();
        wire.get_json("/v1/transcriptions");
        let url = json!({ "url": "https://receiver.example/hook" });
        let webhook = wire.post("/v1/webhooks", &url).json()["id"].as_str().unwrap().to_owned();
        world.end(Ending::InOrder);
        let db = Connection::open(world.data().join("hq.db")).unwrap();
        for said in [&mut own, &mut other, &mut far] {
            let item = "select item_id from transcription_item where unit = ?1";
            said.item = db.query_row(item, [&said.unit], |row| row.get(0)).unwrap();
        }
        for role in Role::ALL {
            for state in ["invited", "active", "suspended", "removed"] {
                for org in [None, Some(OWN), Some(OTHER)] {
                    for fresh in [true, false] {
                        let token = token(role, state, org, fresh);
                        Self::hire(&db, &token, role, (state, org, None), fresh);
                    }
                }
            }
            for org in [None, Some(OWN)] {
                let limits = ("active", org, Some(REGION));
                Self::hire(&db, &token_in(role, org), role, limits, true);
            }
        }
        drop(db);
        world.start();
        Self { world, own, other, far, webhook }
    }

    /// An account whose token is its name.
    fn hire(
        db: &Connection,
        token: &str,
        role: Role,
        (state, org, region): (&str, Option<&str>, Option<&str>),
        fresh: bool,
    ) {
        db.execute(
            "insert into account (name, display, org, region, roles, state, version,
             created_at_ms, updated_at_ms) values (?1, ?1, ?2, ?3, ?4, ?5, 1, 0, 0)",
            params![token, org, region, role.name(), state],
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

    fn said(world: &World, said: Said, seed: u64) -> Said {
        let wire = world.wire();
        let unit: UnitCode = said.unit.parse().unwrap();
        let body = json!({
            "label": "an observer", "org": said.org, "mandate": Mandate::Units(vec![unit.clone()]),
        });
        let invite = || {
            let answer = wire.post("/v1/invitations", &body).json();
            let person = answer["person"].as_str().unwrap().to_owned();
            (answer["invitation"].as_str().unwrap().parse().unwrap(), person)
        };
        let (invitation, person) = invite();
        let [mut device, mut reporter, mut second] =
            [10 * seed, 10 * seed + 1, 10 * seed + 2].map(|seed| world.stranger(seed));
        device.enrol(&wire, &invitation).unwrap();
        reporter.enrol_as(&wire, &invitation, DeviceRole::Incidents).unwrap();
        second.enrol(&wire, &invite().0).unwrap();

        // A document that has to be typed: two read it differently off a photograph.
        let bytes = format!("preview {seed}").into_bytes();
        let original = Device::photo(format!("original {seed}").as_bytes(), PhotoRole::Original);
        let pages = vec![original, Device::photo(&bytes, PhotoRole::Preview)];
        let sheet = invented(unit.clone(), certified(), seed, pages);
        let signed = device.say(Body::Protocol(sheet));
        wire.push_one(&signed);
        let photo = PhotoHash::of(&bytes);
        wire.put(&photo, &bytes).unwrap();
        wire.push_one(&second.protocol(unit.clone(), seed + 100));

        let answers = [("sealed".parse().unwrap(), RecordAnswer::YesNo(true))].into();
        let form = FormAnswers { unit: unit.clone(), form: "opening".parse().unwrap(), answers };
        let form = device.say(Body::Form(form));
        wire.push_one(&form);
        let words = format!("wordsof{}{}", said.org, said.region);
        let incident = reporter.say(Body::Incident(Incident {
            categories: vec!["pressure".parse().unwrap()],
            phase: "count".parse().unwrap(),
            severity: Severity::High,
            unit: Some(unit),
            place_words: None,
            occurred_at: None,
            words: words.clone(),
            language: "en".to_owned(),
            attachments: Vec::new(),
            refers_to: None,
        }));
        wire.push_one(&incident);
        let seat = format!("seat-{}-{}", said.org, said.region);
        let table = format!(
            "seat,unit,from,until,person\n{seat},{},2020-01-01 06:00,2090-01-01 06:00,{person}\n",
            said.unit
        );
        let plan = json!({ "org": said.org, "table": table });
        let planned = wire.post("/v1/roster/import", &plan).json();
        assert_eq!(planned["planned"], 1, "{planned}");
        let roster = wire.get_json("/v1/roster");
        let seats = roster["expected"].as_array().unwrap();
        let mine = seats.iter().find(|one| one["assignment"]["seat"] == *seat).unwrap();
        let devices = wire.get_json("/v1/devices");
        let key = reporter.kid().to_string();
        let mut known = devices.as_array().unwrap().iter();
        let known = known.find(|one| one["kid"] == *key).unwrap();
        Said {
            record: signed.id.to_hex(),
            kid: device.kid().to_string(),
            person,
            photo: photo.to_hex(),
            form: form.id.to_hex(),
            incident: incident.id.to_hex(),
            reporter: [key, known["person"].as_str().unwrap().to_owned()],
            assignment: mine["assignment"]["id"].as_str().unwrap().to_owned(),
            words,
            ..said
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
