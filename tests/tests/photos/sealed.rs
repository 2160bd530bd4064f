//! Photographs that a phone sealed to headquarters: through cuts and restarts, byte for byte; and those
//! that nobody at headquarters can open yet.

use std::{
    io::{Cursor, Read as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use hattama_client_core::{PhotoProgress, PhotoSealing};
use hattama_proto::{
    id::PhotoHash,
    problem::ProblemCode,
    record::{Photo, PhotoRole},
    sealing::{Identity, Opener, Recipient, Sealer, recipients},
    tlog::{LogEntry, Receipt},
    wire::SealedAs,
};
use hattama_server::{
    folder::DataFolder,
    keys,
    setup::{InitError, InitOptions, NewSealing, NewWitnesses, Setup, init},
};
use hattama_tests::{
    engine::Engine,
    form::plain_photo,
    proxy::{Cut, How, Mood, Way},
    world::{Device, Ending, World, block_on},
};

/// A fast mobile line, in bytes per second; loopback would put whole photos into buffers.
const LINE_BYTES_PER_S: u64 = 20_000_000;

/// The key that is kept elsewhere.
fn away() -> Identity {
    Identity::from_secret([9; 32])
}

fn both() -> NewSealing {
    NewSealing { here: true, recipients: vec![away().recipient()], previews: false }
}

mod sqlite {
    use super::*;

    #[test]
    fn a_sealed_photograph_arrives_byte_for_byte_through_cuts_and_restarts() {
        a_photograph_arrives(World::sealing(Engine::sqlite(), both()));
    }

    #[test]
    fn what_no_key_opens_is_kept_until_one_is_brought() {
        held_until_a_key_is_brought(World::sealing(Engine::sqlite(), elsewhere()));
    }
}

mod postgres {
    use super::*;

    #[test]
    fn a_sealed_photograph_arrives_byte_for_byte_through_cuts_and_restarts() {
        let Some(engine) = block_on(Engine::postgres()) else { return };
        a_photograph_arrives(World::sealing(engine, both()));
    }

    #[test]
    fn what_no_key_opens_is_kept_until_one_is_brought() {
        let Some(engine) = block_on(Engine::postgres()) else { return };
        held_until_a_key_is_brought(World::sealing(engine, elsewhere()));
    }
}

mod with_bucket {
    use super::*;

    fn engine() -> Engine {
        std::sync::Arc::new(crate::bucket::BucketServer::start()).engine()
    }

    #[test]
    fn a_sealed_photograph_arrives_byte_for_byte_through_cuts_and_restarts() {
        a_photograph_arrives(World::sealing(engine(), both()));
    }

    #[test]
    fn what_no_key_opens_is_kept_until_one_is_brought() {
        held_until_a_key_is_brought(World::sealing(engine(), elsewhere()));
    }
}

fn a_photograph_arrives(mut world: World) {
    world.proxy.mood(Mood::Slow(LINE_BYTES_PER_S));
    let (mut phone, bytes) = (world.phone(), plain_photo(5, 2_000_000));
    assert_eq!(phone.notebook().photo_sealing(), PhotoSealing::Originals);
    let record = phone.photographed(world.country().precinct(0), 1, &bytes).record;
    let photo = PhotoHash::of(&bytes);
    assert!(phone.notebook().read_photo(photo).is_err());
    world.proxy.forget();
    for _ in 0..3 {
        world.proxy.cut([Cut { way: Way::Up, after: 400_000, how: How::Reset }]);
        while world.proxy.cuts_left() > 0 {
            phone.sync_once();
        }
        phone.close();
        world.end(Ending::AtOnce);
        world.start();
        phone.open();
    }
    phone.sync();
    let sent = world.proxy.counts().up;
    assert!(sent < 2_800_000, "cells that had come were not sent again: {sent}");
    assert_eq!(world.blob(&photo).unwrap(), bytes);
    let item = phone.notebook().get(record).unwrap();
    assert!(item.photos[0].sealed);
    assert_eq!(item.photos[0].progress, PhotoProgress::Verified);
    let receipt = phone.notebook().photo_receipt(photo).unwrap().unwrap();
    let (witness, entry) = (world.witness(), LogEntry::Photo(*photo.as_bytes()));
    let key = witness.key();
    Receipt::parse(&receipt).unwrap().verify(&entry, key.name(), key).unwrap();
    // Nothing is left of what it came in.
    let folder = DataFolder::open(world.data()).unwrap();
    assert_eq!(files_below(&folder.partial()), Vec::<PathBuf>::new());
    assert!(!folder.sealed().exists());
    // Whole is whole, also for whoever sends the same photograph as it is, or sealed another time.
    let wire = world.wire();
    assert!(wire.put_range(&photo, 0, &bytes[..32_768], bytes.len()).unwrap().state.complete);
    let (sealed, said) = sealed(&bytes, &[away().recipient()]);
    assert!(wire.put_sealed(&photo, &sealed, said).unwrap().state.complete);
    assert_eq!(wire.have_sealed(&photo, said).as_deref(), Some("complete"));
}

fn elsewhere() -> NewSealing {
    NewSealing { here: false, recipients: vec![away().recipient()], previews: false }
}

fn held_until_a_key_is_brought(mut world: World) {
    let (phone, bytes) = (world.phone(), plain_photo(6, 300_000));
    let record = phone.photographed(world.country().precinct(0), 1, &bytes).record;
    let photo = PhotoHash::of(&bytes);
    let report = phone.sync_once();
    assert_eq!((report.stored, report.photos_complete), (1, 0));
    assert_eq!(phone.waiting().photos_held_sealed, 1);
    world.proxy.forget();
    for _ in 0..3 {
        phone.sync_once();
    }
    let sent = world.proxy.counts().up;
    assert!(sent < 20_000, "it is asked for and not sent again: {sent}");
    assert!(world.blob(&photo).is_none());
    assert_eq!(world.wire().have(&photo).as_deref(), Some(""), "not there, and not lost");
    let folder = DataFolder::open(world.data()).unwrap();
    let held = files_below(&folder.sealed());
    assert_eq!(held.len(), 1);
    assert_eq!(opened(&std::fs::read(&held[0]).unwrap(), &away()), bytes);
    // A key that does not open it changes nothing.
    let key = world.scratch().join("key");
    let bring = |world: &mut World, identity: &Identity| {
        std::fs::write(&key, identity.to_text().as_bytes()).unwrap();
        world.end(Ending::InOrder);
        unseal(world.data(), &["--identity", key.to_str().unwrap()]);
        world.start();
    };
    bring(&mut world, &Identity::from_secret([8; 32]));
    assert!(world.blob(&photo).is_none());
    assert_eq!(files_below(&folder.sealed()), held);
    phone.sync_once();
    assert_eq!(phone.waiting().photos_held_sealed, 1);
    // The right one does.
    bring(&mut world, &away());
    assert_eq!(world.blob(&photo).unwrap(), bytes);
    assert_eq!(files_below(&folder.sealed()), Vec::<PathBuf>::new());
    phone.sync();
    assert_eq!(phone.waiting().photos_held_sealed, 0);
    let item = phone.notebook().get(record).unwrap();
    assert_eq!(item.photos[0].progress, PhotoProgress::Verified);
    let receipt = phone.notebook().photo_receipt(photo).unwrap().unwrap();
    let (witness, entry) = (world.witness(), LogEntry::Photo(*photo.as_bytes()));
    let key = witness.key();
    Receipt::parse(&receipt).unwrap().verify(&entry, key.name(), key).unwrap();
}

#[test]
fn a_lost_key_loses_nothing_once_it_is_back() {
    let mut world = World::sealing(Engine::sqlite(), both());
    let (phone, bytes) = (world.phone(), plain_photo(7, 80_000));
    phone.photographed(world.country().precinct(0), 1, &bytes);
    let folder = DataFolder::open(world.data()).unwrap();
    let (key, safe) = (folder.keys().join("sealing.age"), world.scratch().join("sealing.age"));
    std::fs::rename(&key, &safe).unwrap();
    world.end(Ending::InOrder);
    world.start();
    phone.sync_once();
    assert_eq!(phone.waiting().photos_held_sealed, 1);
    world.end(Ending::InOrder);
    std::fs::rename(&safe, &key).unwrap();
    unseal(world.data(), &[]);
    world.start();
    phone.sync();
    assert_eq!(world.blob(&PhotoHash::of(&bytes)).unwrap(), bytes);
}

#[test]
fn what_was_sealed_wrong_is_refused_with_its_own_code_and_the_right_one_taken_afterwards() {
    let world = World::sealing(Engine::sqlite(), both());
    let to = headquarters(&world);
    let bytes = plain_photo(8, 200_000);
    let (_, photo) = announce(&world, &bytes);
    let wire = world.wire();
    // Another photograph of the same length.
    let mut another = bytes.clone();
    another[1_000] ^= 1;
    let (other, said) = sealed(&another, &[to]);
    let refused = wire.put_sealed(&photo.sha256, &other, said).unwrap_err();
    assert_eq!((refused.code, refused.status), (ProblemCode::SealingWrong, 422));
    // Damaged before it was measured.
    let (mut damaged, _) = sealed(&bytes, &[to]);
    damaged[100_000] ^= 1;
    let said = SealedAs { sha256: PhotoHash::of(&damaged), bytes: damaged.len() as u64 };
    let refused = wire.put_sealed(&photo.sha256, &damaged, said).unwrap_err();
    assert_eq!(refused.code, ProblemCode::SealingWrong);
    // Damaged on its way.
    let (right, said) = sealed(&bytes, &[to]);
    let mut damaged = right.clone();
    damaged[100_000] ^= 1;
    let refused = wire.put_sealed(&photo.sha256, &damaged, said).unwrap_err();
    assert_eq!(refused.code, ProblemCode::DigestMismatch);
    // Of a length that no such photograph has.
    let (long, other) = sealed(&[&bytes[..], b"more"].concat(), &[to]);
    let refused = wire.put_sealed(&photo.sha256, &long, other).unwrap_err();
    assert_eq!(refused.code, ProblemCode::SizeConflict);
    // What says one length and sends another.
    let lying = SealedAs { bytes: said.bytes - 1, ..said };
    let refused = wire.put_sealed(&photo.sha256, &right, lying).unwrap_err();
    assert_eq!(refused.code, ProblemCode::SizeConflict);
    let answer = wire.send(
        "HEAD",
        &format!("/v1/blobs/{}", photo.sha256),
        &[("hattama-sealed", "nothing of the kind")],
        &[],
    );
    assert_eq!(answer.unwrap().status, 400);
    // Of a photograph that no record names.
    let (stranger, said_of_it) = sealed(b"nobody names it", &[to]);
    let of = PhotoHash::of(b"nobody names it");
    let refused = wire.put_sealed(&of, &stranger, said_of_it).unwrap_err();
    assert_eq!(refused.code, ProblemCode::NotExpected);
    let mut witness = world.witness();
    let reply = wire.put_sealed(&photo.sha256, &right, said).unwrap();
    witness.photo(&reply, &photo.sha256);
    assert_eq!(world.blob(&photo.sha256).unwrap(), bytes);
    let folder = DataFolder::open(world.data()).unwrap();
    assert_eq!(files_below(&folder.partial()), Vec::<PathBuf>::new());
}

#[test]
fn a_sealing_to_somebody_else_is_kept_because_nobody_can_tell_it_from_one_to_an_offline_key() {
    let world = World::sealing(Engine::sqlite(), both());
    let bytes = plain_photo(10, 60_000);
    let (_, photo) = announce(&world, &bytes);
    let (other, said) = sealed(&bytes, &[Identity::from_secret([77; 32]).recipient()]);
    let reply = world.wire().put_sealed(&photo.sha256, &other, said).unwrap();
    assert!(reply.held_sealed && !reply.state.complete && reply.receipt.is_none());
    let again = world.wire().put_sealed(&photo.sha256, &other, said).unwrap();
    assert!(again.held_sealed);
    assert_eq!(world.wire().have_sealed(&photo.sha256, said).as_deref(), Some("held-sealed"));
    // It is in nobody's way.
    let (right, said) = sealed(&bytes, &[headquarters(&world)]);
    assert_eq!(world.wire().have_sealed(&photo.sha256, said).as_deref(), Some(""));
    assert!(world.wire().put_sealed(&photo.sha256, &right, said).unwrap().state.complete);
    assert_eq!(world.blob(&photo.sha256).unwrap(), bytes);
}

#[test]
fn halves_of_more_sealings_than_phones_send_do_not_fill_the_disk() {
    let world = World::sealing(Engine::sqlite(), both());
    let bytes = plain_photo(11, 200_000);
    let (_, photo) = announce(&world, &bytes);
    for n in 0..9_u8 {
        let (half, said) = sealed_by(&bytes, &[headquarters(&world)], n);
        let header = said.to_header();
        let range = format!("bytes 0-32767/{}", half.len());
        let headers = [("content-range", range.as_str()), ("hattama-sealed", header.as_str())];
        let path = format!("/v1/blobs/{}", photo.sha256);
        let answer = world.wire().send("PUT", &path, &headers, &half[..32_768]).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let folder = DataFolder::open(world.data()).unwrap();
    let files = files_below(&folder.partial());
    let halves = files.iter().filter(|path| path.extension().is_none());
    assert_eq!(halves.count(), 4);
}

#[test]
fn sealed_photographs_come_on_a_stick_too() {
    let mut world = World::sealing(Engine::sqlite(), both());
    let (one, two) = (plain_photo(12, 70_000), plain_photo(13, 90_000));
    for bytes in [&one, &two] {
        announce(&world, bytes);
    }
    let to = headquarters(&world);
    let name = |bytes: &[u8]| format!("{}.age", PhotoHash::of(bytes));
    let file = world.scratch().join(name(&one));
    std::fs::write(&file, sealed(&one, &[to]).0).unwrap();
    let stranger = world.scratch().join(name(b"nobody names it"));
    std::fs::write(&stranger, sealed(b"nobody names it", &[to]).0).unwrap();
    let bundle = world.scratch().join("bundle.zip");
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&bundle).unwrap());
    zip.start_file("results.key", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(b"a key\n").unwrap();
    let place = format!("photos/{}", name(&two));
    zip.start_file(place, zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(&sealed(&two, &[to]).0).unwrap();
    zip.finish().unwrap();
    world.end(Ending::InOrder);
    let files = [&file, &stranger, &bundle].map(|path| path.to_str().unwrap());
    unseal(world.data(), &files);
    world.start();
    for bytes in [&one, &two] {
        let photo = PhotoHash::of(bytes);
        assert_eq!(world.blob(&photo).unwrap(), *bytes);
        assert_eq!(world.wire().have(&photo).as_deref(), Some("complete"));
    }
    let folder = DataFolder::open(world.data()).unwrap();
    assert_eq!(files_below(&folder.sealed()), Vec::<PathBuf>::new());
    assert_eq!(files_below(&folder.partial()), Vec::<PathBuf>::new());
}

#[test]
fn a_wrong_recipient_is_found_out_before_a_headquarters_is_made() {
    let scratch = tempfile::tempdir().unwrap();
    let set_up = scratch.path().join("set-up");
    hattama_tests::world::Country::small().write(&set_up).unwrap();
    let election = set_up.join("election.json");
    let said = std::fs::read_to_string(&election).unwrap();
    let mut said: serde_json::Value = serde_json::from_str(&said).unwrap();
    let mut make = |sealing: serde_json::Value, new: NewSealing, name: &str| {
        said["sealing"] = sealing;
        std::fs::write(&election, said.to_string()).unwrap();
        let options = InitOptions {
            listen: ([127, 0, 0, 1], 0).into(),
            addresses: vec!["http://127.0.0.1:1".to_owned()],
            log_origin: "log.test/sealing".to_owned(),
            database: None,
            blobs: None,
            operator: "op".to_owned(),
            witnesses: NewWitnesses::default(),
            sealing: new,
        };
        let folder = scratch.path().join(name);
        let read = Setup::read(&set_up).unwrap();
        let made = block_on(init(&folder, &read, &options, hattama_server::clock::system));
        (made, folder)
    };
    let none = NewSealing::default;
    for sealing in [
        serde_json::json!({"recipients": []}),
        serde_json::json!({"recipients": ["age1nobody"]}),
        serde_json::json!({"recipients": vec![away().recipient().to_string(); 2]}),
    ] {
        let (made, folder) = make(sealing.clone(), none(), "refused");
        assert!(matches!(made, Err(InitError::Sealing(_))), "{sealing}: {made:?}");
        assert!(!folder.exists(), "nothing was made");
    }
    let (made, _) = make(serde_json::json!({"recipients": 5}), none(), "refused");
    assert!(matches!(made, Err(InitError::Election(_))), "{made:?}");
    // What the set-up names and what is added to it come together.
    let named = away().recipient().to_string();
    let asked = serde_json::json!({"recipients": [named], "previews": true});
    let (made, folder) = make(asked, both(), "made");
    let made = made.unwrap();
    assert_eq!(made.sealed_to.len(), 2);
    let keys = keys::sealing(&folder.join("keys")).unwrap();
    assert_eq!(keys[0].recipient(), made.sealed_here.unwrap());
}

/// To whom headquarters itself lets phones seal.
fn headquarters(world: &World) -> Recipient {
    keys::sealing(&DataFolder::open(world.data()).unwrap().keys()).unwrap()[0].recipient()
}

/// A record of a known device names the photo with these bytes.
fn announce(world: &World, bytes: &[u8]) -> (Device, Photo) {
    let seed = u64::from(PhotoHash::of(bytes).as_bytes()[0]) + 100;
    let mut device = world.device(seed);
    let photo = Device::photo(bytes, PhotoRole::Original);
    let unit = world.country().precinct(0);
    world.wire().push_all([&device.protocol_with(unit, 1, vec![photo.clone()])]);
    (device, photo)
}

fn sealed(bytes: &[u8], to: &[Recipient]) -> (Vec<u8>, SealedAs) {
    sealed_by(bytes, to, 1)
}

/// Sealed with other randomness for each `n`.
fn sealed_by(bytes: &[u8], to: &[Recipient], n: u8) -> (Vec<u8>, SealedAs) {
    let mut fill = |bytes: &mut [u8]| {
        bytes.fill(n.wrapping_add(3));
        Ok(())
    };
    let mut sealer = Sealer::new(Vec::new(), to, &mut fill).unwrap();
    sealer.write_all(bytes).unwrap();
    let sealed = sealer.finish().unwrap();
    let said = SealedAs { sha256: PhotoHash::of(&sealed), bytes: sealed.len() as u64 };
    (sealed, said)
}

fn opened(sealed: &[u8], identity: &Identity) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut opener = Opener::new(Cursor::new(sealed), std::slice::from_ref(identity)).unwrap();
    opener.read_to_end(&mut bytes).unwrap();
    bytes
}

/// `hattama unseal`, in this process.
fn unseal(folder: &Path, arguments: &[&str]) {
    let start = ["hattama", "unseal", "--folder", folder.to_str().unwrap()];
    let arguments = start.iter().chain(arguments).map(|&argument| argument.into());
    let code = hattama_server::cli::run(arguments);
    assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::SUCCESS));
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let (mut folders, mut files) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

/// The set-up that phones get names both, as it was asked for.
#[test]
fn phones_are_told_whom_to_seal_to() {
    let world = World::sealing(Engine::sqlite(), both());
    let phone = world.phone();
    let pack = phone.notebook().pack().unwrap().unwrap();
    let named = recipients(pack.election.sealing.as_ref().unwrap()).unwrap();
    assert_eq!(named, [headquarters(&world), away().recipient()]);
    assert_eq!(phone.notebook().enrolment().unwrap().unwrap().sealing, PhotoSealing::Originals);
    let plain = World::new();
    assert!(plain.phone().notebook().pack().unwrap().unwrap().election.sealing.is_none());
}
