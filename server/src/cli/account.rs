//! `hattama account`: what became of every record, checked before it is believed.

use std::path::{Path, PathBuf};

use clap::Args;
use hattama_proto::{
    jws::Envelope,
    key::PublicKey,
    statement::{Accounting, RegionTally, Statement, Tally},
    tlog::{TileName, VerifierKey},
};
use serde_json::json;
use ureq::Agent;

use super::{
    CliError,
    agent::{agent, fetch_public},
    error::whole,
    output,
    serve::runtime,
    table::Table,
    verify::{public_key, read_text, verifier_key},
};
use crate::{
    config::Config,
    folder::{DataFolder, publish_durably},
    fsck::{
        FsckError, PublicLog, account_of_folder, check_accounting, check_public, read_accounting,
    },
    log::PublicFolder,
};

const AFTER_HELP: &str = "\
Every record in the log was received; each of them counts, or was set aside by a signed word of \
somebody (a decision, a revocation, its author's correction), or waits undecided. Headquarters signs \
how many, in all and by region, for each checkpoint that it publishes.

What is checked: the signature (--key), that the figures add up, and with --log that they speak of \
the public log and of as many records as are in it. With --folder besides a FILE the account is made \
anew from every record and decision in that headquarters, which must not be served meanwhile. The \
first thing that does not hold is named; exit code 1.

Regions with few records, or records by few people, are not shown (-); the total is always exact.

Examples:
  hattama account --server https://hq.example.org --key dXzN... --log https://hq.example.org \\
                  --vkey hq.example.org/kz+1c2d3e4f+AXf... --save account.jws
  hattama account account.jws --key dXzN... --log mirror --vkey hq.example.org/kz+1c2d3e4f+AXf...
  hattama account account.jws --folder hq";

/// Longest account, in bytes: a signed string.
const ACCOUNT_BYTES_MAX: u64 = hattama_proto::limits::RECORD_BYTES_MAX as u64;

/// Longest bundle of entries, in bytes: 256 of 65,535 and their lengths.
const BUNDLE_BYTES_MAX: u64 = 256 * (65_535 + 2);

/// Flags of `hattama account`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Account {
    /// A saved account
    #[arg(value_name = "FILE", conflicts_with = "server")]
    file: Option<PathBuf>,
    /// Ask the headquarters at this address; no token is needed
    #[arg(long, value_name = "URL", conflicts_with = "folder", requires = "key")]
    server: Option<String>,
    /// Folder of a headquarters: its own account, or what FILE is held against
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Headquarters' statement key, as `hattama init` printed it, or a file with it
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// The public log: a folder with a copy of it, or the address that serves it
    #[arg(long, value_name = "DIR|URL", requires = "vkey")]
    log: Option<String>,
    /// The log's key, as `hattama init` printed it, or a file with it
    #[arg(long, value_name = "VKEY", requires = "log")]
    vkey: Option<String>,
    /// PEM file with headquarters' certificate, where it is not one that browsers trust
    #[arg(long, value_name = "FILE", env = "HATTAMA_CERTIFICATE")]
    certificate: Option<PathBuf>,
    /// Keep the signed account in this file, once it holds
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// An account and whose it should be.
struct Found {
    text: String,
    key: PublicKey,
    /// What was found right besides the signature and the sums.
    checked: Vec<String>,
}

impl Account {
    /// Checks the account, then prints it.
    pub(super) fn run(self) -> Result<(), CliError> {
        let mut found = match (&self.file, &self.folder, &self.server) {
            (Some(file), Some(folder), _) => self.against_folder(file, folder)?,
            (Some(file), None, _) => {
                Found { text: read_text(file)?, key: self.key()?, checked: Vec::new() }
            }
            (None, Some(folder), _) => self.of_folder(folder)?,
            (None, None, Some(server)) => self.of_server(server)?,
            (None, None, None) => {
                return Err(CliError::Input("say a FILE, --server or --folder".into()));
            }
        };
        let statement = read_accounting(&found.text, &found.key).map_err(FsckError::from)?;
        let account = &statement.claims.body;
        if let (Some(log), Some(vkey)) = (&self.log, &self.vkey) {
            let public = self.public_log(log, &verifier_key(vkey)?)?;
            public.check_accounting(account)?;
            found.checked.push(format!(
                "size and root are those of the public log {}, which has as many records among \
                 its first {} entries",
                public.head.origin, account.size
            ));
        }
        if let Some(path) = &self.save {
            publish_durably(path, format!("{}\n", found.text).as_bytes())
                .map_err(|error| CliError::unwritable(path, &error))?;
        }
        if self.json {
            return output::say_json(&json!({
                "account": statement.claims,
                "not_shown": account.check().map_err(|lie| CliError::CheckFailed(whole(&lie)))?,
                "checked": found.checked,
            }));
        }
        output::say(&page(&statement, &found))
    }

    fn key(&self) -> Result<PublicKey, CliError> {
        let given = self.key.as_deref().ok_or_else(|| {
            CliError::Input(
                "say whose signature it should be with --key, as `hattama init` printed it".into(),
            )
        })?;
        public_key(given)
    }

