//! Ranges in any order, any number of times, from several sides at once.

use std::{
    io::Write as _,
    net::TcpStream,
    time::{Duration, Instant},
};

use hattama_proto::{
    id::PhotoHash,
    limits::CELL_BYTES,
    problem::ProblemCode,
    record::{Photo, PhotoRole},
    wire::{CellBitmap, StatusRequest},
};
use hattama_tests::{
    form::plain_photo,
    in_every_world,
    world::{Device, Ending, World},
};

in_every_world![
    ranges_may_come_in_any_order_overlap_and_repeat,
    ranges_may_come_from_many_sides_at_once,
    wrong_bytes_are_found_out_and_the_right_ones_taken_afterwards,
    a_small_picture_in_one_request_leaves_no_cells_and_one_in_halves_goes_on_where_it_was,
    cells_survive_a_restart,
];

/// Size of a cell, in bytes.
const CELL: usize = 32 * 1024;
const _: () = assert!(CELL as u64 == CELL_BYTES);

/// Longest wait for something that happens by itself.
const PATIENCE: Duration = Duration::from_secs(20);

/// A record of a known device names the photo with these bytes.
fn announce(world: &World, bytes: &[u8]) -> (Device, Photo) {
    let mut device = world.device(1);
    let photo = Device::photo(bytes, PhotoRole::Original);
    let unit = world.country().precinct(0);
    world.wire().push_all([&device.protocol_with(unit, 1, vec![photo.clone()])]);
    (device, photo)
}

/// Ranges of so many cells, as first byte and bytes.
fn ranges(bytes: &[u8], cells: usize) -> Vec<(usize, &[u8])> {
    bytes.chunks(cells * CELL).enumerate().map(|(n, range)| (n * cells * CELL, range)).collect()
}

fn ranges_may_come_in_any_order_overlap_and_repeat(world: &World) {
    let (wire, bytes) = (world.wire(), plain_photo(1, 500_000));
    let (_, photo) = announce(world, &bytes);
    let put = |first, range| wire.put_range(&photo.sha256, first, range, bytes.len()).unwrap();
    let mut have = CellBitmap::default();
    let twos = ranges(&bytes, 2);
    // Backwards, each twice, the first one left out.
    for (first, range) in twos[1..].iter().rev() {
        for _ in 0..2 {
            let reply = put(*first, range);
            assert!(!reply.state.complete);
            let cells = *first / CELL..(*first + range.len()).div_ceil(CELL);
            cells.for_each(|cell| have.set(cell as u64));
            assert_eq!(reply.state.have, have);
        }
    }
    assert_eq!(wire.have(&photo.sha256), Some(String::from(have)));
    // Overlaps what is there and ends in the middle of it.
    let reply = put(CELL, &bytes[CELL..5 * CELL]);
    assert_eq!(reply.state.have.missing(photo.bytes), [(0, 1)]);
    let reply = put(0, &bytes[..2 * CELL]);
    assert!(reply.state.complete);
    let mut witness = world.witness();
    witness.photo(&reply, &photo.sha256);
    assert_eq!(world.blob(&photo.sha256).unwrap(), bytes);
    // Whole is whole: any further range is answered with the same place in the log.
    for (first, range) in twos {
        witness.photo(&put(first, range), &photo.sha256);
    }
    assert_eq!(wire.have(&photo.sha256).as_deref(), Some("complete"));
}

