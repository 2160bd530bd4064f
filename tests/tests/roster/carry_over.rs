//! A second round: people, phones and seats carry over; nothing that was revoked does, and no record.

use hattama_client_core::{
    Notebook, NotebookError, NotebookOptions, Pictures, PumpBudget, Started,
};
use hattama_proto::{
    invitation::{Invitation, Proof},
    jws::sign,
    kind::{Kind, Role},
    record::{App, EnrolmentRequest, RequestClaims, Vouch, VouchClaims},
    time::UnixMillis,
    wire::EnrolmentPush,
};
use hattama_server::{
    carry_over::{self, Carried, CarryError},
    clock,
    config::Config,
    folder::DataFolder,
    keys,
    store::tables,
};
use hattama_tests::world::{Country, Device, Ending, Phone, World, block_on, open_patiently};
use serde_json::{Value, json};

use crate::{FIRST, SECOND, accounts, done, invite, on_both_engines};

on_both_engines![
    an_observer_goes_on_into_the_second_round_and_scans_nothing,
    the_other_way_round_between_the_engines_it_is_the_same,
    what_was_revoked_never_carries_over,
    twice_is_as_good_as_once,
    seats_wait_to_be_confirmed,
    no_record_of_the_first_round_counts_in_the_second,
    contacts_stay_sealed_to_the_same_keys,
    only_the_own_key_for_the_own_election_is_vouched_for,
];

/// The headquarters of a second round.
fn second_round() -> World {
    World::of(Country::small().second_round(), hattama_tests::engine::Engine::sqlite())
}

fn config(world: &World) -> (DataFolder, Config) {
    let folder = DataFolder::open(world.data()).unwrap();
    let config = Config::load(&folder.config()).unwrap();
    (folder, config)
}

/// Carries over, with both stopped, and starts both again.
fn carry(first: &mut World, second: &mut World) -> Carried {
    first.end(Ending::InOrder);
    second.end(Ending::InOrder);
    let carried = block_on(async {
        let ((old_folder, old), (folder, new)) = (config(first), config(second));
        let (last, this) = ((&old_folder, &old), (&folder, &new));
        carry_over::between(last, this, clock::system()).await.unwrap()
    });
    first.start();
    second.start();
    carried
}

/// Says in the log of the first round which one follows.
fn announce(first: &mut World, second: &World) -> bool {
    first.end(Ending::InOrder);
    let said = block_on(async {
        let ((folder, _), (_, next)) = (config(first), config(second));
        let root = keys::root(&folder.keys()).unwrap();
        let hq = open_patiently(first.data()).await;
        let stranger = keys::hq(&folder.keys()).unwrap();
        let refused = carry_over::announce(&hq, &next, &stranger, clock::system()).await;
        assert!(matches!(refused, Err(CarryError::Root)), "{refused:?}");
        let said = carry_over::announce(&hq, &next, &root, clock::system()).await.unwrap();
        hq.close().await;
        said
    });
    first.start();
    said
}

/// A notebook in another folder of the same phone.
fn next(phone: &Phone) -> Notebook {
    let options = NotebookOptions { pictures: Pictures::Skip, ..NotebookOptions::default() };
    Notebook::open(&phone.scratch().join("next"), options).unwrap()
}

fn enrolled(world: &World, label: &str, unit: &str) -> (String, Phone) {
    let (person, invitation) = invite(&world.wire(), label, unit);
    let phone = world.blank_phone();
    phone.enrol(&invitation.parse().unwrap());
    (person, phone)
}

fn goes_on(first: &mut World, second: &mut World) {
    let unit = first.country().precinct(0);
    let (person, phone) = enrolled(first, "17", unit.as_str());
    phone.notebook().set_language("ru").unwrap();
    phone.protocol(unit.clone(), 1);
    phone.sync();
    let carried = carry(first, second);
    assert_eq!((carried.people, carried.keys, carried.contacts), (1, 2, 1), "{carried:?}");
    assert!(announce(first, second) && !announce(first, second), "it is said once");
    let before = next(&phone);
    assert!(phone.notebook().follow(&before).is_err(), "it has not heard of it yet");
    phone.sync();
    let succession = phone.notebook().succession().unwrap().unwrap();
    assert_eq!(succession.next, second.made().election);
    let enrolled = phone.notebook().follow(&before).unwrap();
    assert_eq!(enrolled.election, second.made().election);
    let of = |role| enrolled.persons.iter().find(|one| one.0 == role).unwrap().1.clone();
    assert_eq!(of(Role::Results).as_str(), person, "the same pseudonym");
    for role in Role::ALL {
        assert_ne!(before.kid(role), phone.notebook().kid(role), "keys of its own");
    }
    assert_eq!(before.language().unwrap(), "ru");
    // A lost answer is asked for again, and answered the same.
    assert_eq!(phone.notebook().follow(&before).unwrap(), enrolled);

    // The new notebook works as any other.
    let draft = hattama_client_core::capture::IncidentDraft::new(
        "pressure".parse().unwrap(),
        "opening".parse().unwrap(),
        hattama_proto::record::Severity::Low,
        "in the second round",
    );
    let incident = before.capture_incident(draft).unwrap().record;
    let budget = PumpBudget { ms_max: 60_000, started: Started::ByUser, ..PumpBudget::default() };
    before.pump(&budget).unwrap();
    let records = second.wire().records();
    assert_eq!(records, [(incident, None)], "stored, and nothing against it");
    let shown = second.wire().get_json(&format!("/v1/incidents/{incident}"));
    assert_eq!(shown["org"], "watchers");
    // The coordinator replaces this phone in the second round as in the first.
    let path = format!("/v1/people/{person}/replacement");
    assert_eq!(done(&second.wire(), &path, &json!({"reason": "lost"}))["ended"], 2);
}

