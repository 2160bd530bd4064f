//! Phases and categories of incident, in words that fit any side.

use hattama_proto::{
    id::{CategoryCode, PhaseCode},
    pack::{CategoryDefinition, IncidentPart, Names, PhaseDefinition},
};

use super::election::names;
use crate::exercise::data;

const PHASES: [(&str, [&str; 3]); 7] = [
    ("campaign", ["Үгіт науқаны", "Агитация", "Campaign"]),
    ("preparation", ["Дайындық", "Подготовка", "Preparation"]),
    ("opening", ["Учаскенің ашылуы", "Открытие участка", "Opening"]),
    ("voting", ["Дауыс беру", "Голосование", "Voting"]),
    ("count", ["Дауыс санау", "Подсчёт голосов", "Count"]),
    ("tabulation", ["Қорытынды шығару", "Подведение итогов", "Tabulation"]),
    ("after", ["Сайлаудан кейін", "После выборов", "After the election"]),
];

pub(super) fn incidents() -> IncidentPart {
    let phases =
        PHASES.map(|(code, texts)| PhaseDefinition { code: phase(code), names: names(texts) });
    let categories = data::categories().into_iter().map(|row| CategoryDefinition {
        code: CategoryCode::new(&row.code).expect("the codes of the categories are codes"),
        names: Names::new(&row.kk, &row.ru, &row.en),
        phases: row.phases.split('|').map(phase).collect(),
    });
    IncidentPart { phases: phases.into(), categories: categories.collect() }
}

fn phase(code: &str) -> PhaseCode {
    PhaseCode::new(code).expect("the codes of the phases are codes")
}
