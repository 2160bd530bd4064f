//! Placeholder.
use super::{Request, Response, Stop, Transport, TransportError};

/// The bundled transport.
#[derive(Debug)]
pub struct HttpTransport;

impl HttpTransport {
    /// Talks to the first of `addresses` that answers; `pin` is the SHA-256 of the certificate in hex.
    pub fn new(addresses: &[String], pin: Option<&str>) -> Result<Self, TransportError> {
        let _unused = (addresses, pin);
        todo!()
    }
}

impl Transport for HttpTransport {
    fn execute(&self, _request: Request, _stop: &Stop) -> Result<Response, TransportError> {
        todo!()
    }
}
