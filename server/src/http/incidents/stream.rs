//! `GET /v1/incidents/stream`: changes as they happen, as server-sent events.
//!
//! The number of an event is the log index of what happened, so a stream goes on where another one
//! ended: after a cut, after a restart, from another machine. Everything is read from the store when
//! it is sent; nothing is kept in memory for somebody who does not listen, and a client that reads
//! slowly is simply sent later.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Bytes, Data, Query},
};
use futures_util::stream;
use hattama_proto::problem::ProblemCode;
use serde::Deserialize;

use crate::{
    access::Operator,
    app::Headquarters,
    http::HttpProblem,
    incident_events::{IncidentEvent, events},
    store::StoreError,
};

/// How often the log is looked at, while nothing happens: a number in memory is compared.
const LOOK: Duration = Duration::from_millis(250);

/// Silence after which a comment is sent, so that whatever stands between keeps the connection.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// After this long a stream ends in good order and the client comes again: its token is looked at
/// anew, so that an ended session hears nothing more.
const AT_MOST: Duration = Duration::from_secs(5 * 60);

/// Milliseconds after which a client comes again.
const RETRY_MS: u32 = 2000;

/// Most events in one piece.
const PIECE: u32 = 200;

/// Where a stream goes on.
#[derive(Deserialize)]
pub(in super::super) struct StreamQuery {
    /// After the event with this number; the header `Last-Event-ID` goes before it.
    after: Option<u64>,
}

/// `GET /v1/incidents/stream`: what happens to incidents from now on, or after an event.
///
/// Events are `received` and `changed`; their data is JSON. `reset` says that the log was restored
/// from a backup and is shorter than the number that was given: look at everything again.
pub(in super::super) async fn follow(
    operator: Operator,
    request: HttpRequest,
    query: Query<StreamQuery>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let last = match request.headers().get("Last-Event-ID") {
        None => query.after,
        Some(value) => {
            let number = value.to_str().ok().and_then(|text| text.trim().parse().ok());
            Some(number.ok_or_else(|| {
                HttpProblem::new(
                    ProblemCode::MalformedRequest,
                    "Last-Event-ID is the number of an event, as the stream gave it",
                )
            })?)
        }
    };
    let seat = headquarters.streams.take(&operator.name).ok_or_else(|| {
        HttpProblem::new(
            ProblemCode::TooManyRequests,
            "too many streams are open; close one, or share it",
        )
        .retry_later()
    })?;
    let size = headquarters.sequencer.size();
    let (next, first) = match last {
        None => (size, String::new()),
        Some(last) if last >= size => {
            let beyond = last > size;
            (
                size,
                if beyond {
                    format!("event: reset\nid: {size}\ndata: {{}}\n\n")
                } else {
                    String::new()
                },
            )
        }
        Some(last) => (last + 1, String::new()),
    };
    let following = Following {
        operator,
        next,
        first: Some(format!("retry: {RETRY_MS}\n\n{first}")),
        until: tokio::time::Instant::now() + AT_MOST,
        headquarters,
        _seat: seat,
    };
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/event-stream"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // nginx would keep what it has not enough of yet.
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(Box::pin(stream::try_unfold(following, Following::next))))
}

/// One client and how far it has been told.
struct Following {
    operator: Operator,
    /// The log index that is looked at next.
    next: u64,
    first: Option<String>,
    until: tokio::time::Instant,
    headquarters: Data<Headquarters>,
    _seat: crate::incident_events::Seat,
}

impl Following {
    /// The next piece; none where the stream ends.
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, StoreError> {
        if let Some(first) = self.first.take() {
            return Ok(Some((first.into(), self)));
        }
        let silent_until = tokio::time::Instant::now() + HEARTBEAT;
        loop {
            let size = self.headquarters.sequencer.size();
            if size > self.next {
                let found = events(&self.headquarters.db, self.next, size, PIECE).await?;
                self.next = found.next;
                let mut piece = String::new();
                for event in &found.events {
                    if self.operator.scope.sees(event.org.as_deref(), event.region.as_deref()) {
                        put(&mut piece, event);
                    }
                }
                if !piece.is_empty() {
                    return Ok(Some((piece.into(), self)));
                }
                continue;
            }
            let now = tokio::time::Instant::now();
            if now >= self.until {
                return Ok(None);
            }
            if now >= silent_until {
                return Ok(Some((Bytes::from_static(b": nothing new\n\n"), self)));
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// One event. JSON has no line feed in it.
fn put(piece: &mut String, event: &IncidentEvent) {
    let data = serde_json::to_string(event).expect("plain data");
    piece.push_str(&format!("id: {}\nevent: {}\ndata: {data}\n\n", event.index, event.event));
}
