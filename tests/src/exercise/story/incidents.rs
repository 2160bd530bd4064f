//! Incidents: every category of the catalogue once, and more with more observers.

use hattama_proto::{
    id::{CategoryCode, PhaseCode, UnitCode},
    record::{Incident, Severity},
    statement::Mandate,
};

use super::{Deed, Observer, Report, Scene, Script, clock, plan::Plan};
use crate::exercise::{
    chance::Chance,
    data::{self, ReportRow},
    setup,
};

/// One further incident for so many observed precincts.
const PRECINCTS_PER_FURTHER_INCIDENT: usize = 6;

pub(super) fn write(script: &mut Script, seed: u64, plan: &Plan) {
    let mut chance = Chance::of(seed, "incidents");
    let rows = data::reports();
    let further = plan.visits.len() / PRECINCTS_PER_FURTHER_INCIDENT;
    for index in 0..rows.len() + further {
        let row = rows.get(index).unwrap_or_else(|| chance.pick(&rows));
        let visit = chance.pick(&plan.visits);
        let minute = clock::within(&clock::phase(&row.phase), &mut chance);
        let observer = &plan.observers[visit.first];
        let incident = incident(row, observer, &visit.unit, minute);
        let attached = index < rows.len() || chance.once_in(2);
        let scene = attached.then(|| scene(&incident, &mut chance));
        let report = Report { incident, scene };
        script.add(minute + 3, visit.first, Deed::Incident(Box::new(report)));
    }
}

fn incident(row: &ReportRow, observer: &Observer, precinct: &UnitCode, minute: i64) -> Incident {
    let (words, elsewhere) = match observer.language {
        "kk" => (&row.kk, "облыс орталығы"),
        "ru" => (&row.ru, "областной центр"),
        _ => (&row.en, "regional centre"),
    };
    let (unit, place_words) = match (row.place.as_str(), &observer.mandate) {
        ("precinct", _) => (Some(precinct.clone()), None),
        ("district", Mandate::Units(units)) => (units.first().cloned(), None),
        _ => (None, Some(elsewhere.to_owned())),
    };
    let category = |code| CategoryCode::new(code).expect("the codes of the categories are codes");
    Incident {
        categories: row.categories.split('|').map(category).collect(),
        phase: PhaseCode::new(&row.phase).expect("the codes of the phases are codes"),
        severity: Severity::from_name(&row.severity).expect("the table knows the severities"),
        unit,
        place_words,
        occurred_at: Some(clock::claimed(minute)),
        words: words.clone(),
        language: observer.language.to_owned(),
        attachments: Vec::new(),
        refers_to: None,
    }
}

fn scene(incident: &Incident, chance: &mut Chance) -> Scene {
    let main = &incident.categories[0];
    let catalogue = setup::incidents();
    let category = catalogue.category(main).expect("a test reads every report of the table");
    Scene { label: category.names.get("en").to_owned(), seed: chance.bits() }
}
