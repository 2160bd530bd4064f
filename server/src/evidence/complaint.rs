//! A complaint pack: everything about one precinct's documents that a commission or a court looks at, with
//! a page to print. As an evidence bundle, for several records at once, with what was published.
//!
//! ```text
//! complaint.html, complaint.css     the page to print, in one language
//! records/HASH.jws, .tlog-proof     each record, and the log's receipt for it
//! photos/HASH.jpg, .tlog-proof      every photograph that they name and that arrived
//! official/HASH.csv                 the published file, byte for byte, where it is not too large
//! official/row.json                 what it says of the precinct
//! official/HASH.jws, .tlog-proof    the statement that archives it
//! device/, decisions/, transcriptions/, setup/, keys/, checkpoint, SHA256SUMS   as in a bundle
//! ```

use hattama_proto::{
    id::{FileHash, PublicationId, RecordId},
    kind::Kind,
    tlog::LogEntry,
};

use super::{
    Bundle, EvidenceError, Missing, TEXT_BYTES_MAX,
    bundle::Pieces,
    gather::{AboutIt, Gathered, Sources},
    names,
    reading::Reading,
};
use crate::{blobs::Blobs, store};

/// Most records of one pack: a document that many observers photographed is one document.
pub const COMPLAINT_RECORDS_MAX: usize = 12;

/// What the page can speak of, before it is written.
#[derive(Debug)]
pub struct Complaint {
    /// The records, the newest of those that were asked for, in the order of the log.
    pub records: Vec<ComplaintRecord>,
    /// How many earlier records were left out, because a pack has [`COMPLAINT_RECORDS_MAX`].
    pub further: usize,
    /// Photographs that are not here.
    pub missing: Vec<Missing>,
    /// What was published.
    pub publication: Option<ArchivedFile>,
    /// Entries of the log that the receipts' head covers.
    pub log_size: u64,
    pieces: Pieces,
    blobs: Blobs,
}

/// A record of the pack.
#[derive(Debug)]
pub struct ComplaintRecord {
    /// Which.
    pub id: RecordId,
    /// Its place in the log.
    pub position: u64,
    /// Its file.
    pub file: String,
    /// Its receipt.
    pub receipt: String,
    /// Its photographs that are here: file, role and page.
    pub photos: Vec<(String, String, Option<u64>)>,
}

/// The publication of the pack.
#[derive(Debug)]
pub struct ArchivedFile {
    /// SHA-256 of the published file.
    pub sha256: FileHash,
    /// The statement's place in the log.
    pub position: u64,
    /// The published file; none where it is too large to be here.
    pub file: Option<String>,
    /// The statement that archives it.
    pub statement: String,
}

