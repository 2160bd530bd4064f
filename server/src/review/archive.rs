//! What the commission published is archived: file, mapping and figures, stated in the log.

use hattama_proto::{
    id::{FileHash, PublicationId},
    statement::{Level, PublicationStatement, ReadBy},
    time::UnixMillis,
};

use super::{Review, ReviewError};
use crate::{
    log::Says,
    official::OfficialRows,
    store::{self, publications::NewPublication},
};

/// A file to be archived.
#[derive(Clone, Copy, Debug)]
pub struct NewFile<'a> {
    /// Byte for byte as it was fetched.
    pub bytes: &'a [u8],
    /// Level of its figures.
    pub level: Level,
    /// Where it was found: an address, or words.
    pub source: &'a str,
    /// The mapping by which it was read, if by one.
    pub mapping: Option<&'a str>,
}

impl NewFile<'_> {
    /// The hashes of file and mapping; none where it was read without one.
    fn read_by(&self) -> Option<ReadBy> {
        let mapping = FileHash::of(self.mapping?.as_bytes());
        Some(ReadBy { file: FileHash::of(self.bytes), mapping })
    }

    /// Its identity in the archive. One file read by another mapping, or by a mapping for another
    /// level, is another entry: what was archived is never read anew.
    fn id(&self, read_by: Option<ReadBy>) -> PublicationId {
        match read_by {
            None => PublicationId::of(self.bytes),
            Some(by) => PublicationId::mapped(self.level.name(), &by.file, &by.mapping),
        }
    }

    /// What kind of file it is.
    fn media_type(&self) -> &'static str {
        if self.bytes.starts_with(b"PK\x03\x04") { "application/zip" } else { "text/csv" }
    }
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Archived {
    /// It is a new entry.
    Now(PublicationId),
    /// The archive had it; nothing changed.
    Before(PublicationId),
}

impl Archived {
    /// The entry.
    pub const fn id(self) -> PublicationId {
        match self {
            Self::Now(id) | Self::Before(id) => id,
        }
    }
}

impl Review {
    /// Archives a publication with the rows that were understood. The same file by the same mapping
    /// changes nothing.
    pub async fn archive(
        &self,
        file: NewFile<'_>,
        read: &OfficialRows,
        now: UnixMillis,
    ) -> Result<Archived, ReviewError> {
        let read_by = file.read_by();
        let id = file.id(read_by);
        match store::publications::level_of(&self.db, &id).await? {
            None => {}
            Some(level) if level == file.level => return Ok(Archived::Before(id)),
            // Read without a mapping a file is named by its bytes alone.
            Some(level) => {
                return Err(ReviewError::Invalid(format!(
                    "this file is archived for the level {}; give a mapping to archive it for \
                     another level too",
                    level.name()
                )));
            }
        }
        let statement = PublicationStatement {
            publication: id,
            bytes: file.bytes.len() as u64,
            level: file.level,
            source: file.source.to_owned(),
            fetched_at: now,
            read_by,
        };
        let (item, jws) = self.sign(statement, id.to_hex(), Says::Other, now)?;
        let mut rows: Vec<(String, u64, String)> = read
            .rows
            .iter()
            .map(|row| (row.unit.to_string(), row.line, read.json_of(row)))
            .collect();
        // In the order of the key, each row goes behind the one before.
        rows.sort_unstable();
        let publication = NewPublication {
            id,
            level: file.level,
            fetched_at: now,
            source: file.source,
            mapping: read_by.zip(file.mapping),
            media_type: file.media_type(),
            bytes: file.bytes,
            jws: &jws,
        };
        let with = store::publications::archive(&publication, rows);
        self.sequencer.append_with(vec![item], with).await?;
        Ok(Archived::Now(id))
    }
}
