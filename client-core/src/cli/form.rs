//! `hattama-observer form`: a checklist or any other form without figures of a protocol.

use clap::Args;
use hattama_client_core::{Notebook, capture::FormDraft};
use hattama_proto::id::{FormCode, UnitCode};

use super::{
    At, CliError,
    open::Beginning,
    recorded,
    values::{self, Typed},
};

const AFTER_HELP: &str = "\
Answers are yes, no, a number, a time, a code or words, as the question asks; - leaves it open. \
An answer that the set-up marks as critical opens an incident at headquarters.

Example:
  hattama-observer form --unit 101 --form opening box-empty=yes opened-at=07:05 observers=4";

/// Flags of `hattama-observer form`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Form {
    /// The unit it is about
    #[arg(long, value_name = "CODE")]
    unit: UnitCode,
    /// The form, by its code in the set-up
    #[arg(long, value_name = "CODE")]
    form: FormCode,
    /// Answers
    #[arg(value_name = "QUESTION=ANSWER", value_parser = values::answer)]
    answers: Vec<Typed>,
}

impl Form {
    /// Records it.
    pub(super) fn run(self, at: &At) -> Result<(), CliError> {
        let notebook = at.open(Beginning::WithElection)?;
        let draft = self.draft(&notebook);
        recorded::tell(at, &notebook.capture_form(draft)?)
    }

    /// What was typed, as a draft; the set-up says what an answer means.
    pub(super) fn draft(self, notebook: &Notebook) -> FormDraft {
        let pack = notebook.pack().ok().flatten();
        let questions =
            pack.as_deref().and_then(|pack| pack.form(&self.form)).map(|form| &form.questions);
        let answers = self.answers.iter().map(|typed| {
            let asked = questions
                .and_then(|questions| questions.iter().find(|known| known.code == typed.question));
            (typed.question.clone(), typed.read(asked.map(|question| &question.kind)))
        });
        let answers = answers.collect();
        FormDraft { unit: self.unit, form: self.form, answers }
    }
}
