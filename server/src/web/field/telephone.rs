//! `/telephone`: what an observer says, typed as it is said, and read back.
//!
//! First the form is chosen, then its fields are typed, in the order of the paper and with the keyboard
//! alone. Nothing is added up and nothing that is odd is refused; only what is no number is.

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    web::{Data, Form, Query},
};
use askama::Template;
use hattama_proto::{
    id::{CategoryCode, CopyType, FormCode, OrgId, PersonId, PhaseCode, RecordId, UnitCode},
    pack::{FormDefinition, FormKind, QuestionKind},
    record::{
        Answer, Body, Channel, Figure, FormAnswers, Incident, Missing, NotObtained,
        ResultsProtocol, Severity, SheetFlags,
    },
    time::{ClaimedTime, UnixMillis},
};
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::read_back::{Written, written};
use crate::{
    app::Headquarters,
    field::{FieldError, Telephoned, moment},
    http::HttpProblem,
    once::Once,
    random,
    web::{
        answer,
        frame::Frame,
        visitor::Visitor,
        words::{FieldWords, Words},
    },
};

/// What is chosen to report an incident; no form can be called so.
const INCIDENT: &str = "*incident";

/// What is chosen where a copy could not be had.
const NOT_OBTAINED: &str = "*not-obtained";

/// The field that holds the key under which this form is written down once.
const ONCE: &str = "once";

#[derive(Template)]
#[template(path = "telephone.html")]
struct TelephonePage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    f: &'static FieldWords,
    trouble: Option<String>,
    /// What can be told: value and text.
    kinds: Vec<(String, String)>,
    /// What is being told; empty while it is not chosen.
    form: String,
    is_incident: bool,
    is_sheet: bool,
    is_missing: bool,
    /// Why there is no copy: value and text.
    reasons: Vec<(&'static str, &'static str)>,
    /// Under which this form is written down once, however often it is sent.
    once: String,
    channels: Vec<(&'static str, &'static str)>,
    copies: Vec<(String, String)>,
    phases: Vec<(String, String)>,
    categories: Vec<(String, String)>,
    severities: Vec<(&'static str, &'static str)>,
    fields: Vec<Field>,
    typed: Typed,
    /// What was written down last.
    written: Option<Written>,
}

/// One field of a form.
struct Field {
    name: String,
    label: String,
    value: String,
    options: Vec<(String, String)>,
    is_number: bool,
}

/// What was typed, by field.
#[derive(Clone, Default)]
struct Typed(BTreeMap<String, String>);

impl Typed {
    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

/// Query of `GET /telephone`.
#[derive(Deserialize)]
pub(in crate::web) struct TelephoneQuery {
    #[serde(default)]
    form: String,
    /// The record that was written down a moment ago.
    written: Option<RecordId>,
}

/// `GET /telephone`.
pub(in crate::web) async fn show(
    visitor: Visitor,
    query: Query<TelephoneQuery>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let written = match &query.written {
        Some(record) => written(&visitor, record, &headquarters).await?,
        None => None,
    };
    answer::html(&page(&visitor.frame, &query.form, Typed::default(), None, written)?)
}

/// `POST /telephone`: writes it down. What was typed stays in the form when it could not be.
pub(in crate::web) async fn submit(
    visitor: Visitor,
    form: Form<Vec<(String, String)>>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let typed = Typed(form.into_inner().into_iter().collect());
    let frame = &visitor.frame;
    let kind = typed.get("form").to_owned();
    let now = (headquarters.clock)();
    let told = match told(frame, &kind, &typed, now) {
        Ok(told) => told,
        Err(what) => return answer::html(&page(frame, &kind, typed, Some(what), None)?),
    };
    // A double click, or the same form sent again after its answer was lost, makes one entry.
    let once = Once::new(typed.get(ONCE), &typed.0).ok();
    match headquarters.telephone.write_down(told, once.as_ref(), &visitor.operator, now).await {
        Ok(heard) => Ok(answer::see_other(&format!("/telephone?written={}", heard.record))),
        Err(error) => answer::html(&page(frame, &kind, typed, Some(error.to_string()), None)?),
    }
}

fn page<'a>(
    frame: &'a Frame,
    form: &str,
    typed: Typed,
    trouble: Option<String>,
    written: Option<Written>,
) -> Result<TelephonePage<'a>, HttpProblem> {
    let (w, f) = (frame.w, super::words(frame));
    let forms = frame.pack.forms.forms.iter();
    let kinds = forms
        .map(|form| (form.code.to_string(), frame.form(&form.code)))
        .chain([(NOT_OBTAINED.to_owned(), w.kind_not_obtained.to_owned())])
        .chain([(INCIDENT.to_owned(), w.incident.to_owned())]);
    let definition = FormCode::new(form).ok().and_then(|code| frame.pack.form(&code));
    let is_incident = form == INCIDENT;
    let is_missing = form == NOT_OBTAINED;
    let chosen = is_incident || is_missing || definition.is_some();
    let once = random::text::<16>().map_err(FieldError::from)?;
    let incidents = &frame.pack.incidents;
    Ok(TelephonePage {
        frame,
        w,
        f,
        trouble,
        kinds: kinds.collect(),
        form: if chosen { form.to_owned() } else { String::new() },
        is_incident,
        is_sheet: definition.is_some_and(|form| form.kind == FormKind::Results),
        is_missing,
        reasons: Missing::ALL.iter().map(|one| (one.name(), w.missing(*one))).collect(),
        once,
        channels: Channel::ALL.iter().map(|channel| channel.name()).zip(f.channels).collect(),
        copies: frame
            .pack
            .election
            .copy_types
            .iter()
            .map(|copy| (copy.code.to_string(), frame.copy(&copy.code)))
            .collect(),
        phases: incidents
            .phases
            .iter()
            .map(|phase| (phase.code.to_string(), frame.name(&phase.names).to_owned()))
            .collect(),
        categories: incidents
            .categories
            .iter()
            .map(|category| (category.code.to_string(), frame.name(&category.names).to_owned()))
            .collect(),
        severities: Severity::ALL.iter().map(|one| (one.name(), w.severity(*one))).collect(),
        fields: definition.map(|form| fields(frame, form, &typed)).unwrap_or_default(),
        typed,
        written,
    })
}

