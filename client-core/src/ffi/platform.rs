//! What an app may bring: a key vault, an ear for events, a network of its own. Each may be slow, and
//! each may throw.

use std::collections::HashMap;

use super::{Alarm, MessageItem, OutboxSummary};

/// Encrypts a few bytes with a key of the platform's that never leaves it: Android's Keystore, Apple's
/// Secure Enclave. Asked when a notebook is opened or made, never while a record is signed.
///
/// What `wrap` makes must be refused by `unwrap` if it was altered: use AES-GCM or the like. The same
/// vault is handed over at each opening; without it the notebook's keys are lost, and the observer has
/// to enrol anew.
///
/// `plain` and what `unwrap` returns are the seeds themselves: keep no copy, and write over your own
/// where the language can.
#[uniffi::export(rust, foreign)]
pub trait KeyVault: Send + Sync {
    /// Encrypts. At most 16 KiB come back.
    fn wrap(&self, plain: Vec<u8>) -> Result<Vec<u8>, VaultFailure>;

    /// Decrypts what `wrap` made.
    fn unwrap(&self, wrapped: Vec<u8>) -> Result<Vec<u8>, VaultFailure>;
}

/// Why a vault did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum VaultFailure {
    /// The device is locked, or the person turned the question away. Opening may be tried again.
    #[error("{reason}")]
    Locked {
        /// Why, without personal data.
        reason: String,
    },
    /// What was handed over is not this vault's, or was altered.
    #[error("{reason}")]
    Rejected {
        /// Why, without personal data.
        reason: String,
    },
    /// Something else. Whatever the app throws that is none of these comes as this.
    #[error("{reason}")]
    Failed {
        /// Why, without personal data.
        reason: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for VaultFailure {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed { reason: error.reason }
    }
}

/// Hears what happened. Called from one thread of the notebook's own, one event after the other, with
/// no lock held: it may call the notebook back. What it throws is counted in the diagnostics.
#[uniffi::export(rust, foreign)]
pub trait NotebookEvents: Send + Sync {
    /// Something was captured, sent or receipted. Several changes may come as one.
    fn outbox_changed(&self, summary: OutboxSummary) -> Result<(), NotifyFailure>;

    /// Headquarters sent something.
    fn feed(&self, item: FeedItem) -> Result<(), NotifyFailure>;

    /// A human must know of this. It stands in the journal too.
    fn alarm(&self, alarm: Alarm) -> Result<(), NotifyFailure>;
}

/// The app could not take an event. It is not delivered again: ask the notebook.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum NotifyFailure {
    /// Whatever was thrown.
    #[error("{reason}")]
    Failed {
        /// Why.
        reason: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for NotifyFailure {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed { reason: error.reason }
    }
}

/// Something headquarters sent. Its signature was checked.
#[derive(Debug, Clone, PartialEq, uniffi::Enum)]
pub enum FeedItem {
    /// A message to the owner of the notebook.
    Message {
        /// The message.
        message: MessageItem,
    },
    /// A decision about one of the notebook's records.
    Decision {
        /// The record's id.
        record: String,
        /// Whether it counts.
        counted: bool,
        /// Why, in headquarters' words.
        reason: String,
    },
}

/// Carries requests where the bundled HTTPS client does not do: through Tor, a proxy, the system's own
/// stack. Every request may be repeated; none may be altered.
///
/// It runs on a thread of its own and is left behind when the sync must end before it does.
#[uniffi::export(rust, foreign)]
pub trait HttpTransport: Send + Sync {
    /// Sends one request and waits for its answer. Redirects are answers, not to be followed.
    fn execute(&self, request: HttpRequest) -> Result<HttpResponse, TransportFailure>;
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct HttpRequest {
    /// `GET`, `HEAD`, `POST` or `PUT`.
    pub method: String,
    /// The whole address.
    pub url: String,
    /// Header fields.
    pub headers: HashMap<String, String>,
    /// What is sent along.
    pub body: Vec<u8>,
    /// Longest answer to read, in bytes; a longer one is not headquarters'.
    pub answer_bytes_max: u64,
    /// SHA-256 of the only certificate to accept, in hex; none where the public roots serve.
    pub certificate_sha256: Option<String>,
}

/// One answer, from whomever.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct HttpResponse {
    /// HTTP status.
    pub status: u16,
    /// Header fields.
    pub headers: HashMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum TransportFailure {
    /// No connection was made; the next address is tried.
    #[error("{reason}")]
    Unreachable {
        /// What the system said.
        reason: String,
    },
    /// The connection broke; the request may have arrived. Whatever the app throws that is none of
    /// these comes as this.
    #[error("{reason}")]
    Broken {
        /// What the system said.
        reason: String,
    },
    /// Nothing moved for too long.
    #[error("the connection stood still for too long")]
    TimedOut,
    /// The other side has another certificate.
    #[error("{reason}")]
    Untrusted {
        /// What did not hold.
        reason: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for TransportFailure {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Broken { reason: error.reason }
    }
}
