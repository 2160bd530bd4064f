//! Photos: taken in ranges from phones, shown to operators.

use std::{pin::pin, time::Instant};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Data, Json, Path, Payload},
};
use futures_util::FutureExt as _;
use hattama_proto::{
    id::PhotoHash,
    problem::ProblemCode,
    record::PhotoRole,
    wire::{
        ContentRange, HAVE_HEADER, HELD_SEALED, PhotoReply, SEALED_HEADER, SealedAs, SealedAsError,
    },
};
use tokio::time::timeout;

use super::{HttpProblem, admit, body, room::RoomLeft};
use crate::{
    access::Operator,
    admission::Lane,
    app::Headquarters,
    ingest::{PhotoBegin, PhotoStanding},
    store,
};

/// `PUT /v1/blobs/{sha256}` with `Content-Range`: one range onto cells. Safe to repeat, in any
/// order. Whole cells of a cut body are kept.
///
/// With `Hattama-Sealed: SHA256/BYTES` the range is one of a file that the phone sealed to headquarters;
/// it is opened once it is whole. What no key here opens is kept, `held_sealed`, and has no receipt yet.
///
/// 200 with where the photo stands, and its receipt once it is whole; 403 when no stored record
/// names it; 408 when it comes slower than 2G while others wait; 409 for another length; 422 when the bytes
/// are not those of the hash, or what was sealed is not the photo; 503 if too many are on their way; 507
/// when there is no room.
pub(super) async fn put(
    _room: RoomLeft,
    request: HttpRequest,
    photo: Path<PhotoHash>,
    mut payload: Payload,
    headquarters: Data<Headquarters>,
) -> Result<Json<PhotoReply>, HttpProblem> {
    let range: ContentRange = request
        .headers()
        .get(header::CONTENT_RANGE)
        .and_then(|value| value.to_str().ok())
        .ok_or_else(|| {
            HttpProblem::new(
                ProblemCode::MalformedRequest,
                "send Content-Range: bytes FIRST-LAST/SIZE",
            )
        })?
        .parse()
        .map_err(|error: hattama_proto::wire::ContentRangeError| {
            HttpProblem::new(ProblemCode::MalformedRequest, error.to_string())
        })?;
    let sealed = sealed(&request)?;
    let room = &headquarters.admission;
    let _place = room.enter(Lane::Photo).await?;
    let (begun, mut bytes) = (Instant::now(), 0);
    let mut upload = match headquarters.photos.begin(*photo, range, sealed).await? {
        PhotoBegin::Whole(reply) => return Ok(Json(reply)),
        PhotoBegin::Take(upload) => upload,
    };
    loop {
        let mut next = pin!(body::next_piece(&mut payload));
        let next = match next.as_mut().now_or_never() {
            Some(next) => next,
            None => match timeout(upload.patience(), next.as_mut()).await {
                Ok(next) => next,
                // The line is slow: while it is silent, what came is on the disk.
                Err(_silent) => {
                    upload.keep().await?;
                    next.await
                }
            },
        };
        match next {
            Ok(Some(piece)) => {
                upload.take(&piece).await?;
                bytes += piece.len() as u64;
                if room.gives_way(Lane::Photo, bytes, begun.elapsed()) {
                    upload.keep().await?;
                    return Err(admit::too_slow());
                }
            }
            Ok(None) => break,
            Err(problem) => {
                upload.keep().await?;
                return Err(problem);
            }
        }
    }
    Ok(Json(upload.finish().await?))
}

/// How the photo is sealed, if the request says that it is.
fn sealed(request: &HttpRequest) -> Result<Option<SealedAs>, HttpProblem> {
    let Some(value) = request.headers().get(SEALED_HEADER) else { return Ok(None) };
    let read = value.to_str().ok().and_then(|text| text.parse().ok());
    read.map(Some)
        .ok_or_else(|| HttpProblem::new(ProblemCode::MalformedRequest, SealedAsError.to_string()))
}

/// `HEAD /v1/blobs/{sha256}`: which cells have come, in the header `Hattama-Have`; with
/// `Hattama-Sealed`, which of that sealed file.
pub(super) async fn head(
    request: HttpRequest,
    photo: Path<PhotoHash>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let have = match headquarters.photos.standing(*photo, sealed(&request)?).await? {
        PhotoStanding::HeldSealed => HELD_SEALED.to_owned(),
        PhotoStanding::Here(state) if state.complete => "complete".to_owned(),
        PhotoStanding::Here(state) => String::from(state.have),
    };
    Ok(HttpResponse::Ok().insert_header((HAVE_HEADER, have)).finish())
}

/// `GET /v1/photos/{sha256}`: a preview or thumbnail for an operator. Originals carry EXIF and
/// leave headquarters in an evidence bundle only.
pub(super) async fn show(
    operator: Operator,
    photo: Path<PhotoHash>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let not_there =
        || HttpProblem::new(ProblemCode::NotFound, "this picture has not arrived whole");
    let announced = store::photos::announced(&headquarters.db, &photo).await?;
    if announced.is_empty() || !headquarters.sees_photo(&operator.scope, &photo).await? {
        return Err(not_there());
    }
    if announced.iter().all(|one| one.role == PhotoRole::Original) {
        return Err(HttpProblem::new(
            ProblemCode::Forbidden,
            "the original leaves headquarters in an evidence bundle only",
        ));
    }
    let bytes = headquarters.blobs.read(&photo).await?.ok_or_else(not_there)?;
    // The phone writes small pictures as JPEG; anything else is downloaded, never shown.
    let is_jpeg = bytes.starts_with(&[0xff, 0xd8, 0xff]);
    let shown = if is_jpeg { "image/jpeg" } else { "application/octet-stream" };
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, shown))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .insert_header((header::CACHE_CONTROL, "private, max-age=86400, immutable"))
        .body(bytes))
}
