//! The page of one document: photographs beside the form, or what became of it.

use std::collections::BTreeMap;

use askama::Template;
use hattama_proto::{
    id::{FormCode, PhotoHash},
    pack::{Operator, Relation, Term},
    statement::Reading,
    time::UnixMillis,
};
use serde_json::{Value, json};

use super::typed::chosen;
use crate::{
    access::Permission,
    desk::{Item, Typed, View},
    http::HttpProblem,
    merge::CellKey,
    random,
    transcription::{ItemState, Seat, form_cells},
    web::{
        figure::{figure, figure_or_dash},
        frame::{Frame, UnitLink},
        unit::remarks::sides,
        words::{TranscriptionWords, Words, fill},
    },
};

/// The answers, in the order of the words.
pub(super) const SHOWS: [&str; 6] =
    ["figures", "illegible", "wrong_unit", "wrong_copy", "not_a_protocol", "sheet_missing"];

/// Why something was not taken, and all that was typed.
#[derive(Default)]
pub(super) struct Refusal {
    /// What has to be mended.
    pub(super) trouble: Option<String>,
    /// By field: what is wrong with it.
    pub(super) wrong: BTreeMap<String, &'static str>,
    /// What looks odd and may be sent all the same.
    pub(super) remarks: Vec<String>,
    /// What was typed, by field.
    pub(super) typed: BTreeMap<String, String>,
}

#[derive(Template)]
#[template(path = "transcription_item.html")]
pub(super) struct ItemPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    t: &'static TranscriptionWords,
    id: String,
    /// Who types: what a browser keeps of an entry is for nobody else.
    account: String,
    entry_id: String,
    unit: UnitLink,
    unit_code: String,
    form: String,
    copy: String,
    says: &'static str,
    refusal: Refusal,
    pages: Vec<PageView>,
    /// Whether there is a form: on a seat, or where somebody may decide.
    types: bool,
    decides: bool,
    /// Whether the precinct file may be linked: never while somebody types.
    is_over: bool,
    answers: Vec<AnswerView>,
    unit_seen: String,
    copies: Vec<(String, String, bool)>,
    columns: Vec<String>,
    rows: Vec<Row>,
    words_said: Vec<(String, String)>,
    reason: String,
    proposal: Option<String>,
    relations: String,
    /// Milliseconds that the account has left: clocks of browsers are not to be trusted.
    left_ms: i64,
}

struct PageView {
    caption: String,
    shown: Option<PhotoHash>,
}

struct AnswerView {
    value: &'static str,
    text: &'static str,
    chosen: bool,
}

struct Row {
    heading: Option<String>,
    name: String,
    number: String,
    label: String,
    value: String,
    wrong: &'static str,
    said: Vec<String>,
    differs: bool,
}

impl<'a> ItemPage<'a> {
    pub(super) fn new(
        frame: &'a Frame,
        view: View,
        proposed: Option<Reading>,
        refusal: Refusal,
        now: UnixMillis,
    ) -> Result<Self, HttpProblem> {
        let t = &frame.w.transcription;
        let View { item, seat, typed, has_typed } = view;
        let may_decide = frame.may(Permission::Decide);
        let decides = item.state == ItemState::Open && may_decide;
        let says = match (seat, item.state) {
            (Some((Seat::THIRD, _)), _) => t.third_says,
            (Some(_), _) => t.blind_says,
            (None, ItemState::Open) => t.open_says,
            (None, ItemState::Settled) => t.settled_says,
            (None, _) if has_typed => t.kept,
            (None, _) => t.no_seat_says,
        };
        // Whoever was late sends all the same; so the form stays where something was typed.
        let was_typing = refusal.typed.contains_key("shows");
        let types = seat.is_some() || (was_typing && !has_typed && !decides);
        let entry_id = match refusal.typed.get("id").filter(|_| types || decides) {
            Some(id) => id.clone(),
            None => fresh_id()?,
        };
        let is_over = matches!(item.state, ItemState::Open | ItemState::Settled) && seat.is_none();
        let copy_chosen = refusal.typed.get("copy").cloned().unwrap_or_default();
        let proposal = proposed.filter(|_| may_decide).map(|reading| said(frame, &reading));
        Ok(Self {
            frame,
            w: frame.w,
            t,
            account: frame.operator.as_ref().map_or_else(String::new, |by| by.name.clone()),
            entry_id,
            unit: UnitLink::new(frame, &item.unit),
            unit_code: item.unit.to_string(),
            form: frame.form(&item.form),
            copy: frame.copy(&item.copy),
            says,
            pages: pages(t, &item),
            types,
            decides,
            is_over,
            answers: SHOWS
                .into_iter()
                .zip(t.shows)
                .map(|(value, text)| AnswerView {
                    value,
                    text,
                    chosen: value == chosen(&refusal.typed),
                })
                .collect(),
            unit_seen: refusal.typed.get("unit").cloned().unwrap_or_default(),
            copies: frame
                .pack
                .election
                .copy_types
                .iter()
                .filter(|copy| copy.code != item.copy)
                .map(|copy| {
                    let code = copy.code.to_string();
                    let chosen = code == copy_chosen;
                    (code, frame.copy(&copy.code), chosen)
                })
                .collect(),
            columns: typed.iter().map(|typed| column(t, typed)).collect(),
            rows: rows(frame, &item, &typed, &refusal),
            words_said: typed
                .iter()
                .filter(|typed| typed.reading.figures().is_none())
                .map(|typed| (column(t, typed), said(frame, &typed.reading)))
                .collect(),
            reason: refusal.typed.get("reason").cloned().unwrap_or_default(),
            proposal,
            relations: relations(frame, &item),
            left_ms: seat.map_or(0, |(_, until)| until.0.saturating_sub(now.0)),
            refusal,
            id: item.id,
        })
    }
}

