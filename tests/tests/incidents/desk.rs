//! A headquarters with incidents, and an operator's requests about them.

use hattama_proto::{
    id::RecordId,
    key::PublicKey,
    kind::Role,
    record::{Body, Incident, Severity},
    statement::Mandate,
};
use hattama_server::{
    config::Config,
    folder::DataFolder,
    store::{DatabaseUrl, Db},
};
use hattama_tests::world::{Answer, Device, Ending, World, block_on, code};
use serde_json::{Value, json};

/// Gives these people accounts with all roles. Headquarters is started anew for it.
pub(crate) fn hire(world: &mut World, names: &[&str]) {
    in_the_store(world, async |db: &Db| {
        for name in names {
            hattama_tests::world::hire(db, name, name, hattama_server::clock::system()).await;
        }
    });
}

/// Works with the stopped headquarters' own store.
pub(crate) fn in_the_store(world: &mut World, work: impl AsyncFnOnce(&Db)) {
    world.end(Ending::InOrder);
    let (url, _) = inside(world);
    block_on(async {
        let db = Db::open(&url, hattama_server::clock::system()).await.unwrap();
        work(&db).await;
        db.close().await;
    });
    world.start();
}

/// A report as tests give it.
#[derive(Clone, Debug)]
pub(crate) struct Report<'a> {
    pub(crate) unit: &'a str,
    pub(crate) category: &'a str,
    pub(crate) phase: &'a str,
    pub(crate) severity: Severity,
    pub(crate) occurred_at: Option<&'a str>,
    pub(crate) words: &'a str,
}

pub(crate) fn report(unit: &'static str, words: &'static str) -> Report<'static> {
    Report {
        unit,
        category: "pressure",
        phase: "count",
        severity: Severity::High,
        occurred_at: Some("2005-12-04T20:00:00+06:00"),
        words,
    }
}

/// An enrolled device that reports incidents.
pub(crate) fn reporter(world: &World, seed: u64) -> Device {
    let mut device = world.stranger(seed);
    let invitation = world.invite(&Mandate::Everywhere);
    device.enrol_as(&world.wire(), &invitation, Role::Incidents).unwrap();
    device
}

impl Report<'_> {
    pub(crate) fn body(&self) -> Body {
        Body::Incident(Incident {
            categories: vec![self.category.parse().unwrap()],
            phase: self.phase.parse().unwrap(),
            severity: self.severity,
            unit: Some(code(self.unit)),
            place_words: None,
            occurred_at: self.occurred_at.map(|time| time.parse().unwrap()),
            words: self.words.to_owned(),
            language: "en".to_owned(),
            attachments: Vec::new(),
            refers_to: None,
        })
    }
}

/// Sends it; the incident's id.
pub(crate) fn send(world: &World, device: &mut Device, report: &Report<'_>) -> RecordId {
    let signed = device.say(report.body());
    world.wire().push_one(&signed);
    signed.id
}

/// Asks for a change.
pub(crate) fn ask(
    world: &World,
    id: RecordId,
    what: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> Answer {
    let mut all = vec![("content-type", "application/json")];
    all.extend(headers);
    let path = format!("/v1/incidents/{id}/{what}");
    world.wire().send("POST", &path, &all, body.to_string().as_bytes()).unwrap()
}

/// A change that is made.
pub(crate) fn change(world: &World, id: RecordId, what: &str, body: &Value) -> Value {
    let answer = ask(world, id, what, &[], body);
    assert_eq!(answer.status, 200, "{what} {body}: {}", answer.text());
    answer.json()
}

/// A step that is taken.
pub(crate) fn step(world: &World, id: RecordId, to: &str) -> Value {
    change(world, id, "transitions", &json!({ "to": to, "reason": "looked at" }))
}

/// A refusal.
pub(crate) fn refused(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
}

/// What the API answers there.
pub(crate) fn get(world: &World, path: &str) -> Value {
    let answer = world.wire().get(path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

/// The whole of one incident.
pub(crate) fn show(world: &World, id: RecordId) -> Value {
    get(world, &format!("/v1/incidents/{id}"))
}

/// Ids of all pages of a list.
pub(crate) fn all(world: &World, query: &str, limit: u32) -> Vec<String> {
    let mut ids = Vec::new();
    let mut after = String::new();
    loop {
        let page = get(world, &format!("/v1/incidents?{query}&limit={limit}{after}"));
        ids.extend(
            page["incidents"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["id"].as_str().unwrap().into()),
        );
        match page["next"].as_u64() {
            Some(next) => after = format!("&after={next}"),
            None => return ids,
        }
    }
}

/// The configuration, and the key that statements are signed with.
pub(crate) fn inside(world: &World) -> (DatabaseUrl, PublicKey) {
    let folder = DataFolder::open(world.data()).unwrap();
    let config = Config::load(&folder.config()).unwrap();
    let key = hattama_server::keys::hq(&folder.keys()).unwrap().public();
    (config.database_url(&folder).unwrap(), key)
}

/// The store, to be read beside the headquarters that serves it.
pub(crate) async fn store(world: &World) -> Db {
    Db::open_reading(&inside(world).0).await.unwrap().unwrap()
}
