//! Entries in, unit file out. Pure: any order, any duplication, any grouping gives the same file.

use std::sync::Arc;

use hattama_proto::{id::UnitCode, pack::Pack};

use super::{
    Statements, copies, documents,
    entry::{Entry, EntryBody},
    standing::{Standing, competes, standing, superseders},
    unit_file::{CopyNotObtained, Coverage, EntryFlag, FiledEntry, MovedAway, UnitFile},
};

/// The file of `unit`.
///
/// `entries` are the unit's own and those that a decision moved there
/// ([`Statements::moved_into`]); entries of other units, and entries that stand twice, make no
/// difference. A record that a decision moved away leaves nothing here but a note.
pub fn merge(
    unit: &UnitCode,
    entries: &[Arc<Entry>],
    statements: &Statements,
    pack: &Pack,
) -> UnitFile {
    let mut once: Vec<&Arc<Entry>> = entries.iter().collect();
    once.sort_unstable_by_key(|entry| (entry.id, entry.position));
    once.dedup_by_key(|entry| entry.id);
    let mut filed = Vec::with_capacity(once.len());
    let mut moved_away = Vec::new();
    for entry in once {
        let belongs = statements.attributed(&entry.id, &entry.unit);
        if belongs == unit {
            filed.push(file(entry, statements, pack));
        } else if entry.unit == *unit {
            moved_away.push(MovedAway { record: entry.id, to: belongs.clone() });
        }
    }
    let (documents, unfollowed) = documents::group(unit, &mut filed, statements, pack);
    let (differences, perhaps_one) = copies::compare(&documents, pack);
    let linked = copies::add_up(&documents, pack);
    let not_obtained: Vec<_> = filed.iter().filter_map(not_obtained).collect();
    let coverage = if !documents.is_empty() {
        Coverage::Obtained
    } else if !not_obtained.is_empty() {
        Coverage::NotObtained
    } else {
        Coverage::Nothing
    };
    UnitFile {
        unit: unit.clone(),
        coverage,
        documents,
        differences,
        perhaps_one,
        linked,
        not_obtained,
        entries: filed,
        moved_away,
        unfollowed,
    }
}

fn file(entry: &Arc<Entry>, statements: &Statements, pack: &Pack) -> FiledEntry {
    let facts = entry.facts();
    let standing = standing(&facts, statements, pack);
    let mut flags = Vec::new();
    if entry.corrects.is_some() && competes(&facts, statements, pack) {
        flags.push(EntryFlag::CompetingCorrection);
    }
    if standing == Standing::Counted && !superseders(&facts, statements, pack).is_empty() {
        flags.push(EntryFlag::CorrectedAfterDecision);
    }
    if statements.is_forked(&entry.kid, entry.seq) {
        flags.push(EntryFlag::Forked);
    }
    if entry.sheet().is_some_and(|sheet| !sheet.marks.is_empty()) {
        flags.push(EntryFlag::Marked);
    }
    let decision = statements.decision(&entry.id);
    if decision.is_some_and(|decision| decision.unit.as_ref().is_some_and(|to| *to != entry.unit)) {
        flags.push(EntryFlag::MovedHere);
    }
    let mut filed = FiledEntry {
        entry: Arc::clone(entry),
        standing,
        enrolment: statements.shared_enrolment(&entry.kid),
        copy_decided: decision.and_then(|decision| decision.copy.clone()),
        flags,
        findings: Vec::new(),
    };
    if filed.is_told() {
        filed.flags.push(EntryFlag::ToldToDesk);
    }
    filed
}

fn not_obtained(filed: &FiledEntry) -> Option<CopyNotObtained> {
    match &filed.entry.body {
        EntryBody::NotObtained(missing) if filed.is_counted() => Some(CopyNotObtained {
            record: filed.entry.id,
            missing: missing.missing,
            copy: missing.copy.clone(),
        }),
        _ => None,
    }
}
