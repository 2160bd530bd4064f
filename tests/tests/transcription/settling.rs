//! What becomes of what two, three and a decision say.

use hattama_tests::world::{Ending, World, certified};
use serde_json::{Value, json};

use super::{
    office::{MISTYPED, Person, TYPED, bring, document, figures, hire, mismatch},
    on_both_engines,
};

on_both_engines![
    two_who_type_alike_settle_it_and_nobody_s_entry_is_overwritten,
    the_second_sees_nothing_of_the_first_nor_of_the_observers,
    a_third_sees_both_without_names_and_settles_it,
    what_no_third_settles_somebody_decides,
    a_wrong_precinct_is_a_proposal_until_somebody_decides,
    an_entry_sent_again_after_a_restart_is_kept_once,
    what_differs_from_the_publication_is_typed_and_the_comparison_says_so,
];

fn two_who_type_alike_settle_it_and_nobody_s_entry_is_overwritten(world: &mut World) {
    hire(world, &["anna", "bek"]);
    mismatch(world, "0-0-0", 1);
    let before = document(world, "0-0-0");
    assert_eq!(before["state"], "mismatch");
    let root = world.wire().state_root();
    let (anna, bek) = (Person::of(world, "anna"), Person::of(world, "bek"));
    assert_eq!(anna.type_next(1, &figures(900, TYPED)).1, "blind");
    assert_eq!(bek.type_next(2, &figures(900, TYPED)).1, "settled");
    let after = document(world, "0-0-0");
    for same in ["state", "mismatched", "reading", "entries"] {
        assert_eq!(after[same], before[same], "{same}");
    }
    let transcribed = &after["transcribed"];
    assert_eq!(transcribed["shows"], "figures");
    assert_eq!(transcribed["settled_by"], "two_alike");
    assert_eq!(transcribed["figures"]["contests"]["president"]["heron"], TYPED);
    let otherwise: Vec<&Value> = transcribed["otherwise"].as_array().unwrap().iter().collect();
    assert!(!otherwise.is_empty(), "{transcribed}");
    let settled = world.wire().state_root();
    assert_ne!(settled, root);
    world.end(Ending::InOrder);
    world.start();
    assert_eq!(world.wire().state_root(), settled, "the statement is read again from the log");
    assert_eq!(Person::of(world, "anna").next(), None);
    let queue = world.wire().get_json("/v1/transcriptions");
    assert_eq!(queue["states"]["settled"], 1, "{queue}");
    assert_eq!(queue["regions"]["0"]["settled"], 1, "{queue}");
}

fn the_second_sees_nothing_of_the_first_nor_of_the_observers(world: &mut World) {
    hire(world, &["anna", "bek"]);
    let records = mismatch(world, "0-0-0", 1);
    let (anna, bek) = (Person::of(world, "anna"), Person::of(world, "bek"));
    let (item, _) = anna.type_next(1, &figures(912_345, 61_616_161));
    let (same, seat) = bek.next().unwrap();
    assert_eq!((same.as_str(), seat), (item.as_str(), 2));
    let seen = bek.see(&item).text();
    let file = world.wire().get_json("/v1/units/0-0-0");
    let persons = file["entries"].as_array().unwrap().iter().map(|entry| entry["person"].clone());
    let mut hidden: Vec<String> =
        persons.map(|person| person.as_str().unwrap().to_owned()).collect();
    hidden.extend([TYPED, MISTYPED, 912_345, 61_616_161].map(|figure| figure.to_string()));
    hidden.extend(["anna".to_owned(), "mismatch".to_owned(), "official".to_owned()]);
    hidden.extend(records.map(|record| record.to_string()));
    for hidden in hidden {
        assert!(!seen.contains(&hidden), "{hidden} in {seen}");
    }
    // Who has no seat sees as little.
    let seen = world.wire().get(&format!("/v1/transcriptions/{item}")).text();
    assert!(!seen.contains("61616161") && !seen.contains("anna"), "{seen}");
}

