//! Figures that observers wrote down before there was a phone: from a table into the desk's entries.
//!
//! Such an entry is signed by headquarters' desk, says so and says that it came in a table, and
//! corroborates nobody. From there on it is an entry like any other: it is compared with what the
//! commission published.

use std::sync::Arc;

use hattama_proto::{
    id::{CopyType, FileHash, FormCode, OrgId, PersonId},
    pack::{FormDefinition, FormKind, Pack},
    record::{Body, Channel},
    statement::Level,
    time::{ClaimedTime, UnixMillis},
};
use serde::Serialize;

use crate::{
    access::Operator,
    app::Headquarters,
    field::{FieldError, Telephoned, Written},
    official::{
        FileError, LeftOut, Mapping, MappingError, OfficialRow, OfficialRows, ReadingReport, Why,
        read_official, report, sheet,
    },
    publishing::{Keep, MAPPING_BYTES_MAX},
    store::StoreError,
};

/// A table of observers' figures.
#[derive(Clone, Debug)]
pub struct BroughtEntries {
    /// Byte for byte.
    pub file: Vec<u8>,
    /// The mapping to read it by, with `[entry]`.
    pub mapping: String,
    /// Level of its units.
    pub level: Level,
    /// Who observed, by pseudonym, where the table does not say.
    pub person: Option<PersonId>,
    /// For which organisation, where nobody is named.
    pub org: Option<OrgId>,
}

/// What became of it.
#[derive(Debug, Serialize)]
pub struct EntriesWritten {
    /// Units that were understood.
    pub units: usize,
    /// Documents that were understood; a unit may have several.
    pub documents: usize,
    /// What was written down; of a dry run: what would be.
    #[serde(flatten)]
    pub written: Written,
    /// Rows that were not understood, with their line and the reason.
    pub left_out: Vec<(u64, String)>,
    /// What would be understood; of a dry run only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<ReadingReport>,
}

/// Why a table was not taken.
#[derive(Debug, thiserror::Error)]
pub enum EntriesError {
    /// The mapping cannot be used.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The file as a whole cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The mapping does not say of which documents the rows are.
    #[error(
        "the mapping does not say of which documents the rows are; add [entry] with `form` and \
         `copy`, as `hattama official template` shows"
    )]
    NoEntry,
    /// A form that the set-up has not, or that is no results protocol.
    #[error("the set-up has no results protocol called {0:?}; see `form` in the mapping's [entry]")]
    Form(String),
    /// The mapping is too long.
    #[error("a mapping has at most {MAPPING_BYTES_MAX} bytes")]
    TooLong,
    /// Reading stopped half-way, a bug.
    #[error("reading the file stopped")]
    Stopped,
    /// The desk did not take it.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A table that was read.
struct Read {
    rows: OfficialRows,
    told: Vec<Telephoned>,
    report: Option<ReadingReport>,
    /// SHA-256 of the table.
    hash: FileHash,
}

impl Headquarters {
    /// Takes a table of observers' figures in, or tells what would be understood of it.
    pub async fn take_entries(
        &self,
        brought: BroughtEntries,
        keep: Keep,
        operator: &Operator,
        now: UnixMillis,
    ) -> Result<EntriesWritten, EntriesError> {
        if brought.mapping.len() > MAPPING_BYTES_MAX {
            return Err(EntriesError::TooLong);
        }
        let pack = Arc::clone(&self.book.read().pack);
        let reading = move || read(&brought, keep, &pack, now);
        let Read { rows, told, report, hash } =
            tokio::task::spawn_blocking(reading).await.map_err(|_| EntriesError::Stopped)??;
        let documents = told.len();
        let written = match keep {
            Keep::Nothing => self.telephone.known_of_table(told, operator).await?,
            Keep::Archive => {
                let written = self.telephone.write_down_table(told, operator, now).await?;
                if written.written > 0 {
                    let (by, hash) = (operator.name.as_str(), hash.to_hex());
                    crate::audit::note(&self.db, by, "entries-import", &hash, now).await?;
                }
                written
            }
        };
        let units: std::collections::BTreeSet<_> = rows.rows.iter().map(|row| &row.unit).collect();
        Ok(EntriesWritten {
            units: units.len(),
            documents,
            written,
            left_out: rows.left_out.iter().map(|row| (row.line, row.why.to_string())).collect(),
            report,
        })
    }
}

fn read(
    brought: &BroughtEntries,
    keep: Keep,
    pack: &Pack,
    now: UnixMillis,
) -> Result<Read, EntriesError> {
    let mapping = Mapping::parse(&brought.mapping, pack)?;
    let form = mapping.entry_form().ok_or(EntriesError::NoEntry)?;
    let form = FormCode::new(form)
        .ok()
        .and_then(|code| pack.form(&code))
        .filter(|form| form.kind == FormKind::Results)
        .ok_or_else(|| EntriesError::Form(form.to_owned()))?;
    let mut rows = read_official(&brought.file, brought.level, &mapping, pack)?;
    let (mut told, mut kept) = (Vec::with_capacity(rows.rows.len()), Vec::new());
    let mut left_out = Vec::new();
    for row in std::mem::take(&mut rows.rows) {
        match document(&rows, &row, form, brought, pack, now) {
            Ok(one) => {
                told.push(one);
                kept.push(row);
            }
            Err(why) => left_out.push(LeftOut { line: row.line, why: Why::NoDocument(why) }),
        }
    }
    rows.rows = kept;
    rows.left_out.extend(left_out);
    rows.left_out.sort_by_key(|row| row.line);
    let report = (keep == Keep::Nothing).then(|| report(&rows, brought.level, pack));
    let hash = FileHash::of(&brought.file);
    Ok(Read { rows, told, report, hash })
}

/// A row as what the desk is told; the reason in words where it names no document.
fn document(
    rows: &OfficialRows,
    row: &OfficialRow,
    form: &FormDefinition,
    brought: &BroughtEntries,
    pack: &Pack,
    now: UnixMillis,
) -> Result<Telephoned, String> {
    let of = row.entry.as_deref().cloned().unwrap_or_default();
    let copy = CopyType::new(&of.copy).map_err(|error| format!("{:?}: {error}", of.copy))?;
    if !pack.election.copy_types.iter().any(|known| known.code == copy) {
        return Err(format!("the set-up has no copy type {copy}"));
    }
    let person = match of.person.as_str() {
        "" => brought.person.clone(),
        person => Some(PersonId::new(person).map_err(|error| format!("{person:?}: {error}"))?),
    };
    let body = Body::Protocol(sheet(rows, row, form, copy, pack));
    body.check().map_err(|error| error.to_string())?;
    Ok(Telephoned {
        person,
        org: brought.org.clone(),
        channel: Channel::Spreadsheet,
        told_at: ClaimedTime::from_unix_millis(now),
        body,
    })
}