impl Sources<'_> {
    /// Gathers what is known of these records and what was published.
    pub async fn complaint(
        &self,
        records: &[RecordId],
        published: Option<(PublicationId, String)>,
    ) -> Result<Complaint, EvidenceError> {
        let mut gathered = Gathered::default();
        let mut listed = Vec::new();
        let (records, further) = newest(records, &self.positions(records).await?);
        for record in records {
            listed.push(self.complaint_record(&mut gathered, record).await?);
        }
        let publication = match published {
            Some((id, row)) => Some(self.archived(&mut gathered, id, row).await?),
            None => None,
        };
        let policy = self.set_up(&mut gathered).await?;
        let covering = gathered.proofs.iter().map(|(_, _, index)| index + 1).max().unwrap_or(0);
        let head = self.head(covering, &policy).await?;
        self.receipts(&mut gathered, &head, &policy)?;
        for record in &mut listed {
            // What was not found is among the missing.
            record.photos.retain(|(file, ..)| gathered.pieces.by_name.contains_key(file));
        }
        Ok(Complaint {
            records: listed,
            further,
            missing: gathered.missing,
            publication,
            log_size: head.size,
            pieces: gathered.pieces,
            blobs: self.blobs.clone(),
        })
    }

    /// Where these records stand in the log.
    async fn positions(&self, records: &[RecordId]) -> Result<Vec<u64>, EvidenceError> {
        let positions = store::records::positions(self.db, records).await?;
        positions.into_iter().map(|at| at.ok_or(EvidenceError::NotFound)).collect()
    }

    async fn complaint_record(
        &self,
        gathered: &mut Gathered,
        id: RecordId,
    ) -> Result<ComplaintRecord, EvidenceError> {
        let stored = store::records::by_id(self.db, &id).await?.ok_or(EvidenceError::NotFound)?;
        let (verified, key) = self.verified(&stored).await?;
        let reading = Reading::of(verified.payload());
        let file = names::statement("records", &id.to_hex());
        let receipt = names::receipt(&file);
        let entry = LogEntry::Record(*id.as_bytes());
        gathered.proofs.push((receipt.clone(), entry, stored.position));
        gathered.pieces.add(file.clone(), stored.jws.clone())?;
        gathered.pieces.add(format!("device/{}.key", stored.kid), format!("{key}\n"))?;
        let mut said: AboutIt = self.statements(gathered, &stored).await?;
        self.transcriptions(gathered, &stored, &mut said).await?;
        self.photos(gathered, &reading).await?;
        let photo = |(hash, named): (&_, &super::reading::Named)| {
            (names::photo(hash, &named.media_type), named.role.clone(), named.page)
        };
        let photos = reading.photos.iter().map(photo).collect();
        Ok(ComplaintRecord { id, position: stored.position, file, receipt, photos })
    }

    async fn archived(
        &self,
        gathered: &mut Gathered,
        id: PublicationId,
        row: String,
    ) -> Result<ArchivedFile, EvidenceError> {
        let hq = self.book.read().authority.hq;
        let about = store::statements::about(self.db, &id.to_hex()).await?;
        let archived = about.into_iter().find(|said| said.typ == Kind::Publication.typ());
        let archived = archived.ok_or(EvidenceError::NotFound)?;
        let hash = RecordId::of(archived.jws.as_bytes()).to_hex();
        let position = archived.position;
        gathered.said("official", (position, archived.jws), &hq)?;
        gathered.pieces.add("official/row.json", format!("{row}\n"))?;
        let archived = store::publications::file(self.db, &id).await?;
        let archived = archived.ok_or(EvidenceError::NotFound)?;
        if archived.identity() != id {
            return Err(EvidenceError::Altered(position));
        }
        if let Some(mapping) = &archived.mapping {
            gathered.pieces.add(format!("official/{id}.toml"), mapping.clone())?;
        }
        let sha256 = FileHash::of(&archived.bytes);
        let file = if archived.bytes.len() as u64 <= TEXT_BYTES_MAX {
            // What zip files begin with; everything else that can be read is a table of text.
            let ending = if archived.bytes.starts_with(b"PK") { "zip" } else { "csv" };
            let name = format!("official/{id}.{ending}");
            gathered.pieces.add(name.clone(), archived.bytes)?;
            Some(name)
        } else {
            None
        };
        let statement = names::statement("official", &hash);
        Ok(ArchivedFile { sha256, position, file, statement })
    }
}

impl Complaint {
    /// The pack, with its page and the page's style sheet.
    pub fn with_page(
        mut self,
        page: String,
        style: &'static [u8],
    ) -> Result<Bundle, EvidenceError> {
        let first = self.records.first().map(|record| record.id);
        self.pieces.add("complaint.html", page)?;
        self.pieces.add("complaint.css", style)?;
        Bundle::new(first.ok_or(EvidenceError::NotFound)?, self.pieces, self.missing, self.blobs)
    }
}

/// The newest records that a pack has room for, in the order of the log, and how many earlier ones
/// there are: who was last may have mended what the first got wrong.
fn newest(records: &[RecordId], positions: &[u64]) -> (Vec<RecordId>, usize) {
    let mut in_order: Vec<(u64, RecordId)> =
        positions.iter().copied().zip(records.iter().copied()).collect();
    in_order.sort_unstable();
    let further = in_order.len().saturating_sub(COMPLAINT_RECORDS_MAX);
    (in_order.split_off(further).into_iter().map(|(_, record)| record).collect(), further)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_has_the_newest_records_in_the_order_of_the_log_whatever_their_hashes_are() {
        let id = |number: u8| RecordId::of(&[number]);
        // As unit files list them: by hash.
        let mut logged: Vec<(RecordId, u64)> = (0..15).map(|at| (id(at), at.into())).collect();
        logged.sort_unstable_by_key(|(id, _)| *id);
        let (records, positions): (Vec<_>, Vec<_>) = logged.into_iter().unzip();
        let (kept, further) = newest(&records, &positions);
        assert_eq!(further, 3);
        assert_eq!(kept, (3..15).map(id).collect::<Vec<_>>());
        let (kept, further) = newest(&records[..2], &positions[..2]);
        assert_eq!((kept.len(), further), (2, 0));
    }
}