fn a_third_sees_both_without_names_and_settles_it(world: &mut World) {
    hire(world, &["anna", "bek", "dina"]);
    mismatch(world, "0-0-0", 1);
    let [anna, bek, dina] = ["anna", "bek", "dina"].map(|name| Person::of(world, name));
    assert_eq!(anna.type_next(1, &figures(900, 5)).1, "blind");
    assert_eq!(bek.type_next(2, &figures(901, 6)).1, "third");
    assert_eq!((anna.next(), bek.next()), (None, None), "nobody gets two seats of one item");
    let (item, seat) = dina.next().unwrap();
    assert_eq!(seat, 3);
    let seen = dina.see(&item);
    let typed = seen.json()["typed"].clone();
    assert_eq!(typed[0]["reading"]["lines"]["voters"], 900);
    assert_eq!(typed[1]["reading"]["lines"]["voters"], 901);
    for hidden in ["anna", "bek", &TYPED.to_string(), &MISTYPED.to_string()] {
        assert!(!seen.text().contains(hidden), "{hidden} in {}", seen.text());
    }
    // One figure of each: every cell was read so by two.
    assert_eq!(dina.type_next(3, &figures(900, 6)).1, "settled");
    let transcribed = document(world, "0-0-0")["transcribed"].clone();
    assert_eq!(transcribed["settled_by"], "third");
    assert_eq!(transcribed["figures"]["lines"]["voters"], 900);
    assert_eq!(transcribed["figures"]["contests"]["president"]["heron"], 6);
}

fn what_no_third_settles_somebody_decides(world: &mut World) {
    hire(world, &["anna", "bek", "dina"]);
    let [record, _] = mismatch(world, "0-0-0", 1);
    let evidence = |world: &World| {
        let zip = world.wire().get(&format!("/v1/records/{record}/evidence"));
        assert_eq!(zip.status, 200, "{}", zip.text());
        // Pieces are stored as they are.
        String::from_utf8_lossy(&zip.body).into_owned()
    };
    let file = |world: &World| world.wire().get("/units/0-0-0?lang=en").text();
    world.wire().get_json("/v1/transcriptions");
    assert!(file(world).contains("<b>to be typed</b>"), "{}", file(world));
    let [anna, bek, dina] = ["anna", "bek", "dina"].map(|name| Person::of(world, name));
    anna.type_next(1, &figures(900, 5));
    bek.type_next(2, &json!({"shows": "illegible"}));
    let (item, state) = dina.type_next(3, &figures(900, 7));
    assert_eq!(state, "open");
    let queue = world.wire().get_json("/v1/transcriptions");
    assert_eq!(queue["open"][0]["id"], item.as_str(), "{queue}");
    for word in ["to be decided</a>", "First: anna, Second: bek, Third: dina"] {
        assert!(file(world).contains(word), "{word} in {}", file(world));
    }
    let open = evidence(world);
    assert!(open.contains("read 3 times at headquarters") && !open.contains("dina"));
    let decide = |reading: Value, reason: &str| {
        let body = json!({"reading": reading, "reason": reason});
        world.wire().post(&format!("/v1/transcriptions/{item}/decision"), &body).status
    };
    assert_eq!(decide(figures(900, 7), " "), 422, "a decision without a reason is none");
    assert_eq!(decide(figures(900, 7), "the stroke of the seven is plain"), 204);
    assert_eq!(decide(figures(900, 5), "again"), 409);
    for word in ["decided, because no third settled it; op", "the stroke of the seven is plain"] {
        assert!(file(world).contains(word), "{word} in {}", file(world));
    }
    let settled = evidence(world);
    assert!(settled.contains("no third settled it, and somebody decided: the stroke of the seven"));
    assert!(settled.contains("transcriptions/") && !settled.contains("read 3 times"));
    let transcribed = document(world, "0-0-0")["transcribed"].clone();
    assert_eq!(transcribed["settled_by"], "decision");
    assert_eq!(transcribed["figures"]["contests"]["president"]["heron"], 7);
}

