//! What one process did, another knows: devices, streams, the public log.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
};

use hattama_proto::{
    id::PhotoHash,
    kind::Role,
    record::{Body, Incident, PhotoRole, Severity},
    wire::{CellBitmap, ChallengeAnswer, SessionReply, SessionRequest, Verdict},
};
use hattama_tests::{
    form::plain_photo,
    proxy::Mood,
    world::{Device, code},
};
use serde_json::json;

use super::house::{House, PATIENCE, PROCESSES, wait_until};

/// A device is enrolled at one process and speaks to the next at once.
#[test]
fn whom_one_process_enrolled_every_process_knows_at_once() {
    let Some(house) = House::open() else { return };
    for seed in 0..12 {
        let mut device = house.device(seed, Role::Results);
        let next = usize::try_from(seed).unwrap() + 2;
        let signed = device.protocol(code("0-0-0"), seed);
        let verdict = house.wire(next % PROCESSES).unwrap().push_with_key(&signed, &device);
        assert_eq!((verdict.verdict, verdict.reason), (Verdict::Stored, None), "device {seed}");
    }
}

/// A challenge that one process gave is answered at another.
#[test]
fn a_challenge_of_one_process_is_answered_at_another() {
    let Some(house) = House::open() else { return };
    let device = house.device(1, Role::Results);
    let ask = |number, asked: &serde_json::Value| {
        let answer = house.wire(number).unwrap().post("/v1/session", asked);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.read::<SessionReply>().unwrap()
    };
    let SessionReply::Challenge(challenge) = ask(0, &json!({ "kid": device.kid() })) else {
        panic!("a challenge comes first")
    };
    let answer = ChallengeAnswer::sign(device.key(), challenge);
    let asked = SessionRequest { kid: device.kid(), answer: Some(answer) };
    let token = ask(1, &serde_json::to_value(asked).unwrap());
    assert!(matches!(token, SessionReply::Token { .. }), "{token:?}");
}

