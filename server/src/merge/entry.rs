//! What a unit's file needs of one record.
//!
//! Everything else (words, nonce, clocks, place) stays in the record, which is kept whole. An
//! entry carries no standing: that is worked out when the file is read, so that a revocation or a
//! decision rewrites nothing.

use hattama_proto::{
    id::{
        CopyType, ElectionId, FormCode, Kid, LineCode, PhotoHash, QuestionCode, RecordId,
        TableCode, UnitCode,
    },
    kind::Role,
    record::{
        Answer, Body, Corrected, FormAnswers, Mark, Missing, NotObtained, OnBehalf, Photo,
        PhotoRole, Record, ResultsProtocol, SheetFlags,
    },
    time::ClaimedTime,
};
use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::{
    cells::{Cells, Shapes},
    standing::Facts,
};

/// What the unit's file needs of one record: a protocol, a copy not obtained, another form, or a
/// correction of one of these.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The record.
    pub id: RecordId,
    /// Index of the record's leaf in the log.
    pub position: u64,
    /// The key that signed it.
    pub kid: Kid,
    /// Its place in the key's chain.
    pub seq: u64,
    /// The name under which the observer knows it.
    pub uid: Uuid,
    /// The election it names.
    pub election: ElectionId,
    /// What the device's clock claimed.
    pub claimed_at: ClaimedTime,
    /// The unit it names; a decision may say that it belongs to another.
    pub unit: UnitCode,
    /// The record it corrects.
    pub corrects: Option<RecordId>,
    /// Who told it, where it was written down for somebody else.
    pub on_behalf: Option<OnBehalf>,
    /// What it says.
    pub body: EntryBody,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EntryBody {
    /// One copy of a results protocol, as one person read it.
    #[serde(rename = "protocol")]
    Sheet(Sheet),
    /// A copy that could not be had.
    NotObtained(NoCopy),
    /// Another form.
    Form(FilledForm),
}

/// One copy of a results protocol, as one person read it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sheet {
    /// The form.
    pub form: FormCode,
    /// Which summary table, for a higher commission that keeps several.
    pub table: Option<TableCode>,
    /// Which document was photographed, as the observer said.
    pub copy: CopyType,
    /// Number on the document.
    pub document_number: Option<Box<str>>,
    /// Time on the document, as it stands there.
    pub document_time: Option<Box<str>>,
    /// The figures.
    pub cells: Cells,
    /// How lines look, where that matters.
    #[serde(serialize_with = "as_map")]
    pub marks: Vec<(LineCode, Vec<Mark>)>,
    /// What the document carries.
    pub flags: SheetFlags,
    /// Its photographs and their smaller pictures.
    pub photos: Vec<EntryPhoto>,
}

/// A copy that could not be had. Words stay in the record: they may name people.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NoCopy {
    /// What happened.
    pub missing: Missing,
    /// Which copy was asked for, if one kind was.
    pub copy: Option<CopyType>,
    /// When it happened.
    pub occurred_at: Option<ClaimedTime>,
    /// The office of who decided.
    pub office: Option<Box<str>>,
    /// Pictures, if any.
    pub photos: Vec<EntryPhoto>,
}

/// Another form, kept short.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FilledForm {
    /// The form.
    pub form: FormCode,
    /// Answers by question. Longer words stay in the record; see `left_out`.
    #[serde(serialize_with = "as_map")]
    pub answers: Vec<(QuestionCode, Answer)>,
    /// How many answers were too long to be repeated here.
    pub left_out: u32,
}

/// Longest answer in words that an entry repeats, in bytes: every code of a set-up fits, free
/// words mostly do not, and a unit's file is read often.
const ANSWER_BYTES_MAX: usize = 64;

/// A photograph that an entry names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct EntryPhoto {
    /// SHA-256 of its bytes.
    pub sha256: PhotoHash,
    /// Original, preview or thumbnail.
    pub role: PhotoRole,
    /// Which page of the document, from 1.
    pub page: u32,
    /// Length in bytes.
    pub bytes: u64,
}

impl Entry {
    /// The entry of a record that was logged at `position`; none for incidents, which belong to
    /// no unit's file.
    pub fn from_record(record: &Record, position: u64) -> Option<Self> {
        Self::with_shapes(record, position, &mut Shapes::default())
    }

