//! One proposes, another confirms; and what the gate keeps back.

use hattama_server::release::WORDS_BYTES_MAX;
use hattama_tests::world::{Country, World};
use serde_json::{Value, json};

use super::{
    office::{
        PRECINCT, REGION, archive, as_, both, bring_copy, confirm, import, propose, ready, release,
        staff, transcribe, transcribe_lines,
    },
    on_both_engines,
};
use hattama_tests::engine::Engine;

on_both_engines![
    one_alone_releases_nothing_and_two_do,
    a_draft_is_confirmed_or_withdrawn_once,
    what_changed_since_it_was_proposed_is_not_confirmed,
    what_changed_of_corrected_figures_is_not_confirmed_either,
    a_line_that_nobody_typed_blind_stays_inside_although_the_votes_were_typed,
    the_gate_says_everything_that_is_missing_at_once,
];

fn code(text: &str) -> Value {
    serde_json::from_str::<Value>(text).unwrap()["code"].clone()
}

fn one_alone_releases_nothing_and_two_do(world: &mut World) {
    ready(world);
    let body = json!({ "differences": both(), "words": {"en": "What we found."} });
    let draft = propose(world, "anna-publisher", &body);
    assert_eq!(draft.status, 200, "{}", draft.text());
    let draft = draft.json()["draft"].as_str().unwrap().to_owned();
    let alone = confirm(world, "anna-publisher", &draft);
    assert_eq!((alone.status, code(&alone.text())), (403, "forbidden".into()));
    for path in ["/public/releases/1", "/public/releases/1/release.json"] {
        assert_eq!(as_(world, "").get(path).status, 404, "{path}");
    }
    let list = as_(world, "limited").get_json("/v1/releases");
    assert!(list["drafts"].as_array().unwrap().is_empty(), "a part of it sees no draft");
    let path = format!("/v1/release-drafts/{draft}");
    assert_eq!(as_(world, "limited").get(&path).status, 404);
    assert_eq!(confirm(world, "limited", &draft).status, 403);
    assert_eq!(propose(world, "limited", &body).status, 403);

    let before = as_(world, "bek-publisher").get_json(&path)["content"].clone();
    assert_eq!(confirm(world, "bek-publisher", &draft).json()["number"], 1);
    let released = as_(world, "").get("/public/releases/1/release.json");
    assert_eq!(released.json(), before, "what was confirmed is what was proposed");
    let differences = released.json()["contests"][0]["differences"].clone();
    assert_eq!(differences[0]["unit"], PRECINCT);
    assert_eq!(differences[0]["by"], json!([4, 0, 0]));
    assert_eq!(differences[0]["below"], json!({"from": "copies", "votes": [5, 3, 4]}));
    assert_eq!(differences[1]["unit"], REGION);
    assert_eq!(differences[1]["by"], json!([100, 0, 0]));
    let actions = world.wire().get_json("/v1/audit")["events"].to_string();
    for action in ["release-proposed", "release-confirmed"] {
        assert!(actions.contains(action), "{actions}");
    }
}

fn a_draft_is_confirmed_or_withdrawn_once(world: &mut World) {
    ready(world);
    let body = json!({ "differences": both() });
    let drafts: Vec<String> = (0..3)
        .map(|_| {
            propose(world, "anna-publisher", &body).json()["draft"].as_str().unwrap().to_owned()
        })
        .collect();
    let withdraw = |draft: &str| {
        as_(world, "anna-publisher")
            .post(&format!("/v1/release-drafts/{draft}/withdrawal"), &json!({}))
    };
    assert_eq!(withdraw(&drafts[0]).status, 200);
    assert_eq!(confirm(world, "bek-publisher", &drafts[0]).status, 409);
    assert_eq!(confirm(world, "bek-publisher", &drafts[2]).json()["number"], 1);
    assert_eq!(withdraw(&drafts[2]).status, 409);
    // Two at once: the numbers have no gap, and no draft becomes two releases.
    let together: Vec<u16> = std::thread::scope(|scope| {
        let both =
            [0, 1].map(|_| scope.spawn(|| confirm(world, "bek-publisher", &drafts[1]).status));
        both.map(|one| one.join().unwrap()).into()
    });
    assert!(together.contains(&200) && together.contains(&409), "{together:?}");
    let list = world.wire().get_json("/v1/releases");
    let numbers: Vec<&Value> =
        list["releases"].as_array().unwrap().iter().map(|one| &one["number"]).collect();
    assert_eq!(numbers, [1, 2]);
    assert!(list["drafts"].as_array().unwrap().is_empty(), "{list}");
}

fn what_changed_since_it_was_proposed_is_not_confirmed(world: &mut World) {
    ready(world);
    let draft = propose(world, "anna-publisher", &json!({ "differences": both() })).json();
    // The commission mends a figure meanwhile.
    let file = "unit,valid,president:heron,president:lark,president:crane\n0-0-0,12,8,3,4\n";
    import(world, "precinct", file);
    let refused = confirm(world, "bek-publisher", draft["draft"].as_str().unwrap());
    assert_eq!(refused.status, 409, "{}", refused.text());
    assert!(as_(world, "").get("/public/releases/1").status == 404);
}

