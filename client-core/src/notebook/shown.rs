//! What the sync engine is shown of a notebook: what waits, what was seen of the log, dice.

use hattama_proto::kind::Role;

use super::Notebook;
use crate::{
    error::NotebookError,
    outbox,
    sync::{Snapshot, Trust},
};

impl Notebook {
    /// All that waits now.
    pub(super) fn snapshot(&self, trust: &Trust) -> Result<Snapshot, NotebookError> {
        let witnesses = trust.policy.quorum() > 0;
        self.with(|outbox| {
            Ok(Snapshot {
                uncosigned: if witnesses { outbox.uncosigned()? } else { Vec::new() },
                records: outbox.pending_records()?,
                photos: outbox.pending_photos()?,
                backoffs: outbox.backoffs()?,
                set_up_due: outbox.setting(outbox::NEXT_MANIFEST)?.is_some(),
            })
        })
    }

    /// Checkpoints verified so far, of both roles.
    pub(super) fn seen_notes(&self) -> Result<Vec<String>, NotebookError> {
        self.with(|outbox| {
            let mut seen = Vec::new();
            for role in Role::ALL {
                seen.extend(outbox.seen_note(role)?);
            }
            Ok(seen)
        })
    }

    /// Dice for the length of a pause.
    pub(super) fn dice(&self) -> Result<u64, NotebookError> {
        let mut bytes = [0; 8];
        self.options
            .random
            .fill(&mut bytes)
            .map_err(|error| NotebookError::Storage { reason: error.to_string() })?;
        Ok(u64::from_le_bytes(bytes))
    }
}
