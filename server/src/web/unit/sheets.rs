//! Documents side by side: one table per form, one column per entry, the published figures last.
//! Pure.

use std::collections::BTreeSet;

use hattama_proto::{
    id::{FormCode, LineCode, TableCode},
    pack::FormKind,
    record::{Mark, SheetFlags},
};

use super::{by, remarks::numbers, state};
use crate::{
    compare::our_figures,
    merge::{
        CellKey, Cells, Document, DocumentState, FiledEntry, Sheet, Shows, Transcribed, UnitFile,
    },
    web::{
        chip::Chip,
        figure::figure_or_dash,
        frame::{Frame, Id},
    },
};

/// The documents of one form and summary table.
pub(super) struct SheetTable {
    pub(super) form: String,
    pub(super) table: Option<TableCode>,
    pub(super) groups: Vec<Group>,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Row>,
    /// What the signs of its figures mean: class of the style sheet, and words.
    pub(super) legend: Vec<(&'static str, &'static str)>,
}

/// One document, or the publication.
pub(super) struct Group {
    pub(super) title: String,
    pub(super) number: String,
    pub(super) chip: Option<Chip>,
    pub(super) span: usize,
}

/// One entry, or the published figures.
pub(super) struct Column {
    pub(super) record: Option<Id>,
    pub(super) by: String,
}

/// One line of the form, or one choice.
pub(super) struct Row {
    pub(super) heading: Option<String>,
    pub(super) number: String,
    pub(super) label: String,
    pub(super) cells: Vec<Cell>,
}

/// One figure.
#[derive(Clone, Default)]
pub(super) struct Cell {
    pub(super) text: String,
    /// Class of the style sheet.
    pub(super) tone: &'static str,
    /// A sign for eyes that do not see the colour.
    pub(super) sign: &'static str,
    /// What the sign means.
    pub(super) why: &'static str,
    /// How the figure looks on the paper.
    pub(super) mark: String,
}

/// The tables of a unit, in the order of its documents.
pub(super) fn tables(frame: &Frame, file: &UnitFile, official: Option<&Cells>) -> Vec<SheetTable> {
    let mut kinds: Vec<(&FormCode, Option<&TableCode>)> = Vec::new();
    for document in &file.documents {
        let kind = (&document.form, document.table.as_ref());
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    // A unit of which only the publication is known.
    let level = frame.pack.units.get(&file.unit).map(|unit| unit.kind.level());
    if kinds.is_empty()
        && official.is_some()
        && let Some(level) = level
    {
        let results = frame
            .pack
            .forms
            .forms
            .iter()
            .find(|form| form.kind == FormKind::Results && form.levels.contains(&level));
        kinds.extend(results.map(|form| (&form.code, None)));
    }
    let table = |(form, table)| {
        let documents = file
            .documents
            .iter()
            .enumerate()
            .filter(|(_, document)| &document.form == form && document.table.as_ref() == table)
            .collect::<Vec<_>>();
        // What was published is the count as a whole, not one summary table of several.
        let official = official.filter(|_| table.is_none());
        Builder { frame, file, form, official, ours: our_figures(file, &frame.pack) }
            .table(&documents, table)
    };
    kinds.into_iter().map(table).collect()
}

struct Builder<'a> {
    frame: &'a Frame,
    file: &'a UnitFile,
    form: &'a FormCode,
    official: Option<&'a Cells>,
    /// What the published figures are held against.
    ours: Cells,
}

/// A document, and what was transcribed of it.
type Read<'a> = (&'a Document, &'a Transcribed);

/// The documents of which something was transcribed.
fn transcribed<'a>(documents: &[(usize, &'a Document)]) -> Vec<Read<'a>> {
    let known = |document: &'a Document| Some((document, document.transcribed.as_ref()?));
    documents.iter().filter_map(|(_, document)| known(document)).collect()
}

