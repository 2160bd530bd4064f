//! The only place where an error becomes a status. What is inside stays in the log.

use std::{fmt, io};

use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    http::{StatusCode, header},
    web,
};
use hattama_proto::{
    problem::{Problem, ProblemCode},
    tlog::Refusal,
};

use super::chain::Chain;
use crate::{
    accounting::{AccountingError, LedgerError},
    blobs::BlobError,
    cosigning::CosigningError,
    desk::{DeskError, FillError},
    entries::EntriesError,
    evidence::EvidenceError,
    field::FieldError,
    ingest::{EnrolError, InviteError, PhotoError, PushError, SessionError},
    log::{HeadError, SequenceError},
    people::PeopleError,
    picture::PictureError,
    publishing::PublishingError,
    release::ReleaseError,
    review::ReviewError,
    sample::{DrawError, SizingError},
    store::StoreError,
    vault::{VaultError, passphrase::PassphraseError},
    webhooks::WebhookError,
    witness::WitnessError,
};

/// Seconds after which to come back when the store did not answer.
const STORE_RETRY_S: u32 = 10;

/// A refusal on its way out.
#[derive(Debug)]
pub struct HttpProblem(Problem);

impl HttpProblem {
    /// A refusal with a sentence that says what to do.
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self(Problem::new(code, detail))
    }

    /// Its code.
    pub const fn code(&self) -> ProblemCode {
        self.0.code
    }

    /// Seconds to wait before trying again, where that is known.
    pub const fn wait_s(&self) -> Option<u32> {
        self.0.retry_after_s
    }

    pub(super) fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after_s = Some(seconds);
        self
    }

    /// With the wait after which a disk may have been looked after.
    pub(super) fn retry_later(self) -> Self {
        self.retry_after(STORE_RETRY_S)
    }

    /// A disk of headquarters' own failed: full, read-only or broken. Whoever asked comes again, because what
    /// is done about it is done there.
    fn disk(error: &dyn std::error::Error, cause: &io::Error) -> Self {
        tracing::error!(error = %Chain(error), "a disk of headquarters failed");
        let full =
            matches!(cause.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
        let (code, said) = if full {
            (
                ProblemCode::StorageFull,
                "headquarters' disk is full; nothing was acknowledged, try again later",
            )
        } else {
            (
                ProblemCode::StoreUnavailable,
                "headquarters' disk does not take it; nothing was acknowledged, try again later",
            )
        };
        Self::new(code, said).retry_after(STORE_RETRY_S)
    }

    fn log_stopped(error: &dyn std::error::Error) -> Self {
        tracing::error!(error = %Chain(error), "the log has stopped");
        Self::new(
            ProblemCode::LogStopped,
            "the log has stopped until somebody at headquarters has looked",
        )
        .retry_after(60)
    }

    fn internal(error: &dyn std::error::Error) -> Self {
        tracing::error!(error = %Chain(error), "a request failed inside");
        Self::new(ProblemCode::Internal, "headquarters failed inside; nothing was acknowledged")
    }
}

impl std::error::Error for HttpProblem {}

impl fmt::Display for HttpProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.detail)
    }
}

impl ResponseError for HttpProblem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((header::CONTENT_TYPE, Problem::MEDIA_TYPE));
        if let Some(seconds) = self.0.retry_after_s {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        response.json(&self.0)
    }
}

impl actix_web::Responder for HttpProblem {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _request: &HttpRequest) -> HttpResponse {
        self.error_response()
    }
}

impl From<StoreError> for HttpProblem {
    fn from(error: StoreError) -> Self {
        Self::from(&error)
    }
}

impl From<&StoreError> for HttpProblem {
    fn from(error: &StoreError) -> Self {
        match error {
            StoreError::Full(_) => {
                tracing::error!("the disk of the store is full");
                Self::new(
                    ProblemCode::StorageFull,
                    "headquarters' disk is full; nothing was acknowledged, try again later",
                )
                .retry_after(STORE_RETRY_S)
            }
            StoreError::Conflict { .. } => Self::new(
                ProblemCode::PreconditionFailed,
                "somebody changed it first; load it again and decide again",
            ),
            StoreError::NulInText => {
                Self::new(ProblemCode::Invalid, "a text holds the character U+0000; leave it out")
            }
            error if error.is_transient() => {
                tracing::error!(error = %Chain(error), "the store did not answer");
                Self::new(
                    ProblemCode::StoreUnavailable,
                    "the store does not answer; nothing was acknowledged, try again",
                )
                .retry_after(STORE_RETRY_S)
            }
            error => Self::internal(error),
        }
    }
}

