//! `GET /units/{code}`: all that is known of one precinct or higher commission.

pub(super) mod remarks;
mod sheets;
pub(super) mod state;
mod timeline;

use std::collections::HashSet;

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use askama::Template;
use hattama_proto::{
    id::{PhotoHash, QuestionCode, UnitCode},
    pack::{Unit, UnitKind},
    problem::ProblemCode,
    record::Answer,
    statement::Level,
};

use self::{remarks::Remark, sheets::SheetTable, timeline::Event};
use super::{
    answer,
    chip::Chip,
    frame::{Frame, Id, UnitLink},
    incident_list::{Line, line},
    pictures::{Picture, pictures},
    turnout::{self, TurnoutSection},
    visitor::Visitor,
    words::Words,
};
use crate::{
    access::Permission,
    app::Headquarters,
    compare::{differ, our_figures},
    http::HttpProblem,
    incident_board::{IncidentFilter, IncidentOrder},
    merge::{Cells, EntryBody, FiledEntry, FilledForm, Standing, UnitFile},
    store::{self, incidents::StoredIncident},
};

/// Incidents that a unit's page lists; the rest is one click away.
const INCIDENTS_MAX: usize = 20;

#[derive(Template)]
#[template(path = "unit.html")]
struct UnitPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    title: String,
    code: &'a UnitCode,
    kind: &'static str,
    crumbs: Vec<UnitLink>,
    known: bool,
    is_empty: bool,
    chips: Vec<Chip>,
    moved_away: Vec<Moved>,
    tables: Vec<SheetTable>,
    remarks: Vec<Remark>,
    not_obtained: Vec<Missing>,
    photos: Vec<Picture>,
    forms: Vec<FormView>,
    turnout: Vec<TurnoutSection>,
    incidents: Vec<Line>,
    /// Whether there are more incidents than are listed.
    more_incidents: bool,
    entries: Vec<EntryView>,
    timeline: Vec<Event>,
    below: Vec<UnitLink>,
    /// The way to what a complaint needs, where what was published says otherwise.
    complaint: Option<String>,
}

struct Moved {
    record: Id,
    unit: UnitCode,
}

struct Missing {
    record: Id,
    reason: &'static str,
    copy: Option<String>,
    at: Option<String>,
    office: Option<String>,
}

struct FormView {
    record: Id,
    name: String,
    by: String,
    /// Why it does not count; empty if it does.
    standing: String,
    answers: Vec<(String, String)>,
    left_out: u32,
}

struct EntryView {
    id: Id,
    what: String,
    by: String,
    claimed_at: String,
    position: u64,
    standing: Chip,
    flags: Vec<&'static str>,
}

/// `GET /units/{code}`.
pub(super) async fn show(
    visitor: Visitor,
    code: Path<UnitCode>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let frame = &visitor.frame;
    let operator = &visitor.operator;
    let unit = frame.pack.units.get(&code);
    let file = headquarters
        .unit_file_within(&operator.scope, &code)
        .await?
        .filter(|file| unit.is_some() || !file.is_empty())
        .ok_or_else(|| HttpProblem::new(ProblemCode::NotFound, "the register has no such unit"))?;
    let level = unit.map_or(Level::Precinct, |unit| unit.kind.level());
    let official = crate::published::row_of(&headquarters.db, level, &code).await?;
    let photos: Vec<PhotoHash> = file
        .entries
        .iter()
        .flat_map(|filed| filed.entry.photos())
        .map(|photo| photo.sha256)
        .collect();
    let whole = store::photos::whole_among(&headquarters.db, &photos).await?.into_iter().collect();
    let filter = IncidentFilter {
        unit: Some(code.to_string()),
        scope: operator.scope.clone(),
        ..IncidentFilter::default()
    };
    let board = headquarters.incident_board().await?;
    let mut incidents = board
        .page(&headquarters.db, &filter, IncidentOrder::Changed, None, INCIDENTS_MAX + 1)
        .await?;
    incidents.retain(|_| operator.may(Permission::ReadIncidents));
    let mut page = page(frame, &file, official.as_ref(), &whole, &incidents);
    let ids: Vec<_> = file.entries.iter().map(|filed| filed.entry.id).collect();
    let received = store::records::received(&headquarters.db, &ids).await?;
    let desk = headquarters.desk.of_unit(operator, &code).await?;
    page.timeline = timeline::of(frame, &file, &received, &desk, &headquarters.book.read());
    answer::html(&page)
}

/// Where the material for a complaint is: for whoever may take it out, at a precinct whose published
/// figures are not those of its copies.
fn complaint(frame: &Frame, file: &UnitFile, official: Option<&Cells>) -> Option<String> {
    let unit = frame.pack.units.get(&file.unit)?;
    let differs = differ(&our_figures(file, &frame.pack), official?);
    let is_offered = differs && unit.kind == UnitKind::Precinct && frame.may(Permission::Export);
    is_offered.then(|| format!("{}/complaint.zip", frame.unit_address(&file.unit)))
}

