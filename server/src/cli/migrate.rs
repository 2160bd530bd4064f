//! `hattama migrate`: moves an organisation's store, and says what was checked on the way.

use std::{io::IsTerminal as _, path::PathBuf};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::{
    CliError, output,
    serve::{runtime, stop_signal},
};
use crate::{
    blobs::BlobsUrl,
    clock,
    config::{Config, Places},
    folder::{DataFolder, FolderLock},
    store::DatabaseUrl,
    transfer::{Moved, Progress, TransferError, photographs, transfer},
};

const AFTER_HELP: &str = "\
The folder's present store is only read, and stays as it is. No headquarters may run on it \
meanwhile. Every hash and signature is checked before anything is written, and every row again as \
it is read back from the target; at the end the state roots of both are compared.

It may be stopped at any time, by Ctrl-C or a power cut. The same command goes on where it \
stopped; until it says that it is done, no headquarters opens on the target.

A target that holds another organisation's data, or more than the source, is refused and left \
alone. Photographs stay where they are unless --to-blobs is given; then each is hashed as it leaves \
and as it is read back, and stays at its old place too.

Examples:
  hattama migrate --folder hq --to postgres://hattama@db.example/hq --switch
  hattama migrate --folder hq --to postgres://hattama@db.example/hq \
      --to-blobs 's3://photos/hq?endpoint=https://s3.example'
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
    #[arg(
        long,
        value_name = "URL",
        env = "HATTAMA_MIGRATE_TO",
        hide_env_values = true,
        required_unless_present = "to_blobs"
    )]
    to: Option<String>,
    /// Where photographs go: s3://BUCKET?endpoint=... or a folder that exists
    #[arg(long, value_name = "URL", env = "HATTAMA_MIGRATE_TO_BLOBS", hide_env_values = true)]
    to_blobs: Option<String>,
    /// When all is done and checked, also write the new places into hattama.toml
    #[arg(long)]
    switch: bool,
}

impl Migrate {
    /// Moves.
    pub(super) fn run(self) -> Result<(), CliError> {
        let folder = DataFolder::open(&self.folder)?;
        let config = Config::load(&folder.config())?;
        let (to, to_blobs) = (self.target()?, self.blobs_target()?);
        let bar = bar();
        // Held until the configuration is switched: no headquarters starts in between.
        let lock = folder.lock()?;
        let moving = async {
            let stopped = stop_signal()?;
            tokio::select! {
                said = move_both((&folder, &lock), &config, to.as_ref(), to_blobs.as_ref(), &bar) => said,
                () = stopped => Err(CliError::Other(
                    "stopped; nothing is lost: the same command goes on from here".into(),
                )),
            }
        };
        let moved = runtime()?.block_on(moving);
        bar.finish_and_clear();
        let moved = moved?;
        if moved.is_empty() && !self.switch {
            return Err(TransferError::Same.into());
        }
        let next = self.switch(&folder, to.as_ref(), to_blobs.as_ref())?;
        output::say(&format!("{}{next}", moved.concat()))
    }

    /// A file's path is made absolute, because it is read from another folder later.
    fn target(&self) -> Result<Option<DatabaseUrl>, CliError> {
        let Some(to) = &self.to else { return Ok(None) };
        let to: DatabaseUrl =
            to.parse().map_err(|error| CliError::from(TransferError::Target(error)))?;
        match to {
            DatabaseUrl::Sqlite(path) => std::path::absolute(&path)
                .map(|path| Some(DatabaseUrl::Sqlite(path)))
                .map_err(|error| CliError::unwritable(&path, &error)),
            server => Ok(Some(server)),
        }
    }

    fn blobs_target(&self) -> Result<Option<BlobsUrl>, CliError> {
        let Some(to) = &self.to_blobs else { return Ok(None) };
        let to: BlobsUrl =
            to.parse().map_err(|error| CliError::from(TransferError::BlobTarget(error)))?;
        match to {
            BlobsUrl::Folder(path) if !path.is_dir() => Err(CliError::Input(format!(
                "{} is not a folder; make it first, on the disk that photographs shall be on",
                path.display()
            ))),
            BlobsUrl::Folder(path) => std::path::absolute(&path)
                .map(|path| Some(BlobsUrl::Folder(path)))
                .map_err(|error| CliError::unwritable(&path, &error)),
            bucket => Ok(Some(bucket)),
        }
    }

    /// Switches if it was asked for; else says how.
    fn switch(
        &self,
        folder: &DataFolder,
        to: Option<&DatabaseUrl>,
        to_blobs: Option<&BlobsUrl>,
    ) -> Result<String, CliError> {
        let file = folder.config();
        let database = to.map(|to| match to {
            DatabaseUrl::Sqlite(path) => path.display().to_string(),
            DatabaseUrl::Postgres(url) => url.clone(),
        });
        let blobs = to_blobs.map(|to| match to {
            BlobsUrl::Folder(path) => path.display().to_string(),
            // As it was given: printed, an address shows no credentials.
            BlobsUrl::Bucket(_) => self.to_blobs.clone().unwrap_or_default(),
        });
        let places = Places { database, blobs };
        if self.switch {
            Config::switch(&file, &places)?;
            return Ok(format!(
                "{} names the new places now: serve it with `hattama serve --folder {}`.",
                file.display(),
                self.folder.display()
            ));
        }
        let shown = |value: &str| match value.contains("://") {
            true => "\"<the address given here>\"".to_owned(),
            false => format!("{value:?}"),
        };
        let mut lines = Vec::new();
        lines.extend(places.database.as_deref().map(|to| format!("database = {}", shown(to))));
        lines.extend(places.blobs.as_deref().map(|to| format!("blobs = {}", shown(to))));
        Ok(format!(
            "To serve from there, put {} into {}, or give the same command again with --switch; \
             until then the old place is served.",
            lines.join(" and "),
            file.display()
        ))
    }
}

/// Photographs first: a store that names them is not served before they are there. Says what was
/// done; nothing where all was there before and is named already.
async fn move_both(
    held: (&DataFolder, &FolderLock),
    config: &Config,
    to: Option<&DatabaseUrl>,
    to_blobs: Option<&BlobsUrl>,
    bar: &ProgressBar,
) -> Result<Vec<String>, CliError> {
    let tell = |progress| show(bar, progress);
    let mut said = Vec::new();
    if let Some(to) = to_blobs {
        match photographs(held, config, to, &tell).await {
            Ok(moved) => said.push(format!(
                "{} photographs with {} bytes are at {to} ({} of them brought now), each with the \
                 hash that the log has for it.\n",
                moved.photographs, moved.bytes, moved.carried
            )),
            // As after a switch whose answer was lost.
            Err(TransferError::SamePhotographs) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if let Some(to) = to {
        match transfer(held, config, to, clock::system(), &tell).await {
            Ok(moved) => said.push(format!("{}\n", done(&moved))),
            Err(TransferError::Same) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(said)
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
        Progress::Photographs(photos) => begin("photographs", photos),
        Progress::Rows(rows) => bar.inc(rows),
        Progress::Proving => bar.set_message("proving"),
    }
}
