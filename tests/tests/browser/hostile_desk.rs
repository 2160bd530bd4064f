//! What people at headquarters write: comments, tags, groups, public texts, messages, names of accounts
//! and of tokens, and what was told by telephone.

use hattama_tests::world::{Signed, World};
use serde_json::{Value, json};

use crate::hostile::page;

/// Of what makes a statement or an account for each there is one for so many payloads.
const EVERY: usize = 8;

/// Longest tag and name of a group, in letters.
const NAME_LETTERS_MAX: usize = 64;

/// Writes payloads into every field; says which pages show how many of them at least.
pub(crate) fn write(world: &World, incidents: &[Signed], payloads: &[String]) -> Vec<Value> {
    let wire = world.wire();
    let post = |path: &str, body: &Value| {
        let answer = wire.post(path, body);
        assert_eq!(answer.status, 200, "{path} {body}: {}", answer.text());
        answer.json()
    };
    for (record, payload) in incidents.iter().zip(payloads) {
        let at = format!("/v1/incidents/{}", record.id);
        post(&format!("{at}/comments"), &json!({ "words": payload }));
        // Names are bounded and have no line ends: what is refused stands nowhere.
        if payload.chars().count() <= NAME_LETTERS_MAX {
            for (what, body) in [
                ("tags", json!({ "add": [payload], "remove": [] })),
                ("group", json!({ "group": payload })),
            ] {
                let answer = wire.post(&format!("{at}/{what}"), &body);
                assert!([200, 400].contains(&answer.status), "{what}: {}", answer.text());
            }
        }
    }
    let some = || payloads.iter().enumerate().step_by(EVERY);
    for (number, payload) in some() {
        post(
            "/v1/messages",
            &json!({ "to": "everybody", "org": "watchers", "texts": { "en": payload } }),
        );
        let name = format!("hostile-{number}");
        post("/v1/accounts", &json!({ "name": name, "display": payload, "roles": ["auditor"] }));
    }
    let told = some().count();
    vec![
        page("/messages", told.min(20)),
        page("/people", told),
        page("/audit", 0),
        page("/roster", 0),
        page("/rehearsal", 0),
        page("/checklists", 0),
        page("/telephone", 0),
        page("/transcription", 0),
        page("/account", 0),
    ]
}
