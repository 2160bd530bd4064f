//! Whether what keeps whole photographs does what is asked of it. Pure.

use super::finding::Finding;

/// What a store of photographs outside the data folder did when it was tried: each step, and what
/// was said if it failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobFacts {
    /// Where it is, without what opens it.
    pub place: String,
    /// Steps in their order: reached, written, read back, and whatever else was tried.
    pub steps: Vec<(&'static str, Result<(), String>)>,
}

/// Judges a store of photographs.
pub fn blobs(facts: &BlobFacts) -> Vec<Finding> {
    let judge = |(about, outcome): &(&'static str, Result<(), String>)| match outcome {
        Ok(()) => Finding::sound(about, facts.place.clone()),
        Err(said) => Finding::will_lose(
            about,
            format!("{}: {said}; photographs cannot be kept there", facts.place),
            "check its address, its keys and its rights, then ask again",
        ),
    };
    facts.steps.iter().map(judge).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::keeps_evidence;

    #[test]
    fn a_step_that_failed_says_where_and_what() {
        let facts = BlobFacts {
            place: "s3://photos".to_owned(),
            steps: vec![("reached", Ok(())), ("written", Err("denied".to_owned()))],
        };
        let findings = blobs(&facts);
        assert!(!keeps_evidence(&findings) && keeps_evidence(&findings[..1]));
        assert!(findings[1].reason.contains("s3://photos: denied"));
    }
}
