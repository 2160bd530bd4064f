//! Releases: what the store keeps of each is what its logged statement says, and it shows none that no
//! statement is about.

use std::collections::HashSet;

use hattama_proto::{id::ReleaseHash, key::PublicKey, statement::Release};

use super::{FsckError, Lie, said};
use crate::store::{self, Db};

/// Checks every release against its statement, both ways.
pub(super) async fn check(db: &Db, hq: &PublicKey) -> Result<(), FsckError> {
    let drafts = store::releases::all(db).await?;
    let released = |draft: &store::releases::Draft| draft.outcome.as_ref()?.release;
    let mut known = HashSet::new();
    for said in said::all::<Release>(db, hq).await? {
        let (index, id, said) = (said.position, said.id, said.body);
        known.insert((said.number, id));
        let draft = drafts.iter().find(|draft| released(draft) == Some((said.number, id)));
        let draft = draft.ok_or(Lie::Lost(index))?;
        let content = store::releases::content(db, &draft.id).await?;
        let content = content.ok_or(Lie::Lost(index))?;
        let is_as_said = ReleaseHash::of(&content) == said.content
            && content.len() as u64 == said.bytes
            && draft.content == said.content
            && draft.corrects == said.corrects;
        if !is_as_said {
            return Err(Lie::Bytes(index).into());
        }
    }
    match drafts.iter().filter_map(released).find(|release| !known.contains(release)) {
        Some((number, _)) => Err(Lie::Release(number).into()),
        None => Ok(()),
    }
}
