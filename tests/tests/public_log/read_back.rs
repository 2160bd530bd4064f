//! What the store reads back differs in one bit from what was committed: the log stops, nothing
//! was acknowledged, and a restart does not get around it.

use hattama_proto::{problem::ProblemCode, wire::PushRequest};
use hattama_server::{
    app::{Headquarters, OpenError},
    log::SequenceError,
};
use hattama_tests::world::{Ending, World, block_on};
use rusqlite::Connection;

use super::{fill, published, vkey};

/// The database itself spoils one row after it was written, as failing memory would.
fn spoils(what: &str) {
    let mut world = World::new();
    let mut device = world.device(1);
    let before = fill(&world, &mut device, 20);
    published(&world, before);
    let db = Connection::open(world.data().join("hq.db")).unwrap();
    db.execute_batch(&what.replace("AT", &(before + 2).to_string())).unwrap();

    let unit = world.country().precinct(0);
    let records: Vec<_> = (0..5).map(|n| device.protocol(unit.clone(), n)).collect();
    let batch = PushRequest {
        records: records.iter().map(|record| record.text.clone()).collect(),
        ..PushRequest::default()
    };
    for _ in 0..2 {
        let refused = world.wire().push(&batch).unwrap_err();
        assert_eq!((refused.code, refused.status), (ProblemCode::LogStopped, 503), "{what}");
        assert!(refused.retry_after_s.is_some());
    }
    std::thread::sleep(std::time::Duration::from_millis(1500));
    assert_eq!(published(&world, 0), before, "nothing more was published");
    let head = std::fs::read_to_string(world.data().join("keys/log.head")).unwrap();
    assert!(head.starts_with(&format!("{before}\n")), "and the signer's head did not move");
    world.end(Ending::InOrder);

    let again = block_on(Headquarters::open(world.data()));
    let Err(OpenError::Log(SequenceError::Altered(index))) = again else {
        panic!("it opened, or failed otherwise: {:?}", again.err());
    };
    assert_eq!(index, before + 2, "{what}");
    assert_eq!(vkey(&world).name().as_str(), "log.test/exercise");
}

#[test]
fn a_record_that_reads_back_with_one_bit_changed_stops_the_log() {
    spoils(
        "create trigger bit after insert on record when new.position = AT begin
           update record set jws = replace(jws, 'e', 'd') where position = AT; end",
    );
}

#[test]
fn a_leaf_that_reads_back_with_another_hash_stops_the_log() {
    spoils(
        "create trigger bit after insert on log_leaf when new.position = AT begin
           update log_leaf set hash = zeroblob(32) where position = AT; end",
    );
}

#[test]
fn an_entry_that_reads_back_as_another_stops_the_log() {
    spoils(
        "create trigger bit after insert on log_leaf when new.position = AT begin
           update log_leaf set kind = 'photo' where position = AT; end",
    );
}
