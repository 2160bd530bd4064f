//! Problems as both sides name them (RFC 9457). The `type` is the contract; a phone matches on the
//! code, never on words.

use serde::{Deserialize, Serialize};

/// Stable codes of problems. New ones may be added; an unknown one is treated as transient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ProblemCode {
    /// 400: the body is not what this endpoint reads. A bug of the sender; a phone halves its
    /// batch until the bad part is alone.
    MalformedBody,
    /// 400: a parameter or header is not what this endpoint reads.
    MalformedRequest,
    /// 401: no token, or one that is not known or has run out. Log in again.
    Unauthorized,
    /// 403: this account or key may not do that.
    Forbidden,
    /// 403: show the second factor again, on the page `/step-up`; a program needs a token that was made
    /// for it.
    StepUpRequired,
    /// 403: no stored record names this photo. Send the record first.
    NotExpected,
    /// 404: there is no such thing.
    NotFound,
    /// 404: the invitation is not known here. Ask for a new one.
    InvitationUnknown,
    /// 409: the invitation was used by another key.
    InvitationUsed,
    /// 410: the invitation has run out. Ask for a new one.
    InvitationExpired,
    /// 409: the photo was announced with another length under the same hash; somebody is wrong.
    SizeConflict,
    /// 409: as `PreconditionFailed`, from a headquarters before that code was there.
    StaleVersion,
    /// 412: somebody changed it first, or it is not what `If-Match` says. Load it again and decide
    /// again.
    PreconditionFailed,
    /// 422: this `Idempotency-Key` came before with another request. Take a new one.
    KeyReused,
    /// 409: this state does not follow from the present one.
    TransitionRefused,
    /// 413: larger than the limit announced in hello. Send less.
    TooLarge,
    /// 422: the photo's bytes are not those of its hash. Cells were reset; send it again.
    DigestMismatch,
    /// 422: a key of headquarters opens the sealed file, and what is in it is not the photo that its
    /// record names. Keep the file, and tell a coordinator.
    SealingWrong,
    /// 422: understood, and wrong: the detail says what.
    Invalid,
    /// 408: the body stopped coming. Whole cells that came were kept.
    Stalled,
    /// 429: over the quota. Wait as told.
    TooManyRequests,
    /// 503: more was asked at once than headquarters can do. Nothing of it was begun; come again as told.
    Overloaded,
    /// 503: the store does not answer. Nothing was acknowledged; try again.
    StoreUnavailable,
    /// 503: the log has stopped until somebody at headquarters has looked. Nothing was acknowledged;
    /// keep everything and try again.
    LogStopped,
    /// 507: headquarters' disk is full. Nothing was acknowledged; try again later.
    StorageFull,
    /// 500: a bug of headquarters. Nothing was acknowledged.
    Internal,
    /// A code this version does not know.
    #[serde(other)]
    Unknown,
}

impl ProblemCode {
    /// The HTTP status that goes with it.
    pub const fn status(self) -> u16 {
        match self {
            Self::MalformedBody | Self::MalformedRequest => 400,
            Self::Unauthorized => 401,
            Self::Forbidden | Self::StepUpRequired | Self::NotExpected => 403,
            Self::NotFound | Self::InvitationUnknown => 404,
            Self::Stalled => 408,
            Self::InvitationUsed
            | Self::SizeConflict
            | Self::StaleVersion
            | Self::TransitionRefused => 409,
            Self::InvitationExpired => 410,
            Self::PreconditionFailed => 412,
            Self::TooLarge => 413,
            Self::DigestMismatch | Self::Invalid | Self::KeyReused | Self::SealingWrong => 422,
            Self::TooManyRequests => 429,
            Self::Overloaded | Self::StoreUnavailable | Self::LogStopped => 503,
            Self::StorageFull => 507,
            Self::Internal | Self::Unknown => 500,
        }
    }

    /// The code as written: `not-expected`.
    pub fn name(self) -> String {
        serde_json::to_value(self)
            .ok()
            .and_then(|value| value.as_str().map(str::to_owned))
            .expect("a unit variant is a string")
    }
}

/// The body of every refusal, `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// `urn:hattama:problem:` and the code.
    pub r#type: String,
    /// The code again, for programs.
    pub code: ProblemCode,
    /// The HTTP status.
    pub status: u16,
    /// What to do, for people.
    pub detail: String,
    /// Seconds to wait before trying again, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u32>,
}

impl Problem {
    /// Media type of a problem.
    pub const MEDIA_TYPE: &'static str = "application/problem+json";

    /// A problem with a sentence that says what to do.
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self {
            r#type: format!("urn:hattama:problem:{}", code.name()),
            code,
            status: code.status(),
            detail: detail.into(),
            retry_after_s: None,
        }
    }
}
