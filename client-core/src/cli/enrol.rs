//! `hattama-observer enrol`: an invitation becomes a place at headquarters.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read as _},
    path::PathBuf,
};

use clap::Args;
use hattama_client_core::{EnrolmentSummary, PhotoSealing};
use hattama_proto::{invitation::Invitation, kind::Role, statement::Mandate};
use serde_json::{Value, json};

use super::{At, CliError, open::Beginning, output, words};

const AFTER_HELP: &str = "\
Makes the notebook if there is none. Records captured before the enrolment stay and are sent with \
the next `sync`. If the answer was lost on the way, give the same invitation again.

Example:
  hattama-observer --notebook notebook enrol HATTAMA1.eyJocSI6...";

/// Flags of `hattama-observer enrol`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Enrol {
    /// The invitation's text; - reads it from the input
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    invitation: Option<String>,
    /// File with the invitation's text
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Enrol {
    /// Enrols.
    pub(super) fn run(self, at: &At) -> Result<(), CliError> {
        let invitation: Invitation = self
            .text()?
            .parse()
            .map_err(|error| CliError::Input(format!("this cannot be used: {error}")))?;
        let enrolled = at.open(Beginning::Allowed)?.enrol(&invitation)?;
        if at.json {
            return output::say_json(&as_json(&enrolled));
        }
        output::say(&told(&enrolled))
    }

    fn text(&self) -> Result<String, CliError> {
        match (&self.file, self.invitation.as_deref()) {
            (Some(file), _) => fs::read_to_string(file).map_err(|error| {
                CliError::Input(format!("{} cannot be read: {error}", file.display()))
            }),
            (None, Some("-")) => {
                let mut text = String::new();
                io::stdin().read_to_string(&mut text).map_err(|error| {
                    CliError::Input(format!("the input cannot be read: {error}"))
                })?;
                Ok(text)
            }
            (None, text) => Ok(text.unwrap_or_default().to_owned()),
        }
    }
}

/// The enrolment for programs.
pub(super) fn as_json(enrolled: &EnrolmentSummary) -> Value {
    let persons = enrolled.persons.iter().map(|(role, person)| (role.name(), person));
    let keys = enrolled.kids.iter().map(|(role, kid)| (role.name(), kid));
    json!({
        "election": enrolled.election,
        "org": enrolled.org,
        "mandate": enrolled.mandate,
        "persons": persons.collect::<BTreeMap<_, _>>(),
        "keys": keys.collect::<BTreeMap<_, _>>(),
        "pack_version": enrolled.pack_version,
        "sealing": words::sealing(enrolled.sealing),
    })
}

/// The enrolment for people.
pub(super) fn told(enrolled: &EnrolmentSummary) -> String {
    let place = match &enrolled.mandate {
        Mandate::Everywhere => "everywhere".to_owned(),
        Mandate::Units(units) => {
            units.iter().map(|unit| unit.as_str()).collect::<Vec<_>>().join(", ")
        }
    };
    let mut text = format!(
        "Enrolled for {} with {}, election set-up {}.\nmay observe  {place}\n",
        enrolled.election, enrolled.org, enrolled.pack_version
    );
    for (role, person) in &enrolled.persons {
        let what = match role {
            Role::Results => "protocols",
            Role::Incidents => "incidents",
        };
        text.push_str(&format!("{what:<11}  as {person}\n"));
    }
    text.push_str(match enrolled.sealing {
        PhotoSealing::Off => "",
        PhotoSealing::Originals => {
            "photographs  are sealed to headquarters; this device shows their previews only\n"
        }
        PhotoSealing::All => {
            "photographs  are sealed to headquarters; this device cannot show them\n"
        }
        PhotoSealing::Unusable => {
            "photographs  should be sealed to headquarters and cannot be; tell your coordinator\n"
        }
    });
    text
}
