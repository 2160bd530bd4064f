//! What a capture says back. Everything here is advice: the record is on disk already.

use hattama_proto::{
    id::{PhotoHash, QuestionCode, RecordId},
    kind::{Kind, Role},
    pack::Finding,
};
use uuid::Uuid;

/// A record that was made.
#[derive(Clone, Debug, PartialEq)]
pub struct CaptureSummary {
    /// Its identity, which headquarters will show too.
    pub record: RecordId,
    /// A shorter name for people to quote.
    pub uid: Uuid,
    /// Its kind.
    pub kind: Kind,
    /// Which of the two keys signed it.
    pub role: Role,
    /// Its place in that key's chain, from 0.
    pub seq: u64,
    /// The original photographs, in the order given.
    pub photos: Vec<PhotoHash>,
    /// Control relations of the form that do not hold or cannot be told.
    pub findings: Vec<Finding>,
    /// What else the observer may want to look at again.
    pub warnings: Vec<Warning>,
}

/// Something worth a second look. Never a reason to refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// There is no election set-up yet, so nothing could be checked.
    NoSetUp,
    /// The set-up does not know this unit.
    UnknownUnit(String),
    /// The set-up does not know this form.
    UnknownForm(String),
    /// The form has no such line.
    UnknownLine(String),
    /// A line the paper must carry was left out.
    RequiredLineMissing(String),
    /// The form has no such contest, or the contest no such choice.
    UnknownChoice(String),
    /// The set-up does not know this copy type.
    UnknownCopy(String),
    /// The form has no such question.
    UnknownQuestion(String),
    /// The set-up does not know this phase or category.
    UnknownCategory(String),
    /// An answer that headquarters will open an incident for.
    CriticalAnswer(QuestionCode),
    /// The phone's clock differs from headquarters'.
    ClockOff {
        /// By how much the phone is ahead, in milliseconds.
        ahead_ms: i64,
    },
    /// The phone's clock shows a year in which no election of this kind takes place.
    ClockAbsurd,
    /// No small pictures could be made of this page; the original is kept and will be sent.
    NoPreview {
        /// The page.
        page: u32,
        /// Why.
        reason: String,
    },
    /// The set-up asks for photographs to be sealed to headquarters and names nobody this program can
    /// seal to: these were kept as without sealing.
    NotSealed,
    /// Photographs were sealed, and to fewer than the set-up names: this program cannot read the others.
    SealedToFewer {
        /// How many were left out.
        left_out: usize,
    },
    /// The same file was handed over twice.
    SamePhotoTwice {
        /// The later page.
        page: u32,
    },
}
