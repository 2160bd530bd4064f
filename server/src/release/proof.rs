//! The signed statement of a release, and that the log has it.

use hattama_proto::{
    id::StatementId,
    jws::Envelope,
    statement::{Release, Statement},
    tlog::{LogEntry, Receipt},
};

use super::error::ReleaseError;
use crate::{app::Headquarters, store};

/// What a stranger checks a release with.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The statement, exactly as it was signed.
    pub statement: String,
    /// Its place in the log.
    pub position: u64,
    /// That the log has it, as a `tlog-proof`: under the earliest checkpoint that covers it, so that it
    /// is the same whenever it is asked for.
    pub receipt: String,
    /// The key that signed it.
    pub hq_key: String,
    /// The log's key.
    pub log_vkey: String,
}

impl Proof {
    /// The proof of a release, and what its statement says.
    pub(super) async fn of(
        headquarters: &Headquarters,
        statement: &StatementId,
    ) -> Result<(Self, Release), ReleaseError> {
        let db = &headquarters.db;
        let stored = store::statements::by_id(db, &statement.to_hex()).await?;
        let stored = stored.ok_or(ReleaseError::Altered)?;
        if StatementId::of(stored.jws.as_bytes()) != *statement {
            return Err(ReleaseError::Altered);
        }
        let hq = headquarters.book.read().authority.hq;
        let said = Envelope::parse(&stored.jws)
            .and_then(|envelope| envelope.verify(&hq))
            .ok()
            .and_then(|verified| Statement::<Release>::read(verified).ok())
            .ok_or(ReleaseError::Altered)?;
        let index = stored.position;
        let covering = store::log::checkpoints_after(db, Some(index), 1).await?;
        let (size, note) = covering.into_iter().next().ok_or(ReleaseError::NotYet)?;
        let view = headquarters.sequencer.view();
        let proof = view.at(size, |tree| tree.inclusion_proof(index).ok());
        let proof = proof.flatten().ok_or(ReleaseError::NotYet)?;
        let receipt = Receipt { index, proof, checkpoint_note: note };
        let keys = headquarters.book.read().pack.election.keys.clone();
        let policy = keys.policy().map_err(|_| ReleaseError::Altered)?;
        let entry = LogEntry::Statement(*statement.as_bytes());
        receipt.verify_by(&entry, &policy).map_err(|_| ReleaseError::Altered)?;
        let proof = Self {
            statement: stored.jws,
            position: index,
            receipt: receipt.to_text(),
            hq_key: keys.hq.to_string(),
            log_vkey: keys.log_vkey,
        };
        Ok((proof, said.claims.body))
    }
}