/// A fresh id for an entry, as a UUID of version 4.
fn fresh_id() -> Result<String, HttpProblem> {
    let bytes = random::bytes::<16>().map_err(crate::review::ReviewError::from)?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string())
}

fn pages(t: &TranscriptionWords, item: &Item) -> Vec<PageView> {
    let of = item.pages.len().to_string();
    item.pages
        .iter()
        .enumerate()
        .map(|(at, page)| PageView {
            caption: fill(t.photograph, &[("n", &(at + 1).to_string()), ("of", &of)]),
            shown: page.shown,
        })
        .collect()
}

/// Whose column it is: the seat, and the account where who looks may know it.
fn column(t: &TranscriptionWords, typed: &Typed) -> String {
    let seat = match typed.seat {
        Some(Seat::FIRST) => t.first,
        Some(Seat::SECOND) => t.second,
        Some(_) => t.third,
        None => t.beside,
    };
    match &typed.account {
        Some(account) => format!("{seat}: {account}"),
        None => seat.to_owned(),
    }
}

/// What was said in words.
fn said(frame: &Frame, reading: &Reading) -> String {
    let shows = &frame.w.transcription.shows;
    match reading {
        Reading::Figures(_) => shows[0].to_owned(),
        Reading::Illegible => shows[1].to_owned(),
        Reading::WrongUnit { unit } => format!("{}: {unit}", shows[2]),
        Reading::WrongCopy { copy } => format!("{}: {}", shows[3], frame.copy(copy)),
        Reading::NotAProtocol => shows[4].to_owned(),
        Reading::SheetMissing => shows[5].to_owned(),
    }
}

fn rows(frame: &Frame, item: &Item, typed: &[Typed], refusal: &Refusal) -> Vec<Row> {
    let Some(form) = frame.pack.form(&item.form) else { return Vec::new() };
    let mut last = None;
    form_cells(form, &frame.pack)
        .into_iter()
        .map(|cell| {
            let heading = match &cell.key {
                CellKey::Vote { contest, .. } if last.as_ref() != Some(contest) => {
                    last = Some(contest.clone());
                    Some(frame.contest(contest))
                }
                _ => None,
            };
            let figures: Vec<Option<u64>> =
                typed.iter().map(|typed| figure_of(&typed.reading, &cell.key)).collect();
            let name = cell.key.name();
            Row {
                heading,
                number: cell.number,
                label: frame.cell(&cell.key),
                value: refusal.typed.get(&name).cloned().unwrap_or_default(),
                wrong: refusal.wrong.get(&name).copied().unwrap_or_default(),
                differs: figures.windows(2).any(|pair| pair[0] != pair[1]),
                said: figures.into_iter().map(figure_or_dash).collect(),
                name,
            }
        })
        .collect()
}

fn figure_of(reading: &Reading, key: &CellKey) -> Option<u64> {
    let figures = reading.figures()?;
    let figure = match key {
        CellKey::Line { line } => figures.lines.get(line),
        CellKey::Vote { contest, choice } => figures.contests.get(contest)?.get(choice),
    };
    figure.copied().flatten().map(|figure| figure.value())
}

/// A control relation in words; with both sums where it does not hold.
pub(super) fn relation_text(
    frame: &Frame,
    form: &FormCode,
    relation: &Relation,
    sums: Option<(u64, u64)>,
) -> String {
    let (left, right) = sides(frame, form, relation);
    let Some((l, r)) = sums else { return format!("{left} {} {right}", relation.op.sign()) };
    let with = [
        ("relation", relation.id.as_str()),
        ("left", &left),
        ("sign", relation.op.sign()),
        ("right", &right),
        ("l", &figure(l)),
        ("r", &figure(r)),
    ];
    fill(frame.w.relation_says, &with)
}

/// The relations of this form and copy, for the script: sides as fields and factors, and the words.
fn relations(frame: &Frame, item: &Item) -> String {
    let Some(form) = frame.pack.form(&item.form) else { return "[]".to_owned() };
    let cells = form_cells(form, &frame.pack);
    let side = |terms: &[Term]| -> Vec<Value> {
        let mut fields = Vec::new();
        for term in terms {
            match term {
                Term::Line(line) => fields.push(json!([CellKey::line(line.clone()).name(), 1])),
                Term::Times(times, line) => {
                    fields.push(json!([CellKey::line(line.clone()).name(), times]));
                }
                Term::Votes(of) => {
                    let is_of = |key: &CellKey| matches!(key, CellKey::Vote { contest, .. } if contest == of);
                    let votes = cells.iter().filter(|cell| is_of(&cell.key));
                    fields.extend(votes.map(|cell| json!([cell.key.name(), 1])));
                }
            }
        }
        fields
    };
    let applies =
        |relation: &&Relation| relation.copies.is_empty() || relation.copies.contains(&item.copy);
    let told: Vec<Value> = form
        .relations
        .iter()
        .filter(applies)
        .map(|relation| {
            json!({
                "left": side(&relation.left),
                "op": match relation.op {
                    Operator::Eq => "eq",
                    Operator::Le => "le",
                    Operator::Ge => "ge",
                },
                "right": side(&relation.right),
                "text": relation_text(frame, &item.form, relation, None),
            })
        })
        .collect();
    Value::from(told).to_string()
}
