//! `hattama-observer follow`: on into the election that follows, without a new invitation.

use std::path::PathBuf;

use clap::Args;
use hattama_client_core::{Notebook, NotebookOptions};
use hattama_proto::record::App;

use super::{At, CliError, enrol, open::Beginning, output};

const AFTER_HELP: &str = "\
Headquarters says by `sync` which election follows, signed by its root key. The new notebook has keys \
of its own, for which the old ones vouch; records stay where they are.

Example:
  hattama-observer --notebook first-round sync
  hattama-observer --notebook first-round follow --into second-round";

/// Flags of `hattama-observer follow`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Follow {
    /// Folder of the notebook for the election that follows; made if there is none
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
}

impl Follow {
    /// Enrols the next notebook.
    pub(super) fn run(self, at: &At) -> Result<(), CliError> {
        let notebook = at.open(Beginning::Refused)?;
        let app = App {
            name: env!("CARGO_BIN_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        // Before a folder is made for what nobody announced.
        let election = Some(notebook.needed_succession()?.next);
        let options = NotebookOptions { election, app, ..NotebookOptions::default() };
        let next = Notebook::open(&self.into, options)?;
        let enrolled = notebook.follow(&next)?;
        if at.json {
            return output::say_json(&enrol::as_json(&enrolled));
        }
        output::say(&enrol::told(&enrolled))
    }
}