fn ranges_may_come_from_many_sides_at_once(world: &World) {
    let (wire, bytes) = (world.wire(), plain_photo(2, 1_500_000));
    let (device, photo) = announce(world, &bytes);
    let replies = std::thread::scope(|scope| {
        let sides: Vec<_> = (0..4_usize)
            .map(|side| {
                let (wire, bytes, photo) = (wire.clone(), &bytes, &photo);
                scope.spawn(move || {
                    let mut order = ranges(bytes, side + 1);
                    let turn = order.len() * side / 4;
                    order.rotate_left(turn);
                    order
                        .into_iter()
                        .map(|(first, range)| {
                            wire.put_range(&photo.sha256, first, range, bytes.len()).unwrap()
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        sides.into_iter().flat_map(|side| side.join().unwrap()).collect::<Vec<_>>()
    });
    let mut witness = world.witness();
    let whole = replies.iter().filter(|reply| reply.state.complete);
    let told = whole.map(|reply| witness.photo(reply, &photo.sha256)).count();
    assert!(told >= 1, "whoever brings the last cell is told");
    assert_eq!(world.blob(&photo.sha256).unwrap(), bytes);
    let asked = StatusRequest { kid: device.kid(), records: vec![], photos: vec![photo.sha256] };
    assert!(wire.status(&asked).unwrap().photos[0].1.complete);
    let left: Vec<_> = std::fs::read_dir(world.data().join("partial")).unwrap().collect();
    assert!(left.is_empty(), "nothing is left of a whole photo: {left:?}");
}

fn wrong_bytes_are_found_out_and_the_right_ones_taken_afterwards(world: &World) {
    let (wire, bytes) = (world.wire(), plain_photo(3, 150_000));
    let (_, photo) = announce(world, &bytes);
    let mut wrong = bytes.clone();
    wrong[70_000] ^= 1;
    for _ in 0..2 {
        let refused = wire.put(&photo.sha256, &wrong).unwrap_err();
        assert_eq!((refused.code, refused.status), (ProblemCode::DigestMismatch, 422));
        assert_eq!(wire.have(&photo.sha256).as_deref(), Some(""), "the cells were reset");
        assert_eq!(world.blob(&photo.sha256), None);
    }
    let reply = wire.put(&photo.sha256, &bytes).unwrap();
    world.witness().photo(&reply, &photo.sha256);
    assert_eq!(world.blob(&photo.sha256).unwrap(), bytes);
    // Whoever comes with wrong bytes now changes nothing.
    assert!(wire.put(&photo.sha256, &wrong).unwrap().state.complete);
    assert_eq!(world.blob(&photo.sha256).unwrap(), bytes);
}

fn a_small_picture_in_one_request_leaves_no_cells_and_one_in_halves_goes_on_where_it_was(
    world: &World,
) {
    let wire = world.wire();
    let partial = || std::fs::read_dir(world.data().join("partial")).unwrap().count();
    let bytes = plain_photo(6, 60_000);
    let (mut device, photo) = announce(world, &bytes);
    let reply = wire.put(&photo.sha256, &bytes).unwrap();
    world.witness().photo(&reply, &photo.sha256);
    assert_eq!(partial(), 0);
    assert_eq!(world.blob(&photo.sha256).unwrap(), bytes);

    // One whose line falls silent after its first cell, and who then comes back with all of it.
    let bytes = plain_photo(7, 61_000);
    let photo = Device::photo(&bytes, PhotoRole::Original);
    let unit = world.country().precinct(0);
    wire.push_all([&device.protocol_with(unit, 2, vec![photo.clone()])]);
    let path = format!("/v1/blobs/{}", photo.sha256);
    let head = format!(
        "PUT {path} HTTP/1.1\r\nHost: hq\r\nContent-Range: bytes 0-{}/{}\r\nContent-Length: {}\r\n\r\n",
        bytes.len() - 1,
        bytes.len(),
        bytes.len()
    );
    let mut line = TcpStream::connect(world.address()).unwrap();
    line.write_all(head.as_bytes()).unwrap();
    line.write_all(&bytes[..CELL + 100]).unwrap();
    let mut first = CellBitmap::default();
    first.set(0);
    let first = String::from(first);
    let begun = Instant::now();
    while wire.have(&photo.sha256).as_ref() != Some(&first) {
        assert!(begun.elapsed() < PATIENCE, "what came is kept while the line is silent");
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(line);
    let reply = wire.put(&photo.sha256, &bytes).unwrap();
    world.witness().photo(&reply, &photo.sha256);
    assert_eq!(world.blob(&photo.sha256).unwrap(), bytes);
    assert_eq!(partial(), 0);
}

fn cells_survive_a_restart(world: &mut World) {
    let bytes = plain_photo(4, 300_000);
    let (_, photo) = announce(world, &bytes);
    for (round, ending) in [Ending::InOrder, Ending::AtOnce, Ending::AtOnce].into_iter().enumerate()
    {
        let first = 2 * round * CELL;
        let range = &bytes[first..first + 2 * CELL];
        world.wire().put_range(&photo.sha256, first, range, bytes.len()).unwrap();
        world.end(ending);
        world.start();
        let have = CellBitmap::try_from(world.wire().have(&photo.sha256).unwrap()).unwrap();
        let next = 2 * (round as u64 + 1);
        assert_eq!(have.missing(photo.bytes), [(next, CellBitmap::cells(photo.bytes))]);
    }
    let rest = 6 * CELL;
    let reply = world.wire().put_range(&photo.sha256, rest, &bytes[rest..], bytes.len()).unwrap();
    world.witness().photo(&reply, &photo.sha256);
    assert_eq!(world.blob(&photo.sha256).unwrap(), bytes);
}

#[test]
fn a_range_that_is_no_range_is_refused_and_keeps_nothing() {
    let world = World::new();
    let (wire, bytes) = (world.wire(), plain_photo(5, 100_000));
    let (_, photo) = announce(&world, &bytes);
    let path = format!("/v1/blobs/{}", photo.sha256);
    let size = bytes.len();
    let put = |range: &str, body: &[u8]| {
        wire.send("PUT", &path, &[("content-range", range)], body).unwrap()
    };
    let ranges = [
        format!("bytes 5-{}/{size}", CELL - 1),
        format!("bytes 0-{}/{size}", CELL - 2),
        format!("bytes 0-{size}/{size}"),
        format!("bytes {CELL}-0/{size}"),
        format!("bytes 0-99999999999999999999/{size}"),
        "bytes */100".to_owned(),
        "cells 0-1/2".to_owned(),
        String::new(),
    ];
    for range in ranges {
        let answer = put(&range, &bytes[..CELL]);
        assert_eq!(answer.status, 400, "{range}: {}", answer.text());
    }
    assert_eq!(wire.send("PUT", &path, &[], &bytes[..CELL]).unwrap().status, 400, "no range");
    assert_eq!(wire.have(&photo.sha256).as_deref(), Some(""));
    // A body longer than its range: the rest is not taken for anything.
    let answer = put(&format!("bytes 0-{}/{size}", CELL - 1), &bytes);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let have = CellBitmap::try_from(wire.have(&photo.sha256).unwrap()).unwrap();
    assert_eq!(have.missing(photo.bytes), [(1, CellBitmap::cells(photo.bytes))]);
    // A shorter one: the cells that came count, and the answer says which.
    let answer = put(&format!("bytes {CELL}-{}/{size}", size - 1), &bytes[CELL..2 * CELL + 5]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let have = CellBitmap::try_from(wire.have(&photo.sha256).unwrap()).unwrap();
    assert_eq!(have.missing(photo.bytes), [(2, CellBitmap::cells(photo.bytes))]);
    assert!(wire.put(&photo.sha256, &bytes).unwrap().state.complete);
    assert_eq!(PhotoHash::of(&world.blob(&photo.sha256).unwrap()), photo.sha256);
}
