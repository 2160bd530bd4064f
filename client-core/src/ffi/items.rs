//! What a notebook tells, in types that cross the border: plain data, ids as text.

use std::collections::HashMap;

use hattama_proto::{
    kind::Role, record::PhotoRole as CorePhotoRole, statement, statement::Mandate,
};

use crate::{self as core};

/// Which of the notebook's two keys. Nobody outside headquarters' vault can tell that they are one
/// person's: send nothing that names both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum KeyRole {
    /// Protocols, copies not obtained and forms.
    Results,
    /// Incidents.
    Incidents,
}

impl From<Role> for KeyRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Results => Self::Results,
            Role::Incidents => Self::Incidents,
        }
    }
}

impl From<KeyRole> for Role {
    fn from(role: KeyRole) -> Self {
        match role {
            KeyRole::Results => Self::Results,
            KeyRole::Incidents => Self::Incidents,
        }
    }
}

/// One of the notebook's keys.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct OwnKey {
    /// What it signs.
    pub role: KeyRole,
    /// Its name, a thumbprint.
    pub kid: String,
    /// The public key, base64url.
    pub public_key: String,
}

/// How opening went.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Opened {
    /// The database was damaged: what was done about it. Tell the observer.
    pub salvage: Option<Salvage>,
    /// Records that were missing from the database and were taken from their files.
    pub restored: u32,
}

/// A damaged database was set aside and read as far as possible.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Salvage {
    /// Name of the damaged file in the notebook's folder. It is kept.
    pub kept_as: String,
    /// Records read back.
    pub records: u32,
    /// Receipts read back.
    pub receipts: u32,
}

impl From<core::Opened> for Opened {
    fn from(opened: core::Opened) -> Self {
        let salvage = opened.salvage.map(|salvage| Salvage {
            kept_as: salvage.kept_as,
            records: salvage.records,
            receipts: salvage.receipts,
        });
        Self { salvage, restored: opened.restored }
    }
}

/// Whether photographs that are taken now are sealed to headquarters, so that nobody can look at them on
/// this phone any more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, uniffi::Enum)]
pub enum PhotoSealing {
    /// No: the set-up does not ask for it, or there is none yet.
    #[default]
    Off,
    /// Originals are; their previews and thumbnails can be shown.
    Originals,
    /// All of it is.
    All,
    /// The set-up asks for it and names nobody this version can seal to: they are kept as without
    /// sealing. Tell the observer, who tells the coordinator.
    Unusable,
}

impl From<core::PhotoSealing> for PhotoSealing {
    fn from(sealing: core::PhotoSealing) -> Self {
        match sealing {
            core::PhotoSealing::Off => Self::Off,
            core::PhotoSealing::Originals => Self::Originals,
            core::PhotoSealing::All => Self::All,
            core::PhotoSealing::Unusable => Self::Unusable,
        }
    }
}

/// What an enrolment brought.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Enrolment {
    /// The election.
    pub election: String,
    /// The observer organisation.
    pub organisation: String,
    /// The units at which, and below which, the person may observe; none for everywhere.
    pub units: Option<Vec<String>>,
    /// Keys for which hardware vouched, as headquarters says; empty where none did. Of no account for
    /// what the observer may do.
    pub hardware_vouched: Vec<KeyRole>,
    /// Version of the election set-up.
    pub set_up_version: u32,
    /// Whether photographs are sealed to headquarters.
    pub sealing: PhotoSealing,
}

impl From<core::EnrolmentSummary> for Enrolment {
    fn from(summary: core::EnrolmentSummary) -> Self {
        let units = match &summary.mandate {
            Mandate::Everywhere => None,
            Mandate::Units(units) => Some(units.iter().map(ToString::to_string).collect()),
        };
        Self {
            election: summary.election.to_string(),
            organisation: summary.org.to_string(),
            units,
            hardware_vouched: summary.hardware.iter().map(|(role, _)| (*role).into()).collect(),
            set_up_version: summary.pack_version,
            sealing: summary.sealing.into(),
        }
    }
}

