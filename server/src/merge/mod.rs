//! Merge: from records to the files of units.
//!
//! ```text
//! record ──> Entry ──┐
//!                    ├─ merge ──> UnitFile ──> state root
//! Statements, Pack ──┘  (standing, documents, copies)
//! ```
//!
//! Beside it, [`Ledger`] keeps every record with its one fate, for the account that is published.
//!
//! Everything here is pure: it imports `std`, `serde`, `hattama_proto` and itself. Order of
//! arrival, duplicates and the way by which a record came cannot matter; [`Picture`] keeps all
//! files current one record at a time and equals the full computation always. Both are tested as
//! laws.

mod cell_reader;
mod cells;
mod copies;
mod documents;
mod entry;
mod ledger;
mod line;
#[expect(clippy::module_inception, reason = "the folder is the stage, the file is its function")]
mod merge;
mod picture;
mod relations;
mod shown;
mod standing;
mod state_root;
mod statements;
mod transcribed;
mod unit_file;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod ledger_laws;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod world;

pub use self::{
    cell_reader::CellReader,
    cells::{CellKey, Cells, Shapes},
    entry::{Entry, EntryBody, EntryPhoto, FilledForm, NoCopy, Sheet},
    ledger::{Fate, Ledger, Row, fate},
    line::LineError,
    merge::merge,
    picture::Picture,
    relations::check as broken_relations,
    shown::shown,
    standing::{CorrectionFacts, Facts, Reason, Standing, reason_against, standing},
    state_root::{StateRoot, StateRootBuilder},
    statements::Statements,
    transcribed::{Otherwise, Shows, Transcribed},
    unit_file::{
        CopyNotObtained, Coverage, DifferenceBetweenCopies, DifferingCell, Document, DocumentState,
        EntryFlag, FiledEntry, LinkedSum, MovedAway, PerhapsOne, UnfollowedLink, UnitFile,
    },
};
