//! Checkpoints: the log's signed word that it has so many leaves under this root.
//!
//! C2SP `tlog-checkpoint@v1.0.0`, three lines and never a fourth: extension lines are allowed by
//! the specification, but monitors cannot audit them, so a checkpoint of ours that carried one
//! would not be ours.
//!
//! Whoever signs two checkpoints that no consistency proof joins has lied, and the two notes prove
//! it to anybody. Keeping that from happening is the signer's business, not this file's.

use super::{
    hash::Hash,
    note::{NoteError, SignedNote},
    note_key::{KeyName, NoteSigner, VerifierKey},
};

/// The log's unique name, first line of its checkpoints. It is the name of the log's key too, as
/// the specification recommends, hence the same type.
pub type Origin = KeyName;

/// Largest size of a log, in leaves. Stores and other implementations count in signed 64 bits.
pub const SIZE_MAX: u64 = i64::MAX as u64;

/// The head of the log at one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: Origin,
    /// How many leaves it has.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// Why a checkpoint was refused. Its writer's fault, and final.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The note around it is malformed, forged or signed by nobody known.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The signed text is not exactly origin, size and root.
    #[error("the signed text is not a checkpoint of three lines")]
    Form,
    /// It is the checkpoint of another log.
    #[error("the checkpoint is of another log, {0}")]
    Origin(Origin),
}

impl Checkpoint {
    /// The text that is signed.
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root.to_base64())
    }

    /// Reads what [`to_text`](Self::to_text) writes, and nothing else.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let mut lines = text.split('\n');
        let [Some(origin), Some(size), Some(root), Some(""), None] =
            std::array::from_fn(|_| lines.next())
        else {
            return Err(CheckpointError::Form);
        };
        Ok(Self {
            origin: Origin::new(origin).map_err(|_| CheckpointError::Form)?,
            size: parse_decimal(size).ok_or(CheckpointError::Form)?,
            root: Hash::from_base64(root).map_err(|_| CheckpointError::Form)?,
        })
    }

    /// The checkpoint as a note with one signature. The same checkpoint gives the same bytes.
    pub fn sign(&self, signer: &NoteSigner) -> String {
        SignedNote::sign(&self.to_text(), &[signer])
            .expect("three short lines without control characters are a note's text")
            .to_string()
    }

    /// Reads a checkpoint of the log `origin` that `key` signed. Other signatures on the note, by
    /// witnesses or later keys, neither help nor harm.
    pub fn verify(note: &str, origin: &Origin, key: &VerifierKey) -> Result<Self, CheckpointError> {
        let note = SignedNote::parse(note)?;
        let checkpoint = Self::parse(note.verify(std::slice::from_ref(key))?)?;
        if &checkpoint.origin != origin {
            return Err(CheckpointError::Origin(checkpoint.origin));
        }
        Ok(checkpoint)
    }
}

/// A number up to [`SIZE_MAX`] in ASCII digits, without sign or leading zeros.
pub(super) fn parse_decimal(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with('0');
    if !canonical || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|number| *number <= SIZE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlog::empty_root;

    fn signer(name: &str) -> NoteSigner {
        NoteSigner::from_seed(KeyName::new(name).unwrap(), &[5; 32])
    }

    fn checkpoint(size: u64) -> Checkpoint {
        Checkpoint { origin: Origin::new("log.example").unwrap(), size, root: empty_root() }
    }

    #[test]
    fn what_was_signed_is_read_back() {
        let signer = signer("log.example");
        for size in [0, 1, 10, SIZE_MAX] {
            let note = checkpoint(size).sign(&signer);
            let key = signer.verifier_key();
            assert_eq!(Checkpoint::verify(&note, key.name(), key), Ok(checkpoint(size)));
        }
    }

    #[test]
    fn the_checkpoint_of_another_log_is_refused_though_the_key_is_right() {
        let signer = signer("log.example");
        let other = Origin::new("other.example").unwrap();
        let note = checkpoint(3).sign(&signer);
        assert_eq!(
            Checkpoint::verify(&note, &other, signer.verifier_key()),
            Err(CheckpointError::Origin(Origin::new("log.example").unwrap()))
        );
    }

    #[test]
    fn only_the_exact_three_lines_are_a_checkpoint() {
        let good = checkpoint(12).to_text();
        assert_eq!(Checkpoint::parse(&good), Ok(checkpoint(12)));
        let refused = |text: &str| assert_eq!(Checkpoint::parse(text), Err(CheckpointError::Form));
        refused("");
        refused(good.trim_end());
        refused(&format!("{good}extension\n"));
        refused(&format!("{good}\n"));
        refused(&format!("\n{good}"));
        for size in ["", "012", "+12", "-1", "1 2", "١٢", "9223372036854775808", "1e3"] {
            refused(&good.replace("\n12\n", &format!("\n{size}\n")));
        }
        refused(&good.replace("log.example", "log example"));
        refused(&good.replace('=', ""));
    }
}
