//! Releases that were read and verified, kept in memory: what anybody asks for is asked for by many at
//! once, and cannot change.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use hattama_proto::id::{ReleaseHash, StatementId};

use super::{content::Content, proof::Proof};

/// Releases that are kept. Each has at most about a megabyte, and of an election there are a few.
const KEPT_MAX: usize = 16;

/// What can never change of a release: its content, and its proof.
#[derive(Debug)]
pub(super) struct Frozen {
    /// Its number.
    pub(super) number: u32,
    /// Hash of its content.
    pub(super) sha256: ReleaseHash,
    /// The release that it corrects.
    pub(super) corrects: Option<u32>,
    /// Its statement.
    pub(super) statement: StatementId,
    /// Its content, byte for byte.
    pub(super) bytes: Bytes,
    /// Its content, read.
    pub(super) content: Arc<Content>,
    /// That it is said and logged.
    pub(super) proof: Arc<Proof>,
}

impl Frozen {
    /// Whether it is what a row says. Nothing is shown for a row that says otherwise than the
    /// statement did when it was verified.
    fn is(&self, row: &Row) -> bool {
        (self.number, self.sha256, self.corrects, self.statement) == *row
    }
}

/// What a row says of a release: its number, its content, what it corrects, its statement.
pub(super) type Row = (u32, ReleaseHash, Option<u32>, StatementId);

/// The releases that were asked for last. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct FrozenReleases(Arc<Mutex<Vec<Arc<Frozen>>>>);

impl FrozenReleases {
    /// One that was verified before.
    pub(super) fn get(&self, row: &Row) -> Option<Arc<Frozen>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|frozen| frozen.is(row))?;
        let frozen = kept.remove(at);
        kept.push(Arc::clone(&frozen));
        Some(frozen)
    }

    /// Keeps one that was verified; the one that was asked for longest ago goes.
    pub(super) fn keep(&self, frozen: Frozen) -> Arc<Frozen> {
        let frozen = Arc::new(frozen);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|known| known.sha256 != frozen.sha256 || known.number != frozen.number);
        if kept.len() >= KEPT_MAX {
            kept.remove(0);
        }
        kept.push(Arc::clone(&frozen));
        frozen
    }
}

#[cfg(test)]
mod tests {
    use hattama_proto::{id::ElectionId, pack::Names, time::UnixMillis};

    use super::*;

    fn row(number: u32) -> Row {
        let bytes = number.to_be_bytes();
        (number, ReleaseHash::of(&bytes), None, StatementId::of(&bytes))
    }

    fn frozen(number: u32) -> Frozen {
        let (number, sha256, corrects, statement) = row(number);
        let content = Content {
            format: String::new(),
            election: ElectionId::new("exercise").unwrap(),
            names: Names::default(),
            exercise: None,
            time_zone: String::new(),
            log_size: 0,
            drawn_up_at: UnixMillis(0),
            words: Names::default(),
            corrects: None,
            publications: Vec::new(),
            contests: Vec::new(),
            limits: Vec::new(),
        };
        let proof = Proof {
            statement: String::new(),
            position: 0,
            receipt: String::new(),
            hq_key: String::new(),
            log_vkey: String::new(),
        };
        let (content, proof) = (Arc::new(content), Arc::new(proof));
        Frozen { number, sha256, corrects, statement, bytes: Bytes::new(), content, proof }
    }

    #[test]
    fn a_row_that_says_otherwise_than_what_was_verified_is_not_answered_from_memory() {
        let kept = FrozenReleases::default();
        kept.keep(frozen(1));
        assert_eq!(kept.get(&row(1)).unwrap().number, 1);
        let (number, sha256, corrects, statement) = row(1);
        for other in [
            (2, sha256, corrects, statement),
            (number, ReleaseHash::of(b"other"), corrects, statement),
            (number, sha256, Some(7), statement),
            (number, sha256, corrects, StatementId::of(b"other")),
        ] {
            assert!(kept.get(&other).is_none());
        }
    }

    #[test]
    fn memory_is_bounded_and_what_is_asked_for_stays() {
        let kept = FrozenReleases::default();
        for number in 1..=40 {
            kept.keep(frozen(number));
            assert!(kept.get(&row(1)).is_some(), "after {number}");
        }
        assert_eq!(kept.0.lock().unwrap().len(), KEPT_MAX);
        assert!(kept.get(&row(2)).is_none() && kept.get(&row(40)).is_some());
    }
}
