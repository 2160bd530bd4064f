//! From the plan to the papers: what every observer photographs and types.

use std::collections::BTreeMap;

use hattama_proto::{
    id::{CopyType, UnitCode},
    pack::UnitRegister,
    record::{Missing, NotObtained},
};

use super::{
    Amendment, Case, Deed, Paper, Reading, Script, clock,
    flaws::{deface, electronic_part, mistype, unbalanced},
    plan::{Plan, Visit},
};
use crate::{
    exercise::{
        chance::Chance,
        count::{Count, Line},
        data,
        figures::Figures,
        setup::{CERTIFIED_COPY, ELECTRONIC, PAPER, POSTED_SHEET, SUMMARY, WALL_FORM},
    },
    form::{Conditions, Filling, Mark, Shot, Written},
};

/// Writes the protocols of all visits and the tables of the districts. Returns what the commission
/// will publish where two copies differ.
pub(super) fn write(
    script: &mut Script,
    seed: u64,
    plan: &Plan,
    register: &UnitRegister,
    figures: &Figures,
) -> BTreeMap<UnitCode, Count> {
    let mut writer =
        Writer { script, plan, chance: Chance::of(seed, "protocols"), announced: BTreeMap::new() };
    let mut running: BTreeMap<Case, usize> = BTreeMap::new();
    for visit in &plan.visits {
        let nth = running.entry(visit.case).or_default();
        writer.visit(visit, *nth, register, figures.of(&visit.unit));
        *nth += 1;
    }
    for (district, observer) in &plan.tables {
        let count = figures.sum_within(register, district);
        let minute = clock::within(&clock::phase("tabulation"), &mut writer.chance);
        let paper = writer.signed(Paper::of_district(district, CERTIFIED_COPY, &count), minute);
        writer.reading(*observer, minute, Case::DistrictTable, paper);
    }
    writer.announced
}

struct Writer<'a> {
    script: &'a mut Script,
    plan: &'a Plan,
    chance: Chance,
    announced: BTreeMap<UnitCode, Count>,
}

