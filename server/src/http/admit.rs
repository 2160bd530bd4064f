//! Admission at the door: which lane a request is in, and how much of it is read before that is known.

use std::net::IpAddr;

use actix_web::{
    Error, HttpRequest,
    body::{EitherBody, MessageBody},
    dev::{RequestHead, ServiceRequest, ServiceResponse},
    http::{ConnectionType, Method, header},
    middleware::Next,
    web::{Data, Payload},
};
use bytes::BytesMut;
use hattama_proto::{
    id::Kid,
    jws::claimed_key,
    limits::BATCH_BYTES_MAX,
    problem::ProblemCode,
    wire::{PushReply, PushRequest, RejectedReason, Verdict},
};
use serde::de::DeserializeOwned;

use super::{HttpProblem, body};
use crate::{
    admission::{BodyBytes, HEAD_BYTES, Lane, Place, Reason, Refused, Scarce, Turn, first_key},
    app::Headquarters,
    ingest::PushError,
};

/// What phones ask without a body.
const OF_PHONES: [&str; 5] = ["hello", "receipts", "feed", "packs/", "blobs/"];

impl From<Refused> for HttpProblem {
    fn from(refused: Refused) -> Self {
        let code = match refused.reason {
            Reason::Key => ProblemCode::TooManyRequests,
            Reason::Full | Reason::Late | Reason::Bytes => ProblemCode::Overloaded,
        };
        Self::new(code, refused.to_string()).retry_after(refused.wait_s)
    }
}

/// A body that others would wait for.
pub(super) fn too_slow() -> HttpProblem {
    HttpProblem::new(
        ProblemCode::Stalled,
        "the body came too slowly while others wait; what came whole was kept",
    )
}

/// The lane of a request that brings no body; none where a handler decides once it knows more, and for
/// what is never refused: whether the process lives, and what people decide by hand.
fn lane(head: &RequestHead) -> Option<Lane> {
    let path = head.uri.path();
    if !matches!(head.method, Method::GET | Method::HEAD) || matches!(path, "/healthz" | "/readyz")
    {
        return None;
    }
    let of_phones = path
        .strip_prefix("/v1/")
        .is_some_and(|rest| OF_PHONES.iter().any(|phone| rest.starts_with(phone)));
    if of_phones {
        return Some(Lane::Phone);
    }
    // Whether it is true costs a question to the store; whoever lies is told so in their place.
    let says_who = [header::COOKIE, header::AUTHORIZATION];
    let is_person = says_who.iter().any(|name| head.headers.contains_key(name));
    Some(if is_person { Lane::Person } else { Lane::Stranger })
}

/// Around everything: lets in what asks, and lets go of connections where they are short.
pub(super) async fn guard<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let room = request.app_data::<Data<Headquarters>>().map(|hq| hq.admission.clone());
    let mut place = None;
    if let (Some(room), Some(lane)) = (&room, lane(request.head())) {
        match room.enter(lane).await {
            Ok(entered) => place = Some(entered),
            Err(refused) => {
                let answer = request.error_response(HttpProblem::from(refused));
                return Ok(crate::web::for_whoever_looks(answer).map_into_right_body());
            }
        }
    }
    let mut answer = next.call(request).await?;
    drop(place);
    if room.is_some_and(|room| room.connections().are_short()) {
        answer.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(answer.map_into_left_body())
}

/// A batch that was let in, and what it holds until it is done.
pub(super) struct Admitted {
    batch: PushRequest,
    from: Option<IpAddr>,
    place: Place,
    bytes: BodyBytes,
    turn: Option<Turn>,
}

/// Reads a batch as far as it may come: not at all where even known keys are refused, its first bytes
/// where only those may come in, and whole where there is memory and then a place for it.
pub(super) async fn batch(
    request: &HttpRequest,
    payload: &mut Payload,
    headquarters: &Headquarters,
) -> Result<Admitted, HttpProblem> {
    let room = &headquarters.admission;
    refuse_larger_than(BATCH_BYTES_MAX, request)?;
    room.look(Lane::Enrolled)?;
    let from = request.peer_addr().map(|address| address.ip());
    let packing = body::packing(request)?;
    let head = body::begun(payload, HEAD_BYTES).await?;
    let claimed = first_key(&head, packing).filter(|kid| is_known(headquarters, *kid));
    // A proxy's address is everybody's: it says nothing of a sender.
    let sender = from.filter(|_| headquarters.config.behind_proxy.is_none());
    let lane = claimed.map_or(Lane::Unknown, |kid| room.lane_of(sender, kid));
    room.look(lane)?;
    let mut bytes = room.body(lane);
    let whole = rest(head, payload, headquarters, (lane, &mut bytes), BATCH_BYTES_MAX).await?;
    let turn = claimed.map(|kid| room.turn(sender, kid)).transpose()?;
    let sent = whole.len();
    let mut place = room.enter_with_records(lane, sent).await?;
    let json = body::unpacked(packing, whole, BATCH_BYTES_MAX)?;
    count(headquarters, (lane, &mut bytes), json.len())?;
    let batch: PushRequest = body::read(&json)?;
    if lane == Lane::Enrolled && !batch.records.iter().all(|text| is_of_known(headquarters, text)) {
        // Other records came in behind one of a known key. All are taken, in the lane they belong to.
        drop(place);
        place = room.enter_with_records(Lane::Unknown, sent).await?;
    }
    Ok(Admitted { batch, from, place, bytes, turn })
}

