//! A request that is carried out once, however often it is sent: a double click, or a retry after an
//! answer that was lost.

use hattama_proto::id::WordsHash;
use serde::Serialize;

/// Longest `Idempotency-Key`, in bytes: a UUID with room.
pub const KEY_BYTES_MAX: usize = 128;

/// A key, and what was asked for under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    key: String,
    asked: String,
}

/// The key cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an Idempotency-Key has 1 to {KEY_BYTES_MAX} bytes")]
pub struct KeyLength;

impl Once {
    /// Under `key`, for what `asked` is; the same key goes with the same request.
    pub fn new(key: &str, asked: &impl Serialize) -> Result<Self, KeyLength> {
        if key.is_empty() || key.len() > KEY_BYTES_MAX {
            return Err(KeyLength);
        }
        let bytes = serde_json::to_vec(asked).expect("what was asked for is plain data");
        Ok(Self { key: key.to_owned(), asked: WordsHash::of(&bytes).to_hex() })
    }

    /// The key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// SHA-256 of what was asked for, hex.
    pub fn asked(&self) -> &str {
        &self.asked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_request_has_the_same_hash_and_another_one_another() {
        let one = Once::new("k", &("a", 1)).unwrap();
        assert_eq!(one, Once::new("k", &("a", 1)).unwrap());
        assert_ne!(one.asked(), Once::new("k", &("a", 2)).unwrap().asked());
        assert_eq!(Once::new("", &1), Err(KeyLength));
        assert_eq!(Once::new(&"k".repeat(KEY_BYTES_MAX + 1), &1), Err(KeyLength));
    }
}
