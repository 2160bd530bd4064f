//! `hattama-observer incident`: something that happened.

use std::path::PathBuf;

use clap::Args;
use hattama_client_core::capture::IncidentDraft;
use hattama_proto::{
    id::{CategoryCode, PhaseCode, RecordId, UnitCode},
    record::Severity,
    time::ClaimedTime,
};

use super::{At, CliError, open::Beginning, protocol::pages, recorded};

const AFTER_HELP: &str = "\
An incident is signed by a key of its own, which nobody outside headquarters' vault can link with \
the one that signs your protocols. Do not put names into the words.

Example:
  hattama-observer incident --category observer-restricted --phase count --severity high \\
    --unit 101 --words 'Sent out of the room while the ballots were sorted'";

/// Flags of `hattama-observer incident`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Incident {
    /// Category by its code in the set-up; repeat it for several, the main one first
    #[arg(long = "category", value_name = "CODE", required = true)]
    categories: Vec<CategoryCode>,
    /// Phase of the election, by its code in the set-up
    #[arg(long, value_name = "CODE")]
    phase: PhaseCode,
    /// How bad, as you judge it: low, medium, high, critical
    #[arg(long, value_parser = severity)]
    severity: Severity,
    /// The unit, if it happened at one
    #[arg(long, value_name = "CODE", conflicts_with = "place")]
    unit: Option<UnitCode>,
    /// The place in words, where there is no unit
    #[arg(long, value_name = "TEXT")]
    place: Option<String>,
    /// When, with offset: 2005-12-04T22:15:00+06:00
    #[arg(long = "at", value_name = "TIME")]
    occurred_at: Option<ClaimedTime>,
    /// What happened, in your words
    #[arg(long, value_name = "TEXT")]
    words: String,
    /// Language of the words: kk, ru, en
    #[arg(long, value_name = "LANG", default_value = "en")]
    language: String,
    /// A photograph or other file; repeat it for several
    #[arg(long = "photo", value_name = "FILE")]
    photos: Vec<PathBuf>,
    /// An earlier record this one speaks of
    #[arg(long, value_name = "ID")]
    refers_to: Option<RecordId>,
}

impl Incident {
    /// Records it.
    pub(super) fn run(self, at: &At) -> Result<(), CliError> {
        let notebook = at.open(Beginning::WithElection)?;
        recorded::tell(at, &notebook.capture_incident(self.draft())?)
    }

    /// What was typed, as a draft.
    pub(super) fn draft(self) -> IncidentDraft {
        IncidentDraft {
            categories: self.categories,
            phase: self.phase,
            severity: self.severity,
            unit: self.unit,
            place_words: self.place,
            occurred_at: self.occurred_at,
            words: self.words,
            language: self.language,
            attachments: pages(self.photos),
            refers_to: self.refers_to,
        }
    }
}

fn severity(text: &str) -> Result<Severity, String> {
    Severity::from_name(text).ok_or_else(|| "expected low, medium, high or critical".to_owned())
}
