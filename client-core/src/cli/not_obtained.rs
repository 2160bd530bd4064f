//! `hattama-observer not-obtained`: a copy that could not be had.

use std::path::PathBuf;

use clap::Args;
use hattama_client_core::capture::NotObtainedDraft;
use hattama_proto::{
    id::{CopyType, UnitCode},
    record::Missing,
    time::ClaimedTime,
};

use super::{At, CliError, open::Beginning, protocol::pages, recorded};

const AFTER_HELP: &str = "\
A refusal is a finding and not missing data. Name offices, never persons.

Example:
  hattama-observer not-obtained --unit 102 --missing copy_refused \\
    --office 'chair of the commission' --words 'Told to come back tomorrow'";

/// Flags of `hattama-observer not-obtained`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct NotObtained {
    /// The precinct or higher commission
    #[arg(long, value_name = "CODE")]
    unit: UnitCode,
    /// What happened: copy_refused, not_posted, observer_removed, barred_from_count,
    /// count_moved_or_interrupted, not_finished
    #[arg(long, value_name = "WHY", value_parser = missing)]
    missing: Missing,
    /// Which copy was asked for, if one kind was
    #[arg(long, value_name = "TYPE")]
    copy: Option<CopyType>,
    /// When, with offset: 2005-12-04T22:15:00+06:00
    #[arg(long = "at", value_name = "TIME")]
    occurred_at: Option<ClaimedTime>,
    /// The office of who decided; no names
    #[arg(long, value_name = "TEXT")]
    office: Option<String>,
    /// What happened, in your words
    #[arg(long, value_name = "TEXT", default_value = "")]
    words: String,
    /// A picture; repeat it for several
    #[arg(long = "photo", value_name = "FILE")]
    photos: Vec<PathBuf>,
}

impl NotObtained {
    /// Records it.
    pub(super) fn run(self, at: &At) -> Result<(), CliError> {
        let notebook = at.open(Beginning::WithElection)?;
        recorded::tell(at, &notebook.capture_not_obtained(self.draft())?)
    }

    /// What was typed, as a draft.
    pub(super) fn draft(self) -> NotObtainedDraft {
        NotObtainedDraft {
            copy: self.copy,
            occurred_at: self.occurred_at,
            office: self.office,
            words: self.words,
            photos: pages(self.photos),
            ..NotObtainedDraft::new(self.unit, self.missing)
        }
    }
}

fn missing(text: &str) -> Result<Missing, String> {
    Missing::from_name(&text.replace('-', "_")).ok_or_else(|| {
        let names: Vec<&str> = Missing::ALL.iter().map(|missing| missing.name()).collect();
        format!("expected one of {}", names.join(", "))
    })
}
