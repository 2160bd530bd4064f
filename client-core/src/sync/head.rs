//! The log's head as this phone knows it, and whether a newer one continues it. Pure.
//!
//! A log that shows one history to a phone and another to the world must at some time show this
//! phone a head that does not continue the last. Both heads are signed, so together they convict.

use hattama_proto::tlog::{Checkpoint, Hash, verify_consistency};

use super::Trust;

/// What a shown checkpoint means beside the known one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Advance {
    /// It is the known one, or continues it: this is the newest.
    Continues,
    /// It does not continue the known one.
    Forked {
        /// What did not hold.
        why: String,
    },
    /// It is not a checkpoint of this log at all.
    NotOurs {
        /// What is wrong.
        why: String,
    },
}

/// Judges a shown checkpoint. `known` is one that was verified before.
pub(super) fn advance(
    known: Option<&str>,
    shown: &str,
    proof: Option<&[String]>,
    trust: &Trust,
) -> Advance {
    let new = match Checkpoint::verify(shown, &trust.origin, &trust.log) {
        Ok(checkpoint) => checkpoint,
        Err(error) => return Advance::NotOurs { why: error.to_string() },
    };
    // A known one that does not verify was signed by an earlier key of the log: begin anew.
    let Some(old) =
        known.and_then(|known| Checkpoint::verify(known, &trust.origin, &trust.log).ok())
    else {
        return Advance::Continues;
    };
    if old.size == new.size && old.root == new.root {
        return Advance::Continues;
    }
    let hashes: Option<Vec<Hash>> = match proof {
        Some(proof) => proof.iter().map(|hash| Hash::from_base64(hash).ok()).collect(),
        None => return Advance::Forked { why: "no proof came along".to_owned() },
    };
    let Some(hashes) = hashes else {
        return Advance::Forked { why: "a hash of the proof is malformed".to_owned() };
    };
    match verify_consistency(old.size, old.root, new.size, new.root, &hashes) {
        Ok(()) => Advance::Continues,
        Err(error) => Advance::Forked { why: error.to_string() },
    }
}

/// Judges a checkpoint that came without a proof, beside a receipt that was checked: only a
/// different root at the same size can be told.
pub(super) fn contradicts(known: Option<&str>, shown: &str, trust: &Trust) -> bool {
    let read = |note| Checkpoint::verify(note, &trust.origin, &trust.log).ok();
    match (known.and_then(read), read(shown)) {
        (Some(old), Some(new)) => old.size == new.size && old.root != new.root,
        _ => false,
    }
}
