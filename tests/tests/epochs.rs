//! A headquarters that was restored from a backup: refused, until it says before everybody that it
//! goes on from there; then nothing that a phone still has stays lost.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "epochs/judged.rs"]
mod judged;

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use hattama_client_core::{Alarm, PumpReport, RecordProgress};
use hattama_proto::{id::RecordId, tlog::Receipt};
use hattama_server::{
    app::{Headquarters, OpenError},
    clock,
    config::Config,
    folder::{DataFolder, FolderError},
    fsck::Findings,
    log::SequenceError,
};
use hattama_tests::{
    form::plain_photo,
    world::{Ending, Phone, World, block_on, fsck_patiently},
};
use serde_json::json;

/// Longest wait for a publication that comes every second.
const PATIENCE: Duration = Duration::from_secs(30);

/// Copies a folder with everything in it but the keys and the lock.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        let to = to.join(&name);
        if entry.path().is_dir() {
            if name != "keys" {
                copy(&entry.path(), &to);
            }
        } else if name != "lock" {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Puts the backup in the place of everything but the keys.
fn restore(backup: &Path, folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("keys") {
            fs::remove_dir_all(path).unwrap();
        } else if path.is_file() {
            fs::remove_file(path).unwrap();
        }
    }
    copy(backup, folder);
}

/// Tries until the headquarters before has let go of the folder.
fn patiently(attempt: impl Fn() -> Result<(), OpenError>) -> Result<(), OpenError> {
    let begun = Instant::now();
    loop {
        match attempt() {
            Err(OpenError::Folder(FolderError::InUse(_))) if begun.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(50));
            }
            done => return done,
        }
    }
}

fn open(folder: &Path) -> Result<(), OpenError> {
    patiently(|| {
        block_on(async {
            Headquarters::open(folder).await?.close().await;
            Ok(())
        })
    })
}

fn begin_epoch(folder: &Path) -> Result<(), OpenError> {
    let folder = DataFolder::open(folder).unwrap();
    let config = Config::load(&folder.config()).unwrap();
    patiently(|| {
        block_on(async {
            let (config, why) = (config.clone(), "the disk broke");
            Headquarters::open_epoch(&folder, config, clock::system, why).await?.close().await;
            Ok(())
        })
    })
}

fn fsck(folder: &Path) -> Result<Findings, String> {
    fsck_patiently(folder).map_err(|error| error.to_string())
}

fn head(world: &World) -> u64 {
    let text = fs::read_to_string(world.data().join("keys/log.head")).unwrap();
    text.lines().next().unwrap().parse().unwrap()
}

fn index(receipt: &str) -> u64 {
    Receipt::parse(receipt).unwrap().index
}

fn restored(report: &PumpReport) -> Vec<(u64, u64)> {
    report
        .alarms
        .iter()
        .filter_map(|alarm| match alarm {
            Alarm::Restored { lost_from, lost_until } => Some((*lost_from, *lost_until)),
            _ => None,
        })
        .collect()
}

/// Two phones; what they recorded before the backup and after it; the heads then and at the end.
struct Lost {
    world: World,
    phones: [Phone; 2],
    early: RecordId,
    late: [RecordId; 2],
    kept: u64,
    lost: u64,
}

