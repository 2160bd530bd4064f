//! `hattama.toml`: flags over environment over file, checked at start.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use hattama_proto::{id::ElectionId, key::PublicKey};
use serde::{Deserialize, Serialize};

use crate::{
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
    /// How often the public log moves: `1s` on the night of an election, else `hourly` or `daily`.
    #[serde(default)]
    pub log_publish: PublishSchedule,
    /// New entries below which the public log does not move, so that an upload cannot be matched
    /// with a person; 1 on a schedule of seconds and 10 on a slower one if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_publish_at_least: Option<u64>,
}

const fn full_percent() -> u8 {
    FULL_PERCENT
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

    /// Where the store is.
    pub fn database_url(&self, folder: &DataFolder) -> Result<DatabaseUrl, StoreError> {
        match &self.database {
            Some(url) => url.parse(),
            None => Ok(DatabaseUrl::Sqlite(folder.database())),
        }
    }
}
