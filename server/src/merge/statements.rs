//! Everything headquarters knows that gives records a standing.
//!
//! A plain value: statements and facts go in, in any order and any number of times, and the same
//! knowledge comes out. Where two statements speak of one thing, their places in the log decide,
//! never the order in which they were applied.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use hattama_proto::{
    id::{Kid, OrgId, PersonId, RecordId, UnitCode},
    statement::{Decision, Enrolment, Revocation, Transcription},
};

use super::standing::{CorrectionFacts, Facts};

/// The knowledge. Cheap to ask, cheap to extend; `Default` knows nobody.
#[derive(Clone, Debug, Default)]
pub struct Statements {
    /// By key: the enrolment logged last, with its log position.
    enrolments: HashMap<Kid, (u64, Arc<Enrolment>)>,
    /// By key: the lowest log index from which its records are set aside.
    revocations: HashMap<Kid, u64>,
    /// By record: every decision, by log position; the last one holds.
    decisions: HashMap<RecordId, BTreeMap<u64, Decision>>,
    /// Places of chains at which more than one record stands.
    forks: HashSet<(Kid, u64)>,
    /// By corrected record: who says that it was wrong, by id.
    corrections: HashMap<RecordId, BTreeMap<RecordId, CorrectionFacts>>,
    /// Whose key signed a record that a correction names.
    authors: HashMap<RecordId, Kid>,
    /// By unit: records that a decision moved there from elsewhere.
    moved_into: HashMap<UnitCode, BTreeSet<RecordId>>,
    /// By record: every transcription that was read off its photographs, by log position.
    transcriptions: HashMap<RecordId, BTreeMap<u64, Arc<Transcription>>>,
}

impl Statements {
    /// Takes an enrolment that was logged at `position`. A key's last enrolment holds: a changed
    /// mandate is a new enrolment.
    pub fn apply_enrolment(&mut self, position: u64, enrolment: Enrolment) {
        match self.enrolments.get(&enrolment.kid) {
            Some((known, _)) if *known >= position => {}
            _ => {
                self.enrolments.insert(enrolment.kid, (position, Arc::new(enrolment)));
            }
        }
    }

    /// Takes a revocation. The lowest index of all revocations of a key holds; where the
    /// revocation itself stands in the log does not matter.
    #[expect(clippy::needless_pass_by_value, reason = "statements are all taken alike")]
    pub fn apply_revocation(&mut self, _position: u64, revocation: Revocation) {
        let from = self.revocations.entry(revocation.kid).or_insert(revocation.from_index);
        *from = (*from).min(revocation.from_index);
    }

    /// Takes a decision that was logged at `position`. The last one about a record holds; the
    /// earlier ones stay in [`history`](Self::history).
    pub fn apply_decision(&mut self, position: u64, decision: Decision) {
        let record = decision.record;
        let history = self.decisions.entry(record).or_default();
        let before = history.values().next_back().and_then(|latest| latest.unit.clone());
        history.insert(position, decision);
        let after = history.values().next_back().and_then(|latest| latest.unit.clone());
        if before == after {
            return;
        }
        if let Some(unit) = before
            && let Some(records) = self.moved_into.get_mut(&unit)
        {
            records.remove(&record);
        }
        if let Some(unit) = after {
            self.moved_into.entry(unit).or_default().insert(record);
        }
    }

    /// Takes a transcription that was logged at `position`.
    pub fn apply_transcription(&mut self, position: u64, transcription: Transcription) {
        let transcription = Arc::new(transcription);
        for record in &transcription.records {
            let of_record = self.transcriptions.entry(*record).or_default();
            of_record.insert(position, Arc::clone(&transcription));
        }
    }

    /// Notes that more than one record stands at this place of a key's chain.
    pub fn note_fork(&mut self, kid: Kid, seq: u64) {
        self.forks.insert((kid, seq));
    }

    /// Notes a record that corrects another; facts that name no other record are ignored.
    pub fn note_correction(&mut self, correction: &Facts<'_>) {
        if let Some(owned) = CorrectionFacts::of(correction) {
            self.note_correction_facts(owned);
        }
    }

    /// Notes a correction read back from the store.
    pub fn note_correction_facts(&mut self, correction: CorrectionFacts) {
        let of_target = self.corrections.entry(correction.target()).or_default();
        of_target.entry(correction.id()).or_insert(correction);
    }