    /// `--key` if it was given: whoever gives one does not ask the folder.
    fn key_or(&self, in_folder: PublicKey) -> Result<PublicKey, CliError> {
        if self.key.is_some() { self.key() } else { Ok(in_folder) }
    }

    fn against_folder(&self, file: &Path, folder: &Path) -> Result<Found, CliError> {
        let text = read_text(file)?;
        let folder = DataFolder::open(folder)?;
        let config = Config::load(&folder.config())?;
        let (_, key) = runtime()?.block_on(check_accounting(&folder, &config, &text))?;
        let checked = vec![
            "it is what every record and decision in the folder make of it, their signatures \
             checked again"
                .to_owned(),
        ];
        Ok(Found { text, key: self.key_or(key)?, checked })
    }

    fn of_folder(&self, folder: &Path) -> Result<Found, CliError> {
        let folder = DataFolder::open(folder)?;
        let config = Config::load(&folder.config())?;
        let (text, key) = runtime()?.block_on(account_of_folder(&folder, &config))?;
        let text = text.ok_or_else(nothing_yet)?.to_string();
        let checked = vec!["it was made anew from every record and decision".to_owned()];
        Ok(Found { text, key: self.key_or(key)?, checked })
    }

    fn of_server(&self, server: &str) -> Result<Found, CliError> {
        let key = self.key()?;
        let agent = agent(self.certificate.as_deref())?;
        let body = fetch_public(&agent, server, "/v1/accounting", ACCOUNT_BYTES_MAX)?
            .ok_or_else(nothing_yet)?;
        let text = String::from_utf8_lossy(&body).trim().to_owned();
        if Envelope::parse(&text).is_err() {
            return Err(CliError::Network(format!(
                "something at {server} answered that is no account; check --server"
            )));
        }
        Ok(Found { text, key, checked: Vec::new() })
    }

    fn public_log(&self, place: &str, key: &VerifierKey) -> Result<PublicLog, CliError> {
        let nothing = || CliError::Input(format!("{place} holds no checkpoint: nothing to check"));
        if !place.starts_with("http://") && !place.starts_with("https://") {
            return check_public(&PublicFolder::new(Path::new(place)), key)?.ok_or_else(nothing);
        }
        let agent = agent(self.certificate.as_deref())?;
        let note = fetch_public(&agent, place, "/log/checkpoint", ACCOUNT_BYTES_MAX)?;
        let note = String::from_utf8(note.ok_or_else(nothing)?).map_err(|_| nothing())?;
        PublicLog::of(&note, key, |tile| bundle(&agent, place, tile))
    }
}

/// A bundle of entries, or the full one that has taken its place.
fn bundle(agent: &Agent, server: &str, tile: &TileName) -> Result<(Vec<u8>, TileName), CliError> {
    for name in [*tile, tile.full()] {
        if let Some(bytes) = fetch_public(agent, server, &format!("/log/{name}"), BUNDLE_BYTES_MAX)?
        {
            return Ok((bytes, name));
        }
    }
    Err(CliError::CheckFailed(format!("{server} does not have {tile} of its own log")))
}

fn nothing_yet() -> CliError {
    CliError::Network("nothing was published yet, so there is no account; come back later".into())
}

fn page(statement: &Statement<Accounting>, found: &Found) -> String {
    let account = &statement.claims.body;
    let mut table = Table::new(["region", "received", "counted", "set aside", "undecided"]);
    for row in &account.regions {
        let name = row.region.as_ref().map_or("(no region)".to_owned(), ToString::to_string);
        table.push(cells(name, row.tally.as_ref()));
    }
    table.push(cells("all".to_owned(), Some(&account.total)));
    let mut text = table.render();
    for (what, reasons) in
        [("set aside", &account.total.set_aside), ("undecided", &account.total.undecided)]
    {
        let reasons: Vec<String> =
            reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        if !reasons.is_empty() {
            text.push_str(&format!("{what}: {}\n", reasons.join(", ")).replace('_', " "));
        }
    }
    let hidden = |row: &&RegionTally| row.tally.is_none();
    let hidden = account.regions.iter().filter(hidden).count();
    if hidden > 0 {
        text.push_str(&format!(
            "-: {hidden} rows with few records, or by few, are in the sum only\n"
        ));
    }
    let more: String = found.checked.iter().map(|checked| format!("; {checked}")).collect();
    text.push_str(&format!(
        "\nChecked: headquarters of {} signed this for the first {} entries of its log, and received \
         = counted + set aside + undecided in every row{more}.\n",
        statement.claims.election, account.size
    ));
    text
}

fn cells(name: String, tally: Option<&Tally>) -> [String; 5] {
    let cell = |count: Option<u64>| count.map_or(String::new(), |count| count.to_string());
    [
        name,
        cell(tally.map(|tally| tally.received)),
        cell(tally.map(|tally| tally.counted)),
        cell(tally.and_then(Tally::all_set_aside)),
        cell(tally.and_then(Tally::all_undecided)),
    ]
}
