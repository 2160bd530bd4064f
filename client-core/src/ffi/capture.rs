//! Capturing through the border: what was typed, photographs one by one, then one call that signs.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use hattama_proto::{id::RecordId, pack};

use super::{Draft, KeyRole, Notebook, NotebookError, draft::code};
use crate::{
    Notebook as Core,
    capture::{self as core, CorrectedDraft, CorrectionDraft, PhotoInput},
    error::NotebookError as CoreError,
};

/// Something that is being captured. Nothing is kept before `commit`: what an app wants to survive until
/// then it keeps itself.
#[derive(uniffi::Object)]
pub struct Capture {
    notebook: Arc<Notebook>,
    /// None once it was committed or discarded, and while it is being committed.
    pending: Mutex<Option<Pending>>,
}

#[derive(Clone)]
struct Pending {
    draft: Draft,
    photos: Vec<PhotoInput>,
    corrects: Option<Corrects>,
}

#[derive(Clone)]
struct Corrects {
    record: RecordId,
    reason: String,
    earlier_photos: core::KeptPhotos,
}

/// Whether a correction names the photographs of the record that was wrong again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum KeptPhotos {
    /// Yes: they show the same document, and new ones are added.
    Keep,
    /// No: they showed something else. They stay with the record that was wrong.
    Leave,
}

/// A record that was made. It is on disk.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct CaptureSummary {
    /// Its identity, which headquarters will show too.
    pub record: String,
    /// A shorter name for people to quote.
    pub uid: String,
    /// Its kind.
    pub kind: String,
    /// Which of the two keys signed it.
    pub role: KeyRole,
    /// Its place in that key's chain, from 0.
    pub seq: u64,
    /// Hashes of the original photographs, in the order given.
    pub photos: Vec<String>,
    /// Control relations of the form that do not hold or cannot be told.
    pub findings: Vec<Finding>,
    /// What else the observer may want to look at again.
    pub warnings: Vec<Warning>,
}

/// What a capture would say, before it is one.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct LookedOver {
    /// Control relations of the form that do not hold or cannot be told.
    pub findings: Vec<Finding>,
    /// What else the observer may want to look at again.
    pub warnings: Vec<Warning>,
}

/// A control relation that does not hold, or cannot be told. Advice, never a refusal.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Finding {
    /// Which relation, by its name in the set-up.
    pub relation: String,
    /// Whether no correct sheet can break it; otherwise it is unusual.
    pub hard: bool,
    /// Sum of the left side; none where a figure is missing or illegible.
    pub left: Option<u64>,
    /// Sum of the right side; likewise.
    pub right: Option<u64>,
}

/// Something worth a second look.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Warning {
    /// A stable code: `no-set-up`, `unknown-unit`, `unknown-form`, `unknown-line`, `line-missing`,
    /// `unknown-choice`, `unknown-copy`, `unknown-question`, `unknown-category`, `critical-answer`,
    /// `clock-off`, `clock-absurd`, `no-preview`, `not-sealed`, `sealed-to-fewer`, `same-photo-twice`.
    pub code: String,
    /// What it is about: a code of the set-up, a page, milliseconds. Empty where the code says all.
    pub detail: String,
}

#[uniffi::export]
impl Notebook {
    /// Begins a capture. Needs no network and no enrolment.
    pub fn begin_capture(self: Arc<Self>, draft: Draft) -> Arc<Capture> {
        Capture::new(self, draft, None)
    }

    /// Begins a correction: the record was wrong, and this is what it should have said, whole. The
    /// record stays.
    pub fn begin_correction(
        self: Arc<Self>,
        record: String,
        reason: String,
        earlier_photos: KeptPhotos,
        draft: Draft,
    ) -> Result<Arc<Capture>, NotebookError> {
        let record = code("record", &record)?;
        let earlier_photos = match earlier_photos {
            KeptPhotos::Keep => core::KeptPhotos::Keep,
            KeptPhotos::Leave => core::KeptPhotos::Leave,
        };
        Ok(Capture::new(self, draft, Some(Corrects { record, reason, earlier_photos })))
    }
}

#[uniffi::export]
impl Capture {
    /// Adds a file, as page 1 or up. It must be there until `commit` has returned, and may be deleted
    /// then. Nothing is read yet.
    pub fn add_photo(&self, path: String, page: u32) -> Result<(), NotebookError> {
        self.pending(|pending| {
            pending.photos.push(PhotoInput { path: PathBuf::from(path), page });
        })
    }

    /// Takes what was typed since. Photographs stay.
    pub fn change(&self, draft: Draft) -> Result<(), NotebookError> {
        self.pending(|pending| pending.draft = draft)
    }

    /// What the capture would say now, for the screen on which the observer still types. Signs and
    /// stores nothing.
    pub fn look_over(&self) -> Result<LookedOver, NotebookError> {
        let draft = self.pending(|pending| pending.draft.clone())?.with_photos(Vec::new())?;
        let (findings, warnings) = self.notebook.call(|core| Ok(core.look_over(&draft)))?;
        Ok(LookedOver {
            findings: findings.into_iter().map(Finding::from).collect(),
            warnings: warnings.into_iter().map(Warning::from).collect(),
        })
    }

