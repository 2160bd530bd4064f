//! `hattama official`: archives what the commission published, and says what was not understood.

use std::{
    fs::File,
    io::{IsTerminal as _, Read as _},
    path::PathBuf,
};

use clap::{Args, Subcommand};
use hattama_proto::statement::Level;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;

use super::{
    CliError,
    access::Access,
    api::{query, unexpected},
    output,
};

/// Files below this length are sent before a progress bar could be read, in bytes.
const PROGRESS_BYTES_MIN: u64 = 1024 * 1024;

const AFTER_HELP: &str = "\
The file is CSV in UTF-8 with one row per unit. Its first line names the columns: `unit`, and any \
of the forms' lines and the contests' choices:

  unit,registered,valid,president:saffron,president:indigo
  101,1200,954,500,454

Every row that is not understood is told with its line number; nothing is guessed. The file is \
kept for ever as it is, with its hash and the time; the same file again changes nothing. If no \
row was understood, nothing is kept and the exit code is 2.";

/// Flags of `hattama official`.
#[derive(Debug, Args)]
pub(super) struct Official {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Import one published file for one level of commissions
    Import(Import),
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
struct Import {
    /// The file
    file: PathBuf,
    /// Whose figures they are: precinct, district (territorial commission), region, nation
    #[arg(long, value_parser = level)]
    level: Level,
    /// Where it was found: an address, or words
    #[arg(long, value_name = "TEXT")]
    source: String,
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    access: Access,
}

#[derive(Deserialize)]
struct Archived {
    /// None when nothing was understood, and then nothing was archived.
    id: Option<String>,
    units: usize,
    left_out: Vec<(u64, String)>,
}

impl Official {
    /// Imports.
    pub(super) fn run(self) -> Result<(), CliError> {
        let What::Import(import) = self.what;
        import.run()
    }
}

impl Import {
    fn run(self) -> Result<(), CliError> {
        let unreadable = |error| CliError::unreadable(&self.file, &error);
        let file = File::open(&self.file).map_err(unreadable)?;
        let about = file.metadata().map_err(unreadable)?;
        if !about.is_file() {
            return Err(CliError::Input(format!("{} is not a file", self.file.display())));
        }
        let progress = progress(about.len());
        let path = format!(
            "/v1/publications{}",
            query(&[
                ("level", Some(self.level.name().to_owned())),
                ("source", Some(self.source.clone())),
            ])
        );
        let sent = progress.wrap_read(file.take(about.len()));
        let answer = self.access.api()?.post_file(&path, "text/csv", about.len(), sent);
        progress.finish_and_clear();
        let answer = answer?;
        let archived: Archived = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
        if self.json {
            output::say_json(&answer)?;
        } else {
            output::say(&self.describe(&archived))?;
        }
        if archived.id.is_none() {
            return Err(CliError::Input(
                "no row was understood, so nothing was imported; look at the column `unit` and at \
                 --level"
                    .into(),
            ));
        }
        Ok(())
    }

    fn describe(&self, archived: &Archived) -> String {
        let mut text = String::new();
        for (line, why) in &archived.left_out {
            text.push_str(&output::printable(&format!("left out: line {line}: {why}\n")));
        }
        text.push_str(&format!(
            "{}: level {}, units imported: {}, rows left out: {}.\n",
            self.file.display(),
            self.level.name(),
            archived.units,
            archived.left_out.len()
        ));
        if let Some(id) = &archived.id {
            text.push_str(&format!("publication {id}\n"));
        }
        text
    }
}

fn level(text: &str) -> Result<Level, String> {
    Level::from_name(text).ok_or_else(|| "expected precinct, district, region or nation".to_owned())
}

fn progress(bytes: u64) -> ProgressBar {
    if bytes < PROGRESS_BYTES_MIN || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {eta}")
        .expect("the template is a constant");
    ProgressBar::new(bytes).with_style(style)
}
