//! `GET /`: everything at a glance.

mod gather;
pub(super) mod region_view;
pub(super) mod shift;
mod tally;
pub(super) mod waiting;

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use askama::Template;

pub(super) use self::gather::{Overview, OverviewCache, Region};
use self::{
    region_view::{Finding, RegionView},
    waiting::Waiting,
};
use super::{
    answer,
    deadlines::{self, DeadlineLine},
    figure::figure,
    frame::{Frame, UnitLink},
    unit_list,
    visitor::Visitor,
    words::Words,
};
use crate::{
    access::{Permission, Scope},
    app::Headquarters,
    http::HttpProblem,
    review::IncidentState,
};

/// Silent people and precincts that the page lists; the counts are of all.
const LISTED_MAX: usize = 100;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    altered: Vec<Finding>,
    deadline: Option<DeadlineLine>,
    received: String,
    awaiting_total: String,
    awaiting: Vec<Count>,
    photos_whole: String,
    photos_on_their_way: String,
    incidents_total: String,
    incidents: Vec<Count>,
    covered: String,
    not_obtained: String,
    precincts: String,
    published: String,
    regions: Vec<RegionView>,
    silent: SilentView,
    stuck: Vec<Stuck>,
    /// What waits on phones, by lane, those with nothing left out.
    on_phones: Vec<(String, &'static str)>,
    on_phones_total: String,
    computed_at: String,
    log_size: String,
}

/// So many of something.
struct Count {
    /// What a filter calls it.
    value: &'static str,
    text: &'static str,
    count: String,
}

/// A list of what waits for somebody.
struct Stuck {
    text: &'static str,
    count: String,
    /// Where the list is.
    list: String,
    /// The first of it.
    next: String,
}

struct SilentView {
    enrolled: String,
    people_total: String,
    people: Vec<SilentPerson>,
    expected: String,
    precincts_total: String,
    precincts: Vec<UnitLink>,
    not_enrolled: String,
    /// Whether the lists are cut.
    more: bool,
}

struct SilentPerson {
    person: String,
    org: String,
    units: Vec<UnitLink>,
}

/// `GET /`.
pub(super) async fn show(
    visitor: Visitor,
    cache: Data<OverviewCache>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let frame = &visitor.frame;
    let overview = cache.get(&headquarters, &visitor.operator.scope).await?;
    let operator = &visitor.operator;
    let states = if operator.may(Permission::ReadIncidents) {
        headquarters.incident_board().await?.states(&operator.scope)
    } else {
        BTreeMap::new()
    };
    let mut page = page(frame, &overview, &states);
    page.stuck = stuck(frame, &overview);
    let on_phones = headquarters.heard.waiting_on(&visitor.operator.scope, &headquarters.book);
    page.on_phones_total = figure(on_phones.iter().sum());
    page.on_phones = on_phones
        .into_iter()
        .zip(frame.w.watch.lanes)
        .filter(|(count, _)| *count > 0)
        .map(|(count, lane)| (figure(count), lane))
        .collect();
    answer::html(&page)
}

/// What waits for somebody and is not empty, the most urgent first.
fn stuck(frame: &Frame, overview: &Overview) -> Vec<Stuck> {
    let view = |waiting: &Waiting| Stuck {
        text: unit_list::title(frame.w, waiting.show),
        count: figure(waiting.count as u64),
        list: unit_list::address_of(waiting.show, None),
        next: frame.unit_address(&waiting.first),
    };
    overview.waiting.iter().map(view).collect()
}

fn page<'a>(
    frame: &'a Frame,
    overview: &Overview,
    states: &BTreeMap<String, u64>,
) -> OverviewPage<'a> {
    let w = frame.w;
    let mut altered: Vec<Finding> =
        overview.regions.iter().filter_map(|region| region_view::finding(frame, region)).collect();
    altered.sort_by_key(|finding| std::cmp::Reverse(finding.size));
    let total = |pick: fn(&Region) -> usize| {
        figure(overview.regions.iter().map(|region| pick(region) as u64).sum())
    };
    let awaiting = overview.awaiting.iter().map(|(reason, count)| Count {
        value: reason.name(),
        text: w.held(*reason),
        count: figure(*count),
    });
    let incidents = IncidentState::ALL.into_iter().filter_map(|state| {
        let count = states.get(state.name())?;
        Some(Count { value: state.name(), text: w.incident_state(state), count: figure(*count) })
    });
    OverviewPage {
        frame,
        w,
        altered,
        deadline: deadlines::next(frame),
        received: figure(overview.received),
        awaiting_total: figure(overview.awaiting.iter().map(|(_, count)| count).sum()),
        awaiting: awaiting.collect(),
        photos_whole: figure(overview.arrivals.whole),
        photos_on_their_way: figure(
            overview.arrivals.named.saturating_sub(overview.arrivals.whole),
        ),
        incidents_total: figure(states.values().sum()),
        incidents: incidents.collect(),
        covered: total(|region| region.covered),
        not_obtained: total(|region| region.not_obtained),
        precincts: total(|region| region.precincts),
        published: total(|region| region.published),
        regions: overview.regions.iter().map(|region| RegionView::new(frame, region)).collect(),
        silent: silent(frame, overview),
        stuck: Vec::new(),
        on_phones: Vec::new(),
        on_phones_total: String::new(),
        computed_at: frame.moment(overview.at),
        log_size: figure(overview.log_size),
    }
}

fn silent(frame: &Frame, overview: &Overview) -> SilentView {
    let silence = &overview.silence;
    let link = |unit| UnitLink::new(frame, unit);
    let people = silence.people.iter().take(LISTED_MAX).map(|person| SilentPerson {
        person: person.person.to_string(),
        org: person.org.to_string(),
        units: person.units.iter().map(link).collect(),
    });
    SilentView {
        enrolled: figure(silence.enrolled as u64),
        people_total: figure(silence.people.len() as u64),
        people: people.collect(),
        expected: figure(silence.expected as u64),
        precincts_total: figure(silence.precincts.len() as u64),
        precincts: silence.precincts.iter().take(LISTED_MAX).map(link).collect(),
        not_enrolled: figure(silence.not_enrolled),
        more: silence.people.len().max(silence.precincts.len()) > LISTED_MAX,
    }
}

/// Finds a region's part of the overview, for its own page.
pub(super) async fn region_of(
    scope: &Scope,
    code: &Path<hattama_proto::id::UnitCode>,
    cache: &OverviewCache,
    headquarters: &Headquarters,
) -> Result<Option<(Region, std::sync::Arc<Overview>)>, HttpProblem> {
    let overview = cache.get(headquarters, scope).await?;
    let region = overview.regions.iter().find(|region| region.code == **code).cloned();
    Ok(region.map(|region| (region, overview)))
}
