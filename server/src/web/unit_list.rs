//! `GET /units?show=`: the units of which the same is to be said; what stands behind a number of the
//! overview.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use askama::Template;
use hattama_proto::{id::UnitCode, pack::UnitKind};
use serde::Deserialize;

pub(super) use super::overview::waiting::Show;
use super::{
    answer,
    chip::Chip,
    figure::figure,
    filter::{Choice, Select},
    frame::{Frame, encoded},
    overview::{OverviewCache, waiting::Listed},
    visitor::Visitor,
    words::Words,
};
use crate::{access::Scope, app::Headquarters, http::HttpProblem};

/// Units on one page: small on a bad line, and enough to work on.
const PAGE: usize = 100;

#[derive(Template)]
#[template(path = "units.html")]
struct UnitsPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    /// What the list is of.
    title: &'static str,
    selects: Vec<Select>,
    /// How many fit, on all pages.
    fitting: String,
    units: Vec<Line>,
    /// Address of the next page.
    next: Option<String>,
    computed_at: String,
}

struct Line {
    address: String,
    name: String,
    region: String,
    chips: Vec<Chip>,
}

/// Query of `GET /units`. An empty value does not limit.
#[derive(Deserialize)]
pub(super) struct UnitsQuery {
    #[serde(default)]
    show: String,
    #[serde(default)]
    region: String,
    /// The unit with which the page before ended.
    #[serde(default)]
    after: String,
}

/// Address of the list of everything known of a region.
pub(super) fn address_of_region(region: &UnitCode) -> String {
    format!("/units?region={}", encoded(region.as_str()))
}

/// Address of a list, of one region or of all.
pub(super) fn address_of(show: Show, region: Option<&UnitCode>) -> String {
    let region = region.map_or_else(String::new, |code| encoded(code.as_str()));
    format!("/units?show={}&region={region}", show.name())
}

/// What a list is called.
pub(super) const fn title(w: &Words, show: Show) -> &'static str {
    let w = &w.watch;
    match show {
        Show::Silent => w.show_silent,
        Show::Mismatch => w.show_mismatch,
        Show::Copies => w.show_copies,
        Show::Official => w.show_official,
        Show::Arithmetic => w.show_arithmetic,
        Show::NotObtained => w.show_not_obtained,
        Show::Awaiting => w.show_awaiting,
        Show::Covered => w.show_covered,
    }
}

/// Whether an account sees a unit: it lies in its region.
pub(super) fn is_seen(scope: &Scope, listed: &Listed) -> bool {
    let region = listed.region.as_ref().map(UnitCode::as_str);
    scope.region.as_deref().is_none_or(|own| region == Some(own))
}

/// `GET /units`.
pub(super) async fn show(
    visitor: Visitor,
    query: Query<UnitsQuery>,
    cache: Data<OverviewCache>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let (frame, scope) = (&visitor.frame, &visitor.operator.scope);
    let asked = Show::from_name(&query.show);
    let overview = cache.get(&headquarters, &visitor.operator.scope).await?;
    let in_region = |listed: &Listed| {
        let region = listed.region.as_ref().map(UnitCode::as_str);
        query.region.is_empty() || region == Some(query.region.as_str())
    };
    let fits = |listed: &&Listed| {
        asked.is_none_or(|show| listed.is_in(show)) && in_region(listed) && is_seen(scope, listed)
    };
    let fitting = overview.listed.iter().filter(fits).count();
    let mut found: Vec<&Listed> = overview
        .listed
        .iter()
        .filter(fits)
        .filter(|listed| query.after.is_empty() || *listed.unit.as_str() > *query.after)
        .take(PAGE + 1)
        .collect();
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let next = found.last().filter(|_| more).map(|last| {
        let (show, region) = (encoded(&query.show), encoded(&query.region));
        format!("/units?show={show}&region={region}&after={}", encoded(last.unit.as_str()))
    });
    answer::html(&UnitsPage {
        frame,
        w: frame.w,
        title: asked.map_or(frame.w.watch.units, |show| title(frame.w, show)),
        selects: selects(frame, &query, scope),
        fitting: figure(fitting as u64),
        units: found.into_iter().map(|listed| line(frame, listed)).collect(),
        next,
        computed_at: frame.moment(overview.at),
    })
}

/// The lists that a unit is in.
pub(super) fn chips(frame: &Frame, listed: &Listed) -> Vec<Chip> {
    let chip = |show| {
        let text = title(frame.w, show);
        match show {
            Show::Official => Chip::official(text),
            Show::Copies => Chip::alert(text),
            Show::Mismatch | Show::Arithmetic | Show::NotObtained | Show::Awaiting => {
                Chip::warn(text)
            }
            Show::Silent => Chip::plain(text),
            Show::Covered => Chip::good(text),
        }
    };
    Show::ALL.into_iter().filter(|show| listed.is_in(*show)).map(chip).collect()
}

fn line(frame: &Frame, listed: &Listed) -> Line {
    let kind = frame.unit_kind(&listed.unit);
    let name = frame.unit(&listed.unit);
    Line {
        address: frame.unit_address(&listed.unit),
        name: if name == listed.unit.as_str() { format!("{kind} {name}") } else { name },
        region: listed.region.as_ref().map_or_else(String::new, |region| frame.unit(region)),
        chips: chips(frame, listed),
    }
}

fn selects(frame: &Frame, query: &UnitsQuery, scope: &Scope) -> Vec<Select> {
    let shows = Show::ALL.map(|show| Choice::new(&query.show, show.name(), title(frame.w, show)));
    let regions = frame
        .pack
        .units
        .of_kind(UnitKind::Region)
        .filter(|region| scope.region.as_ref().is_none_or(|own| own == region.code.as_str()))
        .map(|region| Choice::new(&query.region, region.code.as_str(), &frame.unit(&region.code)));
    vec![
        Select { name: "show", label: frame.w.state, options: shows.into() },
        Select { name: "region", label: frame.w.region, options: regions.collect() },
    ]
}
