//! An HTTP client that costs next to nothing, so that the load leaves the machine to the server.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

/// What a server answered.
pub(super) struct Answer {
    pub(super) status: u16,
    /// The path of the `Location`, if it named one.
    pub(super) location: Option<String>,
    pub(super) body: Vec<u8>,
}

/// One kept-alive connection.
pub(super) struct Connection {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
}

impl Connection {
    pub(super) fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_nodelay(true).expect("loopback takes options");
        Self { stream: BufReader::with_capacity(256 * 1024, stream), address }
    }

    /// Sends a request and returns status and body.
    pub(super) fn request(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> (u16, Vec<u8>) {
        let answer = self.ask(method, path, headers, body);
        (answer.status, answer.body)
    }

    /// Sends a request and returns all of the answer that a client acts on.
    pub(super) fn ask(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
        self.try_ask(method, path, headers, body).expect("the server reads and answers")
    }

    /// As [`ask`](Self::ask); an error where the connection broke. One that was refused before its body
    /// was read often has no answer left to read.
    pub(super) fn try_ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> io::Result<Answer> {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n{headers}\r\n",
            self.address,
            body.len()
        );
        let stream = self.stream.get_mut();
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)?;
        self.read_answer()
    }

    /// Opens it anew.
    pub(super) fn again(&mut self) {
        *self = Self::open(self.address);
    }

    fn read_answer(&mut self) -> io::Result<Answer> {
        let status = self.line()?.split(' ').nth(1).and_then(|s| s.parse().ok());
        let status = status.expect("a status line");
        let (mut length, mut chunked, mut location) = (0, false, None);
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().expect("a length"),
                "transfer-encoding" => chunked = value.eq_ignore_ascii_case("chunked"),
                "location" => location = Some(path_of(value).to_owned()),
                _ => {}
            }
        }
        let body = if chunked { self.chunks()? } else { self.bytes(length)? };
        Ok(Answer { status, location, body })
    }

    /// A line of the head, without its end; the one after the last header is empty.
    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        if !line.ends_with('\n') {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        line.truncate(line.trim_end().len());
        Ok(line)
    }

    fn bytes(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(body)
    }

    /// A body in chunks, without trailers: nobody here sends them.
    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let head = self.line()?;
            let size = head.split(';').next().unwrap_or_default();
            let size = usize::from_str_radix(size, 16).expect("the size of a chunk");
            body.extend(self.bytes(size)?);
            self.line()?;
            if size == 0 {
                return Ok(body);
            }
        }
    }
}

/// The path of an address, which may be one already.
fn path_of(address: &str) -> &str {
    let beyond = address.split_once("://").map_or(address, |(_, rest)| rest);
    beyond.find('/').map_or("/", |at| &beyond[at..])
}
