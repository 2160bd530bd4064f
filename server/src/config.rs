//! `hattama.toml`: flags over environment over file, checked at start.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use hattama_proto::{id::ElectionId, key::PublicKey};
use serde::{Deserialize, Serialize};

use crate::{
    blobs::{BlobError, BlobsUrl},
    folder::{DataFolder, write_durably},
    log::PublishSchedule,
    room::FULL_PERCENT,
    store::{DatabaseUrl, StoreError},
};

/// What was configured.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The election this headquarters serves.
    pub election: ElectionId,
    /// Name of the log: a host name and a path, never changed once a receipt was given.
    pub log_origin: String,
    /// Public half of the root key, which itself belongs offline.
    pub root_key: PublicKey,
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Addresses that phones reach this headquarters under, put into invitations.
    pub addresses: Vec<String>,
    /// Where the store is; `hq.db` in the folder if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// Where whole photographs are; `blobs` in the folder if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blobs: Option<String>,
    /// Address on which Prometheus and others read figures, in plain HTTP; none if missing. Figures tell how
    /// busy an election is: loopback or a private network only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics: Option<SocketAddr>,
    /// For how many seconds a process that is told to stop answers on while `/readyz` says that it leaves,
    /// so that a balancer has noticed; 0 if missing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub leave_seconds: u32,
    /// TLS certificate chain, PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_cert: Option<PathBuf>,
    /// TLS private key, PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_key: Option<PathBuf>,
    /// SHA-256 of the TLS certificate (DER), in hex, that invitations pin; none where the public
    /// roots serve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_pin: Option<String>,
    /// Set when a proxy on this machine or network ends TLS in front of this process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behind_proxy: Option<String>,
    /// From how full a disk on records and photographs are refused, in per cent of the disk that
    /// the folder is on; 90 if missing.
    #[serde(default = "full_percent")]
    pub disk_full_percent: u8,
    /// Up to how many MiB a SQLite file is checked as a whole before anything is accepted; a larger
    /// one is checked while it is served, at about a second per gigabyte. 256 if missing.
    #[serde(default = "check_first_mib")]
    pub check_first_mib: u64,
    /// How often the public log moves: `1s` on the night of an election, else `hourly` or `daily`.
    #[serde(default)]
    pub log_publish: PublishSchedule,
    /// New entries below which the public log does not move, so that an upload cannot be matched
    /// with a person; 1 on a schedule of seconds and 10 on a slower one if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_publish_at_least: Option<u64>,
    /// How far webhooks reach beyond public `https` addresses.
    #[serde(default, skip_serializing_if = "WebhookConfig::is_default")]
    pub webhooks: WebhookConfig,
    /// After how many minutes a browser that nobody uses is out; 15 if missing: a laptop left on a table
    /// is found by somebody else within a coffee.
    #[serde(default = "session_idle_minutes")]
    pub session_idle_minutes: u32,
    /// After how many hours a browser is out, used or not; 12 if missing: one shift.
    #[serde(default = "session_hours")]
    pub session_hours: u32,
    /// Witnesses that are asked to cosign the log's checkpoints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witness: Vec<WitnessConfig>,
}

/// How far webhooks reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebhookConfig {
    /// Also to this machine, and then by plain `http` too.
    pub loopback: bool,
    /// Also into private networks.
    pub private: bool,
}

impl WebhookConfig {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A second organisation that cosigns the log's checkpoints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessConfig {
    /// Its name, as in its key.
    pub name: String,
    /// Its public key, as `hattama witness init` printed it.
    pub vkey: String,
    /// Address that it is asked under; none where requests travel by file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// Minutes without use after which a session ends.
pub(crate) const SESSION_IDLE_MINUTES: u32 = 15;
/// Hours after which a session ends.
pub(crate) const SESSION_HOURS: u32 = 12;

const fn session_idle_minutes() -> u32 {
    SESSION_IDLE_MINUTES
}

const fn session_hours() -> u32 {
    SESSION_HOURS
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

const fn full_percent() -> u8 {
    FULL_PERCENT
}

/// About a quarter of a second: nobody waits for it, and small organisations are checked before
/// anything.
pub(crate) const CHECK_FIRST_MIB: u64 = 256;

const fn check_first_mib() -> u64 {
    CHECK_FIRST_MIB
}

/// Where things are kept from now on; what is none stays where it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// The store.
    pub database: Option<String>,
    /// Whole photographs.
    pub blobs: Option<String>,
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The file says something this version does not understand.
    #[error("{path} cannot be understood: {message}")]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        message: String,
    },
}

