//! What a phone and a headquarters of a release said to each other, from the enrolment to the last
//! receipt, and what they had before.
//!
//! Kept for each version of the wire: today's headquarters is asked what that phone asked, and today's
//! phone is answered what that headquarters answered.

use std::{
    collections::HashMap,
    fs,
    io::{Cursor, Write as _},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use hattama_client_core::{
    Notebook, PumpBudget, PumpEnd, Started,
    transport::{HttpTransport, Request, Response, Stop, Transport, TransportError},
};
use hattama_proto::{
    id::{PhotoHash, RecordId},
    invitation::Invitation,
    problem::{Problem, ProblemCode},
    statement::Mandate,
    time::UnixMillis,
    tlog::{Checkpoint, SignedNote},
    wire::WIRE_HEADER,
};
use hattama_server::{app, clock, config::Config, folder::DataFolder, http};
use hattama_tests::{
    form::plain_photo,
    world::{Ending, Phone, Wire, World, copy_folder, fsck_patiently},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tempfile::TempDir;
use zip::{ZipArchive, ZipWriter};

use super::{FIXTURES, add, options, proved};

/// Names of values that differ each time: they are random, or hashes over what is.
const EACH_TIME_ANEW: [&str; 3] = ["device_token", "nonce", "proof"];

/// One request and its answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Exchange {
    /// What both clocks said.
    at: UnixMillis,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    /// In base64, as the next ones.
    body: String,
    status: u16,
    answer_headers: Vec<(String, String)>,
    answer: String,
}

impl Exchange {
    /// The address without its query: a later phone may say more of itself.
    fn place(&self) -> (&str, &str) {
        (&self.method, self.path.split('?').next().unwrap_or_default())
    }

    fn answer(&self) -> Vec<u8> {
        STANDARD.decode(&self.answer).unwrap()
    }
}

/// A conversation, and what stood in its archive beside it.
#[derive(Serialize, Deserialize)]
struct Said {
    invitation: String,
    operator_token: String,
    record: RecordId,
    photograph: PhotoHash,
    incident: RecordId,
    exchanges: Vec<Exchange>,
}

/// What the clocks of both say; it stands still but for the conversation's steps.
static NOW: AtomicI64 = AtomicI64::new(0);

/// Only one conversation goes on at a time: there is one clock.
static ONE_CLOCK: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ONE_CLOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now() -> UnixMillis {
    UnixMillis(NOW.load(Ordering::SeqCst))
}

/// An archive, unpacked: `hq` and `notebook` as they were before anything was said.
struct Talk {
    name: String,
    folder: TempDir,
    said: Said,
}

impl Talk {
    fn all() -> Vec<Self> {
        let mut archives: Vec<PathBuf> = fs::read_dir(Path::new(FIXTURES).join("said"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        archives.sort();
        assert!(!archives.is_empty(), "no release said anything");
        archives.iter().map(|archive| Self::unpack(archive)).collect()
    }

    fn unpack(archive: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bytes = fs::read(archive).unwrap();
        ZipArchive::new(Cursor::new(bytes)).unwrap().extract(folder.path()).unwrap();
        // An archive has no empty folders.
        for empty in ["hq/partial", "hq/blobs", "phone/notebook/tmp"] {
            fs::create_dir_all(folder.path().join(empty)).unwrap();
        }
        let said = fs::read(folder.path().join("said.json")).unwrap();
        let said = serde_json::from_slice(&said).unwrap();
        Self { name: archive.display().to_string(), folder, said }
    }
}

/// A headquarters whose clock is ours, until its runtime is dropped.
struct Served {
    runtime: tokio::runtime::Runtime,
    address: SocketAddr,
    headquarters: app::Headquarters,
}

impl Served {
    fn of(folder: &Path) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let headquarters = runtime.block_on(async {
            let folder = DataFolder::open(folder).unwrap();
            let config = Config::load(&folder.config()).unwrap();
            let headquarters = app::Headquarters::open_with(&folder, config, now).await.unwrap();
            tokio::spawn(http::serve(headquarters.clone(), listener, None).unwrap());
            headquarters
        });
        Self { runtime, address, headquarters }
    }

    fn end(self) {
        self.runtime.block_on(self.headquarters.close());
        drop(self.headquarters);
        self.runtime.shutdown_timeout(std::time::Duration::from_secs(10));
    }
}

/// Brings everything to headquarters as a phone does: enrols, syncs until nothing waits.
fn bring_everything(notebook: &Notebook, invitation: &Invitation, by: &dyn Transport) {
    notebook.enrol_through(invitation, by).unwrap();
    let budget = PumpBudget { started: Started::ByUser, ..PumpBudget::default() };
    for _ in 0..3 {
        let report = notebook.pump_through(&budget, by).unwrap();
        assert_eq!(report.end, PumpEnd::Done, "{report:?}");
    }
    assert!(notebook.outbox_summary().unwrap().is_empty());
}

#[test]
fn todays_headquarters_answers_the_phone_of_every_release_as_that_one_did() {
    let _alone = alone();
    for Talk { name, folder, said } in Talk::all() {
        NOW.store(said.exchanges[0].at.0, Ordering::SeqCst);
        let served = Served::of(&folder.path().join("hq"));
        let mut tokens = HashMap::new();
        for exchange in &said.exchanges {
            NOW.store(exchange.at.0, Ordering::SeqCst);
            let response = ask(served.address, exchange, &tokens);
            let of = format!("{name}: {} {}", exchange.method, exchange.path);
            assert_eq!(response.status, exchange.status, "{of}: {}", text(&response.body));
            let as_then = |body: &[u8]| serde_json::from_slice::<Value>(body).ok();
            match (as_then(&exchange.answer()), as_then(&response.body)) {
                (Some(then), Some(today)) => {
                    says_all_of(&then, &today, &of);
                    let token = |answer: &Value| answer["device_token"].as_str().map(str::to_owned);
                    if let (Some(then), Some(today)) = (token(&then), token(&today)) {
                        tokens.insert(then, today);
                    }
                }
                // A part of the set-up, or nothing.
                _ => assert_eq!(response.body, exchange.answer(), "{of}"),
            }
        }
        let wire = Wire::to(served.address, &said.operator_token);
        let there = wire.record_ids();
        assert!(there.contains(&said.record) && there.contains(&said.incident), "{name}");
        served.end();
        fsck_patiently(&folder.path().join("hq")).unwrap();
    }
}

#[test]
fn todays_phone_understands_what_the_headquarters_of_every_release_answers() {
    let _alone = alone();
    for Talk { name, folder, said } in Talk::all() {
        let phone = Phone::at(&folder.path().join("phone"), None);
        let replay = Replay::of(&said.exchanges);
        bring_everything(phone.notebook(), &said.invitation.parse().unwrap(), &replay);
        let key = super::log_key(&folder.path().join("hq"));
        proved(phone.notebook(), &key, said.record, said.photograph);
        let receipt = phone.notebook().record_receipt(said.incident).unwrap();
        assert!(receipt.is_some(), "{name}");
    }
}

/// Everything that was said then is said today, with the same value where it has one; more may be said.
fn says_all_of(then: &Value, today: &Value, at: &str) {
    match (then, today) {
        (Value::Object(then), Value::Object(today)) => {
            for (name, value) in then {
                let at = format!("{at} {name}");
                let today = today.get(name).unwrap_or_else(|| panic!("{at}: not said any more"));
                match name.as_str() {
                    name if EACH_TIME_ANEW.contains(&name) => {
                        assert_eq!(value.is_string(), today.is_string(), "{at}: {today}");
                        assert_eq!(value.is_array(), today.is_array(), "{at}: {today}");
                    }
                    // Over entries that were signed anew: of as many.
                    "checkpoint" => assert_eq!(size_of(value), size_of(today), "{at}: {today}"),
                    _ => says_all_of(value, today, &at),
                }
            }
        }
        (Value::Array(then), Value::Array(today)) => {
            assert_eq!(then.len(), today.len(), "{at}: {today:?}");
            then.iter().zip(today).for_each(|(then, today)| says_all_of(then, today, at));
        }
        (Value::String(before), Value::String(now)) => match (signed(before), signed(now)) {
            (Some(before), Some(now)) => says_all_of(&before, &now, at),
            _ => assert_eq!(then, today, "{at}"),
        },
        _ => assert_eq!(then, today, "{at}"),
    }
}

/// What a statement in compact form says: it is signed anew each time.
fn signed(text: &str) -> Option<Value> {
    let parts: Vec<&str> = text.split('.').collect();
    let [_, payload, _] = parts.as_slice() else { return None };
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

fn size_of(note: &Value) -> Option<u64> {
    let note = SignedNote::parse(note.as_str()?).unwrap();
    Some(Checkpoint::parse(note.unverified_text()).unwrap().size)
}

/// Asks as the phone did, with the token that it would have been given now.
fn ask(address: SocketAddr, exchange: &Exchange, tokens: &HashMap<String, String>) -> Response {
    let headers = exchange.headers.iter().map(|(name, value)| {
        let token = value.strip_prefix("Bearer ").and_then(|token| tokens.get(token));
        // The names are those of a few constants; each lives as long as this program.
        let name: &'static str = name.clone().leak();
        (name, token.map_or_else(|| value.clone(), |token| format!("Bearer {token}")))
    });
    let body = STANDARD.decode(&exchange.body).unwrap();
    let request = Request {
        method: method(&exchange.method),
        path: exchange.path.clone(),
        headers: headers.collect(),
        body: hattama_client_core::transport::RequestBody::Bytes(body),
        answer_bytes_max: 1 << 26,
    };
    HttpTransport::new(&[format!("http://{address}")], None)
        .unwrap()
        .execute(request, &Stop::default())
        .unwrap()
}

fn method(name: &str) -> hattama_client_core::transport::Method {
    use hattama_client_core::transport::Method;
    [Method::Get, Method::Head, Method::Post, Method::Put]
        .into_iter()
        .find(|method| method.name() == name)
        .expect("a phone has four verbs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A headquarters that can say only what it said: the answers of each address in their order, the last one
/// again and again. What it was never asked it does not know, as an older one does not.
struct Replay {
    answers: Mutex<HashMap<(String, String), Vec<Response>>>,
}

impl Replay {
    fn of(exchanges: &[Exchange]) -> Self {
        let mut answers: HashMap<(String, String), Vec<Response>> = HashMap::new();
        for exchange in exchanges.iter().rev() {
            let (method, path) = exchange.place();
            answers.entry((method.to_owned(), path.to_owned())).or_default().push(Response {
                status: exchange.status,
                headers: exchange.answer_headers.clone(),
                body: exchange.answer(),
            });
        }
        Self { answers: Mutex::new(answers) }
    }
}

impl Transport for Replay {
    fn execute(&self, request: Request, _: &Stop) -> Result<Response, TransportError> {
        let path = request.path.split('?').next().unwrap_or_default().to_owned();
        let mut answers = self.answers.lock().unwrap();
        let Some(left) = answers.get_mut(&(request.method.name().to_owned(), path)) else {
            let problem = Problem::new(ProblemCode::NotFound, "there is nothing at this address");
            return Ok(Response {
                status: problem.status,
                headers: vec![(WIRE_HEADER.to_lowercase(), "1".to_owned())],
                body: serde_json::to_vec(&problem).unwrap(),
            });
        };
        Ok(if left.len() > 1 { left.pop().unwrap() } else { left[0].clone() })
    }
}

/// Writes down what goes to and fro; the clocks move only here.
struct Recorder {
    there: HttpTransport,
    exchanges: Mutex<Vec<Exchange>>,
}

impl Transport for Recorder {
    fn execute(&self, request: Request, stop: &Stop) -> Result<Response, TransportError> {
        let at = clock::system();
        NOW.store(at.0, Ordering::SeqCst);
        let mut headers: Vec<(String, String)> = Vec::new();
        for (name, value) in &request.headers {
            headers.push(((*name).to_owned(), value.clone()));
        }
        let (method, path) = (request.method.name().to_owned(), request.path.clone());
        let body = STANDARD.encode(request.body.bytes()?);
        let response = self.there.execute(request, stop)?;
        self.exchanges.lock().unwrap().push(Exchange {
            at,
            method,
            path,
            headers,
            body,
            status: response.status,
            answer_headers: response.headers.clone(),
            answer: STANDARD.encode(&response.body),
        });
        Ok(response)
    }
}

#[test]
#[ignore = "writes a file of the repository, once for each version of what is said"]
fn writes_what_this_release_says() {
    let _alone = alone();
    let mut world = World::new();
    let mut phone = world.blank_phone();
    let invitation = world.invite(&Mandate::Everywhere);
    let captured = phone.photographed(world.country().precinct(0), 1, &plain_photo(1, 40_000));
    let incident = phone.incident("two men copy down the register").record;
    world.end(Ending::InOrder);
    let before = tempfile::tempdir().unwrap();
    phone.close();
    copy_folder(world.data(), &before.path().join("hq"));
    copy_folder(&phone.folder(), &before.path().join("phone/notebook"));
    phone.open();

    NOW.store(clock::system().0, Ordering::SeqCst);
    let served = Served::of(world.data());
    let there = HttpTransport::new(&[format!("http://{}", served.address)], None).unwrap();
    let recorder = Recorder { there, exchanges: Mutex::default() };
    bring_everything(phone.notebook(), &invitation, &recorder);
    let said = Said {
        invitation: invitation.to_text(),
        operator_token: world.made().operator_token.clone(),
        record: captured.record,
        photograph: captured.photos[0],
        incident,
        exchanges: recorder.exchanges.into_inner().unwrap(),
    };
    served.end();

    let folder = Path::new(FIXTURES).join("said");
    fs::create_dir_all(&folder).unwrap();
    let to = folder.join(format!("{}.zip", env!("CARGO_PKG_VERSION")));
    assert!(!to.exists(), "{} is never made anew", to.display());
    let mut archive = ZipWriter::new(fs::File::create(to).unwrap());
    add(&mut archive, &before.path().join("hq"), "hq");
    add(&mut archive, &before.path().join("phone"), "phone");
    archive.start_file("said.json", options()).unwrap();
    archive.write_all(&serde_json::to_vec_pretty(&said).unwrap()).unwrap();
    archive.finish().unwrap();
}
