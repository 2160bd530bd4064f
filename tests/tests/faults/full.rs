//! The disk of the server is full.

use std::collections::BTreeSet;

use hattama_proto::{
    problem::ProblemCode,
    wire::{PushRequest, Verdict},
};
use hattama_tests::{
    postgres::Cluster,
    skip,
    world::{Signed, SmallDisk},
};

use super::{DURABLE, on};

/// What a server takes when it is new, and some room: in mebibytes.
const DISK_MIB: u32 = 160;

#[test]
fn records_wait_until_the_server_has_room_again() {
    let Some(disk) = SmallDisk::mount(DISK_MIB) else { return };
    let Some(mut cluster) = Cluster::start_in(disk.path(), &DURABLE, None) else {
        skip("PostgreSQL is not installed");
        return;
    };
    on(&mut cluster, |world, _| {
        let (mut device, mut witness) = (world.device(1), world.witness());
        let unit = world.country().precinct(0);
        let records: Vec<Signed> = (0..400).map(|n| device.protocol(unit.clone(), n)).collect();
        let wire = world.wire();
        let mut acknowledged = BTreeSet::new();
        acknowledged.extend(witness.push(&wire.push_all(&records[..20])));
        disk.fill();
        let mut full = 0;
        for batch in records[20..].chunks(20) {
            let texts = batch.iter().map(|record| record.text.clone()).collect();
            match wire.push(&PushRequest { records: texts, ..PushRequest::default() }) {
                // There was room within what the server had taken already.
                Ok(reply) => acknowledged.extend(witness.push(&reply)),
                Err(problem) => {
                    let said = (problem.status, problem.code);
                    assert_eq!(said, (507, ProblemCode::StorageFull), "{problem:?}");
                    assert!(problem.retry_after_s.is_some(), "{problem:?}");
                    full += 1;
                }
            }
        }
        assert!(full > 0, "the disk was not full at all");
        assert!(acknowledged.is_subset(&wire.record_ids()), "what was acknowledged is there");

        disk.relieve();
        for batch in records.chunks(50) {
            let reply = wire.push_all(batch);
            let taken = |verdict| matches!(verdict, Verdict::Stored | Verdict::Duplicate);
            assert!(reply.results.iter().all(|result| taken(result.verdict)), "{reply:?}");
            assert_eq!(witness.push(&reply).len(), batch.len(), "it goes on by itself");
        }
        assert_eq!(wire.record_ids(), records.iter().map(|record| record.id).collect());
        witness.history(&wire, &records[0]);
    });
}
