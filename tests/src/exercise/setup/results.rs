//! The results protocol of a precinct and the summary table of higher commissions, with their
//! control relations.
//!
//! The lines have names; the printed numbers are the exercise's own, because the form of 2005 is
//! not at hand.

use hattama_proto::{
    id::{ContestCode, CopyType, FormCode, RelationId},
    pack::{
        Counted, FormDefinition, FormKind, FormLine, Operator, Relation, RelationSeverity, Term,
    },
    statement::Level,
};

use super::election::{
    CERTIFIED_COPY, CORRECTED, OFFICIAL_SCAN, POSTED_SHEET, PRESIDENT, SUMMARY, WALL_FORM, copy,
    names,
};
use crate::exercise::count::Line;

/// The form of a precinct commission.
pub const PRECINCT_PROTOCOL: &str = "precinct-protocol";
/// The form of every commission above.
pub const SUMMARY_TABLE: &str = "summary-table";

/// Documents that carry the voter list. Electronic and paper protocols each show a part of the
/// ballots of one list.
const WHOLE: [&str; 6] =
    [CERTIFIED_COPY, POSTED_SHEET, WALL_FORM, CORRECTED, SUMMARY, OFFICIAL_SCAN];

/// The printed names of a line, in Kazakh, Russian and English.
pub(in crate::exercise) const fn line_names(line: Line) -> [&'static str; 3] {
    match line {
        Line::VotersOnList => {
            ["Тізімдегі сайлаушылар саны", "Число избирателей в списке", "Voters on the list"]
        }
        Line::BallotsReceived => {
            ["Алынған бюллетеньдер", "Получено бюллетеней", "Ballots received"]
        }
        Line::IssuedEarly => {
            ["Мерзімінен бұрын берілгені", "Выдано досрочно", "Ballots issued early"]
        }
        Line::IssuedStation => {
            ["Учаскеде берілгені", "Выдано на участке", "Ballots issued at the station"]
        }
        Line::IssuedOutside => {
            ["Учаскеден тыс берілгені", "Выдано вне участка", "Ballots issued outside the station"]
        }
        Line::Cancelled => ["Жойылған бюллетеньдер", "Погашено бюллетеней", "Ballots cancelled"],
        Line::PortableBoxes => {
            ["Тасымалды жәшіктерде", "В переносных ящиках", "Found in portable boxes"]
        }
        Line::StationaryBoxes => {
            ["Тұрақты жәшіктерде", "В стационарных ящиках", "Found in stationary boxes"]
        }
        Line::Invalid => ["Жарамсыз бюллетеньдер", "Недействительных", "Invalid ballots"],
        Line::Valid => ["Жарамды бюллетеньдер", "Действительных", "Valid ballots"],
    }
}

pub(super) fn forms() -> [FormDefinition; 2] {
    [
        form(
            PRECINCT_PROTOCOL,
            [
                "Учаскелік комиссияның хаттамасы",
                "Протокол участковой комиссии",
                "Results protocol of a precinct",
            ],
            vec![Level::Precinct],
        ),
        form(
            SUMMARY_TABLE,
            [
                "Жоғары тұрған комиссияның жиынтық кестесі",
                "Сводная таблица вышестоящей комиссии",
                "Summary table of a higher commission",
            ],
            vec![Level::District, Level::Region, Level::Nation],
        ),
    ]
}

fn form(code: &str, titles: [&str; 3], levels: Vec<Level>) -> FormDefinition {
    FormDefinition {
        code: FormCode::new(code).expect("the codes of the forms are codes"),
        names: names(titles),
        kind: FormKind::Results,
        levels,
        lines: (1..).zip(Line::ALL).map(|(number, line)| printed_line(number, line)).collect(),
        contests: vec![president()],
        relations: relations(),
        questions: Vec::new(),
        check_in: None,
    }
}

fn printed_line(number: u32, line: Line) -> FormLine {
    FormLine {
        code: line.code(),
        number: number.to_string(),
        names: names(line_names(line)),
        required: true,
        counts: counts(line),
    }
}

/// What turnout and shares are computed with.
const fn counts(line: Line) -> Option<Counted> {
    match line {
        Line::VotersOnList => Some(Counted::Voters),
        Line::IssuedEarly | Line::IssuedStation | Line::IssuedOutside => Some(Counted::Issued),
        Line::PortableBoxes | Line::StationaryBoxes => Some(Counted::Found),
        Line::Invalid => Some(Counted::Invalid),
        Line::Valid => Some(Counted::Valid),
        Line::BallotsReceived | Line::Cancelled => None,
    }
}

/// What should hold on a sheet.
fn relations() -> Vec<Relation> {
    use Line::{
        BallotsReceived, Cancelled, Invalid, IssuedEarly, IssuedOutside, IssuedStation,
        PortableBoxes, StationaryBoxes, Valid, VotersOnList,
    };
    use Operator::{Eq, Le};
    use RelationSeverity::{Hard, Soft};
    let issued = || vec![line(IssuedEarly), line(IssuedStation), line(IssuedOutside)];
    let found = || vec![line(PortableBoxes), line(StationaryBoxes)];
    let used = [issued(), vec![line(Cancelled)]].concat();
    vec![
        relation("R1", vec![line(BallotsReceived)], Eq, used, Hard),
        relation("R2", found(), Eq, vec![line(Invalid), line(Valid)], Hard),
        relation("R3", vec![line(Valid)], Eq, vec![Term::Votes(president())], Hard),
        Relation {
            copies: WHOLE.map(copy).into(),
            ..relation("R4", issued(), Le, vec![line(VotersOnList)], Hard)
        },
        relation("R5", found(), Le, issued(), Soft),
        relation(
            "R6",
            vec![line(PortableBoxes)],
            Le,
            vec![line(IssuedEarly), line(IssuedOutside)],
            Soft,
        ),
    ]
}

fn relation(
    id: &str,
    left: Vec<Term>,
    op: Operator,
    right: Vec<Term>,
    severity: RelationSeverity,
) -> Relation {
    let id = RelationId::new(id).expect("the codes of the relations are codes");
    Relation { id, left, op, right, severity, copies: Vec::<CopyType>::new() }
}

fn line(line: Line) -> Term {
    Term::Line(line.code())
}

fn president() -> ContestCode {
    ContestCode::new(PRESIDENT).expect("the contest's code is a code")
}
