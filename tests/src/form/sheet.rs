//! What stands on a form, as plain data: the printed words, and what somebody wrote.

/// A results form of one commission, filled in.
///
/// Everything is text to be printed or figures to be written; no type of the wire appears here, so
/// that a story may put on paper what no record would hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sheet {
    /// The heading, one line per language.
    pub title: Vec<String>,
    /// The commission's printed name.
    pub commission: String,
    /// The code of the precinct, district or region, as printed.
    pub unit_code: String,
    /// Which copy of the document this is: *certified copy*, *posted sheet* and so on.
    pub copy_label: String,
    /// The serial number of the blank, if the form has one.
    pub document_number: Option<String>,
    /// The lines of the form, in the order of the paper.
    pub lines: Vec<SheetLine>,
    /// What each choice received, in the order of the paper.
    pub choices: Vec<SheetLine>,
    /// When it was signed. Written by hand where a hand could: digits and `- . : /`.
    pub signed_at: Option<String>,
    /// What fills the boxes.
    pub filling: Filling,
    /// What else happened to this paper.
    pub marks: Vec<Mark>,
}

/// One line of a form.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SheetLine {
    /// The printed number of the line.
    pub number: String,
    /// The printed label, one text per language.
    pub label: Vec<String>,
    /// What stands in its box.
    pub written: Written,
}

/// What stands in the box of a line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Written {
    /// A figure.
    Figure(u64),
    /// A figure with another written firmly over it. The later one can be read.
    Overwritten {
        /// The figure below.
        was: u64,
        /// The figure on top.
        now: u64,
    },
    /// A figure struck out, still readable, with nothing in its place.
    StruckOut(u64),
    /// Something that nobody can read.
    Illegible,
    /// Nothing.
    Blank,
}

/// What the figures are written with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Filling {
    /// A blue pen.
    #[default]
    BluePen,
    /// A black pen.
    BlackPen,
    /// A machine: plain figures in type. Corrections are still by pen.
    Printer,
}

/// What else can be seen on the paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mark {
    /// The round impression of the exercise's stamp.
    Stamp,
    /// So many signatures of members, at most six.
    Signatures(u8),
    /// The paper was folded once across.
    Crease,
}