impl Admitted {
    /// Takes it to the log. What was begun is finished also when whoever sent it has gone, and keeps its
    /// place until then.
    pub(super) async fn push(self, headquarters: &Headquarters) -> Result<PushReply, PushError> {
        let (push, now) = (headquarters.push.clone(), (headquarters.clock)());
        let work = async move {
            let Self { batch, from, place, bytes, turn } = self;
            let reply = push.push(batch, from, now).await;
            if let (Some(turn), Ok(reply)) = (&turn, &reply) {
                note(turn, reply);
            }
            drop((place, bytes, turn));
            reply
        };
        tokio::spawn(work).await.unwrap_or(Err(PushError::Stopped))
    }
}

/// Whose word can be relied on shows in the signatures.
fn note(turn: &Turn, reply: &PushReply) {
    let forged = RejectedReason::BadSignature.name();
    let (mut good, mut bad) = (0, 0);
    for one in &reply.results {
        match one.verdict {
            Verdict::Stored | Verdict::Duplicate | Verdict::Held => good += 1,
            Verdict::Rejected if one.reason.as_deref() == Some(forged) => bad += 1,
            _ => {}
        }
    }
    turn.note(good, bad);
}

/// Reads a small body of a phone as JSON, and waits for a place to answer it in.
pub(super) async fn small<T: DeserializeOwned>(
    request: &HttpRequest,
    payload: &mut Payload,
    headquarters: &Headquarters,
    max: usize,
) -> Result<(T, Place), HttpProblem> {
    let room = &headquarters.admission;
    refuse_larger_than(max, request)?;
    room.look(Lane::Phone)?;
    let packing = body::packing(request)?;
    let mut bytes = room.body(Lane::Phone);
    let counted = (Lane::Phone, &mut bytes);
    let whole = rest(BytesMut::new(), payload, headquarters, counted, max).await?;
    let place = room.enter(Lane::Phone).await?;
    Ok((body::read(&body::unpacked(packing, whole, max)?)?, place))
}

/// Reads what follows `head`, each byte counted.
async fn rest(
    mut head: BytesMut,
    payload: &mut Payload,
    headquarters: &Headquarters,
    (lane, bytes): (Lane, &mut BodyBytes),
    max: usize,
) -> Result<BytesMut, HttpProblem> {
    count(headquarters, (lane, bytes), head.len())?;
    while let Some(piece) = body::next_piece(payload).await? {
        if head.len() + piece.len() > max {
            return Err(body::too_large(max));
        }
        count(headquarters, (lane, bytes), piece.len())?;
        head.extend_from_slice(&piece);
    }
    if head.len() > max { Err(body::too_large(max)) } else { Ok(head) }
}

fn count(
    headquarters: &Headquarters,
    (lane, bytes): (Lane, &mut BodyBytes),
    more: usize,
) -> Result<(), HttpProblem> {
    bytes.more(more).map_err(|scarce| match scarce {
        Scarce::Full => headquarters.admission.refuse(lane, Reason::Bytes).into(),
        Scarce::Slow => too_slow(),
    })
}

/// A body that says itself that it is too large is not read.
fn refuse_larger_than(max: usize, request: &HttpRequest) -> Result<(), HttpProblem> {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > max as u64) {
        return Err(body::too_large(max));
    }
    Ok(())
}

/// Whether headquarters knows a key, and it still speaks for somebody.
fn is_known(headquarters: &Headquarters, kid: Kid) -> bool {
    let book = headquarters.book.read();
    book.statements.enrolment(&kid).is_some() && book.statements.revoked_from(&kid).is_none()
}

fn is_of_known(headquarters: &Headquarters, text: &str) -> bool {
    let claimed = text.split('.').next().and_then(claimed_key);
    claimed.is_some_and(|kid| is_known(headquarters, kid))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;
    use crate::{access::Access, http::addresses};

    fn lane_of(method: &Method, path: &str) -> Option<Lane> {
        let request = TestRequest::with_uri(path).method(method.clone()).to_http_request();
        lane(request.head())
    }

    #[test]
    fn what_phones_ask_is_in_their_lane_and_what_others_ask_is_not() {
        for address in addresses() {
            let path = address.pattern.replace(['{', '}', '*'], "");
            let lane = lane_of(&address.method, &path);
            let asks = matches!(address.method, Method::GET | Method::HEAD);
            let expected = match (address.access, asks) {
                _ if ["/healthz", "/readyz"].contains(&address.pattern) => None,
                (_, false) => None,
                (Access::Phone, true) => Some(Lane::Phone),
                (_, true) => Some(Lane::Stranger),
            };
            assert_eq!(lane, expected, "{} {}", address.method, address.pattern);
        }
    }

    #[test]
    fn whoever_says_who_they_are_is_in_the_lane_of_people() {
        for (name, value) in [("cookie", "hattama=x"), ("authorization", "Bearer x")] {
            let request = TestRequest::with_uri("/units").insert_header((name, value));
            assert_eq!(lane(request.to_http_request().head()), Some(Lane::Person));
        }
    }
}
