//! What phones ask: hello, push, status, receipts, feed.

use std::sync::Arc;

use actix_web::{
    HttpRequest,
    web::{Data, Json, Payload, Query},
};
use hattama_proto::{
    id::{Kid, PhotoHash, RecordId, StatementId},
    kind::Kind,
    limits::{FEED_ITEMS_MAX, STATUS_IDS_MAX},
    problem::ProblemCode,
    wire::{
        ChainState, Feed, FeedItem, FeedKind, Hello, Limits, PhotoState, PushReply, ReceiptKind,
        ReceiptPart, ReceiptsReply, StatusReply, StatusRequest, SubjectReceipt, Waiting,
    },
};
use serde::Deserialize;

use super::{HttpProblem, admit, auth::Device, body, room::RoomLeft};
use crate::{app::Headquarters, ingest::PhotoError, log::SequenceError, messages::Messages, store};

/// Most receipts in one answer.
const RECEIPTS_PAGE: u32 = 256;

/// `GET /v1/hello`: who is there, and what it will take.
pub(super) async fn hello(headquarters: Data<Headquarters>) -> Json<Hello> {
    let book = headquarters.book.read();
    Json(Hello {
        election: book.pack.election.id.clone(),
        log_origin: headquarters.config.log_origin.clone(),
        pack_version: book.pack.version,
        server_time: (headquarters.clock)(),
        limits: Limits::default(),
    })
}

/// `POST /v1/records`: a batch in, one verdict per record out. Safe to repeat; needs no login.
///
/// 200 with a verdict each; 400 for a body that is no batch; 413 over the announced limits; 429 where one
/// key sends too much at once; 503 if there is too much to do or nothing could be stored; 507 if there is
/// no room.
pub(super) async fn push(
    _room: RoomLeft,
    request: HttpRequest,
    mut payload: Payload,
    headquarters: Data<Headquarters>,
) -> Result<Json<PushReply>, HttpProblem> {
    match admit::batch(&request, &mut payload, &headquarters).await {
        Ok(admitted) => Ok(Json(admitted.push(&headquarters).await?)),
        Err(refused) => Err(body::passed(&mut payload, refused).await),
    }
}

