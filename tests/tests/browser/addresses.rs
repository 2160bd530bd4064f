//! Examples of every page: an address without one fails here, before a browser is started.

use hattama_server::http::addresses;
use serde_json::{Value, json};

/// What parts of an address stand for in the world that is looked at.
pub(crate) struct Examples {
    /// Codes of regions.
    pub(crate) regions: Vec<String>,
    /// Codes of precincts and commissions.
    pub(crate) units: Vec<String>,
    /// Ids of records that are no incidents.
    pub(crate) records: Vec<String>,
    /// Ids of publications.
    pub(crate) publications: Vec<String>,
    /// Ids of incidents.
    pub(crate) incidents: Vec<String>,
}

impl Examples {
    /// Addresses of pages of this pattern; none where the answer is not a page.
    ///
    /// # Panics
    /// If the pattern is not known here: whoever adds a page says what it looks like.
    fn of(&self, pattern: &str) -> Vec<String> {
        let each = |codes: &[String]| -> Vec<String> {
            let (before, rest) = pattern.split_once('{').unwrap();
            let after = rest.split_once('}').unwrap().1;
            codes.iter().map(|code| format!("{before}{code}{after}")).collect()
        };
        let with = |queries: &[&str]| -> Vec<String> {
            queries.iter().map(|query| format!("{pattern}{query}")).collect()
        };
        match pattern {
            "/" | "/enter" | "/compare" | "/log" | "/api" | "/step-up" | "/account" | "/people"
            | "/audit" | "/transcription" | "/roster" | "/roster/import" | "/contacts"
            | "/deadlines" | "/releases" | "/public/releases" | "/messages" | "/checklists"
            | "/rehearsal" | "/telephone" | "/publications" | "/estimate" | "/sample" => {
                with(&[""])
            }
            // Opened with a link that is used up, it says so; the form is in the tests of access.
            "/welcome" => with(&["?invitation=none"]),
            // Handed out one at a time: the night takes one.
            "/transcription/{id}" => Vec::new(),
            "/forensics" => with(&["", "?source=ours&mode=60"]),
            "/map" => with(&["", "?show=differences"]),
            "/units" => with(&["?show=official", "?show=covered&region=43", "?show=silent"]),
            "/devices" => with(&["", "?state=unheard&role=results"]),
            "/regions/{code}" => each(&self.regions),
            "/units/{code}" => each(&self.units),
            // One above the precincts, and one of them.
            "/compare/{code}" => {
                let (regions, units) = (self.regions.iter().take(1), self.units.iter().take(1));
                each(&regions.chain(units).cloned().collect::<Vec<_>>())
            }
            "/publications/{id}" => each(&self.publications),
            "/records/{id}" => each(&self.records),
            "/incidents/{id}" => each(&self.incidents),
            "/incidents" => with(&["", "?state=received&severity=high"]),
            "/search" => with(&["?q=9000", "?q=nothing-like-that"]),
            // Looked at where a release is made; here there is none.
            "/releases/{number}" | "/release-drafts/{draft}" | "/public/releases/{number}" => {
                Vec::new()
            }
            // No pages.
            "/units/{code}/complaint.zip" | "/healthz" | "/readyz" => Vec::new(),
            drawing if drawing.starts_with("/drawings/") => Vec::new(),
            "/public/releases.json" | "/public/releases/{number}/{file}" => Vec::new(),
            // Files of the program, looked at as parts of the pages.
            "/assets/{name}" => Vec::new(),
            _ => {
                panic!("{pattern} is a new page: say in tests/browser/addresses.rs what to look at")
            }
        }
    }
}

/// Every page to look at, as scripts take it: its address, and whether a stranger looks.
pub(crate) fn pages(examples: &Examples) -> Vec<Value> {
    addresses()
        .filter(|address| address.method.as_str() == "GET")
        .map(|address| address.pattern)
        .filter(|pattern| !pattern.starts_with("/v1/") && !pattern.starts_with("/log/"))
        .flat_map(|pattern| {
            let pages = examples.of(pattern);
            pages
                .into_iter()
                .map(move |path| json!({"path": path, "stranger": pattern == "/enter" || pattern == "/welcome" || pattern.starts_with("/public/")}))
        })
        .collect()
}
