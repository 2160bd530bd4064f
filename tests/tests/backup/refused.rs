//! What is not done, and what is said instead.

use std::fs;

use hattama_tests::world::{Ending, World};

use super::{backup, done, hattama, identity, identity_file, refused, restore};

#[test]
fn another_identity_opens_nothing_and_nothing_is_made() {
    let world = World::new();
    let to = world.scratch().join("backups");
    done(&backup(world.data(), &to).output().unwrap());
    let other = identity_file(world.scratch(), 9);
    let into = world.scratch().join("new");
    for words in [&["backup", "verify", "--from"][..], &["restore", "--from"]] {
        let mut command = hattama(words);
        command.arg(&to).arg("--identity").arg(&other);
        if words[0] == "restore" {
            command.arg("--into").arg(&into);
        }
        refused(&command.output().unwrap(), 2, "belongs to another recipient");
    }
    assert!(!into.exists());
    // A recipient is no identity.
    fs::write(&other, identity(1).recipient().to_string()).unwrap();
    let output =
        hattama(&["backup", "verify", "--from"]).arg(&to).arg("--identity").arg(&other).output();
    refused(&output.unwrap(), 4, "AGE-SECRET-KEY-1");
}

#[test]
fn a_backup_goes_into_a_folder_of_its_own_and_to_somebody() {
    let world = World::new();
    let to = world.scratch().join("backups");
    fs::create_dir(&to).unwrap();
    fs::write(to.join("holiday.jpg"), "theirs").unwrap();
    refused(&backup(world.data(), &to).output().unwrap(), 2, "holds other things");
    assert_eq!(fs::read_dir(&to).unwrap().count(), 1, "something was put beside it");
    fs::remove_file(to.join("holiday.jpg")).unwrap();
    let mut nobody = hattama(&["backup", "--folder"]);
    let output = nobody.arg(world.data()).arg("--to").arg(&to).output().unwrap();
    refused(&output, 2, "sealed to at least one recipient");
    let mut slip = hattama(&["backup", "--recipient", "age1slip", "--folder"]);
    refused(&slip.arg(world.data()).arg("--to").arg(&to).output().unwrap(), 2, "age1");
    let absent = world.scratch().join("not-mounted");
    let mut command = backup(world.data(), &absent);
    fs::remove_dir(&absent).unwrap();
    refused(&command.output().unwrap(), 4, "not-mounted");
}

#[test]
fn a_backup_is_restored_into_an_empty_place_of_the_headquarters_that_was_meant() {
    let mut world = World::new();
    world.end(Ending::InOrder);
    let to = world.scratch().join("backups");
    done(&backup(world.data(), &to).output().unwrap());
    refused(&restore(&to, world.data()).output().unwrap(), 2, "is not empty");
    let into = world.scratch().join("new");
    let output = restore(&to, &into).args(["--at", "7"]).output().unwrap();
    refused(&output, 2, "no backup 7 here; the newest is 1");
    let other = World::new();
    let root = other.made().root.to_string();
    refused(&restore(&to, &into).args(["--root", &root]).output().unwrap(), 2, "not yours");
    assert!(!into.exists());
    let database = other.data().join("hq.db");
    let output = restore(&to, &into).arg("--database").arg(&database).output().unwrap();
    refused(&output, 2, "the database is not empty");
    assert!(!into.join("hattama.toml").exists());
}

#[test]
fn a_backup_without_keys_needs_them_from_elsewhere() {
    let mut world = World::new();
    world.end(Ending::InOrder);
    let to = world.scratch().join("backups");
    let said = done(&backup(world.data(), &to).arg("--without-keys").output().unwrap());
    assert!(said.contains("No key is in it"), "{said}");
    let into = world.scratch().join("new");
    refused(&restore(&to, &into).output().unwrap(), 2, "made without keys");
    assert!(!into.exists());
    done(&restore(&to, &into).arg("--keys").arg(world.data().join("keys")).output().unwrap());
    for key in ["hq.seed", "log.seed", "log.head"] {
        let [ours, theirs] =
            [&into, world.data()].map(|folder| fs::read(folder.join("keys").join(key)).unwrap());
        assert_eq!(ours, theirs, "{key}");
    }
    // And with keys it says which.
    let said = done(&backup(world.data(), &to).output().unwrap());
    assert!(said.contains("hq.seed, log.seed, root.seed"), "{said}");
    let both = world.scratch().join("both");
    let output = restore(&to, &both).arg("--keys").arg(world.data().join("keys")).output();
    refused(&output.unwrap(), 2, "has keys of its own");
}

#[test]
fn a_store_that_is_older_than_what_was_signed_is_not_backed_up() {
    let mut world = World::new();
    world.end(Ending::InOrder);
    let old = world.scratch().join("old.db");
    fs::copy(world.data().join("hq.db"), &old).unwrap();
    world.start();
    let phone = world.phone();
    phone.protocol(world.country().precinct(0), 1);
    phone.sync();
    let to = world.scratch().join("backups");
    let output = backup(world.data(), &to).arg("--database").arg(&old).output().unwrap();
    refused(&output, 1, "not the store that is served");
    let served = world.data().join("hq.db");
    done(&backup(world.data(), &to).env("HATTAMA_DATABASE", served).output().unwrap());
}
