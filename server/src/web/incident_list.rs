//! `GET /incidents`: incidents that fit the filters, in one of two orders; how many there are of each
//! state; a search. The list follows changes where the browser has scripts.

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use askama::Template;
use hattama_proto::{id::UnitCode, pack::UnitKind, record::Severity};
use serde::Deserialize;

use super::{
    answer,
    figure::{claimed, figure},
    frame::{Frame, encoded},
    visitor::Visitor,
    words::{Words, fill},
};
use crate::{
    access::Permission,
    app::Headquarters,
    http::{HttpProblem, incidents::FilterQuery},
    incident_board::{IncidentFilter, IncidentOrder, Tallies},
    review::IncidentState,
    store::incidents::StoredIncident,
};

/// Incidents on one page: small on a bad line, and enough to work on.
const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "incidents.html")]
struct IncidentsPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    /// What is wrong with a filter.
    trouble: Option<String>,
    selects: Vec<Select>,
    texts: Vec<TextFilter>,
    /// Whether one of the further filters limits.
    open: bool,
    q: String,
    counts: Option<String>,
    states: Vec<StateLink>,
    incidents: Vec<Line>,
    /// Address of the next page.
    next: Option<String>,
    /// Address of each export.
    exports: Vec<(String, &'static str)>,
    /// Where the stream of changes goes on.
    stream: String,
}

/// One filter with a choice.
struct Select {
    name: &'static str,
    label: &'static str,
    any: Option<&'static str>,
    options: Vec<Choice>,
}

/// One value of a filter.
struct Choice {
    value: String,
    text: String,
    chosen: bool,
}

/// One filter that is typed.
struct TextFilter {
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    value: String,
}

/// How many incidents are in a state, and the list of them.
struct StateLink {
    text: &'static str,
    count: String,
    address: String,
    chosen: bool,
}

/// One incident.
pub(super) struct Line {
    pub(super) id: String,
    pub(super) categories: String,
    pub(super) severity: String,
    pub(super) tone: &'static str,
    pub(super) state: String,
    pub(super) unit: Option<String>,
    pub(super) region: String,
    pub(super) phase: String,
    pub(super) occurred_at: String,
    pub(super) updated_at: String,
    pub(super) assignee: Option<String>,
}

/// Where a page begins, and in which order.
#[derive(Deserialize)]
pub(super) struct PlaceQuery {
    #[serde(default)]
    order: String,
    /// Where the page before ended.
    #[serde(default)]
    after: String,
}

/// `GET /incidents`.
pub(super) async fn show(
    visitor: Visitor,
    query: Query<FilterQuery>,
    place: Query<PlaceQuery>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let (frame, query) = (&visitor.frame, query.into_inner());
    let db = &headquarters.db;
    let order = match place.order.as_str() {
        "received" => IncidentOrder::Received,
        _ => IncidentOrder::Changed,
    };
    // The stream goes on where this page was made, so that nothing falls between.
    let stream = format!("/v1/incidents/stream?after={}", headquarters.sequencer.size().max(1) - 1);
    let read = query.clone().read(&headquarters, &visitor.operator.scope);
    let (filter, trouble) = match read {
        Ok(filter) => (Some(filter), None),
        Err(error) => (None, Some(error.to_string())),
    };
    let (found, tallies) = match &filter {
        None => (Vec::new(), None),
        Some(filter) => {
            let after = place.after.parse().ok();
            let board = headquarters.incident_board().await?;
            let found = board.page(db, filter, order, after, PAGE + 1).await?;
            // By state over all states: the chips lead from one to another.
            let all = IncidentFilter { state: None, ..filter.clone() };
            (found, Some(board.tallies(db, &all).await?))
        }
    };
    let shown = found.len().min(PAGE);
    let next = (found.len() > shown).then(|| {
        let last = &found[shown - 1];
        let at = match order {
            IncidentOrder::Changed => last.changed_position,
            IncidentOrder::Received => last.position,
        };
        format!("/incidents?{}&after={at}", pairs(&query, &place.order))
    });
    let wanted = query.state.clone();
    let exports = if frame.may(Permission::Export) && filter.is_some() {
        let r = frame.w.review;
        [("csv", r.csv), ("exact_csv", r.exact_csv), ("json", r.json)]
            .map(|(format, text)| {
                let pairs = pairs(&query, "");
                (format!("/v1/incidents/export?{pairs}&format={format}"), text)
            })
            .into()
    } else {
        Vec::new()
    };
    answer::html(&IncidentsPage {
        frame,
        w: frame.w,
        trouble,
        selects: selects(frame, &query, order),
        open: opens(&query),
        texts: texts(frame, &query),
        q: query.q.clone(),
        counts: tallies.as_ref().map(|tallies| counts(frame, tallies, &wanted)),
        states: tallies
            .map_or_else(Vec::new, |tallies| states(frame, &tallies, &query, &place.order)),
        incidents: found[..shown].iter().map(|incident| line(frame, incident)).collect(),
        next,
        exports,
        stream,
    })
}

