//! What phones, operators and imports can write, written by somebody who wants it to run: every
//! payload in every field of free text, through real records and real calls.

use std::collections::BTreeSet;

use hattama_proto::{
    kind::Role,
    record::{
        Answer, Body, Corrected, Correction, FormAnswers, Incident, Missing, NotObtained, Photo,
        PhotoRole, Severity,
    },
    statement::Mandate,
};
use hattama_tests::world::{Device, Signed, World, certified, code, invented};
use serde_json::{Value, json};

use crate::{
    driver::{Driver, Site},
    hostile_desk,
    payloads::{MARKER, payloads},
};

/// Fewest payloads that are tried.
const PAYLOADS_MIN: usize = 300;

/// Every so many records there is one whose own page is looked at: the pages of all kinds are one
/// template, and each payload is on some page of it.
const RECORDS_LOOKED_AT: usize = 8;

#[test]
fn what_strangers_write_stays_words_on_every_page() {
    let Some(driver) = Driver::ready() else { return };
    let payloads = payloads();
    assert!(payloads.iter().collect::<BTreeSet<_>>().len() >= PAYLOADS_MIN);
    let world = World::new();
    let pages = plant(&world, &payloads);
    let site = Site {
        base: format!("http://{}", world.address()),
        token: world.made().operator_token.clone(),
    };
    let at_least = pages.len();
    driver.run("hostile.mjs", &site, &json!({"pages": pages, "marker": MARKER}), at_least);
}

/// Writes every payload into every field; says which pages show how many of them at least.
fn plant(world: &World, payloads: &[String]) -> Vec<Value> {
    let mut pages: Vec<Value> = ["/", "/incidents", "/compare", "/devices", "/log", "/map"]
        .into_iter()
        .chain(["/units?show=covered", "/regions/0", "/regions/1"])
        .map(|path| json!({"path": path, "payloads": 0}))
        .collect();
    let mut watcher = world.device(1);
    let mut reporter = world.stranger(2);
    let invitation = world.invite(&Mandate::Everywhere);
    reporter.enrol_as(&world.wire(), &invitation, Role::Incidents).unwrap();
    let mut said: Vec<Signed> = Vec::new();
    let mut incidents = Vec::new();
    for (number, payload) in payloads.iter().enumerate() {
        let unit = world.country().precinct(number);
        let incident = reporter.say(incident(&unit, payload));
        incidents.push(incident.clone());
        said.push(incident);
        let photo = Photo {
            media_type: payload.clone(),
            ..Device::photo(payload.as_bytes(), PhotoRole::Original)
        };
        let mut typed = invented(unit.clone(), certified(), 7 + number as u64, vec![photo]);
        typed.document_number = Some(payload.clone());
        typed.document_time = Some(payload.clone());
        let protocol = watcher.say(Body::Protocol(typed.clone()));
        let correction = Correction {
            corrects: protocol.id,
            reason: payload.clone(),
            becomes: Corrected::Protocol(typed),
        };
        let missing = NotObtained {
            unit: unit.clone(),
            missing: Missing::CopyRefused,
            copy: None,
            occurred_at: None,
            office: Some(payload.clone()),
            words: payload.clone(),
            photos: Vec::new(),
        };
        let answers = [("sealed".parse().unwrap(), Answer::Text(payload.clone()))].into();
        let form = FormAnswers { unit, form: "opening".parse().unwrap(), answers };
        let others = [
            watcher.say(Body::Correction(correction)),
            watcher.say(Body::NotObtained(missing)),
            watcher.say(Body::Form(form)),
        ];
        if number % RECORDS_LOOKED_AT == 0 {
            let shown = std::iter::once(&protocol).chain(&others);
            pages.extend(shown.map(|record| page(&format!("/records/{}", record.id), 1)));
            pages.push(page(&format!("/search?q={}", percent(payload)), 1));
        }
        said.push(protocol);
        said.extend(others);
    }
    for batch in said.chunks(50) {
        world.wire().push_all(batch);
    }
    operators(world, &incidents, &said, payloads);
    pages.extend(hostile_desk::write(world, &incidents, payloads));
    pages.extend(incidents.iter().map(|record| page(&format!("/incidents/{}", record.id), 4)));
    let units = world.country().precincts().iter();
    // Each unit has its share of numbers, offices and answers.
    let share = payloads.len() / world.country().precincts().len();
    pages.extend(units.map(|unit| page(&format!("/units/{unit}"), share)));
    pages
}

/// What operators write: reasons of steps and decisions, labels, sources of publications.
fn operators(world: &World, incidents: &[Signed], said: &[Signed], payloads: &[String]) {
    let wire = world.wire();
    for (record, payload) in incidents.iter().zip(payloads) {
        let step = json!({"to": "triaged", "reason": payload});
        let answer = wire.post(&format!("/v1/incidents/{}/transitions", record.id), &step);
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    // The second of each five records is the protocol.
    for (record, payload) in said.iter().skip(1).step_by(5 * RECORDS_LOOKED_AT).zip(payloads) {
        let decision = json!({"disposition": "counted", "reason": payload});
        let answer = wire.post(&format!("/v1/records/{}/decisions", record.id), &decision);
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    for payload in payloads.iter().step_by(RECORDS_LOOKED_AT) {
        let label = json!({
            "label": payload, "org": "watchers", "mandate": "everywhere", "valid_hours": 1,
        });
        assert_eq!(wire.post("/v1/invitations", &label).status, 200);
    }
    let path = format!("/v1/publications?level=precinct&source={}", percent(&payloads[0]));
    let csv = "unit,president:heron,president:lark,president:crane\n0-0-0,7,5,9\n";
    let answer = wire.send("POST", &path, &[("content-type", "text/csv")], csv.as_bytes());
    assert_eq!(answer.unwrap().status, 200);
}

pub(crate) fn page(path: &str, payloads: usize) -> Value {
    json!({"path": path, "payloads": payloads})
}

fn incident(unit: &hattama_proto::id::UnitCode, payload: &str) -> Body {
    Body::Incident(Incident {
        categories: vec!["pressure".parse().unwrap()],
        phase: "count".parse().unwrap(),
        severity: Severity::High,
        unit: Some(code(unit.as_str())),
        place_words: Some(payload.to_owned()),
        occurred_at: None,
        words: payload.to_owned(),
        language: "en".to_owned(),
        attachments: Vec::new(),
        refers_to: None,
    })
}

/// A text as a value of a query.
fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
