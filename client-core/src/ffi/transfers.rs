//! The system's own uploader, through the border.

use std::collections::HashMap;

use super::{Conditions, HttpResponse, Notebook, NotebookError, PumpReport, host::response};
use crate::{self as core, limits::ANSWER_BYTES_MAX, transport::TransportError};

/// One file for the system's uploader: a background `URLSession`, a user-initiated data transfer.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct TransferPlan {
    /// Its name; hand it back with the answer. Keep it with the upload: it outlives the process.
    pub id: String,
    /// The verb: `PUT`.
    pub method: String,
    /// The whole address.
    pub url: String,
    /// Header fields.
    pub headers: HashMap<String, String>,
    /// The body, whole. Belongs to the notebook: do not write there, do not remove it.
    pub file: String,
    /// Length of the body, in bytes.
    pub bytes: u64,
    /// SHA-256 of the only certificate to accept, in hex; none where the public roots serve.
    pub certificate_sha256: Option<String>,
}

#[uniffi::export]
impl Notebook {
    /// At most `max` ranges of photographs that the system may upload while the app sleeps, most urgent
    /// first; of pictures those that may go under these conditions. Only photographs of records that headquarters has: `pump`
    /// first. A plan is advice. What runs already is named again by the same id.
    pub fn plan_transfers(
        &self,
        max: u32,
        conditions: Conditions,
    ) -> Result<Vec<TransferPlan>, NotebookError> {
        let plans = self.call(|core| core.plan_transfers(max, conditions.into()))?;
        Ok(plans.into_iter().map(TransferPlan::from).collect())
    }

    /// Takes the answer to a transfer, or none where there was none, and says what it changed. It is
    /// checked like any other: only headquarters' receipt makes a photograph arrived. The report ends
    /// `Done` when nothing is left to send; otherwise it is `Waiting`, and says when to plan or to sync
    /// again.
    pub fn complete_transfer(
        &self,
        id: String,
        answer: Option<HttpResponse>,
    ) -> Result<PumpReport, NotebookError> {
        let answer = match answer {
            Some(answer) => response(answer, ANSWER_BYTES_MAX),
            None => Err(TransportError::Broken("the transfer failed".to_owned())),
        };
        let report = self.call(|core| {
            let report = core.complete_transfer(&id, answer)?;
            self.tell_outbox(core);
            Ok(report)
        })?;
        Ok(self.reported(report))
    }
}

impl From<core::TransferPlan> for TransferPlan {
    fn from(plan: core::TransferPlan) -> Self {
        let text = |(name, value): (&str, String)| (name.to_owned(), value);
        Self {
            id: plan.id,
            method: plan.method.to_owned(),
            url: plan.url,
            headers: plan.headers.into_iter().map(text).collect(),
            file: plan.file.display().to_string(),
            bytes: plan.bytes,
            certificate_sha256: plan.pin,
        }
    }
}
