//! `hattama backup`: makes backups, lists them, reads them.

use std::{
    fmt::Write as _,
    io::IsTerminal as _,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use hattama_proto::sealing::Recipient;
use indicatif::{ProgressBar, ProgressStyle};

use super::{
    CliError,
    error::whole,
    output,
    serve::{runtime, stop_signal},
};
use crate::{
    backup::{Archive, Asked, BackupError, Keys, Listed, Made, Progress, list, make, verify},
    blobs::BlobError,
    clock,
    config::Config,
    folder::DataFolder,
    fsck::FsckError,
    keys,
    store::StoreError,
};

const AFTER_HELP: &str = "\
Headquarters may be served meanwhile. In a backup is everything of one moment: the store, every \
photograph that was acknowledged, the public log, the settings (with the password of the database, if \
that is in hattama.toml), and all keys in keys/ unless --without-keys is given. Not in it: files that \
the settings only name, such as the certificate, and the environment's credentials.

All of it is sealed to the recipients. `age-keygen -o backup.identity` makes one, on a machine that is \
not this one; keep the identity where neither this machine nor the backup is. Whoever has it and a \
backup with keys can sign as headquarters.

Files are only added to the folder. What is there already is not written again, and a backup that is \
cut harms none before it: the next one goes on.

Examples:
  hattama backup --folder hq --to /mnt/backup --recipient age1...
  hattama backup --to /mnt/backup --list
  hattama backup verify --from /mnt/backup --identity backup.identity";

/// Flags of `hattama backup`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Backup {
    #[command(subcommand)]
    command: Option<Command>,
    /// Folder of the headquarters
    #[arg(long, value_name = "DIR", env = "HATTAMA_FOLDER")]
    folder: Option<PathBuf>,
    /// Folder for backups; empty the first time
    #[arg(long, value_name = "DIR", env = "HATTAMA_BACKUP")]
    to: Option<PathBuf>,
    /// Where the store is, if not as hattama.toml says: as for `serve`
    #[arg(long, value_name = "URL", env = "HATTAMA_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// Where photographs are, if not as hattama.toml says: as for `serve`
    #[arg(long, value_name = "URL", env = "HATTAMA_BLOBS", hide_env_values = true)]
    blobs: Option<String>,
    /// To whom it is sealed, age1...; give it again for a second one
    #[arg(long, value_name = "RECIPIENT")]
    recipient: Vec<Recipient>,
    /// Leave headquarters' keys out; then a restore needs them from elsewhere
    #[arg(long)]
    without_keys: bool,
    /// Say what backups there are, and make none
    #[arg(long)]
    list: bool,
    /// With --list: file with an identity, to say what is in them
    #[arg(long, value_name = "FILE", requires = "list")]
    identity: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read every file of every backup and compare all hashes
    Verify(Verify),
}

/// Flags of `hattama backup verify`.
#[derive(Debug, Args)]
struct Verify {
    /// Folder with backups
    #[arg(long, value_name = "DIR", env = "HATTAMA_BACKUP")]
    from: PathBuf,
    /// File with an identity that they are sealed to
    #[arg(long, value_name = "FILE")]
    identity: PathBuf,
}

impl Backup {
    /// Does what was asked for.
    pub(super) fn run(self) -> Result<(), CliError> {
        if let Some(Command::Verify(verify)) = self.command {
            return verify.run();
        }
        let to = self.to.as_deref();
        let to = to.ok_or_else(|| CliError::Input("say where backups are: --to DIR".into()))?;
        if self.list {
            return list_all(to, self.identity.as_deref());
        }
        let folder = self.folder.as_deref();
        let folder = folder
            .ok_or_else(|| CliError::Input("say of which headquarters: --folder DIR".into()))?;
        self.make(folder, to)
    }

    fn make(&self, folder: &Path, to: &Path) -> Result<(), CliError> {
        let folder = DataFolder::open(folder)?;
        let mut config = Config::load(&folder.config())?;
        config.database = self.database.clone().or(config.database);
        config.blobs = self.blobs.clone().or(config.blobs);
        let keys = if self.without_keys { Keys::Leave } else { Keys::Take };
        let recipients = &self.recipient;
        let asked = Asked { to, recipients, keys, now: clock::system() };
        let bar = bar();
        let tell = |progress| show(&bar, progress);
        let making = async {
            let stopped = stop_signal()?;
            tokio::select! {
                made = make(&folder, &config, &asked, &tell) => made.map_err(CliError::from),
                () = stopped => Err(CliError::Other(
                    "stopped; earlier backups are as they were, and the next goes on from here".into(),
                )),
            }
        };
        let made = runtime()?.block_on(making);
        bar.finish_and_clear();
        let made = made?;
        output::say(&done(&made, to))?;
        if made.absent.is_empty() {
            return Ok(());
        }
        Err(CliError::CheckFailed(format!(
            "{} photographs that the log calls whole are not in it, because headquarters does not have \
             them as they were logged: {}. Everything else is. Run `hattama fsck --photos`, and look for \
             them in earlier backups",
            made.absent.len(),
            made.absent.join(", ")
        )))
    }
}

