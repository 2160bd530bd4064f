//! `hattama invite`: one observer, one device, one use.

use std::{fs, path::PathBuf};

use clap::Args;
use hattama_proto::{
    id::{OrgId, UnitCode},
    invitation::Invitation,
    statement::Mandate,
};
use serde::Deserialize;
use serde_json::json;

use super::{CliError, access::Access, api::unexpected, output, qr};

const AFTER_HELP: &str = "\
The text is shown once and not kept: hand it over, or scan the code with the observer's phone. \
For a lost phone revoke the device and invite again.

Example:
  hattama invite --label 'Observer 17' --org observers --unit 101 --unit 102 --qr";

/// Flags of `hattama invite`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Invite {
    /// What you call the person; stays in headquarters' identity vault
    #[arg(long, value_name = "TEXT")]
    label: String,
    /// Observer organisation, by its code
    #[arg(long, value_name = "ORG")]
    org: OrgId,
    /// Unit where the person may observe, with all below it; repeat it for several. Everywhere if
    /// none is given
    #[arg(long = "unit", value_name = "CODE")]
    units: Vec<UnitCode>,
    /// How long the invitation can be used, in hours
    #[arg(long, value_name = "N", default_value_t = 72)]
    hours: u32,
    /// Also show it as a QR code
    #[arg(long)]
    qr: bool,
    /// Also write it as a QR code into an SVG file
    #[arg(long, value_name = "FILE")]
    qr_svg: Option<PathBuf>,
    /// Print JSON for programs
    #[arg(long, conflicts_with = "qr")]
    json: bool,
    #[command(flatten)]
    access: Access,
}

#[derive(Deserialize)]
struct Invited {
    invitation: String,
    person: String,
}

impl Invite {
    /// Invites.
    pub(super) fn run(self) -> Result<(), CliError> {
        let mandate = match self.units.as_slice() {
            [] => Mandate::Everywhere,
            units => Mandate::Units(units.to_vec()),
        };
        let body = json!({
            "label": self.label,
            "org": self.org,
            "mandate": mandate,
            "valid_hours": self.hours,
        });
        let answer = self.access.api()?.post("/v1/invitations", &body, &[])?;
        let invited: Invited = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
        if let Some(path) = &self.qr_svg {
            fs::write(path, qr::svg(&invited.invitation)?)
                .map_err(|error| CliError::unwritable(path, &error))?;
        }
        if self.json {
            return output::say_json(&answer);
        }
        output::note(&self.describe(&invited)?);
        output::say(&invited.invitation)?;
        if self.qr {
            output::say(&qr::blocks(&invited.invitation)?)?;
        }
        Ok(())
    }

    fn describe(&self, invited: &Invited) -> Result<String, CliError> {
        let invitation: Invitation = invited.invitation.parse().map_err(|_| unexpected())?;
        let place = match self.units.as_slice() {
            [] => "everywhere".to_owned(),
            units => units.iter().map(UnitCode::as_str).collect::<Vec<_>>().join(", "),
        };
        Ok(format!(
            "Invitation of {} as {} of {}, for {place}; usable once, until {}.",
            self.label,
            invited.person,
            self.org,
            invitation.expires_at.to_rfc3339()
        ))
    }
}