impl Writer<'_> {
    fn visit(&mut self, visit: &Visit, nth: usize, register: &UnitRegister, count: &Count) {
        let minute = clock::within(&clock::PROTOCOLS, &mut self.chance);
        match visit.case {
            Case::NotObtained => self.not_obtained(visit, nth, minute),
            Case::LinkedSums => self.linked(visit, minute, count, count),
            Case::LinkedDoesNotSum => {
                let [first, second, ..] = count.ranking();
                let summary = count.with_votes_moved(count[Line::Valid] / 12 + 3, second, first);
                self.linked(visit, minute, count, &summary);
            }
            Case::CopiesDiffer => self.copies_differ(visit, minute, count),
            Case::DoesNotAddUp => {
                let paper =
                    Paper::of_precinct(&visit.unit, CERTIFIED_COPY, &unbalanced(count, nth));
                let paper = self.signed(paper, minute);
                self.reading(visit.first, minute, visit.case, paper);
            }
            _ => self.one_paper(visit, minute, register, count),
        }
    }

    /// The cases in which one true paper is read, well or badly, once or twice.
    fn one_paper(&mut self, visit: &Visit, minute: i64, register: &UnitRegister, count: &Count) {
        let copies = match visit.case {
            Case::Plain => &[CERTIFIED_COPY, CERTIFIED_COPY, POSTED_SHEET, WALL_FORM][..],
            _ => &[CERTIFIED_COPY, POSTED_SHEET],
        };
        let copy = self.chance.pick(copies);
        let mut paper = self.signed(Paper::of_precinct(&visit.unit, copy, count), minute);
        if visit.case == Case::HardToRead {
            deface(&mut paper, &mut self.chance);
        }
        let mut reading = self.read(visit.case, paper);
        match visit.case {
            Case::WrongPrecinct => {
                reading.typed.unit = self.neighbour(&visit.unit, &visit.district, register);
            }
            Case::Corrected => {
                let becomes = reading.clone();
                mistype(&mut reading.typed, &mut self.chance);
                let wrong = self.add(visit.first, minute, reading);
                let reason = match self.plan.observers[visit.first].language {
                    "kk" => "Бір цифрды қате тердім.",
                    "ru" => "Ошибся в одной цифре.",
                    _ => "I mistyped one digit.",
                };
                let amendment = Amendment { corrects: wrong, reason: reason.to_owned(), becomes };
                let deed = Deed::Correction(Box::new(amendment));
                self.script.add(minute + 35, visit.first, deed);
                return;
            }
            _ => {}
        }
        let paper = reading.paper.clone();
        self.add(visit.first, minute, reading);
        if let Some(second) = visit.second {
            let mut reading = self.read(visit.case, paper);
            if visit.case == Case::TwoDiffer {
                mistype(&mut reading.typed, &mut self.chance);
            }
            self.add(second, minute + 11, reading);
        }
    }

    fn not_obtained(&mut self, visit: &Visit, nth: usize, minute: i64) {
        let missing = Missing::ALL[nth % Missing::ALL.len()];
        let language = self.plan.observers[visit.first].language;
        let row = data::not_obtained().into_iter().find(|row| row.missing == missing.name());
        let row = row.expect("every reason has its words");
        let copy = match missing {
            Missing::CopyRefused => Some(CERTIFIED_COPY),
            Missing::NotPosted => Some(POSTED_SHEET),
            _ => None,
        };
        let (words, office) = match language {
            "kk" => (row.kk, "комиссия төрағасы"),
            "ru" => (row.ru, "председатель комиссии"),
            _ => (row.en, "chair of the commission"),
        };
        let missing = NotObtained {
            unit: visit.unit.clone(),
            missing,
            copy: copy.map(|copy| CopyType::new(copy).expect("a copy type of the set-up")),
            occurred_at: Some(clock::claimed(minute)),
            office: Some(office.to_owned()),
            words,
            photos: Vec::new(),
        };
        self.script.add(minute + 6, visit.first, Deed::NotObtained(missing));
    }

    /// Three protocols of one precinct. Electronic and paper protocol show the true count between
    /// them; the voter list stands on the summary only.
    fn linked(&mut self, visit: &Visit, minute: i64, count: &Count, summary: &Count) {
        let electronic = electronic_part(count, self.chance.between(15, 40));
        let on_paper = count.without(&electronic);
        for (later, copy, count) in
            [(0, ELECTRONIC, &electronic), (4, PAPER, &on_paper), (9, SUMMARY, summary)]
        {
            let minute = minute + later;
            let mut paper = self.signed(Paper::of_precinct(&visit.unit, copy, count), minute);
            if copy != SUMMARY {
                paper.lines[Line::VotersOnList as usize] = Written::Blank;
            }
            if copy == ELECTRONIC {
                paper.filling = Filling::Printer;
            }
            self.reading(visit.first, minute, visit.case, paper);
        }
    }

    /// The first observer gets a copy; the second finds other votes on the wall an hour later.
    fn copies_differ(&mut self, visit: &Visit, minute: i64, count: &Count) {
        let copy = self.signed(Paper::of_precinct(&visit.unit, CERTIFIED_COPY, count), minute);
        self.reading(visit.first, minute, visit.case, copy);
        let mut places = count.ranking();
        self.chance.shuffle(&mut places[..2]);
        let posted = count.with_votes_moved(count[Line::Valid] / 15 + 5, places[0], places[1]);
        let sheet =
            self.signed(Paper::of_precinct(&visit.unit, POSTED_SHEET, &posted), minute + 60);
        self.reading(visit.second.unwrap_or(visit.first), minute + 60, visit.case, sheet);
        self.announced.insert(visit.unit.clone(), posted);
    }

    /// The paper with date, number, pen and folds.
    fn signed(&mut self, mut paper: Paper, minute: i64) -> Paper {
        paper.signed_at = clock::on_paper(minute);
        if !self.chance.once_in(3) {
            paper.document_number = Some(format!("E-{:06}", self.chance.between(1, 999_999)));
        }
        if self.chance.once_in(3) {
            paper.filling = Filling::BlackPen;
        }
        if self.chance.once_in(2) {
            paper.marks.push(Mark::Crease);
        }
        paper
    }

    fn read(&mut self, case: Case, paper: Paper) -> Reading {
        let conditions = match self.chance.below(6) {
            0 => Conditions::Dim,
            1 => Conditions::Hurried,
            _ => Conditions::Ordinary,
        };
        let shot = Shot { seed: self.chance.bits(), conditions };
        Reading { case, typed: paper.read(), paper, shot }
    }

    fn add(&mut self, observer: usize, minute: i64, reading: Reading) -> usize {
        self.script.add(minute + 8, observer, Deed::Protocol(Box::new(reading)))
    }

    fn reading(&mut self, observer: usize, minute: i64, case: Case, paper: Paper) {
        let reading = self.read(case, paper);
        self.add(observer, minute, reading);
    }

    /// A precinct of the same commission, if possible one that nobody observes.
    fn neighbour(&self, unit: &UnitCode, district: &UnitCode, register: &UnitRegister) -> UnitCode {
        let observed = |code: &UnitCode| self.plan.visits.iter().any(|visit| visit.unit == *code);
        let others = || register.children(district).map(|unit| &unit.code).filter(|c| *c != unit);
        let free = others().find(|code| !observed(code));
        free.or_else(|| others().next()).expect("no commission has one precinct only").clone()
    }
}
