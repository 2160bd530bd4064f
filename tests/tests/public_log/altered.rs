//! One row or one file is altered behind headquarters' back: `fsck` names it.

use std::{fs, path::Path};

use hattama_server::{
    config::Config,
    folder::DataFolder,
    fsck::{Findings, PhotoFiles, check_folder},
};
use hattama_tests::world::{Ending, World, block_on, copy_folder};
use rusqlite::Connection;

use super::{fill, published};

fn fsck(folder: &Path) -> Result<Findings, String> {
    let folder = DataFolder::open(folder).unwrap();
    let config = Config::load(&folder.config()).unwrap();
    let mut last = 0;
    let mut progress = |done, of| {
        assert!(last < done && done <= of);
        last = done;
    };
    block_on(check_folder(&folder, &config, PhotoFiles::Read, &mut progress))
        .map_err(|error| error.to_string())
}

/// A world with records, statements, a photograph and a public log, that was stopped in order.
fn stopped() -> World {
    let mut world = World::new();
    let mut device = world.device(1);
    let early = fill(&world, &mut device, 270);
    published(&world, early);
    fill(&world, &mut device, 3);
    world.end(Ending::InOrder);
    world
}

#[test]
fn an_untouched_headquarters_holds() {
    let world = stopped();
    let found = fsck(world.data()).unwrap();
    assert_eq!((found.records, found.photos, found.photo_files), (273, 2, 2), "{found:?}");
    assert_eq!(found.entries, found.records + found.statements + found.photos);
    assert!(found.published.unwrap() >= 271 && found.tiles >= 5 && found.checkpoints > 5);
}

#[test]
fn whoever_alters_one_row_is_told_where() {
    let world = stopped();
    let scratch = tempfile::tempdir().unwrap();
    let lies: [(&str, &str); 17] = [
        ("update record set jws = jws || 'A' where position = 20", "index 20: the bytes"),
        // Another string under its own right id: the leaf knows better.
        (
            "update record set jws = (select jws from record where position = 21),
                    record_id = 'f' || substr(record_id, 2) where position = 20",
            "index 20: the bytes",
        ),
        ("delete from record where position = 20", "index 20: the log has an entry"),
        ("update record set position = 100000 where position = 20", "index 100000: the store has"),
        (
            "update log_leaf set subject = 'f' || substr(subject, 2) where position = 30",
            "index 30: the entry",
        ),
        ("update log_leaf set kind = 'photo' where position = 30", "index 30: the entry"),
        ("update log_leaf set hash = zeroblob(32) where position = 30", "index 30: the entry"),
        ("delete from log_leaf where position = 30", "index 30: the store has no entry"),
        (
            "delete from log_leaf where position = (select max(position) from log_leaf)",
            "not of this log",
        ),
        (
            "delete from checkpoint where size = (select max(size) from checkpoint)",
            "newest checkpoint covers",
        ),
        (
            "update checkpoint set size = size + 1 where size = (select max(size) from checkpoint)",
            "not of this log",
        ),
        (
            "update checkpoint set note = replace(note, 'log.test', 'log.tset')",
            "the checkpoint of 1 entries",
        ),
        ("update log_signer set root = zeroblob(32)", "signed last"),
        ("update statement set jws = jws || 'A' where position = 1", "index 1: the"),
        ("delete from statement where position = 0", "set-up"),
        ("delete from photo", "the log has an entry there"),
        ("update photo set sha256 = 'f' || substr(sha256, 2)", "the store has something there"),
    ];
    for (number, (lie, said)) in lies.into_iter().enumerate() {
        let folder = scratch.path().join(number.to_string());
        copy_folder(world.data(), &folder);
        let db = Connection::open(folder.join("hq.db")).unwrap();
        assert!(db.execute(lie, []).unwrap() > 0, "{lie}");
        db.close().unwrap();
        let found = fsck(&folder).unwrap_err();
        assert!(found.contains(said), "{lie}: {found}");
    }
}

#[test]
fn whoever_alters_one_file_is_told_which() {
    let world = stopped();
    let scratch = tempfile::tempdir().unwrap();
    let blob = fs::read_dir(world.data().join("blobs")).unwrap().next().unwrap().unwrap().path();
    let blob = fs::read_dir(blob).unwrap().next().unwrap().unwrap().path();
    let blob = blob.strip_prefix(world.data()).unwrap().to_str().unwrap().to_owned();
    for (number, (file, said)) in [
        ("log/checkpoint", "the public checkpoint"),
        ("log/tile/0/000", "tile/0/000: not what"),
        ("log/tile/entries/000", "not over the entries"),
        ("log/tile/1/000.p/1", "tile/1/000.p/1: not what"),
        ("keys/log.head", "head"),
        (blob.as_str(), "the photograph is not there"),
    ]
    .into_iter()
    .enumerate()
    {
        let folder = scratch.path().join(number.to_string());
        copy_folder(world.data(), &folder);
        let mut bytes = fs::read(folder.join(file)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(folder.join(file), bytes).unwrap();
        let found = fsck(&folder).unwrap_err();
        assert!(found.contains(said), "{file}: {found}");
    }
    let folder = scratch.path().join("gone");
    copy_folder(world.data(), &folder);
    fs::remove_file(folder.join("log/tile/0/000")).unwrap();
    assert!(fsck(&folder).unwrap_err().contains("tile/0/000: missing"));
    assert!(fsck(world.data()).is_ok(), "and the one that they are copies of holds");
}
