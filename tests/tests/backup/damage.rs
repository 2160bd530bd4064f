//! Every file of a backup, cut, altered, removed or put in another's place, is named.

use std::{
    fs,
    path::{Path, PathBuf},
};

use hattama_server::backup::BackupError;
use hattama_tests::{
    form::plain_photo,
    world::{Ending, World},
};

use super::{backup, bytes_of, done, hattama, identity_file, refused, restore, sound, verified};

/// A headquarters with three backups, of which each holds something that the others do not.
fn three_backups() -> (World, PathBuf) {
    let mut world = World::new();
    let phone = world.phone();
    let to = world.scratch().join("backups");
    for seed in 0..3 {
        phone.photographed(world.country().precinct(0), seed, &plain_photo(seed, 9_000));
        phone.sync();
        done(&backup(world.data(), &to).output().unwrap());
    }
    world.end(Ending::InOrder);
    assert_eq!(sound(&to).backups, 3);
    (world, to)
}

/// What is told of the folder: every file that is named, or the error.
fn told(backups: &Path) -> String {
    match verified(backups) {
        Ok(found) => found.damages.iter().map(|damage| format!("{damage}\n")).collect(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_file_that_was_altered_cut_or_removed_is_named() {
    let (_world, to) = three_backups();
    for (name, bytes) in bytes_of(&to) {
        let path = to.join(&name);
        for at in [0, 40, bytes.len() / 2, bytes.len() - 1] {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            fs::write(&path, flipped).unwrap();
            assert!(told(&to).contains(&name), "{name} flipped at {at}: {}", told(&to));
        }
        for kept in [0, bytes.len() / 2, bytes.len() - 1] {
            fs::write(&path, &bytes[..kept]).unwrap();
            assert!(told(&to).contains(&name), "{name} cut to {kept}: {}", told(&to));
        }
        fs::remove_file(&path).unwrap();
        if name == "backups/000003.age" {
            // Nothing names the newest but headquarters: see the next test.
            assert!(verified(&to).unwrap().strays > 0);
        } else {
            assert!(told(&to).contains(&name), "{name} is missing: {}", told(&to));
        }
        fs::write(&path, &bytes).unwrap();
    }
    sound(&to);
}

#[test]
fn files_that_changed_places_are_named() {
    let (_world, to) = three_backups();
    let files: Vec<(String, Vec<u8>)> = bytes_of(&to).into_iter().collect();
    for pair in files.windows(2) {
        let [(one, one_bytes), (other, other_bytes)] = pair else { continue };
        fs::write(to.join(one), other_bytes).unwrap();
        fs::write(to.join(other), one_bytes).unwrap();
        let said = told(&to);
        // Behind a file that says what the folder is, nothing is looked at.
        let stops = [one, other].iter().any(|name| *name == "hattama-backup");
        let header = said.contains("hattama-backup");
        let both = said.contains(one.as_str()) && said.contains(other.as_str());
        assert!(if stops { header } else { both }, "{one}, {other}: {said}");
        fs::write(to.join(one), one_bytes).unwrap();
        fs::write(to.join(other), other_bytes).unwrap();
    }
    sound(&to);
}

#[test]
fn a_newest_backup_that_is_gone_is_noticed_by_headquarters() {
    let (world, to) = three_backups();
    let newest = to.join("backups/000003.age");
    let bytes = fs::read(&newest).unwrap();
    fs::remove_file(&newest).unwrap();
    let output = backup(world.data(), &to).output().unwrap();
    refused(&output, 1, "backup 3 was made into");
    // An older copy in its place is no help either.
    fs::copy(to.join("backups/000002.age"), &newest).unwrap();
    refused(&backup(world.data(), &to).output().unwrap(), 1, "backup 3 was made into");
    fs::write(&newest, bytes).unwrap();
    done(&backup(world.data(), &to).output().unwrap());
    assert_eq!(sound(&to).backups, 4);
}

#[test]
fn a_piece_that_was_cut_is_seen_by_the_next_backup_and_written_anew_once_it_is_moved_away() {
    let world = World::new();
    let phone = world.phone();
    phone.photographed(world.country().precinct(0), 1, &plain_photo(1, 200_000));
    phone.sync();
    let to = world.scratch().join("backups");
    done(&backup(world.data(), &to).output().unwrap());
    let files = bytes_of(&to);
    // Nothing else here is as long as the photograph.
    let (name, bytes) = files.iter().max_by_key(|(_, bytes)| bytes.len()).unwrap();
    fs::write(to.join(name), &bytes[..bytes.len() - 1]).unwrap();
    let output = backup(world.data(), &to).output().unwrap();
    refused(&output, 1, name);
    refused(&output, 1, "Move it away");
    fs::remove_file(to.join(name)).unwrap();
    done(&backup(world.data(), &to).output().unwrap());
    assert_eq!(sound(&to).backups, 2);
}

#[test]
fn a_damaged_piece_is_named_when_it_is_restored_and_nothing_can_be_served() {
    let (world, to) = three_backups();
    let into = world.scratch().join("new");
    let files = bytes_of(&to);
    // All pages of the store and all files that a restore of the newest needs, one after the other,
    // would take long: every seventh.
    let mut stopped = 0;
    for (name, bytes) in files.iter().filter(|(name, _)| name.starts_with("pieces")).step_by(7) {
        let mut flipped = bytes.clone();
        let last = flipped.len() - 1;
        flipped[last] ^= 1;
        fs::write(to.join(name), flipped).unwrap();
        let output = restore(&to, &into).output().unwrap();
        let (_, err) = super::said(&output);
        match output.status.code() {
            // Of an older backup.
            Some(0) => {}
            Some(1) if err.contains("photographs are not whole") => {}
            _ => {
                refused(&output, 1, name);
                assert!(!into.join("hattama.toml").exists(), "{name}: it could be served");
                stopped += 1;
            }
        }
        fs::write(to.join(name), bytes).unwrap();
        let _there = fs::remove_dir_all(&into);
    }
    assert!(stopped > 2, "no piece was needed");
}

#[test]
fn the_command_names_what_is_damaged_and_ends_with_one() {
    let (world, to) = three_backups();
    let identity = identity_file(world.scratch(), 1);
    let verify = || {
        let mut command = hattama(&["backup", "verify", "--from"]);
        command.arg(&to).arg("--identity").arg(&identity).output().unwrap()
    };
    assert!(done(&verify()).contains("3 backups open"));
    let mut list = hattama(&["backup", "--list", "--to"]);
    let listed = done(&list.arg(&to).arg("--identity").arg(&identity).output().unwrap());
    assert_eq!(listed.lines().count(), 3, "{listed}");
    assert!(listed.contains("3 photographs") && listed.contains("hq.seed"), "{listed}");
    let plain = done(&hattama(&["backup", "--list", "--to"]).arg(&to).output().unwrap());
    assert!(plain.contains("     3  "), "{plain}");
    let (name, bytes) =
        bytes_of(&to).into_iter().find(|(name, _)| name.starts_with("pieces")).unwrap();
    fs::write(to.join(&name), &bytes[1..]).unwrap();
    refused(&verify(), 1, &name);
}

#[test]
fn a_backup_that_somebody_else_made_for_the_same_recipient_is_no_part_of_the_chain() {
    let (_world, to) = three_backups();
    let other = World::new();
    let theirs = other.scratch().join("backups");
    for _ in 0..4 {
        done(&backup(other.data(), &theirs).output().unwrap());
    }
    for (name, bytes) in bytes_of(&theirs) {
        if name != "hattama-backup" && !to.join(&name).exists() {
            let path = to.join(&name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
    assert!(told(&to).contains("backups/000004.age"), "{}", told(&to));
    let nothing = verified(&other.scratch().join("nothing"));
    assert!(matches!(nothing, Err(BackupError::NoBackups(_))));
}
