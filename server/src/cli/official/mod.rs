//! `hattama official`: archives what the commission published, and says what was not understood.

mod bring;
mod seen;
mod told;
mod watch;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use hattama_proto::{id::PublicationId, statement::Level, time::UnixMillis};
use serde::Deserialize;

use super::{
    CliError,
    access::Access,
    api::{query, unexpected},
    output,
    table::Table,
};

pub(super) use self::{
    bring::{Brought, Sending, level, send_bytes},
    told::Told,
};

const AFTER_HELP: &str = "\
With --map the file is a table of any separator and encoding, also within a zip file, and the \
mapping says which column is which; `hattama official template` prints one to begin with, and \
--dry-run shows what would be understood.

Without --map it is CSV in UTF-8 with one row per unit. Its first line names the columns: `unit`, \
and any of the forms' lines and the contests' choices:

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
    /// Print a commented mapping for this election, to begin with
    Template(Template),
    /// Take in what a downloader drops into a folder
    Watch(watch::Watch),
}

#[derive(Debug, Args)]
struct Template {
    /// For a table of which level: precinct, district (territorial commission), region, nation
    #[arg(long, value_parser = level, default_value = "precinct")]
    level: Level,
    #[command(flatten)]
    access: Access,
}

#[derive(Deserialize)]
struct Sketch {
    mapping: String,
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
    #[command(flatten)]
    brought: Brought,
    /// Show what would be understood, and every row that would not, and keep nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    access: Access,
}

impl Official {
    /// Imports, lists or shows.
    pub(super) fn run(self) -> Result<(), CliError> {
        match self.what {
            What::Import(import) => import.run(),
            What::List(list) => list.run(),
            What::Changes(changes) => changes.run(),
            What::Template(template) => template.run(),
            What::Watch(watch) => watch.run(),
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

impl Template {
    fn run(self) -> Result<(), CliError> {
        let level = Some(self.level.name().to_owned());
        let answer =
            self.access.api()?.get(&format!("/v1/mapping{}", query(&[("level", level)])))?;
        let sketch: Sketch = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
        output::say(&output::printable(&sketch.mapping))
    }
}

impl Import {
    fn run(self) -> Result<(), CliError> {
        let level = self.level.name();
        let sending = Sending {
            path: "/v1/publications",
            query: &[
                ("level", Some(level.to_owned())),
                ("source", Some(self.source.clone())),
                ("dry_run", self.dry_run.then(|| "true".to_owned())),
            ],
        };
        let answer = self.brought.send(&self.access.api()?, &self.file, &sending)?;
        let told: Told = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
        if self.json {
            output::say_json(&answer)?;
        } else if let Some(report) = &told.report {
            let text = format!(
                "{}{}\nNothing was archived; leave --dry-run away to do so.",
                told.left_out(),
                output::printable(&report.describe(&told))
            );
            output::say(&text)?;
        } else {
            output::say(&told.describe(&self.file, level))?;
        }
        if told.units == 0 {
            return Err(CliError::Input(
                "no row was understood, so nothing was imported; look at the column `unit` and at \
                 --level, or describe the table with --map"
                    .into(),
            ));
        }
        Ok(())
    }
}
