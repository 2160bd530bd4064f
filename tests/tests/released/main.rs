//! What every released version left is served, proved and gone on with by this one: the data folder of a
//! headquarters, and beside it the notebook of a phone that has something left to send. What the two said
//! to each other is understood on both sides.
//!
//! Each release adds an archive, made by its own program, and none is ever made anew:
//! `cargo test -p hattama-tests --test released -- --ignored`.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod said;

use std::{
    fs,
    io::{Cursor, Read as _, Write as _},
    net::SocketAddr,
    path::{Path, PathBuf},
};

use hattama_client_core::{
    Notebook, NotebookOptions, PhotoProgress, Pictures, PumpBudget, PumpEnd, RecordProgress,
    Started, transport::HttpTransport,
};
use hattama_proto::{
    id::{PhotoHash, RecordId},
    tlog::{LogEntry, Origin, Receipt, VerifierKey},
};
use hattama_server::{config::Config, keys};
use hattama_tests::{
    form::plain_photo,
    world::{Ending, Headquarters, Wire, World, fsck_patiently},
};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/released");

/// What was true when the archive was made.
#[derive(Serialize, Deserialize)]
struct Left {
    /// Number of the newest migration of its headquarters.
    schema: u32,
    operator_token: String,
    state_root: String,
    /// With a receipt on the phone, and its photograph.
    acknowledged: RecordId,
    photograph: PhotoHash,
    /// Still on the phone alone.
    waiting: RecordId,
    waiting_photograph: PhotoHash,
}

/// An archive, unpacked.
struct Release {
    folder: TempDir,
    left: Left,
}

impl Release {
    fn all() -> Vec<Self> {
        let mut archives: Vec<PathBuf> =
            fs::read_dir(FIXTURES).unwrap().map(|entry| entry.unwrap().path()).collect();
        archives.retain(|path| path.extension().is_some_and(|end| end == "zip"));
        archives.sort();
        assert!(!archives.is_empty(), "no release left anything in {FIXTURES}");
        archives.iter().map(|archive| Self::unpacked(archive)).collect()
    }

    fn unpacked(archive: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bytes = fs::read(archive).unwrap();
        ZipArchive::new(Cursor::new(bytes)).unwrap().extract(folder.path()).unwrap();
        // An archive has no empty folders.
        for empty in ["hq/partial", "hq/blobs", "notebook/tmp"] {
            fs::create_dir_all(folder.path().join(empty)).unwrap();
        }
        let left = serde_json::from_slice(&fs::read(folder.path().join("left.json")).unwrap());
        Self { folder, left: left.unwrap() }
    }

    fn headquarters(&self) -> PathBuf {
        self.folder.path().join("hq")
    }

    fn notebook(&self) -> Notebook {
        let options = NotebookOptions { pictures: Pictures::Skip, ..NotebookOptions::default() };
        Notebook::open(&self.folder.path().join("notebook"), options).unwrap()
    }

    fn key(&self) -> VerifierKey {
        log_key(&self.headquarters())
    }

    /// Every signature, hash and figure of the folder.
    fn check(&self) {
        fsck_patiently(&self.headquarters()).unwrap();
    }
}

/// What the receipts of a headquarters are checked with.
fn log_key(folder: &Path) -> VerifierKey {
    let config = Config::load(&folder.join("hattama.toml")).unwrap();
    let origin = Origin::new(&config.log_origin).unwrap();
    keys::log(&folder.join("keys"), origin).unwrap().verifier_key().clone()
}

/// Brings what waits to whoever listens there.
fn sync(notebook: &Notebook, address: SocketAddr) {
    let there = HttpTransport::new(&[format!("http://{address}")], None).unwrap();
    let budget = PumpBudget { started: Started::ByUser, ..PumpBudget::default() };
    let report = notebook.pump_through(&budget, &there).unwrap();
    assert_eq!(report.end, PumpEnd::Done, "{report:?}");
    assert!(notebook.outbox_summary().unwrap().is_empty(), "{report:?}");
}

/// The receipts that the phone has of these hold for the log's key and nothing else.
fn proved(notebook: &Notebook, key: &VerifierKey, record: RecordId, photo: PhotoHash) {
    let texts = [
        (notebook.record_receipt(record).unwrap(), LogEntry::Record(*record.as_bytes())),
        (notebook.photo_receipt(photo).unwrap(), LogEntry::Photo(*photo.as_bytes())),
    ];
    for (text, entry) in texts {
        let receipt = Receipt::parse(&text.expect("it was acknowledged")).unwrap();
        receipt.verify(&entry, key.name(), key).unwrap();
    }
}

