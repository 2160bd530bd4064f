//! A headquarters in a process of its own.

use std::{
    env,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// A process that serves until it is dropped.
pub(super) struct Serving {
    child: Child,
    pub(super) address: SocketAddr,
}

impl Serving {
    pub(super) fn start(folder: &Path) -> Self {
        Self::start_on(None, folder)
    }

    /// On these cores alone, as `taskset` names them.
    pub(super) fn start_on(cores: Option<&str>, folder: &Path) -> Self {
        // This very program is headquarters' command line too.
        let program: PathBuf = env::current_exe().expect("it runs");
        let mut command = match cores {
            Some(cores) => {
                let mut command = Command::new("taskset");
                command.args(["--cpu-list", cores]).arg(program);
                command
            }
            None => Command::new(program),
        };
        let mut child = command
            .args(["hattama", "serve", "--unsound-for-exercises", "--listen", "127.0.0.1:0"])
            .arg("--folder")
            .arg(folder)
            .env("HATTAMA_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        let said = child.stdout.take().expect("it is piped");
        BufReader::new(said).read_line(&mut line).expect("it says where it listens");
        let address = line.trim().rsplit('/').next().and_then(|address| address.parse().ok());
        Self { child, address: address.expect("its first line ends with an address") }
    }

    /// The id of the process.
    pub(super) fn pid(&self) -> String {
        self.child.id().to_string()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // In order: the next one waits for no session that is still open.
        let pid = self.pid();
        let told = Command::new("kill").args(["-TERM", &pid]).status();
        if !told.is_ok_and(|status| status.success()) {
            let _gone = self.child.kill();
        }
        let _ended = self.child.wait();
    }
}
