//! Taking in what the commission published: read, looked at, archived. A dry run reads and looks.

use std::sync::Arc;

use hattama_proto::{id::PublicationId, pack::Pack, statement::Level, time::UnixMillis};
use serde::Serialize;

use crate::{
    app::Headquarters,
    official::{
        FileError, Mapping, MappingError, OfficialRows, PublicationError, ReadingReport,
        read_official, read_publication, report,
    },
    published::{self, Edition},
    review::{Archived, NewFile, ReviewError},
    store::StoreError,
};

/// Largest published file, in bytes: all precincts of a large country with every line.
pub const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Longest mapping, in bytes: the names of a thousand districts in two alphabets.
pub const MAPPING_BYTES_MAX: usize = 512 * 1024;

/// Longest text that says where a file was found, in bytes: any address of a page.
pub const SOURCE_BYTES_MAX: usize = 2048;

/// A file that somebody brings.
#[derive(Clone, Debug)]
pub struct Brought {
    /// Byte for byte as it was fetched.
    pub file: Vec<u8>,
    /// Level of its figures.
    pub level: Level,
    /// Where it was found: an address, or words.
    pub source: String,
    /// The mapping to read it by; none where its columns are named like cells.
    pub mapping: Option<String>,
}

/// What came of it.
#[derive(Debug, Serialize)]
pub struct Published {
    /// The entry of the archive; none where nothing was archived.
    pub id: Option<PublicationId>,
    /// Whether the archive had it before; then nothing changed.
    pub before: bool,
    /// Units that were understood.
    pub units: usize,
    /// Rows that were not understood, with their line and the reason.
    pub left_out: Vec<(u64, String)>,
    /// How many units it says otherwise than the publication of its level before it, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<ChangeCounts>,
    /// What would be understood; of a dry run only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<ReadingReport>,
}

/// How many units changed.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ChangeCounts {
    /// Units that were not published before.
    pub appeared: usize,
    /// Units with another figure.
    pub changed: usize,
    /// Units that are not published any more.
    pub withdrawn: usize,
}

impl ChangeCounts {
    /// Of a publication; none if it is the first of its level.
    pub(crate) fn of(edition: &Edition) -> Option<Self> {
        edition.before?;
        let changes = &edition.changes;
        Some(Self {
            appeared: changes.appeared.len(),
            changed: changes.changed.len(),
            withdrawn: changes.withdrawn.len(),
        })
    }
}

/// Why a file was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PublishingError {
    /// Its columns are not named like cells.
    #[error(transparent)]
    Plain(#[from] PublicationError),
    /// The mapping cannot be used.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The file as a whole cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// What is said of the file is too long.
    #[error("{0} has at most {1} bytes")]
    TooLong(&'static str, usize),
    /// Reading stopped half-way, a bug.
    #[error("reading the file stopped")]
    Stopped,
    /// It could not be archived.
    #[error(transparent)]
    Review(#[from] ReviewError),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PublishingError {
    /// Whether whoever brought the file has to change something.
    pub const fn is_of_the_input(&self) -> bool {
        matches!(self, Self::Plain(_) | Self::Mapping(_) | Self::File(_) | Self::TooLong(..))
    }
}

/// Whether a file is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// It is read, and archived if a row was understood.
    Archive,
    /// It is read, and what would be understood is told.
    Nothing,
}

/// Reads a table under a mapping, or as one whose columns are named like cells.
pub fn read(
    file: &[u8],
    level: Level,
    mapping: Option<&str>,
    pack: &Pack,
) -> Result<OfficialRows, PublishingError> {
    match mapping {
        None => Ok(read_publication(file, level, pack)?),
        Some(text) => {
            let mapping = Mapping::parse(text, pack)?.of_units();
            Ok(read_official(file, level, &mapping, pack)?)
        }
    }
}

impl Headquarters {
    /// Takes a file in, or tells what would be understood of it.
    pub async fn publish(
        &self,
        brought: Brought,
        keep: Keep,
        now: UnixMillis,
    ) -> Result<Published, PublishingError> {
        for (what, length, max) in [
            ("the source", brought.source.len(), SOURCE_BYTES_MAX),
            ("a mapping", brought.mapping.as_ref().map_or(0, String::len), MAPPING_BYTES_MAX),
        ] {
            if length > max {
                return Err(PublishingError::TooLong(what, max));
            }
        }
        let pack = Arc::clone(&self.book.read().pack);
        let reading = move || {
            let (level, mapping) = (brought.level, brought.mapping.as_deref());
            let read = read(&brought.file, level, mapping, &pack)?;
            let report = (keep == Keep::Nothing).then(|| report(&read, level, &pack));
            Ok::<_, PublishingError>((brought, read, report))
        };
        let (brought, read, report) =
            tokio::task::spawn_blocking(reading).await.map_err(|_| PublishingError::Stopped)??;
        let left_out = read.left_out.iter().map(|row| (row.line, row.why.to_string())).collect();
        let units = read.rows.len();
        let mut published =
            Published { id: None, before: false, units, left_out, changes: None, report };
        // What is archived stays for ever; a file for another level or register is a slip.
        if keep == Keep::Nothing || units == 0 {
            return Ok(published);
        }
        let file = NewFile {
            bytes: &brought.file,
            level: brought.level,
            source: &brought.source,
            mapping: brought.mapping.as_deref(),
        };
        let archived = self.review.archive(file, &read, now).await?;
        published.id = Some(archived.id());
        published.before = matches!(archived, Archived::Before(_));
        let edition = published::edition(&self.db, &archived.id()).await?;
        published.changes = edition.as_ref().and_then(ChangeCounts::of);
        Ok(published)
    }
}
