//! Releases: what the store keeps of each is what its logged statement says.

use hattama_proto::{id::ReleaseHash, key::PublicKey, statement::Release};

use super::{FsckError, Lie, said};
use crate::store::{self, Db};

/// Checks the content of every release against its statement.
pub(super) async fn check(db: &Db, hq: &PublicKey) -> Result<(), FsckError> {
    let drafts = store::releases::all(db).await?;
    for said in said::all::<Release>(db, hq).await? {
        let (index, id, said) = (said.position, said.id, said.body);
        let draft = drafts.iter().find(|draft| {
            draft.outcome.as_ref().and_then(|outcome| outcome.release) == Some((said.number, id))
        });
        let draft = draft.ok_or(Lie::Lost(index))?;
        let content = store::releases::content(db, &draft.id).await?;
        let content = content.ok_or(Lie::Lost(index))?;
        if ReleaseHash::of(&content) != said.content || draft.corrects != said.corrects {
            return Err(Lie::Bytes(index).into());
        }
    }
    Ok(())
}