    /// Whether any record was corrected.
    pub fn has_corrections(&self) -> bool {
        !self.corrections.is_empty()
    }

    /// Notes whose key signed a record that a correction names, so that a correction of somebody
    /// else's record is told apart. Needed for corrected records only.
    pub fn note_author(&mut self, record: RecordId, kid: Kid) {
        self.authors.insert(record, kid);
    }

    /// All enrolments, in no order.
    pub fn enrolments(&self) -> impl Iterator<Item = &Enrolment> {
        self.enrolments.values().map(|(_, enrolment)| &**enrolment)
    }

    /// The enrolment of a key.
    pub fn enrolment(&self, kid: &Kid) -> Option<&Enrolment> {
        self.enrolments.get(kid).map(|(_, enrolment)| &**enrolment)
    }

    /// The enrolment of a key, to be kept.
    pub(super) fn shared_enrolment(&self, kid: &Kid) -> Option<Arc<Enrolment>> {
        self.enrolments.get(kid).map(|(_, enrolment)| Arc::clone(enrolment))
    }

    /// The person whose key this is.
    pub fn person(&self, kid: &Kid) -> Option<&PersonId> {
        self.enrolment(kid).map(|enrolment| &enrolment.person)
    }

    /// The organisation the owner of this key observes for.
    pub fn org(&self, kid: &Kid) -> Option<&OrgId> {
        self.enrolment(kid).map(|enrolment| &enrolment.org)
    }

    /// The first log index whose records by this key are set aside.
    pub fn revoked_from(&self, kid: &Kid) -> Option<u64> {
        self.revocations.get(kid).copied()
    }

    /// Whether more than one record stands at this place.
    pub fn is_forked(&self, kid: &Kid, seq: u64) -> bool {
        // Asked for every record and almost always no: skip hashing while there are none.
        !self.forks.is_empty() && self.forks.contains(&(*kid, seq))
    }

    /// The decision about a record that holds.
    pub fn decision(&self, record: &RecordId) -> Option<&Decision> {
        self.decisions.get(record)?.values().next_back()
    }

    /// Every decision about a record with its log position, oldest first.
    pub fn history(&self, record: &RecordId) -> impl Iterator<Item = (u64, &Decision)> {
        let history = self.decisions.get(record);
        history.into_iter().flatten().map(|(position, decision)| (*position, decision))
    }

    /// Every transcription that was read off a record's photographs, with its log position, oldest
    /// first.
    pub fn transcriptions(&self, record: &RecordId) -> impl Iterator<Item = (u64, &Transcription)> {
        let of_record = self.transcriptions.get(record);
        of_record.into_iter().flatten().map(|(position, said)| (*position, &**said))
    }

    /// Records that were transcribed together with `record`, itself among them: a decision about one of
    /// them answers what the transcription proposed for all.
    pub fn transcribed_with(&self, record: &RecordId) -> impl Iterator<Item = &RecordId> {
        self.transcriptions(record).flat_map(|(_, said)| &said.records)
    }

    /// Whether nothing was ever transcribed, so that nobody has to look.
    pub(super) fn has_no_transcriptions(&self) -> bool {
        self.transcriptions.is_empty()
    }

    /// Everything that names `record` as corrected, by id, whoever said so.
    pub fn corrections_of(&self, record: &RecordId) -> impl Iterator<Item = &CorrectionFacts> {
        self.corrections.get(record).into_iter().flat_map(BTreeMap::values)
    }

    /// Whether anything names `record` as corrected: then its author should be noted.
    pub fn is_corrected(&self, record: &RecordId) -> bool {
        self.corrections.contains_key(record)
    }

    /// Whose key signed a corrected record, if that is known.
    pub fn author(&self, record: &RecordId) -> Option<&Kid> {
        self.authors.get(record)
    }

    /// The unit a record belongs to: where a decision put it, else the one it names.
    pub fn attributed<'a>(&'a self, record: &RecordId, named: &'a UnitCode) -> &'a UnitCode {
        self.decision(record).and_then(|decision| decision.unit.as_ref()).unwrap_or(named)
    }

    /// Records that decisions put into `unit`; their entries are packed under the units they name.
    pub fn moved_into(&self, unit: &UnitCode) -> impl Iterator<Item = &RecordId> {
        self.moved_into.get(unit).into_iter().flatten()
    }
}
