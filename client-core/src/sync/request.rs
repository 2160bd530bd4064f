//! The requests a phone makes. Pure.

use std::collections::BTreeMap;

use hattama_proto::{
    id::{Kid, PartHash, PhotoHash, RecordId},
    key::PublicKey,
    record::Seen,
    tlog::LogEntry,
    wire::{
        ContentRange, EnrolmentPush, PushRequest, SEALED_HEADER, StatusRequest, WIRE_HEADER,
        WIRE_VERSION, Waiting,
    },
};
use serde::Serialize;

use super::PendingPhoto;
use crate::{
    at_rest::StoredFile,
    limits::ANSWER_BYTES_MAX,
    transport::{Method, Request, RequestBody},
};

/// How hard a push is compressed: JSON of base64 gains nothing above this.
const DEFLATE_LEVEL: u8 = 6;

/// `POST /v1/records`.
pub(crate) fn push(
    records: Vec<String>,
    keys: BTreeMap<Kid, PublicKey>,
    seen: Option<Seen>,
) -> Request {
    let mut request = post("/v1/records", &PushRequest { records, keys, seen });
    if let RequestBody::Bytes(json) = &request.body {
        let packed = miniz_oxide::deflate::compress_to_vec_zlib(json, DEFLATE_LEVEL);
        request.headers.push(("content-encoding", "deflate".to_owned()));
        request.body = RequestBody::Bytes(packed);
    }
    request
}

/// `POST /v1/status`.
pub(crate) fn ask_status(kid: Kid, records: Vec<RecordId>) -> Request {
    post("/v1/status", &StatusRequest { kid, records, photos: Vec::new() })
}

/// `POST /v1/status`, for the receipts of these records and photos of one key.
pub(crate) fn ask_receipts(kid: Kid, entries: &[LogEntry]) -> Request {
    let (mut records, mut photos) = (Vec::new(), Vec::new());
    for entry in entries {
        match entry {
            LogEntry::Photo(hash) => photos.push(PhotoHash::from_bytes(*hash)),
            entry => records.push(RecordId::from_bytes(*entry.subject())),
        }
    }
    post("/v1/status", &StatusRequest { kid, records, photos })
}

/// `POST /v1/enrolments`.
pub(crate) fn enrol(request: &str) -> Request {
    post("/v1/enrolments", &EnrolmentPush { request: request.to_owned() })
}

/// `HEAD /v1/blobs/{sha256}`.
pub(crate) fn ask_photo(photo: &PendingPhoto) -> Request {
    about(Method::Head, photo)
}

/// `PUT /v1/blobs/{sha256}` of one range of `file`, as the photo travels.
pub(crate) fn send_range(photo: &PendingPhoto, range: ContentRange, file: StoredFile) -> Request {
    let mut request = about(Method::Put, photo);
    request.headers.push(("content-range", range.to_header()));
    request.headers.push(("content-type", "application/octet-stream".to_owned()));
    request.body = RequestBody::FileRange { file, first: range.first, len: range.len() };
    request
}

/// `GET /v1/feed`, saying how much of this key's is still here and how old the oldest of it is.
pub(crate) fn read_feed(
    after: u64,
    epoch: Option<&str>,
    (waiting, oldest_s): (Waiting, Option<u64>),
    token: &str,
) -> Request {
    let epoch = epoch.map(|id| format!("&epoch={id}")).unwrap_or_default();
    let oldest = oldest_s.map(|age| format!("&oldest_s={age}")).unwrap_or_default();
    let path = format!("/v1/feed?after={after}{epoch}&waiting={waiting}{oldest}");
    let mut request = request(Method::Get, path);
    request.headers.push(("authorization", format!("Bearer {token}")));
    request
}

/// `GET /v1/packs/{sha256}`.
pub(crate) fn fetch_part(part: PartHash, bytes_max: u64) -> Request {
    Request { answer_bytes_max: bytes_max, ..request(Method::Get, format!("/v1/packs/{part}")) }
}

fn post(path: &str, body: &impl Serialize) -> Request {
    let json = serde_json::to_vec(body).expect("requests are plain data");
    let mut request = request(Method::Post, path.to_owned());
    request.headers.push(("content-type", "application/json".to_owned()));
    request.body = RequestBody::Bytes(json);
    request
}

/// A request about a photo, which is called by its own hash also where a sealed file travels.
fn about(method: Method, photo: &PendingPhoto) -> Request {
    let mut request = request(method, format!("/v1/blobs/{}", photo.hash));
    request.headers.extend(photo.sealed_as().map(|sealed| (SEALED_HEADER, sealed.to_header())));
    request
}

fn request(method: Method, path: String) -> Request {
    Request {
        method,
        path,
        headers: vec![(WIRE_HEADER, WIRE_VERSION.to_owned())],
        body: RequestBody::Empty,
        answer_bytes_max: ANSWER_BYTES_MAX,
    }
}
