//! `GET /devices`: every enrolled key, when it was last heard and what still waits on its phone.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use askama::Template;
use hattama_proto::{
    id::{Kid, UnitCode},
    kind::Role,
    pack::UnitKind,
    statement::{Enrolment, Mandate},
    wire::Waiting,
};
use serde::Deserialize;

use super::{
    answer,
    chip::Chip,
    figure::figure,
    filter::{Choice, Select},
    frame::{Frame, UnitLink, encoded},
    visitor::Visitor,
    words::{Words, fill},
};
use crate::{
    access::Scope, app::Headquarters, book::Book, heard::HeardDevices, http::HttpProblem,
    store::heard::Heard,
};

/// Devices on one page: small on a bad line, and enough to work on.
const PAGE: usize = 50;

/// Units of a mandate that a line lists.
const UNITS_MAX: usize = 6;

#[derive(Template)]
#[template(path = "devices.html")]
struct DevicesPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    selects: Vec<Select>,
    /// How many fit, on all pages.
    fitting: String,
    devices: Vec<Line>,
    /// Address of the next page.
    next: Option<String>,
}

/// One key of a device.
struct Line {
    kid: String,
    person: String,
    org: String,
    role: &'static str,
    mandate: Vec<UnitLink>,
    /// Units of the mandate that are not listed.
    more: usize,
    state: Chip,
    heard: Option<String>,
    /// What waits by lane, those with nothing left out; none where the phone did not say.
    waiting: Option<Vec<(String, &'static str)>>,
    oldest: Option<String>,
    /// Records of it that are here, as far as its chain tells.
    records: String,
}

/// Query of `GET /devices`. An empty value does not limit.
#[derive(Deserialize)]
pub(super) struct DevicesQuery {
    #[serde(default)]
    state: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    region: String,
    /// Where the page before ended: a thumbprint behind a pseudonym, `KID-PERSON`.
    #[serde(default)]
    after: String,
}

/// `GET /devices`.
pub(super) async fn show(
    visitor: Visitor,
    query: Query<DevicesQuery>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let (frame, scope) = (&visitor.frame, &visitor.operator.scope);
    let book = headquarters.book.read();
    let mut found: Vec<&Enrolment> = book
        .statements
        .enrolments()
        .filter(|enrolment| scope.sees_device(&book, enrolment))
        .filter(|enrolment| fits(&query, enrolment, &book, &headquarters.heard))
        .collect();
    let fitting = found.len();
    if let Some(after) = Place::read(&query.after) {
        found.retain(|enrolment| Place::of(enrolment) > after);
    }
    let more = found.len() > PAGE;
    if more {
        found.select_nth_unstable_by_key(PAGE, |enrolment| Place::of(enrolment));
        found.truncate(PAGE);
    }
    found.sort_by_key(|enrolment| Place::of(enrolment));
    let next = found.last().filter(|_| more).map(|last| {
        format!(
            "/devices?state={}&role={}&region={}&after={}-{}",
            encoded(&query.state),
            encoded(&query.role),
            encoded(&query.region),
            last.kid,
            encoded(last.person.as_str())
        )
    });
    let page = DevicesPage {
        frame,
        w: frame.w,
        selects: selects(frame, &query, scope),
        fitting: figure(fitting as u64),
        devices: found
            .iter()
            .map(|enrolment| line(frame, enrolment, &book, headquarters.heard.of(&enrolment.kid)))
            .collect(),
        next,
    };
    answer::html(&page)
}

/// Where a device stands in the list: people in order, and the keys of one together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    person: String,
    kid: String,
}

impl Place {
    fn of(enrolment: &Enrolment) -> Self {
        Self { person: enrolment.person.to_string(), kid: enrolment.kid.to_string() }
    }

    fn read(after: &str) -> Option<Self> {
        // A thumbprint has a fixed length, and either part may hold a dash.
        let kid = after.get(..KID_CHARS)?;
        let person = after.get(KID_CHARS..)?.strip_prefix('-')?;
        let kid: Kid = kid.parse().ok()?;
        Some(Self { person: person.to_owned(), kid: kid.to_string() })
    }
}

/// Characters of a thumbprint: 32 bytes in base64url.
const KID_CHARS: usize = 43;

