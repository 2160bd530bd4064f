//! The drill: a backup while phones send, the machine is lost, another one goes on.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use hattama_client_core::{Alarm, PumpReport, RecordProgress};
use hattama_proto::id::{PhotoHash, RecordId};
use hattama_server::{app::Headquarters, clock, config::Config, folder::DataFolder};
use hattama_tests::{
    engine::Engine,
    form::plain_photo,
    postgres,
    world::{Country, Device, Ending, Phone, Witness, World, block_on, open_patiently},
};

use super::{backup, bucket::BucketServer, done, restore, sound};

/// Where the restored headquarters keeps what it keeps.
struct Elsewhere {
    flags: Vec<String>,
    _blobs: Option<Arc<BucketServer>>,
}

impl Elsewhere {
    fn within_its_folder() -> Self {
        Self { flags: Vec::new(), _blobs: None }
    }

    fn on_servers() -> Option<Self> {
        let database = block_on(postgres::fresh_database())?;
        let blobs = Arc::new(BucketServer::start());
        let flags = ["--database".to_owned(), database, "--blobs".to_owned(), blobs.url()];
        Some(Self { flags: flags.into(), _blobs: Some(blobs) })
    }
}

#[test]
fn what_was_acknowledged_before_it_began_comes_back_from_files_to_files() {
    drill(World::new(), &Elsewhere::within_its_folder());
}

#[test]
fn what_was_acknowledged_before_it_began_comes_back_from_servers_to_servers() {
    let Some(engine) = block_on(Engine::postgres()) else { return };
    let blobs = Arc::new(BucketServer::start());
    let engine = engine.with_blobs(blobs.url(), blobs);
    let elsewhere = Elsewhere::on_servers().expect("there was one a moment ago");
    drill(World::of(Country::small(), engine), &elsewhere);
}

#[test]
fn a_backup_of_servers_is_restored_into_files_and_the_other_way_round() {
    let Some(elsewhere) = Elsewhere::on_servers() else { return };
    calm(World::new(), &elsewhere);
    let engine = block_on(Engine::postgres()).expect("there was one a moment ago");
    calm(World::of(Country::small(), engine), &Elsewhere::within_its_folder());
}

