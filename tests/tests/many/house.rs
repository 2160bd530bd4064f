//! Three processes that are the same headquarters, each with a data folder of its own.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
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
        let house = Self { world, lines, folders, running, cluster };
        (0..PROCESSES).for_each(|number| house.start(number));
        Some(house)
    }

    /// Starts a process.
    pub(crate) fn start(&self, number: usize) {
        let mut child = Command::new(Path::new(env!("CARGO_BIN_EXE_world")))
            .arg("serve")
            .arg(&self.folders[number])
            .stdout(Stdio::piped())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().parse().expect("its first line is an address");
        self.running()[number] = Some(Process { child, address });
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
