//! The pages, as a browser asks for them without scripts.

use hattama_tests::world::{Answer, Wire, World};

use crate::{THIRD, invite, limited, make_vault, on_both_engines};

on_both_engines![
    every_page_is_there_in_three_languages_and_small,
    contacts_are_opened_and_a_phone_is_replaced_on_one_page,
    a_call_is_typed_and_read_back,
    a_plan_is_pasted_checked_and_planned,
    a_form_that_is_sent_twice_makes_one_entry,
    a_message_is_written_in_two_languages_and_listed,
];

/// A passphrase in place of another.
const CHANGED: &str = "two swans upon the water";

fn browse(wire: &Wire, path: &str) -> Answer {
    wire.send("GET", path, &[("accept", "text/html")], b"").unwrap()
}

/// Sends a form from a page of ours, and follows nothing.
fn send(world: &World, token: &str, path: &str, form: &[(&str, &str)]) -> (u16, String, String) {
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .build()
        .new_agent();
    let home = format!("http://{}", world.address());
    let encode = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
                other => format!("%{other:02X}"),
            })
            .collect()
    };
    let body: Vec<String> =
        form.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    let request = ureq::http::Request::builder()
        .method("POST")
        .uri(format!("{home}{path}"))
        .header("accept", "text/html")
        .header("origin", &home)
        .header("cookie", format!("hattama={token}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body.join("&"))
        .unwrap();
    let mut answer = agent.run(request).unwrap();
    let place = answer.headers().get("location").map_or("", |to| to.to_str().unwrap()).to_owned();
    (answer.status().as_u16(), place, answer.body_mut().read_to_string().unwrap())
}

fn every_page_is_there_in_three_languages_and_small(world: &mut World) {
    let wire = world.wire();
    for page in [
        "/roster",
        "/roster/import",
        "/contacts",
        "/checklists",
        "/rehearsal",
        "/telephone",
        "/telephone?form=protocol",
        "/telephone?form=opening",
        "/telephone?form=%2Aincident",
        "/telephone?form=%2Anot-obtained",
        "/messages",
    ] {
        let mut titles = std::collections::BTreeSet::new();
        for language in ["kk", "ru", "en"] {
            let with = if page.contains('?') { '&' } else { '?' };
            let answer = browse(&wire, &format!("{page}{with}lang={language}"));
            assert_eq!(answer.status, 200, "{page}: {}", answer.text());
            assert!(answer.body.len() < 100_000, "{page} has {} bytes", answer.body.len());
            let text = answer.text();
            assert!(!text.contains("style=") && !text.contains("<script"), "{page} is inline");
            titles.insert(text.split("<h1>").nth(1).unwrap().split('<').next().unwrap().to_owned());
        }
        assert_eq!(titles.len(), 3, "{page}: {titles:?}");
    }
}

fn contacts_are_opened_and_a_phone_is_replaced_on_one_page(world: &mut World) {
    let [aigul, _, marat] = make_vault(world);
    let (person, _) = invite(&aigul, "Aliya Test", world.country().precinct(0).as_str());
    assert!(!browse(&marat, "/contacts").text().contains("Aliya"));
    let token = "token-of-marat";
    let wrong = send(world, token, "/contacts", &[("do", "open"), ("passphrase", "not it at all")]);
    assert!(wrong.2.contains("role=\"alert\""), "{}", wrong.2);
    let other = [("do", "passphrase"), ("old", THIRD), ("passphrase", CHANGED)];
    assert_eq!(send(world, token, "/contacts", &other).0, 303);
    let open = send(world, token, "/contacts", &[("do", "open"), ("passphrase", CHANGED)]);
    assert_eq!((open.0, open.1.as_str()), (303, "/contacts"));
    assert!(browse(&marat, "/contacts").text().contains("Aliya Test"));
    let form = [("do", "replace"), ("person", person.as_str()), ("reason", "stolen")];
    let replaced = send(world, token, "/contacts", &form);
    assert_eq!(replaced.0, 200);
    let text = replaced.2.split("HATTAMA1.").nth(1).expect("the invitation is shown");
    let invitation = format!("HATTAMA1.{}", text.split('<').next().unwrap());
    world.blank_phone().enrol(&invitation.parse().unwrap());
    assert!(!browse(&marat, "/contacts").text().contains("HATTAMA1."), "shown once");
}

fn a_call_is_typed_and_read_back(world: &mut World) {
    let wire = world.wire();
    let unit = world.country().precinct(0);
    let (person, _) = invite(&wire, "17", unit.as_str());
    let token = world.made().operator_token.clone();
    let mut form = vec![
        ("form", "protocol"),
        ("person", &person),
        ("unit", unit.as_str()),
        ("channel", "radio"),
        ("copy", "certified_copy"),
        ("line:voters", "1 0x4"),
        ("line:valid", "17"),
        ("vote:president:heron", "12"),
    ];
    let wrong = send(world, &token, "/telephone", &form);
    assert_eq!(wrong.0, 200);
    assert!(wrong.2.contains("1 0x4") && wrong.2.contains("value=\"17\""), "nothing typed is lost");
    form[5].1 = "1 024";
    let (status, place, text) = send(world, &token, "/telephone", &form);
    assert_eq!(status, 303, "{text}");
    let back = browse(&wire, &place).text();
    assert!(back.contains("<dd>1024</dd>") && back.contains("<dd>–</dd>"), "{back}");
    // To nobody of another region.
    let there = limited(world, &[("north", None, Some("0")), ("south", None, Some("1"))]);
    let seen = there.iter().map(|wire| browse(wire, &place)).map(|answer| {
        assert_eq!(answer.status, 200);
        answer.text().contains("<dd>1024</dd>")
    });
    assert_eq!(seen.collect::<Vec<_>>(), [true, false]);
}

fn a_plan_is_pasted_checked_and_planned(world: &mut World) {
    let (wire, unit) = (world.wire(), world.country().precinct(0));
    let token = world.made().operator_token.clone();
    let table =
        format!("seat;unit;from;until\nA;{unit};2020-01-01 06:00;2090-01-01 06:00\nB;x;1;2\n");
    let form = [("org", "watchers"), ("table", table.as_str()), ("run", "plan")];
    let (status, _, text) = send(world, &token, "/roster/import", &form);
    assert_eq!(status, 200);
    assert!(text.contains("<b>Line 3</b>") && text.contains("B;x;1;2"), "{text}");
    let table = table.replace("B;x;1;2\n", "");
    let form = [("org", "watchers"), ("table", table.as_str()), ("run", "plan")];
    let (status, place, _) = send(world, &token, "/roster/import", &form);
    assert_eq!((status, place.as_str()), (303, "/roster"));
    assert!(browse(&wire, "/roster").text().contains("<td>A</td>"));
}

/// The key that a page has in its form.
fn key(wire: &Wire, path: &str) -> String {
    let page = browse(wire, path).text();
    let value = page.split("name=\"once\" value=\"").nth(1).expect("the form has a key");
    value.split('"').next().unwrap().to_owned()
}

fn a_form_that_is_sent_twice_makes_one_entry(world: &mut World) {
    let (wire, unit) = (world.wire(), world.country().precinct(0));
    let (person, _) = invite(&wire, "17", unit.as_str());
    let token = world.made().operator_token.clone();
    let once = key(&wire, "/telephone?form=%2Anot-obtained");
    assert_ne!(once, key(&wire, "/telephone?form=%2Anot-obtained"), "each page has its own");
    let form = [
        ("form", "*not-obtained"),
        ("person", &person),
        ("unit", unit.as_str()),
        ("channel", "voice"),
        ("missing", "not_posted"),
        ("office", "the chair"),
        ("once", &once),
    ];
    let (status, place, text) = send(world, &token, "/telephone", &form);
    assert_eq!(status, 303, "{text}");
    assert_eq!(send(world, &token, "/telephone", &form).1, place, "the same entry");
    assert_eq!(wire.record_ids().len(), 1);
    assert!(browse(&wire, &place).text().contains("<dd>the chair</dd>"));
}

fn a_message_is_written_in_two_languages_and_listed(world: &mut World) {
    let (wire, unit) = (world.wire(), world.country().precinct(0));
    let (_, invitation) = invite(&wire, "17", unit.as_str());
    let phone = world.blank_phone();
    phone.enrol(&invitation.parse().unwrap());
    let token = world.made().operator_token.clone();
    let once = key(&wire, "/messages");
    let mut form = vec![
        ("to", "within"),
        ("which", ""),
        ("kk", "Orynda"),
        ("ru", "Na meste"),
        ("once", &once),
    ];
    let wrong = send(world, &token, "/messages", &form);
    assert!(wrong.0 == 200 && wrong.2.contains("Na meste"), "nothing typed is lost");
    form[1].1 = "0";
    for _click in 0..2 {
        let (status, place, text) = send(world, &token, "/messages", &form);
        assert_eq!((status, place.as_str()), (303, "/messages"), "{text}");
    }
    phone.sync_once();
    assert_eq!(phone.notebook().messages().unwrap().len(), 1);
    let page = browse(&wire, "/messages").text();
    assert!(page.contains("<p lang=\"kk\">Orynda</p>") && page.contains("Na meste"), "{page}");
}
