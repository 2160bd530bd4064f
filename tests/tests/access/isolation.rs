//! What lies in another region or belongs to another organisation is not there: in no list, no page, no
//! file, no stream, at no address of its own; and nothing of it can be changed.

use hattama_proto::{
    id::{PhotoHash, UnitCode},
    record::{Body as RecordBody, PhotoRole},
    statement::Mandate,
};
use hattama_server::access::Role;
use hattama_tests::world::{Device, Wire, certified, invented};
use serde_json::json;

use super::{
    house::{House, OTHER, OWN, Said, letter, token, token_in},
    matrix::address_of,
    table::{Body, TABLE, Who},
};

/// Addresses whose answers do not end, or speak of the interface and of nobody.
const LEFT_OUT: [&str; 2] = ["/v1/incidents/stream", "/api"];

/// Whether an address names an object that one organisation sent from one region.
fn names_an_object(pattern: &str) -> bool {
    let objects = [
        "/records/{id}",
        "/incidents/{id}",
        "/transcriptions/{id}",
        "/transcription/{id}",
        "/photos/{sha256}",
        "/devices/{kid}",
        "/people/{person}",
        "/contacts/{person}",
        "/roster/{assignment}",
        "/webhooks/{id}",
    ];
    objects.iter().any(|object| pattern.contains(object))
}

/// Asks everything that can be asked, with objects that lie beyond what the account sees.
fn learns_nothing(house: &House, (role, token): (Role, &str), beyond: &Said, secrets: &[&str]) {
    for line in TABLE.iter().filter(|line| line.who != Who::Anybody) {
        if LEFT_OUT.contains(&line.pattern) {
            continue;
        }
        let is_object = names_an_object(line.pattern);
        if line.method != "GET" && !is_object {
            continue;
        }
        let path = address_of(line, beyond, &house.webhook);
        let answer = house.ask(token, line.method, &path, line.body);
        let what = format!("{token}: {} {path}: {}", line.method, answer.status);
        if is_object {
            // Contacts are shut for everybody as long as there is no vault, whoever is named.
            let shut = line.pattern == "/v1/contacts/{person}" && answer.status == 409;
            // To whom the address is open, it is not there; a refusal would tell that it is.
            let open = match line.who {
                Who::Roles(roles) | Who::Fresh(roles) => roles.contains(letter(role)),
                Who::Anybody | Who::Account => true,
            };
            let refused = if open { answer.status == 404 } else { answer.status == 403 };
            assert!(shut || refused, "{what}: {}", answer.text());
        }
        assert!(answer.status < 500, "{what}");
        let text = answer.text();
        for secret in secrets {
            let is_asked = path.contains(secret);
            assert!(is_asked || !text.contains(secret), "{what} says {secret}: {text}");
        }
    }
    for query in ["", "?format=exact_csv", "?format=json"] {
        let path = format!("/v1/incidents/export{query}");
        let text = house.ask(token, "GET", &path, Body::None).text();
        for secret in secrets {
            assert!(!text.contains(secret), "{token}: {path} says {secret}");
        }
    }
    for word in [&beyond.words, &beyond.record, &beyond.kid] {
        for path in [format!("/search?q={word}"), format!("/v1/incidents?q={word}")] {
            let text = house.ask(token, "GET", &path, Body::None).text().replace(word, "");
            for secret in secrets {
                assert!(!text.contains(secret), "{token}: {path} says {secret}");
            }
        }
    }
}

/// What a headquarters has signed and logged, and where its incidents stand.
fn logged(house: &House) -> (i64, i64, i64) {
    let store = house.store();
    let count = |what: &str| store.query_row(what, [], |row| row.get(0)).unwrap();
    (
        count("select count(*) from log_leaf"),
        count("select coalesce(sum(version), 0) from incident"),
        count("select coalesce(sum(version), 0) from assignment"),
    )
}

/// The test would prove nothing if there were nothing to see.
fn is_all_there(house: &House, said: &Said) {
    let op = &house.world.made().operator_token;
    let all: String = [
        "/v1/records",
        "/v1/devices",
        "/v1/incidents",
        "/v1/incidents/export",
        "/v1/checklists",
        "/v1/roster",
    ]
    .iter()
    .map(|path| house.ask(op, "GET", path, Body::None).text())
    .collect();
    for secret in said.secrets() {
        assert!(secret == said.item || all.contains(secret), "{secret} is nowhere");
    }
    let item = house.ask(op, "GET", &format!("/v1/transcriptions/{}", said.item), Body::None);
    assert_eq!(item.status, 200, "{}", item.text());
    let photo = house.ask(op, "GET", &format!("/v1/photos/{}", said.photo), Body::None);
    assert_eq!(photo.status, 200);
}