fn an_observer_goes_on_into_the_second_round_and_scans_nothing(world: &mut World) {
    goes_on(world, &mut second_round());
}

fn the_other_way_round_between_the_engines_it_is_the_same(world: &mut World) {
    goes_on(&mut second_round(), world);
}

fn what_was_revoked_never_carries_over(world: &mut World) {
    let mut second = second_round();
    let unit = world.country().precinct(0);
    let (_, lost) = enrolled(world, "17", unit.as_str());
    let (_, later) = enrolled(world, "18", unit.as_str());
    let (_, stays) = enrolled(world, "19", unit.as_str());
    // Only the key for protocols: nobody knows which one for incidents is the same person's.
    world.wire().revoke(lost.notebook().kid(Role::Results));
    let carried = carry(world, &mut second);
    assert_eq!((carried.people, carried.keys, carried.revoked), (2, 5, 1), "{carried:?}");
    announce(world, &second);
    for phone in [&lost, &later, &stays] {
        phone.sync();
    }
    let follow = |phone: &Phone| phone.notebook().follow(&next(phone));
    assert!(matches!(follow(&lost), Err(NotebookError::Refused { .. })));
    // Whoever has the phone and not the notebook's manners asks for the other key alone.
    let vouched = vouch(&second, &phone_key(&lost, Role::Incidents), 80, "");
    assert_eq!(refused_enrolment(&second, &vouched), "invitation-used");
    // Revoked in the first round after it was carried over: run again, it has ended.
    let replaced = later.notebook().enrolment().unwrap().unwrap().persons;
    let person = replaced.iter().find(|one| one.0 == Role::Results).unwrap().1.clone();
    let path = format!("/v1/people/{person}/replacement");
    done(&world.wire(), &path, &json!({"reason": "taken at the door"}));
    let again = carry(world, &mut second);
    assert_eq!((again.keys, again.ended, again.used), (0, 2, 0), "{again:?}");
    assert!(matches!(follow(&later), Err(NotebookError::Refused { .. })));
    follow(&stays).unwrap();
    world.wire().revoke(stays.notebook().kid(Role::Results));
    assert_eq!(carry(world, &mut second).used, 1, "it is told to be looked at by hand");
}

/// The seeds of a phone's keys, as somebody who took it reads them.
fn phone_key(phone: &Phone, role: Role) -> hattama_proto::key::SigningKey {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let text = std::fs::read_to_string(phone.folder().join("keys.json")).unwrap();
    let seeds: Value = serde_json::from_str(&text).unwrap();
    let seed = URL_SAFE_NO_PAD.decode(seeds[role.name()].as_str().unwrap()).unwrap();
    hattama_proto::key::SigningKey::from_seed(&seed).unwrap()
}

/// A request for a fresh key for incidents, vouched for by `old` and with this word.
fn vouch(second: &World, old: &hattama_proto::key::SigningKey, seed: u64, ticket: &str) -> String {
    request(second, old, &Device::new(seed, second.made().election.clone()), |claims| {
        claims.body.role = Role::Incidents;
        claims.body.proof = Proof::derive(ticket, Role::Incidents);
    })
}

