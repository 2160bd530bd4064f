//! Checklists and turnout: mostly good answers, a few that open an incident.

use std::collections::BTreeMap;

use hattama_proto::{
    id::{FormCode, QuestionCode, UnitCode},
    pack::{FormDefinition, FormKind, Question, QuestionKind},
    record::{Answer, FormAnswers},
};

use super::{Deed, Script, clock, plan::Plan};
use crate::exercise::{chance::Chance, count::Count, figures::Figures, setup};

/// Hours at which turnout is asked, and the share that has voted by then, in percent.
const TURNOUT: [(i64, u64); 3] = [(10, 14), (14, 52), (18, 88)];

/// Whether somebody answers so that an incident opens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    Good,
    Critical,
}

pub(super) fn write(script: &mut Script, seed: u64, plan: &Plan, figures: &Figures) {
    let forms = setup::forms().forms;
    let form = |code: &str| forms.iter().find(|form| form.code.as_str() == code);
    let [opening, voting, counting, tabulation, turnout] =
        ["opening", "voting", "counting", "tabulation", "turnout"]
            .map(|code| form(code).expect("a form of the set-up"));
    let mut chance = Chance::of(seed, "checklists");
    for (place, visit) in plan.visits.iter().enumerate() {
        // The first visit does everything, so that the smallest story has every form.
        for (form, every, critical_every, phase) in
            [(opening, 4, 40, "opening"), (voting, 3, 60, "voting"), (counting, 4, 50, "count")]
        {
            if place % every == 0 {
                let mood = if place % critical_every == 0 { Mood::Critical } else { Mood::Good };
                let minute = clock::within(&clock::phase(phase), &mut chance);
                let answers = fill(form, &visit.unit, mood, minute, &mut chance);
                script.add(minute, visit.first, Deed::Form(answers));
            }
        }
        if place % 5 == 0 {
            for (hour, percent) in TURNOUT {
                let count = figures.of(&visit.unit);
                let answers = turnout_at(turnout, &visit.unit, hour, count, percent);
                script.add(hour * 60, visit.first, Deed::Form(answers));
            }
        }
    }
    for (district, observer) in &plan.tables {
        let minute = clock::within(&clock::phase("tabulation"), &mut chance);
        let answers = fill(tabulation, district, Mood::Good, minute, &mut chance);
        script.add(minute, *observer, Deed::Form(answers));
    }
}

fn fill(
    form: &FormDefinition,
    unit: &UnitCode,
    mood: Mood,
    minute: i64,
    chance: &mut Chance,
) -> FormAnswers {
    let mut to_spoil = if mood == Mood::Critical {
        form.questions.iter().find(|q| q.critical.is_some())
    } else {
        None
    };
    let answers = form.questions.iter().map(|question| {
        let spoilt = to_spoil.take_if(|spoilt| spoilt.code == question.code).is_some();
        let mood = if spoilt { Mood::Critical } else { Mood::Good };
        (question.code.clone(), answer(question, mood, minute, chance))
    });
    FormAnswers { unit: unit.clone(), form: form.code.clone(), answers: answers.collect() }
}

fn answer(question: &Question, mood: Mood, minute: i64, chance: &mut Chance) -> Answer {
    match &question.kind {
        QuestionKind::YesNo => {
            match question.critical.as_ref().and_then(serde_json::Value::as_bool) {
                Some(critical) => Answer::YesNo(critical == (mood == Mood::Critical)),
                None if chance.once_in(12) => Answer::Open,
                None => Answer::YesNo(!chance.once_in(6)),
            }
        }
        QuestionKind::Number => Answer::Number(i64::from(chance.once_in(4))),
        QuestionKind::Time => {
            let time = clock::on_paper(minute);
            Answer::Text(time.rsplit(' ').next().unwrap_or_default().to_owned())
        }
        QuestionKind::Words => Answer::Text(String::new()),
        QuestionKind::OneOf(codes) => Answer::Text(chance.pick(codes).clone()),
    }
}

fn turnout_at(
    form: &FormDefinition,
    unit: &UnitCode,
    hour: i64,
    count: &Count,
    percent: u64,
) -> FormAnswers {
    debug_assert_eq!(form.kind, FormKind::Turnout);
    let code = |text| QuestionCode::new(text).expect("a question of the set-up");
    let voted = i64::try_from(count.issued() * percent / 100).expect("a precinct is small");
    let answers = BTreeMap::from([
        (code("hour"), Answer::Text(format!("{hour}:00"))),
        (code("voted_so_far"), Answer::Number(voted)),
    ]);
    let form: FormCode = form.code.clone();
    FormAnswers { unit: unit.clone(), form, answers }
}
