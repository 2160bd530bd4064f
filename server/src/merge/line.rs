//! An entry as one line of a unit's pack: the format that is kept.
//!
//! One JSON object per line, ended by a line feed. Names are short because every record of an
//! election night is written once more here, and lines are only ever appended. What stands in the
//! store was written by some version and is read by later ones, so names are never reused:
//!
//! | name | what | | name | what |
//! |---|---|---|---|---|
//! | `v` | version, 1 | | `sheet` | a protocol: |
//! | `i` | record id | | `f` `tb` `c` | form, summary table, copy type |
//! | `p` | log index | | `d` `w` | document number, document time |
//! | `k` `s` | kid, place in its chain | | `l` `r` | lines, contests |
//! | `u` | uid | | `m` | marks by line |
//! | `e` | election | | `g` | signed, sealed, every page |
//! | `t` | claimed time | | `h` | photos: hash, role, page, bytes |
//! | `ob` | who told it to a desk | | | |
//! | `n` | unit | | `none` | a copy not obtained: `y` what, `c`, `o` when, `b` office, `h` |
//! | `x` | the record it corrects | | `form` | another form: `f`, `a` answers, `z` left out |
//!
//! The table is derived: a line that cannot be read means that the pack has to be made again from
//! the records, not that anything is lost.

use std::{collections::BTreeMap, sync::Arc};

use hattama_proto::{
    id::{
        ChoiceCode, ContestCode, CopyType, ElectionId, FormCode, Kid, LineCode, PhotoHash,
        QuestionCode, RecordId, TableCode, UnitCode,
    },
    record::{Answer, Mark, Missing, OnBehalf, PhotoRole, SheetFlags},
    time::ClaimedTime,
};
use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

use super::{
    cells::{Cells, ContestMap, LineMap, Shapes},
    entry::{Entry, EntryBody, EntryPhoto, FilledForm, NoCopy, Sheet, as_map},
};

/// Version of the format that this code writes.
const VERSION: u32 = 1;

/// Why a unit's pack cannot be read. Make the packs again from the records.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// The line is not an entry.
    #[error("line {line} is not an entry")]
    Malformed {
        /// Number of the line, from 1.
        line: usize,
        /// Where reading stopped.
        #[source]
        source: serde_json::Error,
    },
    /// A newer version wrote the line.
    #[error("line {line} was written by a newer version (format {version})")]
    Newer {
        /// Number of the line, from 1.
        line: usize,
        /// Its version.
        version: u32,
    },
}

impl Entry {
    /// The line, with its line feed.
    pub fn to_line(&self) -> String {
        let line = LineOut {
            v: VERSION,
            i: self.id,
            p: self.position,
            k: self.kid,
            s: self.seq,
            u: self.uid,
            e: &self.election,
            t: &self.claimed_at,
            n: &self.unit,
            x: self.corrects,
            ob: self.on_behalf.as_ref(),
            body: BodyOut::of(&self.body),
        };
        let mut text = serde_json::to_string(&line).expect("an entry is plain data");
        text.push('\n');
        text
    }

    /// Reads a unit's pack; what stands twice is returned twice, the merge takes it once.
    pub fn read_lines(pack: &str) -> Result<Vec<Arc<Self>>, LineError> {
        let mut shapes = Shapes::default();
        let lines = pack.lines().enumerate();
        lines
            .map(|(index, text)| {
                let line = index + 1;
                let read: LineIn = serde_json::from_str(text)
                    .map_err(|source| LineError::Malformed { line, source })?;
                if read.v > VERSION {
                    return Err(LineError::Newer { line, version: read.v });
                }
                Ok(Arc::new(read.into_entry(&mut shapes)))
            })
            .collect()
    }
}

#[derive(Serialize)]
struct LineOut<'a> {
    v: u32,
    i: RecordId,
    p: u64,
    k: Kid,
    s: u64,
    u: Uuid,
    e: &'a ElectionId,
    t: &'a ClaimedTime,
    n: &'a UnitCode,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<RecordId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ob: Option<&'a OnBehalf>,
    #[serde(flatten)]
    body: BodyOut<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum BodyOut<'a> {
    Sheet(SheetOut<'a>),
    None(NoCopyOut<'a>),
    Form(FormOut<'a>),
}

#[derive(Serialize)]
struct SheetOut<'a> {
    f: &'a FormCode,
    #[serde(skip_serializing_if = "Option::is_none")]
    tb: Option<&'a TableCode>,
    c: &'a CopyType,
    #[serde(skip_serializing_if = "Option::is_none")]
    d: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    w: Option<&'a str>,
    l: LineMap<'a>,
    r: ContestMap<'a>,
    #[serde(skip_serializing_if = "no_pairs", serialize_with = "pairs")]
    m: &'a [(LineCode, Vec<Mark>)],
    g: [Option<bool>; 3],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    h: Vec<PhotoLine>,
}

#[derive(Serialize)]
struct NoCopyOut<'a> {
    y: Missing,
    #[serde(skip_serializing_if = "Option::is_none")]
    c: Option<&'a CopyType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    o: Option<&'a ClaimedTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    b: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    h: Vec<PhotoLine>,
}

