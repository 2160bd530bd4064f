//! What is kept of a piece, what it is called, and how long it is made. Pure.

use std::fmt::Write as _;

use hattama_proto::{
    id::{FileHash, to_hex},
    sealing::Recipient,
};
use ring::hmac;
use serde::{Deserialize, Serialize};

/// Shortest content of a sealed file, in bytes: a block of most disks, so that small pieces cost no more
/// room, and are all alike.
const SHORTEST: u64 = 4096;

/// One piece of a backup: a page of a table, a photograph, a file, or a list of other pieces. SHA-256 of
/// its content and its length in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct Piece(pub(super) FileHash, pub(super) u64);

impl Piece {
    pub(super) fn of(content: &[u8]) -> Self {
        Self(FileHash::of(content), content.len() as u64)
    }
}

/// How long content is made with zeros before it is sealed, so that lengths tell little: of all lengths
/// up to 64 MiB some four hundred are left, for at most a sixteenth more room (Padmé, of Nikitin and others,
/// 2019).
pub(super) const fn padded_len(bytes: u64) -> u64 {
    if bytes <= SHORTEST {
        return SHORTEST;
    }
    let exponent = bytes.ilog2();
    let kept = exponent.ilog2() + 1;
    let mask = (1 << (exponent - kept)) - 1;
    (bytes + mask) & !mask
}

/// Gives pieces their names: the same content for the same recipients has the same name, and whoever
/// does not have the secret cannot tell what a name stands for, nor whether what they hold is there.
pub(super) struct Names {
    secret: hmac::Key,
    recipients: String,
}

impl Names {
    pub(super) fn new(secret: &[u8; 32], recipients: &[String]) -> Self {
        let mut sorted: Vec<&str> = recipients.iter().map(String::as_str).collect();
        sorted.sort_unstable();
        let secret = hmac::Key::new(hmac::HMAC_SHA256, secret);
        Self { secret, recipients: sorted.join(" ") }
    }

    /// 64 hex digits.
    pub(super) fn of(&self, piece: &Piece) -> String {
        let mut said = String::from("hattama-backup-piece/1\n");
        let Piece(hash, bytes) = piece;
        let _ = write!(said, "{}\n{hash}\n{bytes}\n", self.recipients);
        let tag = hmac::sign(&self.secret, said.as_bytes());
        to_hex(tag.as_ref())
    }
}

/// As age writes them, each once and in one order.
pub(super) fn texts(recipients: &[Recipient]) -> Vec<String> {
    let mut texts: Vec<String> = recipients.iter().map(ToString::to_string).collect();
    texts.sort_unstable();
    texts.dedup();
    texts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn padding_keeps_the_order_costs_a_sixteenth_at_most_and_is_its_own_padding(
            bytes in SHORTEST..200_000_000,
        ) {
            let padded = padded_len(bytes);
            prop_assert!(padded >= bytes && padded - bytes <= bytes / 16, "{bytes} {padded}");
            prop_assert!(padded_len(bytes + 1) >= padded);
            prop_assert_eq!(padded_len(padded), padded);
        }
    }

    #[test]
    fn photographs_of_many_lengths_have_few() {
        let lengths: std::collections::BTreeSet<u64> =
            (0..64 * 1024 * 1024).step_by(997).map(padded_len).collect();
        assert!(lengths.len() < 400, "{}", lengths.len());
        assert_eq!(padded_len(0), SHORTEST);
    }

    #[test]
    fn a_name_depends_on_secret_content_and_recipients_and_not_on_their_order() {
        let [a, b] = ["age1a", "age1b"].map(str::to_owned);
        let both = Names::new(&[1; 32], &[a.clone(), b.clone()]);
        let piece = Piece::of(b"a photograph");
        let name = both.of(&piece);
        assert_eq!(Names::new(&[1; 32], &[b, a.clone()]).of(&piece), name);
        assert_ne!(Names::new(&[2; 32], std::slice::from_ref(&a)).of(&piece), name);
        assert_ne!(Names::new(&[1; 32], &[a]).of(&piece), name);
        assert_ne!(both.of(&Piece::of(b"another")), name);
        assert!(!name.contains(&piece.0.to_hex()));
    }
}
