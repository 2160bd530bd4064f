//! Enrolling.
use super::{EnrolmentSummary, Notebook};
use crate::{error::NotebookError, transport::Transport};
use hattama_proto::{invitation::Invitation, pack::Pack};
use std::sync::Arc;

impl Notebook {
    /// Enrols both keys by `invitation`, through `transport`.
    pub fn enrol_through(
        &self,
        _invitation: &Invitation,
        _transport: &dyn Transport,
    ) -> Result<EnrolmentSummary, NotebookError> {
        todo!()
    }
    /// Enrols both keys by `invitation` over HTTPS.
    pub fn enrol(&self, _invitation: &Invitation) -> Result<EnrolmentSummary, NotebookError> {
        todo!()
    }
    /// What the enrolment brought; none before it.
    pub fn enrolment(&self) -> Result<Option<EnrolmentSummary>, NotebookError> {
        todo!()
    }
    /// The election set-up; none before the enrolment.
    pub fn pack(&self) -> Result<Option<Arc<Pack>>, NotebookError> {
        todo!()
    }
}
