//! The indicators on real elections, against figures that were published or computed elsewhere.
//! The elections are not part of the project; without them these tests are skipped aloud.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "forensics/albania.rs"]
mod albania;
#[path = "forensics/russia.rs"]
mod russia;

use std::path::{Path, PathBuf};

/// A file of the data beside the project; none, said aloud, where it is not there.
fn shared_data(name: &str) -> Option<PathBuf> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(name);
    if file.exists() {
        return Some(file);
    }
    hattama_tests::skip(&format!("the shared data {name} is not here"));
    None
}

/// Equal within what the reference was rounded to.
fn near(seen: f64, reference: f64, within: f64) -> bool {
    (seen - reference).abs() <= within
}
