//! How the operators' commands find headquarters and show who they are.

use std::{env, fs, path::PathBuf};

use clap::Args;

use super::{CliError, api::Api};

/// Where headquarters is, and the operator's token.
#[derive(Debug, Args)]
#[command(next_help_heading = "Headquarters")]
pub(super) struct Access {
    /// Address of headquarters
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "HATTAMA_SERVER",
        default_value = "http://127.0.0.1:8480"
    )]
    server: String,
    /// Operator token; others on this machine can see it here, so better use --token-file or
    /// the variable HATTAMA_TOKEN
    #[arg(long, global = true, value_name = "TOKEN")]
    token: Option<String>,
    /// File with the operator token
    #[arg(long, global = true, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// PEM file with headquarters' certificate, where it is not one that browsers trust
    #[arg(long, global = true, value_name = "FILE", env = "HATTAMA_CERTIFICATE")]
    certificate: Option<PathBuf>,
}

impl Access {
    /// Headquarters, to be asked.
    pub(super) fn api(&self) -> Result<Api, CliError> {
        Api::new(&self.server, &self.token()?, self.certificate.as_deref())
    }

    /// Flag, then file, then environment.
    fn token(&self) -> Result<String, CliError> {
        let token = match (&self.token, &self.token_file) {
            (Some(token), _) => token.clone(),
            (None, Some(path)) => {
                fs::read_to_string(path).map_err(|error| CliError::unreadable(path, &error))?
            }
            (None, None) => env::var("HATTAMA_TOKEN").unwrap_or_default(),
        };
        let token = token.trim();
        if token.is_empty() {
            return Err(CliError::Input(
                "no operator token: give the one that `hattama init` printed with --token-file \
                 FILE or in the variable HATTAMA_TOKEN"
                    .into(),
            ));
        }
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(CliError::Input(
                "the operator token is not one line of letters and digits as `hattama init` \
                 printed it"
                    .into(),
            ));
        }
        Ok(token.to_owned())
    }
}
