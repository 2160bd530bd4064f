//! Which of a precinct's copies is ours. Pure.
//!
//! **Which copy is ours**, for one contest of one precinct, in this order:
//!
//! 1. where the set-up links copies: the whole (the summary), else the sum of all its parts
//!    (electronic and paper); a part alone is not the count;
//! 2. else the first copy type in the order of the set-up that is not such a part.
//!
//! A document whose entries differ is passed over, until a transcription settles it; several documents of
//! one copy type count in the cells in which they agree. Nothing is averaged, and nothing is filled in: a
//! precinct without a usable document adds nothing and is counted as *unsettled*, *not obtained* or
//! *nothing*.

use hattama_proto::{
    id::{ContestCode, CopyType},
    pack::Pack,
};

use crate::merge::{CellKey, Cells, Document, UnitFile};

/// What we have of one contest of one precinct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OurCopy {
    /// Figures that may be added up.
    Settled {
        /// The copy type they are from; several where parts were added.
        copies: Vec<CopyType>,
        /// Votes; null where the copy has no agreed figure.
        votes: Cells,
        /// Whether every document that was used was transcribed: typed off its photographs by
        /// people who saw nothing else.
        transcribed: bool,
    },
    /// There are documents, and none can be used.
    Unsettled,
    /// No copy was obtained, and we know why.
    NotObtained,
    /// Nothing is known.
    Nothing,
}

impl OurCopy {
    /// Its votes, where they may be added up.
    pub(super) const fn votes(&self) -> Option<&Cells> {
        match self {
            Self::Settled { votes, .. } => Some(votes),
            Self::Unsettled | Self::NotObtained | Self::Nothing => None,
        }
    }
}

/// What we have of one contest of a precinct, by the rule above.
pub fn our_copy(file: &UnitFile, contest: &ContestCode, pack: &Pack) -> OurCopy {
    let documents: Vec<&Document> = file
        .documents
        .iter()
        .filter(|document| document.table.is_none())
        .filter(|document| document.figures().votes(contest).next().is_some())
        .collect();
    let settled = |copies: &[&CopyType], votes: Option<Cells>| {
        let votes = votes.filter(|votes| votes.iter().any(|(_, votes)| votes.is_some()))?;
        let used =
            |document: &&&Document| copies.contains(&&document.copy) && document.is_settled();
        Some(OurCopy::Settled {
            copies: copies.iter().map(|copy| (*copy).clone()).collect(),
            votes,
            transcribed: documents.iter().filter(used).all(|document| document.is_transcribed()),
        })
    };
    let linked = &pack.election.linked;
    let of_linked = linked.iter().find_map(|linked| {
        settled(&[&linked.whole], agreed(&documents, &linked.whole, contest)).or_else(|| {
            let parts: Option<Vec<_>> =
                linked.parts.iter().map(|part| agreed(&documents, part, contest)).collect();
            settled(&linked.parts.iter().collect::<Vec<_>>(), added(&parts?))
        })
    });
    let is_part = |copy: &CopyType| linked.iter().any(|linked| linked.parts.contains(copy));
    let mut in_order = pack
        .election
        .copy_types
        .iter()
        .map(|definition| &definition.code)
        .filter(|copy| !is_part(copy));
    of_linked
        .or_else(|| in_order.find_map(|copy| settled(&[copy], agreed(&documents, copy, contest))))
        .unwrap_or({
            if !documents.is_empty() {
                OurCopy::Unsettled
            } else if !file.not_obtained.is_empty() {
                OurCopy::NotObtained
            } else {
                OurCopy::Nothing
            }
        })
}

/// The votes on which all settled documents of a copy type agree; none if there is none.
fn agreed(documents: &[&Document], copy: &CopyType, contest: &ContestCode) -> Option<Cells> {
    let mut readings = documents
        .iter()
        .filter(|document| document.copy == *copy && document.is_settled())
        .map(|document| document.figures());
    let first = readings.next()?;
    let others: Vec<&Cells> = readings.collect();
    Some(Cells::from_pairs(
        first.iter().chain(others.iter().flat_map(|cells| cells.iter())).filter_map(|(key, _)| {
            if !matches!(key, CellKey::Vote { contest: of, .. } if of == contest) {
                return None;
            }
            let mut figures =
                std::iter::once(&first).chain(&others).filter_map(|cells| cells.get(key));
            let figure = figures.next();
            Some((key.clone(), figure.filter(|figure| figures.all(|other| other == *figure))))
        }),
    ))
}

