//! A real PostgreSQL for tests: the system's own programs on a scratch cluster, started once per
//! test process, reached through a socket in the scratch folder.
//!
//! It ends with the test process, however that ends: a shell beside the server waits on a pipe
//! that only the test process holds open, then stops the server and removes the folder.
//!
//! Without the programs the tests are skipped aloud, unless `HATTAMA_REQUIRE_POSTGRES=1` says
//! that this machine must have them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio_postgres::NoTls;

use crate::skip;

/// Starting takes about a second; a busy machine is given much longer.
const START_POLLS: u32 = 600;
const START_POLL: Duration = Duration::from_millis(100);

/// The server refuses to run as root, so it runs as this user then.
const SERVER_USER: &str = "postgres";

/// Waits until standard input ends, which is when the test process does, then stops the server
/// and removes its folder. The server's own process may be below a wrapper that changes the
/// user, so its id is read from its file. Arguments: the folder, then the server's command.
const WATCHER: &str = r#"
folder=$1; shift
trap '' HUP INT TERM
"$@" </dev/null >"$folder/server.log" 2>&1 &
cat >/dev/null
read -r server <"$folder/data/postmaster.pid" && kill -INT "$server" || kill -INT $!
wait
rm -rf "$folder"
"#;

/// Nothing is kept, so nothing has to reach the disk.
const SETTINGS: [&str; 7] = [
    "listen_addresses=",
    "fsync=off",
    "full_page_writes=off",
    "max_connections=400",
    "shared_buffers=64MB",
    "log_min_messages=warning",
    "log_statement=none",
];

/// The address of a new, empty database, or `None`, said aloud, where PostgreSQL is missing.
pub async fn fresh_database() -> Option<String> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    static NUMBER: AtomicU32 = AtomicU32::new(0);

    let Some(cluster) = CLUSTER.get_or_init(Cluster::start) else {
        skip("PostgreSQL is not installed");
        return None;
    };
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let admin = connect(&cluster.url("postgres")).await.expect("the server takes connections");
    admin
        .batch_execute(&format!("create database {name} template template0"))
        .await
        .expect("a database can be made");
    Some(cluster.url(&name))
}

/// A session of a test's own, beside the store under test.
pub async fn connect(url: &str) -> Result<tokio_postgres::Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(async move { connection.await.ok() });
    Ok(client)
}

/// A running server. It lives in a static, so it is not dropped: the pipe is what ends it.
struct Cluster {
    folder: PathBuf,
    _watcher: Child,
}

impl Cluster {
    fn start() -> Option<Self> {
        let required = std::env::var_os("HATTAMA_REQUIRE_POSTGRES").is_some_and(|set| set == "1");
        let Some(programs) = programs() else {
            assert!(!required, "PostgreSQL is required here, but its programs were not found");
            return None;
        };
        Some(Self::start_with(&programs).expect("a scratch PostgreSQL starts"))
    }

    fn start_with(programs: &Path) -> io::Result<Self> {
        let user = ServerUser::find()?;
        // A short name: a socket's path has about 100 bytes at most.
        let folder = tempfile::Builder::new().prefix("hattama-pg-").tempdir()?.keep();
        user.own(&folder)?;
        let data = folder.join("data");

        let made = user
            .command(&programs.join("initdb"))
            .args(["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"])
            .arg(format!("--username={SERVER_USER}"))
            .arg("--pgdata")
            .arg(&data)
            .current_dir("/")
            .output()?;
        if !made.status.success() {
            let said = String::from_utf8_lossy(&made.stderr).into_owned();
            fs::remove_dir_all(&folder)?;
            return Err(io::Error::other(format!("initdb failed: {said}")));
        }

        let mut server = user.command(&programs.join("postgres"));
        server.arg("-D").arg(&data).arg("-k").arg(&folder);
        SETTINGS.iter().for_each(|setting| {
            server.arg("-c").arg(setting);
        });
        let mut watcher = Command::new("sh");
        watcher.args(["-c", WATCHER, "sh"]).arg(&folder);
        watcher.arg(server.get_program()).args(server.get_args());
        watcher.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        // Its own group, so that an interrupt from the terminal leaves it time to clean up.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut watcher, 0);
        let cluster = Self { _watcher: watcher.spawn()?, folder };
        cluster.wait_until_ready()?;
        Ok(cluster)
    }

    fn url(&self, database: &str) -> String {
        let folder = self.folder.display();
        format!("postgres:///{database}?host={folder}&user={SERVER_USER}")
    }

    /// The server writes `ready` into its file once it takes connections.
    fn wait_until_ready(&self) -> io::Result<()> {
        for _ in 0..START_POLLS {
            let state = fs::read_to_string(self.folder.join("data/postmaster.pid"));
            if state.is_ok_and(|text| text.lines().any(|line| line.trim() == "ready")) {
                return Ok(());
            }
            std::thread::sleep(START_POLL);
        }
        let log = fs::read_to_string(self.folder.join("server.log")).unwrap_or_default();
        Err(io::Error::other(format!("the server did not get ready: {log}")))
    }
}

/// The user the server runs as: this one, or another where this one is root.
enum ServerUser {
    This,
    Other { uid: u32, gid: u32 },
}

impl ServerUser {
    fn find() -> io::Result<Self> {
        if id(&["-u"])? != 0 {
            return Ok(Self::This);
        }
        Ok(Self::Other { uid: id(&["-u", SERVER_USER])?, gid: id(&["-g", SERVER_USER])? })
    }

    fn own(&self, folder: &Path) -> io::Result<()> {
        match self {
            Self::This => Ok(()),
            #[cfg(unix)]
            Self::Other { uid, gid } => std::os::unix::fs::chown(folder, Some(*uid), Some(*gid)),
            #[cfg(not(unix))]
            Self::Other { .. } => Ok(()),
        }
    }

    fn command(&self, program: &Path) -> Command {
        match self {
            Self::This => Command::new(program),
            Self::Other { uid, gid } => {
                let mut command = Command::new("setpriv");
                command.args([format!("--reuid={uid}"), format!("--regid={gid}")]);
                command.arg("--clear-groups").arg("--").arg(program);
                command
            }
        }
    }
}

fn id(arguments: &[&str]) -> io::Result<u32> {
    let output = Command::new("id").args(arguments).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().map_err(|_| {
        io::Error::other(format!("root needs a user {SERVER_USER} to run the server as"))
    })
}

/// The folder with `initdb` and `postgres`: what `pg_config` names, the newest one where Debian
/// puts them, or one on the path.
fn programs() -> Option<PathBuf> {
    let named = Command::new("pg_config").arg("--bindir").output().ok();
    let named = named.map(|output| String::from_utf8_lossy(&output.stdout).trim().into());
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|folders| folders.flatten().map(|folder| folder.path().join("bin")).collect())
        .unwrap_or_default();
    versions.sort();
    let on_path: Vec<PathBuf> = std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).collect())
        .unwrap_or_default();
    let mut candidates = named.into_iter().chain(versions.into_iter().rev()).chain(on_path);
    candidates.find(|folder| {
        folder.is_absolute()
            && ["initdb", "postgres"].iter().all(|name| folder.join(name).is_file())
    })
}
