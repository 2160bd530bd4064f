//! HTTPS for the commands: whom to trust, how long to wait, and what to say when nobody answers.

use std::{path::Path, time::Duration};

use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use ureq::{
    Agent,
    http::StatusCode,
    tls::{Certificate, RootCerts, TlsConfig},
};

use super::CliError;

/// Longest wait for a connection, in seconds.
const CONNECT_S: u64 = 10;

/// Longest wait for an answer, in seconds: the import of a whole country's precincts.
const ANSWER_S: u64 = 300;

/// An agent that trusts the public roots, or this certificate and no other.
pub(super) fn agent(certificate: Option<&Path>) -> Result<Agent, CliError> {
    let tls = match certificate {
        None => TlsConfig::builder().build(),
        Some(path) => TlsConfig::builder().root_certs(roots(path)?).build(),
    };
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_connect(Some(Duration::from_secs(CONNECT_S)))
        .timeout_recv_response(Some(Duration::from_secs(ANSWER_S)))
        .timeout_recv_body(Some(Duration::from_secs(ANSWER_S)))
        .proxy(None)
        .tls_config(tls)
        .build();
    Ok(config.into())
}

fn roots(path: &Path) -> Result<RootCerts, CliError> {
    let pem = std::fs::read(path).map_err(|error| CliError::unreadable(path, &error))?;
    let certificates: Vec<Certificate<'static>> = CertificateDer::pem_slice_iter(&pem)
        .filter_map(Result::ok)
        .map(|der| Certificate::from_der(&der).to_owned())
        .collect();
    if certificates.is_empty() {
        return Err(CliError::Input(format!("{} holds no certificate in PEM", path.display())));
    }
    Ok(RootCerts::from(certificates))
}

/// What to say when there was no answer.
pub(super) fn unreachable(server: &str, error: &ureq::Error) -> CliError {
    match error {
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => CliError::Input(format!(
            "{server} is not an address; write it as https://hq.example.org"
        )),
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) | ureq::Error::Pem(_) => {
            CliError::Network(format!(
                "the certificate of {server} is not trusted ({error}); if it is headquarters' \
                 own, give it with --certificate FILE"
            ))
        }
        // rustls reports a refused certificate through the connection.
        ureq::Error::Io(io) if io.to_string().contains("certificate") => {
            CliError::Network(format!(
                "the certificate of {server} is not trusted ({io}); if it is headquarters' \
                 own, give it with --certificate FILE"
            ))
        }
        error => CliError::Network(format!(
            "headquarters at {server} cannot be reached ({error}); is `hattama serve` running \
             there?"
        )),
    }
}

/// Something that everybody may fetch and that proves itself, so that any way there will do; none
/// if it is not there. At most `bytes_max` of it.
pub(super) fn fetch_public(
    agent: &Agent,
    server: &str,
    path: &str,
    bytes_max: u64,
) -> Result<Option<Vec<u8>>, CliError> {
    let server = server.trim_end_matches('/');
    let mut answer =
        agent.get(format!("{server}{path}")).call().map_err(|error| unreachable(server, &error))?;
    let status = answer.status();
    if status == StatusCode::NOT_FOUND {
        return Ok(None);
    }
    if !status.is_success() {
        return Err(CliError::Network(format!("{server}{path} was answered with {status}")));
    }
    let body = answer.body_mut().with_config().limit(bytes_max).read_to_vec();
    body.map(Some).map_err(|error| unreachable(server, &error))
}
