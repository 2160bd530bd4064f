//! Whom a message is for: from what was asked for to people with a living key.

use std::collections::{BTreeMap, BTreeSet};

use hattama_proto::{
    id::{PersonId, UnitCode},
    kind::Role,
    statement::Mandate,
    time::UnixMillis,
};
use serde::{Deserialize, Serialize};

use super::Messages;
use crate::{access::Operator, field::FieldError, roster::SeatState, store};

/// To whom a message is sent, at the moment at which it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Everybody that the account sees.
    Everybody,
    /// Whoever may observe in this unit or below it, or is planned there.
    Within(UnitCode),
    /// One person, by the pseudonym for protocols.
    Person(PersonId),
    /// Whoever the plan expects now and who has not been heard of.
    Silent,
    /// Whoever has not proven the whole way in the rehearsal.
    NotProven,
}

impl Messages {
    /// The people, in the order of their names: of the audience, with a key for protocols that has
    /// not ended, and seen by the operator.
    pub(super) async fn people(
        &self,
        to: &Audience,
        org: Option<&str>,
        operator: &Operator,
        now: UnixMillis,
    ) -> Result<Vec<PersonId>, FieldError> {
        let seen = self.seen(org, operator);
        let chosen: BTreeSet<PersonId> = match to {
            Audience::Everybody => return Ok(seen.into_keys().collect()),
            Audience::Person(person) => [person.clone()].into(),
            Audience::Within(unit) => self.within(unit, &seen).await?,
            Audience::Silent => {
                let expected = self.field.roster(now, operator).await?.expected;
                let silent = expected.into_iter().filter(|one| one.state == SeatState::Silent);
                silent.filter_map(|one| one.sits).collect()
            }
            Audience::NotProven => {
                let missing = self.field.rehearsal(operator).await?.missing;
                missing.into_iter().map(|one| one.person).collect()
            }
        };
        Ok(seen.into_keys().filter(|person| chosen.contains(person)).collect())
    }

    /// Everybody with a living key for protocols that the operator sees, with where they may observe.
    fn seen(&self, org: Option<&str>, operator: &Operator) -> BTreeMap<PersonId, Vec<Mandate>> {
        let book = self.book.read();
        let mut people: BTreeMap<PersonId, Vec<Mandate>> = BTreeMap::new();
        let living = book
            .statements
            .enrolments()
            .filter(|known| known.role == Role::Results && !known.desk)
            .filter(|known| book.statements.revoked_from(&known.kid).is_none())
            .filter(|known| org.is_none_or(|org| known.org.as_str() == org))
            .filter(|known| operator.scope.sees_device(&book, known));
        for known in living {
            people.entry(known.person.clone()).or_default().push(known.mandate.clone());
        }
        people
    }

    async fn within(
        &self,
        unit: &UnitCode,
        seen: &BTreeMap<PersonId, Vec<Mandate>>,
    ) -> Result<BTreeSet<PersonId>, FieldError> {
        let plan = store::roster::assignments(&self.db, None, None).await?;
        let book = self.book.read();
        if book.pack.units.get(unit).is_none() {
            return Err(FieldError::Invalid(format!("the register has no unit {unit}")));
        }
        let inside = |code: &UnitCode| book.pack.units.is_within(code, unit);
        let by_mandate = seen.iter().filter(|(_, mandates)| {
            mandates.iter().any(|mandate| match mandate {
                Mandate::Everywhere => false,
                Mandate::Units(units) => units.iter().any(inside),
            })
        });
        let by_plan = plan.iter().filter(|seat| seat.stands && inside(&seat.unit));
        let by_plan = by_plan.filter_map(|seat| seat.person.clone());
        Ok(by_mandate.map(|(person, _)| person.clone()).chain(by_plan).collect())
    }
}