impl From<DeskError> for HttpProblem {
    fn from(error: DeskError) -> Self {
        let code = match error {
            DeskError::NotFound => ProblemCode::NotFound,
            DeskError::TypedAlready | DeskError::IdTaken | DeskError::Refused(_) => {
                ProblemCode::TransitionRefused
            }
            DeskError::SeatLost => ProblemCode::StaleVersion,
            DeskError::Invalid(_) => ProblemCode::Invalid,
            DeskError::Busy => {
                return Self::new(ProblemCode::TooManyRequests, error.to_string()).retry_after(1);
            }
            DeskError::Unreadable(_) => return Self::internal(&error),
            DeskError::Sequence(error) => return error.into(),
            DeskError::Review(error) => return error.into(),
            DeskError::Store(error) => return error.into(),
        };
        Self::new(code, error.to_string())
    }
}

impl From<FillError> for HttpProblem {
    fn from(error: FillError) -> Self {
        match error {
            FillError::Picture(error) => error.into(),
            FillError::Desk(error) => error.into(),
        }
    }
}

impl From<PictureError> for HttpProblem {
    fn from(error: PictureError) -> Self {
        match error {
            PictureError::Store(error) => error.into(),
            error @ (PictureError::Line { .. }
            | PictureError::Altered(_)
            | PictureError::Sample(_)) => Self::internal(&error),
        }
    }
}

impl From<ReleaseError> for HttpProblem {
    fn from(error: ReleaseError) -> Self {
        let said = error.to_string();
        match error {
            ReleaseError::NotFound => Self::new(ProblemCode::NotFound, said),
            ReleaseError::Limited | ReleaseError::SamePerson => {
                Self::new(ProblemCode::Forbidden, said)
            }
            ReleaseError::Unmet(_) => Self::new(ProblemCode::TransitionRefused, said),
            ReleaseError::Decided | ReleaseError::Changed(_) => {
                Self::new(ProblemCode::StaleVersion, said)
            }
            ReleaseError::Invalid(_) => Self::new(ProblemCode::Invalid, said),
            ReleaseError::NotYet => Self::new(ProblemCode::StoreUnavailable, said).retry_later(),
            ReleaseError::Picture(error) => error.into(),
            ReleaseError::Review(error) => error.into(),
            ReleaseError::Sequence(error) => error.into(),
            ReleaseError::Store(error) => error.into(),
            error @ (ReleaseError::Altered | ReleaseError::Random(_)) => Self::internal(&error),
        }
    }
}

impl From<EvidenceError> for HttpProblem {
    fn from(error: EvidenceError) -> Self {
        let said = error.to_string();
        match error {
            EvidenceError::NotFound => Self::new(ProblemCode::NotFound, said),
            EvidenceError::NotYet => Self::new(ProblemCode::StoreUnavailable, said).retry_later(),
            EvidenceError::TooLarge => Self::new(ProblemCode::Invalid, said),
            EvidenceError::Store(error) => error.into(),
            EvidenceError::Blobs(error) => error.into(),
            error => Self::internal(&error),
        }
    }
}

/// Seconds after which to come back when too many enter at once.
const BUSY_RETRY_S: u32 = 3;

impl From<PeopleError> for HttpProblem {
    fn from(error: PeopleError) -> Self {
        let said = error.to_string();
        match error {
            PeopleError::Wrong | PeopleError::Weak | PeopleError::Refused(_) => {
                Self::new(ProblemCode::Invalid, said)
            }
            PeopleError::Wait(seconds) => {
                Self::new(ProblemCode::TooManyRequests, said).retry_after(seconds)
            }
            PeopleError::Busy => {
                Self::new(ProblemCode::TooManyRequests, said).retry_after(BUSY_RETRY_S)
            }
            PeopleError::NotFound => Self::new(ProblemCode::NotFound, said),
            PeopleError::Limited => Self::new(ProblemCode::Forbidden, said),
            PeopleError::StepUp => super::auth::denied(ProblemCode::StepUpRequired),
            PeopleError::Taken | PeopleError::Stale => Self::new(ProblemCode::StaleVersion, said),
            PeopleError::Store(error) => error.into(),
            PeopleError::Password | PeopleError::Sealed => {
                tracing::error!(%error, "an account's stored secret cannot be used");
                Self::new(ProblemCode::Internal, said)
            }
            error @ PeopleError::Random(_) => Self::internal(&error),
        }
    }
}

