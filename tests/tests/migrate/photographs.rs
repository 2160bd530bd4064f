//! Photographs move with an organisation: into a bucket, into a folder, and back.

use std::{fs, path::Path, process::Output, sync::Arc};

use hattama_proto::id::PhotoHash;
use hattama_tests::{engine::Engine, form::plain_photo, world::Ending};

use super::{Filled, bucket::BucketServer, bytes_of, done, filled, migrate, refused};

/// Moves the photographs of the headquarters in `folder`, and nothing else.
fn photographs(folder: &Path, to: &str, flags: &[&str]) -> Output {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_world"));
    command.args(["hattama", "migrate", "--to-blobs", to, "--folder"]).arg(folder).args(flags);
    command.output().unwrap()
}

fn kept(filled: &Filled) -> Vec<PhotoHash> {
    let photos: Vec<PhotoHash> =
        (0..2).map(|seed| PhotoHash::of(&plain_photo(seed, 90_000))).collect();
    assert!(photos.iter().all(|photo| filled.world.blob(photo).is_some()));
    photos
}

/// What is served afterwards shows every photograph and takes another.
fn goes_on(filled: &mut Filled, photos: &[PhotoHash]) {
    filled.world.start();
    let phone = &filled.phones[0];
    for photo in photos {
        assert_eq!(PhotoHash::of(&filled.world.blob(photo).unwrap()), *photo);
    }
    let bytes = plain_photo(photos.len() as u64 + 70, 60_000);
    phone.photographed(filled.world.country().precinct(6), 5, &bytes);
    phone.sync();
    assert_eq!(filled.world.blob(&PhotoHash::of(&bytes)).unwrap(), bytes);
    filled.witness.history(&filled.world.wire(), &filled.known);
    filled.world.end(Ending::InOrder);
}

#[test]
fn from_the_folder_into_a_bucket_and_into_another_folder_every_photograph_is_there() {
    let server = Arc::new(BucketServer::start());
    let mut filled = filled(Engine::sqlite());
    let mut photos = kept(&filled);
    filled.world.end(Ending::InOrder);
    let before = bytes_of(filled.world.data());
    let said = done(&photographs(filled.world.data(), &server.url(), &[]));
    assert!(said.contains("2 photographs") && said.contains("(2 of them brought now)"), "{said}");
    assert!(!said.contains("secret_access_key"), "{said}");
    assert!(bytes_of(filled.world.data()) == before, "the source was changed");
    // An object that was cut off is brought again; what is whole is not.
    let object = server.object(&photos[0]);
    fs::write(&object, &fs::read(&object).unwrap()[..40_000]).unwrap();
    let again = done(&photographs(filled.world.data(), &server.url(), &["--switch"]));
    assert!(again.contains("(1 of them brought now)"), "{again}");
    // From now on nothing is read from the folder.
    fs::rename(filled.world.data().join("blobs"), filled.world.scratch().join("old")).unwrap();
    fs::create_dir(filled.world.data().join("blobs")).unwrap();
    goes_on(&mut filled, &photos);
    photos.push(PhotoHash::of(&plain_photo(72, 60_000)));

    let folder = filled.world.scratch().join("photographs");
    fs::create_dir(&folder).unwrap();
    let said = done(&photographs(filled.world.data(), folder.to_str().unwrap(), &["--switch"]));
    assert!(said.contains("(3 of them brought now)"), "{said}");
    server.stop();
    goes_on(&mut filled, &photos);
}

#[test]
fn store_and_photographs_move_in_one_command() {
    let server = Arc::new(BucketServer::start());
    let mut filled = filled(Engine::sqlite());
    let photos = kept(&filled);
    filled.world.end(Ending::InOrder);
    let file = filled.world.scratch().join("other.db");
    let url = server.url();
    let flags = ["--to-blobs", &url, "--switch"];
    let said =
        done(&migrate(filled.world.data(), file.to_str().unwrap(), &flags).output().unwrap());
    assert!(said.contains("2 photographs") && said.contains("state root"), "{said}");
    goes_on(&mut filled, &photos);
}

#[test]
fn a_photograph_that_is_altered_or_gone_is_named_and_nothing_is_called_done() {
    let filled = filled(Engine::sqlite());
    let photos = kept(&filled);
    let mut world = filled.world;
    world.end(Ending::InOrder);
    let target = world.scratch().join("photographs");
    fs::create_dir(&target).unwrap();
    let name = photos[1].to_hex();
    let file = world.data().join("blobs").join(&name[..2]).join(&name);
    let right = fs::read(&file).unwrap();
    let mut wrong = right.clone();
    wrong[1_000] ^= 1;
    fs::write(&file, &wrong).unwrap();
    refused(&photographs(world.data(), target.to_str().unwrap(), &["--switch"]), 1, &name);
    fs::remove_file(&file).unwrap();
    refused(&photographs(world.data(), target.to_str().unwrap(), &["--switch"]), 1, &name);
    fs::write(&file, &right).unwrap();
    done(&photographs(world.data(), target.to_str().unwrap(), &["--switch"]));
    world.start();
    assert_eq!(world.blob(&photos[1]).unwrap(), right);
}

#[test]
fn a_store_of_photographs_that_forgets_is_not_called_done() {
    let server = Arc::new(BucketServer::start());
    let mut world = filled(Engine::sqlite()).world;
    world.end(Ending::InOrder);
    for mood in [super::bucket::Mood::SwallowPuts, super::bucket::Mood::Unavailable] {
        server.mood(mood);
        refused(&photographs(world.data(), &server.url(), &["--switch"]), 4, "new store");
    }
    let missing = world.scratch().join("nowhere");
    refused(&photographs(world.data(), missing.to_str().unwrap(), &[]), 2, "make it first");
}
