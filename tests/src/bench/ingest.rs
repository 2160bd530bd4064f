//! Records per second through the front door: verified, durable, logged, receipts returned, unit
//! files kept current, with the load on the same machine.

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use hattama_proto::{
    jws::Envelope,
    record::Body,
    wire::{PushReply, Verdict},
};

use super::{
    Outcome, Places,
    client::Connection,
    headquarters::BenchHeadquarters,
    memory, per_second,
    postgres::Server,
    records::{Device, batches, protocols},
};

/// Devices of the load.
pub(super) const DEVICES: usize = 200;
/// Records of each: with the exercise's 9,580 precincts, about three observers at each.
const RECORDS_EACH: usize = 160;
/// Connections; one request each at a time. Many phones speak at once on a night: while one group
/// reaches the disk, the batches of the next have to be waiting.
const CONNECTIONS: usize = 32;
/// Requests whose round trips to PostgreSQL are counted, after as many that are not.
const REQUESTS_COUNTED: usize = 24;

/// SQLite, and after it PostgreSQL if a database is named: what counts is the one beside the other.
pub(super) fn run(places: &Places) -> Outcome {
    let mut outcome = Outcome::new("ingest");
    let hq = BenchHeadquarters::start(&Places { database: None, ..places.clone() });
    let election = hq.headquarters.config.election.clone();
    let sheets = protocols(&[]);
    eprintln!("signing {} records", DEVICES * RECORDS_EACH);
    let mut devices = enrol(&hq);
    // Interleaved as on a night: every unit is spoken of by about three devices in turn.
    let mut records = Vec::new();
    for round in 0..RECORDS_EACH {
        for (number, device) in devices.iter_mut().enumerate() {
            let sheet = &sheets[(round * DEVICES + number) % sheets.len()];
            records.push(device.sign(&election, Body::Protocol(sheet.clone())));
        }
    }
    let bytes: usize = records.iter().map(String::len).sum();
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    outcome.figure("record_bytes", bytes as f64 / records.len() as f64);

    let verified_per_s = verify_on_one_core(&records, &devices[0]);
    outcome.figure("one_core_verifies_per_s", verified_per_s);

    let last = &records[records.len() - REQUESTS_COUNTED..];
    let alone: Vec<Vec<u8>> =
        last.iter().flat_map(|record| batches(std::slice::from_ref(record))).collect();
    let load = Load::of(&records);
    memory::reset_peak();
    let cpu = memory::cpu_seconds();
    let rate = load.push(&[hq.address]);
    outcome.figure("records_per_s", rate);
    let cpu = memory::cpu_seconds() - cpu;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    outcome.figure("cpu_us_per_record", cpu * 1e6 / load.records as f64);
    outcome.figure("share_of_one_core_verifying", rate / verified_per_s);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    outcome.figure("peak_memory_mb", memory::peak_bytes() as f64 / 1e6);
    outcome.at_least("records_per_s", 8_000.0);
    outcome.at_least("share_of_one_core_verifying", 0.5);
    drop(hq);

    match places.database.as_deref() {
        Some("postgres") => {
            let server = Server::start();
            on_postgres(&mut outcome, places, &load, server.database("ingest"), rate);
            round_trips(&mut outcome, places, (&load, &alone), &server);
        }
        Some(url) => {
            on_postgres(&mut outcome, places, &load, url.to_owned(), rate);
        }
        None => {}
    }
    outcome
}

/// The same load on PostgreSQL, with nothing between headquarters and the server.
fn on_postgres(outcome: &mut Outcome, places: &Places, load: &Load, url: String, sqlite: f64) {
    let hq = BenchHeadquarters::start(&places.with_database(url));
    enrol(&hq);
    let rate = load.push(&[hq.address]);
    outcome.figure("postgres_records_per_s", rate);
    outcome.figure("share_of_sqlite_records_per_s", rate / sqlite);
    outcome.at_least("share_of_sqlite_records_per_s", 0.6);
}

