//! What one process did, another knows: devices, streams, the public log.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
};

use hattama_proto::{
    kind::Role,
    record::{Body, Incident, Severity},
    wire::{ChallengeAnswer, SessionReply, SessionRequest, Verdict},
};
use hattama_tests::{proxy::Mood, world::code};
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
