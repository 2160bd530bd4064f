//! What happened to a unit's records, in the order of the log; and what of it still waits at the desk
//! of those who type photographs. Pure.

use std::collections::BTreeMap;

use hattama_proto::{
    statement::{SettledBy, Transcription},
    time::UnixMillis,
};

use super::{by, what};
use crate::{
    access::Permission,
    book::Book,
    desk::OfUnit,
    merge::UnitFile,
    transcription::{ItemState, Seat},
    web::frame::{Frame, Id},
};

/// One thing that happened.
pub(super) struct Event {
    /// Its place in the log; none for what waits.
    pub(super) position: Option<u64>,
    /// What it was.
    pub(super) what: &'static str,
    /// To which record.
    pub(super) record: Option<Id>,
    /// Where it can be looked at.
    pub(super) address: Option<String>,
    /// By whom and how, in words.
    pub(super) text: String,
    /// When, by headquarters' clock, where it is known.
    pub(super) at: Option<String>,
}

/// Arrivals of records, decisions about them, and what was typed off their photographs. `received` is
/// in the order of the file's entries.
pub(super) fn of(
    frame: &Frame,
    file: &UnitFile,
    received: &[Option<UnixMillis>],
    desk: &[OfUnit],
    book: &Book,
) -> Vec<Event> {
    let w = frame.w;
    let mut events = Vec::new();
    let mut transcriptions: BTreeMap<u64, &Transcription> = BTreeMap::new();
    for (filed, at) in file.entries.iter().zip(received) {
        let (id, position) = (filed.entry.id, filed.entry.position);
        transcriptions.extend(book.statements.transcriptions(&id));
        events.push(Event {
            position: Some(position),
            what: w.watch.arrived,
            record: Some(id.into()),
            address: None,
            text: format!("{}, {}", what(frame, filed), by(frame, filed)),
            at: at.map(|at| frame.moment(at)),
        });
        events.extend(book.statements.history(&id).map(|(position, decision)| Event {
            position: Some(position),
            what: w.watch.decided,
            record: Some(id.into()),
            address: None,
            text: format!(
                "{}; {}: {}",
                w.disposition(decision.disposition),
                decision.account,
                decision.reason
            ),
            at: None,
        }));
    }
    events.extend(transcriptions.into_iter().map(|(at, said)| settled(frame, desk, at, said)));
    events.sort_by_key(|event| event.position);
    events.extend(desk.iter().filter_map(|of_unit| waiting(frame, of_unit)));
    events
}

/// A transcription that was signed.
fn settled(frame: &Frame, desk: &[OfUnit], position: u64, said: &Transcription) -> Event {
    let t = &frame.w.transcription;
    let how = match said.settled_by {
        SettledBy::TwoAlike => t.settled_by[0],
        SettledBy::Third => t.settled_by[1],
        SettledBy::Decision => t.settled_by[2],
    };
    let reason = said.reason.as_deref().map_or_else(String::new, |reason| format!(": {reason}"));
    let of_said = |of: &&OfUnit| {
        of.item.state == ItemState::Settled
            && of.item.pages.iter().all(|page| said.photos.contains(&page.original))
    };
    Event {
        position: Some(position),
        what: t.transcribed,
        record: None,
        address: desk.iter().find(of_said).and_then(|of| address(frame, of)),
        text: format!("{how}; {}{reason}", said.accounts.join(", ")),
        at: None,
    }
}

/// A document that is not settled. Who typed it is said once nobody types any more, to who decides.
fn waiting(frame: &Frame, of: &OfUnit) -> Option<Event> {
    let t = &frame.w.transcription;
    let what = match of.item.state {
        ItemState::Blind => t.states[0],
        ItemState::Third => t.states[1],
        ItemState::Open => t.states[2],
        ItemState::Settled => return None,
    };
    let names: Vec<String> = of
        .typed_by
        .iter()
        .map(|(seat, account)| format!("{}: {account}", seat_name(frame, *seat)))
        .collect();
    let mut text = frame.copy(&of.item.copy);
    if !names.is_empty() {
        text = format!("{text}; {}", names.join(", "));
    }
    let is_open = of.item.state == ItemState::Open;
    let address = address(frame, of).filter(|_| is_open);
    Some(Event { position: None, what, record: None, address, text, at: None })
}

fn seat_name(frame: &Frame, seat: Seat) -> &'static str {
    let t = &frame.w.transcription;
    match seat {
        Seat::FIRST => t.first,
        Seat::SECOND => t.second,
        _ => t.third,
    }
}

/// The page of the document, for who may open it.
fn address(frame: &Frame, of: &OfUnit) -> Option<String> {
    frame.may(Permission::Transcribe).then(|| format!("/transcription/{}", of.item.id))
}
