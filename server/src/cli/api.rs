//! Requests to a running headquarters, with its refusals turned into exit codes.

use std::{
    io::{Read, Write},
    net::IpAddr,
    path::Path,
};

use hattama_proto::{
    problem::{Problem, ProblemCode},
    wire::WIRE_HEADER,
};
use serde::Serialize;
use serde_json::Value;
use ureq::{
    Agent, Body,
    http::{Response, StatusCode},
};

use super::{
    CliError,
    agent::{agent, unreachable},
};

/// Largest answer that is read, in bytes: a line and a reason for each of half a million rows of a
/// table that nobody understood.
const ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Headquarters, asked on behalf of an operator.
#[derive(Debug)]
pub(super) struct Api {
    agent: Agent,
    server: String,
    token: String,
}

impl Api {
    /// Speaks to `server` only; plain HTTP only within this machine, because the token opens
    /// everything.
    pub(super) fn new(
        server: &str,
        token: &str,
        certificate: Option<&Path>,
    ) -> Result<Self, CliError> {
        check_address(server)?;
        let agent = agent(certificate)?;
        let server = server.trim_end_matches('/').to_owned();
        Ok(Self { agent, server, token: token.to_owned() })
    }

    /// `GET`.
    pub(super) fn get(&self, path: &str) -> Result<Value, CliError> {
        let request = self
            .agent
            .get(format!("{}{path}", self.server))
            .header("Authorization", format!("Bearer {}", self.token));
        self.read(request.call(), Blame::Headquarters)
    }

    /// `GET` of a file that may be longer than memory, written while it comes. What is shorter than
    /// announced is an error; what was written of it is of no use.
    pub(super) fn download(
        &self,
        path: &str,
        place: &Path,
        into: &mut impl Write,
    ) -> Result<(), CliError> {
        let request = self
            .agent
            .get(format!("{}{path}", self.server))
            .header("Authorization", format!("Bearer {}", self.token));
        let answer = request.call();
        if !answer.as_ref().is_ok_and(|answer| {
            answer.status().is_success() && answer.headers().contains_key(WIRE_HEADER)
        }) {
            return Err(self.read(answer, Blame::Headquarters).err().unwrap_or_else(unexpected));
        }
        let mut answer = answer.map_err(|error| unreachable(&self.server, &error))?;
        let announced = answer.body().content_length();
        let mut body = answer.body_mut().as_reader();
        let mut block = vec![0; 64 * 1024];
        let mut came = 0;
        loop {
            let read =
                body.read(&mut block).map_err(|error| unreachable(&self.server, &error.into()))?;
            if read == 0 {
                break;
            }
            came += read as u64;
            into.write_all(&block[..read]).map_err(|error| CliError::unwritable(place, &error))?;
        }
        if announced.is_some_and(|announced| announced != came) {
            return Err(CliError::Network(
                "headquarters broke off in the middle of the file; try again".into(),
            ));
        }
        Ok(())
    }

    /// `POST` of JSON, with further header fields.
    pub(super) fn post(
        &self,
        path: &str,
        body: &impl Serialize,
        headers: &[(&str, String)],
    ) -> Result<Value, CliError> {
        let body = serde_json::to_vec(body)
            .map_err(|error| CliError::Other(format!("the request cannot be written: {error}")))?;
        let mut request = self
            .agent
            .post(format!("{}{path}", self.server))
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Content-Type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        self.read(request.send(&body[..]), Blame::Headquarters)
    }

    /// `POST` of a file of known length, read while it is sent. A file that headquarters does not
    /// understand is the caller's to change.
    pub(super) fn post_file(
        &self,
        path: &str,
        media_type: &str,
        length: u64,
        mut file: impl Read,
    ) -> Result<Value, CliError> {
        let request = self
            .agent
            .post(format!("{}{path}", self.server))
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Content-Type", media_type)
            .header("Content-Length", length.to_string());
        self.read(request.send(ureq::SendBody::from_reader(&mut file)), Blame::File)
    }