/// The filters of a query, as a query.
fn pairs(query: &FilterQuery, order: &str) -> String {
    let all = [
        ("q", query.q.as_str()),
        ("state", &query.state),
        ("severity", &query.severity),
        ("category", &query.category),
        ("phase", &query.phase),
        ("region", &query.region),
        ("unit", &query.unit),
        ("org", &query.org),
        ("assignee", &query.assignee),
        ("tag", &query.tag),
        ("group", &query.group),
        ("occurred_from", &query.occurred_from),
        ("occurred_until", &query.occurred_until),
        ("received_from", &query.received_from),
        ("received_until", &query.received_until),
        ("order", order),
    ];
    let said = all.iter().filter(|(_, value)| !value.is_empty());
    said.map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
}

fn counts(frame: &Frame, tallies: &[Tallies], wanted: &str) -> String {
    let fits = || tallies.iter().filter(|tally| wanted.is_empty() || tally.state == wanted);
    let reports: u64 = fits().map(|tally| tally.count).sum();
    let events: u64 = fits()
        .filter(|tally| tally.state != IncidentState::Duplicate.name())
        .map(|tally| tally.count)
        .sum();
    fill(frame.w.review.counts, &[("reports", &figure(reports)), ("events", &figure(events))])
}

fn states(frame: &Frame, tallies: &[Tallies], query: &FilterQuery, order: &str) -> Vec<StateLink> {
    let mut by_state: BTreeMap<&str, u64> = BTreeMap::new();
    for tally in tallies {
        *by_state.entry(&tally.state).or_default() += tally.count;
    }
    IncidentState::ALL
        .into_iter()
        .filter_map(|state| {
            let chosen = query.state == state.name();
            let count = by_state.get(state.name()).copied().unwrap_or(0);
            if count == 0 && !chosen {
                return None;
            }
            // A chosen one leads back to all of them.
            let leads = if chosen { "" } else { state.name() };
            let query = FilterQuery { state: leads.to_owned(), ..query.clone() };
            Some(StateLink {
                text: frame.w.incident_state(state),
                count: figure(count),
                address: format!("/incidents?{}", pairs(&query, order)),
                chosen,
            })
        })
        .collect()
}

fn opens(query: &FilterQuery) -> bool {
    [
        &query.unit,
        &query.org,
        &query.assignee,
        &query.tag,
        &query.group,
        &query.received_from,
        &query.received_until,
        &query.occurred_from,
        &query.occurred_until,
    ]
    .iter()
    .any(|value| !value.is_empty())
}

fn texts(frame: &Frame, query: &FilterQuery) -> Vec<TextFilter> {
    let r = frame.w.review;
    let text =
        |name, label, hint, value: &String| TextFilter { name, label, hint, value: value.clone() };
    vec![
        text("unit", frame.w.precinct, "", &query.unit),
        text("assignee", r.assignee, "", &query.assignee),
        text("tag", r.tag, "", &query.tag),
        text("group", r.group, "", &query.group),
        text("org", r.org, "", &query.org),
        text("received_from", r.received_from, r.time_example, &query.received_from),
        text("received_until", r.received_until, r.time_example, &query.received_until),
    ]
}

