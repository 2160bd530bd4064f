//! What streams and webhooks tell: everything, in order, to those who may hear it, also after a cut
//! and a restart.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::Duration,
};

use hattama_server::webhooks::signature;
use hattama_tests::world::{Ending, World};
use serde_json::{Value, json};

use super::desk::{change, get, refused, report, reporter, send, step};

on_both_engines![
    a_stream_goes_on_where_it_was_cut_and_loses_nothing,
    a_stream_that_is_ahead_of_the_log_is_told,
    a_webhook_is_told_in_order_signed_and_again_until_it_is_taken,
    a_webhook_inside_is_refused,
];

/// Longest wait for something that should come.
const PATIENCE: Duration = Duration::from_secs(30);

/// One event of a stream.
#[derive(Clone, Debug, PartialEq)]
struct Event {
    id: u64,
    name: String,
    data: Value,
}

/// An open stream over a plain socket.
struct Stream {
    lines: BufReader<TcpStream>,
}

impl Stream {
    fn open(world: &World, last: Option<u64>) -> Self {
        let mut socket = TcpStream::connect(world.address()).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let token = &world.made().operator_token;
        let last = last.map_or_else(String::new, |last| format!("Last-Event-ID: {last}\r\n"));
        let request = format!(
            "GET /v1/incidents/stream HTTP/1.1\r\nHost: hq\r\nAuthorization: Bearer {token}\r\n\
             {last}\r\n"
        );
        socket.write_all(request.as_bytes()).unwrap();
        let mut lines = BufReader::new(socket);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(lines.read_line(&mut head).unwrap() > 0, "{head}");
        }
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(head.contains("text/event-stream"), "{head}");
        Self { lines }
    }

    /// The next event; lengths of pieces, comments and the like are passed over.
    fn next(&mut self) -> Event {
        let (mut id, mut name) = (None, None);
        loop {
            let mut line = String::new();
            assert!(self.lines.read_line(&mut line).unwrap() > 0, "the stream ended");
            let line = line.trim_end();
            if let Some(value) = line.strip_prefix("id: ") {
                id = Some(value.parse().unwrap());
            } else if let Some(value) = line.strip_prefix("event: ") {
                name = Some(value.to_owned());
            } else if let Some(value) = line.strip_prefix("data: ") {
                let data = serde_json::from_str(value).unwrap();
                return Event { id: id.unwrap(), name: name.unwrap(), data };
            }
        }
    }
}

fn a_stream_goes_on_where_it_was_cut_and_loses_nothing(world: &mut World) {
    let mut device = reporter(world, 1);
    let mut stream = Stream::open(world, None);
    let first = send(world, &mut device, &report("0-0-0", "pushed at the door"));
    let seen = stream.next();
    assert_eq!((seen.name.as_str(), &seen.data["incident"]), ("received", &json!(first)));
    assert!(!seen.data.to_string().contains("pushed"), "no words of anybody: {}", seen.data);
    step(world, first, "triaged");
    let seen = stream.next();
    assert_eq!(
        (seen.data["kind"].as_str(), seen.data["state"].as_str()),
        (Some("step"), Some("triaged"))
    );
    // Cut. Meanwhile things happen, and headquarters is started anew.
    drop(stream);
    let second = send(world, &mut device, &report("0-2-2", "another"));
    change(world, first, "comments", &json!({ "words": "called back" }));
    world.end(Ending::AtOnce);
    world.start();
    change(world, second, "tags", &json!({ "add": ["police"] }));
    let mut stream = Stream::open(world, Some(seen.id));
    let mut last = seen.id;
    for (kind, id) in [("received", second), ("comment", first), ("tag", second)] {
        let event = stream.next();
        assert_eq!(event.data["kind"], kind);
        assert_eq!(event.data["incident"], json!(id));
        assert!(event.id > last, "in the order of the log");
        last = event.id;
    }
    // From anywhere the same rest.
    let mut all = Stream::open(world, Some(0));
    let events: Vec<Event> = (0..5).map(|_| all.next()).collect();
    for from in 0..4 {
        let mut rest = Stream::open(world, Some(events[from].id));
        for event in &events[from + 1..] {
            assert_eq!(rest.next(), *event);
        }
    }
}

fn a_stream_that_is_ahead_of_the_log_is_told(world: &World) {
    let mut stream = Stream::open(world, Some(1_000_000));
    let reset = stream.next();
    assert_eq!(reset.name, "reset");
    let mut device = reporter(world, 1);
    let id = send(world, &mut device, &report("0-0-0", "pushed"));
    assert_eq!(stream.next().data["incident"], json!(id));
    let wrong = world.wire().send("GET", "/v1/incidents/stream", &[("last-event-id", "x")], &[]);
    assert_eq!(refused(&wrong.unwrap()), (400, "malformed-request".to_owned()));
}

