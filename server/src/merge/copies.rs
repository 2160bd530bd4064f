//! Documents against documents: differences between copies, and sums of linked copies.
//!
//! Which copy types may be compared is the set-up's word; two numbered documents of one copy type
//! are copies of one protocol too. Only cells that both have and that are not null are compared,
//! lines only within one form (a line's code means something on its form only), votes across forms
//! as well. What was transcribed stands for what entries differ on; else nothing is averaged, and
//! nothing is preferred.

use hattama_proto::{
    id::{CopyType, TableCode},
    pack::{LinkedCopies, Pack},
};

use super::{
    cells::{Agreement, CellKey, Cells},
    unit_file::{DifferenceBetweenCopies, DifferingCell, Document, LinkedSum, PerhapsOne},
};

/// How two documents of a unit stand to each other.
enum Relation {
    /// They show different counts, or nobody said that they show the same.
    Apart,
    /// They should show the same.
    Copies,
    /// They may be one document.
    PerhapsOne,
}

/// Compares every two documents that should show the same.
pub(super) fn compare(
    documents: &[Document],
    pack: &Pack,
) -> (Vec<DifferenceBetweenCopies>, Vec<PerhapsOne>) {
    let (mut differences, mut perhaps_one) = (Vec::new(), Vec::new());
    for (a, left) in documents.iter().enumerate() {
        for (offset, right) in documents[a + 1..].iter().enumerate() {
            let b = a + 1 + offset;
            match relation(left, right, pack) {
                Relation::Apart => {}
                Relation::Copies => {
                    let cells = differing(left, right);
                    if !cells.is_empty() {
                        differences.push(DifferenceBetweenCopies { a, b, cells });
                    }
                }
                Relation::PerhapsOne => {
                    perhaps_one.push(PerhapsOne { a, b, cells: differing(left, right) });
                }
            }
        }
    }
    (differences, perhaps_one)
}

fn relation(left: &Document, right: &Document, pack: &Pack) -> Relation {
    if left.table != right.table {
        return Relation::Apart;
    }
    if left.copy != right.copy {
        let comparable = pack.comparable(&left.copy, &right.copy);
        return if comparable { Relation::Copies } else { Relation::Apart };
    }
    if left.form != right.form {
        return Relation::Apart;
    }
    if left.numbers.contains(&None) || right.numbers.contains(&None) {
        Relation::PerhapsOne
    } else {
        Relation::Copies
    }
}

fn differing(left: &Document, right: &Document) -> Vec<DifferingCell> {
    let same_form = left.form == right.form;
    left.figures()
        .in_both(right.figures())
        .filter(|(key, left, right)| left != right && (same_form || is_vote(key)))
        .map(|(key, left, right)| DifferingCell { cell: key.clone(), left, right })
        .collect()
}

const fn is_vote(key: &CellKey) -> bool {
    matches!(key, CellKey::Vote { .. })
}

/// Checks whether parts add up to their whole, per table. Several documents of one copy type are
/// taken where they agree; a whole or part that nobody brought leaves nothing to check.
pub(super) fn add_up(documents: &[Document], pack: &Pack) -> Vec<LinkedSum> {
    let mut sums = Vec::new();
    for linked in &pack.election.linked {
        let mut tables: Vec<_> = documents
            .iter()
            .filter(|document| document.copy == linked.whole)
            .map(|document| document.table.as_ref())
            .collect();
        tables.sort_unstable();
        tables.dedup();
        sums.extend(tables.into_iter().filter_map(|table| sum(documents, linked, table)));
    }
    sums
}

fn sum(
    documents: &[Document],
    linked: &LinkedCopies,
    table: Option<&TableCode>,
) -> Option<LinkedSum> {
    let same_form = {
        let mut forms = documents
            .iter()
            .filter(|document| document.table.as_ref() == table)
            .filter(|document| {
                document.copy == linked.whole || linked.parts.contains(&document.copy)
            })
            .map(|document| &document.form);
        let first = forms.next();
        forms.all(|form| Some(form) == first)
    };
    let whole = agreed(documents, &linked.whole, table)?;
    let parts: Vec<Cells> =
        linked.parts.iter().map(|part| agreed(documents, part, table)).collect::<Option<_>>()?;
    let mut checked = 0;
    let mut cells = Vec::new();
    for (key, figure) in whole.iter().filter(|(key, _)| same_form || is_vote(key)) {
        let left =
            parts.iter().try_fold(0_u64, |sum, part| Some(sum.saturating_add(part.get(key)?)));
        if let (Some(right), Some(left)) = (figure, left) {
            checked += 1;
            if left != right {
                cells.push(DifferingCell { cell: key.clone(), left, right });
            }
        }
    }
    Some(LinkedSum {
        parts: linked.parts.clone(),
        whole: linked.whole.clone(),
        table: table.cloned(),
        checked,
        cells,
    })
}

/// What all documents of one copy type agree on; none if there is none.
fn agreed(documents: &[Document], copy: &CopyType, table: Option<&TableCode>) -> Option<Cells> {
    let of_type = documents
        .iter()
        .filter(|document| document.copy == *copy && document.table.as_ref() == table);
    Agreement::of(of_type.map(Document::figures)).map(|agreed| agreed.into_parts().1)
}
