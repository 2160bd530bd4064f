//! One proposes, another confirms. Between the two nothing can change.

use std::collections::HashMap;

use hattama_proto::{
    id::{ReleaseHash, StatementId, UnitCode, to_hex},
    statement::Release,
    time::UnixMillis,
};

use super::{
    content::Content,
    draw::{Proposal, check, named_in},
    error::ReleaseError,
    shelf::number_of,
};
use crate::{
    access::{Operator, Permission},
    app::Headquarters,
    log::{Item, Says, SequenceError},
    random,
    store::{
        self, StoreError, accounts,
        releases::{Draft, Outcome},
    },
};

/// How often it is tried again when another writer took the number of the release or of the audit
/// event.
const TRIES: u32 = 20;

impl Headquarters {
    /// Proposes a release. Another publisher has to confirm it; until then nothing of it is public.
    ///
    /// # Errors
    /// [`ReleaseError::Unmet`] with everything that the gate finds missing.
    pub async fn propose_release(
        &self,
        by: &Operator,
        proposal: &Proposal,
        now: UnixMillis,
    ) -> Result<Draft, ReleaseError> {
        check_whole(by)?;
        check(proposal, &self.book.read().pack)?;
        let (content, unmet) = self.drawn_up(proposal, now).await?;
        if !unmet.is_empty() {
            return Err(ReleaseError::Unmet(unmet));
        }
        let bytes = content.to_bytes();
        let draft = Draft {
            id: to_hex(&random::bytes::<8>()?),
            content: ReleaseHash::of(&bytes),
            corrects: content.corrects.as_ref().map(|corrects| corrects.release),
            proposed_by: by.name.clone(),
            proposed_at: now,
            outcome: None,
        };
        let event = (by.name.as_str(), "release-proposed", draft.id.as_str());
        let batch = || store::releases::propose(&draft, &bytes);
        crate::audit::note_with(&self.db, event, now, batch).await?;
        Ok(draft)
    }

    /// Confirms what another publisher proposed: it gets the next number, a signed statement in the
    /// log, and is public from then on.
    ///
    /// # Errors
    /// [`ReleaseError::Changed`] where a figure that it names is another one now.
    pub async fn confirm_release(
        &self,
        by: &Operator,
        draft: &str,
        now: UnixMillis,
    ) -> Result<u32, ReleaseError> {
        check_whole(by)?;
        let (open, bytes, content) = self.open_draft(draft).await?;
        if open.proposed_by == by.name {
            return Err(ReleaseError::SamePerson);
        }
        let proposal = Proposal {
            named: named_in(content.differences()),
            words: content.words.clone(),
            corrects: content.corrects.clone().map(|of| (of.release, of.words)),
        };
        let (current, unmet) = self.drawn_up(&proposal, now).await?;
        if !unmet.is_empty() {
            return Err(ReleaseError::Unmet(unmet));
        }
        let changed = changed(&content, &current);
        if !changed.is_empty() {
            return Err(ReleaseError::Changed(changed));
        }
        for _ in 0..TRIES {
            let all = store::releases::all(&self.db).await?;
            if all.iter().any(|known| known.id == draft && known.outcome.is_some()) {
                return Err(ReleaseError::Decided);
            }
            let number = all.iter().filter_map(number_of).max().unwrap_or(0) + 1;
            let body = Release {
                number,
                content: open.content,
                bytes: bytes.len() as u64,
                corrects: open.corrects,
            };
            let (item, jws): (Item, String) =
                self.review.sign(body, subject(number), Says::Other, now)?;
            let statement = StatementId::of(jws.as_bytes());
            let outcome =
                Outcome { release: Some((number, statement)), by: by.name.clone(), at: now };
            let with = store::releases::decide(draft, &outcome).and(accounts::audit_next(
                now,
                &by.name,
                "release-confirmed",
                draft,
            ));
            match self.sequencer.append_with(vec![item], with).await {
                Ok(_) => return Ok(number),
                // The number of the release, of the audit event, or the draft: looked at again.
                Err(SequenceError::Store(error))
                    if matches!(*error, StoreError::UniqueViolation { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ReleaseError::Decided)
    }

    /// Takes a draft back; any publisher may.
    pub async fn withdraw_release(
        &self,
        by: &Operator,
        draft: &str,
        now: UnixMillis,
    ) -> Result<(), ReleaseError> {
        check_whole(by)?;
        self.open_draft(draft).await?;
        let outcome = Outcome { release: None, by: by.name.clone(), at: now };
        let event = (by.name.as_str(), "release-withdrawn", draft);
        match crate::audit::note_with(&self.db, event, now, || {
            store::releases::decide(draft, &outcome)
        })
        .await
        {
            Err(StoreError::UniqueViolation { .. }) => Err(ReleaseError::Decided),
            done => Ok(done?),
        }
    }
}

/// What statements about a release are found by.
fn subject(number: u32) -> String {
    format!("release:{number}")
}

/// Units of which `now` says otherwise than `then`.
fn changed(then: &Content, now: &Content) -> Vec<String> {
    let current: HashMap<(&UnitCode, _), _> =
        now.said().map(|of| ((&of.unit, &of.contest), of)).collect();
    let mut changed: Vec<String> = then
        .said()
        .filter(|of| current.get(&(&of.unit, &of.contest)) != Some(of))
        .map(|of| of.unit.to_string())
        .collect();
    changed.sort_unstable();
    changed.dedup();
    changed
}

fn check_whole(by: &Operator) -> Result<(), ReleaseError> {
    if by.scope.is_everything() && by.may(Permission::Release) {
        Ok(())
    } else {
        Err(ReleaseError::Limited)
    }
}
