//! Who may look after an incident: somebody who can open it and do something about it.

use hattama_server::{
    access::{AccountState, Role, Scope},
    store::accounts,
};
use hattama_tests::world::World;
use serde_json::{Value, json};

use super::desk::{ask, change, in_the_store, refused, report, reporter, send, show};

on_both_engines![an_incident_is_given_to_active_reviewers_who_see_it_and_to_nobody_else];

/// An account: its name, state, role, organisation and region.
type Who = (&'static str, AccountState, Role, Option<&'static str>, Option<&'static str>);

const REVIEWER: Role = Role::Reviewer;
const GOOD: [Who; 3] = [
    ("everywhere", AccountState::Active, REVIEWER, None, None),
    ("own-region", AccountState::Active, REVIEWER, Some("watchers"), Some("0")),
    ("own-org", AccountState::Active, REVIEWER, Some("watchers"), None),
];
const BAD: [Who; 7] = [
    ("suspended", AccountState::Suspended, REVIEWER, None, None),
    ("removed", AccountState::Removed, REVIEWER, None, None),
    ("invited", AccountState::Invited, REVIEWER, None, None),
    ("coordinator", AccountState::Active, Role::Coordinator, None, None),
    ("admin", AccountState::Active, Role::Admin, None, None),
    ("other-org", AccountState::Active, REVIEWER, Some("neighbours"), None),
    ("other-region", AccountState::Active, REVIEWER, None, Some("1")),
];

fn an_incident_is_given_to_active_reviewers_who_see_it_and_to_nobody_else(world: &mut World) {
    let mut device = reporter(world, 1);
    let id = send(world, &mut device, &report("0-0-0", "pushed"));
    in_the_store(world, async |db| {
        for (name, state, role, org, region) in GOOD.iter().chain(&BAD) {
            let own = |limit: &Option<&str>| limit.map(str::to_owned);
            let scope = Scope { org: own(org), region: own(region) };
            let at = hattama_server::clock::system();
            let account = accounts::add(name, name, (&[*role], &scope), *state, at);
            db.commit(account).await.unwrap();
        }
    });
    let before = show(world, id)["version"].clone();
    let nobody = ["no-such-account", "ANNA"];
    for name in BAD.iter().map(|who| who.0).chain(nobody) {
        let answer = ask(world, id, "assignment", &[], &json!({ "to": name }));
        assert_eq!(refused(&answer), (422, "invalid".to_owned()), "{name}");
        let says = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(says.contains("active account"), "one answer for all: {name}: {says}");
    }
    assert_eq!(show(world, id)["version"], before, "nothing was changed");
    for (name, ..) in GOOD {
        let changed = change(world, id, "assignment", &json!({ "to": name }));
        assert_eq!(changed["assignee"], name);
    }
    assert_eq!(change(world, id, "assignment", &json!({ "to": null }))["assignee"], Value::Null);

    // The form says the same in the language of its page, and keeps what was typed.
    let home = format!("http://{}", world.address());
    let cookie = format!("hattama={}", world.made().operator_token);
    for (language, words) in
        [("en", "Choose an active account"), ("ru", "учётную запись"), ("kk", "тіркелгіні")]
    {
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "text/html"),
            ("origin", home.as_str()),
            ("cookie", cookie.as_str()),
        ];
        let form = "what=assign&assignee=coordinator";
        let path = format!("/incidents/{id}?lang={language}");
        let page = world.wire().send("POST", &path, &headers, form.as_bytes()).unwrap();
        let text = page.text();
        assert!(page.status == 200 && text.contains(words), "{language}: {text}");
        assert!(text.contains("value=\"coordinator\""), "{text}");
    }
}
