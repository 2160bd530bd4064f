//! There, and back again.

use hattama_tests::{engine::Engine, form::plain_photo, world::Ending};

use super::{Filled, bytes_of, done, filled, migrate, postgres, step};

/// Moves, serves from the target, and finds everything as it was and able to go on.
fn moves(filled: &mut Filled, to: &str) {
    let Filled { world, phones, device, known, witness } = filled;
    let root = world.wire().state_root();
    let records = world.wire().record_ids();
    world.end(Ending::InOrder);
    let before = bytes_of(world.data());
    let said = done(&migrate(world.data(), to, &[]).output().unwrap());
    assert!(said.contains(&root), "{said}");
    assert!(bytes_of(world.data()) == before, "the source was changed");
    // All is there: nothing is written again, and only now the configuration changes.
    let again = done(&migrate(world.data(), to, &["--switch"]).output().unwrap());
    assert!(again.contains("(0 of them now)"), "{again}");
    world.start();
    let wire = world.wire();
    assert_eq!(wire.state_root(), root);
    assert_eq!(wire.record_ids(), records);
    witness.history(&wire, known);
    for phone in phones.iter() {
        for item in phone.notebook().list(0, 100).unwrap() {
            let receipt = phone.notebook().record_receipt(item.id).unwrap().unwrap();
            witness.record_file(&receipt, &item.id);
        }
        phone.photographed(world.country().precinct(6), 5, &plain_photo(77, 50_000));
        phone.sync();
    }
    let later = device.protocol(world.country().precinct(1), 30);
    assert_eq!(witness.push(&wire.push_all([&later])).len(), 1);
    witness.history(&wire, known);
    assert_ne!(wire.state_root(), root);
}

#[test]
fn from_sqlite_to_postgresql_and_on_and_back_the_state_root_stays_and_phones_go_on() {
    let (Some(first), Some(second)) = (postgres(), postgres()) else { return };
    let mut filled = filled(Engine::sqlite());
    moves(&mut filled, &first);
    moves(&mut filled, &second);
    let file = filled.world.scratch().join("back.db");
    moves(&mut filled, file.to_str().unwrap());
}

#[test]
fn from_one_file_of_sqlite_to_another_the_state_root_stays_and_phones_go_on() {
    let mut filled = filled(Engine::sqlite());
    let file = filled.world.scratch().join("other.db");
    moves(&mut filled, file.to_str().unwrap());
    assert!(filled.world.data().join("hq.db").exists(), "the old store is kept");
}

#[test]
fn a_source_that_went_on_after_an_earlier_move_is_moved_up_to_date() {
    let mut filled = filled(Engine::sqlite());
    let file = filled.world.scratch().join("other.db");
    let to = file.to_str().unwrap().to_owned();
    filled.world.end(Ending::InOrder);
    done(&migrate(filled.world.data(), &to, &[]).output().unwrap());
    filled.world.start();
    let incident = filled.phones[0].incident("it goes on").record;
    filled.phones[0].protocol(filled.world.country().precinct(0), 12);
    filled.phones[0].sync();
    step(&filled.world, &incident, "escalated");
    // Uses up an invitation that was open when the first move was made.
    filled.world.phone();
    moves(&mut filled, &to);
}
