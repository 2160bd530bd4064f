//! What the server's source may not say: engines outside the driver, changes to evidence.

use std::fs;
use std::path::{Path, PathBuf};

const APPEND_ONLY: [&str; 16] = [
    "incident_change",
    "incident_transition",
    "incident_edition",
    "record",
    "log_leaf",
    "cosignature",
    "statement",
    "publication",
    "publication_row",
    "release_draft",
    "release_outcome",
    "publication_mapping",
    "audit_event",
    "transcription_reading",
    "sample_unit",
    "hardware_request",
];

fn server(part: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../server").join(part)
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|own| own == ending) {
            found.push(path);
        }
    }
    found
}

/// The file without whole-line comments, in lower case, with single blanks.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap().to_lowercase();
    let lines = text.lines().map(str::trim);
    let code = lines.filter(|line| !line.starts_with("//") && !line.starts_with("--"));
    code.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

/// The first part of `code` that would change a row of an append-only table.
fn change_of_evidence(code: &str) -> Option<String> {
    for table in APPEND_ONLY {
        for verb in
            ["update", "delete from", "truncate", "truncate table", "drop table", "replace into"]
        {
            let change = format!("{verb} {table}");
            let names_it = |at: usize| {
                let after = code[at + change.len()..].chars().next();
                !after.is_some_and(|next| next.is_alphanumeric() || next == '_')
            };
            if code.match_indices(&change).any(|(at, _)| names_it(at)) {
                return Some(change);
            }
        }
        // An upsert changes too. A statement ends with its string.
        for insert in code.split(&format!("insert into {table} ")).skip(1) {
            let rest = insert.split(['"', ';']).next().unwrap_or_default();
            if rest.contains("do update") {
                return Some(format!("insert into {table} ... do update"));
            }
        }
    }
    None
}

#[test]
fn no_statement_changes_evidence() {
    let sources = files(&server("src"), "rs").into_iter();
    for path in sources.chain(files(&server("migrations"), "sql")) {
        let change = change_of_evidence(&code(&path));
        assert_eq!(change, None, "{}", path.display());
    }
}

#[test]
fn the_search_for_changes_finds_them() {
    for planted in [
        "\"update record set verdict = $1\"",
        "\"delete from log_leaf\"",
        "\"insert into statement (position) values ($1) on conflict (position) do update set x\"",
        "\"insert or replace into audit_event\"",
    ] {
        assert!(change_of_evidence(planted).is_some(), "{planted}");
    }
    for harmless in [
        "\"update record_blob set page = $1\"",
        "\"insert into record (position) values ($1)\" \"on conflict (unit) do update set x\"",
    ] {
        assert_eq!(change_of_evidence(harmless), None);
    }
}

#[test]
fn an_engine_is_named_only_in_its_driver() {
    let store = server("src/store");
    let engines =
        [("rusqlite", "sqlite"), ("tokio_postgres", "postgres"), ("deadpool_postgres", "postgres")];
    for path in files(&server("src"), "rs") {
        let code = code(&path);
        for (library, driver) in engines {
            let own = path.starts_with(store.join(driver))
                || path == store.join(driver).with_extension("rs");
            assert!(own || !code.contains(library), "{} names {library}", path.display());
        }
    }
}

/// Every statement in the store's code: string literals that begin with its verb, tests left out.
fn statements() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for path in files(&server("src/store"), "rs") {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        let code = lines.collect::<Vec<_>>().join("\n");
        for literal in code.split('"').skip(1).step_by(2) {
            let statement = literal.split_whitespace().collect::<Vec<_>>().join(" ");
            let verbs = ["select ", "insert ", "update ", "delete "];
            if verbs.iter().any(|verb| statement.starts_with(verb)) {
                found.push((path.clone(), statement));
            }
        }
    }
    found
}

#[test]
fn no_statement_is_written_twice() {
    let statements = statements();
    assert!(statements.len() > 80, "only {} statements: not read right", statements.len());
    let mut first = std::collections::HashMap::new();
    for (path, statement) in statements {
        if let Some(other) = first.insert(statement.clone(), path.clone()) {
            panic!("{} and {} both say: {statement}", other.display(), path.display());
        }
    }
}