/// The parts added up, in the cells that all of them have.
fn added(parts: &[Cells]) -> Option<Cells> {
    let (first, others) = parts.split_first()?;
    Some(Cells::from_pairs(first.iter().map(|(key, figure)| {
        let sum = others
            .iter()
            .try_fold(figure, |sum, part| Some(Some(sum?.saturating_add(part.get(key)?))));
        (key.clone(), sum.flatten())
    })))
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use hattama_proto::record::Missing;

    use super::*;
    use crate::merge::{
        Entry, merge,
        world::{cell, contest, copy, entry, everybody, full, not_obtained, pack, sheet, unit},
    };

    pub(in crate::compare) fn votes(a: u64, b: u64) -> Cells {
        Cells::from_pairs([(cell(3), Some(a)), (cell(4), Some(b))])
    }

    pub(in crate::compare) fn brought(
        number: usize,
        by: u8,
        at: &str,
        copy: &str,
        a: u64,
        b: u64,
    ) -> Entry {
        let photo = u8::try_from(number).unwrap();
        entry(number, by, at, sheet(copy, None, full([9, 9, 9, a, b]), photo))
    }

    pub(in crate::compare) fn file(at: &str, entries: &[Entry]) -> UnitFile {
        let entries: Vec<_> = entries.iter().cloned().map(Arc::new).collect();
        merge(&unit(at), &entries, &everybody(), &pack())
    }

    fn ours(entries: &[Entry]) -> OurCopy {
        our_copy(&file("11-1", entries), &contest("president"), &pack())
    }

    fn from(copies: &[&str], a: u64, b: u64) -> OurCopy {
        let copies = copies.iter().map(|code| copy(code)).collect();
        OurCopy::Settled { copies, votes: votes(a, b), transcribed: false }
    }

    #[test]
    fn the_summary_is_ours_before_its_parts_and_before_any_other_copy() {
        let mut entries = vec![
            brought(0, 0, "11-1", "certified", 1, 1),
            brought(1, 0, "11-1", "electronic", 2, 3),
            brought(2, 0, "11-1", "paper", 10, 20),
        ];
        assert_eq!(ours(&entries), from(&["electronic", "paper"], 12, 23));
        entries.push(brought(3, 0, "11-1", "summary", 12, 24));
        assert_eq!(ours(&entries), from(&["summary"], 12, 24));
        assert_eq!(ours(&entries[..2]), from(&["certified"], 1, 1));
    }

    #[test]
    fn a_part_alone_is_not_the_count() {
        assert_eq!(ours(&[brought(0, 0, "11-1", "paper", 1, 1)]), OurCopy::Unsettled);
    }

    #[test]
    fn the_order_of_the_set_up_decides_between_other_copies() {
        let entries =
            [brought(0, 0, "11-1", "posted", 3, 3), brought(1, 1, "11-1", "certified", 4, 4)];
        assert_eq!(ours(&entries), from(&["certified"], 4, 4));
    }

    #[test]
    fn a_document_whose_entries_differ_is_passed_over() {
        let mut entries = vec![
            brought(0, 0, "11-1", "certified", 4, 4),
            brought(1, 1, "11-1", "certified", 4, 5),
        ];
        assert_eq!(ours(&entries), OurCopy::Unsettled);
        entries.push(brought(2, 2, "11-1", "posted", 3, 3));
        assert_eq!(ours(&entries), from(&["posted"], 3, 3));
    }

    #[test]
    fn numbered_copies_count_in_the_cells_in_which_they_agree() {
        let numbered = |number: usize, text, b| {
            let photo = u8::try_from(number).unwrap();
            entry(number, 0, "11-1", sheet("certified", Some(text), full([9, 9, 9, 4, b]), photo))
        };
        let expected = Cells::from_pairs([(cell(3), Some(4)), (cell(4), None)]);
        let found = ours(&[numbered(0, "1", 4), numbered(1, "2", 5)]);
        let copies = vec![copy("certified")];
        assert_eq!(found, OurCopy::Settled { copies, votes: expected, transcribed: false });
    }

    #[test]
    fn a_copy_not_obtained_is_told_from_nothing() {
        let refused = entry(0, 0, "11-1", not_obtained(Missing::CopyRefused));
        assert_eq!(ours(&[refused]), OurCopy::NotObtained);
        assert_eq!(ours(&[]), OurCopy::Nothing);
    }
}
