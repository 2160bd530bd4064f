//! A lost phone, replaced by a coordinator alone: the old keys end, and a new invitation for the same
//! person and mandate is there. Both in one transaction.

use hattama_proto::{
    id::{Kid, PersonId},
    invitation::Invitation,
    kind::Role,
    statement::{Enrolment, Mandate},
    time::UnixMillis,
};

use super::{Field, FieldError};
use crate::{
    access::Operator,
    ingest::{Guest, Pseudonyms},
    store,
    vault::region_of,
};

/// What came of replacing a phone.
#[derive(Clone, Debug)]
pub struct Replaced {
    /// To hand over, once; it is not kept.
    pub invitation: Invitation,
    /// For whom.
    pub person: PersonId,
    /// How many keys ended. Which of them was for incidents is said nowhere.
    pub ended: usize,
}

impl Field {
    /// Ends every key of a person from now on and invites the same person again, under the same
    /// pseudonyms and mandate. What the old phone sent before stays counted.
    ///
    /// With a vault, the caller's contacts must be open: only the vault knows which key for incidents
    /// is the person's.
    pub async fn replace_phone(
        &self,
        person: &PersonId,
        reason: &str,
        valid_hours: u32,
        operator: &Operator,
        now: UnixMillis,
    ) -> Result<Replaced, FieldError> {
        let (org, mandate) = self.invited_as(person, operator).await?;
        let known = self.vault.contact(person, operator, now).await?;
        let people =
            Pseudonyms { person: person.clone(), reporter: known.contact.reporter.clone() };
        let guest =
            Guest { label: known.contact.label, reach: String::new(), org, mandate, valid_hours };
        let prepared = self.invitations.prepare(&guest, &people, now)?;
        let kids = self.living_keys(&people);
        // An invitation that the lost phone has not used yet must not be used by whoever found it.
        let batch = store::devices::withdraw_unused(&[&people.person, &people.reporter], now)
            .and(prepared.batch);
        if kids.is_empty() {
            self.db.commit(batch).await?;
        } else {
            self.review.revoke_all(&kids, reason, &operator.name, now, batch).await?;
        }
        crate::audit::note(&self.db, &operator.name, "replace-phone", person.as_str(), now).await?;
        Ok(Replaced { invitation: prepared.invitation, person: person.clone(), ended: kids.len() })
    }

    /// For whom and where a person was invited; not found where the operator may not see that.
    async fn invited_as(
        &self,
        person: &PersonId,
        operator: &Operator,
    ) -> Result<(hattama_proto::id::OrgId, Mandate), FieldError> {
        let invited = store::devices::invited_as(&self.db, person).await?;
        let (role, org, mandate) = invited.ok_or(FieldError::NotFound)?;
        let region = region_of(&mandate, &self.book.read().pack);
        if role != Role::Results || !operator.scope.sees(Some(org.as_str()), Some(region.as_str()))
        {
            return Err(FieldError::NotFound);
        }
        Ok((org, mandate))
    }

    /// Keys of a person that have not ended.
    fn living_keys(&self, people: &Pseudonyms) -> Vec<Kid> {
        let book = self.book.read();
        let theirs =
            |known: &&Enrolment| known.person == people.person || known.person == people.reporter;
        let mut kids: Vec<Kid> = book
            .statements
            .enrolments()
            .filter(theirs)
            .map(|known| known.kid)
            .filter(|kid| book.statements.revoked_from(kid).is_none())
            .collect();
        kids.sort_unstable();
        kids
    }
}