    /// As [`from_record`](Self::from_record), sharing cell keys with earlier entries.
    pub fn with_shapes(record: &Record, position: u64, shapes: &mut Shapes) -> Option<Self> {
        let claims = &record.claims;
        let (corrects, body) = match &claims.body {
            Body::Protocol(protocol) => (None, EntryBody::sheet(protocol, shapes)),
            Body::NotObtained(missing) => (None, EntryBody::not_obtained(missing)),
            Body::Form(form) => (None, EntryBody::form(form)),
            Body::Correction(correction) => {
                let body = match &correction.becomes {
                    Corrected::Protocol(protocol) => EntryBody::sheet(protocol, shapes),
                    Corrected::NotObtained(missing) => EntryBody::not_obtained(missing),
                    Corrected::Form(form) => EntryBody::form(form),
                    Corrected::Incident(_) => return None,
                };
                (Some(correction.corrects), body)
            }
            Body::Incident(_) => return None,
        };
        Some(Self {
            id: record.id,
            position,
            kid: record.verified.kid(),
            seq: claims.seq,
            uid: claims.uid,
            election: claims.election.clone(),
            claimed_at: claims.claimed_at.clone(),
            unit: claims.body.unit()?.clone(),
            corrects,
            on_behalf: claims.on_behalf.clone(),
            body,
        })
    }

    /// What its standing depends on.
    pub const fn facts(&self) -> Facts<'_> {
        Facts {
            id: self.id,
            kid: self.kid,
            seq: self.seq,
            role: Role::Results,
            unit: Some(&self.unit),
            election: &self.election,
            position: self.position,
            corrects: self.corrects,
        }
    }

    /// The photographs it names.
    pub fn photos(&self) -> &[EntryPhoto] {
        match &self.body {
            EntryBody::Sheet(sheet) => &sheet.photos,
            EntryBody::NotObtained(missing) => &missing.photos,
            EntryBody::Form(_) => &[],
        }
    }

    /// The sheet, if it is a protocol.
    pub const fn sheet(&self) -> Option<&Sheet> {
        match &self.body {
            EntryBody::Sheet(sheet) => Some(sheet),
            EntryBody::NotObtained(_) | EntryBody::Form(_) => None,
        }
    }
}

impl Sheet {
    /// Hashes of the original photographs.
    pub fn originals(&self) -> impl Iterator<Item = &PhotoHash> {
        self.photos
            .iter()
            .filter(|photo| photo.role == PhotoRole::Original)
            .map(|photo| &photo.sha256)
    }
}

impl EntryBody {
    fn sheet(protocol: &ResultsProtocol, shapes: &mut Shapes) -> Self {
        Self::Sheet(Sheet {
            form: protocol.form.clone(),
            table: protocol.table.clone(),
            copy: protocol.copy.clone(),
            document_number: protocol.document_number.as_deref().map(Box::from),
            document_time: protocol.document_time.as_deref().map(Box::from),
            cells: Cells::of(protocol, shapes),
            marks: protocol
                .marks
                .iter()
                .map(|(line, marks)| (line.clone(), marks.clone()))
                .collect(),
            flags: protocol.flags,
            photos: photos(&protocol.photos),
        })
    }

    fn not_obtained(missing: &NotObtained) -> Self {
        Self::NotObtained(NoCopy {
            missing: missing.missing,
            copy: missing.copy.clone(),
            occurred_at: missing.occurred_at.clone(),
            office: missing.office.as_deref().map(Box::from),
            photos: photos(&missing.photos),
        })
    }

    fn form(form: &FormAnswers) -> Self {
        let fits = |answer: &Answer| match answer {
            Answer::Text(text) => text.len() <= ANSWER_BYTES_MAX,
            Answer::Open | Answer::YesNo(_) | Answer::Number(_) => true,
        };
        let answers: Vec<_> = form
            .answers
            .iter()
            .filter(|(_, answer)| fits(answer))
            .map(|(question, answer)| (question.clone(), answer.clone()))
            .collect();
        let left_out = form.answers.len() - answers.len();
        Self::Form(FilledForm {
            form: form.form.clone(),
            answers,
            left_out: u32::try_from(left_out).expect("a record of 16 KiB has fewer answers"),
        })
    }
}

fn photos(photos: &[Photo]) -> Vec<EntryPhoto> {
    photos
        .iter()
        .map(|photo| EntryPhoto {
            sha256: photo.sha256,
            role: photo.role,
            page: photo.page,
            bytes: photo.bytes,
        })
        .collect()
}

/// Writes pairs as an object.
pub(super) fn as_map<S: Serializer, K: Serialize, V: Serialize>(
    pairs: &[(K, V)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(key, value)| (key, value)))
}
