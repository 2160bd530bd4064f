//! Real figures and real photographs through the whole system. They are not part of the project;
//! where they are not beside it these tests are skipped aloud.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "merge_real/copies.rs"]
mod copies;
#[path = "merge_real/photographs.rs"]
mod photographs;

use std::path::{Path, PathBuf};

/// A folder of the data beside the project; none, said aloud, where it is not there.
fn shared_data(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    hattama_tests::skip(&format!("the shared data {name} is not here"));
    None
}
