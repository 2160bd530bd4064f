//! The vault: two open it, one does not; a coordinator reaches the own region, until it is sealed.

use hattama_tests::world::World;
use serde_json::json;

use crate::{FIRST, SECOND, THIRD, done, invite, make_vault, on_both_engines, refused};

on_both_engines![
    two_open_stated_people_and_one_opens_nothing,
    a_coordinator_reaches_the_own_region_and_no_other,
    after_the_night_no_coordinator_reaches_anybody_and_two_still_do,
    labels_that_stood_in_the_clear_are_sealed_when_the_vault_is_made,
    wrong_passphrases_are_slowed_down,
];

fn two_open_stated_people_and_one_opens_nothing(world: &mut World) {
    let [aigul, daniyar, marat] = make_vault(world);
    let (one, _) = invite(&aigul, "Aliya Test", world.country().precinct(0).as_str());
    let (other, _) = invite(&aigul, "Berik Test", world.country().precinct(1).as_str());
    let ask = json!({"people": [one], "reason": "detained", "passphrase": FIRST});
    assert_eq!(refused(&marat.post("/v1/vault/openings", &ask)), "forbidden", "no share");
    let wrong = json!({"people": [one], "reason": "detained", "passphrase": SECOND});
    assert_eq!(refused(&aigul.post("/v1/vault/openings", &wrong)), "forbidden");
    let nobody = json!({"people": ["p-nobody"], "reason": "x", "passphrase": FIRST});
    assert_eq!(refused(&aigul.post("/v1/vault/openings", &nobody)), "invalid");

    let opening = done(&aigul, "/v1/vault/openings", &ask)["opening"].as_str().unwrap().to_owned();
    let path = format!("/v1/vault/openings/{opening}");
    let agreement = format!("{path}/agreement");
    assert!(aigul.get_json(&path).get("contacts").is_none());
    let again = json!({"passphrase": FIRST});
    assert_eq!(refused(&aigul.post(&agreement, &again)), "forbidden", "the same account");
    let opened = done(&daniyar, &agreement, &json!({"passphrase": SECOND}));
    assert_eq!(opened["contacts"][0]["label"], "Aliya Test");
    assert_eq!(opened["contacts"].as_array().unwrap().len(), 1);
    assert!(!opened.to_string().contains(&other));
    assert_eq!(aigul.get_json(&path)["contacts"][0]["label"], "Aliya Test");
    assert!(marat.get_json(&path).get("contacts").is_none(), "for the two only");
    let spent = json!({"passphrase": SECOND});
    assert_eq!(refused(&daniyar.post(&agreement, &spent)), "not-found", "it was agreed once");
}

fn a_coordinator_reaches_the_own_region_and_no_other(world: &mut World) {
    let [aigul, daniyar, marat] = make_vault(world);
    let units = [world.country().precinct(0), world.country().precinct(1)];
    let (mine, _) = invite(&aigul, "Aliya Test", units[0].as_str());
    let (theirs, _) = invite(&aigul, "Berik Test", units[1].as_str());
    assert_eq!(refused(&marat.get("/v1/contacts")), "forbidden", "not open yet");
    let open = json!({"passphrase": THIRD});
    assert_eq!(refused(&daniyar.post("/v1/contacts/opening", &open)), "forbidden", "no grant");
    done(&marat, "/v1/contacts/opening", &open);
    let contacts = marat.get_json("/v1/contacts");
    assert_eq!(contacts.as_array().unwrap().len(), 1, "{contacts}");
    assert_eq!(contacts[0]["person"], mine.as_str());

    let change = json!({"label": "Aliya", "reach": "+7 701 000", "note": "", "version": 0});
    done(&marat, &format!("/v1/contacts/{mine}"), &change);
    assert_eq!(marat.get_json("/v1/contacts")[0]["reach"], "+7 701 000");
    let stale = marat.post(&format!("/v1/contacts/{mine}"), &change);
    assert_eq!(refused(&stale), "stale-version");
    let foreign = marat.post(&format!("/v1/contacts/{theirs}"), &change);
    assert_eq!(refused(&foreign), "not-found", "another region");
    done(&marat, "/v1/contacts/closing", &json!({}));
    assert_eq!(refused(&marat.get("/v1/contacts")), "forbidden");

    // Two holders give the second region to the same coordinator.
    let ask = json!({
        "grants": [{"account": "marat", "org": "watchers", "region": "1"}],
        "reason": "a colleague is ill", "passphrase": FIRST,
    });
    let opening = done(&aigul, "/v1/vault/openings", &ask)["opening"].as_str().unwrap().to_owned();
    let agreement = format!("/v1/vault/openings/{opening}/agreement");
    done(&daniyar, &agreement, &json!({"passphrase": SECOND}));
    done(&marat, "/v1/contacts/opening", &open);
    assert_eq!(marat.get_json("/v1/contacts").as_array().unwrap().len(), 2);
}