    /// Takes the photographs in, signs, and stores. Once it returns, all of it is on disk. If it fails
    /// nothing is stored, and it may be called again.
    pub fn commit(&self) -> Result<CaptureSummary, NotebookError> {
        let pending = self.lock().take().ok_or_else(done)?;
        let committed = self.commit_pending(pending.clone());
        if committed.is_err() {
            *self.lock() = Some(pending);
        }
        committed
    }

    /// Forgets it. Nothing was stored.
    pub fn discard(&self) {
        drop(self.lock().take());
    }
}

impl Capture {
    fn new(notebook: Arc<Notebook>, draft: Draft, corrects: Option<Corrects>) -> Arc<Self> {
        let pending = Mutex::new(Some(Pending { draft, photos: Vec::new(), corrects }));
        Arc::new(Self { notebook, pending })
    }

    fn commit_pending(&self, pending: Pending) -> Result<CaptureSummary, NotebookError> {
        let draft = pending.draft.with_photos(pending.photos)?;
        let summary = self.notebook.call(|core| capture(core, draft, pending.corrects))?;
        // A call of its own: the record is on disk whatever becomes of this one.
        drop(self.notebook.call(|core| {
            self.notebook.tell_outbox(core);
            Ok(())
        }));
        Ok(summary.into())
    }

    fn pending<T>(&self, work: impl FnOnce(&mut Pending) -> T) -> Result<T, NotebookError> {
        self.lock().as_mut().map(work).ok_or_else(done)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Pending>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Capture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Capture").finish_non_exhaustive()
    }
}

fn done() -> NotebookError {
    NotebookError::invalid("capture", &"it was committed or discarded; begin another")
}

fn capture(
    core: &Core,
    draft: CorrectedDraft,
    corrects: Option<Corrects>,
) -> Result<core::CaptureSummary, CoreError> {
    match (corrects, draft) {
        (Some(Corrects { record, reason, earlier_photos }), becomes) => {
            core.correct(record, CorrectionDraft { reason, becomes, earlier_photos })
        }
        (None, CorrectedDraft::Protocol(draft)) => core.capture_protocol(draft),
        (None, CorrectedDraft::NotObtained(draft)) => core.capture_not_obtained(draft),
        (None, CorrectedDraft::Incident(draft)) => core.capture_incident(draft),
        (None, CorrectedDraft::Form(draft)) => core.capture_form(draft),
    }
}

impl From<core::CaptureSummary> for CaptureSummary {
    fn from(summary: core::CaptureSummary) -> Self {
        Self {
            record: summary.record.to_string(),
            uid: summary.uid.to_string(),
            kind: summary.kind.name().to_owned(),
            role: summary.role.into(),
            seq: summary.seq,
            photos: summary.photos.iter().map(ToString::to_string).collect(),
            findings: summary.findings.into_iter().map(Finding::from).collect(),
            warnings: summary.warnings.into_iter().map(Warning::from).collect(),
        }
    }
}

impl From<pack::Finding> for Finding {
    fn from(finding: pack::Finding) -> Self {
        let (left, right) = match finding.verdict {
            pack::FindingVerdict::Broken { left, right } => (Some(left), Some(right)),
            pack::FindingVerdict::Incomplete => (None, None),
        };
        let hard = finding.severity == pack::RelationSeverity::Hard;
        Self { relation: finding.relation.to_string(), hard, left, right }
    }
}

impl From<core::Warning> for Warning {
    fn from(warning: core::Warning) -> Self {
        use core::Warning as W;
        let (code, detail) = match warning {
            W::NoSetUp => ("no-set-up", String::new()),
            W::UnknownUnit(unit) => ("unknown-unit", unit),
            W::UnknownForm(form) => ("unknown-form", form),
            W::UnknownLine(line) => ("unknown-line", line),
            W::RequiredLineMissing(line) => ("line-missing", line),
            W::UnknownChoice(choice) => ("unknown-choice", choice),
            W::UnknownCopy(copy) => ("unknown-copy", copy),
            W::UnknownQuestion(question) => ("unknown-question", question),
            W::UnknownCategory(category) => ("unknown-category", category),
            W::CriticalAnswer(question) => ("critical-answer", question.to_string()),
            W::ClockOff { ahead_ms } => ("clock-off", ahead_ms.to_string()),
            W::ClockAbsurd => ("clock-absurd", String::new()),
            W::NoPreview { page, .. } => ("no-preview", page.to_string()),
            W::NotSealed => ("not-sealed", String::new()),
            W::SealedToFewer { left_out } => ("sealed-to-fewer", left_out.to_string()),
            W::SamePhotoTwice { page } => ("same-photo-twice", page.to_string()),
        };
        Self { code: code.to_owned(), detail }
    }
}
