//! Three processes that are the same headquarters, each with a data folder of its own.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use hattama_proto::{invitation::Invitation, kind::Role, statement::Mandate};
use hattama_server::store::DatabaseUrl;
use hattama_tests::{
    engine::Engine,
    postgres::Cluster,
    proxy::{Mood, Proxy},
    skip,
    world::{Country, Device, Ending, ORG, Wire, World, block_on, copy_folder, fsck_patiently},
};
use serde_json::json;

use crate::bucket::BucketServer;

/// How many processes there are.
pub(crate) const PROCESSES: usize = 3;

/// Longest wait for something that has to come, while a loaded machine compiles beside it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// For how long a process that is told to stop answers on, in seconds: a balancer asks five times in one.
const LEAVES_FOR: &str = "2";

/// The program that serves here, and is headquarters' command line too.
const WORLD: &str = env!("CARGO_BIN_EXE_world");

/// The house: processes, the database and the object store that they share.
pub(crate) struct House {
    pub(crate) world: World,
    lines: Vec<Proxy>,
    folders: Vec<PathBuf>,
    running: Mutex<Vec<Option<Process>>>,
    cluster: Cluster,
}

/// One process and where it listens.
struct Process {
    child: Child,
    address: SocketAddr,
    /// What it says goes somewhere as long as it runs.
    _said: BufReader<ChildStdout>,
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have been killed by the test.
        let _gone = self.child.kill();
        let _ended = self.child.wait();
    }
}

impl House {
    /// A house in which all are at work; none where PostgreSQL is missing.
    pub(crate) fn open() -> Option<Self> {
        let house = Self::open_empty()?;
        (0..PROCESSES).for_each(|number| house.start(number));
        Some(house)
    }

    /// A house in which nobody is at work yet; none where PostgreSQL is missing.
    pub(crate) fn open_empty() -> Option<Self> {
        let Some(cluster) = Cluster::start(&[], None) else {
            skip("PostgreSQL is not installed");
            return None;
        };
        block_on(cluster.create("hq"));
        let bucket = Arc::new(BucketServer::start());
        let engine = Engine::of(DatabaseUrl::Postgres(cluster.tcp_url("hq")))
            .with_blobs(bucket.url(), bucket);
        let mut world = World::of(Country::small(), engine);
        world.end(Ending::InOrder);
        let server: SocketAddr = ([127, 0, 0, 1], cluster.port()).into();
        let (mut lines, mut folders) = (Vec::new(), Vec::new());
        for number in 0..PROCESSES {
            let line = Proxy::start(server);
            let folder = world.scratch().join(format!("process-{number}"));
            copy_folder(world.data(), &folder);
            let settings = folder.join("hattama.toml");
            let text = fs::read_to_string(&settings).unwrap();
            let through = text.replace(&server.to_string(), &line.address().to_string());
            assert_ne!(text, through, "the database is named by its port");
            fs::write(&settings, through).unwrap();
            lines.push(line);
            folders.push(folder);
        }
        let running = Mutex::new((0..PROCESSES).map(|_| None).collect());
        Some(Self { world, lines, folders, running, cluster })
    }

    /// Starts a process.
    pub(crate) fn start(&self, number: usize) {
        self.start_by(number, Command::new(WORLD).arg("serve").arg(&self.folders[number]));
    }

    /// Starts a process as an operator does who means to replace it later. Where it listens is left to
    /// the system, so that it is another process to a balancer each time.
    pub(crate) fn start_as_a_service(&self, number: usize) {
        let mut serve = Command::new(WORLD);
        serve.args(["hattama", "serve", "--unsound-for-exercises", "--listen", "127.0.0.1:0"]);
        serve.args(["--leave-seconds", LEAVES_FOR]).arg("--folder").arg(&self.folders[number]);
        self.start_by(number, serve.env("HATTAMA_LOG", "error"));
    }

    fn start_by(&self, number: usize, command: &mut Command) {
        let mut child = command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
        let (mut line, mut said) = (String::new(), BufReader::new(child.stdout.take().unwrap()));
        said.read_line(&mut line).unwrap();
        let address = line.trim().rsplit([' ', '/']).next().unwrap_or_default();
        let address = address.parse().expect("its first line ends with an address");
        self.running()[number] = Some(Process { child, address, _said: said });
    }

    /// Tells a process to stop as systemd does, waits until it has, and starts it again.
    pub(crate) fn replace(&self, number: usize) {
        self.signal(number, "-TERM");
        let mut left = self.running()[number].take().expect("it runs");
        let ended = left.child.wait().unwrap();
        assert!(ended.success(), "it ends in order: {ended}");
        self.start_as_a_service(number);
    }

    /// Signal 9: no handler runs, nothing is flushed.
    pub(crate) fn kill(&self, number: usize) {
        drop(self.running()[number].take());
    }

    /// Has a process stand still, as on a machine that is suspended.
    pub(crate) fn stop(&self, number: usize) {
        self.signal(number, "-STOP");
    }

    /// Has it go on, in the middle of whatever it did.
    pub(crate) fn go_on(&self, number: usize) {
        self.signal(number, "-CONT");
    }

    fn signal(&self, number: usize, signal: &str) {
        let pid = self.running()[number].as_ref().expect("it runs").child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// Cuts a process from the database, or joins it again.
    pub(crate) fn line(&self, number: usize, mood: Mood) {
        self.lines[number].mood(mood);
    }

    /// A session on the database that they share.
    pub(crate) fn database(&self) -> tokio_postgres::Config {
        self.cluster.url("hq").parse().unwrap()
    }

    /// Speaks to a process, as the operator where that is needed; none while it does not run.
    pub(crate) fn wire(&self, number: usize) -> Option<Wire> {
        let address = self.running()[number].as_ref()?.address;
        Some(Wire::to(address, &self.world.made().operator_token))
    }

    /// Where each process listens; one that does not run listens nowhere.
    pub(crate) fn addresses(&self) -> Vec<Option<SocketAddr>> {
        self.running().iter().map(|process| process.as_ref().map(|it| it.address)).collect()
    }

    /// Where a process listens.
    pub(crate) fn address(&self, number: usize) -> SocketAddr {
        self.running()[number].as_ref().expect("it runs").address
    }

    /// Invites a person at a process.
    pub(crate) fn invite(&self, number: usize) -> Invitation {
        let mandate = Mandate::Everywhere;
        let body =
            json!({ "label": "an observer", "org": ORG, "mandate": mandate, "valid_hours": 1 });
        let answer = self.wire(number).unwrap().post("/v1/invitations", &body);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["invitation"].as_str().unwrap().parse().unwrap()
    }

    /// A device that was invited at one process and enrolled at the next.
    pub(crate) fn device(&self, seed: u64, role: Role) -> Device {
        let first = usize::try_from(seed).unwrap();
        let mut device = self.world.stranger(seed);
        let invitation = self.invite(first % PROCESSES);
        let next = self.wire((first + 1) % PROCESSES).unwrap();
        device.enrol_as(&next, &invitation, role).unwrap();
        device
    }

    /// Ends all processes.
    pub(crate) fn end(&self) {
        (0..PROCESSES).for_each(|number| self.kill(number));
    }

    /// What is wrong with what the processes have left, looked at from each of their folders.
    pub(crate) fn fsck(&self) -> Vec<String> {
        let check = |folder: &PathBuf| fsck_patiently(folder).err().map(|lie| lie.to_string());
        self.folders.iter().filter_map(check).collect()
    }

    fn running(&self) -> std::sync::MutexGuard<'_, Vec<Option<Process>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until something holds.
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{what} does not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}
