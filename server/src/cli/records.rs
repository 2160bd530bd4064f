//! `hattama records`: what arrived, one record whole, and decisions about it.

use clap::{ArgGroup, Args, Subcommand};
use hattama_proto::{
    id::{CopyType, RecordId, UnitCode},
    statement::Disposition,
    time::UnixMillis,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    CliError,
    access::Access,
    api::{Api, query, unexpected},
    output,
    table::Table,
};

/// Flags of `hattama records`.
#[derive(Debug, Args)]
pub(super) struct Records {
    #[command(subcommand)]
    what: Option<What>,
    /// Begin after this place in the log
    #[arg(long, value_name = "INDEX")]
    after: Option<u64>,
    /// Show at most so many
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    /// Print JSON for programs
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show one record with what was signed
    Show {
        /// Its id
        id: RecordId,
        /// Print the signed string and nothing else, for a .jws file
        #[arg(long)]
        jws: bool,
    },
    /// Decide whether a record counts; signed, logged, and replaced only by a later decision
    #[command(group = ArgGroup::new("disposition").required(true))]
    Decide {
        /// Its id
        id: RecordId,
        /// It does not count
        #[arg(long, group = "disposition")]
        set_aside: bool,
        /// It counts, whatever stood against it
        #[arg(long, group = "disposition")]
        counted: bool,
        /// Why, for the log
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// The unit it really belongs to
        #[arg(long, value_name = "CODE")]
        unit: Option<UnitCode>,
        /// The copy type it really is
        #[arg(long, value_name = "TYPE")]
        copy: Option<CopyType>,
        /// A record that shows the very same document
        #[arg(long, value_name = "ID")]
        same_document_as: Option<RecordId>,
    },
}

#[derive(Deserialize)]
struct Page {
    records: Vec<Record>,
    next: Option<u64>,
}

#[derive(Deserialize)]
struct Record {
    index: u64,
    id: String,
    kind: String,
    kid: String,
    public_key: Option<String>,
    person: Option<String>,
    org: Option<String>,
    received_at: UnixMillis,
    held: Option<String>,
    claims: Option<Value>,
    jws: String,
}

#[derive(Deserialize)]
struct Said {
    index: u64,
}

impl Records {
    /// Lists, shows or decides.
    pub(super) fn run(self) -> Result<(), CliError> {
        let api = self.access.api()?;
        match &self.what {
            None => self.list(&api),
            Some(What::Show { id, jws }) => {
                let answer = api.get(&format!("/v1/records/{id}"))?;
                let record: Record = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
                if *jws {
                    output::say(&record.jws)
                } else if self.json {
                    output::say_json(&answer)
                } else {
                    output::say(&shown(&record))
                }
            }
            Some(What::Decide { id, counted, reason, unit, copy, same_document_as, .. }) => {
                let disposition =
                    if *counted { Disposition::Counted } else { Disposition::SetAside };
                let body = json!({
                    "disposition": disposition,
                    "reason": reason,
                    "unit": unit,
                    "copy": copy,
                    "same_document_as": same_document_as,
                });
                let answer = api.post(&format!("/v1/records/{id}/decisions"), &body, &[])?;
                if self.json {
                    return output::say_json(&answer);
                }
                let said: Said = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
                let word = if *counted { "counts" } else { "is not counted" };
                output::say(&format!(
                    "The record {word}, by the decision at log index {}.",
                    said.index
                ))
            }
        }
    }

    fn list(&self, api: &Api) -> Result<(), CliError> {
        let pairs = [
            ("after", self.after.map(|after| after.to_string())),
            ("limit", self.limit.map(|limit| limit.to_string())),
        ];
        let answer = api.get(&format!("/v1/records{}", query(&pairs)))?;
        if self.json {
            return output::say_json(&answer);
        }
        let page: Page = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
        let mut table =
            Table::new(["index", "received", "kind", "unit", "person", "org", "state", "id"]);
        for record in page.records {
            table.push([
                record.index.to_string(),
                record.received_at.to_rfc3339(),
                record.kind.clone(),
                unit(&record).to_owned(),
                record.person.clone().unwrap_or_default(),
                record.org.clone().unwrap_or_default(),
                state(&record),
                record.id,
            ]);
        }
        if table.is_empty() {
            return output::say("No records here.");
        }
        let mut text = table.render();
        if let Some(next) = page.next {
            text.push_str(&format!("There may be more: hattama records --after {next}\n"));
        }
        output::say(&text)
    }
}

/// The unit that the record speaks of, in whichever place its kind has it.
fn unit(record: &Record) -> &str {
    let Some(claims) = &record.claims else { return "" };
    ["/body/unit", "/body/becomes/body/unit"]
        .iter()
        .find_map(|place| claims.pointer(place)?.as_str())
        .unwrap_or("")
}

fn state(record: &Record) -> String {
    record.held.as_ref().map_or_else(
        || "stored".to_owned(),
        |why| format!("awaiting check ({})", why.replace('_', " ")),
    )
}

fn shown(record: &Record) -> String {
    let claims = record.claims.as_ref().map_or_else(
        || "what was signed cannot be read by this version".to_owned(),
        |claims| serde_json::to_string_pretty(claims).unwrap_or_else(|_| claims.to_string()),
    );
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".to_owned());
    output::printable(&format!(
        "record    {}\nkind      {}\nindex     {}\nreceived  {}\nstate     {}\nperson    {}\norg       {}\nkey       {}\n\n{claims}\n",
        record.id,
        record.kind,
        record.index,
        record.received_at.to_rfc3339(),
        state(record),
        or_none(&record.person),
        or_none(&record.org),
        record.public_key.as_deref().unwrap_or(&record.kid),
    ))
}
