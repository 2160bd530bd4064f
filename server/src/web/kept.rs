//! What somebody typed while their session ended: the form goes along through entering, and is sent
//! when its writer is in again and says so.
//!
//! ```text
//! POST of a form ──> nobody is in ──> /enter ──> /enter/second ──> "send it" ──> POST of the form
//!                     (the fields travel as hidden ones, and stand nowhere else)
//! ```
//!
//! Only what a page of ours sent is kept, only for the account whose session it was, and nothing that
//! holds a password, a passphrase or a code. Nothing is sent by itself.

use std::collections::BTreeMap;

use actix_web::{
    HttpRequest, HttpResponse,
    dev::{Payload, ServiceRequest},
    http::{Method, header},
    web::{Bytes, Query},
};
use askama::Template;
use bytes::BytesMut;
use futures_util::{StreamExt as _, stream};

use super::{
    FORM_BYTES_MAX, answer,
    frame::Frame,
    words::{PeopleWords, Words},
};
use crate::http::{HttpProblem, is_from_here};

/// Longest form that is kept, in bytes: what travels back has a few bytes more for each field, and
/// has to be shorter than the longest form.
const KEPT_BYTES_MAX: usize = 3 * FORM_BYTES_MAX / 4;

/// Names of fields that travel begin with it; their place follows, because a name may come several
/// times, and then their own name.
const PREFIX: &str = "kept.";

/// Name of the field that says where they go.
const TO: &str = "kept-to";

/// A form that nobody took.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    to: String,
    fields: Vec<(String, String)>,
}

/// Whether forms for this address are kept: what people type for long, and no secret.
fn is_kept(path: &str) -> bool {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let is_plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte));
    is_plain
        && matches!(
            parts.as_slice(),
            ["transcription" | "incidents", id] | ["transcription", id, "decision" | "proposal"]
                | ["incidents", id, "publication"] if !id.is_empty()
        )
        || matches!(
            parts.as_slice(),
            ["telephone" | "roster" | "messages" | "releases"] | ["roster", "import"]
        )
}

/// The form that a request brings, if it is one that is kept; the request goes on with the same body.
pub(super) async fn form_of(request: &mut ServiceRequest) -> Option<Kept> {
    let is_form = request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    let is_ours = request.method() == Method::POST
        && is_form
        && is_kept(request.path())
        && is_from_here(request.request());
    if !is_ours {
        return None;
    }
    let mut body = request.parts_mut().1.take();
    let mut pieces = Vec::new();
    let mut length = 0;
    // One piece beyond what a form may have is left for whoever reads the form to refuse.
    while length <= FORM_BYTES_MAX
        && let Some(piece) = body.next().await
    {
        length += piece.as_ref().map_or(0, Bytes::len);
        let is_over = piece.is_err();
        pieces.push(piece);
        if is_over {
            break;
        }
    }
    let mut whole = BytesMut::new();
    let is_whole = pieces.iter().all(|piece| {
        piece.as_ref().is_ok_and(|bytes| {
            whole.extend_from_slice(bytes);
            true
        })
    });
    let again: Payload = Payload::Stream { payload: Box::pin(stream::iter(pieces).chain(body)) };
    request.set_payload(again);
    if !is_whole || whole.len() > KEPT_BYTES_MAX {
        return None;
    }
    let text = std::str::from_utf8(&whole).ok()?;
    let fields = Query::<Vec<(String, String)>>::from_query(text).ok()?.into_inner();
    Some(Kept { to: request.path().to_owned(), fields })
}

impl Kept {
    /// What travels through the forms of entering.
    pub(super) fn hidden(&self) -> Vec<(String, &str)> {
        if self.is_nothing() {
            return Vec::new();
        }
        let fields = self
            .fields
            .iter()
            .enumerate()
            .map(|(place, (name, value))| (format!("{PREFIX}{place}.{name}"), value.as_str()));
        std::iter::once((TO.to_owned(), self.to.as_str())).chain(fields).collect()
    }

    /// The same, as it comes back.
    pub(super) fn read(fields: &BTreeMap<String, String>) -> Self {
        let to = fields.get(TO).filter(|to| is_kept(to)).cloned().unwrap_or_default();
        let own = |(name, value): (&String, &String)| {
            let (place, name) = name.strip_prefix(PREFIX)?.split_once('.')?;
            Some((place.parse::<usize>().ok()?, (name.to_owned(), value.clone())))
        };
        let mut fields: Vec<_> = fields.iter().filter_map(own).collect();
        fields.sort_by_key(|(place, _)| *place);
        Self { to, fields: fields.into_iter().map(|(_, field)| field).collect() }
    }

    /// Whether there is nothing to be sent.
    pub(super) const fn is_nothing(&self) -> bool {
        self.to.is_empty()
    }

    /// The page from which it is sent.
    pub(super) fn page(&self, request: &HttpRequest) -> Result<HttpResponse, HttpProblem> {
        let frame = Frame::of_stranger(request);
        let (w, p) = (frame.w, frame.p());
        answer::html(&KeptPage { frame: &frame, w, p, kept: self, back: self.home() })
    }

    /// The page that its form stands on.
    pub(super) fn home(&self) -> String {
        let parts: Vec<&str> = self.to.split('/').collect();
        if parts.len() > 3 { parts[..3].join("/") } else { self.to.clone() }
    }
}

/// "You are in again; send it."
#[derive(Template)]
#[template(path = "people/kept.html")]
struct KeptPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    p: &'static PeopleWords,
    kept: &'a Kept,
    back: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_for_long_is_kept_and_no_secret_ever() {
        for kept in [
            "/transcription/ab12",
            "/transcription/ab12/decision",
            "/incidents/ab12",
            "/incidents/ab12/publication",
            "/telephone",
            "/messages",
            "/roster/import",
            "/releases",
        ] {
            assert!(is_kept(kept), "{kept}");
        }
        for other in [
            "/account/password",
            "/people",
            "/contacts",
            "/enter",
            "/leave",
            "/transcription",
            "/transcription/",
            "/release-drafts/ab12",
            "//evil.example/incidents",
            "/incidents/a?b",
            "https://evil.example/incidents/a",
            "",
        ] {
            assert!(!is_kept(other), "{other}");
        }
    }

    #[test]
    fn what_travels_comes_back_as_it_was() {
        let field = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        // One name may come several times, and more than ten fields keep their order.
        let mut fields = vec![field(("reason", "a\r\nb")), field(("id", "1"))];
        fields.extend((0..12).map(|at| field(("named", &format!("president/{at}")))));
        let kept = Kept { to: "/releases".to_owned(), fields };
        let travels: BTreeMap<String, String> =
            kept.hidden().into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        let back = Kept::read(&travels);
        assert_eq!(back.to, kept.to);
        assert_eq!(back.fields, kept.fields);
        assert!(Kept::read(&BTreeMap::new()).is_nothing());
    }
}
