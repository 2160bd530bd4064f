//! Looking.
use super::{JournalLine, Notebook, OutboxSummary, RecordItem};
use crate::error::NotebookError;
use hattama_proto::id::{PhotoHash, RecordId};

impl Notebook {
    /// Records, newest first: at most `limit`, after skipping `skip`.
    pub fn list(&self, _skip: u32, _limit: u32) -> Result<Vec<RecordItem>, NotebookError> {
        todo!()
    }
    /// One record.
    pub fn get(&self, _record: RecordId) -> Result<RecordItem, NotebookError> {
        todo!()
    }
    /// The signed string of a record.
    pub fn signed_text(&self, _record: RecordId) -> Result<String, NotebookError> {
        todo!()
    }
    /// The receipt of a record as a `tlog-proof` file, once there is one.
    pub fn record_receipt(&self, _record: RecordId) -> Result<Option<String>, NotebookError> {
        todo!()
    }
    /// The receipt of a photo as a `tlog-proof` file, once there is one.
    pub fn photo_receipt(&self, _photo: PhotoHash) -> Result<Option<String>, NotebookError> {
        todo!()
    }
    /// Where the file of a photo is kept.
    pub fn photo_path(&self, _photo: PhotoHash) -> std::path::PathBuf {
        todo!()
    }
    /// What waits, and for what.
    pub fn outbox_summary(&self) -> Result<OutboxSummary, NotebookError> {
        todo!()
    }
    /// The newest lines of the journal, newest first.
    pub fn journal(&self, _limit: u32) -> Result<Vec<JournalLine>, NotebookError> {
        todo!()
    }
}
