//! `hattama-observer correct`: the only kind of edit there is.

use clap::{Args, Subcommand};
use hattama_client_core::capture::{CorrectedDraft, CorrectionDraft, KeptPhotos};
use hattama_proto::id::RecordId;

use super::{
    At, CliError, form::Form, incident::Incident, not_obtained::NotObtained, open::Beginning,
    protocol::Protocol, recorded,
};

const AFTER_HELP: &str = "\
The earlier record stays, and headquarters shows both. Give the whole record as it should have \
been; its photographs are kept unless you say --leave-photos.

Example:
  hattama-observer correct 8d3f... --reason 'A digit was mistyped' \\
    protocol --unit 101 --form protocol --copy certified registered=1200 ...";

/// Flags of `hattama-observer correct`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Correct {
    /// The record that was wrong
    #[arg(value_name = "RECORD_ID")]
    record: RecordId,
    /// Why it was wrong
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// The photographs showed something else: leave them with the earlier record
    #[arg(long)]
    leave_photos: bool,
    #[command(subcommand)]
    becomes: Becomes,
}

/// What it should have said.
#[derive(Debug, Subcommand)]
enum Becomes {
    /// A results protocol
    Protocol(Protocol),
    /// A copy that could not be had
    NotObtained(NotObtained),
    /// A checklist or another form
    Form(Form),
    /// An incident
    Incident(Incident),
}

impl Correct {
    /// Records the correction.
    pub(super) fn run(self, at: &At) -> Result<(), CliError> {
        let notebook = at.open(Beginning::Refused)?;
        let becomes = match self.becomes {
            Becomes::Protocol(protocol) => CorrectedDraft::Protocol(protocol.draft()?),
            Becomes::NotObtained(missing) => CorrectedDraft::NotObtained(missing.draft()),
            Becomes::Form(form) => CorrectedDraft::Form(form.draft(&notebook)),
            Becomes::Incident(incident) => CorrectedDraft::Incident(incident.draft()),
        };
        let earlier_photos = if self.leave_photos { KeptPhotos::Leave } else { KeptPhotos::Keep };
        let draft = CorrectionDraft { reason: self.reason, becomes, earlier_photos };
        recorded::tell(at, &notebook.correct(self.record, draft)?)
    }
}
