//! `GET /audit`: who did what to which id.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use askama::Template;
use hattama_proto::time::UnixMillis;
use serde::Deserialize;

use super::{
    answer,
    frame::Frame,
    visitor::Visitor,
    words::{PeopleWords, Words},
};
use crate::{app::Headquarters, http::HttpProblem, store};

/// Events on one page.
const PAGE: u32 = 100;

#[derive(Template)]
#[template(path = "people/audit.html")]
struct AuditPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    p: &'static PeopleWords,
    query: &'a AuditQuery,
    events: Vec<EventRow>,
    /// Address of the events before these.
    older: Option<String>,
}

struct EventRow {
    number: u64,
    at: String,
    actor: String,
    action: String,
    subject: String,
}

/// Query of `GET /audit`.
#[derive(Deserialize)]
pub(super) struct AuditQuery {
    #[serde(default)]
    actor: String,
    #[serde(default)]
    action: String,
    /// A day in the election's time zone, `2005-12-04`; included.
    #[serde(default)]
    since: String,
    /// A day, not included.
    #[serde(default)]
    until: String,
    /// Events with smaller numbers only.
    before: Option<u64>,
}

/// `GET /audit?actor=&action=&since=&until=&before=`.
pub(super) async fn show(
    visitor: Visitor,
    query: Query<AuditQuery>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let frame = &visitor.frame;
    let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let zone = &frame.pack.election.time_zone;
    let filter = store::accounts::AuditFilter {
        actor: text(&query.actor),
        action: text(&query.action),
        since: midnight(&query.since, zone),
        until: midnight(&query.until, zone),
        before: query.before,
    };
    let events = headquarters.people.trail(&visitor.operator, &filter, PAGE).await?;
    let is_full = u32::try_from(events.len()) == Ok(PAGE);
    let last = events.last().filter(|_| is_full).map(|event| event.number);
    let older = last.map(|number| {
        let pair = |name: &str, value: &str| format!("{name}={}&", super::frame::encoded(value));
        format!(
            "/audit?{}{}{}{}before={number}",
            pair("actor", &query.actor),
            pair("action", &query.action),
            pair("since", &query.since),
            pair("until", &query.until)
        )
    });
    let rows = events.into_iter().map(|event| EventRow {
        number: event.number,
        at: frame.moment(event.at),
        actor: event.actor,
        action: event.action,
        subject: event.subject,
    });
    let (w, p) = (frame.w, frame.p());
    answer::html(&AuditPage { frame, w, p, query: &query, events: rows.collect(), older })
}

/// The beginning of a day in a time zone; none where it is no day.
fn midnight(day: &str, zone: &str) -> Option<UnixMillis> {
    let date: jiff::civil::Date = day.trim().parse().ok()?;
    let zone = jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC);
    Some(UnixMillis(zone.to_timestamp(date.at(0, 0, 0, 0)).ok()?.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::midnight;

    #[test]
    fn a_day_begins_where_the_election_is() {
        assert_eq!(midnight("1970-01-01", "UTC").map(|at| at.0), Some(0));
        assert_eq!(midnight("yesterday", "UTC"), None);
        assert_eq!(midnight("", "UTC"), None);
    }
}
