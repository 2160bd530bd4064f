//! `hattama restore`: a headquarters out of a backup, and what has to be done before it is served.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use clap::Args;
use hattama_proto::id::Kid;

use super::{
    CliError,
    backup::{bar, show},
    fsck::sentence,
    output,
    serve::{runtime, stop_signal},
};
use crate::{
    backup::{Archive, Goal, HeadAfter, Restored, restore},
    clock, keys,
};

const AFTER_HELP: &str = "\
Into a new place only: an empty folder, an empty database. Each piece is checked by its hash, the store \
is read back, and at the end all of it is checked as `hattama fsck --photos` does. Only then the folder \
has a hattama.toml and can be served. The store is hq.db and photographs are blobs/ in the new folder, \
wherever they were before, unless --database and --blobs say otherwise.

What headquarters signed after the backup is lost here and known to phones: say how far it had signed, \
by the newest keys/log.head of the lost machine or the newest checkpoint that anybody has of the log \
(a mirror's file `checkpoint`). Then `hattama serve --new-epoch` goes on from the backup, says so in \
the log, and phones send again what was lost. Without that, phones raise an alarm.

Examples:
  hattama restore --from /mnt/backup --identity backup.identity --into hq2 --log-head old/log.head
  hattama restore --from /mnt/backup --identity backup.identity --into hq2 --at 17 \
      --database postgres://hattama@db.example/new --root kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

/// Flags of `hattama restore`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Restore {
    /// Folder with backups
    #[arg(long, value_name = "DIR", env = "HATTAMA_BACKUP")]
    from: PathBuf,
    /// File with an identity that they are sealed to
    #[arg(long, value_name = "FILE")]
    identity: PathBuf,
    /// Folder of the new headquarters
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
    /// Number of the backup; the newest if missing
    #[arg(long, value_name = "N")]
    at: Option<u64>,
    /// An empty database: postgres://... or the path of a SQLite file
    #[arg(long, value_name = "URL", env = "HATTAMA_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// Where photographs go: s3://BUCKET?endpoint=... or a folder that exists
    #[arg(long, value_name = "URL", env = "HATTAMA_BLOBS", hide_env_values = true)]
    blobs: Option<String>,
    /// Folder with hq.seed, log.seed and others, where the backup is without keys
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
    /// The newest log.head of the lost machine, or the newest signed checkpoint of the log
    #[arg(long, value_name = "FILE")]
    log_head: Option<PathBuf>,
    /// Thumbprint of the root key, as invitations carry it: refuses a backup of anybody else
    // One in sixty-four begins with a hyphen.
    #[arg(long, value_name = "KID", allow_hyphen_values = true)]
    root: Option<Kid>,
}

impl Restore {
    /// Restores.
    pub(super) fn run(self) -> Result<(), CliError> {
        let archive = Archive::open(&self.from, keys::identities(&self.identity)?)?;
        for damage in archive.damages() {
            output::note(&format!("{damage}; the backup that is restored does not need it"));
        }
        let absolute = |path: &str| match path.contains(':') {
            true => Ok(path.to_owned()),
            // Read from another folder later.
            false => std::path::absolute(path)
                .map(|path| path.display().to_string())
                .map_err(|error| CliError::unwritable(Path::new(path), &error)),
        };
        let database = self.database.as_deref().map(absolute).transpose()?;
        let blobs = self.blobs.as_deref().map(absolute).transpose()?;
        let goal = Goal {
            into: &self.into,
            database: database.as_deref(),
            blobs: blobs.as_deref(),
            at: self.at,
            keys: self.keys.as_deref(),
            log_head: self.log_head.as_deref(),
            root: self.root.as_ref(),
            now: clock::system(),
        };
        let bar = bar();
        let tell = |progress| show(&bar, progress);
        let restoring = async {
            let stopped = stop_signal()?;
            tokio::select! {
                done = restore(&archive, &goal, &tell) => done.map_err(CliError::from),
                () = stopped => Err(CliError::Other(
                    "stopped; what was written is no headquarters and may be removed".into(),
                )),
            }
        };
        let restored = runtime()?.block_on(restoring);
        bar.finish_and_clear();
        let restored = restored?;
        output::say(&said(&restored, &self.into))?;
        if restored.lacking.is_empty() {
            return Ok(());
        }
        Err(CliError::CheckFailed(format!(
            "{} photographs are not whole in this backup and were not restored: {}. Look in others; \
             phones keep originals that they took, unless they were told to make room",
            restored.lacking.len(),
            restored.lacking.join(", ")
        )))
    }
}

fn said(restored: &Restored, into: &Path) -> String {
    let (folder, at) = (into.display(), restored.made_at.to_rfc3339());
    let mut said = format!(
        "Backup {} of {at} is restored into {folder}: {} rows, {} photographs, {} files. Its root is {}: \
         compare it with an invitation.\n{}\n",
        restored.number,
        restored.rows,
        restored.photographs,
        restored.files,
        restored.root,
        sentence(&restored.checked)
    );
    let entries = restored.entries;
    let _ = match restored.head {
        HeadAfter::Here => write!(
            said,
            "The log was signed no further than this backup has it: serve it with `hattama serve --folder \
             {folder}`."
        ),
        HeadAfter::Beyond(size) => write!(
            said,
            "The log was signed up to {size} entries and the backup has {entries}: serve it with `hattama \
             serve --folder {folder} --new-epoch --reason \"...\"`. Phones send again what was lost."
        ),
        HeadAfter::Unknown => write!(
            said,
            "keys/log.head is the backup's. If headquarters took anything after {at}, phones have seen more \
             of the log than the {entries} entries here: do not serve it yet. Remove {folder}, and restore \
             again with --log-head and the newest keys/log.head of the lost machine or the newest \
             checkpoint from a mirror or witness; then `hattama serve --new-epoch`. Only if nothing was \
             taken since: `hattama serve --folder {folder}`."
        ),
    };
    said
}
