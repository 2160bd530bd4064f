//! The phone: one notebook, which captures evidence, signs it, keeps it and brings it to
//! headquarters.
//!
//! ```text
//! capture ──> sign ──> outbox ──> sync ──> transport
//! ```
//!
//! * [`Notebook`] is the one thing an app holds. It blocks; it may be used from any thread.
//! * [`capture`]: what an observer hands over, and what the phone says about it.
//! * [`sync`]: what is sent when, as pure functions; [`transport`]: how it is sent.
//! * [`at_rest`]: how a notebook is encrypted on the device's disk.
//! * [`vault`]: what wraps the seeds where they are kept; [`hardware`]: what vouches for them.
//! * `ffi`: the same for Kotlin, Swift and Python, with the feature of that name.
//! * [`clock`] and [`random`]: the only places that read a clock or ask for randomness.
//!
//! What this crate promises:
//!
//! 1. A record is on disk, signed and chained once a `capture_...` call has returned.
//! 2. Arithmetic, an unknown unit or a wrong clock never stop a capture. They are said, not judged.
//! 3. Nothing is deleted: no retry limit, no migration that empties a queue, no fresh start over a
//!    damaged database. Only where the app asks for it do originals that headquarters has receipted
//!    make room ([`DiskPolicy`]), and receipts go once they were checked ([`KeepReceipts`]).
//! 4. A record counts as arrived when its receipt has been checked, and not before.
//! 5. Trouble with the network is part of a report and never an error of [`Notebook::pump`].

pub mod at_rest;
pub mod capture;
pub mod clock;
mod error;
#[cfg(feature = "ffi")]
pub mod ffi;
pub mod hardware;
mod keeping;
mod keys;
pub mod limits;
mod locker;
mod notebook;
mod outbox;
pub mod random;
mod sealing;
#[doc(hidden)]
pub mod steps;
pub mod sync;
pub mod transport;
pub mod vault;

/// Everything that is freed is written over.
#[cfg(feature = "wipe-memory")]
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

/// What the generated code looks for at the crate's root.
#[cfg(feature = "ffi")]
#[doc(hidden)]
pub use self::ffi::UniFfiTag;
#[cfg(feature = "ffi")]
pub(crate) use self::notebook::Working;
pub use self::{
    at_rest::AtRest,
    error::NotebookError,
    keeping::{DiskPolicy, KeepOriginals, KeepReceipts, KeptBecause},
    locker::{Locker, OnDuress},
    notebook::{
        Alarm, Decided, EnrolmentSummary, Exported, JournalLine, LaneSummary, MessageItem, NotSafe,
        Notebook, NotebookOptions, Opened, OutboxSummary, PhotoItem, PhotoProgress, Pictures,
        PruneReport, PumpBudget, PumpEnd, PumpReport, RecordItem, RecordProgress, Salvage, Started,
        TransferPlan, Trouble, UnsafePhoto, Whereabouts,
    },
    outbox::LostReceipt,
    sealing::PhotoSealing,
    sync::{Conditions, HeldBack, Hold},
};