#[test]
fn the_headquarters_of_every_release_is_served_and_holds_what_it_held() {
    for release in Release::all() {
        let served = Headquarters::in_thread(&release.headquarters());
        let wire = Wire::to(served.address(), &release.left.operator_token);
        assert_eq!(wire.state_root(), release.left.state_root, "{}", release.left.schema);
        assert!(wire.record_ids().contains(&release.left.acknowledged));
        // With its photograph: the original leaves in an evidence bundle alone.
        let evidence = wire.get(&format!("/v1/records/{}/evidence", release.left.acknowledged));
        let mut bundle = ZipArchive::new(Cursor::new(evidence.body)).unwrap();
        let mut photograph = Vec::new();
        let hash = release.left.photograph.to_hex();
        let found = bundle.file_names().find(|name| name.as_ref().unwrap().contains(&hash));
        let name = found.expect("the photograph is in its bundle").unwrap().into_owned();
        bundle.by_name(&name).unwrap().read_to_end(&mut photograph).unwrap();
        assert_eq!(PhotoHash::of(&photograph), release.left.photograph);
        served.end(Ending::InOrder);
        release.check();
    }
}

#[test]
fn the_phone_of_every_release_brings_what_it_had_left_and_is_answered_with_receipts() {
    for release in Release::all() {
        let left = &release.left;
        let served = Headquarters::in_thread(&release.headquarters());
        let notebook = release.notebook();
        proved(&notebook, &release.key(), left.acknowledged, left.photograph);
        sync(&notebook, served.address());
        proved(&notebook, &release.key(), left.waiting, left.waiting_photograph);
        let item = notebook.get(left.waiting).unwrap();
        assert_eq!(item.progress, RecordProgress::Acked);
        assert_eq!(item.photos[0].progress, PhotoProgress::Verified);
        let wire = Wire::to(served.address(), &left.operator_token);
        assert!(wire.record_ids().contains(&left.waiting));
        served.end(Ending::InOrder);
        release.check();
    }
}

#[test]
fn one_altered_byte_of_what_a_release_left_is_found() {
    for release in Release::all() {
        let name = release.left.photograph.to_hex();
        let blob = release.headquarters().join("blobs").join(&name[..2]).join(&name);
        let mut bytes = fs::read(&blob).unwrap();
        bytes[0] ^= 1;
        fs::write(&blob, bytes).unwrap();
        assert!(fsck_patiently(&release.headquarters()).is_err());
    }
}

#[test]
#[ignore = "writes a file of the repository, once for each release"]
fn writes_what_this_release_leaves() {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/migrations");
    let is_one = |entry: &fs::DirEntry| entry.path().extension().is_some_and(|end| end == "sql");
    let schema = fs::read_dir(migrations).unwrap().filter(|entry| is_one(entry.as_ref().unwrap()));
    let schema = u32::try_from(schema.count()).unwrap();
    let mut world = World::new();
    let mut phone = world.phone();
    let unit = |number| world.country().precinct(number);
    let first = phone.photographed(unit(0), 1, &plain_photo(1, 40_000));
    phone.incident("two men copy down the register");
    phone.sync();
    let waiting = phone.photographed(unit(1), 2, &plain_photo(2, 40_000));
    let wire = world.wire();
    let left = Left {
        schema,
        operator_token: world.made().operator_token.clone(),
        state_root: wire.state_root(),
        acknowledged: first.record,
        photograph: first.photos[0],
        waiting: waiting.record,
        waiting_photograph: waiting.photos[0],
    };
    world.end(Ending::InOrder);
    assert_eq!(world.fsck(), None);
    let notebook = phone.folder();
    phone.close();

    fs::create_dir_all(FIXTURES).unwrap();
    let to = Path::new(FIXTURES).join(format!("schema-{schema:04}.zip"));
    assert!(!to.exists(), "{} is never made anew", to.display());
    let mut archive = ZipWriter::new(fs::File::create(to).unwrap());
    add(&mut archive, world.data(), "hq");
    add(&mut archive, &notebook, "notebook");
    archive.start_file("left.json", options()).unwrap();
    archive.write_all(&serde_json::to_vec_pretty(&left).unwrap()).unwrap();
    archive.finish().unwrap();
}

fn options() -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .unix_permissions(0o600)
}

fn add(archive: &mut ZipWriter<fs::File>, folder: &Path, name: &str) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{name}/{}", entry.file_name().display());
        if entry.path().is_dir() {
            add(archive, &entry.path(), &name);
        } else if entry.file_name() != "lock" {
            let mut bytes = Vec::new();
            fs::File::open(entry.path()).unwrap().read_to_end(&mut bytes).unwrap();
            archive.start_file(name, options()).unwrap();
            archive.write_all(&bytes).unwrap();
        }
    }
}
