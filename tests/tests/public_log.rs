//! The public log: what anybody can fetch, copy and check; and what `fsck` finds when somebody
//! altered a log behind headquarters' back.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "public_log/altered.rs"]
mod altered;
#[path = "bucket/mod.rs"]
mod bucket;
#[path = "public_log/damaged.rs"]
mod damaged;
#[path = "public_log/foreign.rs"]
mod foreign;
#[path = "public_log/published.rs"]
mod published;
#[path = "public_log/read_back.rs"]
mod read_back;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use hattama_proto::{
    record::PhotoRole,
    tlog::{Checkpoint, KeyName, VerifierKey},
};
use hattama_server::{config::Config, keys};
use hattama_tests::{
    form::plain_photo,
    world::{Device, Signed, World},
};

/// Longest wait for a publication that comes every second.
const PATIENCE: Duration = Duration::from_secs(30);

/// The log's public key.
fn vkey(world: &World) -> VerifierKey {
    let config = Config::load(&world.data().join("hattama.toml")).unwrap();
    let origin = KeyName::new(&config.log_origin).unwrap();
    keys::log(&world.data().join("keys"), origin).unwrap().verifier_key().clone()
}

/// The folder of the public log.
fn log_folder(world: &World) -> PathBuf {
    world.data().join("log")
}

/// Waits until `size` entries are public, and tells how many are.
fn published(world: &World, size: u64) -> u64 {
    let key = vkey(world);
    let begun = Instant::now();
    loop {
        let answer = world.wire().get("/log/checkpoint");
        if answer.status == 200 {
            let head = Checkpoint::verify(&answer.text(), key.name(), &key).unwrap();
            if head.size >= size {
                return head.size;
            }
        }
        assert!(begun.elapsed() < PATIENCE, "{size} entries were not published");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Logs so many records and one photograph; tells how many entries the log has then.
fn fill(world: &World, device: &mut Device, records: u64) -> u64 {
    let units = world.country().precincts();
    let bytes = plain_photo(records, 40_000);
    let photo = Device::photo(&bytes, PhotoRole::Original);
    let mut strings: Vec<Signed> =
        (1..records).map(|n| device.protocol(units[0].clone(), n)).collect();
    strings.push(device.protocol_with(units[0].clone(), records, vec![photo.clone()]));
    for batch in strings.chunks(60) {
        world.wire().push_all(batch);
    }
    let reply = world.wire().put(&photo.sha256, &bytes).unwrap();
    let key = vkey(world);
    Checkpoint::verify(&reply.checkpoint.unwrap(), key.name(), &key).unwrap().size
}
