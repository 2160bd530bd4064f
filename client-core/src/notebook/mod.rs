//! The notebook: one folder, one person, one device, two keys.
//!
//! ```text
//! capture_...  ──> on disk, signed, chained       needs no network and no enrolment
//! enrol        ──> headquarters, set-up, tokens   once, online
//! pump         ──> what waits goes out            as often as the system lets us
//! ```
//!
//! Blocking, from any thread. One lock guards the outbox and is held for single statements or
//! transactions only: never while a photograph is scaled, a record signed or the network waited
//! for. A capture can therefore always be made while a sync runs.

mod capture;
mod enrol;
mod exporting;
mod fed;
mod follow;
mod list;
mod locking;
mod mending;
mod messages;
mod open;
mod packs;
mod pruning;
mod pump;
mod report;
mod resting;
mod shown;
mod transfers;
mod turn;
mod whereabouts;
mod wiping;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use hattama_proto::{
    id::{ElectionId, Kid},
    key::PublicKey,
    kind::Role,
    pack::Pack,
    record::App,
};

pub use self::report::{
    Alarm, Decided, EnrolmentSummary, JournalLine, LaneSummary, Opened, OutboxSummary, PhotoItem,
    PhotoProgress, PumpBudget, PumpEnd, PumpReport, RecordItem, RecordProgress, Salvage, Started,
    Trouble,
};
#[cfg(feature = "ffi")]
pub(crate) use self::resting::Working;
pub use self::{
    exporting::Exported,
    messages::MessageItem,
    pruning::PruneReport,
    transfers::TransferPlan,
    whereabouts::Whereabouts,
    wiping::{NotSafe, UnsafePhoto},
};
use crate::{
    at_rest::{AtRest, Files},
    clock::{Clock, SystemClock},
    error::NotebookError,
    hardware::HardwareSigner,
    keeping::{DiskPolicy, KeepReceipts},
    keys::Keys,
    outbox::Outbox,
    random::{RandomSource, SystemRandom},
    transport::Stop,
    vault::KeyVault,
};

/// What a notebook is opened with.
#[derive(Clone)]
pub struct NotebookOptions {
    /// The election, where it is known before the enrolment; records can be captured then.
    pub election: Option<ElectionId>,
    /// The program, as it names itself to headquarters.
    pub app: App,
    /// Whether small pictures are made of photographs.
    pub pictures: Pictures,
    /// What the seeds are wrapped with; none where the folder's own protection has to do. It is let go
    /// of once the notebook is open.
    pub vault: Option<Arc<dyn KeyVault>>,
    /// Keys in hardware that vouch for ours at enrolment; none where there are none.
    pub hardware: Option<Arc<dyn HardwareSigner>>,
    /// How it is kept on the device's disk.
    pub at_rest: AtRest,
    /// After how long without a call the notebook is locked, in milliseconds; none: only when told to.
    /// The next call finds it locked, or [`lock_if_idle`](Notebook::lock_if_idle) does.
    pub lock_after_ms: Option<u64>,
    /// How much room photographs may take.
    pub disk: DiskPolicy,
    /// Whether receipts stay on the phone.
    pub receipts: KeepReceipts,
    /// The device's clocks.
    pub clock: Arc<dyn Clock>,
    /// The device's randomness.
    pub random: Arc<dyn RandomSource>,
}

impl Default for NotebookOptions {
    fn default() -> Self {
        Self {
            election: None,
            app: App {
                name: env!("CARGO_PKG_NAME").to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            pictures: Pictures::Make,
            vault: None,
            hardware: None,
            at_rest: AtRest::AsItIs,
            lock_after_ms: None,
            disk: DiskPolicy::default(),
            receipts: KeepReceipts::Yes,
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom::new()),
        }
    }
}

/// Whether a thumbnail and a preview are made of each photograph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pictures {
    /// Yes.
    #[default]
    Make,
    /// No: the app makes none, or time is measured without them.
    Skip,
}

/// One observer's notebook on one device.
pub struct Notebook {
    folder: PathBuf,
    options: NotebookOptions,
    public: [PublicKey; 2],
    /// None while the notebook is locked.
    keys: Mutex<Option<Arc<Keys>>>,
    idle: locking::Idle,
    /// Held while the notebook is locked, unlocked or woken: between the two halves of one nobody does
    /// another.
    turning_the_key: Mutex<()>,
    opened: Opened,
    outbox: Mutex<Option<Outbox>>,
    /// Counts the calls that have files of this notebook open.
    at_work: resting::AtWork,
    /// Held while a record takes its place in a chain.
    capturing: Mutex<()>,
    /// Held by many while files are taken in and named, and alone while originals are removed: a file
    /// that is captured again must not be removed between the two.
    files_in_use: RwLock<()>,
    /// Held from the first file that is sealed to headquarters until the record that names it is stored:
    /// each sealing of one photograph is another file, and the last one has to be the one that is known.
    sealing: Mutex<()>,
    /// Held while a sync or an enrolment runs.
    syncing: Mutex<()>,
    /// Held while transfers are planned or one is completed: both make and remove the same files.
    planning: Mutex<()>,
    /// Held while the notebook goes to rest or wakes.
    going_to_rest: Mutex<()>,
    pack: Mutex<Option<Arc<Pack>>>,
    /// When the feeds were read last.
    fed: fed::Fed,
    stop: Stop,
}

impl Notebook {
    /// How opening went: whether anything had to be salvaged.
    pub const fn opened(&self) -> &Opened {
        &self.opened
    }

    /// The name of this notebook's key for `role`.
    pub fn kid(&self, role: Role) -> Kid {
        self.public_key(role).kid()
    }

    /// This notebook's public key for `role`.
    pub fn public_key(&self, role: Role) -> PublicKey {
        match role {
            Role::Results => self.public[0],
            Role::Incidents => self.public[1],
        }
    }

    /// Ends a running sync at its next step, within two seconds. What was acknowledged stays so.
    pub fn interrupt(&self) {
        self.stop.interrupt();
    }

    /// The keys; none while the notebook is locked.
    fn keys(&self) -> Result<Arc<Keys>, NotebookError> {
        lock(&self.keys).clone().ok_or(NotebookError::Locked)
    }

    /// How files are kept.
    fn files(&self) -> Result<Files, NotebookError> {
        Ok(Files::of(self.keys()?.rest(), &self.options.random))
    }

    /// Calls `work` with the outbox, for as long as one statement or transaction takes.
    fn with<T>(
        &self,
        work: impl FnOnce(&mut Outbox) -> Result<T, NotebookError>,
    ) -> Result<T, NotebookError> {
        self.still_unlocked()?;
        work(lock(&self.outbox).as_mut().ok_or_else(|| self.at_rest_error())?)
    }
}

impl std::fmt::Debug for Notebook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Notebook").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// A panic in one call must not make the notebook unusable: every transaction was rolled back when
/// its guard was dropped, so what the lock guards is whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
