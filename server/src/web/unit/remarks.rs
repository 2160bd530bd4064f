//! What somebody should look at in a unit's file, in sentences. Pure.

use hattama_proto::{
    id::{FormCode, LineCode},
    pack::{Finding, FindingVerdict, Relation, RelationSeverity, Term},
};

use crate::{
    merge::{DifferingCell, Document, LinkedSum, UnitFile},
    web::{
        figure::figure,
        frame::{Frame, Id},
        words::fill,
    },
};

/// One sentence.
pub(super) struct Remark {
    pub(super) tone: &'static str,
    pub(super) what: &'static str,
    pub(super) text: String,
}

/// All remarks, differences first.
pub(super) fn remarks(frame: &Frame, file: &UnitFile) -> Vec<Remark> {
    let w = frame.w;
    let name = |at: usize| file.documents.get(at).map_or_else(String::new, |doc| title(frame, doc));
    let mut remarks = Vec::new();
    for difference in &file.differences {
        let (a, b) = (name(difference.a), name(difference.b));
        let cells = cells(frame, &difference.cells);
        remarks.push(Remark {
            tone: "alert",
            what: w.difference_between_copies,
            text: fill(w.copies_differ_says, &[("a", &a), ("b", &b), ("cells", &cells)]),
        });
    }
    remarks.extend(file.linked.iter().filter_map(|sum| linked(frame, sum)));
    for document in &file.documents {
        let found = document.findings.iter();
        remarks.extend(found.filter_map(|finding| broken(frame, document, finding)));
    }
    for pair in &file.perhaps_one {
        let (a, b) = (name(pair.a), name(pair.b));
        let says = fill(w.perhaps_one_says, &[("a", &a), ("b", &b)]);
        let text = if pair.cells.is_empty() {
            says
        } else {
            format!("{says} {}", cells(frame, &pair.cells))
        };
        remarks.push(Remark { tone: "", what: w.perhaps_one, text });
    }
    for link in &file.unfollowed {
        let (a, b) = (Id::from(link.record), Id::from(link.same_document_as));
        let text = fill(w.unfollowed_says, &[("a", a.short()), ("b", b.short())]);
        remarks.push(Remark { tone: "warn", what: w.unfollowed, text });
    }
    remarks
}

/// A document's name: its copy type and number.
pub(super) fn title(frame: &Frame, document: &Document) -> String {
    match numbers(document).as_str() {
        "" => frame.copy(&document.copy),
        number => format!("{} № {number}", frame.copy(&document.copy)),
    }
}

/// A document's numbers; mostly one, or none.
pub(super) fn numbers(document: &Document) -> String {
    let numbers: Vec<&str> = document.numbers.iter().flatten().map(|number| &**number).collect();
    numbers.join(", ")
}

fn cells(frame: &Frame, cells: &[DifferingCell]) -> String {
    let say = |cell: &DifferingCell| {
        format!("{}: {} ≠ {}", frame.cell(&cell.cell), figure(cell.left), figure(cell.right))
    };
    cells.iter().map(say).collect::<Vec<_>>().join("; ")
}

fn linked(frame: &Frame, sum: &LinkedSum) -> Option<Remark> {
    let w = frame.w;
    let parts: Vec<_> = sum.parts.iter().map(|copy| frame.copy(copy)).collect();
    let (parts, whole) = (parts.join(" + "), frame.copy(&sum.whole));
    if !sum.cells.is_empty() {
        let cells = cells(frame, &sum.cells);
        let text = fill(w.linked_says, &[("parts", &parts), ("whole", &whole), ("cells", &cells)]);
        return Some(Remark { tone: "alert", what: w.linked_broken, text });
    }
    if sum.checked == 0 {
        return None;
    }
    let n = figure(sum.checked as u64);
    let text = fill(w.linked_holds_says, &[("parts", &parts), ("whole", &whole), ("n", &n)]);
    Some(Remark { tone: "good", what: w.linked_holds, text })
}

/// Control relations that do not hold on a document, or that cannot be told, in sentences.
pub(in crate::web) fn relations(frame: &Frame, file: &UnitFile) -> Vec<String> {
    let documents = file.documents.iter().filter(|document| document.table.is_none());
    documents
        .flat_map(|document| {
            let said = document.findings.iter();
            said.filter_map(move |finding| Some(broken(frame, document, finding)?.text))
        })
        .collect()
}

fn broken(frame: &Frame, document: &Document, finding: &Finding) -> Option<Remark> {
    let w = frame.w;
    let form = frame.pack.form(&document.form)?;
    let relation = form.relations.iter().find(|known| known.id == finding.relation)?;
    let (left, right) = sides(frame, &document.form, relation);
    let (l, r) = match finding.verdict {
        FindingVerdict::Broken { left, right } => (figure(left), figure(right)),
        FindingVerdict::Incomplete => (String::new(), String::new()),
    };
    let with = [
        ("relation", relation.id.as_str()),
        ("left", &left),
        ("sign", relation.op.sign()),
        ("right", &right),
        ("l", &l),
        ("r", &r),
    ];
    let (tone, what, says) = match (finding.verdict, finding.severity) {
        (FindingVerdict::Broken { .. }, RelationSeverity::Hard) => {
            ("warn", w.does_not_add_up, w.relation_says)
        }
        (FindingVerdict::Broken { .. }, RelationSeverity::Soft) => {
            ("", w.does_not_add_up, w.relation_says)
        }
        (FindingVerdict::Incomplete, _) => ("", w.cannot_be_told, w.relation_open_says),
    };
    let text = format!("{}. {}", title(frame, document), fill(says, &with));
    Some(Remark { tone, what, text })
}

/// Both sides of a relation in words.
pub(in crate::web) fn sides(
    frame: &Frame,
    form: &FormCode,
    relation: &Relation,
) -> (String, String) {
    let line = |code: &LineCode| {
        let form = frame.pack.form(form)?;
        let line = form.lines.iter().find(|known| known.code == *code)?;
        Some(format!("«{} {}»", line.number, frame.name(&line.names)))
    };
    let term = |term: &Term| match term {
        Term::Line(code) => line(code).unwrap_or_else(|| code.to_string()),
        Term::Times(times, code) => {
            format!("{times} × {}", line(code).unwrap_or_else(|| code.to_string()))
        }
        Term::Votes(contest) => {
            let contest = frame.contest(contest);
            format!("«{}»", fill(frame.w.votes_of, &[("contest", &contest)]))
        }
    };
    let side = |terms: &[Term]| terms.iter().map(term).collect::<Vec<_>>().join(" + ");
    (side(&relation.left), side(&relation.right))
}