impl Config {
    /// Reads the file.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path)
            .map_err(|source| ConfigError::Io { path: path.to_owned(), source })?;
        toml::from_str(&text).map_err(|error| ConfigError::Syntax {
            path: path.to_owned(),
            message: error.to_string(),
        })
    }

    /// Writes the file of a new headquarters.
    pub fn save(&self, path: &Path) -> Result<(), ConfigError> {
        let text = toml::to_string_pretty(self).map_err(|error| ConfigError::Syntax {
            path: path.to_owned(),
            message: error.to_string(),
        })?;
        let text =
            format!("# Headquarters of one election. Flags and environment go before it.\n{text}");
        write_durably(path, text.as_bytes())
            .map_err(|source| ConfigError::Io { path: path.to_owned(), source })
    }

    /// Says in the file at `path` where things are kept from now on, whole or not at all, and
    /// durable once it returns. Everything else in the file, comments too, stays as it was written.
    pub fn switch(path: &Path, to: &Places) -> Result<(), ConfigError> {
        let mut wanted = Self::load(path)?;
        let io = |source| ConfigError::Io { path: path.to_owned(), source };
        let mut text = fs::read_to_string(path).map_err(io)?;
        if let Some(database) = &to.database {
            wanted.database = Some(database.clone());
            text = with_line(&text, "database", database);
        }
        if let Some(blobs) = &to.blobs {
            wanted.blobs = Some(blobs.clone());
            text = with_line(&text, "blobs", blobs);
        }
        // Read back before it is written: a file that is laid out as we do not expect stays.
        let understood = toml::from_str::<Self>(&text).ok();
        let same = |config: &Self| toml::to_string(config).ok() == toml::to_string(&wanted).ok();
        if !understood.is_some_and(|config| same(&config)) {
            return Err(ConfigError::Syntax {
                path: path.to_owned(),
                message: "the lines `database` and `blobs` are not where this program looks for \
                          them; change them by hand"
                    .to_owned(),
            });
        }
        write_durably(path, text.as_bytes()).map_err(io)
    }

    /// Where whole photographs are.
    pub fn blobs_url(&self, folder: &DataFolder) -> Result<BlobsUrl, BlobError> {
        match &self.blobs {
            Some(url) => url.parse(),
            None => Ok(BlobsUrl::Folder(folder.blobs())),
        }
    }

    /// Where the store is.
    pub fn database_url(&self, folder: &DataFolder) -> Result<DatabaseUrl, StoreError> {
        match &self.database {
            Some(url) => url.parse(),
            None => Ok(DatabaseUrl::Sqlite(folder.database())),
        }
    }
}

/// The text of a configuration with another line for `key`, before the first table.
fn with_line(text: &str, key: &str, value: &str) -> String {
    let line = format!("{key} = {}", toml::Value::String(value.to_owned()));
    let mut lines: Vec<&str> = text.lines().collect();
    let tables = lines.iter().position(|line| line.trim_start().starts_with('['));
    let end = tables.unwrap_or(lines.len());
    let is_ours = |line: &&str| {
        line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    match lines[..end].iter().position(is_ours) {
        Some(at) => lines[at] = &line,
        None => lines.insert(end, &line),
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_database_leaves_the_rest_of_the_file_alone() {
        let text = "# ours\nelection = \"e\" # this one\n\n[later]\nx = 1\n";
        let first = with_line(text, "database", "postgres://db/hq?a=\"b\"");
        assert!(first.starts_with("# ours\nelection = \"e\" # this one\n"), "{first}");
        assert!(first.ends_with("[later]\nx = 1\n"), "{first}");
        let second = with_line(&first, "database", "hq.db");
        let read: toml::Table = toml::from_str(&second).unwrap();
        assert_eq!(read["database"].as_str(), Some("hq.db"));
        assert_eq!(read["later"]["x"].as_integer(), Some(1));
        assert!(!second.contains("postgres"), "{second}");
    }
}
