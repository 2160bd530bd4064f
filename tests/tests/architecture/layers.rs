//! Who may know whom.

use crate::source::{code, files, imports, names, text};

/// A library, and the only places that may name it. A place is a file, or a folder with its slash.
const CONFINED: [(&str, &[&str]); 8] = [
    ("actix_web", &["server/src/http/", "server/src/web/"]),
    ("rusqlite", &["client-core/src/outbox/", "server/src/store/sqlite"]),
    ("tokio_postgres", &["server/src/store/postgres"]),
    ("deadpool_postgres", &["server/src/store/postgres"]),
    // Phones without a command line do not build these.
    ("clap", &["client-core/src/cli", "client-core/src/main.rs", "server/src/cli/"]),
    ("indicatif", &["client-core/src/cli", "server/src/cli/"]),
    (
        "ureq",
        &[
            "client-core/src/transport/",
            "server/src/cli/",
            "server/src/cosigning/ask.rs",
            "server/src/webhooks/send.rs",
        ],
    ),
    ("uniffi", &["client-core/src/ffi/"]),
];

const CRATES: [&str; 3] = ["proto/src", "client-core/src", "server/src"];

fn sources() -> Vec<String> {
    CRATES.iter().flat_map(|folder| files(folder, &[".rs"])).collect()
}

#[test]
fn a_library_is_named_only_in_its_place() {
    for file in sources() {
        let code = code(&file);
        for (library, places) in CONFINED {
            let at_home = places.iter().any(|place| file.starts_with(place));
            assert!(at_home || !names(&code, library), "{file} names {library}");
        }
    }
}

#[test]
fn the_clock_is_read_in_two_files() {
    for file in sources().into_iter().chain(files("tests/src", &[".rs"])) {
        if !["client-core/src/clock.rs", "server/src/clock.rs"].contains(&file.as_str()) {
            let code = code(&file);
            assert!(!names(&code, "SystemTime"), "{file} reads the clock");
            assert!(!code.contains("Timestamp::now"), "{file} reads the clock");
        }
    }
}

#[test]
fn a_status_is_chosen_in_one_file() {
    for file in files("server/src/http", &[".rs"]) {
        let one = file == "server/src/http/problem.rs";
        assert!(one || !names(&code(&file), "StatusCode"), "{file} chooses a status");
    }
}

#[test]
fn phone_and_headquarters_do_not_know_each_other() {
    for (manifest, other) in [
        ("client-core/Cargo.toml", "hattama-server"),
        ("server/Cargo.toml", "hattama-client-core"),
        ("proto/Cargo.toml", "hattama-"),
    ] {
        let names_it = |line: &&str| line.starts_with(other);
        assert_eq!(text(manifest).lines().find(names_it), None, "{manifest}");
    }
}

#[test]
fn proto_does_no_io_and_reads_no_clock() {
    for file in files("proto/src", &[".rs"]) {
        let code = code(&file);
        for outside in [
            "std::fs",
            "std::net",
            "std::time",
            "std::env",
            "std::process",
            "std::thread",
            "SystemRandom",
        ] {
            let imported = imports(&code).iter().any(|path| path.starts_with(outside));
            assert!(!imported && !names(&code, outside), "{file} names {outside}");
        }
        assert!(!names(&code, "async") && !names(&code, "tokio"), "{file} waits");
    }
}

