//! `hattama official`: archives what the commission published, and says what was not understood.

use std::{
    fs::File,
    io::{IsTerminal as _, Read as _},
    path::PathBuf,
};

use clap::{Args, Subcommand};
use hattama_proto::{id::PublicationId, statement::Level, time::UnixMillis};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;

use super::{
    CliError,
    access::Access,
    api::{query, unexpected},
    output,
    table::Table,
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
    /// List what was imported, oldest first
    List(List),
    /// Show what a publication says otherwise than the one of its level before it
    Changes(Changes),
}

#[derive(Debug, Args)]
struct List {
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Args)]
struct Changes {
    /// The publication, as `hattama official list` prints it
    publication: PublicationId,
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    access: Access,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    level: Level,
    fetched_at: UnixMillis,
    source: String,
}

#[derive(Deserialize)]
struct Edition {
    before: Option<String>,
    appeared: Vec<String>,
    changed: Vec<ChangedUnit>,
    withdrawn: Vec<String>,
}

#[derive(Deserialize)]
struct ChangedUnit {
    unit: String,
    cells: Vec<ChangedCell>,
}

#[derive(Deserialize)]
struct ChangedCell {
    cell: String,
    old: Option<u64>,
    new: Option<u64>,
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
    changes: Option<Counts>,
}

#[derive(Deserialize)]
struct Counts {
    appeared: usize,
    changed: usize,
    withdrawn: usize,
}

impl Official {
    /// Imports, lists or shows.
    pub(super) fn run(self) -> Result<(), CliError> {
        match self.what {
            What::Import(import) => import.run(),
            What::List(list) => list.run(),
            What::Changes(changes) => changes.run(),
        }
    }
}

impl List {
    fn run(self) -> Result<(), CliError> {
        let answer = self.access.api()?.get("/v1/publications")?;
        if self.json {
            return output::say_json(&answer);
        }
        let all: Vec<Listed> = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
        let mut table = Table::new(["fetched at", "level", "publication", "source"]);
        for one in all {
            let level = one.level.name().to_owned();
            table.push([one.fetched_at.to_rfc3339(), level, one.id, one.source]);
        }
        if table.is_empty() {
            return output::say("Nothing was imported yet; see `hattama official import --help`.");
        }
        output::say(&output::printable(&table.render()))
    }
}

impl Changes {
    fn run(self) -> Result<(), CliError> {
        let path = format!("/v1/publications/{}/changes", self.publication);
        let answer = self.access.api()?.get(&path)?;
        if self.json {
            return output::say_json(&answer);
        }
        let edition: Edition = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
        output::say(&output::printable(&edition.describe()))
    }
}

impl Edition {
    fn describe(&self) -> String {
        let Some(before) = &self.before else {
            return "This is the first publication of its level.".to_owned();
        };
        let mut table = Table::new(["unit", "cell", "before", "now"]);
        let figure = |figure: Option<u64>| figure.map_or("-".to_owned(), |f| f.to_string());
        for unit in &self.changed {
            for cell in &unit.cells {
                let (old, new) = (figure(cell.old), figure(cell.new));
                table.push([unit.unit.clone(), cell.cell.clone(), old, new]);
            }
        }
        let mut text = format!("Against publication {before}:\n");
        for (what, units) in [("appeared", &self.appeared), ("withdrawn", &self.withdrawn)] {
            if !units.is_empty() {
                text.push_str(&format!("{what}: {} ({})\n", units.len(), units.join(", ")));
            }
        }
        text.push_str(&format!("units with other figures: {}\n", self.changed.len()));
        if !table.is_empty() {
            text.push_str(&format!("\n{}", table.render()));
        }
        text
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
            if let Some(Counts { appeared, changed, withdrawn }) = &archived.changes {
                text.push_str(&format!(
                    "Against the one of this level before it: units that appeared: {appeared}, \
                     changed: {changed}, withdrawn: {withdrawn}; see `hattama official changes \
                     {id}`.\n"
                ));
            }
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
