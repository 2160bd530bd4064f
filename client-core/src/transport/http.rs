//! The bundled transport: blocking HTTPS, our own choice of whom to trust, no runtime.
//!
//! A request runs on a thread of its own while the caller waits for its answer or for the word to
//! stop, so an interruption takes effect at once even when the other side has gone silent. Nothing
//! has a total time limit; a connection on which nothing moves is given up.

use std::{
    io::Read as _,
    net::IpAddr,
    sync::{Mutex, PoisonError, mpsc},
    time::Duration,
};

use ureq::{
    Agent,
    http::{self, Uri},
    unversioned::{
        resolver::DefaultResolver,
        transport::{Connector as _, TcpConnector},
    },
};

use super::{
    Method, Request, Response, Stop, Transport, TransportError,
    pinned::{Tls, config},
};
use crate::limits::{
    CONNECT_TIMEOUT_S, IDLE_TIMEOUT_S, LINE_BYTES_PER_S_MIN, STOP_POLL_MS, UNSENT_BYTES_MAX,
};

/// Talks to headquarters at the first of its addresses that answers.
pub struct HttpTransport {
    addresses: Vec<String>,
    pin: Option<String>,
    agent: Mutex<Agent>,
}

impl HttpTransport {
    /// For these addresses, tried in order. `pin` is the SHA-256 of headquarters' certificate in
    /// hex; without one its certificate has to chain up to the public roots.
    ///
    /// Plain HTTP is spoken to this machine only (`http://127.0.0.1:...`); other plain addresses
    /// are refused, because anybody on the way could read and answer.
    pub fn new(addresses: &[String], pin: Option<&str>) -> Result<Self, TransportError> {
        if addresses.is_empty() {
            return Err(TransportError::Address("headquarters has no address".to_owned()));
        }
        let addresses = addresses.iter().map(|address| check(address)).collect::<Result<_, _>>()?;
        let agent = Mutex::new(agent(pin)?);
        Ok(Self { addresses, pin: pin.map(str::to_owned), agent })
    }