impl From<AccountingError> for HttpProblem {
    fn from(error: AccountingError) -> Self {
        match error {
            AccountingError::Ledger(LedgerError::Store(error)) => error.into(),
            error => Self::internal(&error),
        }
    }
}

impl From<SequenceError> for HttpProblem {
    fn from(error: SequenceError) -> Self {
        match error {
            SequenceError::Store(error) => Self::from(&*error),
            SequenceError::Overloaded => {
                Self::new(ProblemCode::StoreUnavailable, error.to_string())
                    .retry_after(STORE_RETRY_S)
            }
            SequenceError::Head(head) => match &*head {
                HeadError::Io { source, .. } => Self::disk(&*head, source),
                HeadError::Changed { .. } | HeadError::Damaged { .. } => Self::log_stopped(&*head),
            },
            error @ (SequenceError::Book(_)
            | SequenceError::Altered(_)
            | SequenceError::Damaged(_)
            | SequenceError::NothingLost
            | SequenceError::Rollback { .. }) => Self::log_stopped(&error),
        }
    }
}

impl From<CosigningError> for HttpProblem {
    fn from(error: CosigningError) -> Self {
        let code = match error {
            CosigningError::Unknown(_) | CosigningError::NothingPublished => ProblemCode::NotFound,
            CosigningError::NotOurs | CosigningError::Forged(_) | CosigningError::NotCosigned => {
                ProblemCode::Invalid
            }
            CosigningError::Store(error) => return error.into(),
            error @ (CosigningError::Key { .. }
            | CosigningError::Address { .. }
            | CosigningError::Keys(_)
            | CosigningError::Policy(_)) => return Self::internal(&error),
        };
        Self::new(code, error.to_string())
    }
}

impl From<PushError> for HttpProblem {
    fn from(error: PushError) -> Self {
        match error {
            PushError::TooMany(_) => Self::new(ProblemCode::TooLarge, error.to_string()),
            PushError::Sequence(error) => error.into(),
            PushError::Store(error) => error.into(),
            PushError::Stopped => Self::internal(&error),
        }
    }
}

impl From<EnrolError> for HttpProblem {
    fn from(error: EnrolError) -> Self {
        let code = match error {
            EnrolError::Request(_) => ProblemCode::MalformedBody,
            EnrolError::Election(_) | EnrolError::Hardware(_) => ProblemCode::Invalid,
            EnrolError::Unknown => ProblemCode::InvitationUnknown,
            EnrolError::Used => ProblemCode::InvitationUsed,
            EnrolError::Expired => ProblemCode::InvitationExpired,
            EnrolError::Sequence(error) => return error.into(),
            EnrolError::Store(error) => return error.into(),
            error @ (EnrolError::Random(_) | EnrolError::Sign(_)) => return Self::internal(&error),
        };
        Self::new(code, error.to_string())
    }
}

impl From<PhotoError> for HttpProblem {
    fn from(error: PhotoError) -> Self {
        let code = match error {
            PhotoError::NotExpected => ProblemCode::NotExpected,
            PhotoError::SizeConflict => ProblemCode::SizeConflict,
            PhotoError::Digest => ProblemCode::DigestMismatch,
            PhotoError::Sealing => ProblemCode::SealingWrong,
            PhotoError::Full => {
                return Self::new(ProblemCode::StorageFull, error.to_string())
                    .retry_after(STORE_RETRY_S);
            }
            PhotoError::Sequence(error) => return error.into(),
            PhotoError::Store(error) => return error.into(),
            PhotoError::Blob(BlobError::Full) => {
                return Self::new(ProblemCode::StorageFull, BlobError::Full.to_string())
                    .retry_after(STORE_RETRY_S);
            }
            PhotoError::Io(cause) | PhotoError::Blob(BlobError::Io(cause)) => {
                return Self::disk(&cause, &cause);
            }
            error @ PhotoError::Blob(_) => {
                tracing::error!(error = %Chain(&error), "a photograph could not be stored");
                return Self::new(ProblemCode::StoreUnavailable, error.to_string())
                    .retry_after(STORE_RETRY_S);
            }
        };
        Self::new(code, error.to_string())
    }
}

