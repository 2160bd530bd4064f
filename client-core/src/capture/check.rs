//! What the observer may want to look at again. Pure, and advice only.

use hattama_proto::{
    id::{FormCode, UnitCode},
    pack::{Finding, FormDefinition, Pack, check_relations},
    record::{Body, Corrected, FormAnswers, Incident, NotObtained, ResultsProtocol},
};

use super::Warning;
use crate::{clock::Moment, limits::CLOCK_WARNING_MS};

/// What a body is checked against.
pub(crate) struct Known<'a> {
    /// The set-up, if there is one yet.
    pub(crate) pack: Option<&'a Pack>,
    /// By how much the phone's clock was ahead of headquarters' when they last spoke.
    pub(crate) clock_ahead_ms: Option<i64>,
}

/// 2000-01-01 and 2090-01-01, in milliseconds since 1970.
const PLAUSIBLE_MS: std::ops::Range<i64> = 946_684_800_000..3_786_912_000_000;

/// Findings and warnings about `body`, made at `now`.
pub(crate) fn check(body: &Body, known: &Known<'_>, now: &Moment) -> (Vec<Finding>, Vec<Warning>) {
    let mut warnings = Vec::new();
    if !PLAUSIBLE_MS.contains(&now.wall.0) {
        warnings.push(Warning::ClockAbsurd);
    }
    if let Some(ahead_ms) = known.clock_ahead_ms
        && ahead_ms.saturating_abs() > CLOCK_WARNING_MS
    {
        warnings.push(Warning::ClockOff { ahead_ms });
    }
    let Some(pack) = known.pack else {
        warnings.push(Warning::NoSetUp);
        return (Vec::new(), warnings);
    };
    let mut check = Check { pack, warnings, findings: Vec::new() };
    match body {
        Body::Protocol(body) => check.protocol(body),
        Body::NotObtained(body) => check.not_obtained(body),
        Body::Incident(body) => check.incident(body),
        Body::Form(body) => check.form(body),
        Body::Correction(correction) => match &correction.becomes {
            Corrected::Protocol(body) => check.protocol(body),
            Corrected::NotObtained(body) => check.not_obtained(body),
            Corrected::Incident(body) => check.incident(body),
            Corrected::Form(body) => check.form(body),
        },
    }
    (check.findings, check.warnings)
}

struct Check<'a> {
    pack: &'a Pack,
    warnings: Vec<Warning>,
    findings: Vec<Finding>,
}

impl<'a> Check<'a> {
    fn protocol(&mut self, body: &ResultsProtocol) {
        self.unit(&body.unit);
        self.copy(body.copy.as_str());
        let Some(form) = self.known_form(&body.form) else { return };
        let lines = || form.lines.iter();
        for code in body.lines.keys().filter(|code| !lines().any(|line| line.code == **code)) {
            self.warnings.push(Warning::UnknownLine(code.to_string()));
        }
        for line in lines().filter(|line| line.required && !body.lines.contains_key(&line.code)) {
            self.warnings.push(Warning::RequiredLineMissing(line.code.to_string()));
        }
        for (contest, choices) in &body.contests {
            let known = self.pack.election.contests.iter().find(|known| known.code == *contest);
            let (true, Some(known)) = (form.contests.contains(contest), known) else {
                self.warnings.push(Warning::UnknownChoice(contest.to_string()));
                continue;
            };
            for choice in choices.keys() {
                if !known.choices.iter().any(|known| known.code == *choice) {
                    self.warnings.push(Warning::UnknownChoice(format!("{contest}/{choice}")));
                }
            }
        }
        self.findings = check_relations(&form.relations, body);
    }

    fn not_obtained(&mut self, body: &NotObtained) {
        self.unit(&body.unit);
        if let Some(copy) = &body.copy {
            self.copy(copy.as_str());
        }
    }

    fn incident(&mut self, body: &Incident) {
        if let Some(unit) = &body.unit {
            self.unit(unit);
        }
        let incidents = &self.pack.incidents;
        if !incidents.phases.iter().any(|phase| phase.code == body.phase) {
            self.warnings.push(Warning::UnknownCategory(body.phase.to_string()));
        }
        for category in &body.categories {
            if incidents.category(category).is_none() {
                self.warnings.push(Warning::UnknownCategory(category.to_string()));
            }
        }
    }

    fn form(&mut self, body: &FormAnswers) {
        self.unit(&body.unit);
        let Some(form) = self.known_form(&body.form) else { return };
        for (code, answer) in &body.answers {
            let Some(question) = form.questions.iter().find(|known| known.code == *code) else {
                self.warnings.push(Warning::UnknownQuestion(code.to_string()));
                continue;
            };
            let given = serde_json::to_value(answer).ok();
            if question.critical.is_some() && question.critical == given {
                self.warnings.push(Warning::CriticalAnswer(code.clone()));
            }
        }
    }

    fn unit(&mut self, unit: &UnitCode) {
        if self.pack.units.get(unit).is_none() {
            self.warnings.push(Warning::UnknownUnit(unit.to_string()));
        }
    }

    fn copy(&mut self, copy: &str) {
        if !self.pack.election.copy_types.iter().any(|known| known.code.as_str() == copy) {
            self.warnings.push(Warning::UnknownCopy(copy.to_owned()));
        }
    }

    fn known_form(&mut self, code: &FormCode) -> Option<&'a FormDefinition> {
        let form = self.pack.form(code);
        if form.is_none() {
            self.warnings.push(Warning::UnknownForm(code.to_string()));
        }
        form
    }
}
