//! `hattama release`: making findings public, by two people.

use std::{collections::BTreeMap, fs, path::PathBuf};

use clap::{Args, Subcommand};
use hattama_proto::time::UnixMillis;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    CliError,
    access::Access,
    api::{query_value, unexpected},
    output,
    table::Table,
};

const AFTER_HELP: &str = "\
One publisher proposes, another confirms. Nothing is public before the last polls close. A precinct is \
named only where two people transcribed our figures and the official ones are archived; a total only \
where the publications of both levels are. What is missing is said, all at once.

What was confirmed gets the next number; its hash is signed and logged. It is never changed: a \
correction is another release, and the page of the earlier one shows it.

Examples:
  hattama release propose --name president/12-9001 --words en=note.txt
  hattama release confirm 3f2a...
  hattama release propose --corrects 1 --wrong en=mistake.txt";

/// Flags of `hattama release`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Release {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Propose a release; another publisher has to confirm it
    Propose(Propose),
    /// Confirm what another publisher proposed: it is public from then on
    Confirm {
        /// The draft
        draft: String,
    },
    /// Take a draft back
    Withdraw {
        /// The draft
        draft: String,
    },
    /// What is public, and drafts that wait
    List {
        /// Print JSON for programs
        #[arg(long)]
        json: bool,
    },
    /// What a release or a draft says, as JSON
    Show {
        /// The number of a release, or a draft
        which: String,
    },
}

#[derive(Debug, Args)]
struct Propose {
    /// A difference to name, as CONTEST/UNIT; may be given several times
    #[arg(long = "name", value_name = "CONTEST/UNIT")]
    names: Vec<String>,
    /// Words beside the figures, from a file: kk=FILE, ru=FILE, en=FILE
    #[arg(long, value_name = "LANGUAGE=FILE")]
    words: Vec<String>,
    /// The release that it corrects
    #[arg(long, value_name = "NUMBER")]
    corrects: Option<u32>,
    /// What was wrong with that one, from a file: kk=FILE, ru=FILE, en=FILE
    #[arg(long, value_name = "LANGUAGE=FILE", requires = "corrects")]
    wrong: Vec<String>,
}

#[derive(Deserialize)]
struct List {
    releases: Vec<Line>,
    drafts: Vec<Draft>,
}

#[derive(Deserialize)]
struct Line {
    number: u32,
    released_at: UnixMillis,
    sha256: String,
    corrects: Option<u32>,
}

#[derive(Deserialize)]
struct Draft {
    draft: String,
    proposed_by: String,
    proposed_at: UnixMillis,
    corrects: Option<u32>,
}

impl Release {
    /// Does it.
    pub(super) fn run(self) -> Result<(), CliError> {
        let api = self.access.api()?;
        let decided = |draft: &str, how: &str| {
            api.post(&format!("/v1/release-drafts/{}/{how}", query_value(draft)), &json!({}), &[])
        };
        match &self.what {
            What::Propose(propose) => {
                let answer = api.post("/v1/releases", &propose.body()?, &[])?;
                let draft: Draft = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
                let text = format!(
                    "Proposed as {}. Nothing is public yet: another publisher confirms it with\n  \
                     hattama release confirm {}",
                    draft.draft, draft.draft
                );
                output::say(&output::printable(&text))
            }
            What::Confirm { draft } => {
                let answer = decided(draft, "confirmation")?;
                let number = answer["number"].as_u64().ok_or_else(unexpected)?;
                output::say(&format!("Release {number} is public."))
            }
            What::Withdraw { draft } => {
                decided(draft, "withdrawal")?;
                output::say("Withdrawn; nothing of it is public.")
            }
            What::List { json } => {
                let answer = api.get("/v1/releases")?;
                if *json {
                    return output::say_json(&answer);
                }
                let list: List = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
                output::say(&output::printable(&list.describe()))
            }
            What::Show { which } => {
                let folder =
                    if which.parse::<u32>().is_ok() { "releases" } else { "release-drafts" };
                output::say_json(&api.get(&format!("/v1/{folder}/{}", query_value(which)))?)
            }
        }
    }
}

impl Propose {
    fn body(&self) -> Result<Value, CliError> {
        let named = self.names.iter().map(|name| {
            let (contest, unit) = name.split_once('/').ok_or_else(|| {
                CliError::Input(format!("{name:?} names no difference; write CONTEST/UNIT"))
            })?;
            Ok(json!({ "contest": contest, "unit": unit }))
        });
        let named = named.collect::<Result<Vec<_>, CliError>>()?;
        let mut body = json!({ "differences": named, "words": texts(&self.words)? });
        if let Some(release) = self.corrects {
            body["corrects"] = json!({ "release": release, "words": texts(&self.wrong)? });
        }
        Ok(body)
    }
}

/// Texts by language, from `en=FILE`.
fn texts(given: &[String]) -> Result<BTreeMap<String, String>, CliError> {
    let read = |given: &String| {
        let (language, path) = given.split_once('=').ok_or_else(|| {
            CliError::Input(format!("{given:?} is not LANGUAGE=FILE, like en=note.txt"))
        })?;
        let path = PathBuf::from(path);
        let text =
            fs::read_to_string(&path).map_err(|error| CliError::unreadable(&path, &error))?;
        Ok((language.to_owned(), text.trim().to_owned()))
    };
    given.iter().map(read).collect()
}

impl List {
    fn describe(&self) -> String {
        let corrects = |of: Option<u32>| of.map_or_else(|| "-".to_owned(), |of| of.to_string());
        let mut text = String::new();
        if self.releases.is_empty() {
            text.push_str("Nothing has been released yet.");
        } else {
            let mut table = Table::new(["release", "made public", "corrects", "sha256"]);
            for line in &self.releases {
                table.push([
                    line.number.to_string(),
                    line.released_at.to_rfc3339(),
                    corrects(line.corrects),
                    line.sha256.clone(),
                ]);
            }
            text.push_str(&table.render());
        }
        if !self.drafts.is_empty() {
            let mut table = Table::new(["draft", "proposed", "by", "corrects"]);
            for draft in &self.drafts {
                table.push([
                    draft.draft.clone(),
                    draft.proposed_at.to_rfc3339(),
                    draft.proposed_by.clone(),
                    corrects(draft.corrects),
                ]);
            }
            text.push_str(&format!("\n\nWaiting for another publisher:\n{}", table.render()));
        }
        text
    }
}
