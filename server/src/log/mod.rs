//! The log: one sequencer gives positions, one signed checkpoint covers each group.
//!
//! ```text
//! ingest ──jobs──> Sequencer: group ──> one durable transaction ──> head file ──> receipts
//!                                                    │
//!                  Publisher, on a schedule: <───────┘   tiles ──> public checkpoint
//! ```
//!
//! Promises:
//!
//! * A receipt leaves only after its leaf and the checkpoint that covers it are durable, and after
//!   the signer's head has moved to that checkpoint.
//! * No receipt leaves before the process that gives it has read the entry back from the store and hashed it
//!   again. One that is not what was signed stops the log until a human has looked.
//! * A position is given once. A record that was logged before is answered with its first one.
//! * The signer never signs a tree that does not grow out of the last one it signed, even when the
//!   store was restored from an older backup: it refuses to start instead, unless it is told to begin
//!   a new epoch. That is itself logged, before anything else, and the lost head is kept.

mod epoch;
mod follow;
mod group;
mod head;
mod listening;
mod meter;
mod places;
mod public;
mod publisher;
mod reread;
mod schedule;
mod sequencer;
mod task;
mod turn;
mod unread;
mod view;

pub(crate) use self::epoch::epoch_of;
pub use self::{
    epoch::LoggedEpoch,
    group::{Item, PhotoItem, RecordItem, Says, StatementItem},
    head::{Head, HeadError, HeadFile},
    listening::Listening,
    meter::LogMeter,
    public::{PublicFolder, PublicFolderError},
    publisher::{PublishError, Publisher, Publishing},
    schedule::{PublishSchedule, ScheduleError},
    sequencer::{Appended, Logged, Outcome, SequenceError, Sequencer},
    view::LogView,
};
