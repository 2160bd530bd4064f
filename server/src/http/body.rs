//! Bodies with a bound on their size and on their silence.
//!
//! actix never gives up on a body that has stopped coming; a phone in a tunnel would hold its
//! connection for ever. The time is per piece, not for the whole: on 2G a whole may take minutes.

use std::time::Duration;

use actix_web::{HttpRequest, error::PayloadError, http::header, web};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use hattama_proto::problem::ProblemCode;
use serde::de::DeserializeOwned;

use super::HttpProblem;
use crate::admission::Packing;

/// Longest silence within a body. Three lost TCP retransmissions take this long where one packet in five is
/// lost and an answer takes two seconds.
pub(super) const IDLE_MAX: Duration = Duration::from_secs(60);

/// The next piece of a body; none at its end.
pub(super) async fn next_piece(body: &mut web::Payload) -> Result<Option<Bytes>, HttpProblem> {
    match tokio::time::timeout(IDLE_MAX, body.next()).await {
        Err(_) => Err(HttpProblem::new(
            ProblemCode::Stalled,
            "the body stopped coming; what came whole was kept",
        )),
        Ok(None) => Ok(None),
        Ok(Some(Ok(piece))) => Ok(Some(piece)),
        Ok(Some(Err(PayloadError::Incomplete(_)))) => Err(HttpProblem::new(
            ProblemCode::MalformedBody,
            "the body is shorter than announced; what came whole was kept",
        )),
        Ok(Some(Err(error))) => {
            Err(HttpProblem::new(ProblemCode::MalformedBody, error.to_string()))
        }
    }
}

/// A whole body of at most `max` bytes, inflated if it was sent deflated; at most `max` inflated.
pub(super) async fn whole(
    request: &HttpRequest,
    body: &mut web::Payload,
    max: usize,
) -> Result<Vec<u8>, HttpProblem> {
    let mut bytes = BytesMut::new();
    while let Some(piece) = next_piece(body).await? {
        if bytes.len() + piece.len() > max {
            return Err(too_large(max));
        }
        bytes.extend_from_slice(&piece);
    }
    unpacked(packing(request)?, bytes, max)
}

/// The beginning of a body: `least` bytes, or all of it where it has fewer.
pub(super) async fn begun(body: &mut web::Payload, least: usize) -> Result<BytesMut, HttpProblem> {
    let mut bytes = BytesMut::new();
    while bytes.len() < least
        && let Some(piece) = next_piece(body).await?
    {
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// How much of a refused body is let pass, and for how long: a batch of records on any line but a slow one.
const PASSED_BYTES: usize = 512 * 1024;
const PASSED_FOR: Duration = Duration::from_millis(100);

/// The refusal, once the rest of the body has passed. An answer before the end of a body ends the
/// connection, and who is told to come again would pay for a new one, as would headquarters: with TLS,
/// more than for a record. Whoever sends much or slowly is told at once instead, and so is a photograph,
/// which costs both sides more than the connection.
pub(super) async fn passed(body: &mut web::Payload, refused: HttpProblem) -> HttpProblem {
    if refused.wait_s().is_some() {
        let pass = async {
            let mut bytes = 0;
            while bytes <= PASSED_BYTES
                && let Some(Ok(piece)) = body.next().await
            {
                bytes += piece.len();
            }
        };
        // Either way it is refused.
        let _slow = tokio::time::timeout(PASSED_FOR, pass).await;
    }
    refused
}

/// How a body is packed.
pub(super) fn packing(request: &HttpRequest) -> Result<Packing, HttpProblem> {
    match request.headers().get(header::CONTENT_ENCODING).map(header::HeaderValue::as_bytes) {
        None | Some(b"identity") => Ok(Packing::Plain),
        Some(b"deflate") => Ok(Packing::Deflate),
        Some(_) => Err(HttpProblem::new(
            ProblemCode::MalformedBody,
            "send the body as it is, or with Content-Encoding: deflate",
        )),
    }
}

/// A body as it was before it was packed; at most `max` bytes.
pub(super) fn unpacked(
    packing: Packing,
    bytes: BytesMut,
    max: usize,
) -> Result<Vec<u8>, HttpProblem> {
    match packing {
        Packing::Plain => Ok(bytes.into()),
        Packing::Deflate => inflate(&bytes, max).map_err(|status| match status {
            miniz_oxide::inflate::TINFLStatus::HasMoreOutput => too_large(max),
            _ => HttpProblem::new(ProblemCode::MalformedBody, "the body is not deflate (zlib)"),
        }),
    }
}

/// The refusal of more than `max` bytes.
pub(super) fn too_large(max: usize) -> HttpProblem {
    HttpProblem::new(
        ProblemCode::TooLarge,
        format!("a body here has at most {max} bytes; send less at once"),
    )
}

/// Inflates within a bound: a small body must not become a large one.
fn inflate(bytes: &[u8], max: usize) -> Result<Vec<u8>, miniz_oxide::inflate::TINFLStatus> {
    miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(bytes, max)
        .map_err(|error| error.status)
}

/// A whole body as JSON.
pub(super) async fn json<T: DeserializeOwned>(
    request: &HttpRequest,
    body: &mut web::Payload,
    max: usize,
) -> Result<T, HttpProblem> {
    read(&whole(request, body, max).await?)
}

/// JSON that is what it should be.
pub(super) fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, HttpProblem> {
    serde_json::from_slice(json)
        .map_err(|error| HttpProblem::new(ProblemCode::MalformedBody, error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::{
        pin::Pin,
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
    };

    use actix_web::{FromRequest as _, dev, test::TestRequest};
    use futures_util::{Stream, stream};

    use super::*;

    type BoxedPayloadStream = Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>>;

    const PIECE: usize = 16 * 1024;

    /// How much of a body of so many pieces is read before the refusal goes out; what comes after them is
    /// silence.
    async fn read_of(pieces: usize, refused: HttpProblem) -> usize {
        let read = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&read);
        let body = stream::iter(0..pieces).map(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok::<_, PayloadError>(Bytes::from_static(&[0; PIECE]))
        });
        let body: BoxedPayloadStream = Box::pin(body.chain(stream::pending()));
        let request = TestRequest::default().to_http_request();
        let mut payload = dev::Payload::Stream { payload: body };
        let mut body = web::Payload::from_request(&request, &mut payload).await.unwrap();
        let code = refused.code();
        assert_eq!(passed(&mut body, refused).await.code(), code);
        read.load(Ordering::Relaxed)
    }

    fn for_now() -> HttpProblem {
        HttpProblem::new(ProblemCode::Overloaded, "not now").retry_after(3)
    }

    #[actix_web::test]
    async fn what_is_refused_for_now_passes_and_nobody_waits_for_what_does_not_come() {
        assert_eq!(read_of(7, for_now()).await, 7);
    }

    #[actix_web::test]
    async fn of_a_large_body_no_more_is_read_than_of_a_batch() {
        assert_eq!(read_of(1_000, for_now()).await, PASSED_BYTES / PIECE + 1);
    }

    #[actix_web::test]
    async fn what_need_not_come_again_is_not_read() {
        assert_eq!(read_of(7, too_large(5)).await, 0);
    }
}
