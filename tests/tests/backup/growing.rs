//! What is there is not written again, and nothing that is there is ever changed.

use std::fs;

use hattama_proto::id::PhotoHash;
use hattama_tests::{form::plain_photo, world::World};

use super::{backup, bytes_of, done, identity, sound};

/// Rows and small files change with every backup: accounts, the published log, what phones told. In
/// bytes, for a headquarters as small as that of these tests.
const CHANGING_MAX: u64 = 600_000;

#[test]
fn the_next_backup_adds_what_is_new_and_touches_nothing_else() {
    let world = World::new();
    let phone = world.phone();
    let to = world.scratch().join("backups");
    for seed in 0..6 {
        phone.photographed(world.country().precinct(0), seed, &plain_photo(seed, 300_000));
    }
    phone.sync();
    done(&backup(world.data(), &to).output().unwrap());
    let first = bytes_of(&to);
    let sum = |files: &std::collections::BTreeMap<String, Vec<u8>>| -> u64 {
        files.values().map(|bytes| bytes.len() as u64).sum()
    };
    assert!(sum(&first) > 6 * 250_000, "photographs are not in it");

    // Nothing happened: no photograph, no page of records, no leaf is written again.
    done(&backup(world.data(), &to).output().unwrap());
    let second = bytes_of(&to);
    assert!(sum(&second) - sum(&first) < CHANGING_MAX, "{}", sum(&second) - sum(&first));

    // One more photograph is one more.
    let photo = plain_photo(77, 300_000);
    phone.photographed(world.country().precinct(1), 9, &photo);
    phone.sync();
    let said = done(&backup(world.data(), &to).output().unwrap());
    assert!(said.contains("7 photographs"), "{said}");
    let third = bytes_of(&to);
    let grown = sum(&third) - sum(&second);
    assert!(grown > photo.len() as u64 && grown < 400_000 + CHANGING_MAX, "{grown}");

    for (older, newer) in [(&first, &second), (&second, &third)] {
        for (name, bytes) in older {
            assert_eq!(newer.get(name), Some(bytes), "{name} was changed");
        }
    }
    assert!(third.keys().all(|name| !name.ends_with(".new")));
    assert_eq!(sound(&to).backups, 3);
}

#[test]
fn with_another_recipient_all_of_it_is_written_for_both() {
    let world = World::new();
    let phone = world.phone();
    phone.photographed(world.country().precinct(0), 1, &plain_photo(1, 50_000));
    phone.sync();
    let to = world.scratch().join("backups");
    done(&backup(world.data(), &to).output().unwrap());
    let second = identity(2).recipient().to_string();
    done(&backup(world.data(), &to).args(["--recipient", &second]).output().unwrap());
    let archive =
        hattama_server::backup::Archive::open(&to, vec![identity(2)]).expect("the second opens");
    assert_eq!(archive.listed().len(), 1, "the first was not sealed to it");
    let found = hattama_server::backup::verify(&archive, &|_| {}).unwrap();
    assert_eq!(found.damages.len(), 1, "the first backup itself, and no piece: {found:?}");
    assert_eq!(sound(&to).backups, 2, "the first identity opens both");
}

#[test]
fn a_photograph_that_headquarters_lost_stops_nobody_elses_and_is_named() {
    let world = World::new();
    let phone = world.phone();
    let photos = [plain_photo(1, 50_000), plain_photo(2, 50_000)];
    for (seed, photo) in photos.iter().enumerate() {
        phone.photographed(world.country().precinct(0), seed as u64, photo);
    }
    phone.sync();
    let lost = PhotoHash::of(&photos[0]).to_hex();
    let file = world.data().join("blobs").join(&lost[..2]).join(&lost);
    fs::write(&file, b"something else").unwrap();
    let to = world.scratch().join("backups");
    let output = backup(world.data(), &to).output().unwrap();
    super::refused(&output, 1, &lost);
    sound(&to);
    let into = world.scratch().join("new");
    let output = super::restore(&to, &into).output().unwrap();
    super::refused(&output, 1, &lost);
    let other = PhotoHash::of(&photos[1]).to_hex();
    let there = fs::read(into.join("blobs").join(&other[..2]).join(&other)).unwrap();
    assert_eq!(there, photos[1]);
    assert!(into.join("hattama.toml").is_file(), "the rest can be served");
}
