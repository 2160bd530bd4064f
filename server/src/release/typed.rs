//! Who read our figures of a precinct off the photographs. Pure.
//!
//! What nobody could read in a transcription stands as the observers typed it, which is good for
//! comparing and not for making public: so a document is asked cell by cell.

use hattama_proto::{
    id::{ContestCode, CopyType, LineCode},
    pack::Pack,
    statement::SettledBy,
};

use super::gate::TypedBy;
use crate::{
    compare::{OurCopy, documents_of_line, line_copies, our_copy},
    merge::{CellKey, Document, Shows, UnitFile},
};

/// Who read the figures that are ours in one contest: the least of what holds of every document that
/// was used.
pub(super) fn typed_by(file: &UnitFile, contest: &ContestCode, pack: &Pack) -> TypedBy {
    let OurCopy::Settled { copies, .. } = our_copy(file, contest, pack) else {
        return TypedBy::Nobody;
    };
    file.documents
        .iter()
        .filter(|document| document.table.is_none() && copies.contains(&document.copy))
        .filter(|document| document.is_settled())
        .filter(|document| document.figures().votes(contest).next().is_some())
        .map(|document| {
            read_by(
                document,
                |cell| matches!(cell, CellKey::Vote { contest: of, .. } if of == contest),
            )
        })
        .min()
        .unwrap_or(TypedBy::Nobody)
}

/// Lines of a precinct's form that two people typed blind off every document that is used for them.
pub(super) struct TypedLines<'a> {
    file: &'a UnitFile,
    copies: Vec<CopyType>,
}

impl<'a> TypedLines<'a> {
    /// Those of a unit.
    pub(super) fn of(file: &'a UnitFile, pack: &Pack) -> Self {
        Self { file, copies: line_copies(file, pack).unwrap_or_default() }
    }

    /// Whether this line is one of them.
    pub(super) fn have(&self, line: &LineCode) -> bool {
        let documents =
            self.copies.iter().flat_map(|copy| documents_of_line(self.file, copy, line));
        let is_it = |cell: &CellKey| matches!(cell, CellKey::Line { line: of } if of == line);
        documents.map(|document| read_by(document, is_it)).min() == Some(TypedBy::TwoBlind)
    }
}

/// Who read those figures of a document that are asked for: nobody, as soon as one of them is as the
/// observers typed it.
fn read_by(document: &Document, is_asked_for: impl Fn(&CellKey) -> bool) -> TypedBy {
    let Some(said) = document.transcribed.as_ref().filter(|_| document.is_transcribed()) else {
        return TypedBy::Nobody;
    };
    let Shows::Figures { transcribed, figures, .. } = &said.shows else { return TypedBy::Nobody };
    let is_read = |(cell, figure): (&CellKey, Option<u64>)| {
        figure.is_none() || !is_asked_for(cell) || transcribed.get(cell).is_some()
    };
    if !figures.iter().all(is_read) {
        return TypedBy::Nobody;
    }
    match said.settled_by {
        SettledBy::TwoAlike | SettledBy::Third => TypedBy::TwoBlind,
        SettledBy::Decision => TypedBy::OneDecided,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hattama_proto::statement::Reading;

    use super::*;
    use crate::merge::{
        Cells, Entry, merge,
        world::{
            cells, contest, entry, everybody, full, line, pack, sheet, transcription, typed, unit,
        },
    };

    const BROUGHT: [u64; 5] = [9, 2, 7, 4, 3];

    /// A precinct whose documents were brought and transcribed so.
    fn file(entries: &[Entry], transcriptions: &[(usize, u8, Cells)]) -> UnitFile {
        let mut statements = everybody();
        for (number, photo, read) in transcriptions {
            let reading = Reading::Figures(typed(read));
            statements.apply_transcription(
                100 + *number as u64,
                transcription(&[*number], &[*photo], reading),
            );
        }
        let entries: Vec<_> = entries.iter().cloned().map(Arc::new).collect();
        merge(&unit("11-1"), &entries, &statements, &pack())
    }

    fn brought(number: usize, document: &str) -> Entry {
        let photo = u8::try_from(number).unwrap();
        entry(number, 0, "11-1", sheet("certified", Some(document), full(BROUGHT), photo))
    }

    fn lines(file: &UnitFile, pack: &Pack) -> Vec<bool> {
        let typed = TypedLines::of(file, pack);
        ["1", "2", "3"].map(|code| typed.have(&line(code))).into()
    }

    #[test]
    fn a_line_that_nobody_could_read_off_the_photograph_is_not_typed_although_the_votes_are() {
        let mut read = BROUGHT.map(|figure| Some(Some(figure)));
        (read[0], read[1]) = (None, Some(None));
        let file = file(&[brought(0, "1")], &[(0, 0, cells(read))]);
        assert_eq!(typed_by(&file, &contest("president"), &pack()), TypedBy::TwoBlind);
        assert_eq!(lines(&file, &pack()), [false, false, true]);
    }

    #[test]
    fn votes_that_nobody_could_read_off_the_photograph_are_typed_by_nobody() {
        let mut read = BROUGHT.map(|figure| Some(Some(figure)));
        read[4] = Some(None);
        let file = file(&[brought(0, "1")], &[(0, 0, cells(read))]);
        assert_eq!(typed_by(&file, &contest("president"), &pack()), TypedBy::Nobody);
        assert_eq!(lines(&file, &pack()), [true, true, true]);
    }

    #[test]
    fn a_line_is_not_typed_while_another_document_that_has_it_is_not() {
        let whole = full(BROUGHT);
        let only_lines = cells([Some(Some(9)), None, None, None, None]);
        let second = entry(1, 1, "11-1", sheet("certified", Some("2"), only_lines, 1));
        let file = file(&[brought(0, "1"), second], &[(0, 0, whole)]);
        assert_eq!(typed_by(&file, &contest("president"), &pack()), TypedBy::TwoBlind);
        assert_eq!(lines(&file, &pack()), [false, true, true]);
    }

    #[test]
    fn of_what_nobody_transcribed_nothing_is_typed() {
        let file = file(&[brought(0, "1")], &[]);
        assert_eq!(typed_by(&file, &contest("president"), &pack()), TypedBy::Nobody);
        assert_eq!(lines(&file, &pack()), [false; 3]);
    }
}
