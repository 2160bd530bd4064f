//! The hashes of the Merkle tree (RFC 6962 section 2.1) and their two spellings.
//!
//! A leaf and an inner node are hashed with a different first byte, so that nobody can pass one
//! for the other.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::digest::{SHA256, digest};

use crate::id::to_hex;

/// A SHA-256 that belongs to the tree: of a leaf, of a node, or the root.
///
/// Not the hash of a record or a photo: that one is an entry's subject, see
/// [`LogEntry`](super::LogEntry).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

/// Why a text is not a hash. Always the writer's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HashError {
    /// Not 44 characters of standard base64 with canonical padding and no stray bits.
    #[error("expected 44 characters of standard base64")]
    Base64,
    /// Not 64 lower-case hex digits.
    #[error("expected 64 lower-case hex digits")]
    Hex,
}

impl Hash {
    /// Length of the base64 spelling, in characters.
    pub const BASE64_CHARS: usize = 44;

    /// Takes a hash that was computed or stored elsewhere.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The spelling inside checkpoints and proofs: standard base64 with padding.
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.0)
    }

    /// Reads what [`to_base64`](Self::to_base64) writes, and nothing else.
    ///
    /// ```
    /// use hattama_proto::tlog::{Hash, empty_root};
    /// let text = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    /// assert_eq!(Hash::from_base64(text), Ok(empty_root()));
    /// // The same bytes to a lenient decoder; here one hash has one spelling.
    /// assert!(Hash::from_base64("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=").is_err());
    /// ```
    pub fn from_base64(text: &str) -> Result<Self, HashError> {
        if text.len() != Self::BASE64_CHARS {
            return Err(HashError::Base64);
        }
        // One byte more than needed: the decoder asks for room before it has seen the padding.
        let mut room = [0; 33];
        let written = STANDARD.decode_slice(text, &mut room).map_err(|_| HashError::Base64)?;
        room[..written].try_into().map(Self).map_err(|_| HashError::Base64)
    }

    /// The 64 lower-case hex digits.
    pub fn to_hex(&self) -> String {
        to_hex(&self.0)
    }

    /// Reads 64 lower-case hex digits. Upper case is refused: one hash has one spelling.
    pub fn from_hex(text: &str) -> Result<Self, HashError> {
        unhex(text.as_bytes()).map(Self).ok_or(HashError::Hex)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

/// The hash of an entry as a leaf of the tree.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    let mut context = ring::digest::Context::new(&SHA256);
    context.update(&[0]);
    context.update(entry);
    from_digest(&context.finish())
}

/// The hash of the node above `left` and `right`.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [1; 65];
    bytes[1..33].copy_from_slice(&left.0);
    bytes[33..].copy_from_slice(&right.0);
    from_digest(&digest(&SHA256, &bytes))
}

/// The root of a tree without leaves: the hash of nothing.
pub fn empty_root() -> Hash {
    from_digest(&digest(&SHA256, b""))
}

fn from_digest(digest: &ring::digest::Digest) -> Hash {
    Hash(digest.as_ref().try_into().expect("SHA-256 gives 32 bytes"))
}

/// Reads exactly `2 * N` lower-case hex digits.
pub(super) fn unhex<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaf_is_never_a_node() {
        let (left, right) = (leaf_hash(b"left"), leaf_hash(b"right"));
        let mut inner = left.0.to_vec();
        inner.extend(right.0);
        assert_ne!(leaf_hash(&inner), node_hash(&left, &right));
    }

    #[test]
    fn the_empty_leaf_and_the_empty_tree_hash_as_published() {
        assert_eq!(
            leaf_hash(b"").to_hex(),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        );
        assert_eq!(empty_root().to_base64(), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }

    #[test]
    fn both_spellings_are_read_back_and_only_in_their_one_form() {
        let hash = leaf_hash(b"x");
        assert_eq!(Hash::from_hex(&hash.to_hex()), Ok(hash));
        assert_eq!(Hash::from_base64(&hash.to_base64()), Ok(hash));
        assert!(Hash::from_hex(&hash.to_hex().to_uppercase()).is_err());
        assert!(Hash::from_hex(&hash.to_hex()[..62]).is_err());
        assert!(Hash::from_base64(hash.to_base64().trim_end_matches('=')).is_err());
        assert!(Hash::from_base64(&"A".repeat(44)).is_err(), "33 bytes are not a hash");
        assert!(Hash::from_base64(&format!("{}==", "A".repeat(42))).is_err(), "31 neither");
    }
}