fn selects(frame: &Frame, query: &FilterQuery, order: IncidentOrder) -> Vec<Select> {
    let w = frame.w;
    let choice = |chosen: &str, value: &str, text: &str| Choice {
        value: value.to_owned(),
        text: text.to_owned(),
        chosen: value == chosen,
    };
    let states = IncidentState::ALL
        .into_iter()
        .map(|state| choice(&query.state, state.name(), w.incident_state(state)));
    let severities = Severity::ALL
        .into_iter()
        .map(|severity| choice(&query.severity, severity.name(), w.severity(severity)));
    let categories = frame.pack.incidents.categories.iter();
    let categories = categories.map(|category| {
        let code = category.code.as_str();
        choice(&query.category, code, &frame.category(code))
    });
    let phases = frame.pack.incidents.phases.iter();
    let phases = phases.map(|phase| {
        let code = phase.code.as_str();
        choice(&query.phase, code, &frame.phase(code))
    });
    let mut regions: Vec<Choice> = frame
        .pack
        .units
        .of_kind(UnitKind::Region)
        .map(|region| choice(&query.region, region.code.as_str(), &frame.unit(&region.code)))
        .collect();
    // Any unit may be asked for in the address.
    if let Ok(code) = UnitCode::new(&query.region)
        && !regions.iter().any(|region| region.chosen)
    {
        regions.push(choice(&query.region, code.as_str(), &frame.unit(&code)));
    }
    let ordered = match order {
        IncidentOrder::Changed => "changed",
        IncidentOrder::Received => "received",
    };
    let orders = [("changed", w.review.by_change), ("received", w.review.by_receipt)];
    let select =
        |name, label, options: Vec<Choice>| Select { name, label, any: Some(w.all), options };
    vec![
        select("state", w.state, states.collect()),
        select("severity", w.severity, severities.collect()),
        select("category", w.review.category, categories.collect()),
        select("phase", w.phase, phases.collect()),
        select("region", w.region, regions),
        Select {
            name: "order",
            label: w.review.order,
            any: None,
            options: orders.map(|(value, text)| choice(ordered, value, text)).into(),
        },
    ]
}

/// Class of the style sheet for a severity.
pub(super) fn tone(severity: Option<Severity>) -> &'static str {
    match severity {
        Some(Severity::Critical) => "alert",
        Some(Severity::High) => "warn",
        Some(Severity::Medium | Severity::Low) | None => "",
    }
}

/// A code's names, or the code itself where this version does not know it. An incident that a
/// critical answer of a checklist opened has no category, and is called what it is.
pub(super) fn categories(frame: &Frame, json: &str) -> String {
    let codes: Vec<String> = serde_json::from_str(json).unwrap_or_default();
    if codes.is_empty() {
        return frame.w.incident.to_owned();
    }
    codes.iter().map(|code| frame.category(code)).collect::<Vec<_>>().join(", ")
}

pub(super) fn line(frame: &Frame, incident: &StoredIncident) -> Line {
    let w = frame.w;
    let severity = Severity::from_name(&incident.severity);
    let state = IncidentState::from_name(&incident.state);
    let region = incident.region.as_deref().and_then(|code| UnitCode::new(code).ok());
    Line {
        id: incident.record.to_hex(),
        categories: categories(frame, &incident.categories),
        severity: severity.map_or(&*incident.severity, |known| w.severity(known)).to_owned(),
        tone: tone(severity),
        state: state.map_or(&*incident.state, |known| w.incident_state(known)).to_owned(),
        unit: incident.unit.clone(),
        region: region.map_or_else(String::new, |code| frame.unit(&code)),
        phase: frame.phase(&incident.phase),
        occurred_at: incident.occurred_at.as_deref().map_or_else(|| "–".to_owned(), claimed),
        updated_at: frame.moment(incident.updated_at),
        assignee: incident.assignee.clone(),
    }
}
