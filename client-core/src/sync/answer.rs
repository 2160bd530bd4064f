//! Whose answer it is, and whether it says anything. Pure.
//!
//! Only an answer with our header is headquarters'. Everything else is the network talking.

use std::convert::Infallible;

use hattama_proto::{
    problem::{Problem, ProblemCode},
    wire::{CellBitmap, HAVE_HEADER, HELD_SEALED, WIRE_HEADER, WIRE_VERSION},
};
use serde::de::DeserializeOwned;

use crate::transport::{Response, TransportError};

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Heard<T> {
    /// Headquarters' answer.
    Reply(T),
    /// Headquarters' refusal.
    Problem(Problem),
    /// Headquarters' answer, and it cannot be read.
    Garbled {
        /// Its status.
        status: u16,
    },
    /// Somebody else's answer.
    Foreign {
        /// Its status.
        status: u16,
    },
    /// No answer.
    Failed(TransportError),
}

/// What came back to "which cells do you have?".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Have {
    /// These.
    Cells(CellBitmap),
    /// All of them, and the hash is right.
    Complete,
    /// All of the sealed file, and nobody there can open it yet.
    HeldSealed,
}

/// What came back to a `HEAD`.
pub(crate) type HeardHave = Heard<Have>;

/// Reads an answer with a JSON body.
pub(crate) fn hear<T: DeserializeOwned>(answer: Result<Response, TransportError>) -> Heard<T> {
    let response = match ours(answer) {
        Ok(response) => response,
        Err(heard) => return heard.cast(),
    };
    if (200..300).contains(&response.status) {
        return serde_json::from_slice(&response.body)
            .map_or(Heard::Garbled { status: response.status }, Heard::Reply);
    }
    serde_json::from_slice(&response.body)
        .map_or(Heard::Garbled { status: response.status }, Heard::Problem)
}

/// Reads an answer whose body is taken as it is.
pub(crate) fn hear_bytes(answer: Result<Response, TransportError>) -> Heard<Vec<u8>> {
    match ours(answer) {
        Ok(response) if (200..300).contains(&response.status) => Heard::Reply(response.body),
        Ok(response) => serde_json::from_slice(&response.body)
            .map_or(Heard::Garbled { status: response.status }, Heard::Problem),
        Err(heard) => heard.cast(),
    }
}

/// Reads the answer to a `HEAD`, which has no body: the status and one header say it all.
pub(crate) fn hear_have(answer: Result<Response, TransportError>) -> HeardHave {
    let response = match ours(answer) {
        Ok(response) => response,
        Err(heard) => return heard.cast(),
    };
    let garbled = Heard::Garbled { status: response.status };
    match response.status {
        200..300 => match response.header(HAVE_HEADER) {
            Some("complete") => Heard::Reply(Have::Complete),
            Some(HELD_SEALED) => Heard::Reply(Have::HeldSealed),
            Some(cells) => CellBitmap::try_from(cells.to_owned())
                .map_or(garbled, |cells| Heard::Reply(Have::Cells(cells))),
            None => garbled,
        },
        404 => Heard::Reply(Have::Cells(CellBitmap::default())),
        429 | 503 | 507 => busy(&response).map_or(garbled, Heard::Problem),
        _ => garbled,
    }
}

/// What an overloaded headquarters says where an answer has no body: when to come again.
fn busy(response: &Response) -> Option<Problem> {
    let seconds = response.header("retry-after")?.trim().parse().ok()?;
    let code = match response.status {
        429 => ProblemCode::TooManyRequests,
        507 => ProblemCode::StorageFull,
        _ => ProblemCode::Overloaded,
    };
    let mut problem = Problem::new(code, "come again later");
    problem.retry_after_s = Some(seconds);
    Some(problem)
}

fn ours(answer: Result<Response, TransportError>) -> Result<Response, Heard<Infallible>> {
    let response = answer.map_err(Heard::Failed)?;
    if response.header(WIRE_HEADER) == Some(WIRE_VERSION) {
        Ok(response)
    } else {
        Err(Heard::Foreign { status: response.status })
    }
}

impl Heard<Infallible> {
    fn cast<T>(self) -> Heard<T> {
        match self {
            Self::Reply(never) => match never {},
            Self::Problem(problem) => Heard::Problem(problem),
            Self::Garbled { status } => Heard::Garbled { status },
            Self::Foreign { status } => Heard::Foreign { status },
            Self::Failed(error) => Heard::Failed(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, ours: bool, body: &str) -> Result<Response, TransportError> {
        let headers = if ours { vec![("hattama-wire".into(), "1".into())] } else { vec![] };
        Ok(Response { status, headers, body: body.into() })
    }

    #[test]
    fn a_captive_portal_is_foreign_whatever_it_says() {
        for status in [200, 302, 403, 413, 520] {
            let heard = hear::<Vec<u8>>(response(status, false, "[]"));
            assert_eq!(heard, Heard::Foreign { status });
        }
    }

    #[test]
    fn a_cut_answer_of_headquarters_is_garbled_and_no_verdict() {
        assert_eq!(hear::<Vec<u8>>(response(200, true, "[1, 2")), Heard::Garbled { status: 200 });
        assert_eq!(hear::<Vec<u8>>(response(503, true, "")), Heard::Garbled { status: 503 });
    }

    #[test]
    fn a_refusal_is_read_by_its_code() {
        let problem = Problem::new(ProblemCode::NotExpected, "send the record first");
        let body = serde_json::to_string(&problem).unwrap();
        assert_eq!(hear::<Vec<u8>>(response(403, true, &body)), Heard::Problem(problem));
    }

    #[test]
    fn a_head_says_which_cells_are_there() {
        let mut answer = response(200, true, "").unwrap();
        answer.headers.push(("hattama-have".into(), "Dw==".into()));
        let mut cells = CellBitmap::default();
        (0..4).for_each(|cell| cells.set(cell));
        assert_eq!(hear_have(Ok(answer.clone())), Heard::Reply(Have::Cells(cells)));
        answer.headers[1].1 = "complete".into();
        assert_eq!(hear_have(Ok(answer.clone())), Heard::Reply(Have::Complete));
        answer.headers[1].1 = "held-sealed".into();
        assert_eq!(hear_have(Ok(answer.clone())), Heard::Reply(Have::HeldSealed));
        answer.headers.pop();
        assert_eq!(hear_have(Ok(answer)), Heard::Garbled { status: 200 });
        assert_eq!(
            hear_have(response(404, true, "")),
            Heard::Reply(Have::Cells(CellBitmap::default()))
        );
        assert_eq!(hear_have(response(404, false, "")), Heard::Foreign { status: 404 });
    }

    #[test]
    fn a_head_that_is_told_to_come_later_says_when() {
        let mut answer = response(503, true, "").unwrap();
        assert_eq!(hear_have(Ok(answer.clone())), Heard::Garbled { status: 503 });
        answer.headers.push(("retry-after".into(), "37".into()));
        let heard = hear_have(Ok(answer.clone()));
        let Heard::Problem(problem) = heard else { panic!("{heard:?}") };
        assert_eq!((problem.code, problem.retry_after_s), (ProblemCode::Overloaded, Some(37)));
        answer.headers.remove(0);
        assert_eq!(hear_have(Ok(answer)), Heard::Foreign { status: 503 });
    }
}
