//! `hattama messages`: what was sent to observers, and sending more.

use std::collections::BTreeMap;

use clap::{ArgGroup, Args, Subcommand};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    CliError,
    access::Access,
    api::{Api, unexpected},
    output,
    table::Table,
};

const AFTER_HELP: &str = "\
Example:
  hattama messages                                      what was sent, and how many phones have it
  hattama messages send --everybody --en 'Stay until the count is over'
  hattama messages send --within 75 --kk '...' --ru '...'
  hattama messages send --silent --ru 'Are you in place? Send your opening form'";

/// Flags of `hattama messages`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Messages {
    #[command(subcommand)]
    what: Option<What>,
    /// Print JSON for programs
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Send a message, in one or more languages
    Send(Send),
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("to").required(true))]
struct Send {
    /// To everybody that you see
    #[arg(long, group = "to")]
    everybody: bool,
    /// To whoever observes in this unit or below it
    #[arg(long, group = "to", value_name = "UNIT")]
    within: Option<String>,
    /// To one person, by the pseudonym for protocols
    #[arg(long, group = "to", value_name = "PSEUDONYM")]
    person: Option<String>,
    /// To whoever is expected now and has not been heard of
    #[arg(long, group = "to")]
    silent: bool,
    /// To whoever has not proven the whole way in the rehearsal
    #[arg(long, group = "to")]
    not_proven: bool,
    /// Only to people of this organisation
    #[arg(long, value_name = "ORG")]
    org: Option<String>,
    /// The text in Kazakh
    #[arg(long, value_name = "TEXT")]
    kk: Option<String>,
    /// The text in Russian
    #[arg(long, value_name = "TEXT")]
    ru: Option<String>,
    /// The text in English
    #[arg(long, value_name = "TEXT")]
    en: Option<String>,
    /// A name of your choice: sent again under it, the same message is not sent twice
    #[arg(long, value_name = "KEY")]
    once: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    to: Value,
    texts: BTreeMap<String, String>,
    sent_at: hattama_proto::time::UnixMillis,
    account: String,
    people: u64,
    received: u64,
}

impl Messages {
    /// Lists or sends.
    pub(super) fn run(self) -> Result<(), CliError> {
        let api = self.access.api()?;
        match &self.what {
            None => self.list(&api),
            Some(What::Send(send)) => {
                let headers: Vec<(&str, String)> =
                    send.once.iter().map(|key| ("Idempotency-Key", key.clone())).collect();
                let answer = api.post("/v1/messages", &send.body(), &headers)?;
                if self.json {
                    return output::say_json(&answer);
                }
                let sent: Message = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
                output::say(&format!("Sent to {} people.", sent.people))
            }
        }
    }

    fn list(&self, api: &Api) -> Result<(), CliError> {
        let answer = api.get("/v1/messages")?;
        if self.json {
            return output::say_json(&answer);
        }
        let messages: Vec<Message> = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
        let mut table = Table::new(["sent", "by", "to", "people", "on phones", "text"]);
        for message in messages {
            let to = message.to.as_str().map_or_else(|| message.to.to_string(), str::to_owned);
            let text = message.texts.values().next().map_or("", String::as_str);
            table.push([
                message.sent_at.to_rfc3339(),
                message.account,
                to,
                message.people.to_string(),
                message.received.to_string(),
                output::short(text, 60),
            ]);
        }
        if table.is_empty() {
            return output::say("No message was sent yet; `hattama messages send --help`.");
        }
        output::say(&table.render())
    }
}

impl Send {
    fn body(&self) -> Value {
        let to = match (&self.within, &self.person) {
            (Some(unit), _) => json!({ "within": unit }),
            (_, Some(person)) => json!({ "person": person }),
            _ if self.silent => json!("silent"),
            _ if self.not_proven => json!("not_proven"),
            _ => json!("everybody"),
        };
        let texts = [("kk", &self.kk), ("ru", &self.ru), ("en", &self.en)];
        let texts: BTreeMap<&str, &String> = texts
            .into_iter()
            .filter_map(|(language, text)| Some((language, text.as_ref()?)))
            .collect();
        json!({ "to": to, "org": self.org, "texts": texts })
    }
}