fn after_the_night_no_coordinator_reaches_anybody_and_two_still_do(world: &mut World) {
    let [aigul, daniyar, marat] = make_vault(world);
    let (person, _) = invite(&aigul, "Aliya Test", world.country().precinct(0).as_str());
    let open = json!({"passphrase": THIRD});
    done(&marat, "/v1/contacts/opening", &open);
    assert_eq!(marat.get_json("/v1/contacts").as_array().unwrap().len(), 1);
    let state = done(&aigul, "/v1/vault/seal", &json!({}));
    assert_eq!(state["grants"], json!([]));
    assert_eq!(refused(&marat.get("/v1/contacts")), "forbidden", "what was open is closed");
    assert_eq!(refused(&marat.post("/v1/contacts/opening", &open)), "forbidden");
    let ask = json!({"people": [person], "reason": "a court asks", "passphrase": SECOND});
    let opening =
        done(&daniyar, "/v1/vault/openings", &ask)["opening"].as_str().unwrap().to_owned();
    let agreement = format!("/v1/vault/openings/{opening}/agreement");
    let opened = done(&aigul, &agreement, &json!({"passphrase": FIRST}));
    assert_eq!(opened["contacts"][0]["label"], "Aliya Test");
}

fn labels_that_stood_in_the_clear_are_sealed_when_the_vault_is_made(world: &mut World) {
    let unit = world.country().precinct(0);
    let (person, invitation) = invite(&world.wire(), "Aliya Test", unit.as_str());
    let before = world.wire().get_json("/v1/vault");
    assert_eq!((before["made"].as_bool(), before["clear"].as_u64()), (Some(false), Some(1)));
    let [aigul, _, marat] = make_vault(world);
    let after = aigul.get_json("/v1/vault");
    assert_eq!((after["clear"].as_u64(), after["sealed"].as_u64()), (Some(0), Some(1)));
    done(&marat, "/v1/contacts/opening", &json!({"passphrase": THIRD}));
    let contacts = marat.get_json("/v1/contacts");
    assert_eq!(
        (&contacts[0]["label"], &contacts[0]["person"]),
        (&json!("Aliya Test"), &json!(person))
    );
    // An invitation from before is as good as it was.
    let phone = world.blank_phone();
    phone.enrol(&invitation.parse().unwrap());
    let twice = json!({"holders": ["aigul", "daniyar"]});
    assert_eq!(refused(&aigul.post("/v1/vault", &twice)), "stale-version");
}

fn wrong_passphrases_are_slowed_down(world: &mut World) {
    let [_, _, marat] = make_vault(world);
    let wrong = json!({"passphrase": "not the right one at all"});
    for _ in 0..5 {
        assert_eq!(refused(&marat.post("/v1/contacts/opening", &wrong)), "forbidden");
    }
    let right = json!({"passphrase": THIRD});
    let locked = marat.post("/v1/contacts/opening", &right);
    assert_eq!(refused(&locked), "too-many-requests");
    assert!(locked.json()["retry_after_s"].as_u64().unwrap() > 500);
    let short = json!({"passphrase": "short", "old": THIRD});
    assert_eq!(refused(&marat.post("/v1/vault/passphrase", &short)), "too-many-requests");
}
