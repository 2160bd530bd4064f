//! What is altered is told, and a wrong target is left alone.

use std::fs;

use hattama_tests::{
    engine::Engine,
    world::{Ending, World},
};

use super::{bytes_of, done, filled, migrate, postgres, refused};

#[test]
fn a_flipped_byte_in_the_source_is_told_by_its_log_index_and_nothing_is_written() {
    let mut filled = filled(Engine::sqlite());
    let target = filled.world.scratch().join("target.db");
    filled.world.end(Ending::InOrder);
    let store = filled.world.data().join("hq.db");
    let sound = fs::read(&store).unwrap();
    let index = index_of(&filled.world, &filled.known.id.to_hex());
    let text = filled.known.text.as_bytes();
    // Every copy: a page that was split may still hold an old one.
    let found = sound.windows(text.len()).enumerate().filter(|(_, window)| *window == text);
    let places: Vec<usize> = found.map(|(at, _)| at + text.len() / 2).collect();
    assert!(!places.is_empty(), "the record lies in one page");
    let mut altered = sound;
    for at in places {
        altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
    }
    fs::write(&store, &altered).unwrap();

    let output = migrate(filled.world.data(), target.to_str().unwrap(), &["--switch"]).output();
    refused(&output.unwrap(), 1, &format!("log index {index} "));
    assert!(!target.exists(), "something was written");
    assert!(fs::read(&store).unwrap() == altered, "the source was changed");
    assert!(!config(&filled.world).contains("database"), "the configuration was changed");
}

#[test]
fn a_forged_record_with_a_matching_hash_is_told_by_its_log_index() {
    let mut filled = filled(Engine::sqlite());
    let target = filled.world.scratch().join("target.db");
    filled.world.end(Ending::InOrder);
    let index = index_of(&filled.world, &filled.known.id.to_hex());
    // Somebody with the database in hand, who also mends the id.
    let forged = hattama_tests::world::Signed::of(filled.known.text.replacen('.', ".A", 2));
    let store = rusqlite::Connection::open(filled.world.data().join("hq.db")).unwrap();
    let changed = store.execute(
        "update record set jws = $1, record_id = $2 where position = $3",
        (&forged.text, forged.id.to_hex(), index),
    );
    assert_eq!(changed.unwrap(), 1);
    drop(store);
    let output = migrate(filled.world.data(), target.to_str().unwrap(), &[]).output().unwrap();
    refused(&output, 1, &format!("log index {index} "));
    assert!(!target.exists(), "something was written");
}

#[test]
fn a_target_with_another_organisations_data_is_refused_and_left_alone() {
    let mut ours = filled(Engine::sqlite());
    let mut theirs = World::new();
    ours.world.end(Ending::InOrder);
    theirs.end(Ending::InOrder);
    let before = bytes_of(theirs.data());
    let to = theirs.data().join("hq.db");
    let output = migrate(ours.world.data(), to.to_str().unwrap(), &[]).output().unwrap();
    refused(&output, 2, "another organisation");
    assert!(bytes_of(theirs.data()) == before, "the target was changed");
}

#[test]
fn a_database_of_another_program_is_refused_and_left_alone() {
    let mut ours = filled(Engine::sqlite());
    ours.world.end(Ending::InOrder);
    let file = ours.world.scratch().join("notes.db");
    rusqlite::Connection::open(&file).unwrap().execute_batch("create table note (x)").unwrap();
    let before = fs::read(&file).unwrap();
    let output = migrate(ours.world.data(), file.to_str().unwrap(), &[]).output().unwrap();
    refused(&output, 4, "another program");
    assert!(fs::read(&file).unwrap() == before, "the target was changed");

    let Some(to) = postgres() else { return };
    let tables = hattama_tests::world::block_on(async {
        let client = hattama_tests::postgres::connect(&to).await.unwrap();
        client.batch_execute("create table note (x int)").await.unwrap();
        let output = migrate(ours.world.data(), &to, &[]).output().unwrap();
        refused(&output, 4, "another program");
        client
            .query("select 1 from pg_tables where schemaname = 'public'", &[])
            .await
            .unwrap()
            .len()
    });
    assert_eq!(tables, 1, "the target was changed");
}

#[test]
fn a_target_that_holds_more_than_the_source_is_refused_and_left_alone() {
    let mut filled = filled(Engine::sqlite());
    let old = filled.world.data().join("hq.db");
    let newer = filled.world.scratch().join("newer.db");
    filled.world.end(Ending::InOrder);
    done(&migrate(filled.world.data(), newer.to_str().unwrap(), &["--switch"]).output().unwrap());
    filled.world.start();
    filled.phones[0].protocol(filled.world.country().precinct(0), 40);
    filled.phones[0].sync();
    filled.world.end(Ending::InOrder);
    // The operator turns the wrong way: the head tells that the old store is not the newest.
    let config = filled.world.data().join("hattama.toml");
    let switched = fs::read_to_string(&config).unwrap();
    fs::write(&config, switched.replace(newer.to_str().unwrap(), old.to_str().unwrap())).unwrap();
    let before = fs::read(&newer).unwrap();
    let output = migrate(filled.world.data(), newer.to_str().unwrap(), &[]).output().unwrap();
    refused(&output, 1, "older backup");
    // Without the head, as after the keys too came from a backup.
    fs::remove_file(filled.world.data().join("keys/log.head")).unwrap();
    let output = migrate(filled.world.data(), newer.to_str().unwrap(), &[]).output().unwrap();
    refused(&output, 2, "holds more than the source");
    assert!(fs::read(&newer).unwrap() == before, "the target was changed");
}

#[test]
fn a_headquarters_that_is_served_is_not_moved_and_a_store_not_onto_itself() {
    let mut world = World::new();
    let target = world.scratch().join("target.db");
    let output = migrate(world.data(), target.to_str().unwrap(), &[]).output().unwrap();
    refused(&output, 4, "in use");
    world.end(Ending::InOrder);
    let own = world.data().join("hq.db");
    let output = migrate(world.data(), own.to_str().unwrap(), &[]).output().unwrap();
    refused(&output, 2, "same store");
    let output = migrate(world.data(), "mysql://db/hq", &[]).output().unwrap();
    refused(&output, 2, "mysql");
}

fn index_of(world: &World, record: &str) -> i64 {
    let store = rusqlite::Connection::open(world.data().join("hq.db")).unwrap();
    let asked = "select position from record where record_id = $1";
    store.query_row(asked, [record], |row| row.get(0)).unwrap()
}

fn config(world: &World) -> String {
    fs::read_to_string(world.data().join("hattama.toml")).unwrap()
}
