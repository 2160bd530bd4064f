//! A filled paper form: what it shows, how a careful person reads it, how it is printed.

use std::collections::BTreeMap;

use hattama_proto::{
    id::{ContestCode, CopyType, FormCode, UnitCode},
    record::{Mark, ResultsProtocol, SheetFlags},
};

use crate::{
    exercise::{
        count::{Count, Line, choice_code, figure},
        setup::{
            CHOICES, PRECINCT_PROTOCOL, PRESIDENT, SUMMARY_TABLE, choice_names, copy_names,
            line_names,
        },
    },
    form::{self, Filling, Sheet, SheetLine, Written},
};

/// A form that a commission filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    /// Whose it is.
    pub unit: UnitCode,
    /// The form.
    pub form: FormCode,
    /// Which document it is.
    pub copy: CopyType,
    /// The number of the document, if it has one.
    pub document_number: Option<String>,
    /// When it was signed, as written on it.
    pub signed_at: String,
    /// What stands in the lines, in the order of the paper.
    pub lines: [Written; Line::ALL.len()],
    /// What stands beside the choices, in ballot order.
    pub votes: [Written; CHOICES.len()],
    /// What it is filled in with.
    pub filling: Filling,
    /// Stamp, signatures, folds.
    pub marks: Vec<form::Mark>,
}

impl Paper {
    /// A precinct's protocol with these figures, cleanly written.
    pub fn of_precinct(unit: &UnitCode, copy: &str, count: &Count) -> Self {
        Self::filled(unit, PRECINCT_PROTOCOL, copy, count)
    }

    /// A higher commission's summary table with these figures, cleanly written.
    pub fn of_district(unit: &UnitCode, copy: &str, count: &Count) -> Self {
        Self::filled(unit, SUMMARY_TABLE, copy, count)
    }

    fn filled(unit: &UnitCode, form: &str, copy: &str, count: &Count) -> Self {
        Self {
            unit: unit.clone(),
            form: FormCode::new(form).expect("the codes of the forms are codes"),
            copy: CopyType::new(copy).expect("the codes of the copy types are codes"),
            document_number: None,
            signed_at: String::new(),
            lines: Line::ALL.map(|line| Written::Figure(count[line])),
            votes: count.votes.map(Written::Figure),
            filling: Filling::BluePen,
            marks: vec![form::Mark::Stamp, form::Mark::Signatures(5)],
        }
    }

    /// What a careful observer types: the figure that stands there in the end, null for what nobody
    /// can read, nothing for an empty box.
    pub fn read(&self) -> ResultsProtocol {
        let lines = Line::ALL.iter().zip(&self.lines);
        let votes = self.votes.iter().enumerate();
        ResultsProtocol {
            unit: self.unit.clone(),
            table: None,
            form: self.form.clone(),
            copy: self.copy.clone(),
            document_number: self.document_number.clone(),
            document_time: Some(self.signed_at.clone()),
            lines: lines
                .clone()
                .filter_map(|(line, written)| Some((line.code(), read(written)?.map(figure))))
                .collect(),
            contests: BTreeMap::from([(
                ContestCode::new(PRESIDENT).expect("the contest's code is a code"),
                votes
                    .filter_map(|(at, written)| Some((choice_code(at), read(written)?.map(figure))))
                    .collect(),
            )]),
            marks: lines
                .filter_map(|(line, written)| Some((line.code(), vec![mark(written)?])))
                .collect(),
            photos: Vec::new(),
            flags: SheetFlags { signed: Some(true), sealed: Some(true), every_page: Some(true) },
        }
    }

    /// The form with its printed words in three languages.
    pub fn sheet(&self) -> Sheet {
        let lines = (1..).zip(Line::ALL).zip(&self.lines);
        let choices = self.votes.iter().enumerate();
        let (title, commission) = self.headings();
        Sheet {
            title: title.map(String::from).into(),
            commission: commission.into(),
            unit_code: self.unit.to_string(),
            copy_label: copy_names(&self.copy).join(" / "),
            document_number: self.document_number.clone(),
            lines: lines
                .map(|((number, line), written)| SheetLine {
                    number: number.to_string(),
                    label: line_names(line).map(String::from).into(),
                    written: written.clone(),
                })
                .collect(),
            choices: choices
                .map(|(at, written)| SheetLine {
                    number: (at + 1).to_string(),
                    label: choice_names(at),
                    written: written.clone(),
                })
                .collect(),
            signed_at: Some(self.signed_at.clone()),
            filling: self.filling,
            marks: self.marks.clone(),
        }
    }

    fn headings(&self) -> ([&'static str; 3], &'static str) {
        if self.form.as_str() == PRECINCT_PROTOCOL {
            (
                [
                    "Дауыс беру нәтижелері туралы хаттама",
                    "Протокол о результатах",
                    "Results protocol",
                ],
                "Учаскелік комиссия / Участковая комиссия / Precinct commission",
            )
        } else {
            (
                ["Дауыс беру нәтижелерінің жиынтық кестесі", "Сводная таблица", "Summary table"],
                "Аумақтық комиссия / Территориальная комиссия / Territorial commission",
            )
        }
    }
}

/// Outer none: nothing there. Inner none: something there that nobody can read.
const fn read(written: &Written) -> Option<Option<u64>> {
    match written {
        Written::Figure(figure)
        | Written::StruckOut(figure)
        | Written::Overwritten { now: figure, .. } => Some(Some(*figure)),
        Written::Illegible => Some(None),
        Written::Blank => None,
    }
}

const fn mark(written: &Written) -> Option<Mark> {
    match written {
        Written::Overwritten { .. } => Some(Mark::Overwritten),
        Written::StruckOut(_) => Some(Mark::StruckOut),
        Written::Illegible => Some(Mark::Illegible),
        Written::Figure(_) | Written::Blank => None,
    }
}
