//! The headquarters of the night: real processes on one durable PostgreSQL and one folder of photographs,
//! with a large register.

use std::{
    fs::OpenOptions,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use hattama_proto::{
    id::ElectionId, invitation::Invitation, key::PublicKey, statement::Mandate, tlog::Policy,
};
use hattama_server::{
    app::Headquarters,
    clock,
    config::Config,
    folder::DataFolder,
    keys,
    publishing::{Brought, Keep},
    setup::{InitOptions, NewSealing, NewWitnesses, Setup, init},
};
use serde_json::json;

use super::{
    super::{memory, postgres::Server, register},
    NightOptions,
    enrol::enrol,
    speech::publications,
};
use crate::{
    exercise,
    world::{Wire, copy_folder},
};

/// Longest wait for a process to be ready: it reads the register and every enrolment.
const PATIENCE: Duration = Duration::from_secs(120);

/// Starts the process, says its id, and tells it to stop at the end of the input, which comes with the end
/// of this program, however that comes. Arguments: a file for what it says, then the process's command.
const WATCHER: &str = r#"
said=$1; shift
"$@" </dev/null >>"$said" 2>&1 &
echo $!
read -r _
kill -TERM $!
wait $!
"#;

/// One process.
struct Process {
    watcher: Child,
    held: Option<ChildStdin>,
    pid: String,
}

/// The house.
pub(super) struct House {
    pub(super) addresses: Vec<SocketAddr>,
    pub(super) folders: Vec<PathBuf>,
    pub(super) blobs: PathBuf,
    /// The token of the first account.
    pub(super) token: String,
    pub(super) election: ElectionId,
    /// What phones check statements and receipts with.
    pub(super) key: PublicKey,
    pub(super) policy: Policy,
    /// Address of the database.
    pub(super) database: String,
    running: Vec<Process>,
    /// Processor time of processes that have ended, in seconds, and the largest of their peaks, in bytes.
    used: (f64, u64),
    _server: Server,
    scratch: tempfile::TempDir,
}

impl House {
    /// Makes it and enrols the phones; no process runs yet.
    pub(super) fn build(options: &NightOptions) -> Self {
        let server = Server::for_a_country();
        let database = server.database("night");
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let (setup, blobs) = (scratch.path().join("setup"), scratch.path().join("photographs"));
        exercise::setup::write_folder(&setup).expect("a scratch folder");
        register::grow(&setup, options.precincts);
        std::fs::create_dir(&blobs).expect("a scratch folder");
        let addresses: Vec<SocketAddr> = (0..options.processes).map(|_| free_port()).collect();
        let init_options = InitOptions {
            listen: addresses[0],
            addresses: addresses.iter().map(|address| format!("http://{address}")).collect(),
            log_origin: "bench.example/night".into(),
            database: Some(database.clone()),
            blobs: Some(blobs.display().to_string()),
            operator: "bench".into(),
            witnesses: NewWitnesses::default(),
            sealing: NewSealing::default(),
        };
        let first = scratch.path().join("hq");
        let runtime = tokio::runtime::Runtime::new().expect("threads");
        let (token, election, key, policy) = runtime.block_on(async {
            let setup = Setup::read(&setup).expect("the exercise's set-up");
            let made =
                init(&first, &setup, &init_options, clock::system).await.expect("a headquarters");
            let opened = DataFolder::open(&first).expect("it was just made");
            let mut config = Config::load(&opened.config()).expect("init wrote it");
            // As on the night of an election.
            config.log_publish = "1s".parse().expect("a schedule");
            config.save(&opened.config()).expect("the folder takes it");
            let hq = Headquarters::open(&first).await.expect("it opens");
            let key = keys::hq(&opened.keys()).expect("init made it");
            enrol(&hq, &key, options.phones).await;
            for (level, file) in publications(options.precincts) {
                let brought = Brought { file, level, source: "bench".into(), mapping: None };
                hq.publish(brought, Keep::Archive, clock::system()).await.expect("it is read");
            }
            let policy = hq.book.read().pack.election.keys.policy().expect("its own keys");
            hq.close().await;
            (made.operator_token, made.election, key.public(), policy)
        });
        runtime.shutdown_timeout(Duration::from_secs(10));
        let folders = (0..options.processes).map(|number| {
            let folder = scratch.path().join(format!("process-{number}"));
            copy_folder(&first, &folder);
            folder
        });
        let folders = folders.collect();
        let (running, used, _server) = (Vec::new(), (0.0, 0), server);
        Self {
            addresses,
            folders,
            blobs,
            token,
            election,
            key,
            policy,
            database,
            running,
            used,
            _server,
            scratch,
        }
    }

    /// Starts all processes; returns once each says that it is ready.
    pub(super) fn start(&mut self) {
        for (number, folder) in self.folders.iter().enumerate() {
            let words = self.scratch.path().join(format!("process-{number}.said"));
            self.running.push(Process::start(folder, self.addresses[number], &words));
        }
        let begun = Instant::now();
        for (number, address) in self.addresses.iter().enumerate() {
            while !is_ready(*address) {
                assert!(
                    begun.elapsed() < PATIENCE,
                    "a process does not get ready: {}",
                    self.words(number)
                );
                thread::sleep(Duration::from_millis(50));
            }
        }
    }

    /// Has all end as an operator does; returns once they have.
    pub(super) fn stop(&mut self) {
        // The kernel forgets it with the process: read before it ends.
        self.used = self.spent();
        // All are told before any is waited for.
        self.running.iter_mut().for_each(|process| drop(process.held.take()));
        self.running.clear();
    }

    /// Processor time of all processes so far, in seconds, and the largest peak of memory, in bytes.
    pub(super) fn spent(&self) -> (f64, u64) {
        self.running.iter().fold(self.used, |(seconds, peak), Process { pid, .. }| {
            (seconds + memory::cpu_seconds_of(pid), peak.max(memory::peak_bytes_of(pid)))
        })
    }

    /// An invitation from the first process, for one whole notebook.
    pub(super) fn invite(&self) -> Invitation {
        let body = json!({
            "label": "a notebook", "org": "bench", "mandate": Mandate::Everywhere, "valid_hours": 12,
        });
        let answer = Wire::to(self.addresses[0], &self.token).post("/v1/invitations", &body);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let text = answer.json()["invitation"].as_str().expect("an invitation").to_owned();
        text.parse().expect("headquarters writes invitations")
    }

    fn words(&self, number: usize) -> String {
        let path = self.scratch.path().join(format!("process-{number}.said"));
        std::fs::read_to_string(path).unwrap_or_default()
    }
}

impl Process {
    fn start(folder: &Path, address: SocketAddr, words: &Path) -> Self {
        let said = OpenOptions::new().create(true).append(true).open(words);
        let said = said.expect("a scratch folder");
        let mut watcher = Command::new("sh")
            .args(["-c", WATCHER, "sh"])
            .arg(words)
            // This very program is headquarters' command line too.
            .arg(std::env::current_exe().expect("a running program has a file"))
            .args(["hattama", "serve"])
            .arg("--folder")
            .arg(folder)
            .arg("--listen")
            .arg(address.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(said)
            .spawn()
            .expect("there is a shell");
        let held = watcher.stdin.take();
        let mut pid = String::new();
        let out = watcher.stdout.take().expect("it was asked for");
        BufReader::new(out).read_line(&mut pid).expect("the watcher speaks");
        Self { watcher, held, pid: pid.trim().to_owned() }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The end of its input tells the watcher.
        drop(self.held.take());
        let _ended = self.watcher.wait();
    }
}

fn free_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound socket has an address")
}

fn is_ready(address: SocketAddr) -> bool {
    let asked = || {
        let mut stream = TcpStream::connect(address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: hq\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer.split(' ').nth(1) == Some("200"))
    };
    asked() == Some(true)
}
