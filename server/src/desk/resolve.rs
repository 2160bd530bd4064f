//! What only a decision can end: an item that no third settled, and a document that stands at the
//! wrong place.

use hattama_proto::{
    statement::{Decision, Disposition, Reading, SettledBy, Transcription},
    time::UnixMillis,
};

use super::{Desk, DeskError, Item};
use crate::{
    access::Operator,
    merge::Statements,
    store::{Batch, StoreError},
    transcription::{ItemState, normalised},
};

/// How a proposal is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proposal {
    /// The records are moved where the photographs say; what is no protocol is set aside.
    Follow,
    /// They stay where they are, and count.
    Leave,
    /// They do not count.
    SetAside,
}

impl Proposal {
    /// Every answer.
    pub const ALL: [Self; 3] = [Self::Follow, Self::Leave, Self::SetAside];

    /// The name in forms.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Follow => "follow",
            Self::Leave => "leave",
            Self::SetAside => "set_aside",
        }
    }
}

impl Desk {
    /// Decides what an open item shows, for a reason. Signed and logged with the account's name.
    ///
    /// # Errors
    /// [`DeskError::Refused`], where the item is not open; [`DeskError::Invalid`], where the form has
    /// no such cell or no reason is given.
    pub async fn decide(
        &self,
        operator: &Operator,
        item: &str,
        (reading, reason): (Reading, String),
        now: UnixMillis,
    ) -> Result<(), DeskError> {
        crate::review::check_reason(&reason)?;
        let item = Item::read(&self.stored(operator, item).await?)?;
        if item.state != ItemState::Open {
            return Err(DeskError::Refused(
                "only an item that no third settled is decided; load it again",
            ));
        }
        let pack = std::sync::Arc::clone(&self.book.read().pack);
        let reading = normalised(reading, &item.form, &pack).map_err(DeskError::Invalid)?;
        let how = (SettledBy::Decision, vec![operator.name.clone()], Some(reason));
        match self.say(&item, reading, how, now, Batch::new()).await {
            Err(DeskError::Store(StoreError::Conflict { .. })) => {
                Err(DeskError::Refused("somebody decided first; load it again"))
            }
            other => other,
        }
    }

    /// Answers what a settled item proposes, by a decision about each of its records.
    ///
    /// # Errors
    /// [`DeskError::Refused`], where nothing is proposed or it was answered already.
    pub async fn answer(
        &self,
        operator: &Operator,
        item: &str,
        (answer, reason): (Proposal, String),
        now: UnixMillis,
    ) -> Result<(), DeskError> {
        let item = Item::read(&self.stored(operator, item).await?)?;
        let reading = self
            .unanswered(&item)
            .ok_or(DeskError::Refused("nothing is proposed here any more; load it again"))?;
        for record in &item.records {
            let decision = Decision {
                record: *record,
                disposition: Disposition::Counted,
                reason: reason.clone(),
                account: operator.name.clone(),
                unit: None,
                copy: None,
                same_document_as: None,
            };
            let set_aside = Decision { disposition: Disposition::SetAside, ..decision.clone() };
            let decision = match (answer, &reading) {
                (Proposal::Leave, _) => decision,
                (Proposal::SetAside, _) | (Proposal::Follow, Reading::NotAProtocol) => set_aside,
                (Proposal::Follow, Reading::WrongUnit { unit }) => {
                    Decision { unit: Some(unit.clone()), ..decision }
                }
                (Proposal::Follow, Reading::WrongCopy { copy }) => {
                    Decision { copy: Some(copy.clone()), ..decision }
                }
                (Proposal::Follow, _) => decision,
            };
            self.review.decide(decision, now).await?;
        }
        Ok(())
    }

    /// What an item was settled as, where that is a proposal that nobody answered yet.
    pub fn unanswered(&self, item: &Item) -> Option<Reading> {
        let book = self.book.read();
        let statements = &book.statements;
        let (said_at, reading) = proposed(item, statements)?;
        let decided = |record| statements.history(record).any(|(at, _)| at > said_at);
        (!item.records.iter().any(decided)).then_some(reading)
    }
}

/// What an item was settled as, where that is a proposal, and where in the log that stands.
fn proposed(item: &Item, statements: &Statements) -> Option<(u64, Reading)> {
    let of_item = |(_, said): &(u64, &Transcription)| {
        item.pages.iter().all(|page| said.photos.contains(&page.original))
    };
    let (position, said) =
        statements.transcriptions(item.records.first()?).filter(of_item).last()?;
    let is_proposal = matches!(
        said.reading,
        Reading::WrongUnit { .. } | Reading::WrongCopy { .. } | Reading::NotAProtocol
    );
    (item.state == ItemState::Settled && is_proposal).then(|| (position, said.reading.clone()))
}
