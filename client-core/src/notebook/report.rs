//! What a notebook tells the app: plain data, no objects inside.

use hattama_proto::{
    id::{ElectionId, Kid, OrgId, PersonId, PhotoHash, RecordId, UnitCode},
    kind::{Kind, Role},
    record::PhotoRole,
    statement::{Disposition, Mandate},
    time::UnixMillis,
};
use uuid::Uuid;

use super::PruneReport;
use crate::sealing::PhotoSealing;
use crate::sync::{Conditions, HeldBack};

/// How opening went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// The database was damaged: what was done about it.
    pub salvage: Option<Salvage>,
    /// Records that were missing from the database and were taken from their files.
    pub restored: u32,
}

/// A damaged database was set aside and read as far as possible. Tell the observer, and let a
/// coordinator have the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salvage {
    /// Name of the damaged file in the notebook's folder. It is kept.
    pub kept_as: String,
    /// Records read back from it or from their files.
    pub records: u32,
    /// Receipts read back from it.
    pub receipts: u32,
}

/// What an enrolment brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrolmentSummary {
    /// The election.
    pub election: ElectionId,
    /// The observer organisation.
    pub org: OrgId,
    /// The person, by the pseudonym of each key.
    pub persons: Vec<(Role, PersonId)>,
    /// Where the person may observe.
    pub mandate: Mandate,
    /// The keys that were enrolled.
    pub kids: Vec<(Role, Kid)>,
    /// Names of the hardware keys that vouched for them; a role of which none did is not there.
    pub hardware: Vec<(Role, Kid)>,
    /// Version of the election set-up.
    pub pack_version: u32,
    /// Whether photographs that are taken now are sealed to headquarters.
    pub sealing: PhotoSealing,
}

/// How far a sync may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PumpBudget {
    /// Longest time, in milliseconds.
    pub ms_max: u64,
    /// Most bytes to send, counted in bodies of requests.
    pub bytes_max: u64,
    /// Longest single wait for a retry within this call, in milliseconds; 0 returns at once and
    /// says when to call again.
    pub wait_ms_max: u64,
    /// Who asked.
    pub started: Started,
    /// What the app tells of network and battery; counts only where the system asked.
    pub conditions: Conditions,
}

impl PumpBudget {
    /// What of the conditions counts: nothing where the observer pressed "send now".
    pub(crate) fn counting(&self) -> Conditions {
        match self.started {
            Started::BySystem => self.conditions,
            Started::ByUser => Conditions::default(),
        }
    }
}

impl Default for PumpBudget {
    /// Eight minutes, everything: what a system's background job allows on a free network.
    fn default() -> Self {
        Self {
            ms_max: 8 * 60 * 1000,
            bytes_max: u64::MAX,
            wait_ms_max: 0,
            started: Started::BySystem,
            conditions: Conditions::default(),
        }
    }
}

/// Who asked for a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Started {
    /// A timer or a background job: keeps to every pause.
    BySystem,
    /// The observer pressed "send now": skips our own pauses, never those headquarters asked for, and
    /// holds nothing back whatever network and battery are like.
    ByUser,
}

/// What a sync did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PumpReport {
    /// Records that headquarters stored, receipt checked.
    pub stored: u32,
    /// Records that it had already, receipt checked.
    pub duplicate: u32,
    /// Records that it stored and set aside for a human, receipt checked.
    pub held: u32,
    /// Records it could not decide about yet.
    pub deferred: u32,
    /// Records that it does not take for evidence.
    pub rejected: u32,
    /// Photos that are whole at headquarters, receipt checked.
    pub photos_complete: u32,
    /// Bytes sent in bodies of requests.
    pub bytes_sent: u64,
    /// The last trouble with the network or headquarters, if there was any.
    pub trouble: Option<Trouble>,
    /// Things a human must know of.
    pub alarms: Vec<Alarm>,
    /// Why it ended.
    pub end: PumpEnd,
    /// When to call again, in milliseconds from now; none when nothing is left to do.
    pub next_wakeup_ms: Option<u64>,
    /// Pictures that wait for another network or a charger; records never do.
    pub held_back: Vec<HeldBack>,
    /// What was removed from the phone at the end to keep to its disk budget.
    pub pruned: PruneReport,
}

/// Why a sync ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PumpEnd {
    /// Nothing is left to do, but for what is held back.
    #[default]
    Done,
    /// What is left waits for a retry.
    Waiting,
    /// The time or the bytes were used up.
    Budget,
    /// It was told to stop.
    Interrupted,
    /// Headquarters is not known yet; nothing was sent.
    NotEnrolled,
}

/// Trouble that passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No connection, or it broke.
    Network(String),
    /// Somebody else answered: a captive portal, a carrier's page, a gateway.
    Foreign {
        /// The status of that answer.
        status: u16,
    },
    /// Headquarters answered that it cannot now.
    Headquarters {
        /// The stable code, or what could not be read.
        code: String,
    },
    /// The other side is not headquarters: wrong certificate or unusable address. People must
    /// mend that.
    Address(String),
}

/// Something a human must know of. Also kept in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Alarm {
    /// A receipt did not prove what it should. The record stays queued, or keeps the receipt it has.
    InvalidReceipt {
        /// What it was for, in hex.
        subject: String,
    },
    /// Headquarters showed two histories of its log. Both signed notes are kept as proof.
    LogForked,
    /// Headquarters was restored from a backup and lost these entries of its log. What it lost of
    /// this notebook is sent again; the receipts for it and both signed heads are kept.
    Restored {
        /// First entry that was lost.
        lost_from: u64,
        /// The first after them.
        lost_until: u64,
    },
    /// Headquarters does not take a record for evidence. It stays on the phone.
    Rejected(RecordId),
    /// A photo's file is gone or damaged on the phone.
    PhotoLost(PhotoHash),
    /// Headquarters lost so many originals that were removed from this phone on the strength of its
    /// receipts. They cannot be sent again; their previews are.
    GoneForResend(u32),
    /// Headquarters says that a photo of the same hash has another length, or that what was sealed is not
    /// the photo that its record names. The file stays on the phone.
    PhotoDisputed(PhotoHash),
    /// A key of this notebook was revoked.
    Revoked(Kid),
    /// A new election set-up was not signed by the root key, or goes back. It was not taken over.
    SetUpRefused(String),
    /// Somebody sent a message, or word of another election, that headquarters did not sign. It was
    /// not kept.
    MessageRefused,
}

