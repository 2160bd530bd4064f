//! Accounts of a headquarters that is being served: what the caller's roles and second factor allow.

use serde_json::{Value, json};

use super::{
    super::{
        CliError,
        api::{Api, query, query_value, unexpected},
        output,
    },
    Command, Limits, lines, shown,
};

/// Asks headquarters to do it.
pub(super) fn run(api: &Api, command: Command, json: bool) -> Result<(), CliError> {
    let of = |name: &str, what: &str| format!("/v1/accounts/{}{what}", query_value(name));
    let nothing = json!({});
    match command {
        Command::List => shown::accounts(&api.get("/v1/accounts")?, json),
        Command::Whoami => shown::own(&api.get("/v1/account")?, json),
        Command::Add(add) => {
            let mut body = limits(&add.limits)?;
            body["name"] = add.name.as_str().into();
            body["display"] = add.display.as_deref().unwrap_or(&add.name).into();
            link(&api.post("/v1/accounts", &body, &[])?, json)
        }
        Command::Link(what) if what.withdraw => {
            api.post(&of(&what.name, "/invitation/end"), &nothing, &[]).map(drop)
        }
        Command::Link(what) => {
            link(&api.post(&of(&what.name, "/invitation"), &nothing, &[])?, json)
        }
        Command::Password(whose) => {
            only_mine(api, whose.name.as_deref(), "sets their password themselves; a lost one")?;
            let typed =
                lines("your present password, if you have one, and on the next line the new")?;
            let (present, new) = match typed.as_slice() {
                [new] => ("", new),
                [present, new, ..] => (present.as_str(), new),
                [] => return Err(CliError::Input("no password was typed".into())),
            };
            let body = json!({ "present": present, "new": new });
            api.post("/v1/account/password", &body, &[])?;
            output::note("Set. Your other sessions have ended.");
            Ok(())
        }
        Command::Roles(roles) => {
            let answer = api.post(&of(&roles.name, "/roles"), &limits(&roles.limits)?, &[])?;
            if json {
                return output::say_json(&answer);
            }
            let id = answer["role_change"].as_str().ok_or_else(unexpected)?;
            output::note("Proposed. Another admin confirms it with `hattama user confirm`:");
            output::say(id)
        }
        Command::Changes => shown::changes(&api.get("/v1/role-changes")?, json),
        Command::Confirm(change) => decide(api, &change.id, "confirmation"),
        Command::Withdraw(change) => decide(api, &change.id, "withdrawal"),
        Command::Suspend(who) => state(api, &of(&who.name, "/state"), "suspended"),
        Command::Resume(who) => state(api, &of(&who.name, "/state"), "active"),
        Command::Remove(who) => state(api, &of(&who.name, "/state"), "removed"),
        Command::Sessions(who) => shown::in_with(&api.get(&of(&who.name, ""))?, json),
        Command::EndSession(end) => {
            let body = json!({ "id": end.id });
            api.post(&of(&end.name, "/sessions/end"), &body, &[]).map(drop)
        }
        Command::Token(token) => {
            only_mine(api, token.account.as_deref(), "makes their tokens themselves; another's")?;
            let body = json!({
                "name": token.name, "days": token.days, "stepped_up": token.stepped_up,
            });
            let made = api.post("/v1/account/tokens", &body, &[])?;
            if json {
                return output::say_json(&made);
            }
            let text = |name: &str| made[name].as_str().ok_or_else(unexpected);
            output::note(&format!("Token {}, told once:", text("id")?));
            output::say(text("token")?)
        }
        Command::TotpReset(who) => {
            api.post(&of(&who.name, "/factors/reset"), &nothing, &[]).map(drop)
        }
        Command::Audit(audit) => {
            let asked = [
                ("actor", audit.actor),
                ("action", audit.action),
                ("before", audit.before.map(|number| number.to_string())),
                ("limit", Some(audit.limit.to_string())),
            ];
            shown::trail(&api.get(&format!("/v1/audit{}", query(&asked)))?, json)
        }
    }
}

/// Roles and limits as the interface takes them. What is no role is said here already, with those
/// that there are.
fn limits(limits: &Limits) -> Result<Value, CliError> {
    limits.read()?;
    Ok(json!({ "roles": limits.roles, "org": limits.org, "region": limits.region }))
}

fn link(answer: &Value, json: bool) -> Result<(), CliError> {
    if json {
        return output::say_json(answer);
    }
    if let Some(change) = answer["role_change"].as_str() {
        output::note(&format!(
            "Invited. The roles wait for another admin: hattama user confirm {change}"
        ));
    }
    output::note("The link, told once; it works once, for three days. Hand it over safely:");
    output::say(answer["link"].as_str().ok_or_else(unexpected)?)
}

fn decide(api: &Api, id: &str, how: &str) -> Result<(), CliError> {
    api.post(&format!("/v1/role-changes/{}/{how}", query_value(id)), &json!({}), &[]).map(drop)
}

fn state(api: &Api, path: &str, to: &str) -> Result<(), CliError> {
    api.post(path, &json!({ "to": to }), &[]).map(drop)
}

/// What only its owner does, over HTTP, is not done for somebody else.
fn only_mine(api: &Api, name: Option<&str>, otherwise: &str) -> Result<(), CliError> {
    let Some(name) = name else { return Ok(()) };
    if api.get("/v1/account")?["name"].as_str() == Some(name) {
        return Ok(());
    }
    Err(CliError::Input(format!(
        "everybody {otherwise} only on the machine itself, with --folder DIR"
    )))
}
