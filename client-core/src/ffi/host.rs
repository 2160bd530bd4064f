//! The app's own network as the core's transport.

use std::{
    io::{Read as _, Seek as _, SeekFrom},
    sync::{Arc, mpsc},
    time::Duration,
};

use super::{HttpRequest, HttpResponse, HttpTransport, TransportFailure};
use crate::{
    limits::STOP_POLL_MS,
    transport::{
        Request, RequestBody, Response, Stop, Transport, TransportError, usable_addresses,
    },
};

/// Carries requests by calling the app, one thread for each, so that a call that does not come back
/// keeps nobody waiting.
pub(super) struct Host {
    app: Arc<dyn HttpTransport>,
    addresses: Vec<String>,
    pin: Option<String>,
}

impl Host {
    /// To the usable ones of these addresses, tried in order. The bundled transport's rules hold:
    /// plain HTTP to this machine only.
    pub(super) fn new(
        app: Arc<dyn HttpTransport>,
        addresses: &[String],
        pin: Option<&str>,
    ) -> Result<Self, TransportError> {
        let addresses = usable_addresses(addresses)?;
        Ok(Self { app, addresses, pin: pin.map(str::to_owned) })
    }

    fn attempt(
        &self,
        address: &str,
        request: &Request,
        stop: &Stop,
    ) -> Result<Response, TransportError> {
        let asked = HttpRequest {
            method: request.method.name().to_owned(),
            url: format!("{address}{}", request.path),
            headers: request
                .headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
            body: bytes(&request.body)?,
            answer_bytes_max: request.answer_bytes_max,
            certificate_sha256: self.pin.clone(),
        };
        let (done, answer) = mpsc::channel();
        let app = Arc::clone(&self.app);
        std::thread::Builder::new()
            .name("hattama-host".to_owned())
            // Nobody listens any more after an interruption.
            .spawn(move || drop(done.send(app.execute(asked))))
            .map_err(|error| TransportError::Unreachable(error.to_string()))?;
        loop {
            match answer.recv_timeout(Duration::from_millis(STOP_POLL_MS)) {
                Ok(answer) => return heard(answer, request.answer_bytes_max),
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    return Err(TransportError::Broken("the app's transport failed".to_owned()));
                }
                Err(mpsc::RecvTimeoutError::Timeout) if stop.is_set() => {
                    return Err(TransportError::Interrupted);
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

impl Transport for Host {
    fn execute(&self, request: Request, stop: &Stop) -> Result<Response, TransportError> {
        let mut last = TransportError::Unreachable("no address".to_owned());
        for address in &self.addresses {
            if stop.is_set() {
                return Err(TransportError::Interrupted);
            }
            match self.attempt(address, &request, stop) {
                // Only where no connection was made is it certain that nothing was done.
                Err(error @ (TransportError::Unreachable(_) | TransportError::Untrusted(_))) => {
                    last = error;
                }
                answer => return answer,
            }
        }
        Err(last)
    }
}

/// What is sent along, whole: a range is a few seconds' worth of the line.
fn bytes(body: &RequestBody) -> Result<Vec<u8>, TransportError> {
    match body {
        RequestBody::Empty => Ok(Vec::new()),
        RequestBody::Bytes(bytes) => Ok(bytes.clone()),
        RequestBody::FileRange { file, first, len } => {
            let unreadable = |error: std::io::Error| TransportError::File(error.kind().to_string());
            let mut file = file.open().map_err(unreadable)?;
            file.seek(SeekFrom::Start(*first)).map_err(unreadable)?;
            let mut bytes = Vec::new();
            file.take(*len).read_to_end(&mut bytes).map_err(unreadable)?;
            match bytes.len() as u64 == *len {
                true => Ok(bytes),
                false => Err(TransportError::File("it is too short".to_owned())),
            }
        }
    }
}

fn heard(
    answer: Result<HttpResponse, TransportFailure>,
    bytes_max: u64,
) -> Result<Response, TransportError> {
    response(
        answer.map_err(|failure| match failure {
            TransportFailure::Unreachable { reason } => TransportError::Unreachable(reason),
            TransportFailure::Broken { reason } => TransportError::Broken(reason),
            TransportFailure::TimedOut => TransportError::TimedOut,
            TransportFailure::Untrusted { reason } => TransportError::Untrusted(reason),
        })?,
        bytes_max,
    )
}

/// An app's answer as the core reads it.
pub(super) fn response(answer: HttpResponse, bytes_max: u64) -> Result<Response, TransportError> {
    if answer.body.len() as u64 > bytes_max {
        return Err(TransportError::TooLong);
    }
    let lower = |(name, value): (String, String)| (name.to_ascii_lowercase(), value);
    let headers = answer.headers.into_iter().map(lower).collect();
    Ok(Response { status: answer.status, headers, body: answer.body })
}
