//! Photos per second: 3 MB files in ranges, hash verified, durable at the receipt.

use std::{
    io::Write as _,
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use hattama_proto::{
    id::{ElectionId, PhotoHash},
    limits::RANGE_BYTES_MAX,
    record::Body,
    wire::{ContentRange, PhotoReply},
};

use super::{
    Outcome, Places,
    client::Connection,
    headquarters::BenchHeadquarters,
    memory, per_second,
    records::{Device, batches, protocols},
};

/// Photos of the load.
const PHOTOS: usize = 200;
/// Size of each, in bytes.
const BYTES: usize = 3_000_000;
/// Connections; one request each at a time.
const CONNECTIONS: usize = 4;

pub(super) fn run(places: &Places) -> Outcome {
    let mut outcome = Outcome::new("photos");
    let hq = BenchHeadquarters::start(places);
    let photos: Vec<(PhotoHash, u64)> =
        (0..PHOTOS).map(|number| (PhotoHash::of(&photo(number, BYTES)), BYTES as u64)).collect();
    let election = hq.headquarters.config.election.clone();
    announce(hq.address, &mut Device::enrol(&hq, 0), &election, &photos);

    let sha256 = sha256_bytes_per_s();
    let disk = disk_bytes_per_s();
    outcome.figure("sha256_mb_per_s", sha256 / 1e6);
    outcome.figure("disk_fsynced_mb_per_s", disk / 1e6);

    memory::reset_peak();
    let begun = Instant::now();
    let address = hq.address;
    thread::scope(|scope| {
        for lane in 0..CONNECTIONS {
            let photos = &photos;
            scope.spawn(move || {
                let mut connection = Connection::open(address);
                for number in (lane..PHOTOS).step_by(CONNECTIONS) {
                    upload(&mut connection, &photo(number, BYTES), photos[number].0);
                }
            });
        }
    });
    let rate = per_second((PHOTOS * BYTES) as u64, begun.elapsed());
    outcome.figure("photo_mb_per_s", rate / 1e6);
    outcome.figure("share_of_the_smaller", rate / sha256.min(disk));
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    outcome.figure("peak_memory_mb", memory::peak_bytes() as f64 / 1e6);
    outcome.at_least("share_of_the_smaller", 0.5);
    outcome.at_most("peak_memory_mb", 200.0);
    outcome
}

/// Photos are made when they are needed, so that the load does not hold them all in the memory
/// that is measured.
pub(super) fn photo(number: usize, length: usize) -> Vec<u8> {
    let mut state = number as u64 + 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        // xorshift64: fast and not compressible.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// Records that name the photos, so that they are admitted. Returns them, one for each.
pub(super) fn announce(
    address: SocketAddr,
    device: &mut Device,
    election: &ElectionId,
    photos: &[(PhotoHash, u64)],
) -> Vec<String> {
    let records: Vec<String> = protocols(photos)
        .into_iter()
        .take(photos.len())
        .map(|sheet| device.sign(election, Body::Protocol(sheet)))
        .collect();
    let mut connection = Connection::open(address);
    for body in batches(&records) {
        let (status, _) = connection.request("POST", "/v1/records", "", &body);
        assert_eq!(status, 200);
    }
    records
}

/// Sends all of it; returns once it is durable and receipted.
pub(super) fn upload(connection: &mut Connection, bytes: &[u8], hash: PhotoHash) {
    let step = usize::try_from(RANGE_BYTES_MAX).expect("a megabyte");
    let mut last = None;
    for first in (0..bytes.len()).step_by(step) {
        let end = (first + step).min(bytes.len());
        let range = ContentRange { first: first as u64, end: end as u64, size: bytes.len() as u64 };
        let header = format!("Content-Range: {}\r\n", range.to_header());
        let (status, answer) =
            connection.request("PUT", &format!("/v1/blobs/{hash}"), &header, &bytes[first..end]);
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&answer));
        last = Some(serde_json::from_slice::<PhotoReply>(&answer).expect("a reply"));
    }
    let last = last.expect("a photo has bytes");
    assert!(last.state.complete && last.receipt.is_some(), "durable and receipted");
}

fn sha256_bytes_per_s() -> f64 {
    let bytes = photo(0, BYTES);
    let begun = Instant::now();
    let mut count = 0;
    while begun.elapsed() < Duration::from_millis(500) {
        std::hint::black_box(PhotoHash::of(&bytes));
        count += bytes.len() as u64;
    }
    per_second(count, begun.elapsed())
}

/// Writes the same files one after the other, each synced, to the same disk.
fn disk_bytes_per_s() -> f64 {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let bytes = photo(0, BYTES);
    let begun = Instant::now();
    let count = 60;
    for number in 0..count {
        let mut file =
            std::fs::File::create(folder.path().join(number.to_string())).expect("a file");
        file.write_all(&bytes).expect("room");
        file.sync_data().expect("a disk");
    }
    per_second(count * bytes.len() as u64, begun.elapsed())
}
