//! `hattama entries`: observers' figures from a spreadsheet, written down by headquarters' desk.

use std::{fmt::Write as _, path::PathBuf};

use clap::{Args, Subcommand};
use hattama_proto::{
    id::{OrgId, PersonId},
    statement::Level,
};
use serde::Deserialize;

use super::{
    CliError,
    access::Access,
    api::unexpected,
    official::{Brought, Sending, Told, level},
    output,
};

const AFTER_HELP: &str = "\
For figures of an earlier election, or of people without a phone: CSV of any separator and encoding, \
or a zip file with one, such as an export of ODK Central (its columns are then called `group-name`). \
The mapping is the one of `hattama official import`, with a section [entry] that says of which \
document a row is:

  [entry]
  form = \"protocol\"
  copy = \"certified\"

Entries are marked as not signed by a device, and confirm nobody. The same entry is written once, \
whoever brings it and in however many files it stands; a mended figure makes an entry beside the old \
one. Exit code 2: no row was understood.";

/// Flags of `hattama entries`.
#[derive(Debug, Args)]
pub(super) struct Entries {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Write observers' figures down from a table
    Import(Import),
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
struct Import {
    /// The table
    file: PathBuf,
    #[command(flatten)]
    brought: Brought,
    /// Which level its units are of: precinct, district (territorial commission), region, nation
    #[arg(long, value_parser = level, default_value = "precinct")]
    level: Level,
    /// Who observed, by pseudonym, where the table does not say
    #[arg(long, value_name = "PERSON")]
    person: Option<PersonId>,
    /// For which organisation, where nobody is named
    #[arg(long, value_name = "ORG")]
    org: Option<OrgId>,
    /// Show what would be understood, and every row that would not, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    access: Access,
}

#[derive(Deserialize)]
struct Counts {
    documents: usize,
    written: usize,
    written_before: usize,
    held: usize,
}

impl Entries {
    /// Imports.
    pub(super) fn run(self) -> Result<(), CliError> {
        let What::Import(import) = self.what;
        import.run()
    }
}

impl Import {
    fn run(self) -> Result<(), CliError> {
        if self.brought.mapping.is_none() {
            return Err(CliError::Input(
                "say with --map which column is which; `hattama official template` prints a \
                 mapping to begin with"
                    .into(),
            ));
        }
        let sending = Sending {
            path: "/v1/entries",
            query: &[
                ("level", Some(self.level.name().to_owned())),
                ("person", self.person.as_ref().map(ToString::to_string)),
                ("org", self.org.as_ref().map(ToString::to_string)),
                ("dry_run", self.dry_run.then(|| "true".to_owned())),
            ],
        };
        let answer = self.brought.send(&self.access.api()?, &self.file, &sending)?;
        let told: Told = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
        let counts: Counts = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
        if self.json {
            output::say_json(&answer)?;
        } else {
            output::say(&self.describe(&told, &counts))?;
        }
        if told.units == 0 {
            return Err(CliError::Input(
                "no row was understood, so nothing was written; look at [unit] in the mapping and \
                 at --level"
                    .into(),
            ));
        }
        Ok(())
    }

    fn describe(&self, told: &Told, counts: &Counts) -> String {
        let mut text = told.left_out();
        if let Some(report) = &told.report {
            text.push_str(&output::printable(&report.describe(told)));
        }
        let Counts { documents, written, written_before, held } = counts;
        let would = if self.dry_run { "would be " } else { "" };
        let _ = writeln!(
            text,
            "{}: documents: {documents}, entries {would}written: {written}, written before: \
             {written_before}, rows left out: {}.",
            self.file.display(),
            told.left_out.len()
        );
        if *held > 0 {
            let _ = writeln!(text, "{held} of them wait for a check.");
        }
        if self.dry_run {
            text.push_str("Nothing was written; leave --dry-run away to do so.\n");
        }
        text
    }
}