fn what_changed_of_corrected_figures_is_not_confirmed_either(world: &mut World) {
    ready(world);
    assert_eq!(release(world, &json!({ "differences": both() })), 1);
    let correction = json!({ "corrects": {"release": 1, "words": {"en": "It was mended."}} });
    let draft = propose(world, "anna-publisher", &correction).json();
    let draft = draft["draft"].as_str().unwrap();
    let file = "unit,valid,president:heron,president:lark,president:crane\n0-0-0,12,8,3,4\n";
    import(world, "precinct", file);
    let refused = confirm(world, "bek-publisher", draft);
    assert_eq!(refused.status, 409, "{}", refused.text());
    let said = refused.text();
    // The region's precincts add up to something else too.
    assert!(said.contains("figures changed since it was proposed, at 0, 0-0-0"), "{said}");
    assert_eq!(as_(world, "").get("/public/releases/2").status, 404);
}

fn a_line_that_nobody_typed_blind_stays_inside_although_the_votes_were_typed(world: &mut World) {
    staff(world);
    bring_copy(world);
    archive(world);
    transcribe_lines(world, &json!({"voters": null, "invalid": 1, "valid": null}));
    assert_eq!(release(world, &json!({ "differences": both() })), 1);
    let released = as_(world, "").get("/public/releases/1/release.json").json();
    let precinct = &released["contests"][0]["differences"][0];
    assert_eq!(precinct["below"], json!({"from": "copies", "votes": [5, 3, 4]}));
    let line = |code: &str| {
        let lines = precinct["lines"].as_array().unwrap();
        let line = lines.iter().find(|line| line["line"] == code)?;
        Some((line["official"].clone(), line["copies"].clone()))
    };
    // The observer typed 12 and 900 for them, and nobody else did.
    assert_eq!(line("valid"), Some((json!(12), Value::Null)));
    assert_eq!(line("voters"), None);
    assert_eq!(line("invalid"), Some((Value::Null, json!(1))));
}

fn the_gate_says_everything_that_is_missing_at_once(world: &mut World) {
    staff(world);
    bring_copy(world);
    let named = |unit: &str| json!({"contest": "president", "unit": unit});
    let refused = propose(world, "anna-publisher", &json!({ "differences": [named(PRECINCT)] }));
    assert_eq!(refused.status, 409);
    assert!(refused.text().contains("nothing differs there now"), "{}", refused.text());
    archive(world);
    let body = json!({
        "differences": [named(PRECINCT), named(REGION), named("1-1-1"), named(REGION)],
        "corrects": {"release": 7, "words": {}},
    });
    let refused = propose(world, "anna-publisher", &body).text();
    for said in [
        "0-0-0: our figures are not typed off the photographs by two people",
        "1-1-1: nothing differs there now",
        "0: it is named twice",
        "there is no release 7 to correct",
    ] {
        assert!(refused.contains(said), "{said} in {refused}");
    }
    transcribe(world);
    assert_eq!(propose(world, "anna-publisher", &json!({ "differences": both() })).status, 200);
    for wrong in [json!({"xx": "words"}), json!({"en": " "})] {
        assert_eq!(propose(world, "anna-publisher", &json!({ "words": wrong })).status, 422);
    }
}

#[test]
fn nothing_is_released_before_the_last_polls_close_nor_where_nobody_says_when() {
    for (closes, said) in [
        (Some("2090-12-04T20:00:00+06:00"), "the last polls close at 2090-12-04T14:00:00Z"),
        (None, "the set-up does not say when the last polls close"),
    ] {
        let mut world = World::of(Country::small().closing(closes), Engine::sqlite());
        ready(&mut world);
        let refused = propose(&world, "anna-publisher", &json!({ "differences": both() }));
        assert_eq!(refused.status, 409);
        assert!(refused.text().contains(said), "{}", refused.text());
        let page = as_(&world, "anna-publisher").get("/releases").text();
        assert!(page.contains("What stands in the way"), "{page}");
    }
}

#[test]
fn the_longest_words_in_every_language_fit_the_form_and_the_interface() {
    let mut world = World::new();
    ready(&mut world);
    assert_eq!(release(&world, &json!({ "differences": both() })), 1);
    let letters = WORDS_BYTES_MAX / "Ж".len();
    let encoded = "%D0%96".repeat(letters);
    let mut form = "corrects=1&named=president%2F0-0-0&named=president%2F0".to_owned();
    for language in ["kk", "ru", "en"] {
        form.push_str(&format!("&words-{language}={encoded}&wrong-{language}={encoded}"));
    }
    let origin = format!("http://{}", world.address());
    let headers =
        [("content-type", "application/x-www-form-urlencoded"), ("origin", origin.as_str())];
    let wire = as_(&world, "anna-publisher");
    let answer = wire.send("POST", "/releases", &headers, form.as_bytes()).unwrap();
    assert_eq!(answer.status, 303, "{}", answer.text());
    let words = |letters: usize| {
        let text = "Ж".repeat(letters);
        json!({"kk": text, "ru": text, "en": text})
    };
    let body = |letters| {
        json!({
            "differences": both(), "words": words(letters),
            "corrects": {"release": 1, "words": words(letters)},
        })
    };
    assert_eq!(propose(&world, "anna-publisher", &body(letters)).status, 200);
    let longer = propose(&world, "anna-publisher", &body(letters + 1));
    assert_eq!(longer.status, 422, "{}", longer.text());
}

#[test]
fn a_release_outlives_a_restart_and_the_next_number_follows() {
    let mut world = World::new();
    ready(&mut world);
    assert_eq!(release(&world, &json!({ "differences": both() })), 1);
    let before = as_(&world, "").get("/public/releases/1/release.json").body;
    world.end(hattama_tests::world::Ending::AtOnce);
    world.start();
    assert_eq!(as_(&world, "").get("/public/releases/1/release.json").body, before);
    assert_eq!(
        release(&world, &json!({})),
        2,
        "a release that names nothing says what was observed"
    );
}
