//! `hattama user`: accounts, on the machine itself and on the data folder, while nobody serves it.
//!
//! Whoever can read the folder can do anything with it, so nothing is asked for here; what is done is
//! noted in the audit trail as done on the machine. This is the way to the first password and the second
//! admin, and back in for whoever lost everything. Day to day accounts are looked after on `/people`.

use std::{
    io::{IsTerminal as _, Read as _},
    path::PathBuf,
};

use clap::{Args, Subcommand};
use hattama_proto::time::UnixMillis;

use super::{CliError, error::whole, output, serve::runtime, table::Table};
use crate::{
    access::{AccountState, Role, Scope},
    clock,
    config::Config,
    folder::DataFolder,
    people::{NewRoles, People, PeopleError, short_id},
    store::Db,
};

/// Milliseconds of a day.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

const AFTER_HELP: &str = "\
Stop `hattama serve` first: these commands work on the data folder itself. The password is read from \
standard input, so that no other program sees it.

Examples:
  hattama user password --folder hq operator < password.txt
  hattama user add --folder hq anna --display 'Anna' --role admin
  hattama user token --folder hq anna --name 'night script' --days 3";

/// Flags of `hattama user`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct User {
    /// Folder of the headquarters
    #[arg(long, global = true, value_name = "DIR", env = "HATTAMA_FOLDER")]
    folder: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List accounts: state, roles, limits, sessions, tokens
    List,
    /// Make an account; give it a password next
    Add(Add),
    /// Set an account's password, read from standard input; its sessions end
    Password(Name),
    /// Give an account other roles and limits; its sessions end
    Roles(Roles),
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
    /// Make a token with which a program asks on behalf of an account
    Token(Token),
    /// Take one-time codes, recovery codes and security keys off an account
    TotpReset(Name),
}

#[derive(Debug, Args)]
struct Name {
    /// Name of the account
    name: String,
}

#[derive(Debug, Args)]
struct Limits {
    /// Role: observer, coordinator, reviewer, publisher, analyst, auditor or admin; repeat it for
    /// several
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
    /// Name of the account
    account: String,
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

impl Limits {
    fn read(&self) -> Result<NewRoles, CliError> {
        let role = |name: &String| {
            Role::from_name(name).ok_or_else(|| {
                let all: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
                CliError::Input(format!("there is no role {name}; use {}", all.join(", ")))
            })
        };
        Ok(NewRoles {
            roles: self.roles.iter().map(role).collect::<Result<_, _>>()?,
            scope: Scope { org: self.org.clone(), region: self.region.clone() },
        })
    }
}

impl User {
    /// Does it.
    pub(super) fn run(self) -> Result<(), CliError> {
        let folder = self
            .folder
            .ok_or_else(|| CliError::Input("name the headquarters' folder: --folder DIR".into()))?;
        let folder = DataFolder::open(&folder)?;
        let config =
            Config::load(&folder.config()).map_err(|error| CliError::Machine(error.to_string()))?;
        // Another process would not see what is changed in its memory of guesses and challenges only;
        // the lock is for the one rule: a folder has one process at a time.
        let _lock = folder.lock()?;
        let command = self.command;
        runtime()?.block_on(async {
            let now = clock::system();
            let url = config.database_url(&folder).map_err(machine)?;
            let db = Db::open(&url, now).await.map_err(machine)?;
            let people = People::open(db.clone(), &folder.keys(), &config).map_err(machine)?;
            let done = carry_out(&people, command, now).await;
            db.close().await;
            done
        })
    }
}

async fn carry_out(people: &People, command: Command, now: UnixMillis) -> Result<(), CliError> {
    match command {
        Command::List => list(people, now).await,
        Command::Add(add) => {
            let wanted = add.limits.read()?;
            let display = add.display.as_deref().unwrap_or(&add.name);
            people.make((&add.name, display), &wanted, now).await?;
            output::note(&format!("Made {0}. Next: hattama user password {0}", add.name));
            Ok(())
        }
        Command::Password(of) => {
            let password = password()?;
            people.set_password(&of.name, &password, now).await?;
            output::note("Set. A second factor is set on the page /account after entering.");
            Ok(())
        }
        Command::Roles(roles) => {
            people.set_roles(&roles.name, &roles.limits.read()?, now).await?;
            Ok(())
        }
        Command::Suspend(of) => {
            Ok(people.set_state_here(&of.name, AccountState::Suspended, now).await?)
        }
        Command::Resume(of) => {
            Ok(people.set_state_here(&of.name, AccountState::Active, now).await?)
        }
        Command::Remove(of) => {
            Ok(people.set_state_here(&of.name, AccountState::Removed, now).await?)
        }
        Command::Sessions(of) => sessions(people, &of.name, now).await,
        Command::EndSession(end) => Ok(people.end_here(&end.name, end.id.as_deref(), now).await?),
        Command::Token(token) => {
            let until = token.days.map(|days| now.plus_ms(i64::from(days) * DAY_MS));
            let what = (token.name.as_str(), token.stepped_up);
            let made = people.token_here(&token.account, what, until, now).await?;
            output::note(&format!("Token {} of {}, told once:", made.id, token.account));
            output::say(&made.token)
        }
        Command::TotpReset(of) => Ok(people.reset_factors(&of.name, now).await?),
    }
}

async fn list(people: &People, now: UnixMillis) -> Result<(), CliError> {
    let mut table =
        Table::new(["account", "display", "state", "roles", "org", "region", "sessions", "tokens"]);
    for account in people.every_account().await? {
        let sessions = people.sessions_of(&account.name, now).await?.len();
        let tokens = people.tokens_here(&account.name, now).await?.len();
        let roles: Vec<&str> = account.roles.iter().map(|role| role.name()).collect();
        table.push([
            account.name,
            account.display,
            account.state.name().to_owned(),
            roles.join(","),
            account.scope.org.unwrap_or_else(|| "all".to_owned()),
            account.scope.region.unwrap_or_else(|| "all".to_owned()),
            sessions.to_string(),
            tokens.to_string(),
        ]);
    }
    output::say(&table.render())
}

async fn sessions(people: &People, name: &str, now: UnixMillis) -> Result<(), CliError> {
    let mut table = Table::new(["id", "what", "began", "last used or until"]);
    for session in people.sessions_of(name, now).await? {
        table.push([
            short_id(&session.token_hash).to_owned(),
            "session".to_owned(),
            session.created_at.to_rfc3339(),
            session.seen_at.to_rfc3339(),
        ]);
    }
    for token in people.tokens_here(name, now).await? {
        table.push([
            short_id(&token.token_hash).to_owned(),
            format!("token: {}", token.name),
            token.created_at.to_rfc3339(),
            token.expires_at.map_or_else(|| "until ended".to_owned(), |at| at.to_rfc3339()),
        ]);
    }
    output::say(&table.render())
}

/// One line of standard input.
fn password() -> Result<String, CliError> {
    if std::io::stdin().is_terminal() {
        output::note("Type the password, then Enter and Ctrl-D. It is shown while you type.");
    }
    let mut text = String::new();
    std::io::stdin()
        .take(4096)
        .read_to_string(&mut text)
        .map_err(|error| CliError::Input(format!("the password cannot be read: {error}")))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn machine(error: impl std::error::Error) -> CliError {
    CliError::Machine(whole(&error))
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