/// A stream at one process tells what came to another, also after its line to the database was cut.
#[test]
fn a_stream_at_one_process_tells_what_another_stored() {
    let Some(house) = House::open() else { return };
    let mut device = house.device(1, Role::Incidents);
    let mut socket = TcpStream::connect(house.address(1)).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let token = &house.world.made().operator_token;
    let request = format!(
        "GET /v1/incidents/stream HTTP/1.1\r\nHost: hq\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).unwrap();
    let mut lines = BufReader::new(socket).lines().map_while(Result::ok);
    assert!(lines.next().unwrap().contains("200"));
    let body = || {
        Body::Incident(Incident {
            categories: vec!["pressure".parse().unwrap()],
            phase: "count".parse().unwrap(),
            severity: Severity::High,
            unit: Some(code("0-0-0")),
            place_words: None,
            occurred_at: None,
            words: "pushed at the door".to_owned(),
            language: "en".to_owned(),
            attachments: Vec::new(),
            refers_to: None,
        })
    };
    // The stream begins at what its process knows: it is open once its first line has come.
    assert!(lines.any(|line| line.starts_with("retry:")));
    for number in [0, 2, 0] {
        let signed = device.say(body());
        let verdict = house.wire(number).unwrap().push_with_key(&signed, &device);
        assert_eq!(verdict.verdict, Verdict::Stored, "{:?}", verdict.reason);
        let told = lines.find(|line| line.starts_with("data: ")).expect("an event comes");
        assert!(told.contains(&signed.id.to_hex()), "{told}");
        // From the second time on it has to find the database again.
        house.line(1, Mood::Refuse);
        house.line(1, Mood::Carry);
    }
}

/// All processes publish the same head, and none shows one that another contradicts.
#[test]
fn every_process_publishes_the_same_heads() {
    let Some(house) = House::open() else { return };
    let mut device = house.device(1, Role::Results);
    for seed in 0..6 {
        let number = usize::try_from(seed).unwrap() % PROCESSES;
        let signed = device.protocol(code("0-0-0"), seed);
        house.wire(number).unwrap().push_with_key(&signed, &device);
    }
    let heads = || -> BTreeSet<String> {
        let head = |number| house.wire(number).unwrap().get("/log/checkpoint").text();
        (0..PROCESSES).map(head).collect()
    };
    wait_until("one public head", || {
        let heads = heads();
        heads.len() == 1 && heads.iter().all(|head| !head.contains("\"code\""))
    });
}

/// Parts of one photograph go to one process each, as a balancer has it; together they are the whole.
#[test]
fn parts_of_a_photograph_add_up_wherever_they_come() {
    let Some(house) = House::open() else { return };
    let (device, bytes, photo) = announced(&house, 1);
    let have = |number: usize| house.wire(number).unwrap().have(&photo);
    let (cell, size) = (32 * 1024, bytes.len());
    for (number, first) in [(0, 0), (1, cell), (2, 2 * cell)] {
        let part = &bytes[first..size.min(first + cell)];
        let reply = house.wire(number).unwrap().put_range(&photo, first, part, size).unwrap();
        assert_eq!(reply.state.complete, number == 2, "{number}: {reply:?}");
        if number < 2 {
            let next = have(number + 1);
            assert_eq!(next, have(number), "the next one has what came to the one before");
        }
    }
    for number in 0..PROCESSES {
        wait_until("the photograph at each process", || {
            have(number).as_deref() == Some("complete")
        });
    }
    drop(device);
    house.end();
    assert_eq!(house.fsck(), Vec::<String>::new());
}

/// A connection breaks in the middle of a part: what came whole of it counts at another process.
#[test]
fn what_came_before_a_connection_broke_counts_at_another_process() {
    let Some(house) = House::open() else { return };
    let (_device, bytes, photo) = announced(&house, 2);
    let size = bytes.len();
    let head = format!(
        "PUT /v1/blobs/{photo} HTTP/1.1\r\nHost: hq\r\nContent-Length: {size}\r\n\
         Content-Range: bytes 0-{}/{size}\r\n\r\n",
        size - 1
    );
    let mut line = house.wire(0).unwrap().bare(head.as_bytes());
    line.write_all(&bytes[..70_000]).unwrap();
    wait_until("two cells at the first", || house.wire(0).unwrap().have(&photo) == cells(2));
    line.shutdown(std::net::Shutdown::Both).unwrap();
    wait_until("two cells at the second", || house.wire(1).unwrap().have(&photo) == cells(2));
    let rest = &bytes[2 * 32 * 1024..];
    let reply = house.wire(1).unwrap().put_range(&photo, 2 * 32 * 1024, rest, size).unwrap();
    house.world.witness().photo(&reply, &photo);
}

/// Somebody sends other bytes under the name of a photograph: the parts are given up everywhere, and the
/// right ones are taken.
#[test]
fn parts_that_were_another_photographs_are_given_up_everywhere() {
    let Some(house) = House::open() else { return };
    let (_device, bytes, photo) = announced(&house, 3);
    let (cell, size) = (32 * 1024, bytes.len());
    let wrong = vec![7; cell];
    house.wire(0).unwrap().put_range(&photo, 0, &wrong, size).unwrap();
    let refused = house.wire(1).unwrap().put_range(&photo, cell, &bytes[cell..], size).unwrap_err();
    assert_eq!(refused.status, 422, "{refused:?}");
    let reply = house.wire(1).unwrap().put_range(&photo, 0, &bytes, size).unwrap();
    house.world.witness().photo(&reply, &photo);
}

/// A device whose photograph is announced at the first process, which has heard of the others.
fn announced(house: &House, seed: u64) -> (Device, Vec<u8>, PhotoHash) {
    // Enrolled at each in turn, so that each has taken over what another logged.
    for others in 0..PROCESSES as u64 {
        house.device(10 * seed + others, Role::Incidents);
    }
    let mut device = house.device(seed, Role::Results);
    let bytes = plain_photo(seed, 90_000);
    let photo = Device::photo(&bytes, PhotoRole::Original);
    let signed = device.protocol_with(code("0-0-0"), seed, vec![photo.clone()]);
    house.wire(0).unwrap().push_with_key(&signed, &device);
    for number in 0..PROCESSES {
        wait_until("the record at each process", || {
            house.wire(number).unwrap().record_ids().contains(&signed.id)
        });
    }
    (device, bytes, photo.sha256)
}

/// What headquarters says of the first cells.
fn cells(count: u64) -> Option<String> {
    let mut have = CellBitmap::default();
    (0..count).for_each(|cell| have.set(cell));
    Some(String::from(have))
}
