//! The log's heads this phone has verified, and proofs that it lied.

use hattama_proto::{
    id::TreeRoot,
    kind::Role,
    record::Seen,
    tlog::{Checkpoint, Fork, Hash, SignedNote},
};

use super::{Outbox, settings};
use crate::error::NotebookError;

impl Outbox {
    /// The last checkpoint verified on behalf of `role`, as a signed note.
    pub(crate) fn seen_note(&self, role: Role) -> Result<Option<String>, NotebookError> {
        self.setting(settings::seen(role))
    }

    /// The same, as a record names it.
    pub(crate) fn seen(&self, role: Role) -> Result<Option<Seen>, NotebookError> {
        Ok(self.seen_note(role)?.as_deref().and_then(seen_in))
    }

    /// The same with the proofs that came along, as files that anybody can judge.
    pub(crate) fn forks(&self) -> Result<Vec<Fork>, NotebookError> {
        let rows = self
            .db
            .prepare_cached("select known_note, shown_note, proof from fork_proof order by n")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<Result<Vec<(String, String, String)>, _>>()?;
        // A line of the proof that is no hash joins nothing either: without it the file still reads.
        let hashes =
            |text: &str| text.lines().filter_map(|line| Hash::from_base64(line).ok()).collect();
        let fork = |(known, shown, proof): (String, String, String)| Fork {
            known,
            shown,
            proof: hashes(&proof),
        };
        Ok(rows.into_iter().map(fork).collect())
    }

    /// How many pairs of checkpoints are kept that convict the log.
    pub(crate) fn fork_proofs(&self) -> Result<Vec<(String, String)>, NotebookError> {
        Ok(self
            .db
            .prepare_cached("select known_note, shown_note from fork_proof order by n")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?)
    }
}

/// The checkpoint in a note that was verified when it was stored.
pub(crate) fn seen_in(note: &str) -> Option<Seen> {
    let checkpoint = Checkpoint::parse(SignedNote::parse(note).ok()?.unverified_text()).ok()?;
    Some(Seen {
        origin: checkpoint.origin.as_str().to_owned(),
        size: checkpoint.size,
        root: TreeRoot::from_bytes(*checkpoint.root.as_bytes()),
    })
}
