//! What lists, sums and comparisons need of a unit's file, and no more. Pure.
//!
//! A file holds every entry; a digest a few figures. All digests of a country fit into memory, and a
//! new record changes one of them.

use std::collections::BTreeSet;

use hattama_proto::{
    id::UnitCode,
    pack::{FindingVerdict, Pack},
    record::Missing,
};

use super::{OurCopy, differ, our_copy, our_figures};
use crate::merge::{Cells, Coverage, Document, DocumentState, Reason, Shapes, UnitFile};

/// One unit in short.
#[derive(Clone, Debug, PartialEq)]
pub struct UnitDigest {
    /// The unit.
    pub unit: UnitCode,
    /// Whether anything was brought from it.
    pub coverage: Coverage,
    /// Whether anything at all stands in its file.
    pub is_empty: bool,
    /// What we have of each contest, in the order of the set-up.
    pub ours: Vec<OurCopy>,
    /// All figures we hold of it: votes and lines.
    pub figures: Cells,
    /// Why copies could not be had, each reason once, sorted.
    pub missing: Vec<Missing>,
    /// Whether two entries of one document differ and nobody has typed it off the photograph.
    pub has_mismatch: bool,
    /// Whether two documents differ, or a whole from its parts.
    pub has_difference: bool,
    /// Whether a control relation does not hold.
    pub does_not_add_up: bool,
    /// Whether some entry is set aside until a person decides.
    pub awaits_check: bool,
}

impl UnitDigest {
    /// The digest of a file.
    pub fn of(file: &UnitFile, pack: &Pack) -> Self {
        let contests = &pack.election.contests;
        let broken = |verdict: &FindingVerdict| matches!(verdict, FindingVerdict::Broken { .. });
        let linked_differ = file.linked.iter().any(|sum| !sum.cells.is_empty());
        let mismatch = |document: &Document| {
            matches!(document.state, DocumentState::Mismatch { .. }) && !document.is_transcribed()
        };
        Self {
            unit: file.unit.clone(),
            coverage: file.coverage,
            is_empty: file.is_empty(),
            ours: contests.iter().map(|contest| our_copy(file, &contest.code, pack)).collect(),
            figures: our_figures(file, pack),
            missing: {
                let reasons: BTreeSet<Missing> =
                    file.not_obtained.iter().map(|report| report.missing).collect();
                reasons.into_iter().collect()
            },
            has_mismatch: file.documents.iter().any(mismatch),
            has_difference: !file.differences.is_empty() || linked_differ,
            does_not_add_up: file
                .documents
                .iter()
                .any(|document| document.findings.iter().any(|found| broken(&found.verdict))),
            awaits_check: file.set_aside().any(|(_, reason)| reason != Reason::Decided),
        }
    }

    /// Lets it share its keys with other digests: all of a country have a few sets of them, which then are
    /// kept once and compared by their address.
    pub fn share_keys(&mut self, shapes: &mut Shapes) {
        shapes.share(&mut self.figures);
        for copy in &mut self.ours {
            if let OurCopy::Settled { votes, .. } = copy {
                shapes.share(votes);
            }
        }
    }

    /// Whether what was published for it says otherwise than our copy.
    pub fn differs_from(&self, published: &Cells) -> bool {
        differ(&self.figures, published)
    }
}