/// One lane of the outbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, uniffi::Record)]
pub struct LaneSummary {
    /// How many wait.
    pub count: u32,
    /// Their bytes.
    pub bytes: u64,
}

impl From<core::LaneSummary> for LaneSummary {
    fn from(lane: core::LaneSummary) -> Self {
        Self { count: lane.count, bytes: lane.bytes }
    }
}

/// What waits, what arrived, and what stands in the way.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
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
    /// Photos that headquarters keeps as they were sealed and cannot open yet. They wait in their lanes for
    /// a receipt; nothing of them is sent again.
    pub photos_held_sealed: u32,
    /// Whether photographs that are taken now are sealed to headquarters.
    pub sealing: PhotoSealing,
    /// Age of the oldest record without a receipt, in milliseconds.
    pub oldest_unsent_ms: Option<u64>,
    /// What stands in the way, in words.
    pub blocked_by: Option<String>,
    /// When a retry is due, in milliseconds from now; 0 for at once; none when nothing waits.
    pub next_wakeup_ms: Option<u64>,
}

impl From<core::OutboxSummary> for OutboxSummary {
    fn from(summary: core::OutboxSummary) -> Self {
        Self {
            urgent: summary.urgent.into(),
            records: summary.records.into(),
            thumbnails: summary.thumbnails.into(),
            previews: summary.previews.into(),
            originals: summary.originals.into(),
            acked: summary.acked,
            held: summary.held,
            rejected: summary.rejected,
            suspect: summary.suspect,
            photos_verified: summary.photos_verified,
            photos_lost: summary.photos_lost,
            photos_pruned: summary.photos_pruned,
            gone_for_resend: summary.gone_for_resend,
            held_bytes: summary.held_bytes,
            over_budget_bytes: summary.over_budget_bytes,
            photos_held_sealed: summary.photos_held_sealed,
            sealing: summary.sealing.into(),
            oldest_unsent_ms: summary.oldest_unsent_ms,
            blocked_by: summary.blocked_by,
            next_wakeup_ms: summary.next_wakeup_ms,
        }
    }
}

/// One record of the notebook.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RecordItem {
    /// Its identity, which headquarters shows too.
    pub id: String,
    /// A shorter name for people to quote.
    pub uid: String,
    /// Which key signed it.
    pub role: KeyRole,
    /// Its place in that key's chain, from 0.
    pub seq: u64,
    /// Its kind: `protocol`, `not-obtained`, `incident`, `form`, `correction`.
    pub kind: String,
    /// The unit it speaks of.
    pub unit: Option<String>,
    /// The record it corrects.
    pub corrects: Option<String>,
    /// When the phone's clock said it was made.
    pub captured_at_ms: i64,
    /// How far it has come.
    pub progress: RecordProgress,
    /// Why it is not further: a stable code.
    pub reason: Option<String>,
    /// What headquarters decided about it, if it did.
    pub decision: Option<Decided>,
    /// Its photographs and the smaller pictures of them.
    pub photos: Vec<PhotoItem>,
}

/// How far a record has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
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

/// A decision of headquarters about a record.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Decided {
    /// Whether it counts.
    pub counted: bool,
    /// Why, in headquarters' words.
    pub reason: String,
}

/// One picture of a record.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PhotoItem {
    /// SHA-256 of its bytes.
    pub hash: String,
    /// Original, preview or thumbnail.
    pub role: PhotoRole,
    /// Which page it shows.
    pub page: u32,
    /// Length in bytes.
    pub bytes: u64,
    /// How far it has come.
    pub progress: PhotoProgress,
    /// When its file was removed from this phone to make room, by this device's clock; none while it is
    /// here. Show the preview.
    pub pruned_at_ms: Option<i64>,
    /// Whether it is sealed to headquarters: nobody can look at it here, and `read_photo` refuses it.
    pub sealed: bool,
}

/// Which picture of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum PhotoRole {
    /// Byte for byte as captured.
    Original,
    /// Legible, about 1,280 pixels long, without metadata.
    Preview,
    /// At most 320 pixels.
    Thumbnail,
}

