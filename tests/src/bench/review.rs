//! What a team at headquarters waits for on a night: every list, search and overview, while records
//! come in.
//!
//! ```text
//! prepared ──> records + incidents ──> served ──> readers, page after page
//!                                        ^        half of what ingest can take
//! ```
//!
//! Readers ask back to back, without a pause to read: what they see is the worst of it.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use super::{
    Outcome, at_size, client::Connection, per_second, percentile, prepared::Prepared,
    served::Served,
};

/// Readers at once.
const READERS: usize = 20;
/// One incident for so many protocols.
const PROTOCOLS_PER_INCIDENT: u64 = 10;
/// Protocols of one precinct: a million of a hundred thousand, as large countries have.
const PER_PRECINCT: u64 = 10;
/// How long each page is read for.
const EACH: Duration = Duration::from_secs(6);
/// Connections of the load.
const CONNECTIONS: usize = 4;
/// Records whose rate says what ingest can take here.
const WARM_UP: u64 = 6_400;
/// Records that are signed before the readers begin; the load ends when they do.
const LOAD: u64 = 160_000;

/// Pages that are asked for once before: what they keep is made then.
const FIRST: [&str; 2] = ["/", "/transcription"];

/// What is read: a name for the figure, and an address.
const PAGES: [(&str, &str); 15] = [
    ("overview", "/"),
    ("incident_list", "/incidents"),
    ("incident_filter", "/incidents?state=received&severity=high"),
    ("incident_api", "/v1/incidents?limit=50"),
    (
        "incident_search_ru",
        "/v1/incidents?q=%D0%BD%D0%B0%D0%B1%D0%BB%D1%8E%D0%B4%D0%B0%D1%82%D0%B5%D0%BB%D1%8F",
    ),
    ("incident_search_en", "/v1/incidents?q=observers"),
    ("incident_counts", "/v1/incidents/counts"),
    ("map", "/map"),
    ("region", "/regions/11"),
    ("units_mismatch", "/units?show=mismatch"),
    ("units_silent", "/units?show=silent"),
    ("transcription", "/transcription"),
    ("devices", "/devices"),
    ("records_api", "/v1/records?limit=50"),
    ("unit_search", "/search?q=11-"),
];

pub(super) fn run(sizes: &[u64]) -> Outcome {
    let mut outcome = Outcome::new("review");
    let mut sizes = sizes.to_vec();
    sizes.sort_unstable();
    let largest = sizes.last().copied().unwrap_or_default();
    let mut prepared = Prepared::with_register_for(largest + WARM_UP + LOAD, PER_PRECINCT);
    for size in &sizes {
        prepared.grow(&mut outcome, *size, |_, _| ());
        prepared.report(*size / PROTOCOLS_PER_INCIDENT);
        measure(&mut outcome, &mut prepared, *size);
    }
    if let (Some(smallest), Some(largest)) = (sizes.first(), sizes.last()) {
        let cost = |size| outcome.figures[&at_size("overview_p50_ms", size)];
        let grown = cost(*largest) / cost(*smallest);
        outcome.figure("overview_largest_over_smallest", grown);
        outcome.at_most("overview_largest_over_smallest", 1.5);
        for (page, _) in PAGES {
            outcome.at_most(&at_size(&format!("{page}_p99_ms"), *largest), 50.0);
        }
    }
    outcome
}

fn measure(outcome: &mut Outcome, prepared: &mut Prepared, size: u64) {
    let (warm_up, load) = (prepared.further(WARM_UP), prepared.further(LOAD));
    let served = Served::start(prepared.folder());
    let token = &prepared.token;
    let begun = Instant::now();
    served.runtime.block_on(served.headquarters.warm()).expect("it is read ahead");
    outcome.figure(at_size("read_ahead_s", size), begun.elapsed().as_secs_f64());
    let begun = Instant::now();
    push(served.address, &warm_up, None, &AtomicBool::new(false));
    let full = per_second(WARM_UP, begun.elapsed());
    for page in FIRST {
        read_once(served.address, token, page);
    }
    outcome.figure(at_size("ingest_alone_records_per_s", size), full);
    let done = AtomicBool::new(false);
    let (pushed, took) = thread::scope(|scope| {
        let ingest = scope.spawn(|| {
            let begun = Instant::now();
            let pushed = push(served.address, &load, Some(full / 2.0), &done);
            (pushed, begun.elapsed())
        });
        for (page, address) in PAGES {
            let mut times = read(served.address, token, address);
            outcome.figure(at_size(&format!("{page}_p50_ms"), size), percentile(&mut times, 50));
            outcome.figure(at_size(&format!("{page}_p99_ms"), size), percentile(&mut times, 99));
        }
        done.store(true, Ordering::Relaxed);
        ingest.join().expect("the load")
    });
    outcome.figure(at_size("ingest_beside_records_per_s", size), per_second(pushed, took));
    served.stop();
}

/// Pushes bodies at a pace, until they end or the readers do; how many records were pushed.
fn push(address: SocketAddr, bodies: &[Vec<u8>], per_s: Option<f64>, done: &AtomicBool) -> u64 {
    let (begun, next) = (Instant::now(), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let mut connection = Connection::open(address);
                while !done.load(Ordering::Relaxed) {
                    let turn = next.fetch_add(1, Ordering::Relaxed);
                    let Some(body) = bodies.get(turn) else { break };
                    if let Some(per_s) = per_s {
                        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
                        let due = Duration::from_secs_f64((turn * 64) as f64 / per_s);
                        thread::sleep(due.saturating_sub(begun.elapsed()));
                    }
                    let json = "Content-Type: application/json\r\n";
                    let (status, answer) = connection.request("POST", "/v1/records", json, body);
                    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&answer));
                }
            });
        }
    });
    (next.load(Ordering::Relaxed).min(bodies.len()) * 64) as u64
}

fn read_once(address: SocketAddr, token: &str, page: &str) {
    let headers = format!("Authorization: Bearer {token}\r\nAccept: text/html\r\n");
    let (status, body) = Connection::open(address).request("GET", page, &headers, b"");
    assert_eq!(status, 200, "{page}: {}", String::from_utf8_lossy(&body));
}

/// What each request took, in milliseconds.
fn read(address: SocketAddr, token: &str, page: &str) -> Vec<f64> {
    let headers = format!("Authorization: Bearer {token}\r\nAccept: text/html\r\n");
    let until = Instant::now() + EACH;
    let reader = || {
        let mut connection = Connection::open(address);
        let mut times = Vec::new();
        while Instant::now() < until {
            let begun = Instant::now();
            let (status, body) = connection.request("GET", page, &headers, b"");
            times.push(begun.elapsed().as_secs_f64() * 1e3);
            assert_eq!(status, 200, "{page}: {}", String::from_utf8_lossy(&body));
        }
        times
    };
    let mut times: Vec<f64> = thread::scope(|scope| {
        let readers: Vec<_> = (0..READERS).map(|_| scope.spawn(reader)).collect();
        readers.into_iter().flat_map(|reader| reader.join().expect("a reader")).collect()
    });
    times.sort_by(f64::total_cmp);
    times
}
