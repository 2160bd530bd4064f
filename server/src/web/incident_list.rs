//! `GET /incidents`: incidents that fit the filters, those with the newest step first.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use askama::Template;
use hattama_proto::{
    id::{RecordId, UnitCode},
    pack::UnitKind,
    record::Severity,
    time::UnixMillis,
};
use serde::Deserialize;

use super::{
    answer,
    figure::claimed,
    frame::{Frame, encoded},
    visitor::Visitor,
    words::Words,
};
use crate::{
    app::Headquarters,
    http::HttpProblem,
    review::IncidentState,
    store::{
        self,
        incidents::{IncidentFilter, IncidentPlace, StoredIncident},
    },
};

/// Incidents on one page: small on a bad line, and enough to work on.
const PAGE: u32 = 50;

#[derive(Template)]
#[template(path = "incidents.html")]
struct IncidentsPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    selects: Vec<Select>,
    /// The unit that the list is limited to.
    unit: String,
    incidents: Vec<Line>,
    /// Address of the next page.
    next: Option<String>,
}

/// One filter.
struct Select {
    name: &'static str,
    label: &'static str,
    options: Vec<Choice>,
}

/// One value of a filter.
struct Choice {
    value: String,
    text: String,
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
}

/// Query of `GET /incidents`. An empty value does not limit.
#[derive(Deserialize)]
pub(super) struct IncidentsQuery {
    #[serde(default)]
    state: String,
    #[serde(default)]
    severity: String,
    #[serde(default)]
    region: String,
    #[serde(default)]
    phase: String,
    #[serde(default)]
    unit: String,
    /// Where the page before ended: `MILLISECONDS-ID`.
    #[serde(default)]
    before: String,
}

/// `GET /incidents`.
pub(super) async fn show(
    visitor: Visitor,
    query: Query<IncidentsQuery>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let frame = &visitor.frame;
    let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let filter = IncidentFilter {
        state: some(&query.state),
        unit: some(&query.unit),
        region: some(&query.region),
        severity: some(&query.severity),
        phase: some(&query.phase),
        ..IncidentFilter::default()
    };
    let before = place(&query.before);
    let found = store::incidents::newest(&headquarters.db, &filter, before, PAGE + 1).await?;
    let shown = found.len().min(PAGE as usize);
    let next = (found.len() > shown).then(|| {
        let last = &found[shown - 1];
        format!(
            "/incidents?state={}&severity={}&region={}&phase={}&unit={}&before={}-{}",
            encoded(&query.state),
            encoded(&query.severity),
            encoded(&query.region),
            encoded(&query.phase),
            encoded(&query.unit),
            last.updated_at.0,
            last.record
        )
    });
    answer::html(&IncidentsPage {
        frame,
        w: frame.w,
        selects: selects(frame, &query),
        unit: query.unit.clone(),
        incidents: found[..shown].iter().map(|incident| line(frame, incident)).collect(),
        next,
    })
}

fn place(before: &str) -> Option<IncidentPlace> {
    let (at, record) = before.split_once('-')?;
    let record: RecordId = record.parse().ok()?;
    Some(IncidentPlace { updated_at: UnixMillis(at.parse().ok()?), record })
}

fn selects(frame: &Frame, query: &IncidentsQuery) -> Vec<Select> {
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
    let regions = frame
        .pack
        .units
        .of_kind(UnitKind::Region)
        .map(|region| choice(&query.region, region.code.as_str(), &frame.unit(&region.code)));
    let phases = frame
        .pack
        .incidents
        .phases
        .iter()
        .map(|phase| choice(&query.phase, phase.code.as_str(), frame.name(&phase.names)));
    vec![
        Select { name: "state", label: w.state, options: states.collect() },
        Select { name: "severity", label: w.severity, options: severities.collect() },
        Select { name: "region", label: w.region, options: regions.collect() },
        Select { name: "phase", label: w.phase, options: phases.collect() },
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

/// A code's names, or the code itself where this version does not know it.
pub(super) fn categories(frame: &Frame, json: &str) -> String {
    let codes: Vec<String> = serde_json::from_str(json).unwrap_or_default();
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
    }
}
