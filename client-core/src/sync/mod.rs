//! What is sent when, and what an answer means. Events in, instructions out; no I/O, no clock.
//!
//! ```text
//! Snapshot of the outbox ──plan──> Step ──request──> (transport) ──hear──> Heard
//!        ^                                                                   │
//!        └──── applied in one transaction <── Changes <──────engine──────────┘
//! ```
//!
//! Rules, each with its reason:
//!
//! 1. Only an answer that carries our header decides anything. Captive portals and gateways answer
//!    too.
//! 2. A record is done when its receipt was checked against the log's key, not when somebody says
//!    it was stored.
//! 3. Records are independent facts: one that cannot be sent never stops another.
//! 4. Facts go before pictures, small pictures before large ones, and the queue of records is
//!    looked at again between any two ranges of a photo.
//! 5. There is no retry limit. Pauses are kept over restarts, and no jump of a clock makes one
//!    longer than its cap.
//! 6. The two keys of a person never share a request, nor a checkpoint their records name.

mod allowed;
mod answer;
mod change;
mod cosigned;
mod engine;
mod epoch;
mod feed;
mod head;
mod judge;
mod photos;
mod plan;
mod push;
mod ranges;
mod request;
mod retry;
mod trust;

pub use self::allowed::{Conditions, HeldBack, Hold};
pub(crate) use self::{
    allowed::{held_back, may_any_go},
    answer::{Have, Heard, HeardHave, hear, hear_bytes, hear_have},
    change::Change,
    engine::Engine,
    plan::{BackOff, Course, PendingPhoto, PendingRecord, Snapshot, Step, plan},
    push::Sent,
    request::{
        ask_photo, ask_receipts, ask_status, enrol, fetch_part, push as push_request, read_feed,
        send_range,
    },
    trust::{Trust, statement},
};
#[doc(hidden)]
pub use self::{
    judge::Judge,
    retry::{next_wait_ms, told_wait_ms},
};
pub(crate) use self::{
    plan::There,
    ranges::Link,
    retry::{Deadline, Firmness},
};

/// What waits in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Protocols and urgent incidents.
    Urgent,
    /// All other records.
    Records,
    /// Thumbnails.
    Thumbnails,
    /// Legible previews.
    Previews,
    /// Originals.
    Originals,
}

impl Lane {
    /// All lanes, first one first.
    pub const ALL: [Self; 5] =
        [Self::Urgent, Self::Records, Self::Thumbnails, Self::Previews, Self::Originals];

    /// The number in the store.
    pub const fn number(self) -> i64 {
        self as i64
    }

    /// The lane with this number.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|lane| lane.number() == number)
    }
}

/// Requests that share their pauses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Everything: there is no connection at all.
    Network,
    /// Pushing records.
    Records,
    /// Asking for receipts that are owed.
    Status,
    /// Thumbnails and previews.
    Previews,
    /// Originals.
    Originals,
    /// The feed and the set-up.
    Feed,
}

impl Class {
    /// All classes.
    pub const ALL: [Self; 6] =
        [Self::Network, Self::Records, Self::Status, Self::Previews, Self::Originals, Self::Feed];

    /// The name in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Records => "records",
            Self::Status => "status",
            Self::Previews => "previews",
            Self::Originals => "originals",
            Self::Feed => "feed",
        }
    }

    /// The class with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }

    /// Longest pause, in milliseconds.
    pub const fn cap_ms(self) -> u64 {
        use crate::limits::{
            BACKOFF_ORIGINALS_MS_MAX, BACKOFF_PREVIEWS_MS_MAX, BACKOFF_RECORDS_MS_MAX,
        };
        match self {
            Self::Network | Self::Records | Self::Status => BACKOFF_RECORDS_MS_MAX,
            Self::Previews => BACKOFF_PREVIEWS_MS_MAX,
            Self::Originals | Self::Feed => BACKOFF_ORIGINALS_MS_MAX,
        }
    }

    /// The class of a photo's lane.
    pub const fn of(lane: Lane) -> Self {
        match lane {
            Lane::Urgent | Lane::Records => Self::Records,
            Lane::Thumbnails | Lane::Previews => Self::Previews,
            Lane::Originals => Self::Originals,
        }
    }
}
