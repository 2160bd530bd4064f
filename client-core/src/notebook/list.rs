//! Looking: records, receipts, what waits and why.

use hattama_proto::id::{PhotoHash, RecordId};

use zeroize::Zeroizing;

use super::{JournalLine, Notebook, OutboxSummary, RecordItem};
use crate::{
    at_rest::{Files, StoredFile},
    error::NotebookError,
    keeping,
    outbox::{self, blob_path, sealed_path},
    sync::{Class, Deadline},
};

impl Notebook {
    /// Records, newest first: at most `limit`, after skipping `skip`.
    pub fn list(&self, skip: u32, limit: u32) -> Result<Vec<RecordItem>, NotebookError> {
        self.with(|outbox| outbox.list(skip, limit))
    }

    /// One record.
    pub fn get(&self, record: RecordId) -> Result<RecordItem, NotebookError> {
        self.with(|outbox| outbox.get(record))?.ok_or_else(|| unknown(record))
    }

    /// The signed string of a record, to the byte.
    pub fn signed_text(&self, record: RecordId) -> Result<String, NotebookError> {
        self.with(|outbox| outbox.envelope(record))?.ok_or_else(|| unknown(record))
    }

    /// The receipt of a record as a `tlog-proof` file, once there is one. It was checked. None also where
    /// receipts are not kept ([`KeepReceipts::No`](crate::KeepReceipts::No)): its progress says whether
    /// it has arrived.
    pub fn record_receipt(&self, record: RecordId) -> Result<Option<String>, NotebookError> {
        self.with(|outbox| outbox.record_receipt(record))
    }

    /// The receipt of a photo as a `tlog-proof` file, once there is one. It was checked. None also where
    /// receipts are not kept.
    pub fn photo_receipt(&self, photo: PhotoHash) -> Result<Option<String>, NotebookError> {
        self.with(|outbox| outbox.photo_receipt(photo))
    }

    /// Where the file of a photo is kept, or was, if it was pruned. Do not write there. What lies there is
    /// encrypted if the notebook is: [`read_photo`](Self::read_photo) gives what it holds. One that was
    /// sealed to headquarters lies there sealed. A locked notebook does not know where, and answers with a
    /// name that no file has.
    pub fn photo_path(&self, photo: PhotoHash) -> std::path::PathBuf {
        match self.stored_photo(photo) {
            Ok(stored) => stored.path().to_owned(),
            Err(_) => self.folder.join(blob_path(photo, &Files::Plain)),
        }
    }

    /// The file of a photo as it travels, to be read however it is kept: the photo itself, or the sealed
    /// file of one that was sealed to headquarters.
    pub fn stored_photo(&self, photo: PhotoHash) -> Result<StoredFile, NotebookError> {
        let files = self.files()?;
        Ok(match self.with(|outbox| outbox.sealed(photo))? {
            Some(_) => StoredFile::plain(self.folder.join(sealed_path(photo, &files))),
            None => files.at(self.folder.join(blob_path(photo, &files))),
        })
    }

    /// What the file of a photo holds, at most 64 MiB of it: for showing thumbnails and previews of a
    /// notebook that is encrypted at rest. Refused for one that was sealed to headquarters: nothing on
    /// this phone opens it.
    pub fn read_photo(&self, photo: PhotoHash) -> Result<Zeroizing<Vec<u8>>, NotebookError> {
        let _working = self.enter()?;
        if self.with(|outbox| outbox.sealed(photo))?.is_some() {
            return Err(NotebookError::invalid(
                "photo",
                "it was sealed to headquarters when it was taken, and this phone cannot read it back; \
                 ask headquarters to show it",
            ));
        }
        let files = self.files()?;
        let path = self.folder.join(blob_path(photo, &files));
        if !path.exists() && self.with(|outbox| outbox.pruned_at(photo))?.is_some() {
            return Err(NotebookError::invalid(
                "photo",
                "it was removed from this phone to make room; headquarters has it, and its preview is \
                 still here",
            ));
        }
        Ok(files.read(&path)?)
    }

    /// The identity with which other programs open this notebook's files while it is encrypted at rest
    /// (`age --decrypt --identity FILE`); none of a plain one. Whoever has it can read every photograph.
    pub fn age_identity(&self) -> Result<Option<Zeroizing<String>>, NotebookError> {
        self.with(|_| Ok(()))?;
        Ok(self.keys()?.rest().map(|rest| rest.identity()))
    }

    /// What waits, for how long, and what stands in the way.
    pub fn outbox_summary(&self) -> Result<OutboxSummary, NotebookError> {
        let now = self.options.clock.now();
        let (mut summary, backoffs, manifest) = self.with(|outbox| {
            let manifest = outbox.setting(outbox::MANIFEST)?;
            Ok((outbox.summary(now.wall.0)?, outbox.backoffs()?, manifest))
        })?;
        summary.over_budget_bytes = keeping::over(self.options.disk, summary.held_bytes);
        summary.sealing = self.photo_sealing();
        if summary.is_empty() {
            return Ok(summary);
        }
        if manifest.is_none() {
            summary.blocked_by = Some(NotebookError::NotEnrolled.to_string());
            return Ok(summary);
        }
        let left = |class| {
            backoffs
                .get(&class)
                .map(|pause: &crate::sync::BackOff| Deadline::remaining_ms(&pause.deadline, &now))
                .filter(|left| *left > 0)
        };
        let records = summary.urgent.count + summary.records.count > 0;
        let previews = summary.thumbnails.count + summary.previews.count > 0;
        let class = match (records, previews) {
            (true, _) => Class::Records,
            (false, true) => Class::Previews,
            (false, false) => Class::Originals,
        };
        summary.next_wakeup_ms = Some(0);
        for (class, words) in [
            (class, "headquarters could not be reached or could not take more"),
            (Class::Network, "there was no connection"),
        ] {
            if let Some(left) = left(class) {
                summary.next_wakeup_ms = Some(left);
                summary.blocked_by = Some(words.to_owned());
            }
        }
        Ok(summary)
    }

    /// The newest lines of the journal, newest first. They hold ids and counts, no words.
    pub fn journal(&self, limit: u32) -> Result<Vec<JournalLine>, NotebookError> {
        self.with(|outbox| outbox.journal(limit))
    }

    /// The same as files in the form `hattama-fork/v1`, with the proofs that came along.
    pub fn forks(&self) -> Result<Vec<hattama_proto::tlog::Fork>, NotebookError> {
        self.with(|outbox| outbox.forks())
    }

    /// Pairs of signed checkpoints in which the log contradicts itself; normally none.
    pub fn fork_proofs(&self) -> Result<Vec<(String, String)>, NotebookError> {
        self.with(|outbox| outbox.fork_proofs())
    }

    /// Receipts for what headquarters lost when it was restored from a backup, as they were checked.
    /// What they are for was sent again and has a new one.
    pub fn lost_receipts(&self) -> Result<Vec<crate::LostReceipt>, NotebookError> {
        self.with(|outbox| outbox.lost_receipts())
    }

    /// Headquarters' signed statements that it was restored from a backup, oldest first.
    pub fn epochs(&self) -> Result<Vec<String>, NotebookError> {
        self.with(|outbox| outbox.epochs())
    }
}

fn unknown(record: RecordId) -> NotebookError {
    NotebookError::invalid("record", format!("this notebook has no record {record}"))
}
