//! Releases and drafts as they are kept, read again and held against their hash.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use hattama_proto::{id::ReleaseHash, time::UnixMillis};

use super::{
    content::Content, corrections::corrections_of, error::ReleaseError, frozen::Frozen,
    proof::Proof,
};
use crate::{
    access::Operator,
    app::Headquarters,
    store::{self, releases::Draft},
};

/// A release that is public.
#[derive(Clone, Debug)]
pub struct Released {
    /// Its number.
    pub number: u32,
    /// When it was made public.
    pub at: UnixMillis,
    /// Hash of the content.
    pub sha256: ReleaseHash,
    /// The content, byte for byte.
    pub bytes: Bytes,
    /// The content, read.
    pub content: Arc<Content>,
    /// The signed statement and that the log has it.
    pub proof: Arc<Proof>,
    /// Releases that correct it, in order.
    pub corrected_by: Vec<Later>,
}

/// A release that corrects an earlier one.
#[derive(Clone, Debug)]
pub struct Later {
    /// Its number.
    pub number: u32,
    /// Its content, byte for byte.
    pub bytes: Bytes,
    /// Its content, read.
    pub content: Arc<Content>,
}

impl Headquarters {
    /// Drafts that wait, the oldest first, for accounts that see everything.
    pub async fn release_drafts(&self, by: &Operator) -> Result<Vec<Draft>, ReleaseError> {
        if !by.scope.is_everything() {
            return Ok(Vec::new());
        }
        let mut all = store::releases::all(&self.db).await?;
        all.retain(|draft| draft.outcome.is_none());
        Ok(all)
    }

    /// A draft that waits: what is known of it, its bytes and what it says.
    pub async fn release_draft(
        &self,
        by: &Operator,
        draft: &str,
    ) -> Result<(Draft, Vec<u8>, Content), ReleaseError> {
        if !by.scope.is_everything() {
            return Err(ReleaseError::NotFound);
        }
        self.open_draft(draft).await
    }

    pub(super) async fn open_draft(
        &self,
        id: &str,
    ) -> Result<(Draft, Vec<u8>, Content), ReleaseError> {
        let all = store::releases::all(&self.db).await?;
        let draft = all.into_iter().find(|draft| draft.id == id).ok_or(ReleaseError::NotFound)?;
        if draft.outcome.is_some() {
            return Err(ReleaseError::Decided);
        }
        let (bytes, content) = self.content_of(&draft).await?;
        Ok((draft, bytes, content))
    }

    async fn content_of(&self, draft: &Draft) -> Result<(Vec<u8>, Content), ReleaseError> {
        let bytes = store::releases::content(&self.db, &draft.id).await?;
        let bytes = bytes.ok_or(ReleaseError::Altered)?;
        if ReleaseHash::of(&bytes) != draft.content {
            return Err(ReleaseError::Altered);
        }
        let content = Content::read(&bytes).map_err(|_| ReleaseError::Altered)?;
        Ok((bytes, content))
    }

    pub(super) async fn release_content(
        &self,
        number: u32,
    ) -> Result<Option<Arc<Content>>, ReleaseError> {
        let all = store::releases::all(&self.db).await?;
        match all.iter().find(|draft| number_of(draft) == Some(number)) {
            Some(draft) => Ok(Some(Arc::clone(&self.frozen(draft).await?.content))),
            None => Ok(None),
        }
    }

    /// Every release that is public, by number.
    pub async fn releases(&self) -> Result<BTreeMap<u32, Draft>, ReleaseError> {
        let all = store::releases::all(&self.db).await?;
        Ok(all.into_iter().filter_map(|draft| Some((number_of(&draft)?, draft))).collect())
    }

    /// One release, with its proof and its corrections.
    ///
    /// # Errors
    /// [`ReleaseError::Altered`] where the store says otherwise than the signed statement: its number,
    /// its content, or what it corrects.
    pub async fn release(&self, number: u32) -> Result<Released, ReleaseError> {
        let all = self.releases().await?;
        let draft = all.get(&number).ok_or(ReleaseError::NotFound)?;
        let at = draft.outcome.as_ref().ok_or(ReleaseError::NotFound)?.at;
        let frozen = self.frozen(draft).await?;
        let links: Vec<_> = all.iter().map(|(number, of)| (*number, of.corrects)).collect();
        let mut corrected_by = Vec::new();
        for later in corrections_of(number, &links) {
            let later = match self.frozen(&all[&later]).await {
                // It is public as soon as the log proves it, which is in a moment.
                Err(ReleaseError::NotYet) => continue,
                later => later?,
            };
            corrected_by.push(Later {
                number: later.number,
                bytes: later.bytes.clone(),
                content: Arc::clone(&later.content),
            });
        }
        Ok(Released {
            number,
            at,
            sha256: frozen.sha256,
            bytes: frozen.bytes.clone(),
            content: Arc::clone(&frozen.content),
            proof: Arc::clone(&frozen.proof),
            corrected_by,
        })
    }

    /// What can never change of a release, verified once.
    async fn frozen(&self, draft: &Draft) -> Result<Arc<Frozen>, ReleaseError> {
        let outcome = draft.outcome.as_ref().ok_or(ReleaseError::NotFound)?;
        let (number, statement) = outcome.release.ok_or(ReleaseError::NotFound)?;
        let (sha256, corrects) = (draft.content, draft.corrects);
        if let Some(frozen) = self.frozen_releases.get(&(number, sha256, corrects, statement)) {
            return Ok(frozen);
        }
        let (bytes, content) = self.content_of(draft).await?;
        let (proof, said) = Proof::of(self, &statement).await?;
        let length = bytes.len() as u64;
        if (said.number, said.content, said.corrects, said.bytes)
            != (number, sha256, corrects, length)
        {
            return Err(ReleaseError::Altered);
        }
        let (bytes, content, proof) = (bytes.into(), Arc::new(content), Arc::new(proof));
        Ok(self.frozen_releases.keep(Frozen {
            number,
            sha256,
            corrects,
            statement,
            bytes,
            content,
            proof,
        }))
    }
}

/// The number that a draft got.
pub(super) fn number_of(draft: &Draft) -> Option<u32> {
    Some(draft.outcome.as_ref()?.release?.0)
}
