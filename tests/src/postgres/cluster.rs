//! A server on a folder of scratch, which can be stopped and started again.
//!
//! It ends with the test process, however that ends: a shell beside the server waits on a pipe
//! that only the test process holds open, then stops the server and removes the folder.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use super::hop::Hop;
use super::machine::{SERVER_USER, ServerUser, programs};

/// Starting takes about a second; a busy machine is given much longer.
const START_POLLS: u32 = 600;
const START_POLL: Duration = Duration::from_millis(100);

/// What the server writes into its file once it takes connections: to write, or only to read.
const READY: [&str; 2] = ["ready", "standby"];

/// How often another port is tried, if somebody took the free one first.
const PORTS_TRIED: u32 = 5;

/// Starts the server when told to and stops it with the signal that is named; at the end of its
/// input, which is when the test process ends, it stops the server and removes the folder. The
/// server's own process may be below a wrapper that changes the user, so its id is read from its
/// file. Arguments: the folder, then the server's command.
const WATCHER: &str = r#"
folder=$1; shift
trap '' HUP INT TERM
stop() {
    { read -r server <"$folder/data/postmaster.pid" && kill -"$1" "$server"; } 2>/dev/null ||
        kill -"$1" $!
    wait
}
while read -r what; do
    case $what in
        start) "$@" </dev/null >>"$folder/server.log" 2>&1 & ;;
        *) stop "$what"; echo stopped ;;
    esac
done
stop INT 2>/dev/null
rm -rf "$folder"
"#;

/// What every cluster has; the rest is as it comes, durability included.
const SETTINGS: [(&str, &str); 4] = [
    ("listen_addresses", "127.0.0.1"),
    ("shared_buffers", "64MB"),
    ("log_min_messages", "warning"),
    ("log_statement", "none"),
];

/// A certificate that a server shows, with its key, both PEM.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The chain, the server's own first.
    pub chain: String,
    /// The private key.
    pub key: String,
}

/// How a server is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Sessions are ended, everything is written: what an operator does.
    Fast,
    /// Everything is dropped where it stands; the next start recovers from the log.
    Immediate,
}

/// A server that runs, or was stopped to be started again.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    port: u16,
    orders: Option<ChildStdin>,
    reports: BufReader<ChildStdout>,
    watcher: Child,
}

impl Cluster {
    /// Starts a server with these settings; none where PostgreSQL is missing.
    pub fn start(settings: &[(&str, &str)], shown: Option<&Certificate>) -> Option<Self> {
        Self::start_in(&std::env::temp_dir(), settings, shown)
    }

    /// As [`start`](Self::start), with everything it keeps in `place`, which anybody may enter.
    pub fn start_in(
        place: &Path,
        settings: &[(&str, &str)],
        shown: Option<&Certificate>,
    ) -> Option<Self> {
        let required = std::env::var_os("HATTAMA_REQUIRE_POSTGRES").is_some_and(|set| set == "1");
        let Some(programs) = programs() else {
            assert!(!required, "PostgreSQL is required here, but its programs were not found");
            return None;
        };
        let mut tried = 0;
        loop {
            tried += 1;
            match Self::start_with((&programs, place), settings, shown) {
                Ok(cluster) => return Some(cluster),
                Err(error) if tried < PORTS_TRIED && error.kind() == io::ErrorKind::AddrInUse => {}
                Err(error) => panic!("a scratch PostgreSQL does not start: {error}"),
            }
        }
    }

    fn start_with(
        (programs, place): (&Path, &Path),
        settings: &[(&str, &str)],
        shown: Option<&Certificate>,
    ) -> io::Result<Self> {
        let user = ServerUser::find()?;
        // A short name: a socket's path has about 100 bytes at most.
        let folder = tempfile::Builder::new().prefix("hattama-pg-").tempdir_in(place)?.keep();
        user.own(&folder)?;
        init(&user, programs, &folder).inspect_err(|_| drop(fs::remove_dir_all(&folder)))?;

        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let mut server = user.command(&programs.join("postgres"));
        server.arg("-D").arg(folder.join("data")).arg("-k").arg(&folder);
        server.arg("-p").arg(port.to_string());
        for (name, value) in SETTINGS.iter().chain(settings) {
            server.arg("-c").arg(format!("{name}={value}"));
        }
        if let Some(certificate) = shown {
            let (chain, key) = (folder.join("server.crt"), folder.join("server.key"));
            user.keep(&chain, &certificate.chain)?;
            user.keep(&key, &certificate.key)?;
            server.arg("-c").arg("ssl=on");
            server.arg("-c").arg(format!("ssl_cert_file={}", chain.display()));
            server.arg("-c").arg(format!("ssl_key_file={}", key.display()));
        }
        let mut watcher = Command::new("sh");
        watcher.args(["-c", WATCHER, "sh"]).arg(&folder);
        watcher.arg(server.get_program()).args(server.get_args());
        watcher.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // Its own group, so that an interrupt from the terminal leaves it time to clean up.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut watcher, 0);
        let mut watcher = watcher.spawn()?;
        let (orders, reports) = (watcher.stdin.take(), watcher.stdout.take());
        let reports = BufReader::new(reports.ok_or(io::ErrorKind::BrokenPipe)?);
        let mut cluster = Self { folder, port, orders, reports, watcher };
        cluster.order("start")?;
        cluster.wait_until_ready()?;
        Ok(cluster)
    }

