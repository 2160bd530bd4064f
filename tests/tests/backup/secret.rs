//! Whoever has the backup and no identity: names, codes, words, pictures and hashes are not in it.

use std::{fs, path::Path, process::Command};

use hattama_proto::id::{PhotoHash, RecordId};
use hattama_tests::{form::plain_photo, skip::skip, world::World};

use super::{backup, bytes_of, done, hattama, identity_file};

/// Where in a folder something planted stands: in a file or in a name.
fn finds(folder: &Path, planted: &[u8]) -> bool {
    let holds = |bytes: &[u8]| bytes.windows(planted.len()).any(|window| window == planted);
    bytes_of(folder).iter().any(|(name, bytes)| holds(name.as_bytes()) || holds(bytes))
}

struct Planted {
    world: World,
    photo: Vec<u8>,
    record: RecordId,
}

fn planted() -> Planted {
    let world = World::new();
    let phone = world.phone();
    let photo = plain_photo(3, 70_000);
    let record = phone.photographed(world.country().precinct(0), 1, &photo).record;
    phone.incident("a bag with ballots behind the curtain");
    phone.sync();
    Planted { world, photo, record }
}

#[test]
fn what_headquarters_holds_in_clear_is_not_in_the_backup() {
    let Planted { world, photo, record } = planted();
    let to = world.scratch().join("backups");
    done(&backup(world.data(), &to).output().unwrap());
    let unit = world.country().precinct(0).to_string();
    let hash = PhotoHash::of(&photo).to_hex();
    let seed = fs::read(world.data().join("keys/hq.seed")).unwrap();
    let words: [(&str, &[u8]); 8] = [
        ("the precinct", unit.as_bytes()),
        ("a word of an incident", b"curtain"),
        ("the organisation", b"watchers"),
        ("the image", &photo[20_000..20_032]),
        ("the image's hash", hash.as_bytes()),
        ("the hash of a record", record.to_hex().as_bytes()),
        ("a key", &seed),
        ("the election", world.made().election.as_str().as_bytes()),
    ]
    .map(|(what, planted)| (what, planted.to_vec().leak() as &[u8]));
    for (what, planted) in words {
        assert!(finds(world.data(), planted), "{what} is nowhere");
        assert!(!finds(&to, planted), "{what} is in the backup");
    }
}

#[test]
fn a_length_or_a_name_does_not_tell_which_photograph_it_is() {
    // Photographs of different lengths are files of one length, and two headquarters name the same
    // photograph differently.
    let lengths = [70_000, 70_400, 71_000].map(|bytes| {
        let world = World::new();
        let phone = world.phone();
        let mut photo = plain_photo(3, 60_000);
        photo.resize(bytes, 7);
        phone.photographed(world.country().precinct(0), 1, &photo);
        phone.sync();
        let to = world.scratch().join("backups");
        done(&backup(world.data(), &to).output().unwrap());
        let files = bytes_of(&to);
        let (name, longest) = files.iter().max_by_key(|(_, bytes)| bytes.len()).unwrap();
        (name.clone(), longest.len())
    });
    assert_eq!(lengths[0].1, lengths[1].1);
    assert_eq!(lengths[1].1, lengths[2].1);
    assert_ne!(lengths[0].0, lengths[1].0);
}

#[test]
fn other_peoples_age_opens_every_file_of_it() {
    if Command::new("age").arg("--version").output().is_err() {
        skip("age is not installed");
        return;
    }
    let Planted { world, photo, .. } = planted();
    let to = world.scratch().join("backups");
    done(&backup(world.data(), &to).output().unwrap());
    let identity = identity_file(world.scratch(), 1);
    let (mut pictures, mut manifests) = (0, 0);
    for (name, _) in bytes_of(&to) {
        if name == "hattama-backup" {
            continue;
        }
        let mut age = Command::new("age");
        age.arg("--decrypt").arg("--identity").arg(&identity).arg(to.join(&name));
        let opened = age.output().unwrap();
        assert!(opened.status.success(), "{name}");
        pictures += usize::from(opened.stdout.starts_with(&photo));
        let text = String::from_utf8_lossy(&opened.stdout);
        manifests += usize::from(text.contains("\"photograph_count\":1"));
    }
    assert_eq!((pictures, manifests), (1, 1));
    // `--list` says what the manifest says.
    let mut list = hattama(&["backup", "--list", "--to"]);
    let listed = done(&list.arg(&to).arg("--identity").arg(&identity).output().unwrap());
    assert!(listed.contains("1 photographs"), "{listed}");
}
