//! `hattama devices`: who may speak, and how that ends.

use clap::{Args, Subcommand};
use hattama_proto::{id::Kid, statement::Mandate};
use serde::Deserialize;
use serde_json::json;

use super::{
    CliError,
    access::Access,
    api::{Api, unexpected},
    output,
    table::Table,
};

/// Flags of `hattama devices`.
#[derive(Debug, Args)]
pub(super) struct Devices {
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
    /// Set aside what a device's key says from now on, or from an earlier place in the log;
    /// nothing is deleted
    Revoke {
        /// The key, as `hattama devices` shows it
        kid: Kid,
        /// Why, for the log
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// First place in the log whose records are set aside; the next one if not given
        #[arg(long, value_name = "INDEX")]
        from_index: Option<u64>,
    },
}

#[derive(Deserialize)]
struct Device {
    kid: String,
    role: String,
    person: String,
    org: String,
    mandate: Mandate,
    revoked_from: Option<u64>,
    last_seq: Option<u64>,
    hardware: Option<String>,
}

#[derive(Deserialize)]
struct Said {
    index: u64,
}

impl Devices {
    /// Lists or revokes.
    pub(super) fn run(self) -> Result<(), CliError> {
        let api = self.access.api()?;
        match &self.what {
            None => self.list(&api),
            Some(What::Revoke { kid, reason, from_index }) => {
                let body = json!({ "reason": reason, "from_index": from_index });
                let answer = api.post(&format!("/v1/devices/{kid}/revocation"), &body, &[])?;
                if self.json {
                    return output::say_json(&answer);
                }
                let said: Said = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
                output::say(&format!(
                    "Revoked {kid}, by the statement at log index {}. Its person's other key and \
                     devices are not touched.",
                    said.index
                ))
            }
        }
    }

    fn list(&self, api: &Api) -> Result<(), CliError> {
        let answer = api.get("/v1/devices")?;
        if self.json {
            return output::say_json(&answer);
        }
        let devices: Vec<Device> = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
        let mut table = Table::new([
            "person",
            "org",
            "role",
            "records",
            "may observe",
            "standing",
            "hardware",
            "key",
        ]);
        for device in devices {
            let records = device.last_seq.map_or(0, |seq| seq.saturating_add(1));
            table.push([
                device.person,
                device.org,
                device.role,
                records.to_string(),
                mandate(&device.mandate),
                device
                    .revoked_from
                    .map_or_else(|| "enrolled".to_owned(), |index| format!("revoked from {index}")),
                device.hardware.map_or_else(|| "no".to_owned(), |_| "vouched".to_owned()),
                device.kid,
            ]);
        }
        if table.is_empty() {
            return output::say(
                "No device is enrolled yet; make an invitation with `hattama invite`.",
            );
        }
        output::say(&table.render())
    }
}

fn mandate(mandate: &Mandate) -> String {
    match mandate {
        Mandate::Everywhere => "everywhere".to_owned(),
        Mandate::Units(units) => {
            units.iter().map(|unit| unit.as_str()).collect::<Vec<_>>().join(",")
        }
    }
}
