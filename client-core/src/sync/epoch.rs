//! What it means that headquarters goes on from a backup. Pure.
//!
//! It has signed two histories then. That is not forgiven: both heads are kept, and the person is
//! told. But it is explained, by a statement that is itself the first entry of what follows; so what
//! was lost is sent again, and receipts of the log as it is now are taken.

use hattama_proto::{
    statement::Epoch,
    tlog::{Checkpoint, Hash, verify_consistency},
    wire::PushReply,
};

use super::{Change, Engine, Trust};
use crate::{Alarm, error::NotebookError};

impl Engine {
    /// Takes a statement that headquarters began a new epoch, if it is headquarters' own.
    pub(super) fn epoch(
        &mut self,
        text: &str,
        trust: &Trust,
    ) -> Result<Vec<Change>, NotebookError> {
        let statement = trust.statement::<Epoch>(text)?;
        let epoch = statement.claims.body;
        let (from, until) = (epoch.kept.size, epoch.lost.size);
        self.alarm(Alarm::Restored { lost_from: from, lost_until: until });
        let id = statement.id.to_hex();
        Ok(vec![
            Change::Note { code: "log-restored", detail: format!("{from}..{until}") },
            Change::Fact { name: crate::outbox::EPOCH, value: Some(id.clone()) },
            Change::Epoch { id, epoch, statement: text.to_owned() },
        ])
    }

    /// Whether a checkpoint that does not continue the known one is of a new epoch: the answer says
    /// so, the known one is of what was lost, and the shown one grows out of what was kept.
    pub(super) fn explained(
        &mut self,
        known: Option<&str>,
        shown: &str,
        reply: &PushReply,
        trust: &Trust,
    ) -> Option<Vec<Change>> {
        let (text, known) = (reply.epoch.as_deref()?, known?);
        let epoch = trust.statement::<Epoch>(text).ok()?.claims.body;
        let read = |note| Checkpoint::verify(note, &trust.origin, &trust.log).ok();
        let (old, new) = (read(known)?, read(shown)?);
        let proof = reply.consistency.as_ref()?.iter();
        let proof: Vec<Hash> =
            proof.map(|hash| Hash::from_base64(hash).ok()).collect::<Option<_>>()?;
        let kept = Hash::from_bytes(*epoch.kept.root.as_bytes());
        let grows = epoch.kept.size < new.size
            && verify_consistency(epoch.kept.size, kept, new.size, new.root, &proof).is_ok();
        if !epoch.lost_head(old.size) || !grows {
            return None;
        }
        let mut changes = self.epoch(text, trust).ok()?;
        changes.push(Change::Forked {
            known: known.to_owned(),
            shown: shown.to_owned(),
            proof: String::new(),
            why: "headquarters was restored from a backup".to_owned(),
        });
        Some(changes)
    }
}
