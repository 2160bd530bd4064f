//! What is known, read from the store: unit files and the state root.

use std::{collections::HashMap, sync::Arc};

use hattama_proto::{
    id::{Kid, UnitCode},
    jws::Envelope,
    key::PublicKey,
    record::Record,
};

use crate::{
    access::Scope,
    app::Headquarters,
    book::{Book, SharedBook},
    merge::{
        Entry, Facts, LineError, Standing, StateRoot, StateRootBuilder, Statements, UnitFile,
        merge, standing,
    },
    review::IncidentState,
    store::{self, Db, StoreError, records::StoredRecord},
};

/// Rows read at once while everything is gone through.
const PAGE: u32 = 500;

/// Why what is known cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A unit's row holds a line that this version cannot read. The records are whole; make the
    /// rows anew from them.
    #[error("the row of unit {unit} cannot be read: {source}")]
    Line {
        /// The unit.
        unit: String,
        /// Which line and why.
        #[source]
        source: LineError,
    },
    /// A stored record's signature does not hold: the store was altered.
    #[error("the stored record at log index {0} does not verify: the store was altered")]
    Altered(u64),
    /// The kept list of a sample is not the one whose hash was signed. `hattama fsck` names it too.
    #[error(
        "the precincts of the sample at log index {0} are not those that were signed: the store was \
         altered"
    )]
    Sample(u64),
}

/// A stored record, verified again.
#[derive(Debug)]
pub struct Judged {
    /// The record; none where this version cannot read the payload.
    pub record: Option<Record>,
    /// Whether it counts; none where this version cannot read the payload.
    pub standing: Option<Standing>,
}

impl Headquarters {
    /// The unit file of `unit`: one query of the store, and the pure merge.
    pub async fn unit_file(&self, unit: &UnitCode) -> Result<UnitFile, PictureError> {
        let lines = store::unit_lines::of(&self.db, unit).await?.unwrap_or_default();
        let book = self.book.read();
        file_of(unit, &lines, &book)
    }

    /// As [`Headquarters::unit_file`], of what lies within `scope`; none for a unit outside it.
    pub async fn unit_file_within(
        &self,
        scope: &Scope,
        unit: &UnitCode,
    ) -> Result<Option<UnitFile>, PictureError> {
        let lines = store::unit_lines::of(&self.db, unit).await?.unwrap_or_default();
        let book = self.book.read();
        if !scope.sees_unit(&book, unit) {
            return Ok(None);
        }
        file_within(scope, unit, &lines, &book).map(Some)
    }

    /// The files of all units within `scope`, of what lies within it.
    pub async fn all_unit_files_within(
        &self,
        scope: &Scope,
    ) -> Result<Vec<UnitFile>, PictureError> {
        unit_files(&self.db, &self.book, scope).await
    }

    /// The files of all units that anything is known of, in the order of their codes.
    pub async fn unit_files(&self) -> Result<Vec<UnitFile>, PictureError> {
        unit_files(&self.db, &self.book, &Scope::default()).await
    }

    /// The files of `above` and all units below it that anything is known of, in the order of the
    /// register.
    pub async fn unit_files_within(
        &self,
        scope: &Scope,
        above: &UnitCode,
    ) -> Result<Vec<UnitFile>, PictureError> {
        let pack = Arc::clone(&self.book.read().pack);
        let within: Vec<UnitCode> = pack
            .units
            .all()
            .iter()
            .map(|unit| &unit.code)
            .filter(|code| pack.units.is_within(code, above))
            .cloned()
            .collect();
        let lines = store::unit_lines::of_each(&self.db, &within).await?;
        let rows = within.into_iter().zip(lines);
        let rows = rows.filter_map(|(unit, lines)| Some((unit, lines?))).collect();
        merged(&self.book, scope, rows).await
    }

    /// The files of these units, of what lies within `scope`; none for a unit of which nothing is known.
    pub async fn unit_files_of_within(
        &self,
        scope: &Scope,
        units: Vec<UnitCode>,
    ) -> Result<Vec<UnitFile>, PictureError> {
        let mut files = Vec::new();
        for units in units.chunks(PAGE as usize) {
            let lines = store::unit_lines::of_each(&self.db, units).await?;
            let rows = units.iter().cloned().zip(lines);
            let rows = rows.filter_map(|(unit, lines)| Some((unit, lines?))).collect();
            files.extend(merged(&self.book, scope, rows).await?);
        }
        Ok(files)
    }

    /// A stored record, verified again, and whether it counts; `record` is none where this version
    /// cannot read the payload.
    pub async fn judge(&self, stored: &StoredRecord) -> Result<Judged, PictureError> {
        let altered = || PictureError::Altered(stored.position);
        let envelope = Envelope::parse(&stored.jws).map_err(|_| altered())?;
        let kid = envelope.kid();
        let enrolled = self.book.read().statements.enrolment(&kid).map(|known| known.public_key);
        let key = match enrolled {
            Some(key) => key,
            None => {
                let brought = store::devices::brought(&self.db).await?;
                let found = brought.into_iter().find(|(known, _)| *known == kid);
                found.ok_or_else(altered)?.1
            }
        };
        let verified = envelope.verify(&key).map_err(|_| altered())?;
        let record = Record::read(verified).ok();
        let book = self.book.read();
        let standing = record.as_ref().map(|record| {
            standing(&Facts::of(record, stored.position), &book.statements, &book.pack)
        });
        Ok(Judged { record, standing })
    }

