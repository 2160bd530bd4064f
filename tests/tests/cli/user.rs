//! `hattama user`: on the machine itself, and at a headquarters that is being served.

use crate::programs::{Bench, Ran};

const PASSWORD: &str = "four plain words here\n";

fn on_the_machine(bench: &Bench, command: &[&str], typed: &str) -> Ran {
    let folder = bench.arg("hq");
    let start = ["user", "--folder", folder.as_str()];
    bench.hattama_told(start.iter().chain(command), typed)
}

/// A token of an account, made on the machine itself.
fn token(bench: &Bench, account: &str) -> String {
    let made = on_the_machine(bench, &["token", account, "--name", "t", "--stepped-up"], "").done();
    made.trim().to_owned()
}

#[test]
fn on_the_machine_itself_everything_is_done_at_once_and_noted() {
    let bench = Bench::new();
    bench.init();
    let here = |command: &[&str]| on_the_machine(&bench, command, "");
    here(&["add", "anna", "--display", "Anna", "--role", "reviewer"]).done();
    here(&["add", "anna"]).refused(2, "an account with this name is there already");
    here(&["add", "Anna"]).refused(2, "small letters");
    here(&["add", "marat", "--role", "boss"]).refused(2, "there is no role boss");
    here(&["add", "marat", "--region", "atlantis"]).refused(2, "no such region");
    here(&["add", "marat", "--org", "two words"]).refused(2, "no code of an organisation");

    on_the_machine(&bench, &["password", "anna"], PASSWORD).done();
    on_the_machine(&bench, &["password", "anna"], "short\n").refused(2, "12 characters");
    here(&["password", "anna"]).refused(2, "nothing was typed");
    on_the_machine(&bench, &["password"], PASSWORD).refused(2, "with --folder name the account");
    on_the_machine(&bench, &["password", "nobody"], PASSWORD).refused(2, "no such account");

    here(&["roles", "anna", "--role", "auditor", "--region", "tiny-1"]).done();
    let listed = here(&["list"]).done();
    let anna = listed.lines().find(|line| line.starts_with("anna")).unwrap();
    for part in ["Anna", "active", "auditor", "tiny-1", "yes"] {
        assert!(anna.contains(part), "{part}: {listed}");
    }
    assert_eq!(here(&["list", "--json"]).json()[0]["name"], "anna");
    // What is done if nothing is said.
    assert_eq!(here(&[]).done(), listed);

    let made = here(&["token", "anna", "--name", "night script", "--days", "3"]);
    assert!(made.err.contains("told once"), "{}", made.err);
    assert_eq!(made.done().trim().len(), 43);
    here(&["token", "--name", "n"]).refused(2, "with --folder name the account");
    let sessions = here(&["sessions", "anna"]).done();
    let id = sessions.lines().find(|line| line.contains("night script")).unwrap();
    let id = id.split_whitespace().next().unwrap().to_owned();
    here(&["end-session", "anna", &id]).done();
    here(&["end-session", "anna", &id]).refused(2, "no such account, session or token");
    here(&["end-session", "anna"]).done();
    here(&["sessions", "nobody"]).refused(2, "no such account");

    here(&["totp-reset", "anna"]).done();
    here(&["suspend", "anna"]).done();
    here(&["suspend", "anna"]).refused(2, "not in a state for that");
    here(&["resume", "anna"]).done();
    here(&["remove", "anna"]).done();
    here(&["resume", "anna"]).refused(2, "not in a state for that");

    let trail = here(&["audit", "--limit", "500"]).done();
    for action in [
        "account-made",
        "password-set",
        "roles-set",
        "token-made",
        "token-ended",
        "factors-reset",
        "account-suspended",
        "account-resumed",
        "account-removed",
    ] {
        assert!(trail.contains(action), "{action}: {trail}");
    }
    assert!(trail.contains("the machine"), "{trail}");
    let newest = here(&["audit", "--limit", "1"]);
    assert!(newest.err.contains("--before"), "{}", newest.err);
    assert!(newest.done().contains("account-removed"));

    // What only a headquarters that is served can answer says so.
    for command in [&["whoami"][..], &["link", "anna"], &["changes"], &["confirm", "x"]] {
        here(command).refused(2, "leave --folder out");
    }
    bench.hattama(["user", "--folder", "no/such/folder"]).refused(4, "no/such/folder");
}

