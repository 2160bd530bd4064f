//! Merge: from records to the files of units. Pure; order of arrival cannot matter.

mod cells;
mod entry;
mod line;
mod standing;
mod statements;

pub use self::{
    cells::{CellKey, Cells, Shapes},
    entry::{Entry, EntryBody, EntryPhoto, FilledForm, NoCopy, Sheet},
    line::LineError,
    standing::{CorrectionFacts, Facts, Reason, Standing, reason_against, standing},
    statements::Statements,
};