/// How often one request waits for PostgreSQL, its records being new: to look them up, to commit them
/// and to read them back. The number must not grow with the records of a request.
fn round_trips(
    outcome: &mut Outcome,
    places: &Places,
    (load, alone): (&Load, &[Vec<u8>]),
    server: &Server,
) {
    let hop = server.hop();
    let hq = BenchHeadquarters::start(
        &places.with_database(server.database_through(&hop, "round_trips")),
    );
    enrol(&hq);
    let mut connection = Connection::open(hq.address);
    let (first, rest) = load.bodies.split_at(REQUESTS_COUNTED);
    let counted = |connection: &mut Connection, bodies: &[Vec<u8>]| {
        let before = hop.trips();
        bodies.iter().for_each(|body| drop(push(connection, body)));
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let each = (hop.trips() - before) as f64 / bodies.len() as f64;
        each
    };
    // Until every session knows every statement.
    first.iter().for_each(|body| drop(push(&mut connection, body)));
    let full = counted(&mut connection, &rest[..REQUESTS_COUNTED]);
    outcome.figure("postgres_round_trips_per_batch", full);
    outcome.figure("postgres_round_trips_per_record_alone", counted(&mut connection, alone));
    outcome.at_most("postgres_round_trips_per_batch", 16.0);
}

pub(super) fn enrol(hq: &BenchHeadquarters) -> Vec<Device> {
    (0..DEVICES as u64).map(|number| Device::enrol(hq, number)).collect()
}

/// What is pushed, the same to every headquarters.
pub(super) struct Load {
    bodies: Vec<Vec<u8>>,
    records: u64,
}

impl Load {
    /// All of these, as full requests.
    pub(super) fn of(records: &[String]) -> Self {
        Self { bodies: batches(records), records: records.len() as u64 }
    }

    /// Pushes everything over connections that are spread over these addresses, and returns how many
    /// records per second were stored.
    pub(super) fn push(&self, addresses: &[SocketAddr]) -> f64 {
        let begun = Instant::now();
        let stored: u64 = thread::scope(|scope| {
            let lanes: Vec<_> = addresses
                .iter()
                .cycle()
                .zip(0..CONNECTIONS)
                .map(|(address, lane)| scope.spawn(move || self.lane(*address, lane)))
                .collect();
            lanes.into_iter().map(|lane| lane.join().expect("a lane")).sum()
        });
        let took = begun.elapsed();
        assert_eq!(stored, self.records, "every record was stored with a receipt");
        per_second(stored, took)
    }

    fn lane(&self, address: SocketAddr, lane: usize) -> u64 {
        let mut connection = Connection::open(address);
        let mut stored = 0;
        for body in self.bodies.iter().skip(lane).step_by(CONNECTIONS) {
            stored += count_stored(&push(&mut connection, body));
        }
        stored
    }
}

/// Between two tries of a request that was told to come again: the load is closed, so it waits as long
/// as a place takes to become free.
const AGAIN: Duration = Duration::from_millis(20);

/// Pushes one request, again where headquarters has too much to do, and returns the answer.
fn push(connection: &mut Connection, body: &[u8]) -> Vec<u8> {
    let json = "Content-Type: application/json\r\n";
    loop {
        match connection.try_ask("POST", "/v1/records", json, body) {
            Ok(answer) if answer.status == 200 => return answer.body,
            Ok(answer) => {
                let is_later = matches!(answer.status, 429 | 503);
                assert!(is_later, "{}", String::from_utf8_lossy(&answer.body));
            }
            // Refused before its body was read: the connection ends with that.
            Err(_) => {}
        }
        thread::sleep(AGAIN);
        connection.again();
    }
}

/// What one core does of nothing but Ed25519, over the very same records.
fn verify_on_one_core(records: &[String], device: &Device) -> f64 {
    let own: Vec<Envelope> =
        records.iter().step_by(DEVICES).map(|text| Envelope::parse(text).expect("ours")).collect();
    let key = device.key.public();
    let count = own.len() as u64;
    let begun = Instant::now();
    for envelope in own {
        assert!(envelope.verify(&key).is_ok());
    }
    per_second(count, begun.elapsed())
}

/// Counts verdicts without reading the whole answer as JSON, which would load the machine; every
/// hundredth answer is read in full.
fn count_stored(answer: &[u8]) -> u64 {
    let text = std::str::from_utf8(answer).expect("JSON is UTF-8");
    let stored = text.matches(r#""verdict":"stored""#).count();
    let receipts = text.matches(r#""receipt":{"#).count();
    assert_eq!(stored, receipts, "a receipt for each");
    if answer.len().is_multiple_of(100) {
        let reply: PushReply = serde_json::from_slice(answer).expect("a reply");
        assert!(reply.results.iter().all(|result| result.verdict == Verdict::Stored));
        assert!(reply.checkpoint.is_some());
    }
    stored as u64
}