fn request(
    second: &World,
    old: &hattama_proto::key::SigningKey,
    fresh: &Device,
    change: impl Fn(&mut RequestClaims),
) -> String {
    let claims = VouchClaims {
        election: "test-2005".parse().unwrap(),
        nonce: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        body: Vouch { next: second.made().election.clone(), key: fresh.kid() },
    };
    let vouch = sign(old, Kind::Vouch, &claims).unwrap();
    let mut claims = RequestClaims {
        uid: serde_json::from_value(json!("01080000-0000-7000-8000-000000000000")).unwrap(),
        election: second.made().election.clone(),
        nonce: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        claimed_at: hattama_proto::time::ClaimedTime::from_unix_millis(UnixMillis(0)),
        body: EnrolmentRequest {
            public_key: fresh.public_key(),
            role: Role::Results,
            proof: Proof::derive("", Role::Results),
            app: App { name: "test".to_owned(), version: "1".to_owned() },
            vouch: Some(vouch),
            hardware: None,
        },
    };
    change(&mut claims);
    sign(fresh.key(), Kind::EnrolmentRequest, &claims).unwrap()
}

fn refused_enrolment(second: &World, request: &str) -> String {
    let push = EnrolmentPush { request: request.to_owned() };
    second.wire().enrol(&push).unwrap_err().code.name().to_owned()
}

fn counts(world: &mut World) -> Vec<u64> {
    world.end(Ending::InOrder);
    let counts = block_on(async {
        let db = crate::store(world).await;
        let counts = tables::counts(&db).await.unwrap();
        db.close().await;
        counts
    });
    world.start();
    counts
}

fn twice_is_as_good_as_once(world: &mut World) {
    let mut second = second_round();
    let unit = world.country().precinct(0);
    let (person, _) = enrolled(world, "17", unit.as_str());
    let table = format!(
        "seat;unit;from;until;person\nA;{unit};2005-12-04 06:00;2005-12-04 22:00;{person}\n"
    );
    done(&world.wire(), "/v1/roster/import", &json!({"org": "watchers", "table": table}));
    let first = counts(world);
    let carried = carry(world, &mut second);
    assert_eq!((carried.keys, carried.seats, carried.contacts), (2, 1, 1));
    let after = counts(&mut second);
    let again = carry(world, &mut second);
    let expected = Carried { people: 1, ..Carried::default() };
    assert_eq!(again, expected, "nothing was left to do");
    assert_eq!(counts(&mut second), after);
    assert_eq!(counts(world), first, "the first round is only read");
}

fn seats_wait_to_be_confirmed(world: &mut World) {
    let mut second = second_round();
    let unit = world.country().precinct(0);
    let (person, phone) = enrolled(world, "17", unit.as_str());
    let table = format!(
        "seat;unit;from;until;person\nA;{unit};2005-12-04 06:00;2005-12-04 22:00;{person}\n\
         B;{unit};2005-12-04 06:00;2005-12-04 22:00;\n"
    );
    done(&world.wire(), "/v1/roster/import", &json!({"org": "watchers", "table": table}));
    carry(world, &mut second);
    let wire = second.wire();
    // Fourteen days later, at the same hour.
    let at: UnixMillis = UnixMillis(
        "2005-12-18T08:00:00+06:00".parse::<jiff::Timestamp>().unwrap().as_millisecond(),
    );
    let view = || wire.get_json(&format!("/v1/roster?at={}", at.0));
    let before = view();
    assert_eq!((&before["planned"], &before["expected"]), (&json!(0), &json!([])));
    assert_eq!(before["to_confirm"].as_array().unwrap().len(), 2, "{before}");
    assert_eq!(before["to_confirm"][0]["person"], person.as_str());
    let page = wire.send("GET", "/roster", &[("accept", "text/html")], b"").unwrap();
    assert!(page.text().contains("/roster/confirmation"));
    // One of them is taken back, the other one is confirmed.
    let id = before["to_confirm"][1]["id"].as_str().unwrap();
    let body = json!({"person": null, "stands": false, "version": 0});
    done(&wire, &format!("/v1/roster/{id}"), &body);
    assert_eq!(done(&wire, "/v1/roster/confirmation", &json!({}))["confirmed"], 1);
    assert_eq!(done(&wire, "/v1/roster/confirmation", &json!({}))["confirmed"], 0);
    let after = view();
    assert_eq!((&after["planned"], &after["to_confirm"]), (&json!(1), &json!([])));
    assert_eq!(after["expected"][0]["state"], "silent");
    drop(phone);
}

fn no_record_of_the_first_round_counts_in_the_second(world: &mut World) {
    let mut second = second_round();
    let unit = world.country().precinct(0);
    let (_, invitation) = invite(&world.wire(), "17", unit.as_str());
    let mut old = Device::new(81, world.made().election.clone());
    old.enrol(&world.wire(), &invitation.parse().unwrap()).unwrap();
    let said = old.protocol(unit.clone(), 1);
    assert_eq!(world.wire().push_one(&said).reason, None);
    carry(world, &mut second);
    let wire = second.wire();
    assert_eq!(wire.records(), [], "none came along");
    // Carried there by hand it is kept, and never counted: the key is of another election.
    let verdict = wire.push_with_key(&said, &old);
    assert_eq!(verdict.reason.as_deref(), Some("unknown_device"));
    let file = wire.get_json(&format!("/v1/units/{unit}"));
    assert_eq!(file["documents"], json!([]));
}

