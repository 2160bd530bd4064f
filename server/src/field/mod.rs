//! Work with the people in the field: their phones, their places, and what they say
//! over the telephone. What acts; the rules are in `roster`.

mod arrivals;
mod desk;
mod forms;
mod plan;
mod rehearsal;
mod replace;

pub(crate) use self::plan::moment;
pub use self::{
    desk::{Heard, TelephoneDesk, Telephoned, Written},
    forms::{FormMatrix, FormRow, MatrixCell, Turnout},
    plan::{ImportReport, NewPresence, PLAN_BYTES_MAX, RosterView, Run},
    rehearsal::{Rehearsal, RehearsalCount, Rehearsed},
    replace::Replaced,
};
use crate::{
    book::SharedBook,
    ingest::{Invitations, InviteError, PushError},
    keys::KeyFileError,
    log::SequenceError,
    random::RandomError,
    review::{Review, ReviewError},
    store::{Db, StoreError},
    vault::{Vault, VaultError},
};

/// Looks after people in the field. Cheap to clone.
#[derive(Clone)]
pub struct Field {
    db: Db,
    book: SharedBook,
    vault: Vault,
    invitations: Invitations,
    review: Review,
}

impl Field {
    /// The field of this headquarters.
    pub fn new(
        db: Db,
        book: SharedBook,
        vault: Vault,
        invitations: Invitations,
        review: Review,
    ) -> Self {
        Self { db, book, vault, invitations, review }
    }
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum FieldError {
    /// There is nobody and nothing like that, or it is not yours to see.
    #[error("headquarters has nobody and nothing with this name")]
    NotFound,
    /// Understood, and wrong.
    #[error("{0}")]
    Invalid(String),
    /// Somebody changed it first.
    #[error("somebody changed it first; load it again")]
    Stale,
    /// The key of the request came before with another one.
    #[error(
        "this Idempotency-Key came before with another request; take a new one for a new request"
    )]
    KeyReused,
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The invitation.
    #[error(transparent)]
    Invite(#[from] InviteError),
    /// The decision.
    #[error(transparent)]
    Review(#[from] ReviewError),
    /// The record.
    #[error(transparent)]
    Push(#[from] PushError),
    /// The log did not take it.
    #[error(transparent)]
    Sequence(#[from] SequenceError),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// A record or statement could not be signed, a bug.
    #[error(transparent)]
    Sign(#[from] hattama_proto::jws::SignError),
    /// The desk's key.
    #[error(transparent)]
    Key(#[from] KeyFileError),
}
