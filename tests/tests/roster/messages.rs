//! Messages: signed, given to the devices they are for and to no other, kept and read on the phone.

use hattama_proto::{
    jws::{Envelope, sign},
    kind::Kind,
    wire::{Feed, FeedKind},
};
use hattama_tests::world::{Device, Phone, Wire, World};
use serde_json::{Value, json};

use crate::{done, invite, on_both_engines, refused};

on_both_engines![
    a_message_comes_to_whom_it_is_for_and_to_nobody_else,
    its_owner_reads_it_in_the_own_language_and_headquarters_counts_it,
    a_revoked_device_is_given_none_and_a_new_phone_of_the_person_all,
    a_coordinator_writes_to_the_own_region_and_organisation_only,
    the_silent_and_the_not_proven_are_written_to,
    a_message_is_sent_once_under_a_key,
    what_cannot_be_sent_says_why,
];

fn enrolled(world: &World, wire: &Wire, label: &str, unit: &str) -> (String, Phone) {
    let (person, invitation) = invite(wire, label, unit);
    let phone = world.blank_phone();
    phone.enrol(&invitation.parse().unwrap());
    (person, phone)
}

fn texts(phone: &Phone) -> Vec<String> {
    phone.sync_once();
    let messages = phone.notebook().messages().unwrap();
    messages.into_iter().map(|message| message.text).collect()
}

/// What a device that is only a key is given.
fn fed(world: &World, token: &str) -> Vec<String> {
    let answer = Wire::to(world.address(), token).get("/v1/feed");
    let feed: Feed = serde_json::from_slice(&answer.body).unwrap();
    feed.items
        .into_iter()
        .filter_map(|item| match item.item {
            FeedKind::Message { statement } => Some(statement),
            _ => None,
        })
        .collect()
}

fn a_message_comes_to_whom_it_is_for_and_to_nobody_else(world: &mut World) {
    let wire = world.wire();
    let (north, south) = (world.country().precinct(0), world.country().precinct(1));
    let (person, there) = enrolled(world, &wire, "17", north.as_str());
    let (_, elsewhere) = enrolled(world, &wire, "18", south.as_str());
    let body = json!({"to": {"within": "0"}, "texts": {"en": "to region 0"}});
    let sent = done(&wire, "/v1/messages", &body);
    assert_eq!((&sent["people"], &sent["received"]), (&json!(1), &json!(0)));
    assert_eq!(texts(&there), ["to region 0"]);
    assert_eq!(texts(&elsewhere), [] as [&str; 0], "another region");
    done(&wire, "/v1/messages", &json!({"to": {"person": person}, "texts": {"en": "to you"}}));
    done(&wire, "/v1/messages", &json!({"to": "everybody", "texts": {"en": "to all"}}));
    assert_eq!(texts(&there), ["to all", "to you", "to region 0"], "newest first");
    assert_eq!(texts(&elsewhere), ["to all"]);

    // Another organisation's device is given what is for it, and nothing of ours.
    let body = json!({
        "label": "x", "org": "neighbours", "mandate": {"units": [north]}, "valid_hours": 5,
    });
    let invited = done(&wire, "/v1/invitations", &body);
    let neighbour = world.blank_phone();
    neighbour.enrol(&invited["invitation"].as_str().unwrap().parse().unwrap());
    let ours = json!({"to": "everybody", "org": "watchers", "texts": {"en": "to watchers"}});
    assert_eq!(done(&wire, "/v1/messages", &ours)["people"], 2);
    assert_eq!(texts(&neighbour), [] as [&str; 0]);
    assert_eq!(texts(&there)[0], "to watchers");
    // Whoever asks without a device's token is given nothing at all.
    assert_eq!(Wire::to(world.address(), "nobody").get("/v1/feed").status, 401);
}

