//! `hattama fsck`: checks a whole log, with the store behind it or from its public files alone.

use std::{
    collections::HashSet,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use clap::Args;
use hattama_proto::{id::RecordId, tlog::LogEntry};
use indicatif::{ProgressBar, ProgressStyle};

use super::{
    CliError,
    error::whole,
    output,
    serve::runtime,
    verify::{read_text, verifier_key},
};
use crate::{
    config::Config,
    folder::DataFolder,
    fsck::{
        Findings, FsckError, Lie, PhotoFiles, PublicLog, check_accounting, check_folder,
        check_public,
    },
    log::PublicFolder,
};

const AFTER_HELP: &str = "\
With --folder: the headquarters there, which must not be served meanwhile. Every entry is hashed \
again, every checkpoint, record and statement verified, every public tile made anew; --photos \
reads every photograph too.

With --log: a copy of a public log, as anybody can take one (checkpoint and tile/). With --records \
also that each .jws file of a folder is in it.

Nothing is repaired. It stops at the first thing that does not hold and names it; exit code 1.

Examples:
  hattama fsck --folder hq --photos
  hattama fsck --log mirror --vkey hq.example.org/kz+1c2d3e4f+AXf... --records mine";

/// Flags of `hattama fsck`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Fsck {
    /// Folder of the headquarters
    #[arg(long, value_name = "DIR", env = "HATTAMA_FOLDER")]
    folder: Option<PathBuf>,
    /// Folder with a copy of a public log
    #[arg(long, value_name = "DIR", requires = "vkey")]
    log: Option<PathBuf>,
    /// The log's key, as `hattama init` printed it, or a file with it
    #[arg(long, value_name = "VKEY", requires = "log")]
    vkey: Option<String>,
    /// Folder of .jws files that should all be in the public log
    #[arg(long, value_name = "DIR", requires = "log")]
    records: Option<PathBuf>,
    /// A saved account of all records that this headquarters signed: make it anew and compare
    #[arg(long, value_name = "FILE", requires = "folder")]
    account: Option<PathBuf>,
    /// Read every photograph too
    #[arg(long, requires = "folder")]
    photos: bool,
}

impl Fsck {
    /// Checks, and says in one sentence what was checked.
    pub(super) fn run(self) -> Result<(), CliError> {
        match (&self.folder, &self.log, &self.vkey) {
            (_, Some(log), Some(vkey)) => self.public(log, vkey),
            (Some(folder), ..) => self.headquarters(folder),
            _ => Err(CliError::Input("say --folder, or --log and --vkey".into())),
        }
    }

    fn headquarters(&self, folder: &Path) -> Result<(), CliError> {
        let folder = DataFolder::open(folder)?;
        let config = Config::load(&folder.config())?;
        let photos = if self.photos { PhotoFiles::Read } else { PhotoFiles::Leave };
        let bar = ProgressBar::new(0).with_style(style());
        let mut progress = |done, of| {
            bar.set_length(of);
            bar.set_position(done);
        };
        let found = runtime()?.block_on(check_folder(&folder, &config, photos, &mut progress));
        bar.finish_and_clear();
        let mut said = sentence(&found?);
        if let Some(path) = &self.account {
            let text = read_text(path)?;
            let checked = check_accounting(&folder, &config, &text);
            let (account, _) = runtime()?.block_on(checked)?;
            let _ = write!(
                said,
                " The account of {} records at {} entries is what they make of it.",
                account.total.received, account.size
            );
        }
        output::say(&said)
    }

    fn public(&self, log: &Path, vkey: &str) -> Result<(), CliError> {
        let key = verifier_key(vkey)?;
        let public = check_public(&PublicFolder::new(log), &key)?.ok_or_else(|| {
            CliError::Input(format!("{} holds no checkpoint: nothing to check", log.display()))
        })?;
        let mut said = format!(
            "All {} entries of the public log {} hold: {} tiles made anew, the root, and the \
             checkpoint's signature",
            public.head.size, public.head.origin, public.tiles
        );
        if let Some(folder) = &self.records {
            let count = in_log(folder, &public)?;
            let _ = write!(said, "; {count} records of {} are in it", folder.display());
        }
        output::say(&format!("{said}."))
    }
}

/// Counts the records of a folder, all of which are in the log.
fn in_log(folder: &Path, log: &PublicLog) -> Result<u64, CliError> {
    let logged: HashSet<&[u8]> = log.entries.iter().map(Vec::as_slice).collect();
    let unreadable = |error| CliError::unreadable(folder, &error);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .and_then(|found| found.map(|entry| Ok(entry?.path())).collect())
        .map_err(unreadable)?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "jws"));
    paths.sort_unstable();
    for path in &paths {
        let id = *RecordId::of(read_text(path)?.as_bytes()).as_bytes();
        let known = [LogEntry::Record(id), LogEntry::Statement(id)]
            .iter()
            .any(|entry| logged.contains(entry.to_bytes().as_slice()));
        if !known {
            return Err(FsckError::from(Lie::NotLogged(path.clone())).into());
        }
    }
    Ok(paths.len() as u64)
}

pub(super) fn sentence(found: &Findings) -> String {
    let public = match found.published {
        None => "nothing was published yet".to_owned(),
        Some(size) => format!("the {size} published entries and {} tiles", found.tiles),
    };
    let files = match found.photo_files {
        0 => String::new(),
        count => format!(", the bytes of {count} photographs"),
    };
    let epochs: String = found
        .epochs
        .iter()
        .map(|(position, epoch)| {
            format!(
                " A new epoch begins at index {position}: headquarters was restored from a backup and \
                 lost the entries {} to {} that it had signed for.",
                epoch.kept.size,
                epoch.lost.size - 1
            )
        })
        .collect();
    format!(
        "All {} entries hold: {} records and {} statements with their signatures, {} \
         photographs by their rows{files}, {} signed checkpoints, the signer's head; {public}.{epochs}",
        found.entries, found.records, found.statements, found.photos, found.checkpoints
    )
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:30} {pos} of {len} records, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl From<FsckError> for CliError {
    fn from(error: FsckError) -> Self {
        match error {
            FsckError::Lie(lie) => Self::CheckFailed(whole(&lie)),
            FsckError::Folder(error) => error.into(),
            error @ FsckError::AccountNewer { .. } => Self::Input(whole(&error)),
            error => Self::Machine(whole(&error)),
        }
    }
}
