//! `hattama-observer messages`: what headquarters wrote.

use clap::Args;
use hattama_client_core::MessageItem;
use serde_json::{Value, json};

use super::{At, CliError, open::Beginning, output};

/// Flags of `hattama-observer messages`.
#[derive(Debug, Args)]
pub(super) struct Messages {
    /// Read in this language from now on: kk, ru, en
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    /// Leave what is shown unread
    #[arg(long)]
    peek: bool,
}

impl Messages {
    /// Shows them, newest first, and notes that they were read.
    pub(super) fn run(self, at: &At) -> Result<(), CliError> {
        let notebook = at.open(Beginning::Refused)?;
        if let Some(language) = &self.language {
            notebook.set_language(language)?;
        }
        let messages = notebook.messages()?;
        if at.json {
            output::say_json(&messages.iter().map(as_json).collect::<Vec<Value>>())?;
        } else if messages.is_empty() {
            output::say("No message has come; `hattama-observer sync` fetches them.")?;
        } else {
            output::say(&messages.iter().map(told).collect::<Vec<String>>().join("\n"))?;
        }
        if self.peek {
            return Ok(());
        }
        for message in messages.iter().filter(|message| message.read_at.is_none()) {
            notebook.open_message(message.id)?;
        }
        Ok(())
    }
}

fn told(message: &MessageItem) -> String {
    let new = if message.read_at.is_none() { "new  " } else { "" };
    let at = message.sent_at.to_rfc3339();
    format!("{new}{at}  {}  {}\n{}\n", message.account, message.language, message.text)
}

fn as_json(message: &MessageItem) -> Value {
    json!({
        "id": message.id.to_hex(),
        "account": message.account,
        "text": message.text,
        "language": message.language,
        "texts": message.texts,
        "sent_at": message.sent_at,
        "received_at": message.received_at,
        "read_at": message.read_at,
    })
}
