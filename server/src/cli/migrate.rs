//! `hattama migrate`: moves an organisation's store, and says what was checked on the way.

use std::{io::IsTerminal as _, path::PathBuf};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::{
    CliError, output,
    serve::{runtime, stop_signal},
};
use crate::{
    clock,
    config::Config,
    folder::DataFolder,
    store::DatabaseUrl,
    transfer::{Moved, Progress, TransferError, transfer},
};

const AFTER_HELP: &str = "\
The folder's present store is only read, and stays as it is. No headquarters may run on it \
meanwhile. Every hash and signature is checked before anything is written, and every row again as \
it is read back from the target; at the end the state roots of both are compared.

It may be stopped at any time, by Ctrl-C or a power cut. The same command goes on where it \
stopped; until it says that it is done, no headquarters opens on the target.

A target that holds another organisation's data, or more than the source, is refused and left \
alone. Photographs stay in the folder.

Examples:
  hattama migrate --folder hq --to postgres://hattama@db.example/hq --switch
  hattama migrate --folder hq --to hq/hq.db";

/// Flags of `hattama migrate`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Migrate {
    /// Folder of the headquarters whose store moves
    #[arg(long, value_name = "DIR", env = "HATTAMA_FOLDER")]
    folder: PathBuf,
    /// Where to: postgres://... or the path of a SQLite file. A password in it can be seen by
    /// others on this machine, so better use the variable
    #[arg(long, value_name = "URL", env = "HATTAMA_MIGRATE_TO", hide_env_values = true)]
    to: String,
    /// When all is done and checked, also write the new store into hattama.toml
    #[arg(long)]
    switch: bool,
}

impl Migrate {
    /// Moves.
    pub(super) fn run(self) -> Result<(), CliError> {
        let folder = DataFolder::open(&self.folder)?;
        let config = Config::load(&folder.config())?;
        let to = self.target()?;
        let bar = bar();
        // Held until the configuration is switched: no headquarters starts in between.
        let lock = folder.lock()?;
        let tell = |progress| show(&bar, progress);
        let moving = async {
            let stopped = stop_signal()?;
            tokio::select! {
                moved = transfer((&folder, &lock), &config, &to, clock::system(), &tell) => Ok(moved),
                () = stopped => Err(CliError::Other(
                    "stopped; nothing is lost: the same command goes on from here".into(),
                )),
            }
        };
        let moved = runtime()?.block_on(moving);
        bar.finish_and_clear();
        match moved? {
            Ok(moved) => {
                let next = self.switch(&folder, &to)?;
                output::say(&format!("{}\n{next}", done(&moved)))
            }
            // As after a switch whose answer was lost.
            Err(TransferError::Same) if self.switch => output::say(&format!(
                "{} names this store already; there is nothing to move.",
                folder.config().display()
            )),
            Err(error) => Err(error.into()),
        }
    }

    /// A file's path is made absolute, because it is read from another folder later.
    fn target(&self) -> Result<DatabaseUrl, CliError> {
        let to: DatabaseUrl =
            self.to.parse().map_err(|error| CliError::from(TransferError::Target(error)))?;
        match to {
            DatabaseUrl::Sqlite(path) => std::path::absolute(&path)
                .map(DatabaseUrl::Sqlite)
                .map_err(|error| CliError::unwritable(&path, &error)),
            server => Ok(server),
        }
    }

    /// Switches if it was asked for; else says how.
    fn switch(&self, folder: &DataFolder, to: &DatabaseUrl) -> Result<String, CliError> {
        let file = folder.config();
        let (line, shown) = match to {
            DatabaseUrl::Sqlite(path) => {
                (path.display().to_string(), format!("{:?}", path.display().to_string()))
            }
            DatabaseUrl::Postgres(url) => (url.clone(), "\"<the address given with --to>\"".into()),
        };
        if self.switch {
            Config::switch_database(&file, &line)?;
            return Ok(format!(
                "{} names the new store now: serve it with `hattama serve --folder {}`.",
                file.display(),
                self.folder.display()
            ));
        }
        Ok(format!(
            "To serve from it, put the line database = {shown} into {}, or give the same command \
             again with --switch; until then the old store is served.",
            file.display()
        ))
    }
}

fn done(moved: &Moved) -> String {
    format!(
        "Moved to {}: {} rows ({} of them now), every record, statement, checkpoint and part of \
         the set-up checked by its hash, every signature verified on both sides, all rows read back \
         and counted alike, the log of {} leaves under its signed head, and the state root of both \
         stores is {}.",
        moved.engine, moved.rows, moved.written, moved.leaves, moved.state_root
    )
}

fn bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg:12} {bar:40} {pos}/{len} {eta}")
        .expect("the template is a constant");
    ProgressBar::new(0).with_style(style)
}

fn show(bar: &ProgressBar, progress: Progress) {
    let begin = |what: &'static str, rows: u64| {
        bar.set_message(what);
        bar.set_length(rows);
        bar.set_position(0);
        bar.reset_eta();
    };
    match progress {
        Progress::Checking(rows) => begin("checking", rows),
        Progress::Comparing(rows) => begin("comparing", rows),
        Progress::Carrying(rows) => begin("carrying", rows),
        Progress::Rows(rows) => bar.inc(rows),
        Progress::Proving => bar.set_message("proving"),
    }
}
