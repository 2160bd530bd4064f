//! Reading what others keep in tables: what a commission published, what observers wrote down in a
//! spreadsheet.
//!
//! ```text
//! file ── unpacked (zip) ── decoded (encoding) ── split (separator) ── mapped ──> unit, figures
//!                                                               └──> rows left out, and why
//! ```
//!
//! Commissions publish CSV in every encoding, under their own headers, one row per unit or one per
//! unit and choice. A small commented [`Mapping`] says what is what. **Nothing is guessed**: a row
//! that is not understood is left out and told with its line, a unit that stands twice is left out
//! whole, and the file is kept as it is. Without a mapping a table names its columns as the election
//! set-up does ([`read_publication`]), and of a unit that stands twice its first row is taken.
//!
//! Everything here only computes; who keeps what was read is `publishing`.

mod balance;
mod cell;
mod code;
mod decode;
mod figure;
mod lines;
mod mapping;
mod plain;
mod plan;
mod read;
mod report;
mod rows;
mod sheet;
mod sketch;
#[cfg(test)]
mod tests;

pub use self::{
    balance::{BrokenRelation, broken_relations},
    decode::FileError,
    mapping::{EntryColumns, Mapping, MappingError},
    plain::{PublicationError, read_publication},
    read::read_official,
    report::{FirstRow, ReadingReport, report},
    rows::{Column, EntryTexts, LeftOut, OfficialRow, OfficialRows, Printed, Why},
    sheet::sheet,
    sketch::sketch,
};
