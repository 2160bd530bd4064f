//! Bodies that are too large, not what they say, or never end.

use std::{io::Read as _, net::Shutdown, time::Duration};

use hattama_proto::{
    id::RecordId,
    limits::{BATCH_BYTES_MAX, BATCH_RECORDS_MAX, CELL_BYTES, RECORD_BYTES_MAX},
    problem::ProblemCode,
    record::PhotoRole,
    wire::{CellBitmap, PushRequest, Verdict},
};
use hattama_tests::{
    in_every_world,
    world::{Device, World},
};
use serde_json::json;

in_every_world![
    a_record_that_is_no_record_does_not_stop_its_neighbours,
    sixty_five_records_are_too_many_and_sixty_four_are_not,
];

fn a_record_that_is_no_record_does_not_stop_its_neighbours(world: &World) {
    let (wire, mut device) = (world.wire(), world.device(1));
    let good = [
        device.protocol(world.country().precinct(0), 1),
        device.protocol(world.country().precinct(1), 2),
    ];
    let long = "x".repeat(RECORD_BYTES_MAX + 1);
    let flipped = good[0].text.replacen('.', "..", 1);
    let records = vec![
        good[0].text.clone(),
        "not a record".to_owned(),
        long.clone(),
        String::new(),
        flipped.clone(),
        good[1].text.clone(),
        good[0].text.clone(),
    ];
    let reply = wire.push(&PushRequest { records, ..PushRequest::default() }).unwrap();
    let verdict = |text: &str| {
        let id = RecordId::of(text.as_bytes());
        let found: Vec<_> = reply.results.iter().filter(|result| result.id == id).collect();
        assert_eq!(found.len(), 1, "one verdict for each string");
        (found[0].verdict, found[0].reason.clone())
    };
    let rejected = |reason: &str| (Verdict::Rejected, Some(reason.to_owned()));
    assert_eq!(verdict("not a record"), rejected("malformed"));
    assert_eq!(verdict(""), rejected("malformed"));
    assert_eq!(verdict(&flipped), rejected("malformed"));
    assert_eq!(verdict(&long), rejected("too_large"));
    for record in &good {
        assert_eq!(verdict(&record.text), (Verdict::Stored, None));
    }
    assert_eq!(wire.record_ids(), good.iter().map(|record| record.id).collect());
}

fn sixty_five_records_are_too_many_and_sixty_four_are_not(world: &World) {
    let (wire, mut device) = (world.wire(), world.device(1));
    let records: Vec<String> = (0..=BATCH_RECORDS_MAX)
        .map(|number| device.protocol(world.country().precinct(number), number as u64).text)
        .collect();
    let push = |records: &[String]| {
        wire.push(&PushRequest { records: records.to_vec(), ..PushRequest::default() })
    };
    assert_eq!(push(&records).unwrap_err().code, ProblemCode::TooLarge);
    assert!(wire.record_ids().is_empty(), "a refused batch leaves nothing behind");
    let reply = push(&records[..BATCH_RECORDS_MAX]).unwrap();
    assert!(reply.results.iter().all(|result| result.verdict == Verdict::Stored));
    assert_eq!(world.witness().push(&reply).len(), BATCH_RECORDS_MAX);
}

#[test]
fn a_body_over_the_limit_is_refused_however_it_is_packed() {
    let world = World::new();
    let wire = world.wire();
    let zeros = vec![b' '; BATCH_BYTES_MAX + 1];
    let packed = miniz_oxide_zlib(&zeros);
    assert!(packed.len() < 16 * 1024, "a bomb is small: {}", packed.len());
    let deflate = [("content-encoding", "deflate")];
    for (headers, body) in [(&deflate[..], &packed), (&[][..], &zeros)] {
        let answer = wire.send("POST", "/v1/records", headers, body);
        // Headquarters may hang up on the rest of a body that is too long already.
        let Some(answer) = answer else { continue };
        assert!(answer.ours);
        assert_eq!(answer.status, 413, "{}", answer.text());
    }
    let answer = wire.send("POST", "/v1/records", &deflate, b"no zlib").unwrap();
    assert_eq!((answer.status, answer.json()["code"].clone()), (400, json!("malformed-body")));
    let gzip = [("content-encoding", "gzip")];
    let answer = wire.send("POST", "/v1/records", &gzip, &packed).unwrap();
    assert_eq!(answer.status, 400, "only deflate is read");
}

#[test]
fn a_deflated_batch_is_read_like_a_plain_one() {
    let world = World::new();
    let (wire, mut device) = (world.wire(), world.device(1));
    let record = device.protocol(world.country().precinct(0), 1);
    let batch = PushRequest { records: vec![record.text.clone()], ..PushRequest::default() };
    let packed = miniz_oxide_zlib(&serde_json::to_vec(&batch).unwrap());
    let answer = wire.send("POST", "/v1/records", &[("content-encoding", "deflate")], &packed);
    assert_eq!(answer.unwrap().status, 200);
    assert_eq!(wire.record_ids(), [record.id].into());
}

#[test]
fn what_is_not_json_is_the_senders_fault_and_says_so() {
    let world = World::new();
    let wire = world.wire();
    for path in ["/v1/records", "/v1/status", "/v1/enrolments", "/v1/session"] {
        for body in [&b""[..], b"{", b"[]", b"\xff\xfe", br#"{"records": 5}"#] {
            let answer = wire.send("POST", path, &[], body).unwrap();
            assert!(answer.ours, "{path}");
            assert_eq!(answer.status, 400, "{path} {body:?}: {}", answer.text());
        }
    }
}

#[test]
fn an_upload_that_stalls_keeps_the_cells_that_came_and_is_taken_up_elsewhere() {
    let world = World::new();
    let (wire, mut device) = (world.wire(), world.device(1));
    let bytes = hattama_tests::form::plain_photo(1, 200_000);
    let photo = Device::photo(&bytes, PhotoRole::Original);
    wire.push_all([&device.protocol_with(world.country().precinct(0), 1, vec![photo.clone()])]);
    let head = format!(
        "PUT /v1/blobs/{} HTTP/1.1\r\nHost: hq\r\nContent-Range: bytes 0-{}/{}\r\n\
         Content-Length: {}\r\n\r\n",
        photo.sha256,
        bytes.len() - 1,
        bytes.len(),
        bytes.len()
    );
    let three_cells = usize::try_from(3 * CELL_BYTES).unwrap();
    let said = [head.as_bytes(), &bytes[..three_cells + 1000]].concat();
    let mut stalled = wire.bare(&said);
    // While the first connection is still open and silent, the cells are there for everybody.
    let have = wait_for(|| {
        let have = CellBitmap::try_from(wire.have(&photo.sha256)?).ok()?;
        have.has(2).then_some(have)
    });
    assert_eq!(have.missing(photo.bytes), [(3, CellBitmap::cells(photo.bytes))]);
    stalled.shutdown(Shutdown::Both).unwrap();
    let mut rest = Vec::new();
    let _gone = stalled.read_to_end(&mut rest);
    let reply =
        wire.put_range(&photo.sha256, three_cells, &bytes[three_cells..], bytes.len()).unwrap();
    assert!(reply.state.complete);
    world.witness().photo(&reply, &photo.sha256);
    assert_eq!(world.blob(&photo.sha256).unwrap(), bytes);
}

/// Asks until there is an answer; ten seconds are long on loopback.
fn wait_for<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    for _ in 0..1000 {
        if let Some(found) = ask() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it did not happen");
}

/// zlib with stored and run-length blocks, as a phone's encoder writes it.
fn miniz_oxide_zlib(bytes: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec_zlib(bytes, 9)
}