impl From<BlobError> for HttpProblem {
    fn from(error: BlobError) -> Self {
        PhotoError::from(error).into()
    }
}

impl From<SessionError> for HttpProblem {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::NotEnrolled | SessionError::Refused => {
                Self::new(ProblemCode::Unauthorized, error.to_string())
            }
            SessionError::Sequence(error) => error.into(),
            SessionError::Store(error) => error.into(),
            error @ SessionError::Random(_) => Self::internal(&error),
        }
    }
}

impl From<InviteError> for HttpProblem {
    fn from(error: InviteError) -> Self {
        match error {
            InviteError::UnknownUnit(_) | InviteError::Hours => {
                Self::new(ProblemCode::Invalid, error.to_string())
            }
            InviteError::Vault(error) => error.into(),
            InviteError::Store(error) => error.into(),
            error @ InviteError::Random(_) => Self::internal(&error),
        }
    }
}

impl From<WebhookError> for HttpProblem {
    fn from(error: WebhookError) -> Self {
        let code = match error {
            WebhookError::Address(_) | WebhookError::TooMany => ProblemCode::Invalid,
            WebhookError::NotFound => ProblemCode::NotFound,
            WebhookError::Store(error) => return error.into(),
            error @ WebhookError::Random(_) => return Self::internal(&error),
        };
        Self::new(code, error.to_string())
    }
}

impl From<VaultError> for HttpProblem {
    fn from(error: VaultError) -> Self {
        let said = error.to_string();
        let code = match error {
            VaultError::NotMade | VaultError::Made | VaultError::Member | VaultError::Stale => {
                ProblemCode::StaleVersion
            }
            VaultError::NoMember(_) | VaultError::Invalid(_) => ProblemCode::Invalid,
            VaultError::NoHolder
            | VaultError::Limited
            | VaultError::SameAccount
            | VaultError::NoGrant
            | VaultError::Closed
            | VaultError::Passphrase(PassphraseError::Wrong) => ProblemCode::Forbidden,
            VaultError::NotFound => ProblemCode::NotFound,
            VaultError::Locked { wait_s } => {
                return Self::new(ProblemCode::TooManyRequests, said).retry_after(wait_s);
            }
            VaultError::Passphrase(PassphraseError::Short | PassphraseError::Long) => {
                ProblemCode::Invalid
            }
            VaultError::Store(error) => return error.into(),
            error @ (VaultError::Damaged(_)
            | VaultError::Unreadable(_)
            | VaultError::Stopped
            | VaultError::Random(_)
            | VaultError::Passphrase(
                PassphraseError::Memory | PassphraseError::Random(_),
            )) => {
                return Self::internal(&error);
            }
        };
        Self::new(code, said)
    }
}

impl From<FieldError> for HttpProblem {
    fn from(error: FieldError) -> Self {
        let said = error.to_string();
        let code = match error {
            FieldError::NotFound => ProblemCode::NotFound,
            FieldError::Invalid(_) => ProblemCode::Invalid,
            FieldError::Stale => ProblemCode::StaleVersion,
            FieldError::KeyReused => ProblemCode::KeyReused,
            FieldError::Vault(error) => return error.into(),
            FieldError::Invite(error) => return error.into(),
            FieldError::Review(error) => return error.into(),
            FieldError::Push(error) => return error.into(),
            FieldError::Sequence(error) => return error.into(),
            FieldError::Store(error) => return error.into(),
            error @ (FieldError::Random(_) | FieldError::Sign(_) | FieldError::Key(_)) => {
                return Self::internal(&error);
            }
        };
        Self::new(code, said)
    }
}

impl From<DrawError> for HttpProblem {
    fn from(error: DrawError) -> Self {
        match error {
            DrawError::Sample(_) | DrawError::Scope => {
                Self::new(ProblemCode::Invalid, error.to_string())
            }
            DrawError::Manifest => Self::internal(&error),
            DrawError::Review(error) => error.into(),
            DrawError::Sequence(error) => error.into(),
            DrawError::Store(error) => error.into(),
        }
    }
}