#[test]
fn at_a_running_headquarters_roles_take_two_admins() {
    let mut bench = Bench::new();
    bench.init();
    on_the_machine(&bench, &["add", "second", "--role", "admin"], "").done();
    let second = token(&bench, "second");
    let _serving = bench.serve();
    on_the_machine(&bench, &["list"], "").refused(4, "leave --folder out");
    let first = |command: &[&str]| bench.hattama(["user"].iter().chain(command));
    let second = |command: &[&str]| {
        let with = ["--token", second.as_str()];
        bench.hattama(["user"].iter().chain(command).chain(&with))
    };

    let me = first(&["whoami"]).done();
    assert!(me.contains("operator") && me.contains("admin"), "{me}");
    let invited = first(&["add", "marat", "--display", "Marat", "--role", "coordinator"]);
    assert!(invited.err.contains("hattama user confirm"), "{}", invited.err);
    let link = invited.done();
    assert!(link.contains("/welcome?invitation="), "{link}");
    assert_ne!(first(&["link", "marat"]).done(), link, "another link");
    first(&["link", "marat", "--withdraw"]).done();
    first(&["link", "marat", "--withdraw"]).refused(5, "no such thing");
    first(&["add", "marat"]).refused(5, "there already");
    first(&["add", "serik", "--role", "boss"]).refused(2, "there is no role boss");
    first(&["add", "serik", "--region", "atlantis"]).refused(5, "no such region");

    let waits = first(&["changes", "--json"]).json();
    assert_eq!(waits[0]["account"], "marat", "{waits}");
    let change = waits[0]["id"].as_str().unwrap().to_owned();
    first(&["confirm", &change]).refused(5, "another admin has to confirm");
    second(&["confirm", &change]).done();
    assert_eq!(first(&["changes", "--json"]).json().as_array().unwrap().len(), 0);
    let proposed = second(&["roles", "marat", "--role", "reviewer"]).done();
    first(&["withdraw", proposed.trim()]).done();
    second(&["confirm", proposed.trim()]).refused(5, "no such thing");
    let listed = first(&["list"]).done();
    assert!(listed.lines().any(|line| line.contains("marat") && line.contains("coordinator")));

    first(&["remove", "marat"]).done();
    first(&["suspend", "second"]).done();
    second(&["whoami"]).refused(5, "does not know");
    first(&["resume", "second"]).done();
    second(&["whoami"]).done();
    first(&["totp-reset", "second"]).refused(5, "on the machine itself");
    first(&["suspend", "operator"]).refused(5, "nobody suspends");
    let sessions = first(&["sessions", "second", "--json"]).json();
    let id = sessions["tokens"][0]["id"].as_str().unwrap().to_owned();
    first(&["end-session", "second", &id]).done();
    second(&["whoami"]).refused(5, "does not know");

    // One's own: a first password, another one, a token; nobody else's.
    let typed = |text: &str| bench.hattama_told(["user", "password"], text);
    typed(PASSWORD).done();
    typed("another four plain words\n").refused(5, "not right");
    typed(&format!("{PASSWORD}another four plain words\n")).done();
    bench.hattama_told(["user", "password", "second"], PASSWORD).refused(2, "--folder");
    let made = first(&["token", "--name", "weak"]).done();
    let weak = |command: &[&str]| {
        let with = ["--token", made.trim()];
        bench.hattama(["user"].iter().chain(command).chain(&with))
    };
    weak(&["list"]).done();
    weak(&["suspend", "second"]).refused(5, "second factor");
    first(&["token", "second", "--name", "n"]).refused(2, "--folder");

    let trail = first(&["audit", "--actor", "second"]).done();
    assert!(trail.contains("roles-confirmed") && !trail.contains("account-invited"), "{trail}");
    let trail = first(&["audit", "--action", "invitation-withdrawn", "--json"]).json();
    assert_eq!(trail["events"][0]["subject"], "marat", "{trail}");
}
