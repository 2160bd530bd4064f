//! Accounts on the machine itself: on the data folder, while nobody serves it.

use std::path::Path;

use hattama_proto::time::UnixMillis;
use serde::Serialize;
use serde_json::Value;

use super::{
    super::{CliError, error::whole, output, serve::runtime},
    Add, Command, Roles, lines, shown,
};
use crate::{
    access::AccountState,
    book::{self, Authority},
    clock,
    config::Config,
    folder::DataFolder,
    keys,
    people::{AccountDetail, AccountView, AuditPage, People, check_scope, token_end},
    store::{Db, accounts::AuditFilter},
};

/// Does it on the folder.
pub(super) fn run(path: &Path, command: Command, json: bool) -> Result<(), CliError> {
    let folder = DataFolder::open(path)?;
    let config = Config::load(&folder.config()).map_err(machine)?;
    let _lock = folder.lock().map_err(|error| {
        let said = whole(&error);
        CliError::Machine(format!("{said}; while it is served, ask it: leave --folder out"))
    })?;
    runtime()?.block_on(async {
        let now = clock::system();
        let url = config.database_url(&folder).map_err(machine)?;
        let db = Db::open(&url, now).await.map_err(machine)?;
        let people = People::open(db.clone(), &folder.keys(), &config).map_err(machine)?;
        let done = match check(&command, &db, &folder, &config).await {
            Ok(()) => carry_out(&people, command, json, now).await,
            refused => refused,
        };
        db.close().await;
        done
    })
}

fn machine(error: impl std::error::Error) -> CliError {
    CliError::Machine(whole(&error))
}

/// A limit names what the set-up has: with a slip of the pen an account would see nothing at all.
async fn check(
    command: &Command,
    db: &Db,
    folder: &DataFolder,
    config: &Config,
) -> Result<(), CliError> {
    let (Command::Add(Add { limits, .. }) | Command::Roles(Roles { limits, .. })) = command else {
        return Ok(());
    };
    let scope = limits.read()?.scope;
    if scope.is_everything() {
        return Ok(());
    }
    let hq = keys::hq(&folder.keys())?.public();
    let book = book::load(db, Authority { hq, root: config.root_key }).await.map_err(machine)?;
    Ok(check_scope(&scope, &book.pack)?)
}

fn value(of: &impl Serialize) -> Value {
    serde_json::to_value(of).expect("plain data")
}

async fn carry_out(
    people: &People,
    command: Command,
    json: bool,
    now: UnixMillis,
) -> Result<(), CliError> {
    match command {
        Command::List => {
            let all = people.every_account().await?;
            let all: Vec<AccountView> = all.into_iter().map(AccountView::from).collect();
            shown::accounts(&value(&all), json)
        }
        Command::Add(add) => {
            let wanted = add.limits.read()?;
            let display = add.display.as_deref().unwrap_or(&add.name);
            people.make((&add.name, display), &wanted, now).await?;
            output::note(&format!("Made. Next: hattama user --folder DIR password {}", add.name));
            Ok(())
        }
        Command::Password(of) => {
            let name = of.name.ok_or_else(|| needed("the account whose password to set"))?;
            let password = lines("the new password")?.swap_remove(0);
            people.set_password(&name, &password, now).await?;
            output::note("Set. A second factor is set on the page /account after entering.");
            Ok(())
        }
        Command::Roles(roles) => {
            let wanted = roles.limits.read()?;
            Ok(people.set_roles(&roles.name, &wanted, now).await?)
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
        Command::Sessions(of) => {
            let account = people.one_account(&of.name).await?;
            let sessions = people.sessions_of(&of.name, now).await?;
            let tokens = people.tokens_of(&of.name, now).await?;
            shown::in_with(&value(&AccountDetail::new(account, &sessions, &tokens)), json)
        }
        Command::EndSession(end) => Ok(people.end_here(&end.name, end.id.as_deref(), now).await?),
        Command::Token(token) => {
            let account = token.account.ok_or_else(|| needed("the account that it is for"))?;
            let until = token_end(token.days, now)?;
            let what = (token.name.as_str(), token.stepped_up);
            let made = people.token_here(&account, what, until, now).await?;
            output::note(&format!("Token {} of {account}, told once:", made.id));
            output::say(&made.token)
        }
        Command::TotpReset(of) => Ok(people.reset_factors(&of.name, now).await?),
        Command::Audit(audit) => {
            let filter = AuditFilter {
                actor: audit.actor,
                action: audit.action,
                before: audit.before.map(u64::from),
                ..AuditFilter::default()
            };
            let events = people.whole_trail(&filter, audit.limit).await?;
            shown::trail(&value(&AuditPage::new(events, audit.limit)), json)
        }
        Command::Whoami => Err(only_served("on the machine itself nobody is asked who they are")),
        Command::Link(_) => Err(only_served(
            "with --folder an account needs no link: give it a password with `hattama user password`",
        )),
        Command::Changes | Command::Confirm(_) | Command::Withdraw(_) => Err(only_served(
            "with --folder roles change at once, with `hattama user roles`; changes that wait are \
             confirmed by a second admin at a running headquarters",
        )),
    }
}

fn only_served(why: &str) -> CliError {
    CliError::Input(format!("{why}; leave --folder out to ask a headquarters that is being served"))
}

fn needed(what: &str) -> CliError {
    CliError::Input(format!("with --folder name {what}"))
}
