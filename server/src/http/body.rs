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
