//! Accounts on the terminal, from what the interface answers.

use hattama_proto::time::UnixMillis;
use serde_json::Value;

use super::super::{CliError, api::unexpected, output, table::Table};

/// A text, or what stands for none.
fn text(of: &Value, name: &str, none: &str) -> String {
    of[name].as_str().unwrap_or(none).to_owned()
}

fn names(of: &Value) -> String {
    let names: Vec<&str> = of.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    names.join(",")
}

fn moment(of: &Value, none: &str) -> String {
    of.as_i64().map_or_else(|| none.to_owned(), |at| UnixMillis(at).to_rfc3339())
}

fn rows(of: &Value) -> Result<&Vec<Value>, CliError> {
    of.as_array().ok_or_else(unexpected)
}

fn yes(of: &Value) -> String {
    if of.as_bool() == Some(true) { "yes" } else { "no" }.to_owned()
}

/// A list of accounts.
pub(super) fn accounts(all: &Value, json: bool) -> Result<(), CliError> {
    if json {
        return output::say_json(all);
    }
    let head = ["account", "display", "state", "roles", "org", "region", "password", "codes"];
    let mut table = Table::new(head);
    for account in rows(all)? {
        table.push([
            text(account, "name", ""),
            text(account, "display", ""),
            text(account, "state", ""),
            names(&account["roles"]),
            text(account, "org", "all"),
            text(account, "region", "all"),
            yes(&account["has_password"]),
            yes(&account["has_totp"]),
        ]);
    }
    output::say(&table.render())
}

/// One's own account.
pub(super) fn own(own: &Value, json: bool) -> Result<(), CliError> {
    if json {
        return output::say_json(own);
    }
    let fresh = match own["factor"].as_str() {
        Some("fresh") => "opens also what asks for a fresh second factor",
        Some("missing") => "no second factor: set one on the page /account",
        _ => "does not open what asks for a fresh second factor",
    };
    output::say(&format!(
        "{} ({})\nroles    {}\nsees     organisation {}, region {}\nthis     {}, {fresh}\n",
        text(own, "name", ""),
        text(own, "display", ""),
        names(&own["roles"]),
        text(own, "org", "all"),
        text(own, "region", "all"),
        text(own, "here", ""),
    ))
}

/// What an account is in with.
pub(super) fn in_with(account: &Value, json: bool) -> Result<(), CliError> {
    if json {
        return output::say_json(account);
    }
    let mut table = Table::new(["id", "what", "began", "last used or until"]);
    for session in rows(&account["sessions"])? {
        table.push([
            text(session, "id", ""),
            "session".to_owned(),
            moment(&session["began_at"], ""),
            moment(&session["seen_at"], ""),
        ]);
    }
    for token in rows(&account["tokens"])? {
        table.push([
            text(token, "id", ""),
            format!("token: {}", text(token, "name", "")),
            moment(&token["made_at"], ""),
            moment(&token["until"], "until ended"),
        ]);
    }
    output::say(&table.render())
}

/// Changes of roles that wait.
pub(super) fn changes(all: &Value, json: bool) -> Result<(), CliError> {
    if json {
        return output::say_json(all);
    }
    let mut table = Table::new(["change", "account", "roles", "org", "region", "by", "at"]);
    for change in rows(all)? {
        table.push([
            text(change, "id", ""),
            text(change, "account", ""),
            names(&change["roles"]),
            text(change, "org", "all"),
            text(change, "region", "all"),
            text(change, "proposed_by", ""),
            moment(&change["proposed_at"], ""),
        ]);
    }
    output::say(&table.render())
}

/// A page of the audit trail.
pub(super) fn trail(page: &Value, json: bool) -> Result<(), CliError> {
    if json {
        return output::say_json(page);
    }
    let mut table = Table::new(["number", "at", "account", "action", "id"]);
    for event in rows(&page["events"])? {
        table.push([
            event["number"].to_string(),
            moment(&event["at"], ""),
            text(event, "actor", ""),
            text(event, "action", ""),
            text(event, "subject", ""),
        ]);
    }
    if let Some(next) = page["next"].as_u64() {
        output::note(&format!("There is more: --before {next}"));
    }
    output::say(&table.render())
}