/// The fields of a form, in the order of the paper.
fn fields(frame: &Frame, form: &FormDefinition, typed: &Typed) -> Vec<Field> {
    let field = |name: String, label: String, is_number, options| {
        let value = typed.get(&name).to_owned();
        Field { name, label, value, options, is_number }
    };
    let lines = form.lines.iter().map(|line| {
        let label = format!("{} {}", line.number, frame.name(&line.names));
        field(format!("line:{}", line.code), label, true, Vec::new())
    });
    let contests = form.contests.iter().filter_map(|code| {
        frame.pack.election.contests.iter().find(|contest| contest.code == *code)
    });
    let votes = contests.flat_map(|contest| {
        contest.choices.iter().map(move |choice| {
            let name = format!("vote:{}:{}", contest.code, choice.code);
            (name, frame.choice(&contest.code, &choice.code))
        })
    });
    let votes = votes.map(|(name, label)| field(name, label, true, Vec::new()));
    let questions = form.questions.iter().map(|question| {
        let options = match &question.kind {
            QuestionKind::YesNo => {
                let (yes, no) = (frame.w.yes.to_owned(), frame.w.no.to_owned());
                vec![("yes".to_owned(), yes), ("no".to_owned(), no)]
            }
            QuestionKind::OneOf(codes) => {
                codes.iter().map(|code| (code.clone(), code.clone())).collect()
            }
            QuestionKind::Number | QuestionKind::Time | QuestionKind::Words => Vec::new(),
        };
        let label = frame.name(&question.names).to_owned();
        let is_number = question.kind == QuestionKind::Number;
        field(format!("answer:{}", question.code), label, is_number, options)
    });
    lines.chain(votes).chain(questions).collect()
}

/// Reads what was typed.
fn told(frame: &Frame, kind: &str, typed: &Typed, now: UnixMillis) -> Result<Telephoned, String> {
    let text = |name: &str| typed.get(name).trim();
    let optional = |name: &str| Some(text(name)).filter(|text| !text.is_empty());
    let unit = optional("unit").map(UnitCode::new).transpose().map_err(|e| e.to_string())?;
    let zone = TimeZone::get(&frame.pack.election.time_zone).unwrap_or(TimeZone::UTC);
    let needed = |unit: Option<UnitCode>| unit.ok_or_else(|| format!("{}: –", frame.w.unit));
    let body = if kind == INCIDENT {
        Body::Incident(incident(typed, unit)?)
    } else if kind == NOT_OBTAINED {
        Body::NotObtained(missing(typed, needed(unit)?, &zone)?)
    } else {
        let code = FormCode::new(kind).map_err(|error| error.to_string())?;
        let form = frame.pack.form(&code).ok_or("form")?;
        let unit = needed(unit)?;
        if form.kind == FormKind::Results {
            Body::Protocol(sheet(frame, form, typed, unit)?)
        } else {
            Body::Form(answers(frame, form, typed, unit)?)
        }
    };
    let told_at = match text("told_at") {
        "" => now,
        at => moment(at, &zone).ok_or("2005-12-04 06:30")?,
    };
    Ok(Telephoned {
        person: optional("person").map(PersonId::new).transpose().map_err(|e| e.to_string())?,
        org: optional("org").map(OrgId::new).transpose().map_err(|e| e.to_string())?,
        channel: Channel::from_name(text("channel")).unwrap_or(Channel::Other),
        told_at: ClaimedTime::from_unix_millis(told_at),
        body,
    })
}

