//! The checklists of the day and the turnout by hours.

use hattama_proto::{
    id::{FormCode, PhaseCode, QuestionCode},
    pack::{CheckIn, FormDefinition, FormKind, Names, Question, QuestionKind},
    statement::Level,
};

use super::election::names;
use crate::exercise::data::{self, QuestionRow};

const FORMS: [(&str, FormKind, Level, [&str; 3]); 5] = [
    (
        "opening",
        FormKind::Checklist,
        Level::Precinct,
        ["Учаскенің ашылуы", "Открытие участка", "Opening of the station"],
    ),
    ("voting", FormKind::Checklist, Level::Precinct, ["Дауыс беру", "Голосование", "Voting"]),
    (
        "counting",
        FormKind::Checklist,
        Level::Precinct,
        ["Дауыс санау", "Подсчёт голосов", "Counting"],
    ),
    (
        "tabulation",
        FormKind::Checklist,
        Level::District,
        ["Қорытынды шығару", "Подведение итогов", "Tabulation"],
    ),
    (
        "turnout",
        FormKind::Turnout,
        Level::Precinct,
        ["Сағаттар бойынша келу", "Явка по часам", "Turnout by hours"],
    ),
];

pub(super) fn forms() -> Vec<FormDefinition> {
    let questions = data::questions();
    let forms = FORMS.map(|(code, kind, level, titles)| FormDefinition {
        code: FormCode::new(code).expect("the codes of the forms are codes"),
        names: names(titles),
        kind,
        levels: vec![level],
        lines: Vec::new(),
        contests: Vec::new(),
        relations: Vec::new(),
        questions: questions.iter().filter(|row| row.form == code).map(question).collect(),
        // Whoever opens the station with the commission has come.
        check_in: (code == "opening").then_some(CheckIn::Arrived),
    });
    forms.into()
}

fn question(row: &QuestionRow) -> Question {
    let critical = (!row.critical.is_empty()).then(|| {
        serde_json::from_str(&row.critical).expect("a critical answer is written as JSON")
    });
    let phase = (!row.phase.is_empty())
        .then(|| PhaseCode::new(&row.phase).expect("the codes of the phases are codes"));
    Question {
        code: QuestionCode::new(&row.code).expect("the codes of the questions are codes"),
        names: Names::new(&row.kk, &row.ru, &row.en),
        kind: kind(&row.kind),
        critical,
        phase,
    }
}

fn kind(text: &str) -> QuestionKind {
    match text.split_once(':') {
        Some(("one_of", codes)) => {
            QuestionKind::OneOf(codes.split('|').map(String::from).collect())
        }
        _ => match text {
            "yes_no" => QuestionKind::YesNo,
            "number" => QuestionKind::Number,
            "time" => QuestionKind::Time,
            _ => QuestionKind::Words,
        },
    }
}
