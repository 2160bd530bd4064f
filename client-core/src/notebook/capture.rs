//! Capturing: whatever the sheet says, it is on disk and signed when the call returns.

use std::sync::{Arc, PoisonError};

use hattama_proto::{
    id::{ElectionId, RecordId},
    jws::{Envelope, SignError},
    kind::Role,
    limits::PHOTOS_PER_RECORD_MAX,
    pack::Finding,
    record::{Body, Photo, PhotoRole, Record, sign_record},
};

use super::{Notebook, lock};
use crate::{
    capture::{
        CaptureSummary, CorrectedDraft, CorrectionDraft, FormDraft, IncidentDraft, Intake,
        KeptPhotos, Known, NotObtainedDraft, Place, ProtocolDraft, SealedPhoto, Warning, body_of,
        check, claims, correction_of,
    },
    clock::Anchor,
    error::NotebookError,
    outbox::{self, NewRecord},
    sealing::Policy,
    steps::crash_point,
};

impl Notebook {
    /// Signs a results protocol and stores it with its photographs. Needs no network and no
    /// enrolment; on disk once it returns.
    ///
    /// Figures are taken as they are. What does not add up comes back as a finding.
    pub fn capture_protocol(&self, draft: ProtocolDraft) -> Result<CaptureSummary, NotebookError> {
        self.capture(CorrectedDraft::Protocol(draft), None)
    }

    /// Signs that a copy could not be had, and why. As durable as a protocol.
    pub fn capture_not_obtained(
        &self,
        draft: NotObtainedDraft,
    ) -> Result<CaptureSummary, NotebookError> {
        self.capture(CorrectedDraft::NotObtained(draft), None)
    }

    /// Signs an incident with the notebook's other key, which nobody outside headquarters' vault
    /// can link with the one that signs protocols.
    pub fn capture_incident(&self, draft: IncidentDraft) -> Result<CaptureSummary, NotebookError> {
        self.capture(CorrectedDraft::Incident(draft), None)
    }

    /// Signs any other form of the set-up.
    pub fn capture_form(&self, draft: FormDraft) -> Result<CaptureSummary, NotebookError> {
        self.capture(CorrectedDraft::Form(draft), None)
    }

    /// Signs that an earlier record of this notebook was wrong and what it should have said. The
    /// earlier one stays.
    pub fn correct(
        &self,
        record: RecordId,
        draft: CorrectionDraft,
    ) -> Result<CaptureSummary, NotebookError> {
        let earlier = self.get(record)?;
        if earlier.role != role_of(&draft.becomes) {
            return Err(NotebookError::invalid(
                "becomes",
                "an incident and other records are signed by different keys and cannot correct \
                 each other; capture a new record",
            ));
        }
        let kept = match draft.earlier_photos {
            KeptPhotos::Keep => self.with(|outbox| outbox.named_photos(record))?,
            KeptPhotos::Leave => Vec::new(),
        };
        self.capture(draft.becomes, Some(Corrects { record, reason: draft.reason, kept }))
    }

    fn capture(
        &self,
        draft: CorrectedDraft,
        corrects: Option<Corrects>,
    ) -> Result<CaptureSummary, NotebookError> {
        let _working = self.enter()?;
        let role = role_of(&draft);
        let election = self.election()?.ok_or_else(|| {
            NotebookError::invalid("election", "enrol first, or open with an election")
        })?;
        let kept = corrects.as_ref().map_or(Vec::new(), |corrects| corrects.kept.clone());
        // Until a record names them.
        let _used = self.files_in_use.read().unwrap_or_else(PoisonError::into_inner);
        let policy = self.sealing();
        let _sealing = matches!(policy, Policy::Seal(_)).then(|| lock(&self.sealing));
        let taken = self.take_in(&draft, kept, &policy)?;
        let body = match corrects {
            None => body_of(draft, taken.photos),
            Some(Corrects { record, reason, .. }) => {
                correction_of(record, reason, draft, taken.photos)
            }
        };
        body.check().map_err(|error| NotebookError::invalid("record", error))?;
        crash_point("before-signing");
        let record = self.sign_and_store(role, election, body, &taken.sealed)?;

        let (findings, mut warnings) = self.advice(&record.claims.body);
        warnings.extend(taken.warnings);
        Ok(CaptureSummary {
            record: record.id,
            uid: record.claims.uid,
            kind: record.verified.kind(),
            role,
            seq: record.claims.seq,
            photos: taken.originals,
            findings,
            warnings,
        })
    }

    /// What a capture of `draft` would say back, without taking in, signing or storing anything: for
    /// the screen on which the observer still types. Says nothing about photographs.
    pub fn look_over(&self, draft: &CorrectedDraft) -> (Vec<Finding>, Vec<Warning>) {
        self.advice(&body_of(draft.clone(), Vec::new()))
    }

