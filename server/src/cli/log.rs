//! `hattama log`: what operators do with the log. Cosignatures by stick, where there is no network.

use std::{fs, path::PathBuf};

use clap::{ArgGroup, Args, Subcommand};
use hattama_proto::tlog::NOTE_BYTES_MAX;
use serde::Deserialize;
use serde_json::json;

use super::{
    CliError,
    access::Access,
    api::{Api, unexpected},
    output,
};
use crate::folder::write_durably;

const AFTER_HELP: &str = "\
A witness that headquarters reaches over the network, named in hattama.toml under [[witness]] with \
its url, needs none of this. For the others, three steps:

  hattama log cosign --export stick/request --witness witness.example.org
  hattama witness cosign --folder w stick/request            at the witness
  hattama log cosign --import stick/request.cosigned";

/// Flags of `hattama log`.
#[derive(Debug, Args)]
pub(super) struct Log {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Carry a request to a witness, or bring its cosignature back, by file
    Cosign(Cosign),
}

/// Flags of `hattama log cosign`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP, group = ArgGroup::new("way").required(true))]
struct Cosign {
    /// Write the request for --witness into this file
    #[arg(long, value_name = "FILE", group = "way", requires = "witness")]
    export: Option<PathBuf>,
    /// Take the cosigned checkpoint in this file
    #[arg(long, value_name = "FILE", group = "way")]
    import: Option<PathBuf>,
    /// Name of the witness
    #[arg(long, value_name = "NAME")]
    witness: Option<String>,
}

#[derive(Deserialize)]
struct Request {
    request: String,
}

#[derive(Deserialize)]
struct Taken {
    size: u64,
    cosignatures: usize,
}

impl Log {
    /// Does what was asked.
    pub(super) fn run(self) -> Result<(), CliError> {
        let api = self.access.api()?;
        match &self.what {
            What::Cosign(cosign) => cosign.run(&api),
        }
    }
}

impl Cosign {
    fn run(&self, api: &Api) -> Result<(), CliError> {
        if let (Some(path), Some(witness)) = (&self.export, &self.witness) {
            let name: String = witness.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let answer = api.get(&format!("/v1/cosignatures/request?witness={name}"))?;
            let request: Request = serde_json::from_value(answer).map_err(|_| unexpected())?;
            write_durably(path, request.request.as_bytes())
                .map_err(|error| CliError::unwritable(path, &error))?;
            return output::say(&format!("Carry {} to {witness}.", path.display()));
        }
        let Some(path) = &self.import else { return Ok(()) };
        let unreadable = |error| CliError::unreadable(path, &error);
        if fs::metadata(path).map_err(unreadable)?.len() > NOTE_BYTES_MAX as u64 {
            return Err(CliError::Input(format!("{} is too long", path.display())));
        }
        let note = fs::read_to_string(path).map_err(unreadable)?;
        let answer = api.post("/v1/cosignatures", &json!({ "note": note }), &[])?;
        let taken: Taken = serde_json::from_value(answer).map_err(|_| unexpected())?;
        output::say(&format!(
            "Headquarters has {} cosignature(s) of the checkpoint of {} entries.",
            taken.cosignatures, taken.size
        ))
    }
}