/// What waits, by lane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutboxSummary {
    /// Protocols and urgent incidents.
    pub urgent: LaneSummary,
    /// All other records.
    pub records: LaneSummary,
    /// Thumbnails.
    pub thumbnails: LaneSummary,
    /// Legible previews.
    pub previews: LaneSummary,
    /// Originals.
    pub originals: LaneSummary,
    /// Records at headquarters with a receipt and nothing against them.
    pub acked: u32,
    /// Records at headquarters that await a check by a human there.
    pub held: u32,
    /// Records that headquarters does not take for evidence.
    pub rejected: u32,
    /// Records that headquarters could not read; they are tried again, alone.
    pub suspect: u32,
    /// Photos at headquarters with a receipt.
    pub photos_verified: u32,
    /// Photos whose file is gone or damaged.
    pub photos_lost: u32,
    /// Originals that were removed from this phone to keep to its disk budget, all of them receipted.
    pub photos_pruned: u32,
    /// Those of them that headquarters lost afterwards: they cannot be sent again.
    pub gone_for_resend: u32,
    /// Length of all photographs and small pictures on the phone, in bytes.
    pub held_bytes: u64,
    /// By how much that is more than the disk budget, in bytes; 0 without a budget.
    pub over_budget_bytes: u64,
    /// Photos that headquarters has as they were sealed, and cannot open yet. They wait for their receipts
    /// and are counted in their lanes too; nothing of them is sent again.
    pub photos_held_sealed: u32,
    /// Whether photographs that are taken now are sealed to headquarters.
    pub sealing: PhotoSealing,
    /// Age of the oldest record without a receipt, in milliseconds.
    pub oldest_unsent_ms: Option<u64>,
    /// What stands in the way, in words.
    pub blocked_by: Option<String>,
    /// When a retry is due, in milliseconds from now; 0 for at once.
    pub next_wakeup_ms: Option<u64>,
}

impl OutboxSummary {
    /// Whether everything is at headquarters and receipted, or will never be taken.
    pub const fn is_empty(&self) -> bool {
        self.urgent.count == 0
            && self.records.count == 0
            && self.thumbnails.count == 0
            && self.previews.count == 0
            && self.originals.count == 0
    }
}

/// One lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LaneSummary {
    /// How many wait.
    pub count: u32,
    /// Their bytes.
    pub bytes: u64,
}

/// One record of the notebook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordItem {
    /// Its identity.
    pub id: RecordId,
    /// A shorter name for people to quote.
    pub uid: Uuid,
    /// Which key signed it.
    pub role: Role,
    /// Its place in that key's chain.
    pub seq: u64,
    /// Its kind.
    pub kind: Kind,
    /// The unit it speaks of.
    pub unit: Option<UnitCode>,
    /// The record it corrects.
    pub corrects: Option<RecordId>,
    /// When the phone's clock said it was made.
    pub captured_at: UnixMillis,
    /// How far it has come.
    pub progress: RecordProgress,
    /// Why it is not further: a stable code.
    pub reason: Option<String>,
    /// What headquarters decided about it, if it did.
    pub decision: Option<Decided>,
    /// Its photographs.
    pub photos: Vec<PhotoItem>,
}

/// How far a record has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordProgress {
    /// Saved on this phone.
    Queued,
    /// Saved on this phone; headquarters could not read it so far.
    Suspect,
    /// Headquarters has it.
    Acked,
    /// Headquarters has it and will check it.
    Held,
    /// Headquarters does not take it for evidence.
    Rejected,
}

impl RecordProgress {
    /// The name in the store and in commands.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Suspect => "suspect",
            Self::Acked => "acked",
            Self::Held => "held",
            Self::Rejected => "rejected",
        }
    }
}

/// A decision of headquarters about a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Whether it counts.
    pub disposition: Disposition,
    /// Why, in headquarters' words.
    pub reason: String,
}

/// One photograph of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhotoItem {
    /// SHA-256 of its bytes.
    pub hash: PhotoHash,
    /// Original, preview or thumbnail.
    pub role: PhotoRole,
    /// Which page it shows.
    pub page: u32,
    /// Length in bytes.
    pub bytes: u64,
    /// How far it has come.
    pub progress: PhotoProgress,
    /// When its file was removed from this phone to make room, by the phone's clock; none while it is
    /// here. Its hash, its receipt and its record stay.
    pub pruned_at: Option<UnixMillis>,
    /// Whether it is sealed to headquarters: then nobody can look at it on this phone.
    pub sealed: bool,
}

/// How far a photo has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PhotoProgress {
    /// Saved on this phone.
    Queued,
    /// Headquarters has it whole, and said so in a receipt.
    Verified,
    /// Headquarters does not have it, and the file on the phone is gone or damaged; or it was pruned
    /// (see [`PhotoItem::pruned_at`]) and headquarters lost it afterwards.
    Lost,
}

/// One line of the journal: what happened, without who, where or words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalLine {
    /// When, by the phone's clock.
    pub at: UnixMillis,
    /// A stable code.
    pub code: String,
    /// Ids and counts.
    pub detail: String,
}