impl From<EntriesError> for HttpProblem {
    fn from(error: EntriesError) -> Self {
        match error {
            EntriesError::Field(error) => error.into(),
            EntriesError::Store(error) => error.into(),
            EntriesError::Stopped => Self::internal(&error),
            EntriesError::Mapping(_)
            | EntriesError::File(_)
            | EntriesError::NoEntry
            | EntriesError::Form(_)
            | EntriesError::TooLong => Self::new(ProblemCode::Invalid, error.to_string()),
        }
    }
}

impl From<SizingError> for HttpProblem {
    fn from(error: SizingError) -> Self {
        Self::new(ProblemCode::Invalid, error.to_string())
    }
}

impl From<PublishingError> for HttpProblem {
    fn from(error: PublishingError) -> Self {
        match error {
            PublishingError::Review(error) => error.into(),
            PublishingError::Store(error) => error.into(),
            PublishingError::Stopped => Self::internal(&error),
            PublishingError::Plain(_)
            | PublishingError::Mapping(_)
            | PublishingError::File(_)
            | PublishingError::TooLong(..) => Self::new(ProblemCode::Invalid, error.to_string()),
        }
    }
}

impl From<ReviewError> for HttpProblem {
    fn from(error: ReviewError) -> Self {
        let code = match error {
            ReviewError::NotFound => ProblemCode::NotFound,
            ReviewError::Stale => ProblemCode::PreconditionFailed,
            ReviewError::KeyReused => ProblemCode::KeyReused,
            ReviewError::Transition(_) => ProblemCode::TransitionRefused,
            ReviewError::Invalid(_) | ReviewError::Assignee => ProblemCode::Invalid,
            ReviewError::Sequence(error) => return error.into(),
            ReviewError::Store(error) => return error.into(),
            error @ (ReviewError::Random(_) | ReviewError::Sign(_)) => {
                return Self::internal(&error);
            }
        };
        Self::new(code, error.to_string())
    }
}

/// What a witness answers instead of a cosignature, as `tlog-witness` has it.
pub(super) fn witness_refused(error: &WitnessError) -> HttpResponse {
    let status = match error {
        WitnessError::Refused(Refusal::Stale { known }) => {
            return HttpResponse::build(StatusCode::CONFLICT)
                .insert_header((header::CONTENT_TYPE, "text/x.tlog.size"))
                .body(format!("{known}\n"));
        }
        WitnessError::Refused(Refusal::NotSigned(_)) => StatusCode::FORBIDDEN,
        WitnessError::Refused(Refusal::UnknownLog(_)) => StatusCode::NOT_FOUND,
        WitnessError::Refused(Refusal::NotConsistent(_)) => {
            tracing::warn!("a checkpoint does not continue the last one; nothing was cosigned");
            StatusCode::UNPROCESSABLE_ENTITY
        }
        WitnessError::Refused(_) => StatusCode::BAD_REQUEST,
        WitnessError::Folder(error) => {
            tracing::error!(error = %Chain(error), "the witness cannot use its folder");
            return HttpResponse::build(StatusCode::INTERNAL_SERVER_ERROR)
                .body("the witness cannot store; nothing was cosigned\n");
        }
    };
    HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, "text/plain; charset=utf-8"))
        .body(format!("{error}\n"))
}

/// A body that is not the JSON of its endpoint.
pub(super) fn json_config() -> web::JsonConfig {
    web::JsonConfig::default().limit(64 * 1024).error_handler(|error, _| {
        HttpProblem::new(ProblemCode::MalformedBody, error.to_string()).into()
    })
}

/// A query string that is not that of its endpoint.
pub(super) fn query_config() -> web::QueryConfig {
    web::QueryConfig::default().error_handler(|error, _| {
        HttpProblem::new(ProblemCode::MalformedRequest, error.to_string()).into()
    })
}

/// An address whose variable part is not what it should be.
pub(super) fn path_config() -> web::PathConfig {
    web::PathConfig::default()
        .error_handler(|error, _| HttpProblem::new(ProblemCode::NotFound, error.to_string()).into())
}
