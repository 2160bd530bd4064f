//! A draft and the files taken in become a body.

use hattama_proto::{
    id::RecordId,
    record::{
        Body, Corrected, Correction, FormAnswers, Incident, NotObtained, Photo, ResultsProtocol,
    },
};

use super::{
    CorrectedDraft, FormDraft, IncidentDraft, NotObtainedDraft, PhotoInput, ProtocolDraft,
};

impl CorrectedDraft {
    /// The files it brings.
    pub(crate) fn photos(&self) -> &[PhotoInput] {
        match self {
            Self::Protocol(draft) => &draft.photos,
            Self::NotObtained(draft) => &draft.photos,
            Self::Incident(draft) => &draft.attachments,
            Self::Form(_) => &[],
        }
    }
}

/// The body of a record.
pub(crate) fn body_of(draft: CorrectedDraft, photos: Vec<Photo>) -> Body {
    match corrected(draft, photos) {
        Corrected::Protocol(body) => Body::Protocol(body),
        Corrected::NotObtained(body) => Body::NotObtained(body),
        Corrected::Incident(body) => Body::Incident(body),
        Corrected::Form(body) => Body::Form(body),
    }
}

/// The body of a correction.
pub(crate) fn correction_of(
    corrects: RecordId,
    reason: String,
    draft: CorrectedDraft,
    photos: Vec<Photo>,
) -> Body {
    Body::Correction(Correction { corrects, reason, becomes: corrected(draft, photos) })
}

fn corrected(draft: CorrectedDraft, photos: Vec<Photo>) -> Corrected {
    match draft {
        CorrectedDraft::Protocol(draft) => Corrected::Protocol(protocol(draft, photos)),
        CorrectedDraft::NotObtained(draft) => Corrected::NotObtained(not_obtained(draft, photos)),
        CorrectedDraft::Incident(draft) => Corrected::Incident(incident(draft, photos)),
        CorrectedDraft::Form(FormDraft { unit, form, answers }) => {
            Corrected::Form(FormAnswers { unit, form, answers })
        }
    }
}

fn protocol(draft: ProtocolDraft, photos: Vec<Photo>) -> ResultsProtocol {
    ResultsProtocol {
        unit: draft.unit,
        table: draft.table,
        form: draft.form,
        copy: draft.copy,
        document_number: draft.document_number,
        document_time: draft.document_time,
        lines: draft.lines,
        contests: draft.contests,
        marks: draft.marks,
        photos,
        flags: draft.flags,
    }
}

fn not_obtained(draft: NotObtainedDraft, photos: Vec<Photo>) -> NotObtained {
    NotObtained {
        unit: draft.unit,
        missing: draft.missing,
        copy: draft.copy,
        occurred_at: draft.occurred_at,
        office: draft.office,
        words: draft.words,
        photos,
    }
}

fn incident(draft: IncidentDraft, attachments: Vec<Photo>) -> Incident {
    Incident {
        categories: draft.categories,
        phase: draft.phase,
        severity: draft.severity,
        unit: draft.unit,
        place_words: draft.place_words,
        occurred_at: draft.occurred_at,
        words: draft.words,
        language: draft.language,
        attachments,
        refers_to: draft.refers_to,
    }
}
