//! `hattama user`: accounts. Of a headquarters that is being served, over HTTP, with the roles and the
//! second factor of whoever asks; or, with `--folder`, on the machine itself while nobody serves it.
//!
//! Whoever can read the folder can do anything with it, so nothing is asked for there; what is done is
//! noted in the audit trail as done on the machine. That is the way to the first password and the second
//! admin, and back in for whoever lost everything.

mod folder;
mod server;
mod shown;

use std::{
    io::{IsTerminal as _, Read as _},
    path::PathBuf,
};

use clap::{Args, Subcommand};

use super::{CliError, access::Access, error::whole, output};
use crate::{
    access::{Role, Scope},
    people::{NewRoles, PeopleError},
};

const AFTER_HELP: &str = "\
Without --folder the headquarters that is being served is asked, with your own token; what changes \
accounts needs a token that was made with --stepped-up, and roles change when a second admin confirms.

With --folder everything is done on the data folder itself, at once; stop `hattama serve` first. Passwords \
are read from standard input, so that no other program sees them.

Examples, on the machine itself:
  hattama user --folder hq password operator < password.txt
  hattama user --folder hq add anna --display 'Anna' --role admin
  hattama user --folder hq token anna --name 'night script' --days 3 --stepped-up

Examples, with a token:
  hattama user
  hattama user add marat --display 'Marat' --role coordinator --org watchers --region 79
  hattama user changes
  hattama user confirm 8f0c5a1e2b3d4c5f
  hattama user suspend marat
  hattama user audit --actor marat";

/// Flags of `hattama user`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct User {
    /// Folder of the headquarters: work on it, on this machine, instead of asking headquarters
    #[arg(long, global = true, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Print JSON for programs
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List accounts: state, roles, limits; what is done if nothing is said
    List,
    /// Show who you are: roles, limits, whether what needs a fresh second factor opens
    Whoami,
    /// Make an account with --folder; else invite somebody: prints a link, told once
    Add(Add),
    /// Make another invitation link for somebody who has not used the first
    Link(Link),
    /// Set a password, read from standard input: anybody's with --folder, else your own
    Password(OrMine),
    /// Give an account other roles and limits with --folder; else propose them
    Roles(Roles),
    /// List changes of roles that wait for a second admin
    Changes,
    /// Confirm a change of roles that another admin proposed
    Confirm(Change),
    /// Take a proposed change of roles back
    Withdraw(Change),
    /// Let an account in no more, until `resume`
    Suspend(Name),
    /// Let a suspended account in again
    Resume(Name),
    /// Let an account in never again; its name stays in what it decided
    Remove(Name),
    /// List the sessions and tokens of an account
    Sessions(Name),
    /// End one session or token of an account, or all its sessions
    EndSession(EndSession),
    /// Make a token for a program, told once: anybody's with --folder, else your own
    Token(Token),
    /// Take one-time codes, recovery codes and security keys off an account
    TotpReset(Name),
    /// List who did what to which id, newest first
    Audit(Audit),
}

#[derive(Debug, Args)]
struct Name {
    /// Name of the account
    name: String,
}

#[derive(Debug, Args)]
struct OrMine {
    /// Name of the account; only with --folder
    name: Option<String>,
}

#[derive(Debug, Args)]
struct Link {
    /// Name of the account
    name: String,
    /// Make none, and take the one that was not used back
    #[arg(long)]
    withdraw: bool,
}

#[derive(Debug, Args)]
struct Change {
    /// The change, by the id that `changes` lists
    id: String,
}

#[derive(Debug, Args)]
struct Limits {
    /// Role: observer, coordinator, reviewer, publisher, analyst, auditor or admin; repeat it for
    /// several, leave it out for none
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
    /// Sees only what this organisation's observers sent; all if not given
    #[arg(long, value_name = "ORG")]
    org: Option<String>,
    /// Sees only what belongs to this region; all if not given
    #[arg(long, value_name = "CODE")]
    region: Option<String>,
}

#[derive(Debug, Args)]
struct Add {
    /// Name of the account: small letters a-z, digits, dots, hyphens, underscores
    name: String,
    /// What colleagues call the person; the name if not given
    #[arg(long, value_name = "TEXT")]
    display: Option<String>,
    #[command(flatten)]
    limits: Limits,
}

#[derive(Debug, Args)]
struct Roles {
    /// Name of the account
    name: String,
    #[command(flatten)]
    limits: Limits,
}

#[derive(Debug, Args)]
struct EndSession {
    /// Name of the account
    name: String,
    /// The session or token, by the id that `sessions` lists; all sessions if not given
    id: Option<String>,
}

#[derive(Debug, Args)]
struct Token {
    /// Name of the account; only with --folder
    account: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    name: String,
    /// How many days it works; until it is ended if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: Option<u32>,
    /// Let it open also what asks for a fresh second factor: exports, accounts, the vault
    #[arg(long)]
    stepped_up: bool,
}

#[derive(Debug, Args)]
struct Audit {
    /// Only what this account did
    #[arg(long, value_name = "ACCOUNT")]
    actor: Option<String>,
    /// Only this action, as the list calls it
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// Only events with smaller numbers, for the page before
    #[arg(long, value_name = "NUMBER")]
    before: Option<u32>,
    /// Show at most so many
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=500))]
    limit: u32,
}

impl Limits {
    fn scope(&self) -> Scope {
        Scope { org: self.org.clone(), region: self.region.clone() }
    }

    fn read(&self) -> Result<NewRoles, CliError> {
        let role = |name: &String| {
            Role::from_name(name).ok_or_else(|| {
                let all: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
                CliError::Input(format!("there is no role {name}; use {}", all.join(", ")))
            })
        };
        let roles = self.roles.iter().map(role).collect::<Result<_, _>>()?;
        Ok(NewRoles { roles, scope: self.scope() })
    }
}

impl User {
    /// Does it.
    pub(super) fn run(self) -> Result<(), CliError> {
        let command = self.command.unwrap_or(Command::List);
        match &self.folder {
            Some(path) => folder::run(path, command, self.json),
            None => server::run(&self.access.api()?, command, self.json),
        }
    }
}

/// Lines of standard input, without their ends.
fn lines(asked: &str) -> Result<Vec<String>, CliError> {
    if std::io::stdin().is_terminal() {
        output::note(&format!("Type {asked}, then Enter and Ctrl-D. It is shown while you type."));
    }
    let mut text = String::new();
    std::io::stdin()
        .take(8192)
        .read_to_string(&mut text)
        .map_err(|error| CliError::Input(format!("the password cannot be read: {error}")))?;
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if lines.iter().all(String::is_empty) {
        return Err(CliError::Input(format!("nothing was typed: give {asked} on standard input")));
    }
    Ok(lines)
}

impl From<PeopleError> for CliError {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::NotFound => Self::Input(
                "there is no such account, session or token; see `hattama user list`".into(),
            ),
            PeopleError::Store(_) | PeopleError::Sealed | PeopleError::Password => {
                Self::Machine(whole(&error))
            }
            PeopleError::Random(_) => Self::Other(error.to_string()),
            error => Self::Input(error.to_string()),
        }
    }
}
