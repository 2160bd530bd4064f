//! Whether a set-up keeps what it acknowledges: facts in, findings out.
//!
//! ```text
//! look   asks the store, the folder, the system       the only file here that touches anything
//!  │ Facts
//!  ├── server, file     the database, by its kind
//!  ├── folder, blobs    keys, disk, photographs
//!  └── log              the signed head against the store, the clock against both
//!        Finding        level, reason, what to type
//! ```
//!
//! `hattama doctor` prints the findings; `hattama serve` makes the same ones and does not serve
//! where evidence would be lost. Nothing is mended here, and nothing but a probe of the disk is
//! written.

mod blobs;
mod file;
mod finding;
mod folder;
mod log;
mod look;
mod server;

use hattama_proto::time::UnixMillis;

pub use self::finding::{Finding, Level, keeps_evidence};
pub use self::folder::{FolderFacts, Lock};
pub use self::log::{HeadFacts, LOG};
pub use self::look::{look_at_blobs, look_at_folder, look_at_store};
use crate::{blobs::BlobFacts, store::facts::StoreFacts};

/// What is known of a set-up.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The store; else why it cannot be asked.
    pub store: Result<StoreFacts, String>,
    /// Kind of the file system that the store's file is on, if it is a file and the system tells.
    pub store_file_system: Option<String>,
    /// The data folder.
    pub folder: FolderFacts,
    /// The signer's head.
    pub head: HeadFacts,
    /// Where photographs are kept, without what opens it, and what that store did when it was tried.
    pub blobs: (String, BlobFacts),
    /// This machine's clock.
    pub now: UnixMillis,
}

/// Judges a set-up.
pub fn findings(facts: &Facts) -> Vec<Finding> {
    let mut findings = match &facts.store {
        Ok(StoreFacts::Server(server)) => server::server(server),
        Ok(StoreFacts::File(file)) => file::file(file, facts.store_file_system.as_deref()),
        Err(said) => vec![Finding::will_lose(
            "store",
            format!("{said}; nothing can be acknowledged"),
            "check --database or `database` in HQ/hattama.toml, and whether the server runs",
        )],
    };
    findings.extend(folder::folder(&facts.folder));
    if let Ok(store) = &facts.store {
        findings.extend(log::log(store.log(), &facts.head, facts.now));
    }
    findings.extend(blobs::blobs(&facts.blobs.0, &facts.blobs.1));
    findings
}
