//! Which entries show one document, and whether they agree.
//!
//! Grouping is exact: form, table, copy type (as decided, else as said) and the number as it was
//! typed, or none. A decision that two records show one document joins the two documents, not
//! only the two entries, if form, table and copy type are the same.
//!
//! Two entries corroborate each other when different people (of different organisations, if the
//! set-up asks for that) read the same off photographs of their own: at least one figure is read by
//! both, none is read differently, each has an original photograph, and they share none.

use hattama_proto::{
    id::{CopyType, FormCode, RecordId, TableCode, UnitCode},
    pack::{Corroboration, Pack},
};

use super::{
    Statements,
    cells::Agreement,
    entry::Sheet,
    relations, transcribed,
    unit_file::{Document, DocumentState, EntryFlag, FiledEntry, UnfollowedLink},
};

/// What makes two entries show one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a> {
    form: &'a FormCode,
    table: Option<&'a TableCode>,
    copy: &'a CopyType,
    number: Option<&'a str>,
}

impl<'a> Key<'a> {
    fn of(filed: &'a FiledEntry) -> Option<Self> {
        let sheet = filed.entry.sheet()?;
        Some(Self {
            form: &sheet.form,
            table: sheet.table.as_ref(),
            copy: filed.copy()?,
            number: sheet.document_number.as_deref(),
        })
    }

    /// Whether a decision may join documents with these keys.
    fn may_join(&self, other: &Self) -> bool {
        (self.form, self.table, self.copy) == (other.form, other.table, other.copy)
    }
}

/// Entries with one key; `root` is the place of the group that stands for it.
struct Group<'a> {
    key: Key<'a>,
    root: usize,
}

