//! What happened to incidents, in the order of the log: for streams and webhooks.
//!
//! An event has ids, codes and names of states; no words of anybody: whoever is told asks for them
//! with an account.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use hattama_proto::{id::RecordId, time::UnixMillis};
use serde::Serialize;
use serde_json::Value;

use crate::store::{self, Db, StoreError, incidents::StoredIncident};

/// Streams that may be open together: each holds a connection and looks at the store now and then.
const STREAMS_MAX: usize = 256;

/// Streams that one account may have open: a few windows and a program.
const STREAMS_OF_ONE_MAX: usize = 16;

/// One thing that happened.
#[derive(Clone, Debug, Serialize)]
pub struct IncidentEvent {
    /// Log index: the number of the event.
    pub index: u64,
    /// `received` or `changed`.
    pub event: &'static str,
    /// The incident.
    pub incident: RecordId,
    /// The version that it led to; 0 for a report.
    pub version: u64,
    /// What was done: `step`, `assign`, `comment`, `tag`, `group`, `duplicate`, `publish`,
    /// `withdraw`; `received` for a report.
    pub kind: String,
    /// State, as it is now.
    pub state: String,
    /// Severity.
    pub severity: String,
    /// Unit.
    pub unit: Option<String>,
    /// Region.
    pub region: Option<String>,
    /// Organisation.
    pub org: Option<String>,
    /// Who did it; none for a report.
    pub actor: Option<String>,
    /// When.
    pub at: UnixMillis,
}

/// Events of a part of the log.
#[derive(Debug)]
pub struct Events {
    /// In log order.
    pub events: Vec<IncidentEvent>,
    /// Where to look next: everything before is among them.
    pub next: u64,
}

/// What happened at the indices `from..until`, at most about `limit` events. `until` is not beyond
/// the newest durable checkpoint, so nothing can appear before `next` later.
pub async fn events(db: &Db, from: u64, until: u64, limit: u32) -> Result<Events, StoreError> {
    let received = store::incidents::received_between(db, from, until, limit).await?;
    let changed = store::incidents::changes_between(db, from, until, limit).await?;
    // Where one of the two was cut, the other is not followed further either.
    let full = limit as usize;
    let mut next = until;
    if received.len() == full {
        next = next.min(received[full - 1].position + 1);
    }
    if changed.len() == full {
        next = next.min(changed[full - 1].0.position + 1);
    }
    let reports = received.into_iter().map(|incident| {
        let (index, at) = (incident.position, incident.received_at);
        event("received", index, 0, "received".to_owned(), None, at, incident)
    });
    let changes = changed.into_iter().map(|(change, incident)| {
        let said: Value = serde_json::from_str(&change.change).unwrap_or_default();
        let kind = said["kind"].as_str().unwrap_or_default().to_owned();
        let actor = Some(change.actor);
        event("changed", change.position, change.version, kind, actor, change.at, incident)
    });
    let mut events: Vec<IncidentEvent> =
        reports.chain(changes).filter(|event| event.index < next).collect();
    events.sort_by_key(|event| event.index);
    Ok(Events { events, next })
}

fn event(
    event: &'static str,
    index: u64,
    version: u64,
    kind: String,
    actor: Option<String>,
    at: UnixMillis,
    incident: StoredIncident,
) -> IncidentEvent {
    IncidentEvent {
        index,
        event,
        incident: incident.record,
        version,
        kind,
        state: incident.state,
        severity: incident.severity,
        unit: incident.unit,
        region: incident.region,
        org: incident.org,
        actor,
        at,
    }
}

/// Open streams, counted by account.
#[derive(Clone, Debug, Default)]
pub struct Streams(Arc<Mutex<HashMap<String, usize>>>);

/// The right to one open stream. Given back when it is dropped.
#[derive(Debug)]
pub struct Seat {
    streams: Streams,
    account: String,
}

impl Streams {
    /// One more stream for this account; none where there are enough.
    pub fn take(&self, account: &str) -> Option<Seat> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = open.values().sum();
        let own = open.entry(account.to_owned()).or_default();
        if all >= STREAMS_MAX || *own >= STREAMS_OF_ONE_MAX {
            return None;
        }
        *own += 1;
        Some(Seat { streams: self.clone(), account: account.to_owned() })
    }

    /// How many are open.
    pub fn open(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = open.get_mut(&self.account) {
            *own -= 1;
            if *own == 0 {
                open.remove(&self.account);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_so_many_streams_and_gets_one_back() {
        let streams = Streams::default();
        let mut seats: Vec<_> =
            (0..STREAMS_OF_ONE_MAX).map(|_| streams.take("a").unwrap()).collect();
        assert!(streams.take("a").is_none());
        assert!(streams.take("b").is_some());
        seats.pop();
        assert!(streams.take("a").is_some());
    }
}