fn its_owner_reads_it_in_the_own_language_and_headquarters_counts_it(world: &mut World) {
    let wire = world.wire();
    let (_, mut phone) = enrolled(world, &wire, "17", world.country().precinct(0).as_str());
    let body = json!({"to": "everybody", "texts": {"kk": "bar", "ru": "idi", "en": ""}});
    done(&wire, "/v1/messages", &body);
    let listed = || wire.get_json("/v1/messages")[0].clone();
    assert_eq!(listed()["received"], 0, "it is on no phone yet");
    assert_eq!(listed()["texts"], json!({"kk": "bar", "ru": "idi"}));
    phone.sync_once();
    assert_eq!(listed()["received"], 1, "the phone has asked for what comes after it");
    let read = |language: &str| {
        phone.notebook().set_language(language).unwrap();
        phone.notebook().messages().unwrap().remove(0)
    };
    assert_eq!((read("ru").text, read("en").text), ("idi".to_owned(), "bar".to_owned()));
    let message = read("kk");
    assert_eq!((message.account.as_str(), message.read_at), ("op", None));
    phone.notebook().open_message(message.id).unwrap();
    // Both the choice and that it was read outlive the app, and nothing is deleted.
    phone.close();
    phone.open();
    let again = phone.notebook().messages().unwrap();
    assert_eq!((again.len(), again[0].text.as_str()), (1, "bar"));
    assert!(again[0].read_at.is_some());
    phone.sync_once();
    assert_eq!(phone.notebook().messages().unwrap().len(), 1, "it comes once");
}

fn a_revoked_device_is_given_none_and_a_new_phone_of_the_person_all(world: &mut World) {
    let (wire, unit) = (world.wire(), world.country().precinct(0));
    let (person, invitation) = invite(&wire, "17", unit.as_str());
    let mut lost = Device::new(70, world.made().election.clone());
    let token = lost.enrol(&wire, &invitation.parse().unwrap()).unwrap().device_token;
    done(&wire, "/v1/messages", &json!({"to": "everybody", "texts": {"en": "before"}}));
    assert_eq!(fed(world, &token).len(), 1);
    let path = format!("/v1/people/{person}/replacement");
    let replaced = done(&wire, &path, &json!({"reason": "taken at the door"}));
    assert_eq!(fed(world, &token).len(), 0, "nothing any more, also not again");
    let nobody = json!({"to": "everybody", "texts": {"en": "after"}});
    assert_eq!(refused(&wire.post("/v1/messages", &nobody)), "invalid", "no key of theirs stands");
    let fresh = world.blank_phone();
    fresh.enrol(&replaced["invitation"].as_str().unwrap().parse().unwrap());
    done(&wire, "/v1/messages", &json!({"to": "everybody", "texts": {"en": "again"}}));
    // The lost one still reads its feed to its end, and is given nothing: nor has the person anything
    // until the new one reads.
    Wire::to(world.address(), &token).get("/v1/feed?after=1000000");
    let newest = &wire.get_json("/v1/messages")[0];
    assert_eq!((&newest["texts"]["en"], &newest["received"]), (&json!("again"), &json!(0)));
    assert_eq!(texts(&fresh), ["again", "before"], "the person has what was for them");
    assert_eq!(fed(world, &token).len(), 0);
}

fn a_coordinator_writes_to_the_own_region_and_organisation_only(world: &mut World) {
    let made = world.made().operator_token.clone();
    let [north, other]: [Wire; 2] = crate::limited(
        world,
        &[("north", Some("watchers"), Some("0")), ("other", Some("neighbours"), None)],
    )
    .try_into()
    .unwrap();
    let wire = Wire::to(world.address(), &made);
    let (_, here) = enrolled(world, &wire, "17", world.country().precinct(0).as_str());
    let (far, there) = enrolled(world, &wire, "18", world.country().precinct(1).as_str());
    let all = json!({"to": "everybody", "texts": {"en": "from the north"}});
    assert_eq!(done(&north, "/v1/messages", &all)["people"], 1);
    assert_eq!(texts(&here), ["from the north"]);
    assert_eq!(texts(&there), [] as [&str; 0]);
    let stranger = json!({"to": {"person": far}, "texts": {"en": "x"}});
    assert_eq!(refused(&north.post("/v1/messages", &stranger)), "invalid");
    assert_eq!(refused(&other.post("/v1/messages", &all)), "invalid", "nobody of theirs");
    let ours = json!({"to": "everybody", "org": "watchers", "texts": {"en": "x"}});
    assert_eq!(refused(&other.post("/v1/messages", &ours)), "not-found");
    assert_eq!(other.get_json("/v1/messages"), json!([]), "nor is it theirs to see");
    assert_eq!(north.get_json("/v1/messages").as_array().unwrap().len(), 1);
    let page = north.send("GET", "/messages", &[("accept", "text/html")], b"").unwrap();
    assert!(page.text().contains("from the north"), "{}", page.text());
}