    /// The address of a database, through the socket.
    pub fn url(&self, database: &str) -> String {
        let (folder, port) = (self.folder.display(), self.port);
        format!("postgres:///{database}?host={folder}&port={port}&user={SERVER_USER}")
    }

    /// The address of a database, over loopback.
    pub fn tcp_url(&self, database: &str) -> String {
        format!("postgres://{SERVER_USER}@127.0.0.1:{}/{database}", self.port)
    }

    /// The port of loopback.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The id of the server's first process, from its own file.
    ///
    /// # Panics
    ///
    /// If the server is stopped.
    pub fn process(&self) -> u32 {
        let file = fs::read_to_string(self.folder.join("data/postmaster.pid"));
        let first = file.ok().and_then(|text| text.lines().next().map(str::to_owned));
        first.and_then(|line| line.trim().parse().ok()).expect("a server that runs says which")
    }

    /// The same as [`tcp_url`](Self::tcp_url), through a hop.
    pub fn url_through(&self, hop: &Hop, database: &str) -> String {
        let there = format!("127.0.0.1:{}", self.port);
        self.tcp_url(database).replace(&there, &hop.address.to_string())
    }

    /// A hop before this server.
    pub fn hop(&self) -> Hop {
        Hop::before((std::net::Ipv4Addr::LOCALHOST, self.port).into())
    }

    /// Makes an empty database.
    pub async fn create(&self, name: &str) {
        let admin = super::connect(&self.url("postgres")).await.expect("it takes connections");
        let create = format!("create database {name} template template0");
        admin.batch_execute(&create).await.expect("a database can be made");
    }

    /// Stops the server; returns once it has ended.
    pub fn stop(&mut self, how: Stop) {
        let signal = match how {
            Stop::Fast => "INT",
            Stop::Immediate => "QUIT",
        };
        self.order(signal).expect("the watcher listens");
        let mut said = String::new();
        self.reports.read_line(&mut said).expect("the watcher speaks");
        assert_eq!(said.trim(), "stopped");
    }

    /// Starts the stopped server again as one that follows another and only reads, until it is
    /// promoted with `pg_promote()`. Nobody is there to follow; it stands where it was stopped.
    pub fn start_as_follower(&mut self) {
        let signal = self.folder.join("data/standby.signal");
        ServerUser::find().and_then(|user| user.keep(&signal, "")).expect("the folder is ours");
        self.start_again();
    }

    /// Starts the server again, on the same port; returns once it takes connections.
    pub fn start_again(&mut self) {
        self.order("start").expect("the watcher listens");
        self.wait_until_ready().expect("what was stopped starts again");
    }

    fn order(&mut self, what: &str) -> io::Result<()> {
        let orders = self.orders.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        writeln!(orders, "{what}")
    }

    /// The server writes `ready` into its file once it takes connections, or `standby`.
    fn wait_until_ready(&self) -> io::Result<()> {
        let log = || fs::read_to_string(self.folder.join("server.log")).unwrap_or_default();
        for _ in 0..START_POLLS {
            let state = fs::read_to_string(self.folder.join("data/postmaster.pid"));
            if state.is_ok_and(|text| text.lines().any(|line| READY.contains(&line.trim()))) {
                return Ok(());
            }
            if log().contains("could not create any TCP/IP sockets") {
                return Err(io::Error::new(io::ErrorKind::AddrInUse, "its port was taken"));
            }
            std::thread::sleep(START_POLL);
        }
        Err(io::Error::other(format!("the server did not get ready: {}", log())))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The end of its input tells the watcher.
        drop(self.orders.take());
        let _ended = self.watcher.wait();
    }
}

fn init(user: &ServerUser, programs: &Path, folder: &Path) -> io::Result<()> {
    let made = user
        .command(&programs.join("initdb"))
        .args(["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"])
        .arg(format!("--username={SERVER_USER}"))
        .arg("--pgdata")
        .arg(folder.join("data"))
        .current_dir("/")
        .output()?;
    if made.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&made.stderr).into_owned();
    Err(io::Error::other(format!("initdb failed: {said}")))
}