#[derive(Serialize)]
struct FormOut<'a> {
    f: &'a FormCode,
    #[serde(serialize_with = "pairs")]
    a: &'a [(QuestionCode, Answer)],
    #[serde(skip_serializing_if = "is_zero")]
    z: u32,
}

type PhotoLine = (PhotoHash, PhotoRole, u32, u64);

impl<'a> BodyOut<'a> {
    fn of(body: &'a EntryBody) -> Self {
        match body {
            EntryBody::Sheet(sheet) => Self::Sheet(SheetOut {
                f: &sheet.form,
                tb: sheet.table.as_ref(),
                c: &sheet.copy,
                d: sheet.document_number.as_deref(),
                w: sheet.document_time.as_deref(),
                l: LineMap(&sheet.cells),
                r: ContestMap(&sheet.cells),
                m: &sheet.marks,
                g: [sheet.flags.signed, sheet.flags.sealed, sheet.flags.every_page],
                h: photo_lines(&sheet.photos),
            }),
            EntryBody::NotObtained(none) => Self::None(NoCopyOut {
                y: none.missing,
                c: none.copy.as_ref(),
                o: none.occurred_at.as_ref(),
                b: none.office.as_deref(),
                h: photo_lines(&none.photos),
            }),
            EntryBody::Form(form) => {
                Self::Form(FormOut { f: &form.form, a: &form.answers, z: form.left_out })
            }
        }
    }
}

fn photo_lines(photos: &[EntryPhoto]) -> Vec<PhotoLine> {
    photos.iter().map(|photo| (photo.sha256, photo.role, photo.page, photo.bytes)).collect()
}

fn pairs<S: Serializer, K: Serialize, V: Serialize>(
    pairs: &&[(K, V)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    as_map(pairs, serializer)
}

fn no_pairs<K, V>(pairs: &&[(K, V)]) -> bool {
    pairs.is_empty()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[derive(Deserialize)]
struct LineIn {
    v: u32,
    i: RecordId,
    p: u64,
    k: Kid,
    s: u64,
    u: Uuid,
    e: ElectionId,
    t: ClaimedTime,
    n: UnitCode,
    x: Option<RecordId>,
    ob: Option<OnBehalf>,
    #[serde(flatten)]
    body: BodyIn,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum BodyIn {
    Sheet(SheetIn),
    None(NoCopyIn),
    Form(FormIn),
}

#[derive(Deserialize)]
struct SheetIn {
    f: FormCode,
    tb: Option<TableCode>,
    c: CopyType,
    d: Option<Box<str>>,
    w: Option<Box<str>>,
    l: BTreeMap<LineCode, Option<u64>>,
    r: BTreeMap<ContestCode, BTreeMap<ChoiceCode, Option<u64>>>,
    #[serde(default)]
    m: BTreeMap<LineCode, Vec<Mark>>,
    g: [Option<bool>; 3],
    #[serde(default)]
    h: Vec<PhotoLine>,
}

#[derive(Deserialize)]
struct NoCopyIn {
    y: Missing,
    c: Option<CopyType>,
    o: Option<ClaimedTime>,
    b: Option<Box<str>>,
    #[serde(default)]
    h: Vec<PhotoLine>,
}

#[derive(Deserialize)]
struct FormIn {
    f: FormCode,
    a: BTreeMap<QuestionCode, Answer>,
    #[serde(default)]
    z: u32,
}

impl LineIn {
    fn into_entry(self, shapes: &mut Shapes) -> Entry {
        let body = match self.body {
            BodyIn::Sheet(sheet) => EntryBody::Sheet(sheet.into_sheet(shapes)),
            BodyIn::None(none) => EntryBody::NotObtained(NoCopy {
                missing: none.y,
                copy: none.c,
                occurred_at: none.o,
                office: none.b,
                photos: photos(none.h),
            }),
            BodyIn::Form(form) => EntryBody::Form(FilledForm {
                form: form.f,
                answers: form.a.into_iter().collect(),
                left_out: form.z,
            }),
        };
        Entry {
            id: self.i,
            position: self.p,
            kid: self.k,
            seq: self.s,
            uid: self.u,
            election: self.e,
            claimed_at: self.t,
            unit: self.n,
            corrects: self.x,
            on_behalf: self.ob,
            body,
        }
    }
}

impl SheetIn {
    fn into_sheet(self, shapes: &mut Shapes) -> Sheet {
        let [signed, sealed, every_page] = self.g;
        Sheet {
            form: self.f,
            table: self.tb,
            copy: self.c,
            document_number: self.d,
            document_time: self.w,
            cells: Cells::from_maps(&self.l, &self.r, shapes),
            marks: self.m.into_iter().collect(),
            flags: SheetFlags { signed, sealed, every_page },
            photos: photos(self.h),
        }
    }
}

fn photos(lines: Vec<PhotoLine>) -> Vec<EntryPhoto> {
    lines
        .into_iter()
        .map(|(sha256, role, page, bytes)| EntryPhoto { sha256, role, page, bytes })
        .collect()
}
