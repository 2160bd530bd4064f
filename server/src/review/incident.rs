//! The states of an incident's review, and what opens an incident. Pure.
//!
//! ```mermaid
//! stateDiagram-v2
//!     [*] --> received
//!     received --> triaged
//!     received --> escalated
//!     received --> rejected
//!     received --> duplicate
//!     triaged --> verifying
//!     triaged --> escalated
//!     triaged --> insufficient
//!     triaged --> rejected
//!     triaged --> duplicate
//!     verifying --> confirmed
//!     verifying --> escalated
//!     verifying --> insufficient
//!     verifying --> rejected
//!     verifying --> duplicate
//!     escalated --> verifying
//!     escalated --> confirmed
//!     escalated --> resolved
//!     confirmed --> escalated
//!     confirmed --> resolved
//!     confirmed --> verifying
//!     insufficient --> verifying
//!     rejected --> verifying
//!     resolved --> verifying
//!     duplicate --> triaged
//! ```
//!
//! No state is final: new evidence takes an incident back to *verifying*, and what was wrongly
//! taken for a duplicate is triaged again. The report itself never changes; every step names who
//! took it and why.

use hattama_proto::{
    id::{PhaseCode, QuestionCode},
    pack::FormDefinition,
    record::FormAnswers,
};
use serde::{Deserialize, Serialize};

/// Where the review of an incident stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentState {
    /// It has arrived; nobody has looked yet.
    Received,
    /// Somebody has looked: it is readable, in the right place, and not nonsense.
    Triaged,
    /// Somebody is asking back, comparing, looking for witnesses.
    Verifying,
    /// More than one source, or evidence that speaks for itself.
    Confirmed,
    /// May well be so, but cannot be shown.
    Insufficient,
    /// Not so, or nothing of this kind.
    Rejected,
    /// Another report tells the same event.
    Duplicate,
    /// Handed to somebody who can act now: lawyers, headquarters of the day.
    Escalated,
    /// Dealt with: stopped, complained of, decided.
    Resolved,
}

/// The step is not among those drawn above; the reviewer may take one that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an incident does not go from {} to {}", .from.name(), .to.name())]
pub struct TransitionError {
    /// Where it stands.
    pub from: IncidentState,
    /// Where it was to go.
    pub to: IncidentState,
}

impl IncidentState {
    /// All states.
    pub const ALL: [Self; 9] = [
        Self::Received,
        Self::Triaged,
        Self::Verifying,
        Self::Confirmed,
        Self::Insufficient,
        Self::Rejected,
        Self::Duplicate,
        Self::Escalated,
        Self::Resolved,
    ];

    /// The name in stores, on the wire and in commands.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Triaged => "triaged",
            Self::Verifying => "verifying",
            Self::Confirmed => "confirmed",
            Self::Insufficient => "insufficient",
            Self::Rejected => "rejected",
            Self::Duplicate => "duplicate",
            Self::Escalated => "escalated",
            Self::Resolved => "resolved",
        }
    }

    /// The state with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Where an incident may go from here: the table behind the drawing.
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Received => &[Self::Triaged, Self::Escalated, Self::Rejected, Self::Duplicate],
            Self::Triaged => &[
                Self::Verifying,
                Self::Escalated,
                Self::Insufficient,
                Self::Rejected,
                Self::Duplicate,
            ],
            Self::Verifying => &[
                Self::Confirmed,
                Self::Escalated,
                Self::Insufficient,
                Self::Rejected,
                Self::Duplicate,
            ],
            Self::Escalated => &[Self::Verifying, Self::Confirmed, Self::Resolved],
            Self::Confirmed => &[Self::Escalated, Self::Resolved, Self::Verifying],
            Self::Insufficient | Self::Rejected | Self::Resolved => &[Self::Verifying],
            Self::Duplicate => &[Self::Triaged],
        }
    }

    /// Whether the step from here to `to` may be taken.
    pub fn transition(self, to: Self) -> Result<(), TransitionError> {
        if self.next().contains(&to) { Ok(()) } else { Err(TransitionError { from: self, to }) }
    }
}

/// The answers of a checklist that open an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CriticalAnswers {
    /// The phase that the first of these questions gives, if one gives any.
    pub phase: Option<PhaseCode>,
    /// The questions that were answered so, in the order of the form.
    pub questions: Vec<QuestionCode>,
}

