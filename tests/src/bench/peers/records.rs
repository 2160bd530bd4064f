//! Servers that keep records: the same signed strings to each, in batches and one by one.

use std::{
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use super::{
    load::{Timed, drive, sync_disk},
    running::Running,
    syncs,
    tree::Used,
};
use crate::bench::{
    client::{Answer, Connection},
    records::BATCH,
};

/// Connections; one request each at a time, as `bench ingest` has them.
pub(super) const CONNECTIONS: usize = 32;
/// Requests of one record over one connection whose waits for the disk are counted, and which are
/// read back; after a few that are not.
const ALONE: usize = 24;
const ALONE_BEFORE: usize = 4;

/// One request that brings records.
pub(super) struct Request {
    pub(super) path: String,
    pub(super) headers: String,
    pub(super) body: Vec<u8>,
    /// How many records are in it.
    pub(super) records: u64,
}

impl Request {
    pub(super) fn send(&self, connection: &mut Connection) -> Answer {
        connection.ask("POST", &self.path, &self.headers, &self.body)
    }
}

/// What a measurement needs of a server that keeps records.
pub(super) trait RecordServer: Sync {
    /// Its processes.
    fn running(&self) -> &Running;

    /// The request that brings these of the records, all in one.
    fn request(&self, records: &[String], which: Range<usize>) -> Request;

    /// How many of those that were sent the answer says are stored.
    fn stored(&self, answer: &Answer, sent: u64) -> u64;

    /// Asks for the record that was brought alone and answered so.
    fn read_back(
        &self,
        connection: &mut Connection,
        records: &[String],
        number: usize,
        answer: &Answer,
    ) -> String;
}

/// How many records are sent how, and how long at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Amount {
    pub(super) in_batches: usize,
    pub(super) one_by_one: usize,
    pub(super) limit: Duration,
}

impl Amount {
    /// All that a server can be sent.
    pub(super) fn records(self) -> usize {
        CONNECTIONS * BATCH + self.in_batches + self.one_by_one + ALONE_BEFORE + ALONE
    }
}

/// What one server did.
pub(super) struct Measured {
    pub(super) batches: Timed,
    pub(super) used: Used,
    pub(super) singles: Timed,
    /// Records that the server did not take; they count for no rate.
    pub(super) refused: u64,
    /// Waits for the disk of the requests that came alone, for each; none where not counted.
    pub(super) syncs_each: Option<f64>,
}

/// Sends everything to a new server: a batch on each connection that does not count, batches, single
/// records, and single records of which nothing else is under way.
pub(super) fn measure(server: &dyn RecordServer, records: &[String], amount: Amount) -> Measured {
    let address = server.running().address;
    let tree = server.running().tree();
    let mut rest = 0..records.len();
    let mut take = |count: usize| {
        let taken = rest.start..rest.start + count;
        rest.start = taken.end;
        taken
    };
    let requests = |which: Range<usize>, each: usize| -> Vec<Request> {
        let end = which.end;
        which.step_by(each).map(|at| server.request(records, at..(at + each).min(end))).collect()
    };
    let refused = AtomicU64::new(0);
    let push = |requests: &[Request]| {
        drive(address, CONNECTIONS, requests.len(), amount.limit, |connection, number| {
            let answer = requests[number].send(connection);
            let stored = server.stored(&answer, requests[number].records);
            refused.fetch_add(requests[number].records - stored, Ordering::Relaxed);
            stored
        })
    };

    push(&requests(take(CONNECTIONS * BATCH), BATCH));
    let full = requests(take(amount.in_batches), BATCH);
    let single = requests(take(amount.one_by_one), 1);
    let alone = take(ALONE_BEFORE + ALONE);
    sync_disk();
    let (batches, used) = tree.watched(|| push(&full));
    sync_disk();
    let singles = push(&single);
    let syncs_each = one_after_the_other(server, records, alone);
    Measured { batches, used, singles, refused: refused.into_inner(), syncs_each }
}

/// Sends records alone over one connection, counts the waits for the disk, and reads them back.
fn one_after_the_other(
    server: &dyn RecordServer,
    records: &[String],
    which: Range<usize>,
) -> Option<f64> {
    let address = server.running().address;
    let send = |which: Range<usize>| -> Vec<Answer> {
        // A new one: servers close those that stood still, as while strace came.
        let mut connection = Connection::open(address);
        which.map(|number| alone(server, &mut connection, records, number)).collect()
    };
    let counted = which.start + ALONE_BEFORE..which.end;
    send(which.start..counted.start);
    let (answers, syncs) = syncs::counted(&server.running().tree(), || send(counted.clone()));
    let mut connection = Connection::open(address);
    for (number, answer) in counted.zip(&answers) {
        let back = server.read_back(&mut connection, records, number, answer);
        assert_eq!(back, records[number], "what was acknowledged can be read back");
    }
    syncs.map(|syncs| super::real(syncs) / super::real(answers.len() as u64))
}

fn alone(
    server: &dyn RecordServer,
    connection: &mut Connection,
    records: &[String],
    number: usize,
) -> Answer {
    let answer = server.request(records, number..number + 1).send(connection);
    assert_eq!(server.stored(&answer, 1), 1, "a record alone is stored");
    answer
}
