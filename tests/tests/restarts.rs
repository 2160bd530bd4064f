//! Either side dies at any moment: what was acknowledged stays, what was committed arrives, once.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "bucket/mod.rs"]
mod bucket;
#[path = "restarts/headquarters.rs"]
mod headquarters;
#[path = "restarts/phone.rs"]
mod phone;

use std::{collections::BTreeSet, path::Path};

use hattama_proto::id::RecordId;
use hattama_tests::world::{Phone, Witness, World};

/// Parts of the world as processes.
fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_world"))
}

/// Everything a phone has is at headquarters, receipted and byte for byte; tells its records.
fn all_arrived(world: &World, phone: &Phone, witness: &mut Witness) -> BTreeSet<RecordId> {
    let notebook = phone.notebook();
    let items = notebook.list(0, 10_000).unwrap();
    for item in &items {
        let receipt = notebook.record_receipt(item.id).unwrap().expect("a receipt");
        witness.record_file(&receipt, &item.id);
        for photo in &item.photos {
            let receipt = notebook.photo_receipt(photo.hash).unwrap().expect("a receipt");
            witness.photo_file(&receipt, &photo.hash);
            let kept = std::fs::read(notebook.photo_path(photo.hash)).unwrap();
            assert_eq!(world.blob(&photo.hash).unwrap(), kept);
        }
    }
    items.iter().map(|item| item.id).collect()
}