/// Whether a filled checklist opens an incident; one at most, however many answers are critical,
/// because one visit is one event for a reviewer.
///
/// A question that was left open never does.
pub fn critical_answers(form: &FormDefinition, filled: &FormAnswers) -> Option<CriticalAnswers> {
    if form.code != filled.form {
        return None;
    }
    let critical = form.questions.iter().filter(|question| {
        let answer = filled.answers.get(&question.code).map(serde_json::to_value);
        match (&question.critical, answer) {
            (Some(critical), Some(Ok(answer))) => !answer.is_null() && *critical == answer,
            _ => false,
        }
    });
    let critical: Vec<_> = critical.collect();
    if critical.is_empty() {
        return None;
    }
    Some(CriticalAnswers {
        phase: critical.iter().find_map(|question| question.phase.clone()),
        questions: critical.iter().map(|question| question.code.clone()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use hattama_proto::{
        id::{FormCode, UnitCode},
        pack::{FormKind, Names, Question, QuestionKind},
        record::Answer,
        statement::Level,
    };

    use super::*;

    #[test]
    fn every_state_is_found_again_by_its_name() {
        for state in IncidentState::ALL {
            assert_eq!(IncidentState::from_name(state.name()), Some(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
        assert_eq!(IncidentState::from_name("Received"), None);
    }

    #[test]
    fn the_drawing_shows_the_table() {
        let drawn: Vec<_> = include_str!("incident.rs")
            .lines()
            .filter_map(|line| line.strip_prefix("//!     ")?.split_once(" --> "))
            .filter(|(from, _)| *from != "[*]")
            .map(|(from, to)| (from.to_owned(), to.to_owned()))
            .collect();
        let mut table: Vec<_> = IncidentState::ALL
            .into_iter()
            .flat_map(|from| from.next().iter().map(move |to| (from.name(), to.name())))
            .map(|(from, to)| (from.to_owned(), to.to_owned()))
            .collect();
        let mut sorted = drawn.clone();
        sorted.sort();
        table.sort();
        assert_eq!(sorted, table);
    }

    #[test]
    fn every_state_can_be_reached_and_left() {
        let mut reached = vec![IncidentState::Received];
        for at in 0.. {
            let Some(state) = reached.get(at).copied() else { break };
            for next in state.next() {
                if !reached.contains(next) {
                    reached.push(*next);
                }
            }
        }
        assert_eq!(reached.len(), IncidentState::ALL.len());
        assert!(IncidentState::ALL.into_iter().all(|state| !state.next().is_empty()));
    }

    #[test]
    fn a_step_that_is_not_drawn_is_refused_and_says_which() {
        let error = IncidentState::Received.transition(IncidentState::Confirmed).unwrap_err();
        assert_eq!(error.to_string(), "an incident does not go from received to confirmed");
        assert!(IncidentState::Verifying.transition(IncidentState::Confirmed).is_ok());
        assert!(IncidentState::Triaged.transition(IncidentState::Triaged).is_err());
    }

    fn question(code: &str, critical: Option<serde_json::Value>, phase: &str) -> Question {
        Question {
            code: QuestionCode::new(code).unwrap(),
            names: Names::default(),
            kind: QuestionKind::YesNo,
            critical,
            phase: Some(PhaseCode::new(phase).unwrap()),
        }
    }

    fn opening() -> FormDefinition {
        FormDefinition {
            code: FormCode::new("opening").unwrap(),
            names: Names::default(),
            kind: FormKind::Checklist,
            levels: vec![Level::Precinct],
            lines: vec![],
            contests: vec![],
            relations: vec![],
            questions: vec![
                question("box-empty", Some(false.into()), "opening"),
                question("list-shown", None, "opening"),
                question("let-in", Some("no".into()), "voting"),
                question("never", Some(serde_json::Value::Null), "voting"),
            ],
            check_in: None,
        }
    }

    fn filled(answers: &[(&str, Answer)]) -> FormAnswers {
        FormAnswers {
            unit: UnitCode::new("11-900001").unwrap(),
            form: FormCode::new("opening").unwrap(),
            answers: answers
                .iter()
                .map(|(code, answer)| (QuestionCode::new(code).unwrap(), answer.clone()))
                .collect(),
        }
    }

    #[test]
    fn a_critical_answer_opens_one_incident_in_the_phase_of_its_question() {
        let both = filled(&[
            ("let-in", Answer::Text("no".to_owned())),
            ("box-empty", Answer::YesNo(false)),
        ]);
        let opens = critical_answers(&opening(), &both).unwrap();
        assert_eq!(opens.phase, Some(PhaseCode::new("opening").unwrap()));
        let codes: Vec<_> = opens.questions.iter().map(QuestionCode::as_str).collect();
        assert_eq!(codes, ["box-empty", "let-in"]);
    }

    #[test]
    fn an_uncritical_or_open_answer_opens_nothing() {
        for answers in [
            filled(&[("box-empty", Answer::YesNo(true)), ("list-shown", Answer::YesNo(false))]),
            filled(&[("never", Answer::Open), ("box-empty", Answer::Open)]),
            filled(&[]),
        ] {
            assert_eq!(critical_answers(&opening(), &answers), None);
        }
        let mut other_form = filled(&[("box-empty", Answer::YesNo(false))]);
        other_form.form = FormCode::new("closing").unwrap();
        assert_eq!(critical_answers(&opening(), &other_form), None);
    }
}
