//! What one leaf of the log says: that headquarters holds the thing with this SHA-256.
//!
//! The word before the hash keeps a photo's hash from being passed for a record's, and the version
//! lets a later form be told apart. There is no personal data here, nor anything to guess from: a
//! record's hash covers its nonce and its signature.

use std::fmt;

use super::hash::{Hash, leaf_hash, unhex};
use crate::id::to_hex;

/// One entry of the log. Carries the SHA-256 of its subject.
///
/// ```
/// use hattama_proto::tlog::LogEntry;
/// let entry = LogEntry::Record([0xab; 32]);
/// assert_eq!(entry.to_string(), format!("hattama-record/v1 {}", "ab".repeat(32)));
/// assert_eq!(LogEntry::parse(entry.to_string().as_bytes()), Ok(entry));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogEntry {
    /// A device's record: the hash of the whole compact JWS.
    Record([u8; 32]),
    /// A statement by headquarters: the hash of the whole compact JWS.
    Statement([u8; 32]),
    /// A photo or other attachment that arrived whole: the hash of its bytes.
    Photo([u8; 32]),
}

/// Why bytes are not an entry of this log. Always the writer's fault, or a later version's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// The bytes begin with no word that this version knows.
    #[error("the entry is of no known kind")]
    UnknownKind,
    /// The word is not followed by exactly 64 lower-case hex digits.
    #[error("the entry does not end in 64 lower-case hex digits")]
    NotAHash,
}

const RECORD: &str = "hattama-record/v1 ";
const STATEMENT: &str = "hattama-statement/v1 ";
const PHOTO: &str = "hattama-photo/v1 ";

impl LogEntry {
    /// The SHA-256 of what the entry is about.
    pub const fn subject(&self) -> &[u8; 32] {
        match self {
            Self::Record(subject) | Self::Statement(subject) | Self::Photo(subject) => subject,
        }
    }

    /// The entry's bytes, as the log publishes and hashes them. ASCII.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.to_string().into_bytes()
    }

    /// The hash of the entry as a leaf of the tree.
    pub fn leaf_hash(&self) -> Hash {
        leaf_hash(&self.to_bytes())
    }

    /// Reads what [`to_bytes`](Self::to_bytes) writes, and nothing else.
    pub fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        let (entry, digits): (fn([u8; 32]) -> Self, _) =
            if let Some(digits) = bytes.strip_prefix(RECORD.as_bytes()) {
                (Self::Record, digits)
            } else if let Some(digits) = bytes.strip_prefix(STATEMENT.as_bytes()) {
                (Self::Statement, digits)
            } else if let Some(digits) = bytes.strip_prefix(PHOTO.as_bytes()) {
                (Self::Photo, digits)
            } else {
                return Err(EntryError::UnknownKind);
            };
        unhex(digits).map(entry).ok_or(EntryError::NotAHash)
    }
}

impl fmt::Display for LogEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Self::Record(_) => RECORD,
            Self::Statement(_) => STATEMENT,
            Self::Photo(_) => PHOTO,
        };
        write!(f, "{word}{}", to_hex(self.subject()))
    }
}

impl fmt::Debug for LogEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_hash_under_three_words_is_three_leaves() {
        let subject = [7; 32];
        let [record, statement, photo] =
            [LogEntry::Record(subject), LogEntry::Statement(subject), LogEntry::Photo(subject)];
        assert_ne!(record.leaf_hash(), statement.leaf_hash());
        assert_ne!(record.leaf_hash(), photo.leaf_hash());
        assert_ne!(statement.leaf_hash(), photo.leaf_hash());
        for entry in [record, statement, photo] {
            assert_eq!(LogEntry::parse(&entry.to_bytes()), Ok(entry));
            assert_eq!(entry.subject(), &subject);
        }
    }

    #[test]
    fn only_the_exact_bytes_are_an_entry() {
        let good = LogEntry::Photo([0xcd; 32]).to_string();
        let refused = |text: &str| LogEntry::parse(text.as_bytes()).unwrap_err();
        assert_eq!(refused(""), EntryError::UnknownKind);
        assert_eq!(refused(&good.replace("v1", "v2")), EntryError::UnknownKind);
        assert_eq!(refused(&good.replace("photo", "Photo")), EntryError::UnknownKind);
        assert_eq!(refused(&format!("{good}\n")), EntryError::NotAHash);
        assert_eq!(refused(&good.replace("v1 ", "v1  ")), EntryError::NotAHash);
        assert_eq!(refused(&good.replace("cd", "CD")), EntryError::NotAHash);
        assert_eq!(refused(&good[..good.len() - 2]), EntryError::NotAHash);
    }
}
