//! What happened to a unit's records, in the order of the log. Pure.

use hattama_proto::time::UnixMillis;

use super::{by, what};
use crate::{
    book::Book,
    merge::UnitFile,
    web::frame::{Frame, Id},
};

/// One thing that happened.
pub(super) struct Event {
    /// Its place in the log.
    pub(super) position: u64,
    /// What it was.
    pub(super) what: &'static str,
    /// To which record.
    pub(super) record: Id,
    /// By whom and how, in words.
    pub(super) text: String,
    /// When, by headquarters' clock, where it is known.
    pub(super) at: Option<String>,
}

/// Arrivals of records and decisions about them. `received` is in the order of the file's entries.
pub(super) fn of(
    frame: &Frame,
    file: &UnitFile,
    received: &[Option<UnixMillis>],
    book: &Book,
) -> Vec<Event> {
    let w = frame.w;
    let mut events = Vec::new();
    for (filed, at) in file.entries.iter().zip(received) {
        let (id, position) = (filed.entry.id, filed.entry.position);
        events.push(Event {
            position,
            what: w.watch.arrived,
            record: id.into(),
            text: format!("{}, {}", what(frame, filed), by(frame, filed)),
            at: at.map(|at| frame.moment(at)),
        });
        events.extend(book.statements.history(&id).map(|(position, decision)| Event {
            position,
            what: w.watch.decided,
            record: id.into(),
            text: format!(
                "{}; {}: {}",
                w.disposition(decision.disposition),
                decision.account,
                decision.reason
            ),
            at: None,
        }));
    }
    events.sort_by_key(|event| event.position);
    events
}