fn incident(typed: &Typed, unit: Option<UnitCode>) -> Result<Incident, String> {
    let category = CategoryCode::new(typed.get("category")).map_err(|error| error.to_string())?;
    Ok(Incident {
        categories: vec![category],
        phase: PhaseCode::new(typed.get("phase")).map_err(|error| error.to_string())?,
        severity: Severity::from_name(typed.get("severity")).ok_or("severity")?,
        unit,
        place_words: None,
        occurred_at: None,
        words: typed.get("words").to_owned(),
        language: typed.get("language").to_owned(),
        attachments: Vec::new(),
        refers_to: None,
    })
}

fn missing(typed: &Typed, unit: UnitCode, zone: &TimeZone) -> Result<NotObtained, String> {
    let optional = |name: &str| Some(typed.get(name).trim()).filter(|text| !text.is_empty());
    let occurred_at = optional("occurred_at")
        .map(|at| moment(at, zone).ok_or("2005-12-04 06:30"))
        .transpose()?
        .map(ClaimedTime::from_unix_millis);
    let copy = optional("copy").map(CopyType::new).transpose();
    Ok(NotObtained {
        unit,
        missing: Missing::from_name(typed.get("missing")).ok_or("missing")?,
        copy: copy.map_err(|error| error.to_string())?,
        occurred_at,
        office: optional("office").map(str::to_owned),
        words: typed.get("words").to_owned(),
        photos: Vec::new(),
    })
}

fn sheet(
    frame: &Frame,
    form: &FormDefinition,
    typed: &Typed,
    unit: UnitCode,
) -> Result<ResultsProtocol, String> {
    let figure = |name: &str, label: &str| -> Result<Option<Figure>, String> {
        let text: String = typed.get(name).split_whitespace().collect();
        if text.is_empty() {
            return Ok(None);
        }
        let number: Option<u64> = text.parse().ok();
        number
            .and_then(|number| Figure::new(number).ok())
            .map(Some)
            .ok_or_else(|| format!("{label}: «{text}» {}", super::words(frame).not_a_figure))
    };
    let mut lines = BTreeMap::new();
    for line in &form.lines {
        let label = format!("{} {}", line.number, frame.name(&line.names));
        lines.insert(line.code.clone(), figure(&format!("line:{}", line.code), &label)?);
    }
    let mut contests = BTreeMap::new();
    for contest in &frame.pack.election.contests {
        if !form.contests.contains(&contest.code) {
            continue;
        }
        let mut choices = BTreeMap::new();
        for choice in &contest.choices {
            let name = format!("vote:{}:{}", contest.code, choice.code);
            let label = frame.choice(&contest.code, &choice.code);
            choices.insert(choice.code.clone(), figure(&name, &label)?);
        }
        contests.insert(contest.code.clone(), choices);
    }
    let number = typed.get("document_number").trim();
    Ok(ResultsProtocol {
        unit,
        table: None,
        form: form.code.clone(),
        copy: CopyType::new(typed.get("copy")).map_err(|error| error.to_string())?,
        document_number: (!number.is_empty()).then(|| number.to_owned()),
        document_time: None,
        lines,
        contests,
        marks: BTreeMap::new(),
        photos: Vec::new(),
        flags: SheetFlags::default(),
    })
}

fn answers(
    frame: &Frame,
    form: &FormDefinition,
    typed: &Typed,
    unit: UnitCode,
) -> Result<FormAnswers, String> {
    let mut answers = BTreeMap::new();
    for question in &form.questions {
        let text = typed.get(&format!("answer:{}", question.code)).trim();
        let answer = match (&question.kind, text) {
            (_, "") => Answer::Open,
            (QuestionKind::YesNo, text) => Answer::YesNo(text == "yes"),
            (QuestionKind::Number, text) => {
                let digits: String = text.split_whitespace().collect();
                let label = frame.name(&question.names);
                Answer::Number(digits.parse().map_err(|_| {
                    format!("{label}: «{text}» {}", super::words(frame).not_a_figure)
                })?)
            }
            (_, text) => Answer::Text(text.to_owned()),
        };
        answers.insert(question.code.clone(), answer);
    }
    Ok(FormAnswers { unit, form: form.code.clone(), answers })
}