#[test]
fn an_account_of_one_region_learns_nothing_of_another() {
    let house = House::new();
    is_all_there(&house, &house.far);
    let before = logged(&house);
    for role in Role::ALL {
        for org in [None, Some(OWN)] {
            let token = token_in(role, org);
            learns_nothing(&house, (role, &token), &house.far, &house.far.secrets());
            let get = |path: &str| house.ask(&token, "GET", path, Body::None);
            let far = &house.far.unit;
            for path in [
                format!("/v1/units/{far}"),
                format!("/units/{far}"),
                format!("/compare/{far}"),
                "/regions/1".to_owned(),
                format!("/v1/compare?unit={far}"),
            ] {
                let status = get(&path).status;
                assert!([403, 404].contains(&status), "{token} {path}: {status}");
            }
            // What lies within is there.
            let reads = "CRPLU".contains(letter(role));
            for path in [
                format!("/v1/records/{}", house.own.record),
                format!("/v1/photos/{}", house.own.photo),
                format!("/v1/incidents/{}", house.own.incident),
                format!("/v1/units/{}", house.own.unit),
            ] {
                assert_eq!(get(&path).status == 200, reads, "{token} {path}");
            }
        }
    }
    assert_eq!(logged(&house), before, "and nothing of it was changed");

    // What is named in a body lies beyond as well.
    let wire = Wire::to(house.world.address(), &token_in(Role::Coordinator, None));
    let far = &house.far;
    let post = |path: &str, body: &serde_json::Value| wire.post(path, body).status;
    let invite = |mandate: &Mandate| json!({"label": "l", "org": OWN, "mandate": mandate});
    let units = |unit: &str| Mandate::Units(vec![unit.parse::<UnitCode>().unwrap()]);
    assert_eq!(post("/v1/invitations", &invite(&units(&far.unit))), 403);
    assert_eq!(post("/v1/invitations", &invite(&Mandate::Everywhere)), 403);
    assert_eq!(post("/v1/invitations", &invite(&units(&house.own.unit))), 200);
    let presence = json!({"person": far.person, "unit": far.unit, "what": "arrived"});
    assert_eq!(post("/v1/presences", &presence), 404);
    let told = json!({
        "person": far.person, "channel": "voice", "told_at": "2005-12-04T22:40:00+06:00",
        "entry": {"unit": far.unit, "form": "opening", "answers": {"sealed": true}},
    });
    assert_eq!(post("/v1/telephone/forms", &told), 404);
    let table = format!("seat,unit,from,until\nX,{},2020-01-01 06:00,2090-01-01 06:00\n", far.unit);
    let plan = wire.post("/v1/roster/import", &json!({"org": OWN, "table": table})).json();
    assert_eq!(plan["planned"], 0, "{plan}");
}

#[test]
fn an_account_of_one_organisation_learns_nothing_of_another() {
    let house = House::new();
    let (own, other) = (&house.own, &house.other);
    is_all_there(&house, other);
    let op = house.world.wire();
    // Somebody who sees everything ties the two together wherever that can be done.
    let tie = |path: String, body: serde_json::Value| {
        let answer = op.post(&path, &body);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    };
    for said in [own, other] {
        tie(format!("/v1/incidents/{}/group", said.incident), json!({"group": "both"}));
    }
    let counts = json!({"disposition": "counted", "reason": "r", "same_document_as": other.record});
    tie(format!("/v1/records/{}/decisions", own.record), counts);
    let duplicate = json!({"of": other.incident, "reason": "r"});
    tie(format!("/v1/incidents/{}/duplicate", own.incident), duplicate);
    // And the other way round, for what an incident counts for.
    let third = &house.far.incident;
    let alone = json!({"of": null, "reason": "r"});
    tie(format!("/v1/incidents/{}/duplicate", own.incident), alone.clone());
    tie(
        format!("/v1/incidents/{}/duplicate", other.incident),
        json!({"of": own.incident, "reason": "r"}),
    );
    tie(format!("/v1/incidents/{}/duplicate", other.incident), alone);
    tie(
        format!("/v1/incidents/{}/duplicate", own.incident),
        json!({"of": other.incident, "reason": "r"}),
    );
    tie(format!("/v1/incidents/{third}/duplicate"), json!({"of": other.incident, "reason": "r"}));

    let mut secrets = other.secrets();
    secrets.push(OTHER);
    let before = logged(&house);
    for role in Role::ALL {
        let token = token(role, "active", Some(OWN), true);
        learns_nothing(&house, (role, &token), other, &secrets);
        let path = format!("/v1/records/{}", own.record);
        let reads = "CRPLU".contains(letter(role));
        assert_eq!(house.ask(&token, "GET", &path, Body::None).status == 200, reads, "{role:?}");
    }
    assert_eq!(logged(&house), before, "and nothing of it was changed");

    let reviewer =
        Wire::to(house.world.address(), &token(Role::Reviewer, "active", Some(OWN), true));
    let counted = reviewer.get_json("/v1/incidents/counts");
    assert_eq!(counted["reports"], 2, "{counted}");
    let mine = reviewer.get_json(&format!("/v1/incidents/{}", own.incident));
    assert_eq!(mine["state"], "duplicate");
    assert!(mine["duplicate_of"].is_null(), "{mine}");
    // Nothing of the other's can be named in a change either.
    let change = |what: &str, body: serde_json::Value| {
        reviewer.post(&format!("/v1/incidents/{}/{what}", own.incident), &body).status
    };
    assert_eq!(change("duplicate", json!({"of": other.incident, "reason": "r"})), 422);
    let join = json!({"disposition": "counted", "reason": "r", "same_document_as": other.record});
    let decide = format!("/v1/records/{}/decisions", own.record);
    assert_eq!(reviewer.post(&decide, &join).status, 404);
    let coordinator =
        Wire::to(house.world.address(), &token(Role::Coordinator, "active", Some(OWN), true));
    let invite = json!({"label": "l", "org": OTHER, "mandate": "everywhere"});
    assert_eq!(coordinator.post("/v1/invitations", &invite).status, 403);
    let plan = json!({"org": OTHER, "table": "seat,unit,from,until\n"});
    assert_eq!(coordinator.post("/v1/roster/import", &plan).status, 404);
}

