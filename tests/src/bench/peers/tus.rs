//! Servers of the tus protocol, which resumes uploads: tusd, rustus and `@tus/server`, each with files
//! in a folder.

use std::{net::SocketAddr, path::Path, process::Command};

use super::{
    files::{BYTES, FileServer, How, Upload},
    running::{Running, free_address, scratch},
};
use crate::bench::client::{Answer, Connection};

/// Where uploads are made.
const PLACES: &str = "/files/";

/// One that serves.
pub(super) struct Tus {
    running: Running,
}

/// Whether rustus waits for the disk, which it does not by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fsync {
    Default,
    Forced,
}

impl Tus {
    pub(super) fn tusd(installed: &Path) -> Result<Self, String> {
        let program = super::installed(installed, "bin/tusd")?;
        Self::start(|folder, address| {
            let mut command = Command::new(program);
            command.args(["-host", "127.0.0.1", "-port", &address.port().to_string()]);
            command.args(["-base-path", PLACES, "-verbose=false"]);
            command.arg("-upload-dir").arg(folder.join("files"));
            command
        })
    }

    pub(super) fn rustus(installed: &Path, fsync: Fsync) -> Result<Self, String> {
        let program = super::installed(installed, "bin/rustus")?;
        Self::start(|folder, address| {
            let mut command = Command::new(program);
            command.args(["--host", "127.0.0.1", "--port", &address.port().to_string()]);
            command.args(["--url", PLACES, "--log-level", "WARN"]);
            // A request is held in memory, 256 KiB by itself; here a whole photograph.
            command.args(["--max-body-size", &(2 * BYTES).to_string()]);
            command.arg("--data-dir").arg(folder.join("files"));
            command.arg("--info-dir").arg(folder.join("files"));
            if fsync == Fsync::Forced {
                command.args(["--force-fsync", "true"]);
            }
            command
        })
    }

    pub(super) fn node(installed: &Path) -> Result<Self, String> {
        super::installed(installed, "node/node_modules/@tus/server/package.json")?;
        let script = super::installed(installed, "node/tus-server.mjs")?;
        Self::start(|folder, address| {
            let mut command = Command::new("node");
            command.arg(script).arg(address.port().to_string()).arg(folder.join("files"));
            command
        })
    }

    fn start(command: impl FnOnce(&Path, SocketAddr) -> Command) -> Result<Self, String> {
        let (folder, address) = (scratch(), free_address());
        let command = command(folder.path(), address);
        Ok(Self { running: Running::start(&command, address, folder, None)? })
    }
}

/// What has to be true of an answer to `what`.
fn check(answer: &Answer, status: u16, what: &str) {
    assert_eq!(answer.status, status, "{what}: {}", String::from_utf8_lossy(&answer.body));
}

impl FileServer for Tus {
    fn running(&self) -> &Running {
        &self.running
    }

    fn upload(&self, connection: &mut Connection, bytes: &[u8], how: How) -> Upload {
        let octets = "Content-Type: application/offset+octet-stream\r\n";
        let mut create = format!("Tus-Resumable: 1.0.0\r\nUpload-Length: {}\r\n", bytes.len());
        let first = match how {
            How::ThenBytes => &[],
            How::AtOnce => {
                create.push_str(octets);
                bytes
            }
        };
        let made = connection.ask("POST", PLACES, &create, first);
        check(&made, 201, "POST");
        let place = made.location.expect("it says where");
        if how == How::ThenBytes {
            let headers = format!("Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n{octets}");
            check(&connection.ask("PATCH", &place, &headers, bytes), 204, "PATCH");
        }
        Upload { place }
    }

    fn read_back(
        &self,
        connection: &mut Connection,
        _: usize,
        upload: &Upload,
        _: usize,
    ) -> Vec<u8> {
        let answer = connection.ask("GET", &upload.place, "Tus-Resumable: 1.0.0\r\n", b"");
        check(&answer, 200, "GET");
        answer.body
    }
}
