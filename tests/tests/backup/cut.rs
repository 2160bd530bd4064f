//! A backup that is cut at any point: earlier ones are as they were, and the next goes on.

use std::{fs, thread::sleep, time::Duration};

use hattama_tests::{
    form::plain_photo,
    world::{Ending, World, copy_folder},
};

use super::{backup, bytes_of, done, restore, sound, verified};

#[test]
fn whatever_of_a_backup_had_arrived_the_one_before_holds_and_the_next_goes_on() {
    let mut world = World::new();
    let phone = world.phone();
    let to = world.scratch().join("backups");
    let photographed = |seed| {
        phone.photographed(world.country().precinct(0), seed, &plain_photo(seed, 30_000));
        phone.sync();
    };
    photographed(1);
    done(&backup(world.data(), &to).output().unwrap());
    let before = bytes_of(&to);
    let memory = fs::read(world.data().join("backup.made")).unwrap();
    photographed(2);
    world.end(Ending::InOrder);
    done(&backup(world.data(), &to).output().unwrap());
    let whole = bytes_of(&to);
    let added: Vec<&String> = whole.keys().filter(|name| !before.contains_key(*name)).collect();
    let pieces: Vec<&&String> = added.iter().filter(|name| name.starts_with("pieces")).collect();
    assert!(pieces.len() > 5, "{added:?}");

    // Files come one by one and are never changed, so a cut leaves some of them; the order is that of
    // their names here, which is as good as any. The last is the backup's own file.
    for arrived in 0..=pieces.len() {
        let cut = world.scratch().join(format!("cut-{arrived}"));
        copy_folder(&to, &cut);
        fs::remove_file(cut.join("backups/000002.age")).unwrap();
        for name in &pieces[arrived..] {
            fs::remove_file(cut.join(name.as_str())).unwrap();
        }
        // And half of the one that was being written.
        if let Some(name) = pieces.get(arrived) {
            let half = &whole[name.as_str()];
            let path = cut.join(name.as_str()).with_extension("new");
            fs::write(path, &half[..half.len() / 2]).unwrap();
        }
        fs::write(world.data().join("backup.made"), &memory).unwrap();
        let found = sound(&cut);
        assert_eq!((found.backups, found.strays), (1, arrived as u64));

        let said = done(&backup(world.data(), &cut).output().unwrap());
        assert!(said.contains("Backup 2 is in"), "{said}");
        let found = sound(&cut);
        assert_eq!((found.backups, found.strays), (2, 0), "what had arrived is used");
        for (name, bytes) in bytes_of(&cut) {
            if let Some(old) = before.get(&name) {
                assert_eq!(*old, bytes, "{name} was changed");
            }
        }
    }
    // As if the process had died right before headquarters remembered the backup.
    fs::write(world.data().join("backup.made"), &memory).unwrap();
    let said = done(&backup(world.data(), &to).output().unwrap());
    assert!(said.contains("Backup 3 is in"), "{said}");
    assert_eq!(sound(&to).backups, 3);
}

#[test]
fn a_first_backup_that_is_killed_again_and_again_is_whole_in_the_end() {
    let world = World::new();
    let phone = world.phone();
    for seed in 0..4 {
        phone.photographed(world.country().precinct(0), seed, &plain_photo(seed, 400_000));
    }
    phone.sync();
    let to = world.scratch().join("backups");
    for wait in [0, 5, 15, 30, 60, 90] {
        let mut process = backup(world.data(), &to).spawn().unwrap();
        sleep(Duration::from_millis(wait));
        process.kill().unwrap();
        process.wait().unwrap();
        if let Ok(found) = verified(&to) {
            assert_eq!(found.damages, []);
        }
    }
    done(&backup(world.data(), &to).output().unwrap());
    assert_eq!(sound(&to).strays, 0);
    done(&restore(&to, &world.scratch().join("new")).output().unwrap());
}
