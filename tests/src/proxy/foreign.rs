//! What somebody else answers in headquarters' place: a captive portal, a carrier, a gateway.

/// An answer that is not headquarters'.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    status: u16,
    media_type: &'static str,
    body: String,
}

impl Foreign {
    /// The page of a hotel's network that wants a password, with status 200.
    pub fn portal() -> Self {
        let body = "<html><body>Welcome! Please log in.</body></html>".to_owned();
        Self { status: 200, media_type: "text/html", body }
    }

    /// A gateway's page with this status.
    pub fn page(status: u16) -> Self {
        let body = format!("<html><body><h1>{status}</h1></body></html>");
        Self { status, media_type: "text/html", body }
    }

    /// JSON that looks like an answer of headquarters but does not carry its header.
    pub fn look_alike(status: u16, body: &str) -> Self {
        Self { status, media_type: "application/json", body: body.to_owned() }
    }

    /// The bytes on the wire.
    pub(super) fn bytes(&self) -> Vec<u8> {
        format!(
            "HTTP/1.1 {} Whatever\r\nContent-Type: {}\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{}",
            self.status,
            self.media_type,
            self.body.len(),
            self.body
        )
        .into_bytes()
    }
}

/// Length of the first request in `bytes`, body included, once all of it is there.
pub(super) fn request_len(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
    let body = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .and_then(|value| value.trim().parse::<usize>().ok())
        .unwrap_or(0);
    (bytes.len() >= head + body).then_some(head + body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_whole_when_its_body_is() {
        let request = b"PUT /x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc";
        assert_eq!(request_len(request), Some(request.len()));
        assert_eq!(request_len(&request[..request.len() - 1]), None);
        assert_eq!(request_len(b"GET / HTTP/1.1\r\n\r\n"), Some(18));
    }
}
