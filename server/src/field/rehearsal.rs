//! The drill: who has proven the whole way, from a photograph to a receipt in hand.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use hattama_proto::{
    id::{OrgId, PersonId},
    kind::Role,
    statement::Mandate,
};
use serde::Serialize;

use super::{Field, FieldError};
use crate::{access::Operator, store, vault::region_of};

/// How far one person has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rehearsed {
    /// Who, by pseudonym.
    pub person: PersonId,
    /// The organisation.
    pub org: OrgId,
    /// Whose coordinators look after them.
    pub region: String,
    /// An original photograph of a protocol is whole at headquarters.
    pub photograph: bool,
    /// A protocol with figures was stored.
    pub numbers: bool,
    /// A later record of the same person says that the phone has verified the log beyond it.
    pub receipt: bool,
}

impl Rehearsed {
    /// Whether all three steps are done.
    pub const fn is_proven(&self) -> bool {
        self.photograph && self.numbers && self.receipt
    }
}

/// One region's count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RehearsalCount {
    /// People with an enrolled phone.
    pub enrolled: u64,
    /// Those of them that are proven end to end.
    pub proven: u64,
}

/// How the rehearsal stands.
#[derive(Clone, Debug, Serialize)]
pub struct Rehearsal {
    /// Whether this is a drill at all: a set-up that says so on every page.
    pub is_drill: bool,
    /// By region.
    pub regions: BTreeMap<String, RehearsalCount>,
    /// Whoever is not proven yet.
    pub missing: Vec<Rehearsed>,
}

impl Field {
    /// How the rehearsal stands, as far as the operator sees.
    pub async fn rehearsal(&self, operator: &Operator) -> Result<Rehearsal, FieldError> {
        let protocols = store::forms::protocols(&self.db).await?;
        let originals = store::forms::originals(&self.db).await?;
        let whole: BTreeSet<String> = store::photos::all_verified(&self.db)
            .await?
            .into_iter()
            .map(|(photo, _)| photo.to_hex())
            .collect();
        let photographed: BTreeSet<u64> = originals
            .into_iter()
            .filter(|(_, photo)| whole.contains(photo))
            .map(|(position, _)| position)
            .collect();
        let progress: HashMap<_, _> = store::forms::progress(&self.db).await?.into_iter().collect();
        let book = self.book.read();
        let mut people: BTreeMap<PersonId, Rehearsed> = BTreeMap::new();
        let observers = book
            .statements
            .enrolments()
            .filter(|known| known.role == Role::Results && !known.desk)
            .filter(|known| book.statements.revoked_from(&known.kid).is_none());
        for known in observers {
            let region = region_of(&known.mandate, &book.pack).to_string();
            let limited = match &known.mandate {
                Mandate::Everywhere => operator.scope.region.is_some(),
                Mandate::Units(_) => false,
            };
            if limited || !operator.scope.sees(Some(known.org.as_str()), Some(&region)) {
                continue;
            }
            people.entry(known.person.clone()).or_insert_with(|| Rehearsed {
                person: known.person.clone(),
                org: known.org.clone(),
                region,
                photograph: false,
                numbers: false,
                receipt: false,
            });
        }
        for (kid, position) in protocols {
            let Some(known) = book.statements.enrolment(&kid) else { continue };
            let Some(person) = people.get_mut(&known.person) else { continue };
            if known.desk {
                continue;
            }
            person.numbers = true;
            person.photograph |= photographed.contains(&position);
            person.receipt |= progress.get(&kid).is_some_and(|size| *size > position);
        }
        let mut regions: BTreeMap<String, RehearsalCount> = BTreeMap::new();
        for person in people.values() {
            let count = regions.entry(person.region.clone()).or_default();
            count.enrolled += 1;
            count.proven += u64::from(person.is_proven());
        }
        Ok(Rehearsal {
            is_drill: book.pack.election.exercise.is_some(),
            regions,
            missing: people.into_values().filter(|person| !person.is_proven()).collect(),
        })
    }
}