fn contacts_stay_sealed_to_the_same_keys(world: &mut World) {
    let [aigul, daniyar, _] = crate::make_vault(world);
    let mut second = second_round();
    let unit = world.country().precinct(0);
    let (person, invitation) = invite(&aigul, "Aliya Test", unit.as_str());
    let phone = world.blank_phone();
    phone.enrol(&invitation.parse().unwrap());
    let (gone, invitation) = invite(&aigul, "Never Again", unit.as_str());
    let removed = world.blank_phone();
    removed.enrol(&invitation.parse().unwrap());
    world.wire().revoke(removed.notebook().kid(Role::Results));
    drop((aigul, daniyar));
    assert_eq!(carry(world, &mut second).contacts, 1);
    assert_eq!(carry(world, &mut second).contacts, 0);
    // The same two holders open the same names with the same passphrases.
    let [aigul, daniyar]: [_; 2] = accounts(&mut second, &["aigul", "daniyar"]).try_into().unwrap();
    let body = json!({
        "people": [person, gone], "grants": [], "reason": "second round", "passphrase": FIRST,
    });
    let missing = aigul.post("/v1/vault/openings", &body);
    assert!(missing.status >= 400, "whoever was removed is not there: {}", missing.text());
    let body =
        json!({"people": [person], "grants": [], "reason": "second round", "passphrase": FIRST});
    let asked = done(&aigul, "/v1/vault/openings", &body);
    let path = format!("/v1/vault/openings/{}/agreement", asked["opening"].as_str().unwrap());
    let opened = done(&daniyar, &path, &json!({"passphrase": SECOND}));
    assert!(opened.to_string().contains("Aliya Test"), "{opened}");
}

fn only_the_own_key_for_the_own_election_is_vouched_for(world: &mut World) {
    let mut second = second_round();
    let unit = world.country().precinct(0);
    let (_, phone) = enrolled(world, "17", unit.as_str());
    carry(world, &mut second);
    let old = phone_key(&phone, Role::Results);
    let fresh = |seed| Device::new(seed, second.made().election.clone());
    let stranger = Device::new(82, world.made().election.clone());
    let by_nobody = request(&second, stranger.key(), &fresh(83), |_| {});
    assert_eq!(refused_enrolment(&second, &by_nobody), "invitation-unknown");
    // Somebody who saw the vouch puts it into a request of their own.
    let theirs = request(&second, &old, &fresh(84), |_| {});
    let seen: Value = serde_json::from_slice(
        hattama_proto::jws::Envelope::parse(&theirs).unwrap().unverified_payload(),
    )
    .unwrap();
    let stolen = request(&second, &old, &fresh(85), |claims| {
        claims.body.vouch = seen["body"]["vouch"].as_str().map(str::to_owned);
    });
    assert_eq!(refused_enrolment(&second, &stolen), "malformed-body");
    // A key for protocols cannot become one for incidents.
    let other_role = request(&second, &old, &fresh(86), |claims| {
        claims.body.role = Role::Incidents;
    });
    assert_eq!(refused_enrolment(&second, &other_role), "invitation-unknown");
    // Without the word that goes with the key for protocols, none for incidents.
    let incidents = || phone_key(&phone, Role::Incidents);
    let alone = vouch(&second, &incidents(), 87, "");
    assert_eq!(refused_enrolment(&second, &alone), "invitation-used");
    let ask = || second.wire().enrol(&EnrolmentPush { request: theirs.clone() }).unwrap();
    let ticket = ask().ticket.unwrap();
    let both = vouch(&second, &incidents(), 88, &ticket);
    second.wire().enrol(&EnrolmentPush { request: both }).unwrap();
    // Once the new key is revoked, asking again brings no word for another.
    assert!(ask().ticket.is_some(), "an answer that was lost is given again");
    second.wire().revoke(fresh(84).kid());
    assert_eq!(ask().ticket, None);
    // One key vouches for one.
    let twice = request(&second, &old, &fresh(89), |_| {});
    assert_eq!(refused_enrolment(&second, &twice), "invitation-used");
    // And no invitation is guessed from what anybody knows.
    let guess = Invitation {
        hq: Vec::new(),
        election: second.made().election.clone(),
        root: second.made().root,
        pin: None,
        secret: String::new(),
        expires_at: UnixMillis(0),
    };
    assert!(fresh(90).enrol(&second.wire(), &guess).is_err());
}
