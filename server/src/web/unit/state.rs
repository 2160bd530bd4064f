//! The state of a unit's file in a few chips. Pure.

use hattama_proto::pack::FindingVerdict;

use crate::{
    compare::{differ, our_figures},
    merge::{
        Cells, Document, DocumentState, EntryFlag, Reason, Shows, Standing, Transcribed, UnitFile,
    },
    web::{chip::Chip, frame::Frame},
};

/// The chips of a unit, the most urgent first.
pub(in crate::web) fn chips(frame: &Frame, file: &UnitFile, official: Option<&Cells>) -> Vec<Chip> {
    let w = frame.w;
    let mut chips = Vec::new();
    let mut say = |applies: bool, chip: Chip| {
        if applies {
            chips.push(chip);
        }
    };
    let differs =
        official.is_some_and(|official| differ(&our_figures(file, &frame.pack), official));
    let any = |is: fn(&DocumentState) -> bool| file.documents.iter().any(|doc| is(&doc.state));
    let broken = |verdict: &FindingVerdict| matches!(verdict, FindingVerdict::Broken { .. });
    say(differs, Chip::official(w.differs_from_published));
    say(!file.differences.is_empty(), Chip::alert(w.difference_between_copies));
    say(file.linked.iter().any(|sum| !sum.cells.is_empty()), Chip::alert(w.linked_broken));
    let is_mismatch = |doc: &&Document| matches!(doc.state, DocumentState::Mismatch { .. });
    let open = file.documents.iter().filter(is_mismatch).any(|doc| !doc.is_transcribed());
    say(open, Chip::warn(w.entry_mismatch));
    for known in file.documents.iter().filter_map(|doc| doc.transcribed.as_ref()) {
        say(true, transcribed(frame, known));
    }
    say(
        file.documents.iter().any(|doc| doc.findings.iter().any(|found| broken(&found.verdict))),
        Chip::warn(w.does_not_add_up),
    );
    say(!file.not_obtained.is_empty(), Chip::warn(w.not_obtained));
    say(
        file.set_aside().any(|(_, reason)| reason != Reason::Decided),
        Chip::warn(w.awaiting_check),
    );
    say(!file.perhaps_one.is_empty(), Chip::plain(w.perhaps_one));
    let moved_here = file.entries.iter().any(|filed| filed.flags.contains(&EntryFlag::MovedHere));
    say(moved_here, Chip::plain(w.moved_here));
    say(!file.moved_away.is_empty(), Chip::plain(w.moved));
    say(any(|state| *state == DocumentState::Corroborated), Chip::good(w.corroborated));
    say(any(|state| *state == DocumentState::Single), Chip::plain(w.single));
    if chips.is_empty() {
        chips.push(Chip::plain(w.no_document));
    }
    chips
}

/// What was transcribed of a document, as a chip.
pub(in crate::web) fn transcribed(frame: &Frame, known: &Transcribed) -> Chip {
    let w = &frame.w.transcription;
    if !known.reopened_by.is_empty() {
        return Chip::warn(w.opened_again);
    }
    match &known.shows {
        Shows::Figures { .. } => Chip::good(w.transcribed),
        Shows::Illegible => Chip::plain(w.shows[1]),
        Shows::WrongUnit { unit } => Chip::alert(format!("{}: {unit}", w.shows[2])),
        Shows::WrongCopy { copy } => Chip::alert(format!("{}: {}", w.shows[3], frame.copy(copy))),
        Shows::NotAProtocol => Chip::alert(w.shows[4]),
        Shows::SheetMissing => Chip::warn(w.shows[5]),
    }
}

/// Whether a record counts, as a chip.
pub(in crate::web) fn standing(frame: &Frame, standing: &Standing) -> Chip {
    let text = frame.w.standing(standing);
    match standing {
        Standing::Counted => Chip::good(text),
        Standing::SetAside { .. } => Chip::warn(text),
        Standing::Superseded { .. } => Chip::plain(text),
    }
}
