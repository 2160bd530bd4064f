//! Files beside fields in one body: `multipart/form-data`, as browsers and `curl -F` send it, with a
//! bound on its size and on its silence.

use std::{collections::BTreeMap, future::Future};

use actix_multipart::{Multipart, MultipartError};
use actix_web::{HttpRequest, http::header, web::Payload};
use futures_util::TryStreamExt as _;
use hattama_proto::problem::ProblemCode;

use super::{HttpProblem, body::IDLE_MAX};

/// Most parts of one body: a file, and what is said of it.
const PARTS_MAX: usize = 16;

/// The parts of a body, by name.
#[derive(Debug, Default)]
pub(crate) struct Upload(BTreeMap<String, Vec<u8>>);

impl Upload {
    /// Whether a request brings such a body.
    pub(crate) fn is_brought_by(request: &HttpRequest) -> bool {
        let media_type = request.headers().get(header::CONTENT_TYPE);
        media_type.is_some_and(|value| value.as_bytes().starts_with(b"multipart/form-data"))
    }

    /// Reads it whole; all parts together have at most `max` bytes.
    pub(crate) async fn read(
        request: &HttpRequest,
        payload: Payload,
        max: usize,
    ) -> Result<Self, HttpProblem> {
        let mut parts = BTreeMap::new();
        let mut left = max;
        let mut body = Multipart::new(request.headers(), payload);
        while let Some(mut part) = within_patience(body.try_next()).await? {
            if parts.len() == PARTS_MAX {
                return Err(HttpProblem::new(
                    ProblemCode::MalformedBody,
                    format!("a body here has at most {PARTS_MAX} parts"),
                ));
            }
            let name = part.name().unwrap_or_default().to_owned();
            if parts.contains_key(&name) {
                return Err(HttpProblem::new(
                    ProblemCode::MalformedBody,
                    format!("the part {name} comes twice; send one file at a time"),
                ));
            }
            let mut bytes = Vec::new();
            while let Some(piece) = within_patience(part.try_next()).await? {
                left = left.checked_sub(piece.len()).ok_or_else(|| {
                    HttpProblem::new(
                        ProblemCode::TooLarge,
                        format!("a body here has at most {max} bytes; send less at once"),
                    )
                })?;
                bytes.extend_from_slice(&piece);
            }
            parts.insert(name, bytes);
        }
        Ok(Self(parts))
    }

    /// The bytes of a part; none where it is missing or, as browsers send a field nobody filled, empty.
    pub(crate) fn take(&mut self, name: &str) -> Option<Vec<u8>> {
        self.0.remove(name).filter(|bytes| !bytes.is_empty())
    }

    /// The bytes of a part that has to be there.
    pub(crate) fn need(&mut self, name: &str) -> Result<Vec<u8>, HttpProblem> {
        self.take(name).ok_or_else(|| {
            HttpProblem::new(
                ProblemCode::MalformedBody,
                format!("the part {name} is missing or empty"),
            )
        })
    }

    /// The same as text.
    pub(crate) fn need_text(&mut self, name: &str) -> Result<String, HttpProblem> {
        let bytes = self.need(name)?;
        String::from_utf8(bytes).map_err(|_| not_utf8(name))
    }

    /// A part as text; none where it is missing or empty.
    pub(crate) fn take_text(&mut self, name: &str) -> Result<Option<String>, HttpProblem> {
        let text = self.take(name).map(String::from_utf8).transpose();
        text.map_err(|_| not_utf8(name))
    }
}

fn not_utf8(name: &str) -> HttpProblem {
    HttpProblem::new(ProblemCode::MalformedBody, format!("the part {name} is not UTF-8"))
}

/// What comes next, if it comes before anybody would have given up.
async fn within_patience<T>(
    next: impl Future<Output = Result<T, MultipartError>>,
) -> Result<T, HttpProblem> {
    match tokio::time::timeout(IDLE_MAX, next).await {
        Err(_) => Err(HttpProblem::new(ProblemCode::Stalled, "the body stopped coming")),
        Ok(next) => {
            next.map_err(|error| HttpProblem::new(ProblemCode::MalformedBody, error.to_string()))
        }
    }
}
