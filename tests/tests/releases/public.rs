//! What anybody reads, and what nobody does.

use hattama_proto::{
    id::{ReleaseHash, StatementId},
    jws::Envelope,
    key::PublicKey,
    statement::{Release, Statement},
    tlog::{LogEntry, Origin, Receipt, VerifierKey},
};
use hattama_tests::world::World;
use serde_json::json;

use super::office::{OBSERVER, as_, both, ready, release};

#[test]
fn a_stranger_checks_a_release_with_the_keys_alone() {
    let mut world = World::new();
    ready(&mut world);
    let number = release(&world, &json!({ "differences": both(), "words": {"en": "Look."} }));
    let file = |name: &str| as_(&world, "").get(&format!("/public/releases/{number}/{name}"));
    let (content, statement) = (file("release.json").body, file("release.jws").text());
    let setup = world.wire().get_json("/v1/releases/1");
    let page = as_(&world, "").get("/public/releases/1?lang=en").text();
    let keys: Vec<&str> = page.split("<span class=\"id\">").skip(1).collect();
    let key = |at: usize| keys[keys.len() - at].split('<').next().unwrap().to_owned();
    let hq = PublicKey::parse(&key(2)).unwrap();
    let verified = Envelope::parse(&statement).unwrap().verify(&hq).unwrap();
    let said = Statement::<Release>::read(verified).unwrap().claims.body;
    assert_eq!(u64::from(said.number), number);
    assert_eq!(said.content, ReleaseHash::of(&content));
    assert_eq!(said.bytes, content.len() as u64);
    let log = key(1).replace("&#43;", "+");
    let log = VerifierKey::parse(&log).unwrap();
    let receipt = Receipt::parse(&file("release.tlog-proof").text()).unwrap();
    let entry = LogEntry::Statement(*StatementId::of(statement.as_bytes()).as_bytes());
    let origin = Origin::new(log.name().as_str()).unwrap();
    receipt.verify(&entry, &origin, &log).unwrap();
    assert_eq!(setup["sha256"], ReleaseHash::of(&content).to_hex());
    assert_eq!(file("other").status, 404);
}

#[test]
fn a_correction_shows_on_the_page_that_it_corrects() {
    let mut world = World::new();
    ready(&mut world);
    release(&world, &json!({ "differences": both() }));
    let first = as_(&world, "").get("/public/releases/1/release.json").body;
    let page = as_(&world, "").get("/public/releases/1?lang=en").text();
    assert!(!page.contains("Corrected by"), "{page}");
    let correction = json!({
        "corrects": {"release": 1, "words": {"en": "The region's total was <b>mended</b>."}},
    });
    assert_eq!(release(&world, &correction), 2);
    assert_eq!(as_(&world, "").get("/public/releases/1/release.json").body, first, "frozen");
    let page = as_(&world, "").get("/public/releases/1?lang=en").text();
    assert!(page.contains("Corrected by release 2"), "{page}");
    assert!(page.contains("was &#60;b&#62;mended&#60;/b&#62;"), "{page}");
    let second = as_(&world, "").get("/public/releases/2/release.json").json();
    assert_eq!(second["corrects"]["figures"][0]["unit"], "0-0-0", "what is known now is in it");
    assert_eq!(second["corrects"]["figures"][0]["by"], json!([4, 0, 0]));
    let third = json!({ "corrects": {"release": 2, "words": {"en": "Mended again."}} });
    assert_eq!(release(&world, &third), 3);
    let page = as_(&world, "").get("/public/releases/1?lang=en").text();
    assert!(page.contains("Corrected by release 3"), "a correction of a correction shows too");
    let third = as_(&world, "").get("/public/releases/3/release.json").json();
    let corrected: Vec<_> = third["corrects"]["figures"].as_array().unwrap().iter().collect();
    assert_eq!(corrected.len(), 2, "what the corrected correction spoke of is corrected too");
    assert_eq!([&corrected[0]["unit"], &corrected[1]["unit"]], ["0-0-0", "0"]);
}

#[test]
fn nothing_public_says_anything_about_people() {
    let mut world = World::new();
    ready(&mut world);
    let number = release(&world, &json!({ "differences": both(), "words": {"en": "Look."} }));
    let devices = world.wire().get_json("/v1/devices");
    let mut secrets: Vec<String> =
        vec![OBSERVER.to_owned(), "anna-publisher".to_owned(), "bek-publisher".to_owned()];
    for device in devices.as_array().unwrap() {
        for what in ["kid", "person"] {
            secrets.push(device[what].as_str().unwrap().to_owned());
        }
    }
    let stranger = as_(&world, "");
    for path in ["", "/release.json", "/release.jws", "/release.tlog-proof"] {
        let text = stranger.get(&format!("/public/releases/{number}{path}")).text();
        let payload = text.split('.').nth(1).unwrap_or_default().to_owned();
        let payload = base64::Engine::decode(
            &base64::engine::general_purpose::URL_SAFE_NO_PAD,
            payload.as_bytes(),
        );
        let said = String::from_utf8(payload.unwrap_or_default()).unwrap_or_default();
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "{secret} in {path}");
            assert!(!said.contains(secret.as_str()), "{secret} in {path}");
        }
    }
}

#[test]
fn each_page_says_exercise_in_three_languages_and_never_fraud() {
    let mut world = World::new();
    ready(&mut world);
    release(&world, &json!({ "differences": both() }));
    for language in ["kk", "ru", "en"] {
        let page = as_(&world, "").get(&format!("/public/releases/1?lang={language}")).text();
        assert!(page.contains("class=\"exercise\">EXERCISE"), "{page}");
        assert!(page.contains(&format!("<html lang=\"{language}\">")), "{page}");
        for word in ["fraud", "falsif", "фальсиф", "подтасов", "бұрмала", "<script"]
        {
            assert!(!page.to_lowercase().contains(word), "{word}");
        }
    }
}

#[test]
fn deadlines_are_told_in_their_order() {
    let world = World::new();
    let told = world.wire().get_json("/v1/deadlines");
    let codes: Vec<&str> = told["deadlines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["commission", "court"]);
    assert_eq!(told["deadlines"][1]["due_at"], 1_134_568_800_000_i64);
    assert!(told["deadlines"][0]["left_ms"].as_i64().unwrap() < 0);
    let page = world.wire().get("/deadlines?lang=en").text();
    assert!(page.contains("Complaint to the court") && page.contains("passed"), "{page}");
}
