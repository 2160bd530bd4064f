//! Payloads: every context with every vector, each in the next encoding. Data in
//! `tests/browser/payloads.json`.

use std::{fs, path::Path};

use serde::Deserialize;

/// What a vector that runs sets; also tells on a page that a payload is shown.
pub(crate) const MARKER: &str = "hattamaRan";

#[derive(Deserialize)]
struct Parts {
    contexts: Vec<String>,
    vectors: Vec<String>,
    encodings: Vec<String>,
}

/// All payloads, each another.
pub(crate) fn payloads() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/payloads.json");
    let parts: Parts = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let mut made = Vec::new();
    for context in &parts.contexts {
        for vector in &parts.vectors {
            // Plain is what most often runs; every other one is in the next encoding.
            for turn in [0, 1 + made.len() % (parts.encodings.len() - 1)] {
                let vector = vector.replace("MARK", MARKER);
                made.push(context.replace('%', &encoded(&vector, &parts.encodings[turn])));
            }
        }
    }
    made
}

fn encoded(vector: &str, encoding: &str) -> String {
    let brackets = |open: &str, close: &str, quote: &str| {
        vector.replace('<', open).replace('>', close).replace('"', quote)
    };
    match encoding {
        "plain" => vector.to_owned(),
        "entities" => brackets("&lt;", "&#x3e;", "&quot;"),
        "percent" => brackets("%3C", "%3E", "%22"),
        // Letters that a careless fold turns into brackets.
        "fullwidth" => brackets("\u{ff1c}", "\u{ff1e}", "\u{ff02}"),
        "mixed-case" => mixed(vector),
        other => panic!("{other} is no encoding"),
    }
}

/// Tag and handler names in mixed case; the marker stays as it is.
fn mixed(vector: &str) -> String {
    let parts = vector.split(MARKER).map(|part| {
        let letters = part.chars().enumerate();
        let turned = |(at, letter): (usize, char)| {
            if at % 2 == 0 { letter.to_ascii_uppercase() } else { letter }
        };
        letters.map(turned).collect::<String>()
    });
    parts.collect::<Vec<_>>().join(MARKER)
}
