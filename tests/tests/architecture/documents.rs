//! What the documents say of the code, where a change of the code would make it untrue.

use hattama_proto::problem::ProblemCode;
use hattama_server::http::{Address, addresses};

use crate::source::{code, files, root, text};

#[test]
fn the_api_document_has_every_endpoint() {
    let document = text("docs/api.md");
    let interface = addresses().filter(|address| {
        ["/v1/", "/log/"].iter().any(|prefix| address.pattern.starts_with(prefix))
    });
    let interface: Vec<_> = interface.collect();
    assert!(interface.len() > 20, "the route table is not where it was");
    for Address { method, pattern, .. } in interface {
        assert!(document.contains(&format!("`{method} {pattern}`")), "{method} {pattern}");
    }
}

#[test]
fn the_api_document_has_every_page() {
    let document = text("docs/api.md");
    for Address { pattern, .. } in addresses() {
        assert!(document.contains(pattern), "docs/api.md lacks {pattern}");
    }
}

#[test]
fn every_address_stands_in_a_route_table_that_says_who_may() {
    for folder in ["server/src/http", "server/src/web"] {
        for file in files(folder, &[".rs"]) {
            let by_hand = code(&file).matches(".route(").count();
            let known = match file.as_str() {
                // The public log, whose addresses stand beside; another organisation's witness.
                "server/src/http/mod.rs" => 2,
                "server/src/http/witness.rs" => by_hand,
                // Two stand beside as well; the third is on a socket of its own.
                "server/src/http/health.rs" => 3,
                "server/src/http/address.rs" => 1,
                _ => 0,
            };
            assert_eq!(by_hand, known, "{file} registers an address past the route tables");
        }
    }
}

#[test]
fn the_api_document_has_every_problem_with_its_status() {
    let document = text("docs/api.md");
    let source = code("proto/src/problem.rs");
    let variants =
        source.split("pub enum ProblemCode {").nth(1).unwrap().split('}').next().unwrap();
    for variant in variants.lines().filter_map(|line| line.trim().strip_suffix(',')) {
        let code: ProblemCode = serde_json::from_str(&format!("\"{}\"", kebab(variant))).unwrap();
        if code != ProblemCode::Unknown {
            let row = format!("| `{}` | {} |", code.name(), code.status());
            assert!(document.contains(&row), "docs/api.md lacks {row}");
        }
    }
}

fn kebab(variant: &str) -> String {
    let mut kebab = String::new();
    for c in variant.chars() {
        if c.is_uppercase() && !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.extend(c.to_lowercase());
    }
    kebab
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    for file in files("", &[".md"]) {
        let folder = root().join(&file).parent().unwrap().to_owned();
        for link in text(&file).split("](").skip(1) {
            let target = link.split([')', '#']).next().unwrap();
            let elsewhere = target.is_empty() || target.contains("://");
            assert!(elsewhere || folder.join(target).exists(), "{file} links to {target}");
        }
    }
}

/// Paths in back quotes that begin with a folder of ours.
#[test]
fn every_file_the_documents_name_is_there() {
    for file in files("", &[".md"]) {
        for quoted in text(&file).split('`').skip(1).step_by(2) {
            let ours = ["proto/", "client-core/", "server/", "tests/", "docs/"];
            let is_path = ours.iter().any(|folder| quoted.starts_with(folder))
                && !quoted.contains([' ', '*', '{', '<', '\n', '…']);
            let path = quoted.split("::").next().unwrap();
            assert!(!is_path || root().join(path).exists(), "{file} names {path}");
        }
    }
}

#[test]
fn nothing_committed_says_where_it_was_made() {
    let endings = [
        ".rs", ".md", ".toml", ".sh", ".sql", ".json", ".csv", ".html", ".css", ".js", ".py", ".go",
    ];
    // Put together here, so that this file does not contain them.
    let places =
        [concat!("/wo", "rk/"), concat!("/tm", "p/"), concat!("/ho", "me/"), concat!("/ro", "ot/")];
    let hosts = [
        concat!("index.crates", ".io"),
        concat!("registry.npmjs", ".org"),
        concat!("pypi", ".org/simple"),
    ];
    for file in files("", &endings) {
        // A table of some commission may be in an alphabet of its own.
        let bytes = std::fs::read(root().join(&file)).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        for place in places.iter().chain(&hosts) {
            assert!(!text.contains(place), "{file} contains {place}");
        }
    }
}
