//! What can be wrong with a bundle, piece by piece.

use hattama_proto::{
    jws::VerifyError,
    kind::Kind,
    pack::HqKeysError,
    tlog::{CheckpointError, ReceiptError},
};

use super::container::ContainerError;

/// A piece that does not hold.
#[derive(Debug, thiserror::Error)]
#[error("{piece}: {cause}")]
pub struct Lie {
    /// Which piece.
    pub piece: String,
    /// What is wrong with it.
    #[source]
    pub cause: Cause,
}

/// Why a piece does not hold.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// The file around the pieces.
    #[error(transparent)]
    Container(#[from] ContainerError),
    /// A piece that every bundle has is not there.
    #[error("it is not in the bundle")]
    NotThere,
    /// A piece that nothing accounts for.
    #[error("nothing in the record, its chain or what was decided accounts for it")]
    Unexpected,
    /// Larger than such a piece can be.
    #[error("it is larger than such a piece can be")]
    TooLong,
    /// Not what the list of hashes says.
    #[error("it is not the list of the hashes of the other pieces")]
    Sums,
    /// Not text, or not the text that the set-up makes of it.
    #[error("it is not what the signed set-up says")]
    SetUp,
    /// Signed by another than the reader trusts.
    #[error("the election set-up is signed by the key {0}, which is none of those given")]
    Root(String),
    /// The bundle is of another log.
    #[error("the bundle is of the log {0}, and the key given is not that log's")]
    OtherLog(String),
    /// The signature.
    #[error(transparent)]
    Signed(#[from] VerifyError),
    /// Signed as something else.
    #[error("it is signed as {0}, which does not belong here")]
    Kind(Kind),
    /// A signed string under another name than its hash.
    #[error("it is not named after its own hash")]
    Name,
    /// A statement about something else.
    #[error("it speaks of another record or another device")]
    Elsewhere,
    /// The chain's file.
    #[error("it is not the chain of this record, as the record says it")]
    Chain,
    /// A photo that is another.
    #[error("its bytes have another hash than its name")]
    Altered,
    /// A photo without bytes though it had arrived.
    #[error("the log has this photograph, and its bytes are not in the bundle")]
    Lost,
    /// Keys of the set-up.
    #[error(transparent)]
    Keys(#[from] HqKeysError),
    /// The checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A receipt under another checkpoint.
    #[error("it stands on another checkpoint than the bundle's")]
    OtherCheckpoint,
    /// A receipt.
    #[error("{}", receipt_words(.0))]
    Receipt(#[source] ReceiptError),
}

/// A piece and what is wrong with it.
pub(super) fn lie(piece: &str, cause: impl Into<Cause>) -> Lie {
    Lie { piece: piece.to_owned(), cause: cause.into() }
}

impl From<ContainerError> for Lie {
    fn from(error: ContainerError) -> Self {
        lie("the zip file", error)
    }
}

/// The receipt's own words, and those of what is inside.
fn receipt_words(error: &ReceiptError) -> String {
    let mut words = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        words = format!("{words}: {cause}");
        source = cause.source();
    }
    words
}
