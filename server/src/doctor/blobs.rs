//! Whether what keeps whole photographs does what is asked of it. Pure.

use super::finding::Finding;
use crate::blobs::{BlobFacts, BucketFacts};

/// Judges a store of photographs. `place` says where it is, without what opens it.
pub(super) fn blobs(place: &str, facts: &BlobFacts) -> Vec<Finding> {
    match facts {
        BlobFacts::Folder(Ok(())) => {
            vec![Finding::sound("photographs", format!("{place} takes files and syncs them"))]
        }
        BlobFacts::Folder(Err(said)) => vec![Finding::will_lose(
            "photographs",
            format!("{place}: {said}; no photograph can be kept there"),
            "mend the folder's disk or its rights, or name another with --blobs",
        )],
        BlobFacts::Bucket(facts) => bucket(place, facts),
    }
}

fn bucket(place: &str, facts: &BucketFacts) -> Vec<Finding> {
    if let Err(said) = &facts.put {
        // Nothing of it is acknowledged, so nothing is lost: phones keep what they have.
        return vec![Finding::to_know(
            "photographs",
            format!("{place} takes nothing now, so photographs wait on the phones: {said}"),
            "check the bucket's address, its credentials and their rights, then ask again",
        )];
    }
    let seen = match &facts.read_after_write {
        Ok(true) => Finding::sound(
            "photographs",
            format!("{place} has at once what was put, in {} ms", facts.round_trip_ms),
        ),
        Ok(false) => Finding::will_lose(
            "photographs",
            format!("{place} said that it had kept an object and does not have it"),
            "use another store: this one forgets, or shows what was put only later",
        ),
        Err(said) => Finding::will_lose(
            "photographs",
            format!("{place} takes objects that cannot be read: {said}"),
            "give the credentials the right to read objects (s3:GetObject)",
        ),
    };
    let absent = match &facts.put_if_absent {
        Ok(true) => Finding::sound("put if absent", format!("{place} keeps what was there first")),
        Ok(false) | Err(_) => Finding::to_know(
            "put if absent",
            format!(
                "{place} does not honour If-None-Match; photographs are named by their hash, \
                     so nothing depends on it"
            ),
            "nothing has to be done; a newer version of the store may save some transfers",
        ),
    };
    vec![seen, absent]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::{Level, keeps_evidence};

    fn good() -> BucketFacts {
        BucketFacts {
            put: Ok(()),
            read_after_write: Ok(true),
            put_if_absent: Ok(true),
            round_trip_ms: 3,
        }
    }

    fn judged(facts: BucketFacts) -> Vec<Finding> {
        blobs("s3://photos", &BlobFacts::Bucket(facts))
    }

    #[test]
    fn a_store_that_forgets_what_it_took_would_lose_evidence() {
        assert!(judged(good()).iter().all(|finding| finding.level == Level::Sound));
        let forgets = judged(BucketFacts { read_after_write: Ok(false), ..good() });
        assert!(!keeps_evidence(&forgets), "{forgets:?}");
        let unreadable = judged(BucketFacts { read_after_write: Err("denied".into()), ..good() });
        assert!(!keeps_evidence(&unreadable), "{unreadable:?}");
    }

    #[test]
    fn a_store_that_is_away_or_knows_no_conditions_loses_nothing_and_is_told() {
        let away = judged(BucketFacts { put: Err("refused".into()), ..good() });
        assert!(keeps_evidence(&away) && away[0].level == Level::ToKnow, "{away:?}");
        assert!(away[0].reason.contains("s3://photos") && away[0].reason.contains("refused"));
        let simple = judged(BucketFacts { put_if_absent: Ok(false), ..good() });
        assert!(keeps_evidence(&simple) && simple[1].level == Level::ToKnow, "{simple:?}");
    }

    #[test]
    fn a_folder_that_takes_no_file_keeps_no_photograph() {
        assert!(keeps_evidence(&blobs("blobs", &BlobFacts::Folder(Ok(())))));
        assert!(!keeps_evidence(&blobs("blobs", &BlobFacts::Folder(Err("read-only".into())))));
    }
}