/// Modules of the server that a module never imports: what stands to its left in the picture.
const NEVER: [(&str, &[&str]); 24] = [
    ("store", &["cli", "web", "http", "ingest", "log", "review", "compare", "app", "picture"]),
    ("merge", &["cli", "web", "http", "ingest", "log", "store", "compare", "app", "picture"]),
    ("backup", &["cli", "web", "http", "ingest", "review", "compare", "app", "picture"]),
    ("transfer", &["cli", "web", "http", "ingest", "review", "compare", "app"]),
    ("compare", &["cli", "web", "http", "ingest", "log", "store", "review", "app", "picture"]),
    // Reading a table keeps nothing.
    ("official", &["cli", "web", "http", "ingest", "log", "store", "review", "app", "picture"]),
    (
        "estimate",
        &["cli", "web", "http", "ingest", "log", "store", "review", "merge", "app", "picture"],
    ),
    (
        "forensics",
        &["cli", "web", "http", "ingest", "log", "store", "review", "merge", "app", "picture"],
    ),
    ("known", &["cli", "web", "http", "ingest", "log", "store", "review", "app", "picture"]),
    ("sample", &["cli", "web", "http", "ingest", "compare", "app", "picture"]),
    ("incident_board", &["cli", "web", "http", "ingest", "log", "review", "compare", "picture"]),
    ("log", &["cli", "web", "http", "compare", "app", "picture"]),
    ("cosigning", &["cli", "web", "http", "ingest", "compare", "review", "app", "picture"]),
    ("evidence", &["cli", "web", "http", "ingest", "compare", "review", "app", "picture"]),
    ("release", &["cli", "web", "http", "ingest", "forensics", "vault", "roster"]),
    ("export", &["cli", "web", "http", "ingest", "log", "store", "review", "app", "picture"]),
    // For another organisation: nothing of a headquarters.
    ("witness", &["cli", "web", "http", "ingest", "log", "store", "review", "app", "picture"]),
    (
        "transcription",
        &["cli", "web", "http", "ingest", "log", "store", "review", "desk", "app", "picture"],
    ),
    ("desk", &["cli", "web", "http"]),
    ("review", &["cli", "web", "http", "app", "picture"]),
    ("accounting", &["cli", "web", "http", "ingest", "review", "compare", "app", "picture"]),
    ("ingest", &["cli", "web", "http", "compare", "review", "app", "picture"]),
    ("vault", &["cli", "web", "http", "ingest", "log", "review", "compare", "app", "picture"]),
    ("field", &["cli", "web", "http", "compare", "app", "picture"]),
];

#[test]
fn a_stage_knows_nothing_to_its_left() {
    for (module, left) in NEVER {
        for file in files(&format!("server/src/{module}"), &[".rs"]) {
            for path in imports(&code(&file)) {
                let Some(inside) = path.strip_prefix("crate::") else { continue };
                let first = inside.split("::").next().unwrap();
                assert!(!left.contains(&first), "{file} imports {path}");
            }
        }
    }
}

#[test]
fn handlers_hold_no_statements() {
    for folder in ["server/src/http", "server/src/web", "server/src/cli"] {
        for file in files(folder, &[".rs"]) {
            let code = code(&file);
            for word in ["\"select ", "\"insert into ", "\"update ", "\"delete from "] {
                assert!(!code.contains(word), "{file} holds a statement: {word}");
            }
        }
    }
}

#[test]
fn the_phone_never_changes_or_deletes_a_record() {
    for file in files("client-core/src/outbox", &[".rs"]) {
        let code = code(&file);
        for change in ["update record ", "delete from record ", "delete from fork_proof"] {
            assert!(!code.contains(change), "{file} says {change}");
        }
    }
}

/// Lines of one file, the tests at its end included. Beyond it nobody sees the one idea any more.
/// A file of examples only may go on: each example is an idea of its own.
const LINES_MAX: usize = 600;

#[test]
fn a_file_is_one_idea_and_is_named_after_it() {
    for file in sources().into_iter().chain(files("tests/src", &[".rs"])) {
        let lines = text(&file).lines().count();
        let examples = file.ends_with("/tests.rs");
        assert!(
            examples || lines <= LINES_MAX,
            "{file} has {lines} lines: look for the second idea in it"
        );
        for part in file.split(['/', '.']) {
            let vague = ["util", "utils", "common", "helper", "helpers", "manager", "misc"];
            assert!(!vague.contains(&part), "{file}: find the noun");
        }
    }
}

#[test]
fn what_a_lint_forbids_is_expected_with_a_reason_or_not_done() {
    for file in sources() {
        assert!(!code(&file).contains("#[allow("), "{file}: use #[expect(lint, reason = ...)]");
    }
}