/// A request as a receiver got it.
struct Got {
    headers: String,
    body: String,
}

impl Got {
    fn header(&self, name: &str) -> String {
        let line = self.headers.lines().find_map(|line| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        });
        line.unwrap_or_default()
    }
}

/// A receiver that answers one status after the other, then 204.
fn receiver(answers: &'static [&'static str]) -> (String, mpsc::Receiver<Got>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = format!("http://{}/hook", listener.local_addr().unwrap());
    let (sender, got) = mpsc::channel();
    thread::spawn(move || {
        let mut answers = answers.iter();
        for socket in listener.incoming() {
            let socket = socket.unwrap();
            let mut reading = BufReader::new(socket.try_clone().unwrap());
            let mut headers = String::new();
            while !headers.ends_with("\r\n\r\n") {
                if reading.read_line(&mut headers).unwrap_or(0) == 0 {
                    break;
                }
            }
            let mut got = Got { headers, body: String::new() };
            let mut body = vec![0; got.header("content-length").parse().unwrap_or(0)];
            reading.read_exact(&mut body).unwrap();
            got.body = String::from_utf8(body).unwrap();
            let status = answers.next().unwrap_or(&"204 No Content");
            let mut socket = socket;
            let _cut = socket.write_all(
                format!("HTTP/1.1 {status}\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes(),
            );
            if sender.send(got).is_err() {
                return;
            }
        }
    });
    (address, got)
}

/// Lets webhooks reach this machine.
fn allow_loopback(world: &mut World) {
    world.end(Ending::InOrder);
    let path = world.data().join("hattama.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}\n[webhooks]\nloopback = true\n")).unwrap();
    world.start();
}

fn post(world: &World, path: &str, body: &Value) -> hattama_tests::world::Answer {
    let json = [("content-type", "application/json")];
    world.wire().send("POST", path, &json, body.to_string().as_bytes()).unwrap()
}

fn a_webhook_is_told_in_order_signed_and_again_until_it_is_taken(world: &mut World) {
    allow_loopback(world);
    let mut device = reporter(world, 1);
    let before = send(world, &mut device, &report("0-0-0", "before anybody listened"));
    let (url, got) = receiver(&["500 Internal Server Error", "302 Found"]);
    let made = post(world, "/v1/webhooks", &json!({ "url": url }));
    assert_eq!(made.status, 200, "{}", made.text());
    let made = made.json();
    let secret = made["secret"].as_str().unwrap();
    assert!(!get(world, "/v1/webhooks").to_string().contains(secret), "a secret is shown once");
    let id = send(world, &mut device, &report("0-0-0", "pushed"));
    step(world, id, "triaged");
    step(world, before, "triaged");
    let mut ids = Vec::new();
    for kind in ["received", "received", "received", "step", "step"] {
        let got = got.recv_timeout(PATIENCE).expect("the receiver is told");
        let event: Value = serde_json::from_str(&got.body).unwrap();
        assert_eq!(event["kind"], kind, "the first one comes until it is taken, the rest waits");
        let (id, at) = (got.header("webhook-id"), got.header("webhook-timestamp"));
        let signed = signature(secret, &id, at.parse().unwrap(), &got.body).unwrap();
        assert_eq!(got.header("webhook-signature"), signed);
        ids.push(id);
    }
    assert!(ids[0] == ids[1] && ids[1] == ids[2], "again under the same id: {ids:?}");
    assert!(ids[2] != ids[3] && ids[3] != ids[4]);
    // A restart tells nothing twice that was taken.
    thread::sleep(Duration::from_millis(300));
    world.end(Ending::InOrder);
    world.start();
    change(world, id, "comments", &json!({ "words": "called back" }));
    let next = got.recv_timeout(PATIENCE).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&next.body).unwrap()["kind"], "comment");
    let shown = &get(world, "/v1/webhooks")[0];
    assert_eq!(shown["state"], "active");
    // Ended, it hears nothing more.
    let path = format!("/v1/webhooks/{}/end", made["id"].as_str().unwrap());
    assert_eq!(post(world, &path, &json!({})).json()["state"], "ended");
    change(world, id, "comments", &json!({ "words": "once more" }));
    assert!(got.recv_timeout(Duration::from_secs(2)).is_err());
}

fn a_webhook_inside_is_refused(world: &World) {
    for url in [
        "http://127.0.0.1:9/",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://10.1.2.3/",
        "http://hooks.example/",
        "https://a:b@hooks.example/",
        "not an address",
    ] {
        let answer = post(world, "/v1/webhooks", &json!({ "url": url }));
        assert_eq!(refused(&answer), (422, "invalid".to_owned()), "{url}");
    }
    assert_eq!(get(world, "/v1/webhooks"), json!([]));
    assert_eq!(refused(&post(world, "/v1/webhooks/none/end", &json!({}))).0, 404);
}