#[test]
fn a_photograph_is_not_seen_by_naming_it() {
    let house = House::new();
    let wire = house.world.wire();
    // Hashes of photographs stand in the public log: a phone of one organisation names another's.
    let invitation = json!({"label": "l", "org": OWN, "mandate": "everywhere"});
    let answer = wire.post("/v1/invitations", &invitation).json();
    let mut thief = house.world.stranger(99);
    thief.enrol(&wire, &answer["invitation"].as_str().unwrap().parse().unwrap()).unwrap();
    let bytes = b"preview 2";
    let stolen = Device::photo(bytes, PhotoRole::Preview);
    assert_eq!(stolen.sha256.to_hex(), house.other.photo);
    let own_bytes = b"a preview of one's own";
    let own = Device::photo(own_bytes, PhotoRole::Preview);
    let sheet = invented(house.world.country().precinct(0), certified(), 9, vec![stolen, own]);
    wire.push_one(&thief.say(RecordBody::Protocol(sheet)));
    let own = PhotoHash::of(own_bytes);
    wire.put(&own, own_bytes).unwrap();
    for token in [
        token(Role::Coordinator, "active", Some(OWN), true),
        token_in(Role::Coordinator, Some(OWN)),
    ] {
        let get = |photo: &str| {
            house.ask(&token, "GET", &format!("/v1/photos/{photo}"), Body::None).status
        };
        assert_eq!(get(&house.other.photo), 404, "{token}");
        assert_eq!(get(&own.to_hex()), 200, "{token}");
    }
    let all = token(Role::Coordinator, "active", None, true);
    let path = format!("/v1/photos/{}", house.other.photo);
    assert_eq!(house.ask(&all, "GET", &path, Body::None).status, 200);
}

#[test]
fn a_stream_tells_an_organisation_of_its_own_incidents_only() {
    let house = House::new();
    let token = token(Role::Reviewer, "active", Some(OWN), true);
    let wire = Wire::to(house.world.address(), &token);
    // What came last is the organisation's own, from another region: all before it has come by then.
    let told = wire.streamed(&house.far.incident);
    assert!(told.contains(&house.own.incident), "{told}");
    for secret in house.other.secrets().into_iter().chain([OTHER]) {
        assert!(!told.contains(secret), "{secret}: {told}");
    }
}

#[test]
fn a_vault_is_seen_as_far_as_an_account_sees() {
    let house = House::new();
    let op = &house.world.made().operator_token;
    let post = |token: &str, path: &str, body: &serde_json::Value| {
        Wire::to(house.world.address(), token).post(path, body)
    };
    let secret = "a long passphrase of a test";
    let all = token(Role::Admin, "active", None, true);
    let limited = token(Role::Admin, "active", Some(OWN), true);
    let coordinator = token(Role::Coordinator, "active", None, true);
    for who in [op, &all, &limited, &coordinator] {
        let answer = post(who, "/v1/vault/passphrase", &json!({ "passphrase": secret }));
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let made = json!({
        "holders": ["op", all],
        "coordinators": [{"account": coordinator, "org": OTHER, "region": "0"}],
    });
    assert_eq!(post(&limited, "/v1/vault", &made).status, 403, "the vault is everybody's");
    let answer = post(op, "/v1/vault", &made);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(post(&limited, "/v1/vault/seal", &json!({})).status, 403);
    let asked = json!({
        "people": [house.other.person], "reason": "detained of neighbours", "passphrase": secret,
    });
    let asked = post(op, "/v1/vault/openings", &asked);
    assert_eq!(asked.status, 200, "{}", asked.text());
    let opening = asked.json()["opening"].as_str().unwrap().to_owned();
    let wire = Wire::to(house.world.address(), &limited);
    let everything = Wire::to(house.world.address(), &all).get_json("/v1/vault");
    let part = wire.get_json("/v1/vault");
    assert_eq!(everything["grants"].as_array().unwrap().len(), 1);
    assert_eq!((&part["grants"], &part["holders"]), (&json!([]), &json!([])), "{part}");
    let people = |view: &serde_json::Value| view["sealed"].as_u64().unwrap();
    assert!(people(&part) > 0 && people(&part) < people(&everything), "{part} {everything}");
    assert_eq!(wire.get_json("/v1/vault/openings"), json!([]));
    assert_eq!(wire.get(&format!("/v1/vault/openings/{opening}")).status, 404);
}