    fn attempt(
        &self,
        address: &str,
        request: &Request,
        stop: &Stop,
    ) -> Result<Response, TransportError> {
        let agent = self.agent.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let url = format!("{address}{}", request.path);
        let (request, body) = (request.clone(), request.body.bytes()?.into_owned());
        let (done, answer) = mpsc::channel();
        std::thread::Builder::new()
            .name("hattama-http".to_owned())
            .spawn(move || {
                // Nobody listens any more after an interruption.
                drop(done.send(run(&agent, &url, &request, &body)));
            })
            .map_err(|error| TransportError::Unreachable(error.to_string()))?;
        loop {
            match answer.recv_timeout(Duration::from_millis(STOP_POLL_MS)) {
                Ok(answer) => return answer,
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    return Err(TransportError::Broken("the request failed badly".to_owned()));
                }
                Err(mpsc::RecvTimeoutError::Timeout) if stop.is_set() => {
                    self.hang_up();
                    return Err(TransportError::Interrupted);
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Closes all connections, so that the thread left behind ends too.
    fn hang_up(&self) {
        let Ok(fresh) = agent(self.pin.as_deref()) else { return };
        let mut agent = self.agent.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *agent, fresh).shutdown();
    }
}

impl std::fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpTransport").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

impl Transport for HttpTransport {
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

fn agent(pin: Option<&str>) -> Result<Agent, TransportError> {
    let idle = Some(Duration::from_secs(IDLE_TIMEOUT_S));
    let settings = Agent::config_builder()
        .http_status_as_error(false)
        // A redirect is somebody else talking.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .user_agent(concat!("hattama/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(Some(Duration::from_secs(CONNECT_TIMEOUT_S)))
        .timeout_resolve(Some(Duration::from_secs(CONNECT_TIMEOUT_S)))
        .timeout_per_read(idle)
        .timeout_per_write(idle)
        .build();
    let connector = ().chain(TcpConnector::default()).chain(Tls { config: config(pin)? });
    Ok(Agent::with_parts(settings, connector, DefaultResolver::default()))
}

/// Those of `addresses` that may be used; one that may not must not make the others useless.
pub(crate) fn usable_addresses(addresses: &[String]) -> Result<Vec<String>, TransportError> {
    let mut last = TransportError::Address("headquarters has no address".to_owned());
    let mut usable = Vec::new();
    for address in addresses {
        match check(address) {
            Ok(address) => usable.push(address),
            Err(error) => last = error,
        }
    }
    if usable.is_empty() { Err(last) } else { Ok(usable) }
}

/// An address without a slash at its end, if it may be used.
fn check(address: &str) -> Result<String, TransportError> {
    let wrong = |why: &str| TransportError::Address(format!("{address}: {why}"));
    let uri: Uri = address.parse().map_err(|_| wrong("not an address"))?;
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    match uri.scheme_str() {
        Some("https") if !host.is_empty() => {}
        Some("http") if is_loopback(host) => {}
        Some("http") => {
            return Err(wrong("plain HTTP is for this machine only; use https://"));
        }
        _ => return Err(wrong("expected https://")),
    }
    if uri.query().is_some() {
        return Err(wrong("an address has no question mark"));
    }
    Ok(address.trim_end_matches('/').to_owned())
}

fn is_loopback(host: &str) -> bool {
    // A name other than localhost could be made to mean any machine.
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn run(
    agent: &Agent,
    url: &str,
    request: &Request,
    body: &[u8],
) -> Result<Response, TransportError> {
    let mut builder = http::Request::builder().method(request.method.name()).uri(url);
    for (name, value) in &request.headers {
        builder = builder.header(*name, value);
    }
    let wrong = |error: http::Error| TransportError::Address(error.to_string());
    let patience = Some(patience(body.len() as u64));
    let answer = match request.method {
        Method::Get | Method::Head => agent.run(builder.body(()).map_err(wrong)?),
        Method::Post | Method::Put => {
            let sent = builder.body(body).map_err(wrong)?;
            agent.run(agent.configure_request(sent).timeout_per_read(patience).build())
        }
    };
    read(answer.map_err(trouble)?, request)
}

/// How long nothing may come once a body of so many bytes was handed to the system. What it has taken over
/// moves without being seen, and on a slow line that is most of a range: to give up after the usual time
/// would throw away what is arriving, again and again.
fn patience(bytes: u64) -> Duration {
    let unsent_s = bytes.min(UNSENT_BYTES_MAX) / LINE_BYTES_PER_S_MIN;
    Duration::from_secs(IDLE_TIMEOUT_S + unsent_s)
}

fn read(answer: http::Response<ureq::Body>, request: &Request) -> Result<Response, TransportError> {
    let status = answer.status().as_u16();
    let headers = answer
        .headers()
        .iter()
        .filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        })
        .collect();
    let mut body = Vec::new();
    if request.method != Method::Head {
        let limit = request.answer_bytes_max;
        answer
            .into_body()
            .into_reader()
            .take(limit + 1)
            .read_to_end(&mut body)
            .map_err(|error| trouble(error.into()))?;
        if body.len() as u64 > limit {
            return Err(TransportError::TooLong);
        }
    }
    Ok(Response { status, headers, body })
}

fn trouble(error: ureq::Error) -> TransportError {
    use std::io::ErrorKind as Kind;
    match error {
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve)
        | ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed => TransportError::Unreachable(error.to_string()),
        ureq::Error::Timeout(_) => TransportError::TimedOut,
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => TransportError::Address(error.to_string()),
        ureq::Error::Rustls(error) => certificate(&error),
        ureq::Error::Io(error) => {
            let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
            match (tls, error.kind()) {
                (Some(tls), _) => certificate(tls),
                (
                    None,
                    Kind::ConnectionRefused
                    | Kind::HostUnreachable
                    | Kind::NetworkUnreachable
                    | Kind::NetworkDown
                    | Kind::AddrNotAvailable,
                ) => TransportError::Unreachable(error.to_string()),
                (None, Kind::TimedOut) => TransportError::TimedOut,
                (None, _) => TransportError::Broken(error.to_string()),
            }
        }
        error => TransportError::Broken(error.to_string()),
    }
}

fn certificate(error: &rustls::Error) -> TransportError {
    match error {
        rustls::Error::InvalidCertificate(_) => TransportError::Untrusted(error.to_string()),
        // Also what a portal that knows no TLS looks like: it may pass.
        _ => TransportError::Broken(error.to_string()),
    }
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
