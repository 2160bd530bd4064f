//! Opening the notebook that a command is about.

use hattama_client_core::{Notebook, NotebookOptions};
use hattama_proto::record::App;
use std::path::Path;

use super::{At, CliError, output};

/// Whether a command may begin a notebook.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Beginning {
    /// It may: this is how one comes to be.
    Allowed,
    /// It may if the election is known; nothing can be captured otherwise.
    WithElection,
    /// There has to be one: a slip in the folder's name shall not make an empty notebook.
    Refused,
}

impl At {
    /// The notebook.
    pub(super) fn open(&self, beginning: Beginning) -> Result<Notebook, CliError> {
        let folder = self.notebook.as_deref().ok_or_else(|| {
            CliError::Input(
                "say which notebook: --notebook DIR, or the variable HATTAMA_NOTEBOOK".into(),
            )
        })?;
        if !is_notebook(folder) {
            let name = folder.display();
            match beginning {
                Beginning::Refused => {
                    return Err(CliError::Device(format!(
                        "{name} holds no notebook; begin one with `hattama-observer enrol`"
                    )));
                }
                Beginning::WithElection if self.election.is_none() => {
                    return Err(CliError::Input(format!(
                        "{name} holds no notebook yet: enrol first, or give --election ID to \
                         capture before that"
                    )));
                }
                Beginning::Allowed | Beginning::WithElection => {}
            }
        }
        let app = App {
            name: env!("CARGO_BIN_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let election = self.election.clone();
        let options = NotebookOptions { election, app, ..NotebookOptions::default() };
        let notebook = Notebook::open(folder, options)?;
        tell_how_it_went(&notebook);
        Ok(notebook)
    }
}

/// A notebook is where its keys are.
fn is_notebook(folder: &Path) -> bool {
    folder.join("keys.json").exists()
}

fn tell_how_it_went(notebook: &Notebook) {
    let opened = notebook.opened();
    if let Some(salvage) = &opened.salvage {
        output::note(&format!(
            "warning: the notebook's database was damaged. It is kept as {}; {} records and {} \
             receipts were read back. Let your coordinator have the folder.",
            salvage.kept_as, salvage.records, salvage.receipts
        ));
    }
    if opened.restored > 0 {
        output::note(&format!(
            "note: {} records were taken from their files into the database",
            opened.restored
        ));
    }
}