fn done(made: &Made, to: &Path) -> String {
    let keys = match made.keys.is_empty() {
        true => "No key is in it: keep keys/ elsewhere, or it cannot be served again.".to_owned(),
        false => format!(
            "In it are the keys {}: whoever has an identity can sign as headquarters.",
            made.keys.join(", ")
        ),
    };
    format!(
        "Backup {} is in {}: {} entries of the log, {} rows, {} photographs, {} files. {} files with {} \
         bytes were added; the rest was there. {keys}",
        made.number,
        to.display(),
        made.entries,
        made.rows,
        made.photographs,
        made.files,
        made.added,
        made.added_bytes
    )
}

fn list_all(from: &Path, identity: Option<&Path>) -> Result<(), CliError> {
    let Some(identity) = identity else {
        let mut said = String::new();
        for (number, bytes) in list(from)? {
            let _ = writeln!(said, "{number:>6}  {bytes:>12} bytes");
        }
        said.push_str(
            "What is in them can be said with --identity; `hattama backup verify` reads them.",
        );
        return output::say(&said);
    };
    let archive = Archive::open(from, keys::identities(identity)?)?;
    let lines: Vec<String> = archive.listed().iter().map(line).collect();
    output::say(&lines.concat())?;
    match archive.damages() {
        [] => Ok(()),
        found => Err(damaged(&found.iter().map(ToString::to_string).collect::<Vec<_>>())),
    }
}

fn line(one: &Listed) -> String {
    let keys = if one.keys.is_empty() { "no keys".to_owned() } else { one.keys.join(" ") };
    format!(
        "{:>6}  {}  {}  {} entries, {} photographs, {keys}; root {}; sealed to {}\n",
        one.number,
        one.made_at.to_rfc3339(),
        one.election,
        one.entries,
        one.photographs,
        one.root,
        one.recipients.join(" ")
    )
}

fn damaged(found: &[String]) -> CliError {
    CliError::CheckFailed(format!(
        "{} files are not as they were written:\n  {}\nMove each away and make a backup: what headquarters \
         still has is written anew. Manifests (backups/) are not; begin a new folder for those",
        found.len(),
        found.join("\n  ")
    ))
}

impl Verify {
    fn run(&self) -> Result<(), CliError> {
        let archive = Archive::open(&self.from, keys::identities(&self.identity)?)?;
        let bar = bar();
        let found = verify(&archive, &|progress| show(&bar, progress));
        bar.finish_and_clear();
        let found = found?;
        let mut said = format!(
            "{} backups open, each names the one before it, and {} pieces with {} bytes are what they \
             were.",
            found.backups, found.pieces, found.bytes
        );
        if found.strays > 0 {
            let _ = write!(
                said,
                " {} more pieces belong to no backup that opens: one was cut and the next has not used \
                 them yet, or its file in backups/ is gone.",
                found.strays
            );
        }
        if found.damages.is_empty() {
            return output::say(&said);
        }
        output::note(&said);
        Err(damaged(&found.damages.iter().map(ToString::to_string).collect::<Vec<_>>()))
    }
}

pub(super) fn bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg:12} {bar:40} {pos}/{len} {eta}")
        .expect("the template is a constant");
    ProgressBar::new(0).with_style(style)
}

pub(super) fn show(bar: &ProgressBar, progress: Progress) {
    let begin = |what: &'static str, count: u64| {
        bar.set_message(what);
        bar.set_length(count);
        bar.set_position(0);
        bar.reset_eta();
    };
    match progress {
        Progress::Files(files) => begin("files", files),
        Progress::Rows(rows) => begin("store", rows),
        Progress::Photographs(photos) => begin("photographs", photos),
        Progress::Pieces(pieces) => begin("reading", pieces),
        Progress::Done(more) => bar.inc(more),
        Progress::Checking => bar.set_message("checking"),
    }
}

impl From<BackupError> for CliError {
    fn from(error: BackupError) -> Self {
        let text = whole(&error);
        match error {
            BackupError::NoBackups(_)
            | BackupError::NotEmpty(_)
            | BackupError::Recipients
            | BackupError::NotFor(_)
            | BackupError::NoSuch { .. }
            | BackupError::Schema { .. }
            | BackupError::Root { .. }
            | BackupError::Occupied(_)
            | BackupError::NoKeys
            | BackupError::TwoKeys
            | BackupError::NoHead(_)
            | BackupError::Store(StoreError::Url(_))
            | BackupError::Blobs(BlobError::Url(_)) => Self::Input(text),
            BackupError::Damage(_)
            | BackupError::Header(_)
            | BackupError::Gone { .. }
            | BackupError::Behind { .. }
            | BackupError::Length(_)
            | BackupError::Arrival(_)
            | BackupError::Check(FsckError::Lie(_)) => Self::CheckFailed(text),
            BackupError::Random(_) | BackupError::Restless => Self::Other(text),
            BackupError::NoStore(_)
            | BackupError::Origin(_)
            | BackupError::Io { .. }
            | BackupError::Folder(_)
            | BackupError::Config(_)
            | BackupError::Key(_)
            | BackupError::Head(_)
            | BackupError::Store(_)
            | BackupError::Blobs(_)
            | BackupError::Check(_) => Self::Machine(text),
        }
    }
}
