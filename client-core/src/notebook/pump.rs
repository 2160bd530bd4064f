//! Syncing.
use super::{Notebook, PumpBudget, PumpReport};
use crate::{error::NotebookError, transport::Transport};

impl Notebook {
    /// Sends what waits over HTTPS, within `budget`.
    pub fn pump(&self, _budget: &PumpBudget) -> Result<PumpReport, NotebookError> {
        todo!()
    }
    /// Sends what waits through `transport`, within `budget`.
    pub fn pump_through(
        &self,
        _budget: &PumpBudget,
        _transport: &dyn Transport,
    ) -> Result<PumpReport, NotebookError> {
        todo!()
    }
    /// The network is another one: what waited for a retry may be tried at once.
    pub fn network_changed(&self) -> Result<(), NotebookError> {
        todo!()
    }
}