/// What was typed off the photographs for a cell.
fn typed(known: &Transcribed, cell: &CellKey) -> Cell {
    match &known.shows {
        Shows::Figures { transcribed, .. } => {
            Cell { text: figure_or_dash(transcribed.get(cell)), ..Cell::default() }
        }
        _ => Cell::default(),
    }
}

/// One thing that a document may carry.
type Flag = fn(&SheetFlags) -> Option<bool>;

/// An entry and the document it belongs to.
struct Entry<'a> {
    filed: &'a FiledEntry,
    sheet: &'a Sheet,
    place: usize,
    document: &'a Document,
}

impl<'a> Builder<'a> {
    fn table(&self, documents: &[(usize, &'a Document)], table: Option<&TableCode>) -> SheetTable {
        let w = self.frame.w;
        let mut groups = Vec::new();
        let mut entries = Vec::new();
        for (place, document) in documents {
            let found: Vec<Entry<'a>> = document
                .entries
                .iter()
                .filter_map(|record| {
                    let filed = self.file.entry(record)?;
                    Some(Entry { filed, sheet: filed.entry.sheet()?, place: *place, document })
                })
                .collect();
            groups.push(Group {
                title: self.frame.copy(&document.copy),
                number: numbers(document),
                chip: Some(match document.state {
                    DocumentState::Single => Chip::plain(w.single),
                    DocumentState::Corroborated => Chip::good(w.corroborated),
                    DocumentState::Mismatch { .. } if document.is_transcribed() => {
                        Chip::good(w.transcription.settled_mismatch)
                    }
                    DocumentState::Mismatch { .. } => Chip::warn(w.entry_mismatch),
                }),
                span: found.len(),
            });
            entries.extend(found);
        }
        let mut columns: Vec<Column> = entries
            .iter()
            .map(|entry| Column {
                record: Some(entry.filed.entry.id.into()),
                by: by(self.frame, entry.filed),
            })
            .collect();
        let transcribed = transcribed(documents);
        for (document, known) in &transcribed {
            groups.push(Group {
                title: self.frame.copy(&document.copy),
                number: numbers(document),
                chip: Some(state::transcribed(self.frame, known)),
                span: 1,
            });
            columns.push(Column { record: None, by: String::new() });
        }
        if self.official.is_some() {
            let title = w.official.to_owned();
            groups.push(Group { title, number: String::new(), chip: None, span: 1 });
            columns.push(Column { record: None, by: String::new() });
        }
        let mut rows = self.figures(&entries, &transcribed);
        let has = |tone| rows.iter().any(|row| row.cells.iter().any(|cell| cell.tone == tone));
        let legend = [
            ("mismatch", w.legend_mismatch),
            ("difference", w.legend_difference),
            ("official", w.legend_official),
        ];
        let legend = legend.into_iter().filter(|(tone, _)| has(*tone)).collect();
        rows.extend(self.flags(&entries, transcribed.len()));
        SheetTable {
            form: self.frame.form(self.form),
            table: table.cloned(),
            groups,
            columns,
            rows,
            legend,
        }
    }

    /// Lines in the order of the form, then choices in ballot order, then what no form names.
    fn figures(&self, entries: &[Entry<'_>], transcribed: &[Read<'_>]) -> Vec<Row> {
        let form = self.frame.pack.form(self.form);
        let beside = (entries, transcribed);
        let mut rows = Vec::new();
        let mut done: BTreeSet<CellKey> = BTreeSet::new();
        for line in form.map_or(&[][..], |form| &form.lines) {
            let cell = CellKey::line(line.code.clone());
            let label = self.frame.name(&line.names).to_owned();
            rows.push(self.row(None, line.number.clone(), label, &cell, beside));
            done.insert(cell);
        }
        for contest in &self.frame.pack.election.contests {
            if form.is_none_or(|form| !form.contests.contains(&contest.code)) {
                continue;
            }
            let mut heading = Some(self.frame.name(&contest.names).to_owned());
            for choice in &contest.choices {
                let cell = CellKey::vote(contest.code.clone(), choice.code.clone());
                let label = self.frame.name(&choice.names).to_owned();
                rows.push(self.row(heading.take(), String::new(), label, &cell, beside));
                done.insert(cell);
            }
        }
        let said = entries.iter().flat_map(|entry| entry.sheet.cells.iter()).map(|(cell, _)| cell);
        let odd: BTreeSet<&CellKey> = said.filter(|cell| !done.contains(*cell)).collect();
        rows.extend(
            odd.into_iter()
                .map(|cell| self.row(None, String::new(), self.frame.cell(cell), cell, beside)),
        );
        rows
    }

    fn row(
        &self,
        heading: Option<String>,
        number: String,
        label: String,
        cell: &CellKey,
        (entries, transcribed): (&[Entry<'_>], &[Read<'_>]),
    ) -> Row {
        let mut cells: Vec<Cell> = entries.iter().map(|entry| self.entered(entry, cell)).collect();
        cells.extend(transcribed.iter().map(|(_, known)| typed(known, cell)));
        if let Some(official) = self.official {
            cells.push(self.published(official, cell));
        }
        Row { heading, number, label, cells }
    }

    fn entered(&self, entry: &Entry<'_>, cell: &CellKey) -> Cell {
        let w = self.frame.w;
        let differs = self.file.differences.iter().any(|difference| {
            (difference.a == entry.place || difference.b == entry.place)
                && difference.cells.iter().any(|differing| differing.cell == *cell)
        });
        let mismatched = matches!(
            &entry.document.state,
            DocumentState::Mismatch { cells } if cells.contains(cell)
        );
        let (tone, sign, why) = if differs {
            ("difference", "≠", w.difference_between_copies)
        } else if mismatched {
            ("mismatch", "≠", w.entry_mismatch)
        } else {
            ("", "", "")
        };
        let mark = match cell {
            CellKey::Line { line } => self.marks(entry.sheet, line),
            CellKey::Vote { .. } => String::new(),
        };
        Cell { text: figure_or_dash(entry.sheet.cells.get(cell)), tone, sign, why, mark }
    }

    fn marks(&self, sheet: &Sheet, line: &LineCode) -> String {
        let marks: &[Mark] =
            sheet.marks.iter().find(|(known, _)| known == line).map_or(&[], |(_, marks)| marks);
        marks.iter().map(|mark| self.frame.w.mark(*mark)).collect::<Vec<_>>().join(", ")
    }

    fn published(&self, official: &Cells, cell: &CellKey) -> Cell {
        let figure = official.get(cell);
        let text = figure_or_dash(figure);
        match (figure, self.ours.get(cell)) {
            (Some(theirs), Some(ours)) if theirs != ours => Cell {
                text,
                tone: "official",
                sign: "≠",
                why: self.frame.w.differs_from_published,
                mark: String::new(),
            },
            _ => Cell { text, ..Cell::default() },
        }
    }

    /// What the documents carry, where anybody looked.
    fn flags(&self, entries: &[Entry<'_>], transcribed: usize) -> Vec<Row> {
        let w = self.frame.w;
        let flags: [(&str, Flag); 3] = [
            (w.signed, |flags| flags.signed),
            (w.sealed, |flags| flags.sealed),
            (w.every_page, |flags| flags.every_page),
        ];
        flags
            .into_iter()
            .filter(|(_, flag)| entries.iter().any(|entry| flag(&entry.sheet.flags).is_some()))
            .map(|(label, flag)| {
                let mut cells: Vec<Cell> = entries
                    .iter()
                    .map(|entry| Cell {
                        text: w.yes_no(flag(&entry.sheet.flags)).to_owned(),
                        ..Cell::default()
                    })
                    .collect();
                let more = transcribed + usize::from(self.official.is_some());
                cells.extend((0..more).map(|_| Cell::default()));
                Row { heading: None, number: String::new(), label: label.to_owned(), cells }
            })
            .collect()
    }
}
