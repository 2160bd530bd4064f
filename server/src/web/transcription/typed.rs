//! What was typed into the form, made into an entry; or what has to be looked at again. Nothing typed
//! is lost. Pure.

use std::collections::BTreeMap;

use hattama_proto::{
    pack::FindingVerdict,
    record::Figure,
    statement::{Figures, Reading},
};
use uuid::Uuid;

use super::item::{Refusal, SHOWS, relation_text};
use crate::{
    desk::{Entry, Item},
    merge::{CellKey, Cells, broken_relations},
    transcription::{FigureTypo, form_cells, read_figure},
    web::{frame::Frame, words::fill},
};

/// The fields of the form, as they came.
pub(super) type Fields = Vec<(String, String)>;

/// What somebody typed.
pub(super) struct Typing(BTreeMap<String, String>);

impl Typing {
    pub(super) fn new(fields: Fields) -> Self {
        Self(fields.into_iter().collect())
    }

    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |text| text.trim())
    }

    pub(super) fn says(&self, name: &str, value: &str) -> bool {
        self.get(name) == value
    }

    pub(super) fn reason(&self) -> &str {
        self.get("reason")
    }

    /// The page again, with what was typed and why it was not taken.
    pub(super) fn refused(&self, trouble: String) -> Refusal {
        Refusal { trouble: Some(trouble), typed: self.0.clone(), ..Refusal::default() }
    }

    /// The entry; or what stands in its way. What only looks odd stands in its way once.
    pub(super) fn entry(&self, frame: &Frame, item: &Item) -> Result<Entry, Refusal> {
        let t = &frame.w.transcription;
        let id: Uuid = self.get("id").parse().map_err(|_| self.refused(t.trouble.to_owned()))?;
        let reading = match self.get("shows") {
            "illegible" => Reading::Illegible,
            "not_a_protocol" => Reading::NotAProtocol,
            "sheet_missing" => Reading::SheetMissing,
            "wrong_unit" => {
                let unit = self.get("unit").parse();
                Reading::WrongUnit { unit: unit.map_err(|_| self.refused(t.no_unit.to_owned()))? }
            }
            "wrong_copy" => {
                let copy = self.get("copy").parse();
                Reading::WrongCopy { copy: copy.map_err(|_| self.refused(t.copy_seen.to_owned()))? }
            }
            _ => Reading::Figures(self.figures(frame, item)?),
        };
        Ok(Entry { id, reading })
    }

    fn figures(&self, frame: &Frame, item: &Item) -> Result<Figures, Refusal> {
        let t = &frame.w.transcription;
        let form = frame.pack.form(&item.form);
        let cells = form.map(|form| form_cells(form, &frame.pack)).unwrap_or_default();
        let mut figures = Figures::default();
        let mut read: Vec<(CellKey, Option<u64>)> = Vec::with_capacity(cells.len());
        let mut wrong = BTreeMap::new();
        for cell in cells {
            let name = cell.key.name();
            let figure: Option<Figure> = match read_figure(self.get(&name)) {
                Ok(figure) => figure,
                Err(typo) => {
                    let why = match typo {
                        FigureTypo::NotDigits => t.not_digits,
                        FigureTypo::TooLong => t.too_long,
                    };
                    wrong.insert(name, why);
                    None
                }
            };
            read.push((cell.key.clone(), figure.map(Figure::value)));
            match cell.key {
                CellKey::Line { line } => drop(figures.lines.insert(line, figure)),
                CellKey::Vote { contest, choice } => {
                    figures.contests.entry(contest).or_default().insert(choice, figure);
                }
            }
        }
        if !wrong.is_empty() {
            let trouble = Some(t.trouble.to_owned());
            return Err(Refusal { trouble, wrong, typed: self.0.clone(), ..Refusal::default() });
        }
        let remarks = remarks(frame, item, read);
        if !remarks.is_empty() && !self.says("anyway", "1") {
            let trouble = Some(t.trouble.to_owned());
            return Err(Refusal { trouble, remarks, typed: self.0.clone(), ..Refusal::default() });
        }
        Ok(figures)
    }
}

/// What looks odd, in sentences.
fn remarks(frame: &Frame, item: &Item, read: Vec<(CellKey, Option<u64>)>) -> Vec<String> {
    let t = &frame.w.transcription;
    let mut remarks = Vec::new();
    let empty: Vec<String> = read
        .iter()
        .filter(|(_, figure)| figure.is_none())
        .map(|(key, _)| frame.cell(key))
        .collect();
    if !empty.is_empty() {
        remarks.push(fill(t.left_empty, &[("cells", &empty.join(", "))]));
    }
    let relations = frame.pack.form(&item.form).map_or(&[][..], |form| &form.relations);
    for finding in broken_relations(relations, &item.copy, &Cells::from_pairs(read)) {
        let relation = relations.iter().find(|known| known.id == finding.relation);
        if let (Some(relation), FindingVerdict::Broken { left, right }) =
            (relation, finding.verdict)
        {
            remarks.push(relation_text(frame, &item.form, relation, Some((left, right))));
        }
    }
    remarks
}

/// Which answer was chosen; figures if none was.
pub(super) fn chosen(typed: &BTreeMap<String, String>) -> &'static str {
    let said = typed.get("shows").map_or("figures", String::as_str);
    SHOWS.into_iter().find(|known| *known == said).unwrap_or("figures")
}