/// Groups counted protocols into documents; writes each protocol's findings into its entry.
pub(super) fn group(
    unit: &UnitCode,
    entries: &mut [FiledEntry],
    statements: &Statements,
    pack: &Pack,
) -> (Vec<Document>, Vec<UnfollowedLink>) {
    let (mut documents, unfollowed) = {
        let entries = &*entries;
        let mut keyed: Vec<(Key<'_>, usize)> = entries
            .iter()
            .enumerate()
            .filter(|(_, filed)| filed.is_counted())
            .filter_map(|(at, filed)| Some((Key::of(filed)?, at)))
            .collect();
        keyed.sort_unstable();
        let mut groups: Vec<Group<'_>> = Vec::with_capacity(keyed.len());
        for (key, _) in &keyed {
            if groups.last().is_none_or(|group| group.key != *key) {
                groups.push(Group { key: *key, root: groups.len() });
            }
        }
        let unfollowed = join(&mut groups, entries, statements);
        (documents_of(&groups, &keyed, entries, pack), unfollowed)
    };
    for document in &documents {
        note_own_records(document, entries);
    }
    for document in &mut documents {
        let relations = pack.form(&document.form).map_or(&[][..], |form| &form.relations);
        document.findings = relations::check(relations, &document.copy, &document.reading);
        for record in &document.entries {
            let at = entries
                .binary_search_by_key(record, |filed| filed.entry.id)
                .expect("a document is made of these entries");
            let cells = entries[at].entry.sheet().map(|sheet| &sheet.cells);
            entries[at].findings = match cells {
                Some(cells) if *cells != document.reading => {
                    relations::check(relations, &document.copy, cells)
                }
                _ => document.findings.clone(),
            };
        }
    }
    transcribed::note(unit, &mut documents, entries, statements, pack);
    (documents, unfollowed)
}

/// Marks what was told to a desk once its teller's own record of the same document is there.
fn note_own_records(document: &Document, entries: &mut [FiledEntry]) {
    let at = |record: &RecordId, entries: &[FiledEntry]| {
        entries.binary_search_by_key(record, |filed| filed.entry.id).ok()
    };
    for record in &document.entries {
        let Some(told) = at(record, entries) else { continue };
        let on_behalf = entries[told].entry.on_behalf.as_ref();
        let Some(person) = on_behalf.and_then(|told| told.person.clone()) else { continue };
        let own = document
            .entries
            .iter()
            .filter_map(|other| at(other, entries))
            .any(|other| !entries[other].is_told() && entries[other].person() == Some(&person));
        if own {
            entries[told].flags.push(EntryFlag::OwnRecordCame);
        }
    }
}

/// Follows decisions that two records show one document.
fn join(
    groups: &mut [Group<'_>],
    entries: &[FiledEntry],
    statements: &Statements,
) -> Vec<UnfollowedLink> {
    let mut unfollowed = Vec::new();
    for filed in entries {
        let record = filed.entry.id;
        let link = statements.decision(&record).and_then(|decision| decision.same_document_as);
        let Some(same_document_as) = link else { continue };
        if !filed.is_counted() {
            continue;
        }
        let mine = place(groups, filed);
        let theirs = entries
            .binary_search_by_key(&same_document_as, |filed| filed.entry.id)
            .ok()
            .and_then(|at| place(groups, &entries[at]));
        match (mine, theirs) {
            (Some(mine), Some(theirs)) if groups[mine].key.may_join(&groups[theirs].key) => {
                let (mine, theirs) = (root(groups, mine), root(groups, theirs));
                let (low, high) = (mine.min(theirs), mine.max(theirs));
                groups[high].root = low;
            }
            _ => unfollowed.push(UnfollowedLink { record, same_document_as }),
        }
    }
    unfollowed
}

fn place(groups: &[Group<'_>], filed: &FiledEntry) -> Option<usize> {
    let key = Key::of(filed)?;
    groups.binary_search_by(|group| group.key.cmp(&key)).ok()
}

fn root(groups: &[Group<'_>], mut at: usize) -> usize {
    while groups[at].root != at {
        at = groups[at].root;
    }
    at
}

fn documents_of(
    groups: &[Group<'_>],
    keyed: &[(Key<'_>, usize)],
    entries: &[FiledEntry],
    pack: &Pack,
) -> Vec<Document> {
    let mut documents = Vec::with_capacity(groups.len());
    for (at, group) in groups.iter().enumerate() {
        if group.root != at {
            continue;
        }
        let mut numbers = Vec::with_capacity(1);
        let mut members: Vec<&FiledEntry> = Vec::with_capacity(keyed.len());
        for (part, group) in groups.iter().enumerate() {
            if root(groups, part) != at {
                continue;
            }
            numbers.push(group.key.number.map(Box::from));
            let from = keyed.partition_point(|(key, _)| *key < group.key);
            let same = keyed[from..].iter().take_while(|(key, _)| *key == group.key);
            members.extend(same.map(|(_, place)| &entries[*place]));
        }
        members.sort_unstable_by_key(|filed| filed.entry.id);
        documents.push(document(&group.key, numbers, &members, pack));
    }
    documents
}

fn document(
    key: &Key<'_>,
    numbers: Vec<Option<Box<str>>>,
    members: &[&FiledEntry],
    pack: &Pack,
) -> Document {
    let sheets = || members.iter().filter_map(|filed| filed.entry.sheet());
    let agreement = Agreement::of(sheets().map(|sheet| &sheet.cells));
    let (clashes, reading) = agreement.expect("a document has an entry").into_parts();
    let state = if !clashes.is_empty() {
        DocumentState::Mismatch { cells: clashes }
    } else if is_corroborated(members, pack.election.corroboration) {
        DocumentState::Corroborated
    } else {
        DocumentState::Single
    };
    Document {
        form: key.form.clone(),
        table: key.table.cloned(),
        copy: key.copy.clone(),
        numbers,
        entries: members.iter().map(|filed| filed.entry.id).collect::<Vec<RecordId>>(),
        state,
        reading,
        findings: Vec::new(),
        transcribed: None,
    }
}

fn is_corroborated(members: &[&FiledEntry], rule: Corroboration) -> bool {
    members.iter().enumerate().any(|(at, one)| {
        members[at + 1..].iter().any(|other| {
            may_corroborate(one, other, rule)
                && matches!(
                    (one.entry.sheet(), other.entry.sheet()),
                    (Some(one), Some(other)) if read_apart(one, other)
                )
        })
    })
}

fn may_corroborate(one: &FiledEntry, other: &FiledEntry, rule: Corroboration) -> bool {
    // What was told to a desk is nobody's own reading of a photograph.
    if one.is_told() || other.is_told() {
        return false;
    }
    let (Some(one), Some(other)) = (&one.enrolment, &other.enrolment) else { return false };
    one.person != other.person
        && match rule {
            Corroboration::AnyPersons => true,
            Corroboration::AcrossOrganisations => one.org != other.org,
        }
}

/// Whether both read at least one figure in common, off photographs of their own. That they do not
/// differ is known by now.
fn read_apart(one: &Sheet, other: &Sheet) -> bool {
    one.originals().next().is_some()
        && other.originals().next().is_some()
        && one.originals().all(|hash| other.originals().all(|theirs| theirs != hash))
        && one.cells.in_both(&other.cells).next().is_some()
}