/// `POST /v1/status`: what headquarters has of one key's chain, and of these records and photos.
pub(super) async fn status(
    request: HttpRequest,
    mut payload: Payload,
    headquarters: Data<Headquarters>,
) -> Result<Json<StatusReply>, HttpProblem> {
    let (asked, _place): (StatusRequest, _) =
        admit::small(&request, &mut payload, &headquarters, 64 * 1024).await?;
    if asked.records.len() > STATUS_IDS_MAX || asked.photos.len() > STATUS_IDS_MAX {
        return Err(HttpProblem::new(
            ProblemCode::TooLarge,
            format!("ask about at most {STATUS_IDS_MAX} records and as many photos at once"),
        ));
    }
    let chain = chain_state(&store::records::chain(&headquarters.db, &asked.kid).await?);
    let found: Vec<(RecordId, u64)> = asked
        .records
        .iter()
        .zip(store::records::positions(&headquarters.db, &asked.records).await?)
        .filter_map(|(id, position)| Some((*id, position?)))
        .collect();
    let whole: Vec<(PhotoHash, u64)> = asked
        .photos
        .iter()
        .zip(store::photos::positions(&headquarters.db, &asked.photos).await?)
        .filter_map(|(photo, position)| Some((*photo, position?)))
        .collect();
    let of_records = found.iter().map(|(_, position)| *position);
    let indices: Vec<u64> = of_records.chain(whole.iter().map(|(_, at)| *at)).collect();
    let (mut receipts, checkpoint) = if indices.is_empty() {
        (Vec::new(), headquarters.sequencer.checkpoint())
    } else {
        let (receipts, note) = later_receipts(&headquarters, &indices).await?;
        (receipts, Some(note))
    };
    let checkpoint = checkpoint.map(|note| note.to_string());
    let mut photos: Vec<(PhotoHash, PhotoState)> = Vec::new();
    for photo in asked.photos {
        match headquarters.photos.state(photo, None).await {
            Ok(state) => photos.push((photo, state)),
            Err(PhotoError::NotExpected) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let of_photos = receipts.split_off(found.len().min(receipts.len()));
    let records = found.into_iter().map(|(id, _)| id).zip(receipts).collect();
    let photo_receipts = whole.into_iter().map(|(photo, _)| photo).zip(of_photos).collect();
    Ok(Json(StatusReply { chain, records, photos, photo_receipts, checkpoint }))
}

/// Receipts that are asked for again: under the newest cosigned checkpoint where that covers them
/// all, else under the newest one.
async fn later_receipts(
    headquarters: &Headquarters,
    indices: &[u64],
) -> Result<(Vec<ReceiptPart>, Arc<str>), SequenceError> {
    match headquarters.cosigning.receipts(indices) {
        Some(cosigned) => {
            headquarters.sequencer.vouch(indices).await?;
            Ok(cosigned)
        }
        None => headquarters.sequencer.receipts(indices).await,
    }
}

/// Sums up which places of a chain have arrived.
fn chain_state(places: &[u64]) -> ChainState {
    let mut state = ChainState { highest: places.last().copied(), ..ChainState::default() };
    let mut expected = 0;
    for place in places {
        if *place < expected {
            if state.forks.last() != Some(place) {
                state.forks.push(*place);
            }
            continue;
        }
        if *place > expected {
            state.gaps.push((expected, place - 1));
        }
        expected = place + 1;
    }
    state
}

/// Query of `GET /v1/receipts`.
#[derive(Deserialize)]
pub(super) struct ReceiptsQuery {
    kid: Kid,
    after: Option<u64>,
}

/// `GET /v1/receipts?kid=&after=`: receipts of one key's records, in log order.
pub(super) async fn receipts(
    query: Query<ReceiptsQuery>,
    headquarters: Data<Headquarters>,
) -> Result<Json<ReceiptsReply>, HttpProblem> {
    let of_key =
        store::records::of_key(&headquarters.db, &query.kid, query.after, RECEIPTS_PAGE).await?;
    let indices: Vec<u64> = of_key.iter().map(|(_, position)| *position).collect();
    if indices.is_empty() {
        return Ok(Json(ReceiptsReply { receipts: Vec::new(), checkpoint: None, next: None }));
    }
    let (parts, checkpoint) = later_receipts(&headquarters, &indices).await?;
    let more = u32::try_from(of_key.len()) == Ok(RECEIPTS_PAGE);
    Ok(Json(ReceiptsReply {
        receipts: of_key
            .iter()
            .zip(parts)
            .map(|((id, _), receipt)| SubjectReceipt {
                kind: ReceiptKind::Record,
                subject: id.to_hex(),
                receipt,
            })
            .collect(),
        checkpoint: Some(checkpoint.to_string()),
        next: indices.last().copied().filter(|_| more),
    }))
}

/// Query of `GET /v1/feed`.
#[derive(Deserialize)]
pub(super) struct FeedQuery {
    after: Option<u64>,
    /// The newest epoch that the device has heard of.
    epoch: Option<StatementId>,
    /// How much waits on it; see [`Waiting`].
    waiting: Option<String>,
    /// How old the oldest record is that waits, in seconds.
    oldest_s: Option<String>,
}

/// `GET /v1/feed?after=&epoch=&waiting=&oldest_s=`: set-ups, revocations, decisions, new epochs and
/// messages that concern this device. The cursor is a log position, so it survives restarts and never skips; a device that has
/// not heard of an epoch is told from there on, because its cursor is of another history.
pub(super) async fn feed(
    device: Device,
    query: Query<FeedQuery>,
    headquarters: Data<Headquarters>,
) -> Result<Json<Feed>, HttpProblem> {
    // What a phone says of itself never keeps it from its feed: unreadable is as good as unsaid.
    let waiting: Option<Waiting> = query.waiting.as_deref().and_then(|text| text.parse().ok());
    let oldest_s = query.oldest_s.as_deref().and_then(|text| text.parse().ok());
    let waits = (waiting, oldest_s);
    let limit = u32::try_from(FEED_ITEMS_MAX).unwrap_or(u32::MAX);
    let unheard = headquarters.book.read().first_unheard_epoch(query.epoch);
    let after = match (query.after, unheard) {
        (Some(after), Some(epoch)) if after >= epoch => epoch.checked_sub(1),
        (after, _) => after,
    };
    headquarters.heard.hear(device.kid, waits, after, (headquarters.clock)()).await?;
    let reader = Messages::reader(&headquarters.book.read(), &device.kid);
    let said =
        store::statements::concerning(&headquarters.db, &device.kid, reader.as_ref(), after, limit)
            .await?;
    let next = said.last().map_or(after.unwrap_or(0), |statement| statement.position);
    let items = said
        .into_iter()
        .map(|statement| FeedItem { at: statement.position, item: feed_item(statement) })
        .collect();
    Ok(Json(Feed { items, next }))
}

fn feed_item(statement: store::statements::StoredStatement) -> FeedKind {
    match Kind::from_typ(&statement.typ) {
        Some(Kind::Pack) => FeedKind::Pack { manifest: statement.jws },
        Some(Kind::Revocation) => FeedKind::Revocation { statement: statement.jws },
        Some(Kind::Message) => FeedKind::Message { statement: statement.jws },
        Some(Kind::Succession) => FeedKind::Succession { statement: statement.jws },
        Some(Kind::Epoch) => FeedKind::Epoch { statement: statement.jws },
        Some(Kind::Decision) => match statement.subject.parse() {
            Ok(record) => FeedKind::Decision { record, statement: statement.jws },
            Err(_) => FeedKind::Unknown,
        },
        _ => FeedKind::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_and_forks_of_a_chain_are_told_apart() {
        let state = chain_state(&[0, 1, 1, 1, 4, 6]);
        assert_eq!(state.highest, Some(6));
        assert_eq!(state.gaps, [(2, 3), (5, 5)]);
        assert_eq!(state.forks, [1]);
        assert_eq!(chain_state(&[]), ChainState::default());
    }
}
