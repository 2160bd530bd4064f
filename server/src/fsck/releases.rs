//! Releases: what the store keeps of each is what its logged statement says.

use hattama_proto::{
    id::{ReleaseHash, StatementId},
    jws::Envelope,
    key::PublicKey,
    kind::Kind,
    statement::{Release, Statement},
};

use super::{FsckError, Lie};
use crate::store::{self, Db};

/// Checks the content of every release against its statement.
pub(super) async fn check(db: &Db, hq: &PublicKey) -> Result<(), FsckError> {
    let drafts = store::releases::all(db).await?;
    let mut after = None;
    loop {
        let page = store::statements::of_kind(db, Kind::Release, after, 500).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.position);
        for stored in page {
            let index = stored.position;
            let said = Envelope::parse(&stored.jws)
                .and_then(|envelope| envelope.verify(hq))
                .ok()
                .and_then(|verified| Statement::<Release>::read(verified).ok())
                .ok_or(Lie::Signature(index))?
                .claims
                .body;
            let id = StatementId::of(stored.jws.as_bytes());
            let draft = drafts.iter().find(|draft| {
                draft.outcome.as_ref().and_then(|outcome| outcome.release)
                    == Some((said.number, id))
            });
            let draft = draft.ok_or(Lie::Lost(index))?;
            let content = store::releases::content(db, &draft.id).await?;
            let content = content.ok_or(Lie::Lost(index))?;
            if ReleaseHash::of(&content) != said.content || draft.corrects != said.corrects {
                return Err(Lie::Bytes(index).into());
            }
        }
    }
}