    fn advice(&self, body: &Body) -> (Vec<Finding>, Vec<Warning>) {
        let (pack, anchor) =
            (self.pack_if_readable(), self.with(|outbox| outbox.setting(outbox::CLOCK_ANCHOR)));
        let now = self.options.clock.now();
        let known = Known {
            pack: pack.as_deref(),
            clock_ahead_ms: anchor
                .unwrap_or_default()
                .and_then(|anchor| Anchor::read(&anchor))
                .map(|anchor| anchor.ahead_ms(&now)),
        };
        check(body, &known, &now)
    }

    fn take_in(
        &self,
        draft: &CorrectedDraft,
        kept: Vec<Photo>,
        policy: &Policy,
    ) -> Result<TakenIn, NotebookError> {
        if draft.photos().len() + kept.len() > PHOTOS_PER_RECORD_MAX {
            // Told before anything is copied.
            return Err(NotebookError::invalid(
                "photos",
                "a record names at most 60 pictures; make a second record for the rest",
            ));
        }
        // A notebook at rest takes nothing in, not even a file.
        self.with(|_| Ok(()))?;
        let mut all = TakenIn { photos: kept, ..TakenIn::default() };
        if draft.photos().is_empty() {
            return Ok(all);
        }
        match policy {
            Policy::Unusable => all.warnings.push(Warning::NotSealed),
            Policy::Seal(to) if to.unreadable > 0 => {
                all.warnings.push(Warning::SealedToFewer { left_out: to.unreadable });
            }
            _ => {}
        }
        if !all.warnings.is_empty() {
            let now = self.options.clock.now();
            self.with(|outbox| outbox.note(now.wall, "sealing-recipients-unreadable", ""))?;
        }
        let intake = Intake {
            folder: &self.folder,
            files: &self.files()?,
            random: self.options.random.as_ref(),
            pictures: self.options.pictures,
            seal_to: match policy {
                Policy::Seal(to) => Some(to),
                Policy::Off | Policy::Unusable => None,
            },
            known: &|photo| self.with(|outbox| outbox.sealed(photo)),
        };
        for input in draft.photos() {
            let taken = intake.take(input)?;
            if let Some(reason) = taken.no_preview {
                all.warnings.push(Warning::NoPreview { page: input.page, reason });
            }
            all.sealed.extend(taken.sealed);
            for photo in taken.photos {
                if photo.role == PhotoRole::Original {
                    if all.originals.contains(&photo.sha256) {
                        all.warnings.push(Warning::SamePhotoTwice { page: input.page });
                    }
                    all.originals.push(photo.sha256);
                }
                if !all.photos.contains(&photo) {
                    all.photos.push(photo);
                }
            }
        }
        Ok(all)
    }

    /// Gives `body` its place in the chain, signs it and stores it.
    fn sign_and_store(
        &self,
        role: Role,
        election: ElectionId,
        body: Body,
        sealed: &[SealedPhoto],
    ) -> Result<Record, NotebookError> {
        // From the look at the head of the chain to the commit nobody else may take the place.
        // The outbox itself stays free while the key signs.
        let _place = lock(&self.capturing);
        let own = self.keys()?;
        let key = own.of_role(role);
        let kid = key.kid();
        let place = self.with(|outbox| {
            let (head, seen) = (outbox.head(kid)?, outbox.seen(role)?);
            Ok(Place { election, kid, head, seen })
        })?;
        let now = self.options.clock.now();
        let claims = claims(place, body, &now, self.options.random.as_ref())
            .map_err(|error| NotebookError::Keys { reason: error.to_string() })?;
        let text = sign_record(key, &claims).map_err(|error| match error {
            SignError::TooLarge { .. } => NotebookError::invalid("record", error),
            SignError::Json(_) => NotebookError::Storage { reason: error.to_string() },
        })?;
        // Read back as headquarters will: what cannot be read there shall not be stored here.
        let verified = Envelope::parse(&text)
            .and_then(|envelope| envelope.verify(&key.public()))
            .map_err(|error| NotebookError::Keys { reason: error.to_string() })?;
        let record =
            Record::read(verified).map_err(|error| NotebookError::invalid("record", error))?;
        crash_point("record-signed");
        self.with(|outbox| {
            outbox.append(&NewRecord { record: &record, role, captured_at: now.wall, sealed })
        })?;
        Ok(record)
    }

    /// A set-up that cannot be read now must not stop a capture.
    fn pack_if_readable(&self) -> Option<Arc<hattama_proto::pack::Pack>> {
        self.pack().ok().flatten()
    }
}

struct Corrects {
    record: RecordId,
    reason: String,
    kept: Vec<Photo>,
}

#[derive(Default)]
struct TakenIn {
    photos: Vec<Photo>,
    sealed: Vec<SealedPhoto>,
    originals: Vec<hattama_proto::id::PhotoHash>,
    warnings: Vec<Warning>,
}

const fn role_of(draft: &CorrectedDraft) -> Role {
    match draft {
        CorrectedDraft::Incident(_) => Role::Incidents,
        CorrectedDraft::Protocol(_) | CorrectedDraft::NotObtained(_) | CorrectedDraft::Form(_) => {
            Role::Results
        }
    }
}