fn fits(query: &DevicesQuery, enrolment: &Enrolment, book: &Book, heard: &HeardDevices) -> bool {
    let waits = || heard.of(&enrolment.kid).and_then(|heard| heard.waiting);
    let state = match query.state.as_str() {
        "waiting" => waits().is_some_and(|waiting| waiting.total() > 0),
        "unheard" => heard.of(&enrolment.kid).is_none(),
        "revoked" => book.statements.revoked_from(&enrolment.kid).is_some(),
        _ => true,
    };
    let region = query.region.is_empty()
        || match &enrolment.mandate {
            Mandate::Everywhere => false,
            Mandate::Units(units) => units.iter().any(|unit| {
                let region = book.pack.units.region_of(unit);
                region.is_some_and(|region| region.code.as_str() == query.region)
            }),
        };
    state && region && (query.role.is_empty() || enrolment.role.name() == query.role)
}

fn line(frame: &Frame, enrolment: &Enrolment, book: &Book, heard: Option<Heard>) -> Line {
    let w = &frame.w.watch;
    let units: &[UnitCode] = match &enrolment.mandate {
        Mandate::Everywhere => &[],
        Mandate::Units(units) => units,
    };
    let last = book.heads.get(&enrolment.kid);
    Line {
        kid: enrolment.kid.to_string(),
        person: enrolment.person.to_string(),
        org: enrolment.org.to_string(),
        role: role(frame, enrolment.role),
        mandate: units.iter().take(UNITS_MAX).map(|code| UnitLink::new(frame, code)).collect(),
        more: units.len().saturating_sub(UNITS_MAX),
        state: match book.statements.revoked_from(&enrolment.kid) {
            Some(from) => Chip::warn(fill(w.device_revoked, &[("index", &figure(from))])),
            None => Chip::plain(w.device_ok),
        },
        heard: heard.map(|heard| frame.moment(heard.at)),
        waiting: heard.and_then(|heard| heard.waiting).map(|waiting| lanes(frame, waiting)),
        oldest: heard.and_then(|heard| heard.oldest_at).map(|at| frame.moment(at)),
        records: figure(last.map_or(0, |last| last + 1)),
    }
}

fn lanes(frame: &Frame, waiting: Waiting) -> Vec<(String, &'static str)> {
    let lanes = waiting.0.into_iter().zip(frame.w.watch.lanes);
    lanes
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| (figure(u64::from(count)), name))
        .collect()
}

const fn role(frame: &Frame, role: Role) -> &'static str {
    match role {
        Role::Results => frame.w.watch.role_results,
        Role::Incidents => frame.w.watch.role_incidents,
    }
}

fn selects(frame: &Frame, query: &DevicesQuery, scope: &Scope) -> Vec<Select> {
    let w = &frame.w.watch;
    let states = [
        ("waiting", w.filter_waiting),
        ("unheard", w.filter_unheard),
        ("revoked", w.filter_revoked),
    ];
    let states = states.map(|(value, text)| Choice::new(&query.state, value, text));
    let roles = [Role::Results, Role::Incidents]
        .map(|known| Choice::new(&query.role, known.name(), role(frame, known)));
    let regions = frame
        .pack
        .units
        .of_kind(UnitKind::Region)
        .filter(|region| scope.region.as_ref().is_none_or(|own| own == region.code.as_str()))
        .map(|region| Choice::new(&query.region, region.code.as_str(), &frame.unit(&region.code)));
    vec![
        Select { name: "state", label: frame.w.state, options: states.into() },
        Select { name: "role", label: w.role, options: roles.into() },
        Select { name: "region", label: frame.w.region, options: regions.collect() },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_list_is_found_again_whatever_the_codes_hold() {
        let kid = hattama_proto::key::SigningKey::from_seed(&[7; 32]).unwrap().kid();
        let place = Place { person: "a-b-c".to_owned(), kid: kid.to_string() };
        assert_eq!(Place::read(&format!("{kid}-a-b-c")), Some(place));
        for wrong in ["", "-", "x-y", "ө".repeat(60).as_str()] {
            assert_eq!(Place::read(wrong), None, "{wrong}");
        }
    }
}
