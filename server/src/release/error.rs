//! Why nothing was made public.

use super::gate::Unmet;
use crate::{
    log::SequenceError, picture::PictureError, random::RandomError, review::ReviewError,
    store::StoreError,
};

/// Why nothing was made public.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// There is no such release or draft.
    #[error("there is no such release or draft")]
    NotFound,
    /// The account sees a part only.
    #[error(
        "a release speaks of everything: only an account without limits proposes and confirms one"
    )]
    Limited,
    /// The gate is shut.
    #[error("nothing is made public yet: {}", said(.0))]
    Unmet(Vec<Unmet>),
    /// The same person twice.
    #[error("another publisher has to confirm what you proposed")]
    SamePerson,
    /// Somebody decided first.
    #[error("this draft was confirmed or withdrawn already; look at the list")]
    Decided,
    /// What it says of these units is not what is known now.
    #[error("figures changed since it was proposed, at {}; withdraw it and propose it again", .0.join(", "))]
    Changed(Vec<String>),
    /// Understood, and wrong.
    #[error("{0}")]
    Invalid(String),
    /// The stored content cannot be read, or is not what was hashed.
    #[error("the stored content of a release is not what was proposed: the store was altered")]
    Altered,
    /// The log has no checkpoint over it yet.
    #[error("the log does not prove it yet; try again")]
    NotYet,
    /// The picture cannot be read.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// It could not be signed.
    #[error(transparent)]
    Review(#[from] ReviewError),
    /// The log did not take it.
    #[error(transparent)]
    Sequence(#[from] SequenceError),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
}

fn said(unmet: &[Unmet]) -> String {
    unmet.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