    /// One hash over everything that counts; see [`state_root`].
    pub async fn state_root(&self) -> Result<StateRoot, PictureError> {
        state_root(&self.db, &self.book).await
    }
}

/// One hash over everything that counts: records with their standing, whole photos, incident
/// states, unit files. Equal on every engine and after every migration. Verifies every stored
/// record again on the way.
pub async fn state_root(db: &Db, book: &SharedBook) -> Result<StateRoot, PictureError> {
    let mut builder = StateRootBuilder::default();
    let brought: HashMap<Kid, PublicKey> = store::devices::brought(db).await?.into_iter().collect();
    let mut after = None;
    loop {
        let rows = store::records::after(db, after, PAGE).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.position);
        let book = book.read();
        for row in &rows {
            add_record(&mut builder, row, &book, &brought)?;
        }
    }
    for (photo, _) in store::photos::all_verified(db).await? {
        builder.photo(photo);
    }
    for (record, state) in store::incidents::states(db).await? {
        if let Some(state) = IncidentState::from_name(&state) {
            builder.incident(record, state);
        }
    }
    for file in unit_files(db, book, &Scope::default()).await? {
        builder.file(&file);
    }
    Ok(builder.finish())
}

async fn unit_files(
    db: &Db,
    book: &SharedBook,
    scope: &Scope,
) -> Result<Vec<UnitFile>, PictureError> {
    let mut files = Vec::new();
    let mut after = String::new();
    loop {
        let rows = store::unit_lines::after(db, &after, PAGE).await?;
        let Some((last, _)) = rows.last() else { return Ok(files) };
        after.clone_from(last);
        // Rows are written under codes that were read as codes.
        let rows = rows
            .into_iter()
            .filter_map(|(unit, lines)| Some((UnitCode::new(&unit).ok()?, lines)))
            .collect();
        files.extend(merged(book, scope, rows).await?);
    }
}

/// Merges off the threads that serve connections.
async fn merged(
    book: &SharedBook,
    scope: &Scope,
    rows: Vec<(UnitCode, String)>,
) -> Result<Vec<UnitFile>, PictureError> {
    let (book, scope) = (book.clone(), scope.clone());
    let merge_all = move || {
        let book = book.read();
        rows.iter()
            .filter(|(unit, _)| scope.sees_unit(&book, unit))
            .map(|(unit, lines)| file_within(&scope, unit, lines, &book))
            .collect()
    };
    tokio::task::spawn_blocking(merge_all)
        .await
        .map_err(|stopped| StoreError::Unavailable(stopped.into()))?
}

/// The file of a unit, from the lines of its row.
pub(crate) fn file_of(unit: &UnitCode, lines: &str, book: &Book) -> Result<UnitFile, PictureError> {
    file_within(&Scope::default(), unit, lines, book)
}

/// What lies outside the scope is left out before the merge: no figure, no standing and no count of the
/// file can say anything about it.
fn file_within(
    scope: &Scope,
    unit: &UnitCode,
    lines: &str,
    book: &Book,
) -> Result<UnitFile, PictureError> {
    let mut entries: Vec<Arc<Entry>> = Entry::read_lines(lines)
        .map_err(|source| PictureError::Line { unit: unit.to_string(), source })?;
    // The unit's region was looked at; what was moved here from another region belongs here now.
    entries.retain(|entry| scope.sees_said(book, &entry.kid, Some(unit)));
    let mut file = merge(unit, &entries, &book.statements, &book.pack);
    // What a record was joined to by somebody who sees more is not named.
    if !scope.is_everything() {
        file.unfollowed.retain(|link| entries.iter().any(|one| one.id == link.same_document_as));
    }
    Ok(file)
}

fn add_record(
    builder: &mut StateRootBuilder,
    row: &StoredRecord,
    book: &Book,
    brought: &HashMap<Kid, PublicKey>,
) -> Result<(), PictureError> {
    let altered = || PictureError::Altered(row.position);
    let envelope = Envelope::parse(&row.jws).map_err(|_| altered())?;
    let key = key_of(&envelope.kid(), &book.statements, brought).ok_or_else(altered)?;
    let verified = envelope.verify(&key).map_err(|_| altered())?;
    let record = Record::read(verified).ok();
    let standing = record
        .as_ref()
        .map(|record| standing(&Facts::of(record, row.position), &book.statements, &book.pack));
    builder.record(row.id, standing.as_ref());
    Ok(())
}

fn key_of(
    kid: &Kid,
    statements: &Statements,
    brought: &HashMap<Kid, PublicKey>,
) -> Option<PublicKey> {
    statements
        .enrolment(kid)
        .map(|enrolment| enrolment.public_key)
        .or_else(|| brought.get(kid).copied())
}