/// A backup that was made while headquarters ran is all there is.
fn lost() -> Lost {
    let mut world = World::new();
    let (unit, backup) = (world.country().precinct(0), world.scratch().join("backup"));
    let phones = [world.phone(), world.phone()];
    let early = phones[0].protocol(unit.clone(), 1);
    phones.iter().for_each(|phone| drop(phone.sync()));
    copy(world.data(), &backup);
    let kept = head(&world);

    let photo = plain_photo(5, 50_000);
    let late = [0, 1].map(|n| phones[n].photographed(unit.clone(), n as u64 + 7, &photo).record);
    phones.iter().for_each(|phone| drop(phone.sync()));
    let aside = json!({"disposition": "set_aside", "reason": "another sheet"});
    for record in late {
        let answer = world.wire().post(&format!("/v1/records/{record}/decisions"), &aside);
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    // Both phones hear of it: their cursors stand behind what will be lost.
    phones.iter().for_each(|phone| drop(phone.sync()));
    world.end(Ending::InOrder);
    let lost = head(&world);
    restore(&backup, world.data());
    Lost { world, phones, early, late, kept, lost }
}

#[test]
fn a_restored_backup_is_refused_and_says_what_goes_on_from_it() {
    let Lost { world, kept, lost, .. } = lost();
    let refused = open(world.data()).unwrap_err().to_string();
    assert!(refused.contains(&format!("holds {kept} log entries")), "{refused}");
    assert!(refused.contains(&format!("signed head has {lost}")), "{refused}");
    assert!(refused.contains("serve --new-epoch --reason"), "{refused}");
    assert_eq!(head(&world), lost, "and the head has not moved");
}

#[test]
fn in_a_new_epoch_phones_send_again_what_was_lost_and_get_new_receipts() {
    let Lost { mut world, phones, early, late, kept, lost } = lost();
    let [first, second] = &phones;
    let before = late.map(|id| {
        let phone = if id == late[0] { first } else { second };
        phone.notebook().record_receipt(id).unwrap().unwrap()
    });
    let early_receipt = first.notebook().record_receipt(early).unwrap().unwrap();
    begin_epoch(world.data()).unwrap();
    world.start();

    // This one has something to push, so it hears of it there, before its feed.
    let more = first.protocol(world.country().precinct(1), 9);
    let reports = first.sync().reports;
    assert_eq!(reports.iter().flat_map(restored).collect::<Vec<_>>()[0], (kept, lost));
    assert_eq!(first.notebook().fork_proofs().unwrap().len(), 1, "both signed heads are kept");
    // That one has nothing to send and reads its feed.
    let reports = second.sync().reports;
    assert_eq!(reports.iter().flat_map(restored).collect::<Vec<_>>()[0], (kept, lost));
    second.sync();

    for (phone, id, old) in [(first, late[0], &before[0]), (second, late[1], &before[1])] {
        let receipt = phone.notebook().record_receipt(id).unwrap().unwrap();
        assert_ne!(&receipt, old);
        assert!(index(&receipt) > kept, "the statement stands at {kept}");
        let kept_aside = phone.notebook().lost_receipts().unwrap();
        assert!(kept_aside.iter().any(|lost| lost.receipt == *old), "{kept_aside:?}");
        assert!(kept_aside.iter().any(|lost| lost.kind == "photo"), "{kept_aside:?}");
        assert_eq!(phone.notebook().epochs().unwrap().len(), 1);
        assert_eq!(world.wire().get(&format!("/v1/records/{id}")).status, 200);
    }
    assert_eq!(first.notebook().record_receipt(early).unwrap().unwrap(), early_receipt);
    for item in first.notebook().list(0, 10).unwrap() {
        assert_eq!(item.progress, RecordProgress::Acked, "{item:?}");
    }
    assert!(first.notebook().record_receipt(more).unwrap().is_some());
    // Once: what was sent again is not sent a third time, and nobody is alarmed any more.
    for phone in &phones {
        let report = phone.sync_once();
        assert_eq!((report.bytes_sent, report.alarms.len()), (0, 0), "{report:?}");
    }
    let begun = Instant::now();
    while world.wire().get("/log/checkpoint").status != 200 {
        assert!(begun.elapsed() < PATIENCE, "the new history was not published");
        std::thread::sleep(Duration::from_millis(50));
    }
    world.end(Ending::InOrder);
    nothing_was_overwritten(&world, kept, lost);
}

fn nothing_was_overwritten(world: &World, kept: u64, lost: u64) {
    let found = fsck(world.data()).unwrap();
    let [(position, epoch)] = &found.epochs[..] else { panic!("{found:?}") };
    assert_eq!((*position, epoch.kept.size, epoch.lost.size), (kept, kept, lost));
    assert_eq!(epoch.reason, "the disk broke");
    let aside = world.data().join(format!("keys/log.head.lost-{lost}"));
    assert!(fs::read_to_string(aside).unwrap().starts_with(&format!("{lost}\n")));
    assert!(world.data().join(format!("log.lost-{lost}")).is_dir());
    assert!(found.photos >= 1 && found.published.is_some_and(|size| size > kept), "{found:?}");
}

#[test]
fn a_new_epoch_is_only_for_a_store_that_lost_something() {
    let mut world = World::new();
    world.end(Ending::InOrder);
    let refused = begin_epoch(world.data()).unwrap_err();
    assert!(matches!(refused, OpenError::Log(SequenceError::NothingLost)), "{refused}");
    assert!(refused.to_string().contains("nothing was lost"), "{refused}");
    world.start();

    let Lost { world, .. } = lost();
    begin_epoch(world.data()).unwrap();
    let again = begin_epoch(world.data()).unwrap_err();
    assert!(matches!(again, OpenError::Log(SequenceError::NothingLost)), "{again}");
    open(world.data()).unwrap();
}

#[test]
fn a_process_that_dies_before_its_head_has_moved_goes_on_at_the_next_start() {
    let Lost { world, lost, .. } = lost();
    let head_file = world.data().join("keys/log.head");
    let old = fs::read_to_string(&head_file).unwrap();
    begin_epoch(world.data()).unwrap();
    assert_ne!(head(&world), lost);
    // As if it had died right after the commit.
    fs::write(&head_file, &old).unwrap();
    let again = begin_epoch(world.data()).unwrap_err();
    assert!(matches!(again, OpenError::Log(SequenceError::NothingLost)), "{again}");
    open(world.data()).unwrap();
    assert_ne!(head(&world), lost, "the logged statement names the head that was left behind");
    // Another head is no excuse.
    let size = old.lines().next().unwrap();
    fs::write(&head_file, old.replacen(size, &format!("{}", lost + 1), 1)).unwrap();
    assert!(matches!(open(world.data()), Err(OpenError::Log(SequenceError::Rollback { .. }))));
}

#[test]
fn an_epoch_that_does_not_fit_the_log_before_it_is_named_by_fsck() {
    let Lost { world, kept, .. } = lost();
    begin_epoch(world.data()).unwrap();
    fsck(world.data()).unwrap();
    let db = rusqlite::Connection::open(world.data().join("hq.db")).unwrap();
    let sql = "update statement set position = position + 100 where kind = 'hattama-epoch+jws'";
    assert_eq!(db.execute(sql, []).unwrap(), 1);
    db.close().unwrap();
    let named = fsck(world.data()).unwrap_err();
    assert!(
        named.contains(&format!("index {}: the statement of a new epoch", kept + 100)),
        "{named}"
    );
}
