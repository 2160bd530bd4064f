//! Does a record count? A pure function of what the record is and what headquarters said.
//!
//! The first rule that applies decides:
//!
//! 1. **A decision**: the last one about this very record. Once a human has decided, only a human
//!    changes it again: it lifts whatever stands against the record, and a correction that comes
//!    afterwards is flagged, not followed.
//! 2. **Unknown device**: no enrolment for the key. **Wrong role**: the key is enrolled for other
//!    kinds of record.
//! 3. **Revoked**: logged at or after the index from which the key's records are set aside. What
//!    was logged before stays counted.
//! 4. **Fork**: another record stands at the same place of the key's chain. Both are kept and
//!    neither counts until a decision, because nobody can tell which of the two phones is the
//!    observer's: that is how the design's "lose the power to corroborate" is read here.
//! 5. **Wrong election**; **unknown unit**; **outside the mandate** (of results only: an incident
//!    may be seen anywhere).
//! 6. **Not one's own record**: a correction of a record by another person. The person decides,
//!    not the key: a lost phone's records can be corrected from the next one. While the corrected
//!    record has not arrived, nothing is held against its correction.
//! 7. **Superseded**: the same person corrected it, and the correction is not itself set aside.
//!    Two corrections of one record both stand and are flagged. Where a correction is set aside,
//!    the person's corrections of *that* one take its place.

use std::collections::BTreeSet;

use hattama_proto::{
    id::{ElectionId, Kid, RecordId, UnitCode},
    kind::Role,
    pack::Pack,
    record::{Body, Record},
    statement::{Disposition, Mandate},
    wire::HeldReason,
};
use serde::{Deserialize, Serialize};

use super::Statements;

/// What standing needs to know of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts<'a> {
    /// The record.
    pub id: RecordId,
    /// The key that signed it.
    pub kid: Kid,
    /// Its place in the key's chain.
    pub seq: u64,
    /// The role of key that may say this.
    pub role: Role,
    /// The unit it names, if any.
    pub unit: Option<&'a UnitCode>,
    /// The election it names.
    pub election: &'a ElectionId,
    /// Index of its leaf in the log.
    pub position: u64,
    /// The record it corrects, if it is a correction.
    pub corrects: Option<RecordId>,
}

impl<'a> Facts<'a> {
    /// The facts of a record that was logged at `position`.
    pub fn of(record: &'a Record, position: u64) -> Self {
        let body = &record.claims.body;
        Self {
            id: record.id,
            kid: record.verified.kid(),
            seq: record.claims.seq,
            role: match body {
                Body::Incident(_) => Role::Incidents,
                Body::Correction(correction) => correction.becomes.role(),
                Body::Protocol(_) | Body::NotObtained(_) | Body::Form(_) => Role::Results,
            },
            unit: body.unit(),
            election: &record.claims.election,
            position,
            corrects: match body {
                Body::Correction(correction) => Some(correction.corrects),
                _ => None,
            },
        }
    }
}

/// The facts of a correction, owned: what has to be kept of it to judge the corrected record,
/// which may stand in another unit's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorrectionFacts {
    id: RecordId,
    target: RecordId,
    kid: Kid,
    seq: u64,
    role: Role,
    unit: Option<UnitCode>,
    election: ElectionId,
    position: u64,
}

impl CorrectionFacts {
    /// Keeps the facts of a correction; none if it corrects nothing.
    pub fn of(facts: &Facts<'_>) -> Option<Self> {
        Some(Self {
            id: facts.id,
            target: facts.corrects?,
            kid: facts.kid,
            seq: facts.seq,
            role: facts.role,
            unit: facts.unit.cloned(),
            election: facts.election.clone(),
            position: facts.position,
        })
    }

    /// The correcting record.
    pub const fn id(&self) -> RecordId {
        self.id
    }

    /// The record it corrects.
    pub const fn target(&self) -> RecordId {
        self.target
    }

    /// The facts, to be judged.
    pub const fn facts(&self) -> Facts<'_> {
        Facts {
            id: self.id,
            kid: self.kid,
            seq: self.seq,
            role: self.role,
            unit: self.unit.as_ref(),
            election: &self.election,
            position: self.position,
            corrects: Some(self.target),
        }
    }
}

/// Whether a record counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "standing", rename_all = "snake_case")]
pub enum Standing {
    /// It counts.
    Counted,
    /// It does not count, and here is why. It is kept all the same.
    SetAside {
        /// The first rule that stands against it.
        reason: Reason,
    },
    /// Its author said later that it was wrong.
    Superseded {
        /// The corrections that take its place, by id.
        by: Vec<RecordId>,
    },
}

impl Standing {
    /// The name in the interface.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Counted => "counted",
            Self::SetAside { .. } => "set_aside",
            Self::Superseded { .. } => "superseded",
        }
    }

    /// Why it does not count, if something stands against it.
    pub const fn reason(&self) -> Option<Reason> {
        match self {
            Self::SetAside { reason } => Some(*reason),
            Self::Counted | Self::Superseded { .. } => None,
        }
    }

    /// The corrections that take its place, by id.
    pub fn superseded_by(&self) -> &[RecordId] {
        match self {
            Self::Superseded { by } => by,
            Self::Counted | Self::SetAside { .. } => &[],
        }
    }
}

