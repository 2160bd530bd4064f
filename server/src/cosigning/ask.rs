//! One request to one witness. The only effect of this folder.

use std::{net::IpAddr, time::Duration};

use hattama_proto::tlog::{AddCheckpoint, NOTE_BYTES_MAX, NoteSignature};
use ureq::Agent;

/// Longest wait for a witness, in seconds. Nobody waits for it but the next round.
const ANSWER_S: u64 = 20;

/// Why an address is not one of a witness.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Plain HTTP to another machine, or no address at all.
    #[error("{0} must be https://..., or http:// on this machine only")]
    NotHttps(String),
}

/// What a witness answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It cosigned.
    Cosigned(Vec<NoteSignature>),
    /// It is at another size.
    At(u64),
    /// It refused, with this status.
    Refused(u16),
    /// Nothing that can be read came back.
    Nothing(String),
}

/// Speaks to witnesses.
#[derive(Clone, Debug)]
pub(super) struct Line {
    agent: Agent,
    url: String,
}

impl Line {
    /// To the witness at `url`.
    pub(super) fn to(url: &str) -> Result<Self, AddressError> {
        if !may_be_asked(url) {
            return Err(AddressError::NotHttps(url.to_owned()));
        }
        let wait = Some(Duration::from_secs(ANSWER_S));
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(wait)
            .proxy(None)
            .build();
        Ok(Self { agent: config.into(), url: url.trim_end_matches('/').to_owned() })
    }

    /// Asks and waits. Blocks.
    pub(super) fn ask(&self, request: &AddCheckpoint) -> Answer {
        let sent = self
            .agent
            .post(format!("{}/add-checkpoint", self.url))
            .header("Content-Type", "text/plain; charset=utf-8")
            .send(request.to_text().as_bytes());
        let mut answer = match sent {
            Ok(answer) => answer,
            Err(error) => return Answer::Nothing(error.to_string()),
        };
        let status = answer.status().as_u16();
        let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok());
        let is_size = kind.is_some_and(|kind| kind.starts_with("text/x.tlog.size"));
        let body = answer.body_mut().with_config().limit(NOTE_BYTES_MAX as u64).read_to_string();
        let body = match body {
            Ok(body) => body,
            Err(error) => return Answer::Nothing(error.to_string()),
        };
        match status {
            200 => Answer::Cosigned(body.lines().filter_map(NoteSignature::parse).collect()),
            409 if is_size => body.trim_end().parse().map_or(Answer::Refused(409), Answer::At),
            status => Answer::Refused(status),
        }
    }
}

/// What is sent is public and what comes back is signed; but who watches whom need not be read on
/// the way.
fn may_be_asked(url: &str) -> bool {
    match url.split_once("://") {
        Some(("https", host)) => !host.is_empty(),
        Some(("http", rest)) => {
            let host = rest.split('/').next().unwrap_or_default();
            let name = if host.ends_with(']') {
                host
            } else {
                host.rsplit_once(':').map_or(host, |(name, _)| name)
            };
            let name = name.trim_matches(['[', ']']);
            name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_goes_to_this_machine_only() {
        for good in
            ["https://w.example", "http://127.0.0.1:8490", "http://[::1]/w", "http://localhost"]
        {
            assert!(Line::to(good).is_ok(), "{good}");
        }
        for bad in ["http://w.example", "w.example", "https://", "ftp://localhost", ""] {
            assert!(Line::to(bad).is_err(), "{bad}");
        }
    }
}