    fn read(
        &self,
        answer: Result<Response<Body>, ureq::Error>,
        blame: Blame,
    ) -> Result<Value, CliError> {
        let mut answer = answer.map_err(|error| unreachable(&self.server, &error))?;
        if !answer.headers().contains_key(WIRE_HEADER) {
            return Err(CliError::Network(format!(
                "something at {} answered that is not headquarters; check --server",
                self.server
            )));
        }
        let status = answer.status();
        let body = answer
            .body_mut()
            .with_config()
            .limit(ANSWER_BYTES_MAX)
            .read_to_vec()
            .map_err(|error| unreachable(&self.server, &error))?;
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(|_| unexpected());
        }
        Err(refusal(status, serde_json::from_slice(&body).ok(), blame))
    }
}

/// An answer that this version does not read.
pub(super) fn unexpected() -> CliError {
    CliError::Other(
        "headquarters answered in a form that this version does not read; use the version that \
         it runs"
            .into(),
    )
}

/// Whose turn it is when headquarters understood the request and found it wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Blame {
    /// Headquarters' rules.
    Headquarters,
    /// The file that was sent.
    File,
}

fn refusal(status: StatusCode, problem: Option<Problem>, blame: Blame) -> CliError {
    let detail = problem
        .as_ref()
        .map_or_else(|| format!("status {status}"), |problem| problem.detail.clone());
    if status == StatusCode::UNAUTHORIZED {
        return CliError::Refused(
            "headquarters does not know this operator token; give the one that `hattama init` \
             printed for this folder"
                .into(),
        );
    }
    let code = problem.map_or(ProblemCode::Unknown, |problem| problem.code);
    if status.is_server_error() || code == ProblemCode::TooManyRequests {
        return CliError::Network(format!("headquarters cannot answer now: {detail}"));
    }
    let of_the_file =
        matches!(code, ProblemCode::Invalid | ProblemCode::MalformedBody | ProblemCode::TooLarge);
    if blame == Blame::File && of_the_file {
        return CliError::Input(detail);
    }
    CliError::Refused(format!("headquarters refused: {detail}"))
}

fn check_address(server: &str) -> Result<(), CliError> {
    let wrong = || {
        CliError::Input(format!("{server} is not an address; write it as https://hq.example.org"))
    };
    let uri: ureq::http::Uri = server.parse().map_err(|_| wrong())?;
    let host = uri.host().ok_or_else(wrong)?;
    let local = host == "localhost"
        || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    match uri.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if local => Ok(()),
        Some("http") => Err(CliError::Input(format!(
            "{server} would send the operator token unencrypted; use https, or run this command \
             on the machine itself"
        ))),
        _ => Err(wrong()),
    }
}

/// One value of a query string, so that it can hold anything.
pub(super) fn query_value(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("a string takes everything");
        }
    }
    out
}

/// A query string of the values that are there.
pub(super) fn query(pairs: &[(&str, Option<String>)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .filter_map(|(name, value)| Some(format!("{name}={}", query_value(value.as_deref()?))))
        .collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_never_leaves_the_machine_unencrypted() {
        for local in
            ["http://127.0.0.1:1", "http://localhost", "http://[::1]:8480", "https://hq.example"]
        {
            assert!(Api::new(local, "t", None).is_ok(), "{local}");
        }
        for remote in ["http://hq.example", "http://10.0.0.1:8480", "ftp://localhost", "hq", ""] {
            assert!(matches!(Api::new(remote, "t", None), Err(CliError::Input(_))), "{remote}");
        }
    }

    #[test]
    fn a_query_can_hold_anything() {
        let pairs = [("source", Some("цик & co".to_owned())), ("after", None)];
        assert_eq!(query(&pairs), "?source=%D1%86%D0%B8%D0%BA%20%26%20co");
        assert_eq!(query(&[("after", None)]), "");
    }

    #[test]
    fn what_headquarters_cannot_do_now_is_worth_another_try_and_a_refusal_is_not() {
        let said = |code| {
            let problem = Problem::new(code, "why");
            let status = StatusCode::from_u16(problem.status).unwrap();
            let by = |blame| refusal(status, Some(problem.clone()), blame).exit_code();
            (by(Blame::Headquarters), by(Blame::File))
        };
        assert_eq!(said(ProblemCode::StoreUnavailable), (3, 3));
        assert_eq!(said(ProblemCode::TooManyRequests), (3, 3));
        assert_eq!(said(ProblemCode::Unauthorized), (5, 5));
        assert_eq!(said(ProblemCode::Invalid), (5, 2));
    }
}
