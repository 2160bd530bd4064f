//! What this machine has of PostgreSQL: its programs, and a user who may run them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The server refuses to run as root, so it runs as this user then.
pub(super) const SERVER_USER: &str = "postgres";

/// The user the server runs as: this one, or another where this one is root.
pub(super) enum ServerUser {
    This,
    Other { uid: u32, gid: u32 },
}

impl ServerUser {
    pub(super) fn find() -> io::Result<Self> {
        if id(&["-u"])? != 0 {
            return Ok(Self::This);
        }
        Ok(Self::Other { uid: id(&["-u", SERVER_USER])?, gid: id(&["-g", SERVER_USER])? })
    }

    pub(super) fn own(&self, folder: &Path) -> io::Result<()> {
        match self {
            Self::This => Ok(()),
            #[cfg(unix)]
            Self::Other { uid, gid } => std::os::unix::fs::chown(folder, Some(*uid), Some(*gid)),
            #[cfg(not(unix))]
            Self::Other { .. } => Ok(()),
        }
    }

    /// Writes a file that only this user may read, as the server demands of its key.
    pub(super) fn keep(&self, path: &Path, text: &str) -> io::Result<()> {
        fs::write(path, text)?;
        #[cfg(unix)]
        fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        self.own(path)
    }

    pub(super) fn command(&self, program: &Path) -> Command {
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
pub(super) fn programs() -> Option<PathBuf> {
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
