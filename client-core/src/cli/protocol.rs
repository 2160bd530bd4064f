//! `hattama-observer protocol`: one copy of a results protocol.

use std::path::PathBuf;

use clap::Args;
use hattama_client_core::capture::{PhotoInput, ProtocolDraft};
use hattama_proto::{
    id::{CopyType, FormCode, LineCode, TableCode, UnitCode},
    record::{Mark, SheetFlags},
};

use super::{
    At, CliError,
    open::Beginning,
    recorded,
    values::{self, Cell},
};

const AFTER_HELP: &str = "\
Figures are taken as they stand on the paper; write - where nobody can read one.

Example:
  hattama-observer protocol --unit 101 --form protocol --copy certified --photo page1.jpg \\
    registered=1200 found=960 invalid=6 valid=954 president:saffron=500 president:indigo=454";

/// Flags of `hattama-observer protocol`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Protocol {
    /// Whose protocol it is: the precinct's or higher commission's code
    #[arg(long, value_name = "CODE")]
    unit: UnitCode,
    /// The form, by its code in the set-up
    #[arg(long, value_name = "CODE")]
    form: FormCode,
    /// Which document it is: certified copy, posted sheet ..., by its code in the set-up
    #[arg(long, value_name = "TYPE")]
    copy: CopyType,
    /// Which summary table, for a higher commission that keeps several
    #[arg(long, value_name = "CODE")]
    table: Option<TableCode>,
    /// Number printed or written on the document
    #[arg(long, value_name = "TEXT")]
    number: Option<String>,
    /// Time printed or written on the document, as it stands there
    #[arg(long, value_name = "TEXT")]
    time: Option<String>,
    /// A photograph; repeat it for every page, in order
    #[arg(long = "photo", value_name = "FILE")]
    photos: Vec<PathBuf>,
    /// How a line looks: LINE=overwritten, struck-out, illegible or pencil
    #[arg(long = "mark", value_name = "LINE=MARK", value_parser = values::mark)]
    marks: Vec<(LineCode, Mark)>,
    /// Whether it is signed by chair and secretary: yes or no
    #[arg(long, value_name = "YES|NO", value_parser = values::yes_no)]
    signed: Option<bool>,
    /// Whether it is sealed: yes or no
    #[arg(long, value_name = "YES|NO", value_parser = values::yes_no)]
    sealed: Option<bool>,
    /// Whether every page was photographed: yes or no
    #[arg(long, value_name = "YES|NO", value_parser = values::yes_no)]
    every_page: Option<bool>,
    /// Figures: LINE=VALUE, CONTEST:CHOICE=VALUE
    #[arg(value_name = "CELL=VALUE", value_parser = values::cell)]
    cells: Vec<Cell>,
}

impl Protocol {
    /// Records it.
    pub(super) fn run(self, at: &At) -> Result<(), CliError> {
        let draft = self.draft()?;
        recorded::tell(at, &at.open(Beginning::WithElection)?.capture_protocol(draft)?)
    }

    /// What was typed, as a draft.
    pub(super) fn draft(self) -> Result<ProtocolDraft, CliError> {
        let mut draft = ProtocolDraft::new(self.unit, self.form, self.copy);
        draft.table = self.table;
        draft.document_number = self.number;
        draft.document_time = self.time;
        draft.photos = pages(self.photos);
        draft.flags =
            SheetFlags { signed: self.signed, sealed: self.sealed, every_page: self.every_page };
        for (line, mark) in self.marks {
            draft.marks.entry(line).or_default().push(mark);
        }
        for cell in self.cells {
            let twice = match cell {
                Cell::Line(line, figure) => {
                    draft.lines.insert(line.clone(), figure).map(|_| line.to_string())
                }
                Cell::Vote(contest, choice, figure) => {
                    let name = format!("{contest}:{choice}");
                    draft.contests.entry(contest).or_default().insert(choice, figure).map(|_| name)
                }
            };
            if let Some(name) = twice {
                return Err(CliError::Input(format!(
                    "{name} is given twice; give it once, as it stands on the paper"
                )));
            }
        }
        Ok(draft)
    }
}

/// Files as pages in the order given, from 1.
pub(super) fn pages(files: Vec<PathBuf>) -> Vec<PhotoInput> {
    (1..).zip(files).map(|(page, path)| PhotoInput { path, page }).collect()
}