/// Records of a device that are pushed one by one until it is told to stop; those that were
/// acknowledged.
fn push_on(world: &World, stop: &AtomicBool) -> (Device, BTreeSet<RecordId>, Witness) {
    let (wire, mut witness, mut device) = (world.wire(), world.witness(), world.device(7));
    let mut known = BTreeSet::new();
    for seed in 0.. {
        let record = device.protocol(world.country().precinct(seed % 5), seed as u64);
        known.extend(witness.push(&wire.push_all([&record])));
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    (device, known, witness)
}

fn drill(mut world: World, elsewhere: &Elsewhere) {
    let unit = world.country().precinct(0);
    let phones = [world.phone(), world.phone()];
    let photo = plain_photo(5, 90_000);
    let early: Vec<RecordId> = phones
        .iter()
        .flat_map(|phone| {
            let ids = [
                phone.photographed(unit.clone(), 1, &photo).record,
                phone.incident("boxes were moved").record,
            ];
            phone.sync();
            ids
        })
        .collect();
    let receipts: Vec<String> = early.iter().map(|id| receipt(&phones, id)).collect();

    let to = world.scratch().join("backups");
    let stop = AtomicBool::new(false);
    let making = std::thread::scope(|scope| {
        let pushing = scope.spawn(|| push_on(&world, &stop));
        let made = backup(world.data(), &to).output().unwrap();
        stop.store(true, Ordering::Relaxed);
        let (_, known, _) = pushing.join().unwrap();
        assert!(known.len() > 1, "nothing was sent meanwhile");
        made
    });
    let made = done(&making);
    assert!(made.contains("Backup 1 is in"), "{made}");
    assert!(made.contains("2 photographs") || made.contains("1 photographs"), "{made}");
    sound(&to);

    // After it, and lost with the machine.
    let late = phones[0].protocol(unit, 9);
    phones.iter().for_each(|phone| drop(phone.sync()));
    world.end(Ending::InOrder);
    let old = world.scratch().join("lost");
    fs::rename(world.data(), &old).unwrap();

    let said = restored(&world, &to, &old, elsewhere);
    assert!(said.contains("--new-epoch"), "{said}");
    let folder = DataFolder::open(world.data()).unwrap();
    let config = Config::load(&folder.config()).unwrap();
    block_on(async {
        let why = "the machine was lost";
        let open = Headquarters::open_epoch(&folder, config, clock::system, why).await;
        open.unwrap().close().await;
    });
    world.start();
    for phone in &phones {
        let reports = [phone.sync().reports, phone.sync().reports].concat();
        let only_restored = |alarm: &Alarm| matches!(alarm, Alarm::Restored { .. });
        let alarms = |report: &PumpReport| report.alarms.iter().all(only_restored);
        assert!(reports.iter().all(alarms), "{reports:?}");
        for item in phone.notebook().list(0, 20).unwrap() {
            assert_eq!(item.progress, RecordProgress::Acked, "{item:?}");
        }
    }
    let there = world.wire().record_ids();
    assert!(early.iter().all(|id| there.contains(id)), "a record was lost");
    assert!(there.contains(&late), "a phone did not send again what was lost");
    assert_eq!(world.blob(&PhotoHash::of(&photo)).as_deref(), Some(&photo[..]));
    // Receipts from before are those of the restored log too.
    let mut witness = world.witness();
    for (id, text) in early.iter().zip(&receipts) {
        witness.record_file(text, id);
        assert_eq!(receipt(&phones, id), *text);
    }
    world.end(Ending::InOrder);
    assert_eq!(world.fsck(), None);
}

/// Nothing is taken after the backup: phones go on as if nothing had happened.
fn calm(mut world: World, elsewhere: &Elsewhere) {
    let phone = world.painter();
    let photo = plain_photo(6, 60_000);
    phone.photographed(world.country().precinct(0), 1, &photo);
    phone.sync();
    let root = world.wire().state_root();
    let known = world.wire().record_ids();
    world.end(Ending::InOrder);
    let to = world.scratch().join("backups");
    done(&backup(world.data(), &to).output().unwrap());
    let old = world.scratch().join("lost");
    fs::rename(world.data(), &old).unwrap();
    let said = restored(&world, &to, &old, elsewhere);
    assert!(said.contains("signed no further"), "{said}");
    world.start();
    assert_eq!(world.wire().state_root(), root);
    assert_eq!(world.wire().record_ids(), known);
    phone.protocol(world.country().precinct(1), 2);
    let synced = phone.sync();
    assert!(synced.reports.iter().all(|report| report.alarms.is_empty()), "{synced:?}");
    assert_eq!(world.wire().record_ids().len(), known.len() + 1);
    assert_eq!(world.blob(&PhotoHash::of(&photo)).as_deref(), Some(&photo[..]));
    world.end(Ending::InOrder);
    assert_eq!(world.fsck(), None);
    // The new headquarters goes on with the same folder for backups.
    let made = done(&backup(world.data(), &to).output().unwrap());
    assert!(made.contains("Backup 2 is in"), "{made}");
    assert_eq!(sound(&to).backups, 2);
}

/// Restores into the place of the lost folder; says what was said.
fn restored(world: &World, from: &Path, old: &Path, elsewhere: &Elsewhere) -> String {
    let mut command: Command = restore(from, world.data());
    command.arg("--log-head").arg(old.join("keys/log.head")).args(&elsewhere.flags);
    let root = world.made().root.to_string();
    let said = done(&command.args(["--root", &root]).output().unwrap());
    assert!(said.contains("Backup 1 of"), "{said}");
    assert!(said.contains("entries hold"), "fsck has not spoken: {said}");
    said
}

fn receipt(phones: &[Phone], id: &RecordId) -> String {
    let of = |phone: &Phone| phone.notebook().record_receipt(*id).ok().flatten();
    phones.iter().find_map(of).unwrap()
}

#[test]
fn without_a_newer_head_it_says_what_to_do_before_it_is_served_and_a_checkpoint_is_one() {
    let mut world = World::new();
    let phone = world.phone();
    phone.protocol(world.country().precinct(0), 1);
    phone.sync();
    let to = world.scratch().join("backups");
    done(&backup(world.data(), &to).output().unwrap());
    let into = world.scratch().join("new");
    let said = done(&restore(&to, &into).output().unwrap());
    assert!(said.contains("do not serve it yet"), "{said}");
    assert!(said.contains("--log-head"), "{said}");
    block_on(async { open_patiently(&into).await.close().await });

    // A mirror has the newest checkpoint that anybody saw.
    phone.protocol(world.country().precinct(1), 2);
    phone.sync();
    world.end(Ending::InOrder);
    let mirror = world.scratch().join("checkpoint");
    let db = rusqlite::Connection::open(world.data().join("hq.db")).unwrap();
    let newest = "select note from checkpoint order by size desc limit 1";
    let note: String = db.query_row(newest, [], |row| row.get(0)).unwrap();
    fs::write(&mirror, &note).unwrap();
    let into = world.scratch().join("newer");
    let said = done(&restore(&to, &into).arg("--log-head").arg(&mirror).output().unwrap());
    assert!(said.contains("--new-epoch"), "{said}");
    // One that somebody made up is none.
    fs::write(&mirror, note.replacen('A', "B", 1)).unwrap();
    let into = world.scratch().join("none");
    let output = restore(&to, &into).arg("--log-head").arg(&mirror).output().unwrap();
    super::refused(&output, 2, "neither a log.head nor a checkpoint");
}
