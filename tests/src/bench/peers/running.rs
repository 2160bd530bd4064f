//! A server in processes of its own, in a folder of scratch, on a free port of loopback.
//!
//! It ends with the benchmark, however that ends: a shell beside the server waits on a pipe that
//! only the benchmark holds open, then stops the server by its id and removes the folder.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Child, ChildStdin, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

use super::tree::{self, Tree};
use crate::bench::postgres::Server;

/// Starting takes a second or three; a busy machine is given much longer.
const START_POLLS: u32 = 600;
const START_POLL: Duration = Duration::from_millis(100);

/// Starts the server, says its id, and stops it at the end of its input: asked first, and killed if
/// it has not ended after 15 seconds; then removes its folder. Arguments: the folder, where the
/// server also logs, then the server's command.
const WATCHER: &str = r#"
folder=$1; shift
"$@" </dev/null >"$folder/server.log" 2>&1 &
server=$!
echo "$server"
read -r _
kill -TERM "$server" 2>/dev/null
(sleep 15; kill -KILL "$server") >/dev/null 2>&1 &
timer=$!
wait "$server" 2>/dev/null
kill "$timer" 2>/dev/null
cd / && rm -rf "$folder"
"#;

/// A server that runs.
pub(super) struct Running {
    pub(super) address: SocketAddr,
    id: u32,
    orders: Option<ChildStdin>,
    watcher: Child,
    /// Dropped after the server that uses them has ended.
    database: Option<Server>,
    folder: TempDir,
}

impl Running {
    /// Starts what `command` says in this folder and returns once it takes connections there.
    pub(super) fn start(
        command: &Command,
        address: SocketAddr,
        folder: TempDir,
        database: Option<Server>,
    ) -> Result<Self, String> {
        let mut running = Self::launch(command, address, folder, database)?;
        running.wait_until(|running| TcpStream::connect(running.address).ok().map(drop))?;
        Ok(running)
    }

    /// Starts one that says on a line of its own what it is to be asked with, and where.
    pub(super) fn start_that_tells<T>(
        command: &Command,
        folder: TempDir,
        database: Option<Server>,
        read: impl Fn(&str) -> Option<(SocketAddr, T)>,
    ) -> Result<(Self, T), String> {
        let nowhere = (Ipv4Addr::LOCALHOST, 0).into();
        let mut running = Self::launch(command, nowhere, folder, database)?;
        let (address, told) =
            running.wait_until(|running| running.log().lines().find_map(&read))?;
        running.address = address;
        Ok((running, told))
    }

    fn launch(
        command: &Command,
        address: SocketAddr,
        folder: TempDir,
        database: Option<Server>,
    ) -> Result<Self, String> {
        let mut watcher = Command::new("sh");
        watcher.args(["-c", WATCHER, "sh"]).arg(folder.path());
        watcher.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            watcher.env(name, value.expect("nothing is taken away"));
        }
        watcher.current_dir(folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
        // Its own group, so that an interrupt from the terminal leaves it time to clean up.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut watcher, 0);
        let mut watcher = watcher.spawn().map_err(|error| error.to_string())?;
        let mut said = String::new();
        let mut from = BufReader::new(watcher.stdout.take().expect("it was asked for"));
        from.read_line(&mut said).map_err(|error| error.to_string())?;
        let id = said.trim().parse().map_err(|_| format!("no server was started: {said}"))?;
        let orders = watcher.stdin.take();
        Ok(Self { address, id, orders, watcher, database, folder })
    }

    fn wait_until<T>(&mut self, ready: impl Fn(&Self) -> Option<T>) -> Result<T, String> {
        for _ in 0..START_POLLS {
            if let Some(ready) = ready(self) {
                return Ok(ready);
            }
            if !tree::runs(self.id) {
                break;
            }
            std::thread::sleep(START_POLL);
        }
        Err(format!("it does not start: {}", self.log()))
    }

    /// What it has said so far.
    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default()
    }

    /// Its processes, and those of its database.
    pub(super) fn tree(&self) -> Tree {
        Tree::of([self.id].into_iter().chain(self.database.as_ref().map(Server::process)).collect())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The end of its input tells the watcher.
        drop(self.orders.take());
        drop(self.watcher.wait());
    }
}

/// A folder of scratch, on the disk where every server of a run keeps what it is given.
pub(super) fn scratch() -> TempDir {
    tempfile::Builder::new().prefix("hattama-peer-").tempdir().expect("a scratch folder")
}

/// An address of loopback that was free a moment ago.
pub(super) fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    listener.local_addr().expect("it listens")
}