fn the_silent_and_the_not_proven_are_written_to(world: &mut World) {
    let wire = world.wire();
    let unit = world.country().precinct(0);
    let (silent, first) = enrolled(world, &wire, "17", unit.as_str());
    let (_, second) = enrolled(world, &wire, "18", unit.as_str());
    let table = format!(
        "seat;unit;from;until;person\nA;{unit};2020-01-01 06:00;2090-01-01 06:00;{silent}\n"
    );
    done(&wire, "/v1/roster/import", &json!({"org": "watchers", "table": table}));
    done(&wire, "/v1/messages", &json!({"to": "silent", "texts": {"en": "are you there?"}}));
    assert_eq!(texts(&first), ["are you there?"]);
    assert_eq!(texts(&second), [] as [&str; 0]);
    done(&wire, "/v1/messages", &json!({"to": "not_proven", "texts": {"en": "rehearse"}}));
    assert_eq!((texts(&first).len(), texts(&second).len()), (2, 1));
}

fn a_message_is_sent_once_under_a_key(world: &mut World) {
    let wire = world.wire();
    let (_, phone) = enrolled(world, &wire, "17", world.country().precinct(0).as_str());
    let post = |text: &str| {
        let body = json!({"to": "everybody", "texts": {"en": text}}).to_string();
        let headers = [("content-type", "application/json"), ("idempotency-key", "k-1")];
        wire.send("POST", "/v1/messages", &headers, body.as_bytes()).unwrap()
    };
    let first = post("once").json();
    assert_eq!(post("once").json()["message"], first["message"]);
    assert_eq!(refused(&post("another")), "key-reused");
    assert_eq!(texts(&phone), ["once"]);
}

fn what_cannot_be_sent_says_why(world: &mut World) {
    let wire = world.wire();
    enrolled(world, &wire, "17", world.country().precinct(0).as_str());
    let long = "x".repeat(1501);
    for body in [
        json!({"to": "everybody", "texts": {}}),
        json!({"to": "everybody", "texts": {"en": " "}}),
        json!({"to": "everybody", "texts": {"en": long}}),
        json!({"to": "everybody", "texts": {"uz": "salom"}}),
        json!({"to": {"within": "nowhere"}, "texts": {"en": "x"}}),
        json!({"to": {"person": "p-nobody"}, "texts": {"en": "x"}}),
        json!({"to": "silent", "texts": {"en": "nobody is expected"}}),
    ] {
        assert_eq!(refused(&wire.post("/v1/messages", &body)), "invalid", "{body}");
    }
    assert_eq!(wire.get_json("/v1/messages"), json!([]));
}

