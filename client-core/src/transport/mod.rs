//! How a request gets to headquarters and its answer back.
//!
//! The sync engine makes [`Request`]s and reads [`Response`]s; a [`Transport`] carries them. The
//! bundled one is [`HttpTransport`]; an app may bring its own, and tests do.

mod http;
mod pinned;
mod stop;

use std::{
    borrow::Cow,
    io::{self, Read as _, Seek as _, SeekFrom},
};

pub(crate) use self::http::usable_addresses;
pub use self::{http::HttpTransport, stop::Stop};
use crate::at_rest::StoredFile;

/// Carries one request and brings back one answer. Whatever it does, no evidence is lost: every
/// request may be repeated.
pub trait Transport: Send + Sync {
    /// Blocks until there is an answer, the connection fails or `stop` says so.
    fn execute(&self, request: Request, stop: &Stop) -> Result<Response, TransportError>;
}

/// The verbs in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Fetch.
    Get,
    /// Ask what is there.
    Head,
    /// Hand over.
    Post,
    /// Put a range in its place.
    Put,
}

impl Method {
    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The verb.
    pub method: Method,
    /// Path and query at headquarters' address: `/v1/records`.
    pub path: String,
    /// Header fields.
    pub headers: Vec<(&'static str, String)>,
    /// What is sent along.
    pub body: RequestBody,
    /// Longest answer to read, in bytes.
    pub answer_bytes_max: u64,
}

/// What is sent along with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestBody {
    /// Nothing.
    Empty,
    /// These bytes.
    Bytes(Vec<u8>),
    /// A range of a file, at most [`RANGE_BYTES_MAX`](hattama_proto::limits::RANGE_BYTES_MAX) long.
    FileRange {
        /// The file.
        file: StoredFile,
        /// First byte.
        first: u64,
        /// How many bytes.
        len: u64,
    },
}

impl RequestBody {
    /// Length in bytes.
    pub fn len(&self) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::FileRange { len, .. } => *len,
        }
    }

    /// Whether nothing is sent.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is sent, whole. The file is closed again when this returns: a request that is interrupted is
    /// left behind on its thread, and a phone that is about to be suspended may have no file open then.
    pub fn bytes(&self) -> Result<Cow<'_, [u8]>, TransportError> {
        match self {
            Self::Empty => Ok(Cow::Borrowed(&[])),
            Self::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
            Self::FileRange { file, first, len } => range(file, *first, *len)
                .map(Cow::Owned)
                .map_err(|error| TransportError::File(error.kind().to_string())),
        }
    }
}

fn range(file: &StoredFile, first: u64, len: u64) -> io::Result<Vec<u8>> {
    let mut file = file.open()?;
    file.seek(SeekFrom::Start(first))?;
    let mut bytes = Vec::new();
    file.take(len).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == len { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// One answer, from whomever.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Header fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// The value of a header field, whatever the case of `name`.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// Why there is no answer. Always worth another try, unless the address or the certificate is
/// wrong, which only people can mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No connection: no route, no name, nobody there.
    #[error("no connection ({0})")]
    Unreachable(String),
    /// The connection was lost after it had been made; the request may have arrived.
    #[error("the connection broke ({0})")]
    Broken(String),
    /// Nothing moved for too long.
    #[error("the connection stood still for too long")]
    TimedOut,
    /// The answer is longer than anything headquarters sends.
    #[error("the answer is too long to be one of headquarters")]
    TooLong,
    /// The other side is not the one whose certificate was promised.
    #[error("the other side does not have headquarters' certificate ({0})")]
    Untrusted(String),
    /// The address cannot be used.
    #[error("{0}")]
    Address(String),
    /// The file to send cannot be read.
    #[error("the file to send cannot be read ({0})")]
    File(String),
    /// The notebook was told to stop.
    #[error("interrupted")]
    Interrupted,
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_range_of_a_file_is_whole_or_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photo");
        let bytes: Vec<u8> = (0..70_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        std::fs::write(&path, &bytes).unwrap();
        let range = |path: &Path, first, len| {
            let file = StoredFile::plain(path.to_owned());
            let body = RequestBody::FileRange { file, first, len };
            body.bytes().map(Cow::into_owned)
        };
        assert_eq!(range(&path, 5, 69_995).unwrap(), bytes[5..]);
        for (path, first) in [(&path, 6), (&path, 80_000), (&path.join("gone"), 0)] {
            let refused = range(path, first, 69_995);
            assert!(matches!(refused, Err(TransportError::File(_))), "{refused:?}");
        }
    }
}
