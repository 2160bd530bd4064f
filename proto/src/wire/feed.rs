//! `GET /v1/feed`: what headquarters has to say to one device.

use serde::{Deserialize, Serialize};

use crate::id::{PhotoHash, RecordId};

/// Answer to `GET /v1/feed?after=`, for the bearer of a device token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    /// New items, oldest first.
    pub items: Vec<FeedItem>,
    /// Pass this as `after` next time.
    pub next: u64,
}

/// One item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedItem {
    /// Its place in the feed.
    pub at: u64,
    /// What it says.
    pub item: FeedKind,
}

/// What an item says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FeedKind {
    /// There is a newer election set-up: this signed manifest.
    Pack {
        /// The signed manifest.
        manifest: String,
    },
    /// A key was revoked: this signed statement.
    Revocation {
        /// The signed statement.
        statement: String,
    },
    /// Something was decided about a record of this device: this signed statement.
    Decision {
        /// The record.
        record: RecordId,
        /// The signed statement.
        statement: String,
    },
    /// Headquarters wants the original of this photo now.
    SendOriginal {
        /// The photo.
        photo: PhotoHash,
    },
    /// Headquarters was restored from a backup: this signed statement. What comes after it in the
    /// feed stands at places of the log that were something else before.
    Epoch {
        /// The signed statement.
        statement: String,
    },
    /// A message to the owner of this device: this signed statement.
    Message {
        /// The signed statement.
        statement: String,
    },
    /// Another election follows: this statement, signed by the root.
    Succession {
        /// The signed statement.
        statement: String,
    },
    /// An item this version does not know.
    #[serde(other)]
    Unknown,
}