/// A relay between phone and headquarters that puts a message of its own into the feed.
#[test]
fn a_forged_or_altered_message_is_not_kept_and_a_human_is_told() {
    use hattama_client_core::{
        Alarm, PumpBudget, Started,
        transport::{HttpTransport, Request, Response, Stop, Transport, TransportError},
    };

    /// Answers as headquarters does, except that items of the feed are changed.
    struct Relay<'a>(HttpTransport, &'a (dyn Fn(&mut Feed) + Sync));

    impl Transport for Relay<'_> {
        fn execute(&self, request: Request, stop: &Stop) -> Result<Response, TransportError> {
            let is_feed = request.path.starts_with("/v1/feed");
            let mut answer = self.0.execute(request, stop)?;
            if is_feed && let Ok(mut feed) = serde_json::from_slice::<Feed>(&answer.body) {
                (self.1)(&mut feed);
                answer.body = serde_json::to_vec(&feed).unwrap();
            }
            Ok(answer)
        }
    }

    let world = World::new();
    let wire = world.wire();
    let (person, phone) = enrolled(&world, &wire, "17", world.country().precinct(0).as_str());
    let (_, other) = enrolled(&world, &wire, "18", world.country().precinct(1).as_str());
    done(&wire, "/v1/messages", &json!({"to": {"person": person}, "texts": {"en": "stay"}}));
    let sync = |phone: &Phone, change: &(dyn Fn(&mut Feed) + Sync)| {
        let address = format!("http://{}", world.proxy.address());
        let relay = Relay(HttpTransport::new(&[address], None).unwrap(), change);
        let budget =
            PumpBudget { ms_max: 60_000, started: Started::ByUser, ..PumpBudget::default() };
        phone.notebook().pump_through(&budget, &relay).unwrap().alarms
    };
    let statement = |feed: &mut Feed, make: &dyn Fn(&str) -> String| {
        for item in &mut feed.items {
            if let FeedKind::Message { statement } = &mut item.item {
                *statement = make(statement);
            }
        }
    };
    // Somebody without headquarters' key says something else in its name, to this very person.
    let forger = Device::new(99, world.made().election.clone());
    let forged = |text: &str| {
        let payload = Envelope::parse(text).unwrap().unverified_payload().to_vec();
        let mut claims: Value = serde_json::from_slice(&payload).unwrap();
        claims["body"]["texts"]["en"] = json!("go home");
        sign(forger.key(), Kind::Message, &claims).unwrap()
    };
    let altered = |text: &str| {
        let mut parts: Vec<String> = text.split('.').map(str::to_owned).collect();
        let forged = forged(text);
        parts[1] = forged.split('.').nth(1).unwrap().to_owned();
        parts.join(".")
    };
    for make in [&forged as &(dyn Fn(&str) -> String + Sync), &altered] {
        let cursor = |feed: &mut Feed| {
            statement(feed, make);
            // As if nothing had come, so that the next sync asks from the same place.
            feed.next = 0;
        };
        let alarms = sync(&phone, &cursor);
        assert!(alarms.contains(&Alarm::MessageRefused), "{alarms:?}");
        assert_eq!(phone.notebook().messages().unwrap(), []);
    }
    // Nor can anybody but the root lead observers away.
    let away = |feed: &mut Feed| {
        let claims = json!({
            "election": world.made().election, "issued_at": 1, "nonce": "x",
            "body": {"next": "elsewhere", "root": forger.kid(), "hq": ["https://away.example"]},
        });
        let statement = sign(forger.key(), Kind::Succession, &claims).unwrap();
        feed.items =
            vec![hattama_proto::wire::FeedItem { at: 1, item: FeedKind::Succession { statement } }];
        feed.next = 0;
    };
    assert_eq!(sync(&phone, &away), [Alarm::MessageRefused]);
    assert_eq!(phone.notebook().succession().unwrap(), None);
    // A true one, given to somebody else, is not kept either.
    let kept = std::sync::Mutex::new(String::new());
    let alarms = sync(&phone, &|feed| {
        statement(feed, &|text| {
            *kept.lock().unwrap() = text.to_owned();
            text.to_owned()
        });
    });
    assert_eq!(alarms, []);
    assert_eq!(phone.notebook().messages().unwrap()[0].text, "stay");
    let stray = kept.lock().unwrap().clone();
    sync(&other, &|feed| {
        let item = FeedKind::Message { statement: stray.clone() };
        feed.items.push(hattama_proto::wire::FeedItem { at: 1, item });
    });
    assert_eq!(other.notebook().messages().unwrap(), [], "it names another person");
}
