//! The notebook for Kotlin, Swift and Python: the same calls, in types that cross a border.
//!
//! ```text
//! app ──call──> Notebook ──guard──> the core                 blocking, from any thread
//! app <──event── notifier thread <──queue── Notebook          after the work, no lock held
//! core ──> KeyVault, HttpTransport, HardwareSigner            the app's own: may be slow, may throw
//! ```
//!
//! What holds here, beyond what the core promises:
//!
//! 1. **Nothing crosses as a crash.** An error is one of the twelve kinds of [`NotebookError`]. A panic
//!    is caught, is answered [`NotebookError::Internal`], and the notebook refuses everything until it
//!    is opened again: what is on disk is whole, what is in memory may not be.
//! 2. **What an app throws stays with it.** Whatever a [`KeyVault`], [`HttpTransport`],
//!    [`HardwareSigner`] or [`NotebookEvents`] raises becomes an error, trouble in a report, an
//!    enrolment without, or a number in [`Notebook::diagnostics`].
//! 3. **No lock and no transaction is held while the app is called.** Events are queued and delivered
//!    by one thread; they may call the notebook back.
//! 4. **[`Notebook::pump`] ends within its budget and two seconds**, also while the app's transport
//!    does not: a request that does not come back is left behind.
//! 5. **After [`Notebook::pause`] no file of the notebook is open.**
//!
//! Photographs come as paths and not as bytes, but for what is shown of an encrypted notebook; ids are lower-case hex; times are milliseconds since
//! 1970 in UTC. This is the only folder that names the crate of the bindings.

#![expect(
    clippy::needless_pass_by_value,
    reason = "what crosses the border is handed over; it has no lifetime on the other side"
)]

mod at_rest;
mod bundle;
mod capture;
mod diagnostics;
mod draft;
mod error;
mod hardware;
mod host;
mod items;
mod lifecycle;
mod notebook;
mod notifier;
mod platform;
mod pruning;
mod reading;
mod syncing;
#[cfg(test)]
mod tests;
mod transfers;
mod vault;

pub use self::{
    at_rest::{Exported, Locker, NotSafe, UnsafePhoto, export_closed, pin_vault, wipe_notebook},
    capture::{Capture, CaptureSummary, Finding, KeptPhotos, LookedOver, Warning},
    draft::{
        Answer, Draft, FormDraft, IncidentDraft, Mark, Missing, NotObtainedDraft, ProtocolDraft,
        Severity, SheetFlags,
    },
    error::NotebookError,
    hardware::{HardwareFailure, HardwareSigner, MadeKey},
    items::{
        Decided, Enrolment, JournalLine, KeyRole, LaneSummary, MessageItem, Opened, OutboxSummary,
        OwnKey, PhotoItem, PhotoProgress, PhotoRole, PhotoSealing, RecordItem, RecordProgress,
        Salvage,
    },
    lifecycle::NotebookConfig,
    notebook::Notebook,
    platform::{
        FeedItem, HttpRequest, HttpResponse, HttpTransport, KeyVault, NotebookEvents,
        NotifyFailure, TransportFailure, VaultFailure,
    },
    pruning::{KeepOriginals, KeptBecause, PruneReport},
    syncing::{Alarm, Conditions, HeldBack, Hold, PumpBudget, PumpEnd, PumpReport, Trouble},
    transfers::TransferPlan,
    vault::{change_vault, passphrase_vault},
};

uniffi::setup_scaffolding!("hattama");