/// Why a record does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A human decided so.
    Decided,
    /// No enrolment is known for the key.
    UnknownDevice,
    /// The key is enrolled for other kinds of record.
    WrongRole,
    /// The key was revoked before this was logged.
    Revoked,
    /// Another record stands at the same place of the key's chain.
    Fork,
    /// The record is about another election.
    WrongElection,
    /// The unit is not in the register.
    UnknownUnit,
    /// The unit is outside the person's mandate.
    OutsideMandate,
    /// It corrects another person's record.
    NotOwnRecord,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 9] = [
        Self::Decided,
        Self::UnknownDevice,
        Self::WrongRole,
        Self::Revoked,
        Self::Fork,
        Self::WrongElection,
        Self::UnknownUnit,
        Self::OutsideMandate,
        Self::NotOwnRecord,
    ];

    /// The name in the interface.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Decided => "decided",
            Self::UnknownDevice => "unknown_device",
            Self::WrongRole => "wrong_role",
            Self::Revoked => "revoked",
            Self::Fork => "fork",
            Self::WrongElection => "wrong_election",
            Self::UnknownUnit => "unknown_unit",
            Self::OutsideMandate => "outside_mandate",
            Self::NotOwnRecord => "not_own_record",
        }
    }

    /// What the wire calls it when a record is held for it on arrival.
    pub const fn held(self) -> Option<HeldReason> {
        match self {
            Self::UnknownDevice => Some(HeldReason::UnknownDevice),
            Self::Revoked => Some(HeldReason::Revoked),
            Self::Fork => Some(HeldReason::Fork),
            Self::WrongElection => Some(HeldReason::WrongElection),
            Self::UnknownUnit => Some(HeldReason::UnknownUnit),
            Self::OutsideMandate => Some(HeldReason::OutsideMandate),
            Self::Decided | Self::WrongRole | Self::NotOwnRecord => None,
        }
    }
}

/// The standing of a record.
pub fn standing(facts: &Facts<'_>, statements: &Statements, pack: &Pack) -> Standing {
    if let Some(decision) = statements.decision(&facts.id) {
        return match decision.disposition {
            Disposition::Counted => Standing::Counted,
            Disposition::SetAside => Standing::SetAside { reason: Reason::Decided },
        };
    }
    if let Some(reason) = reason_against(facts, statements, pack) {
        return Standing::SetAside { reason };
    }
    let by = superseders(facts, statements, pack);
    if by.is_empty() { Standing::Counted } else { Standing::Superseded { by } }
}

/// What stands against a record as long as nobody has decided about it.
pub fn reason_against(facts: &Facts<'_>, statements: &Statements, pack: &Pack) -> Option<Reason> {
    let Some(enrolment) = statements.enrolment(&facts.kid) else {
        return Some(Reason::UnknownDevice);
    };
    if enrolment.role != facts.role {
        return Some(Reason::WrongRole);
    }
    if statements.revoked_from(&facts.kid).is_some_and(|from| facts.position >= from) {
        return Some(Reason::Revoked);
    }
    if statements.is_forked(&facts.kid, facts.seq) {
        return Some(Reason::Fork);
    }
    if *facts.election != pack.election.id {
        return Some(Reason::WrongElection);
    }
    if let Some(unit) = facts.unit {
        if pack.units.get(unit).is_none() {
            return Some(Reason::UnknownUnit);
        }
        if facts.role == Role::Results && !covers(&enrolment.mandate, unit, pack) {
            return Some(Reason::OutsideMandate);
        }
    }
    let corrected = facts.corrects.and_then(|target| statements.author(&target))?;
    (!same_person(statements, &facts.kid, corrected)).then_some(Reason::NotOwnRecord)
}

/// The corrections by the same person that take a record's place, by id; empty if it stands.
///
/// Does not ask whether a decision holds the record in place: see [`standing`].
pub(super) fn superseders(
    facts: &Facts<'_>,
    statements: &Statements,
    pack: &Pack,
) -> Vec<RecordId> {
    if !statements.is_corrected(&facts.id) {
        return Vec::new();
    }
    let mut by = BTreeSet::new();
    let mut seen = BTreeSet::from([facts.id]);
    let mut chain = vec![facts.id];
    while let Some(corrected) = chain.pop() {
        for correction in statements.corrections_of(&corrected) {
            let same = same_person(statements, &correction.kid, &facts.kid);
            if !same || !seen.insert(correction.id) {
                continue;
            }
            if is_set_aside(&correction.facts(), statements, pack) {
                chain.push(correction.id);
            } else {
                by.insert(correction.id);
            }
        }
    }
    by.into_iter().collect()
}

/// Whether another correction of the same record by the same person stands beside this one.
pub(super) fn competes(facts: &Facts<'_>, statements: &Statements, pack: &Pack) -> bool {
    let Some(target) = facts.corrects else { return false };
    statements.corrections_of(&target).any(|other| {
        other.id != facts.id
            && same_person(statements, &other.kid, &facts.kid)
            && !is_set_aside(&other.facts(), statements, pack)
    })
}

fn is_set_aside(facts: &Facts<'_>, statements: &Statements, pack: &Pack) -> bool {
    statements.decision(&facts.id).map_or_else(
        || reason_against(facts, statements, pack).is_some(),
        |decision| decision.disposition == Disposition::SetAside,
    )
}

/// Whether both keys are one person's. A key is always its own person's, enrolled or not.
fn same_person(statements: &Statements, a: &Kid, b: &Kid) -> bool {
    a == b || matches!((statements.person(a), statements.person(b)), (Some(a), Some(b)) if a == b)
}

fn covers(mandate: &Mandate, unit: &UnitCode, pack: &Pack) -> bool {
    match mandate {
        Mandate::Everywhere => true,
        Mandate::Units(units) => units.iter().any(|above| pack.units.is_within(unit, above)),
    }
}
