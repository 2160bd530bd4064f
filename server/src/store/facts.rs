//! What a database says of itself, for whoever judges whether it may keep evidence. To learn it
//! nothing is changed and nothing is made.

use std::path::{Path, PathBuf};

use hattama_proto::time::UnixMillis;

use super::{DatabaseUrl, Postgres, Sqlite, StoreError};
use crate::clock::Clock;

/// The last position that the log holds.
pub(super) const LAST_LEAF: &str = "select max(position) from log_leaf";

/// When the newest checkpoint was signed.
pub(super) const LAST_SIGNED: &str =
    "select signed_at_ms from checkpoint order by size desc limit 1";

/// What a database says of itself.
#[derive(Clone, Debug)]
pub enum StoreFacts {
    /// A file of this machine.
    File(FileFacts),
    /// A server.
    Server(ServerFacts),
}

/// How far the log in a database has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogFacts {
    /// Leaves.
    pub leaves: u64,
    /// When the newest checkpoint was signed, by the clock of whoever signed it.
    pub last_signed_at: Option<UnixMillis>,
}

/// What a file says. `None` where there is nothing yet to ask.
#[derive(Clone, Debug)]
pub struct FileFacts {
    /// The file.
    pub path: PathBuf,
    /// Version of the engine in this program.
    pub engine_version: String,
    /// How the file keeps its journal; none if there is no file yet.
    pub journal_mode: Option<String>,
    /// Level of syncing that the driver asks for and gets: 2 waits for the disk at each commit.
    pub synchronous: i64,
    /// What the check of the whole file said; none if it was not asked for.
    pub check: Option<String>,
    /// The log; none without its tables.
    pub log: Option<LogFacts>,
}

/// Which way leads to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Distance {
    /// A socket of this machine.
    Socket,
    /// The loopback network.
    Loopback,
    /// A network on which others may listen.
    Network,
}

/// What a server says.
#[derive(Clone, Debug)]
pub struct ServerFacts {
    /// As the server counts: 150004 is 15.4.
    pub version_number: i64,
    /// The version, for people.
    pub version: String,
    /// Encoding of the database.
    pub encoding: String,
    /// Whether what is written is ever made to reach the disk.
    pub fsync: bool,
    /// Whether a page that a power cut tore can be mended.
    pub full_page_writes: bool,
    /// What a session of ours has, after it asked for `on`.
    pub synchronous_commit: String,
    /// Whether pages carry checksums.
    pub checksums: bool,
    /// Whether the server only follows another one.
    pub follows_another: bool,
    /// Whether sessions read only unless they say otherwise.
    pub reads_only_by_default: bool,
    /// Isolation where a session does not say which.
    pub isolation: String,
    /// Sessions that ordinary users can have.
    pub sessions_max: i64,
    /// Sessions that others have now.
    pub sessions_of_others: i64,
    /// Sessions that a headquarters may open.
    pub sessions_wanted: i64,
    /// Which way leads there.
    pub distance: Distance,
    /// Whether the session was encrypted.
    pub encrypted: bool,
    /// How much the server's clock is ahead of this machine's, in milliseconds.
    pub clock_ahead_ms: i64,
    /// By how much that may be wrong: half of what asking took, in milliseconds.
    pub clock_doubt_ms: i64,
    /// The log; none without its tables.
    pub log: Option<LogFacts>,
}

impl StoreFacts {
    /// The log; none without its tables.
    pub const fn log(&self) -> Option<LogFacts> {
        match self {
            Self::File(file) => file.log,
            Self::Server(server) => server.log,
        }
    }
}

/// Whether the whole of a file is read to check it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WholeCheck {
    /// Yes; about a second per gigabyte.
    Make,
    /// No; opening does it.
    Leave,
}

/// Asks a database about itself. It need not be one of ours yet; a file need not be there.
pub async fn ask(
    url: &DatabaseUrl,
    check: WholeCheck,
    clock: Clock,
) -> Result<StoreFacts, StoreError> {
    match url {
        DatabaseUrl::Sqlite(path) => {
            let path = path.clone();
            tokio::task::spawn_blocking(move || Sqlite::facts(&path, check))
                .await
                .map_err(|stopped| StoreError::Unavailable(stopped.into()))?
                .map(StoreFacts::File)
        }
        DatabaseUrl::Postgres(text) => Postgres::facts(text, clock).await.map(StoreFacts::Server),
    }
}

impl DatabaseUrl {
    /// The file, if it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }
}

/// The log whose last position is this.
pub(super) fn log_facts(last_leaf: Option<i64>, last_signed: Option<i64>) -> LogFacts {
    let leaves = last_leaf.map_or(0, |last| super::log::unsigned(last) + 1);
    LogFacts { leaves, last_signed_at: last_signed.map(UnixMillis) }
}