fn page<'a>(
    frame: &'a Frame,
    file: &'a UnitFile,
    official: Option<&Cells>,
    whole: &HashSet<PhotoHash>,
    incidents: &[StoredIncident],
) -> UnitPage<'a> {
    let w = frame.w;
    let link = |unit: &Unit| UnitLink::new(frame, &unit.code);
    let units = &frame.pack.units;
    let mut crumbs: Vec<_> = units.upwards(&file.unit).skip(1).map(link).collect();
    crumbs.reverse();
    let moved_away = file
        .moved_away
        .iter()
        .map(|moved| Moved { record: moved.record.into(), unit: moved.to.clone() });
    UnitPage {
        frame,
        w,
        title: frame.unit(&file.unit),
        code: &file.unit,
        // A name says by itself what it is; a bare number does not.
        kind: if frame.unit(&file.unit) == file.unit.as_str() {
            frame.unit_kind(&file.unit)
        } else {
            ""
        },
        crumbs,
        known: frame.pack.units.get(&file.unit).is_some(),
        is_empty: file.is_empty(),
        chips: state::chips(frame, file, official),
        moved_away: moved_away.collect(),
        tables: sheets::tables(frame, file, official),
        remarks: remarks::remarks(frame, file),
        not_obtained: file
            .not_obtained
            .iter()
            .filter_map(|missing| not_obtained(frame, file.entry(&missing.record)?))
            .collect(),
        photos: file.entries.iter().flat_map(|filed| photos(frame, filed, whole)).collect(),
        forms: file.entries.iter().filter_map(|filed| form(frame, filed)).collect(),
        turnout: turnout::of_unit(frame, file),
        incidents: incidents
            .iter()
            .take(INCIDENTS_MAX)
            .map(|incident| line(frame, incident))
            .collect(),
        more_incidents: incidents.len() > INCIDENTS_MAX,
        entries: file.entries.iter().map(|filed| entry(frame, filed)).collect(),
        timeline: Vec::new(),
        below: units.children(&file.unit).map(link).collect(),
        complaint: complaint(frame, file, official),
    }
}

fn not_obtained(frame: &Frame, filed: &FiledEntry) -> Option<Missing> {
    let EntryBody::NotObtained(missing) = &filed.entry.body else { return None };
    Some(Missing {
        record: filed.entry.id.into(),
        reason: frame.w.missing(missing.missing),
        copy: missing.copy.as_ref().map(|copy| frame.copy(copy)),
        at: missing.occurred_at.as_ref().map(ToString::to_string),
        office: missing.office.as_deref().map(str::to_owned),
    })
}

fn photos(frame: &Frame, filed: &FiledEntry, whole: &HashSet<PhotoHash>) -> Vec<Picture> {
    let photos = filed.entry.photos().iter().copied();
    pictures(frame, filed.entry.id, &what(frame, filed), photos, whole)
}

/// What an entry is, in a few words.
fn what(frame: &Frame, filed: &FiledEntry) -> String {
    match &filed.entry.body {
        EntryBody::Sheet(sheet) => frame.copy(filed.copy().unwrap_or(&sheet.copy)),
        EntryBody::NotObtained(_) => frame.w.kind_not_obtained.to_owned(),
        EntryBody::Form(form) => frame.form(&form.form),
    }
}

/// Whose entry it is.
fn by(frame: &Frame, filed: &FiledEntry) -> String {
    match (filed.person(), filed.org()) {
        (Some(person), Some(org)) => format!("{person}, {org}"),
        _ => frame.w.unknown_person.to_owned(),
    }
}

fn form(frame: &Frame, filed: &FiledEntry) -> Option<FormView> {
    let EntryBody::Form(form) = &filed.entry.body else { return None };
    let standing = match &filed.standing {
        Standing::Counted => String::new(),
        other => frame.w.standing(other),
    };
    Some(FormView {
        record: filed.entry.id.into(),
        name: frame.form(&form.form),
        by: by(frame, filed),
        standing,
        answers: answers(frame, form),
        left_out: form.left_out,
    })
}

/// Answers in the order of the form; what the form does not ask stands last, under its code.
fn answers(frame: &Frame, filled: &FilledForm) -> Vec<(String, String)> {
    let w = frame.w;
    let definition = frame.pack.form(&filled.form);
    let questions = definition.map_or(&[][..], |form| &form.questions);
    let place = |code: &QuestionCode| questions.iter().position(|known| known.code == *code);
    let mut answers: Vec<_> = filled.answers.iter().collect();
    answers.sort_by_key(|(code, _)| place(code).unwrap_or(usize::MAX));
    let said = |answer: &Answer| match answer {
        Answer::Open => w.answer_open.to_owned(),
        Answer::YesNo(yes) => w.yes_no(Some(*yes)).to_owned(),
        Answer::Number(number) => number.to_string(),
        Answer::Text(text) => text.clone(),
    };
    answers
        .into_iter()
        .map(|(code, answer)| {
            let name = place(code).map_or("", |at| frame.name(&questions[at].names));
            let name = if name.is_empty() { code.as_str() } else { name };
            (name.to_owned(), said(answer))
        })
        .collect()
}

fn entry(frame: &Frame, filed: &FiledEntry) -> EntryView {
    let entry = &filed.entry;
    let what = what(frame, filed);
    EntryView {
        id: entry.id.into(),
        what: if entry.corrects.is_some() {
            format!("{}: {what}", frame.w.kind_correction)
        } else {
            what
        },
        by: by(frame, filed),
        claimed_at: entry.claimed_at.to_string(),
        position: entry.position,
        standing: state::standing(frame, &filed.standing),
        flags: filed.flags.iter().map(|flag| frame.w.flag(*flag)).collect(),
    }
}
