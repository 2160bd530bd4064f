//! Capturing.
use hattama_proto::id::RecordId;

use super::Notebook;
use crate::{
    capture::{
        CaptureSummary, CorrectionDraft, FormDraft, IncidentDraft, NotObtainedDraft, ProtocolDraft,
    },
    error::NotebookError,
};

impl Notebook {
    /// Signs a results protocol and stores it.
    pub fn capture_protocol(&self, _draft: ProtocolDraft) -> Result<CaptureSummary, NotebookError> {
        todo!()
    }
    /// Signs that a copy could not be had.
    pub fn capture_not_obtained(
        &self,
        _draft: NotObtainedDraft,
    ) -> Result<CaptureSummary, NotebookError> {
        todo!()
    }
    /// Signs an incident with the notebook's other key.
    pub fn capture_incident(&self, _draft: IncidentDraft) -> Result<CaptureSummary, NotebookError> {
        todo!()
    }
    /// Signs any other form.
    pub fn capture_form(&self, _draft: FormDraft) -> Result<CaptureSummary, NotebookError> {
        todo!()
    }
    /// Signs that an earlier record of this notebook was wrong.
    pub fn correct(
        &self,
        _record: RecordId,
        _draft: CorrectionDraft,
    ) -> Result<CaptureSummary, NotebookError> {
        todo!()
    }
}
