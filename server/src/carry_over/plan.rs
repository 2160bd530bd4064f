//! What of one round carries over to the next. Pure.
//!
//! A key carries over while it stands: whatever was revoked by then does not, from whichever place of
//! the log on. No record does.

use std::collections::BTreeSet;

use hattama_proto::{
    id::{ElectionId, Kid, PersonId, UnitCode, WordsHash},
    kind::Role,
    pack::Pack,
    statement::{Enrolment, Mandate},
};

use crate::{clock::DAY_MS, merge::Statements, roster::Assignment};

/// What carries over.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Keys that may vouch, as they were enrolled, with their mandate in the register of this round.
    pub keys: Vec<Enrolment>,
    /// People, by the pseudonym for protocols.
    pub people: BTreeSet<PersonId>,
    /// Seats, moved to the day of this round; none of them stands yet.
    pub seats: Vec<Assignment>,
    /// Keys that were revoked.
    pub revoked: BTreeSet<Kid>,
    /// Keys whose owners may observe in no unit that this round's register has.
    pub homeless: usize,
}

/// What carries over from the round before, into the register of this one, which votes `days` later.
pub fn plan(
    statements: &Statements,
    seats: &[Assignment],
    from: &ElectionId,
    pack: &Pack,
    days: i64,
) -> Plan {
    let mut plan = Plan::default();
    for known in statements.enrolments().filter(|known| !known.desk) {
        if statements.revoked_from(&known.kid).is_some() {
            plan.revoked.insert(known.kid);
            continue;
        }
        let Some(mandate) = mandate(&known.mandate, pack) else {
            plan.homeless += 1;
            continue;
        };
        if known.role == Role::Results {
            plan.people.insert(known.person.clone());
        }
        plan.keys.push(Enrolment { mandate, ..known.clone() });
    }
    plan.keys.sort_by_key(|known| known.kid);
    let standing = seats.iter().filter(|seat| seat.stands);
    let seats = standing.filter(|seat| pack.units.get(&seat.unit).is_some()).map(|seat| {
        let person = seat.person.clone().filter(|person| plan.people.contains(person));
        Assignment {
            // The same seat is the same row, however often it is carried over.
            id: format!("c-{}", &WordsHash::salted(from.as_str(), &seat.id).to_hex()[..24]),
            person,
            region: pack.units.region_of(&seat.unit).map(|region| region.code.clone()),
            from: seat.from.plus_ms(days.saturating_mul(DAY_MS)),
            until: seat.until.plus_ms(days.saturating_mul(DAY_MS)),
            stands: false,
            carried: true,
            version: 0,
            ..seat.clone()
        }
    });
    plan.seats = seats.collect();
    plan
}

/// A mandate as far as the register still has its units; none where it has none of them.
fn mandate(before: &Mandate, pack: &Pack) -> Option<Mandate> {
    match before {
        Mandate::Everywhere => Some(Mandate::Everywhere),
        Mandate::Units(units) => {
            let known: Vec<UnitCode> =
                units.iter().filter(|unit| pack.units.get(unit).is_some()).cloned().collect();
            (!known.is_empty()).then_some(Mandate::Units(known))
        }
    }
}
