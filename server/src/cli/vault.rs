//! `hattama vault`: who holds the names, and how two open them.

use std::{fs, io::BufRead as _, path::PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{
    CliError,
    access::Access,
    api::{Api, query_value},
    output,
};

const AFTER_HELP: &str = "\
Everybody who is to hold the vault, and every coordinator, sets a passphrase with their own account \
first. A passphrase is read from the first line of standard input, or of --passphrase-file.

Example:
  hattama vault passphrase                        each, with their own token
  hattama vault make --holder aigul --holder daniyar --holder serik \\
      --coordinator marat,watchers,79
  hattama vault ask --person p-0123456789abcdef --reason 'detained at 11:40'
  hattama vault agree NAME                        somebody else, within ten minutes
  hattama vault seal                              after the night";

/// Flags of `hattama vault`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Vault {
    #[command(subcommand)]
    what: Option<What>,
    /// File whose first line is your passphrase
    #[arg(long, global = true, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Set your own passphrase for the vault
    Passphrase,
    /// Make the vault; whoever stands in the clear is sealed
    Make {
        /// Account that gets a share; any two open the vault
        #[arg(long = "holder", value_name = "ACCOUNT", required = true)]
        holders: Vec<String>,
        /// Coordinator's account, organisation and region
        #[arg(long = "coordinator", value_name = "ACCOUNT,ORG,REGION")]
        coordinators: Vec<String>,
    },
    /// The first of two asks for it to be opened
    Ask {
        /// Whose entry, by the pseudonym for protocols
        #[arg(long = "person", value_name = "PSEUDONYM")]
        people: Vec<String>,
        /// Coordinator's account, organisation and region whose contacts to give
        #[arg(long = "grant", value_name = "ACCOUNT,ORG,REGION")]
        grants: Vec<String>,
        /// Why; it is kept
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// The second agrees, and the names are shown
    Agree {
        /// The opening, as `hattama vault ask` said it
        opening: String,
    },
    /// Show one opening; with the names to the two who opened it
    Show {
        /// The opening
        opening: String,
    },
    /// Take the contacts from all coordinators, after the night
    Seal,
}

impl Vault {
    /// Does it.
    pub(super) fn run(self) -> Result<(), CliError> {
        let api = self.access.api()?;
        let answer = self.answer(&api)?;
        output::say_json(&answer)
    }

    fn answer(&self, api: &Api) -> Result<Value, CliError> {
        let opening = |name: &str| format!("/v1/vault/openings/{}", query_value(name));
        match &self.what {
            None => api.get("/v1/vault"),
            Some(What::Passphrase) => {
                let body = json!({ "passphrase": self.passphrase()? });
                api.post("/v1/vault/passphrase", &body, &[])
            }
            Some(What::Make { holders, coordinators }) => {
                let body = json!({ "holders": holders, "coordinators": grants(coordinators)? });
                api.post("/v1/vault", &body, &[])
            }
            Some(What::Ask { people, grants: asked, reason }) => {
                let grants = grants(asked)?;
                let passphrase = self.passphrase()?;
                let body = json!({
                    "people": people, "grants": grants, "reason": reason,
                    "passphrase": passphrase,
                });
                api.post("/v1/vault/openings", &body, &[])
            }
            Some(What::Agree { opening: name }) => {
                let body = json!({ "passphrase": self.passphrase()? });
                api.post(&format!("{}/agreement", opening(name)), &body, &[])
            }
            Some(What::Show { opening: name }) => api.get(&opening(name)),
            Some(What::Seal) => api.post("/v1/vault/seal", &json!({}), &[]),
        }
    }

    /// The first line of the file, else of standard input. Never an argument: others on the machine
    /// would see it.
    fn passphrase(&self) -> Result<String, CliError> {
        let line = match &self.passphrase_file {
            Some(path) => {
                let text =
                    fs::read_to_string(path).map_err(|error| CliError::unreadable(path, &error))?;
                text.lines().next().unwrap_or_default().to_owned()
            }
            None => {
                output::note("Your passphrase for the vault (it is shown as you type):");
                let mut line = String::new();
                std::io::stdin().lock().read_line(&mut line).map_err(|error| {
                    CliError::Input(format!("the passphrase cannot be read: {error}"))
                })?;
                line.trim_end_matches(['\r', '\n']).to_owned()
            }
        };
        if line.is_empty() {
            return Err(CliError::Input(
                "no passphrase: type it, or give it with --passphrase-file FILE".into(),
            ));
        }
        Ok(line)
    }
}

/// `ACCOUNT,ORG,REGION`, each.
fn grants(texts: &[String]) -> Result<Vec<Value>, CliError> {
    texts
        .iter()
        .map(|text| match text.split(',').collect::<Vec<_>>().as_slice() {
            [account, org, region] => {
                Ok(json!({ "account": account, "org": org, "region": region }))
            }
            _ => Err(CliError::Input(format!("{text} is not ACCOUNT,ORG,REGION"))),
        })
        .collect()
}
