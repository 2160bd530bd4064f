//! `hattama roster`: from one round to the next. On data folders, while nobody serves the one that is
//! written to.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use hattama_proto::key::SigningKey;

use super::{CliError, error::whole, output, serve::runtime};
use crate::{
    app::Headquarters,
    carry_over::{self, Carried, CarryError},
    clock,
    config::Config,
    folder::DataFolder,
    keys,
};

const AFTER_HELP: &str = "\
A second round is an election of its own: make its headquarters with `hattama init`. Then, with that \
one stopped, carry the registrations over; and with the old one stopped, announce the new one in its \
log. Both serve again; each phone reads in its feed what follows, and its app (or `hattama-observer \
follow`) enrols new keys for which its old ones vouch. No record of the first round counts in the second.

Run carry-over again after a phone was lost in between: what was revoked by then ends here too.

Example:
  hattama roster carry-over --folder second --from first
  hattama roster announce --folder first --next second --root-key /media/offline/root.seed";

/// Flags of `hattama roster`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Roster {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Take over people, their keys, their seats and contacts from the round before
    CarryOver {
        /// Folder of the headquarters of this round
        #[arg(long, value_name = "DIR", env = "HATTAMA_FOLDER")]
        folder: PathBuf,
        /// Folder of the headquarters of the round before; only read
        #[arg(long, value_name = "DIR")]
        from: PathBuf,
        /// Print JSON for programs
        #[arg(long)]
        json: bool,
    },
    /// Say in this headquarters' log which election follows, signed by its root key
    Announce {
        /// Folder of the headquarters of the round that ends
        #[arg(long, value_name = "DIR", env = "HATTAMA_FOLDER")]
        folder: PathBuf,
        /// Folder of the headquarters of the round that follows; only read
        #[arg(long, value_name = "DIR")]
        next: PathBuf,
        /// The root key of the round that ends, where it is kept; keys/root.seed if not given
        #[arg(long, value_name = "FILE")]
        root_key: Option<PathBuf>,
    },
}

impl Roster {
    /// Does it.
    pub(super) fn run(self) -> Result<(), CliError> {
        match &self.what {
            What::CarryOver { folder, from, json } => {
                let carried = carry(folder, from)?;
                if *json { output::say_json(&carried) } else { output::say(&told(&carried)) }
            }
            What::Announce { folder, next, root_key } => {
                let said = announce(folder, next, root_key.as_deref())?;
                output::say(if said {
                    "Announced: it is in the log, and phones read it in their feeds."
                } else {
                    "It was announced before; nothing was changed."
                })
            }
        }
    }
}

fn carry(folder: &Path, from: &Path) -> Result<Carried, CliError> {
    let (folder, from) = (DataFolder::open(folder)?, DataFolder::open(from)?);
    let (config, before) = (Config::load(&folder.config())?, Config::load(&from.config())?);
    let _lock = folder.lock()?;
    let (this, last) = ((&folder, &config), (&from, &before));
    let carried = carry_over::between(last, this, clock::system());
    Ok(runtime()?.block_on(carried)?)
}

fn announce(folder: &Path, next: &Path, root: Option<&Path>) -> Result<bool, CliError> {
    let (folder, next) = (DataFolder::open(folder)?, DataFolder::open(next)?);
    let next = Config::load(&next.config())?;
    let root = match root {
        None => keys::root(&folder.keys())?,
        Some(path) => {
            let seed = std::fs::read(path).map_err(|error| CliError::unreadable(path, &error))?;
            SigningKey::from_seed(&seed).map_err(|error| {
                CliError::Input(format!("{} is no root key: {error}", path.display()))
            })?
        }
    };
    let config = Config::load(&folder.config())?;
    runtime()?.block_on(async {
        let headquarters = Headquarters::open_with(&folder, config, clock::system).await?;
        let said = carry_over::announce(&headquarters, &next, &root, clock::system()).await;
        headquarters.close().await;
        Ok::<_, CliError>(said?)
    })
}

fn told(carried: &Carried) -> String {
    let mut text = format!(
        "{} people carry over: {} keys may vouch that could not before, {} seats wait to be \
         confirmed, {} contacts came along.\n",
        carried.people, carried.keys, carried.seats, carried.contacts
    );
    for (count, what) in [
        (carried.revoked, "keys were revoked and stay behind"),
        (carried.homeless, "keys stay behind: this register has none of their units"),
        (carried.ended, "keys were revoked since the last time and cannot vouch any more"),
        (
            carried.used,
            "keys were revoked after they had vouched: look at their owners' new keys with `hattama \
             devices`",
        ),
    ] {
        if count > 0 {
            text.push_str(&format!("{count} {what}\n"));
        }
    }
    text
}

impl From<CarryError> for CliError {
    fn from(error: CarryError) -> Self {
        let text = whole(&error);
        match error {
            CarryError::SameElection(_) | CarryError::Day(_) | CarryError::Root => {
                Self::Input(text)
            }
            _ => Self::Machine(text),
        }
    }
}