fn a_wrong_precinct_is_a_proposal_until_somebody_decides(world: &mut World) {
    hire(world, &["anna", "bek"]);
    let records = mismatch(world, "0-0-0", 1);
    let (anna, bek) = (Person::of(world, "anna"), Person::of(world, "bek"));
    let shows = json!({"shows": "wrong_unit", "unit": "1-1-1"});
    anna.type_next(1, &shows);
    let (item, state) = bek.type_next(2, &shows);
    assert_eq!(state, "settled");
    let transcribed = document(world, "0-0-0")["transcribed"].clone();
    assert_eq!(
        (&transcribed["shows"], &transcribed["unit"]),
        (&json!("wrong_unit"), &json!("1-1-1"))
    );
    let queue = world.wire().get_json("/v1/transcriptions");
    assert_eq!(queue["proposals"][0]["id"], item.as_str(), "{queue}");
    for record in records {
        let body =
            json!({"disposition": "counted", "unit": "1-1-1", "reason": "the number on the sheet"});
        let answer = world.wire().post(&format!("/v1/records/{record}/decisions"), &body);
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let queue = world.wire().get_json("/v1/transcriptions");
    assert_eq!(queue["proposals"], json!([]), "answered");
    let moved = document(world, "1-1-1");
    assert_eq!(moved["entries"].as_array().unwrap().len(), 2);
    assert_eq!(moved["transcribed"], Value::Null, "it stands where it belongs, and has no figures");
    // So it is typed there.
    assert!(anna.next().is_some());
}

fn an_entry_sent_again_after_a_restart_is_kept_once(world: &mut World) {
    hire(world, &["anna", "bek"]);
    mismatch(world, "0-0-0", 1);
    let anna = Person::of(world, "anna");
    let (item, _) = anna.next().unwrap();
    assert_eq!(anna.send(&item, 1, &figures(900, 5)).status, 200);
    // The answer was lost, and headquarters with it.
    world.end(Ending::AtOnce);
    world.start();
    let anna = Person::of(world, "anna");
    let again = anna.send(&item, 1, &figures(900, 5));
    assert_eq!((again.status, again.json()["seat"].as_u64()), (200, Some(1)), "{}", again.text());
    assert_eq!(anna.send(&item, 1, &figures(900, 6)).status, 409, "another entry under its id");
    assert_eq!(anna.send(&item, 9, &figures(900, 6)).status, 409, "an account types once");
    let bek = Person::of(world, "bek");
    assert_eq!(bek.next().unwrap(), (item.clone(), 2));
    world.end(Ending::AtOnce);
    world.start();
    let bek = Person::of(world, "bek");
    assert_eq!(bek.next().unwrap(), (item.clone(), 2), "the seat outlives a restart");
    assert_eq!(bek.send(&item, 2, &figures(900, 5)).json()["state"], "settled");
    assert_eq!(bek.send(&item, 2, &figures(900, 5)).json()["state"], "settled");
    let queue = world.wire().get_json("/v1/transcriptions");
    assert_eq!(queue["states"]["settled"], 1, "{queue}");
}

fn what_differs_from_the_publication_is_typed_and_the_comparison_says_so(world: &mut World) {
    hire(world, &["anna", "bek"]);
    let mut device = world.device(1);
    bring(world, &mut device, ("0-0-0", certified()), 50, 1);
    bring(world, &mut device, ("0-0-4", certified()), 60, 2);
    let (anna, bek) = (Person::of(world, "anna"), Person::of(world, "bek"));
    assert_eq!(anna.next(), None, "nothing differs from anything");
    let csv = "unit,contest:president:heron\n0-0-0,40\n0-0-4,60\n";
    let path = "/v1/publications?level=precinct&source=test";
    let answer =
        world.wire().send("POST", path, &[("content-type", "text/csv")], csv.as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    let change = |world: &World| {
        let compared = world.wire().get_json("/v1/compare");
        compared["contests"][0]["changes"][0].clone()
    };
    assert_eq!(change(world)["transcribed"], false);
    anna.type_next(1, &figures(900, 50));
    assert_eq!(bek.type_next(2, &figures(900, 50)).1, "settled");
    assert_eq!(change(world)["transcribed"], true, "{}", change(world));
    assert_eq!(change(world)["size"], 10);
    assert_eq!(anna.next(), None);
}
