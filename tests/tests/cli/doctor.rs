//! A set-up that would lose what it acknowledges is said to, and not served.

use hattama_tests::{postgres::Cluster, skip, world::block_on};
use serde_json::Value;

use crate::programs::Bench;

/// The levels of what is about `about`.
fn levels(report: &Value, about: &str) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let those = findings.filter(|finding| finding["about"] == about);
    those.map(|finding| finding["level"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_new_headquarters_keeps_evidence_and_its_root_key_should_go_away() {
    let mut bench = Bench::new();
    bench.init();
    let folder = bench.arg("hq");
    let said = bench.hattama(["doctor", "--folder", &folder]).done();
    assert!(said.contains("root.seed is on this machine"), "{said}");
    assert!(!said.contains("will lose"), "{said}");

    // Beside a headquarters that serves, and without the root key.
    std::fs::remove_file(bench.path("hq/keys/root.seed")).unwrap();
    let serving = bench.serve();
    let report = bench.hattama(["doctor", "--folder", &folder, "--json"]).json();
    assert_eq!(report["keeps_evidence"], true);
    for about in ["synchronous", "journal", "integrity", "keys", "disk of the folder", "log"] {
        assert_eq!(levels(&report, about), ["sound"], "{about}");
    }
    assert!(levels(&report, "root key").is_empty());
    assert!(report.to_string().contains("a process serves the folder now"));
    assert_eq!(serving.terminate(), 0);
}

#[cfg(unix)]
#[test]
fn keys_that_others_can_read_are_said_to_be() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::new();
    bench.init();
    let key = bench.path("hq/keys/log.seed");
    std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let report = bench.hattama(["doctor", "--folder", &bench.arg("hq"), "--json"]).json();
    assert_eq!(levels(&report, "keys"), ["to_know"]);
}

#[test]
fn a_damaged_file_and_an_older_backup_would_lose_evidence() {
    let bench = Bench::new();
    bench.init();
    let folder = bench.arg("hq");
    std::fs::copy(bench.path("hq/hq.db"), bench.path("backup.db")).unwrap();
    // The signer has signed more than the store holds.
    let head = std::fs::read_to_string(bench.path("hq/keys/log.head")).unwrap();
    let later = head.replacen(|c: char| c.is_ascii_digit(), "9", 1);
    std::fs::write(bench.path("hq/keys/log.head"), later).unwrap();
    bench.hattama(["doctor", "--folder", &folder]).refused(1, "older backup");
    bench.hattama(["serve", "--folder", &folder]).refused(4, "older backup");
    std::fs::write(bench.path("hq/keys/log.head"), head).unwrap();
    bench.hattama(["doctor", "--folder", &folder]).done();

    std::fs::write(bench.path("hq/hq.db"), b"not a database any more").unwrap();
    bench.hattama(["doctor", "--folder", &folder]).refused(1, "is damaged");
}

#[test]
fn a_server_that_does_not_wait_for_its_disk_is_not_served_and_one_that_does_is() {
    let lose: [&[(&str, &str)]; 2] = [&[("fsync", "off")], &[("full_page_writes", "off")]];
    for settings in lose {
        let Some(server) = Cluster::start(settings, None) else {
            return skip("PostgreSQL is not installed");
        };
        let bench = on_server(&server);
        let folder = bench.arg("hq");
        let asked = bench.hattama(["doctor", "--folder", &folder, "--json"]);
        assert_eq!(asked.code, 1, "{}", asked.err);
        let report: Value = serde_json::from_str(&asked.out).unwrap();
        assert_eq!(report["keeps_evidence"], false);
        assert_eq!(levels(&report, settings[0].0), ["will_lose"]);
        let mend = format!("alter system set {} = on", settings[0].0);
        assert!(asked.err.contains(&mend), "{}", asked.err);

        bench.hattama(["serve", "--folder", &folder]).refused(4, "evidence would be lost");
        // Said to be an exercise, it is served; how loudly is told on stderr.
        let serving = bench.serve_with(&["--unsound-for-exercises"]);
        assert_eq!(serving.terminate(), 0);
    }
    // Sessions may begin without durability, since ours ask for it.
    let server = Cluster::start(&[("synchronous_commit", "off")], None).unwrap();
    let bench = on_server(&server);
    let report = bench.hattama(["doctor", "--folder", &bench.arg("hq"), "--json"]).json();
    assert_eq!(report["keeps_evidence"], true, "{report}");
    for about in ["version", "fsync", "synchronous_commit", "encoding", "role", "server's clock"] {
        assert_eq!(levels(&report, about), ["sound"], "{about}");
    }
    assert_eq!(bench.serve_with(&[]).terminate(), 0);

    // Another database is looked at without changing which one is served.
    block_on(server.create("ascii"));
    let ascii =
        "drop database ascii; create database ascii encoding 'SQL_ASCII' template template0";
    block_on(async {
        let admin = hattama_tests::postgres::connect(&server.url("postgres")).await.unwrap();
        for statement in ascii.split("; ") {
            admin.batch_execute(statement).await.unwrap();
        }
    });
    let (folder, other) = (bench.arg("hq"), server.url("ascii"));
    bench.hattama(["doctor", "--folder", &folder, "--database", &other]).refused(1, "SQL_ASCII");
    let away = "postgres://u:secret@127.0.0.1:1/hq";
    let asked = bench.hattama(["doctor", "--folder", &folder, "--database", away]);
    assert!(!asked.out.contains("secret") && !asked.err.contains("secret"));
    asked.refused(1, "not available");
}

/// A headquarters in `hq` on a database of this server.
fn on_server(server: &Cluster) -> Bench {
    let bench = Bench::new();
    block_on(server.create("hq"));
    let (folder, token, url) = (bench.arg("hq"), bench.arg("token"), server.url("hq"));
    let setup = crate::programs::tiny_setup();
    let init = ["init", "--folder", &folder, "--setup", &setup, "--listen", "127.0.0.1:0"];
    let rest = ["--token-file", &token, "--database", &url];
    bench.hattama(init.into_iter().chain(rest)).done();
    bench
}