/// How far a photo has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum PhotoProgress {
    /// Saved on this phone.
    Queued,
    /// Headquarters has it whole, and said so in a receipt.
    Verified,
    /// Headquarters does not have it, and the file on the phone is gone or damaged; or it was pruned
    /// and headquarters lost it afterwards.
    Lost,
}

impl From<core::RecordItem> for RecordItem {
    fn from(item: core::RecordItem) -> Self {
        Self {
            id: item.id.to_string(),
            uid: item.uid.to_string(),
            role: item.role.into(),
            seq: item.seq,
            kind: item.kind.name().to_owned(),
            unit: item.unit.map(|unit| unit.to_string()),
            corrects: item.corrects.map(|id| id.to_string()),
            captured_at_ms: item.captured_at.0,
            progress: item.progress.into(),
            reason: item.reason,
            decision: item.decision.map(Decided::from),
            photos: item.photos.into_iter().map(PhotoItem::from).collect(),
        }
    }
}

impl From<core::RecordProgress> for RecordProgress {
    fn from(progress: core::RecordProgress) -> Self {
        match progress {
            core::RecordProgress::Queued => Self::Queued,
            core::RecordProgress::Suspect => Self::Suspect,
            core::RecordProgress::Acked => Self::Acked,
            core::RecordProgress::Held => Self::Held,
            core::RecordProgress::Rejected => Self::Rejected,
        }
    }
}

impl From<core::Decided> for Decided {
    fn from(decided: core::Decided) -> Self {
        let counted = decided.disposition == statement::Disposition::Counted;
        Self { counted, reason: decided.reason }
    }
}

impl From<core::PhotoItem> for PhotoItem {
    fn from(photo: core::PhotoItem) -> Self {
        Self {
            hash: photo.hash.to_string(),
            role: match photo.role {
                CorePhotoRole::Original => PhotoRole::Original,
                CorePhotoRole::Preview => PhotoRole::Preview,
                CorePhotoRole::Thumbnail => PhotoRole::Thumbnail,
            },
            page: photo.page,
            bytes: photo.bytes,
            sealed: photo.sealed,
            progress: match photo.progress {
                core::PhotoProgress::Queued => PhotoProgress::Queued,
                core::PhotoProgress::Verified => PhotoProgress::Verified,
                core::PhotoProgress::Lost => PhotoProgress::Lost,
            },
            pruned_at_ms: photo.pruned_at.map(|at| at.0),
        }
    }
}

/// A message of headquarters to the owner of the notebook. Its signature was checked.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct MessageItem {
    /// Its name, to open it by.
    pub id: String,
    /// The account of headquarters that wrote it.
    pub account: String,
    /// The text in the owner's language, else in the first that is there.
    pub text: String,
    /// The language of that text.
    pub language: String,
    /// Every text, by language.
    pub texts: HashMap<String, String>,
    /// When it was written, by headquarters' clock.
    pub sent_at_ms: i64,
    /// When it came, by this device's clock.
    pub received_at_ms: i64,
    /// When it was first opened; none while it is unread.
    pub read_at_ms: Option<i64>,
}

impl From<core::MessageItem> for MessageItem {
    fn from(item: core::MessageItem) -> Self {
        Self {
            id: item.id.to_string(),
            account: item.account,
            text: item.text,
            language: item.language,
            texts: item.texts.into_iter().collect(),
            sent_at_ms: item.sent_at.0,
            received_at_ms: item.received_at.0,
            read_at_ms: item.read_at.map(|at| at.0),
        }
    }
}

/// One line of the journal: what happened, without who, where or words.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct JournalLine {
    /// When, by the phone's clock.
    pub at_ms: i64,
    /// A stable code.
    pub code: String,
    /// Ids and counts.
    pub detail: String,
}

impl From<core::JournalLine> for JournalLine {
    fn from(line: core::JournalLine) -> Self {
        Self { at_ms: line.at.0, code: line.code, detail: line.detail }
    }
}
