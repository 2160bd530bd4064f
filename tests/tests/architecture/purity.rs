//! A file whose documentation calls it pure does nothing but compute.

use crate::source::{code, files, imports, module_docs, names};

/// What must be pure, a file or a folder with its slash: the rules by which evidence is judged and
/// the phone decides.
const RULES: [&str; 30] = [
    "server/src/admission/lane.rs",
    "server/src/admission/pace.rs",
    "server/src/admission/places.rs",
    "server/src/admission/retry.rs",
    "server/src/merge/",
    "server/src/compare/",
    "server/src/estimate/",
    "server/src/forensics/",
    "server/src/known/",
    "server/src/plot/",
    "server/src/sample/frame.rs",
    "server/src/sample/sizing.rs",
    "server/src/transcription/",
    "server/src/review/ask.rs",
    "server/src/review/incident.rs",
    "server/src/review/words.rs",
    "server/src/roster/",
    "server/src/release/gate.rs",
    "server/src/release/corrections.rs",
    "client-core/src/capture/check.rs",
    "client-core/src/keeping.rs",
    "client-core/src/sync/allowed.rs",
    "client-core/src/sync/answer.rs",
    "client-core/src/sync/cosigned.rs",
    "client-core/src/sync/head.rs",
    "client-core/src/sync/plan.rs",
    "client-core/src/sync/push.rs",
    "client-core/src/sync/ranges.rs",
    "client-core/src/sync/retry.rs",
    "client-core/src/sync/trust.rs",
];

/// What a rule may import besides `std`, `hattama_proto`, `serde` and its own neighbours: types and
/// constants, never anything that acts.
const MAY_KNOW: [&str; 12] = [
    "crate::forensics::",
    "crate::estimate::",
    "crate::review::IncidentState",
    "crate::compare::",
    "crate::clock::Moment",
    "crate::clock::Anchor",
    "crate::limits::",
    "crate::transport::Response",
    "crate::transport::TransportError",
    "crate::error::NotebookError",
    "crate::Alarm",
    "crate::sync::",
];

/// Whatever touches the world.
const WORLD: [&str; 18] = [
    "std::fs",
    "std::io",
    "std::net",
    "std::env",
    "std::time::Instant",
    "std::time::SystemTime",
    "std::thread",
    "std::process",
    "SystemTime",
    "Instant",
    "SystemRandom",
    "tokio",
    "rusqlite",
    "ureq",
    "async",
    "await",
    "println",
    "eprintln",
];

fn touches(code: &str) -> Option<String> {
    let imports = imports(code);
    let imported = imports.into_iter().find(|path| WORLD.iter().any(|out| path.starts_with(out)));
    imported.or_else(|| WORLD.iter().find(|out| names(code, out)).map(|out| (*out).to_owned()))
}

fn is_rule(file: &str) -> bool {
    RULES.iter().any(|rule| file.starts_with(rule))
}

fn rules() -> Vec<String> {
    let all = ["client-core/src", "server/src"].iter().flat_map(|folder| files(folder, &[".rs"]));
    // The laws, worlds and examples of merge are tests.
    let tests = ["laws.rs", "tests.rs", "world.rs", "_tests.rs"];
    all.filter(|file| is_rule(file) && !tests.iter().any(|end| file.ends_with(end))).collect()
}

#[test]
fn a_rule_only_computes() {
    for file in rules() {
        assert_eq!(touches(&code(&file)), None, "{file}");
    }
}

#[test]
fn a_rule_imports_only_what_cannot_act() {
    for file in rules() {
        for path in imports(&code(&file)) {
            let outside = path.starts_with("crate::") && !path.starts_with("crate::merge::");
            let known = MAY_KNOW.iter().any(|known| path.starts_with(known));
            assert!(!outside || known, "{file} imports {path}");
        }
    }
}

#[test]
fn whatever_calls_itself_pure_is() {
    let mut found = 0;
    for folder in ["client-core/src", "server/src", "proto/src"] {
        for file in files(folder, &[".rs"]) {
            let docs = module_docs(&file);
            if docs.ends_with("Pure.") || docs.contains(" Pure. ") || docs.contains("; pure.") {
                found += 1;
                assert_eq!(touches(&code(&file)), None, "{file}");
            }
        }
    }
    assert!(found > 10, "only {found} files call themselves pure: the search has gone blind");
}

#[test]
fn the_search_finds_what_touches_the_world() {
    assert!(touches("\nuse std::{fmt, fs::File};\n").is_some());
    assert!(touches("fn now() -> SystemTime { SystemTime::now() }").is_some());
    assert_eq!(touches("\nuse std::{fmt, collections::BTreeMap};\nlet awaits = 1;"), None);
}
