//! Reading our own source: which files there are, what they say, what they import.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap().to_owned()
}

/// Folders that hold what was built, fetched or played, and nothing that was written.
const NOT_OURS: [&str; 5] = [".git", "demo-data", "node_modules", "target", "vectors"];

/// All files below `folder` with one of these endings, in order; paths from the root.
pub(crate) fn files(folder: &str, endings: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    collect(&root().join(folder), endings, &mut found);
    let root = root();
    let name = |path: &PathBuf| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
    let mut names: Vec<String> = found.iter().map(name).collect();
    names.sort();
    names
}

fn collect(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            if !NOT_OURS.contains(&name) {
                collect(&path, endings, found);
            }
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
}

/// The text of a file.
pub(crate) fn text(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The module documentation of a file: its `//!` lines.
pub(crate) fn module_docs(file: &str) -> String {
    let text = text(file);
    let docs = text.lines().filter_map(|line| line.strip_prefix("//!"));
    docs.map(str::trim).collect::<Vec<_>>().join(" ")
}

/// What a file does: without whole-line comments and without the tests at its end.
pub(crate) fn code(file: &str) -> String {
    let text = text(file);
    let tests = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let lines = text[..tests].lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether `code` names `word`, and not only as part of a longer one.
pub(crate) fn names(code: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word)
        .any(|(at, _)| !code[..at].ends_with(part) && !code[at + word.len()..].starts_with(part))
}

/// Everything a file imports, one path each: `use a::{b, c::d};` gives `a::b` and `a::c::d`.
pub(crate) fn imports(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for statement in code.split(';') {
        let starts =
            ["\nuse ", "\npub use ", "\n    use ", "\npub(crate) use ", "\npub(super) use "];
        let start =
            starts.iter().filter_map(|use_| Some(statement.rfind(use_)? + use_.len())).max();
        if let Some(start) = start {
            let tree: String = statement[start..].split_whitespace().collect();
            expand("", &tree, &mut found);
        }
    }
    found
}

fn expand(prefix: &str, tree: &str, found: &mut Vec<String>) {
    let Some(open) = tree.find('{') else {
        found.push(format!("{prefix}{tree}"));
        return;
    };
    let prefix = format!("{prefix}{}", &tree[..open]);
    let inner = tree[open + 1..].strip_suffix('}').unwrap_or(&tree[open + 1..]);
    let (mut depth, mut from) = (0, 0);
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                expand(&prefix, &inner[from..at], found);
                from = at + 1;
            }
            _ => {}
        }
    }
    if from < inner.len() {
        expand(&prefix, &inner[from..], found);
    }
}

#[test]
fn imports_are_told_one_by_one() {
    let code = "\nuse std::{fs::{self, File}, io};\n\nuse crate::store;\nfn main() {}";
    assert_eq!(imports(code), ["std::fs::self", "std::fs::File", "std::io", "crate::store"]);
    assert!(names("crate::store::Db", "store"));
    assert!(!names("crate::restore_all", "store"));
}
