//! A phone's side of a push, as cheap as it gets: one blocking socket, bodies that are ready, no JSON.
//!
//! Headquarters may refuse before it has read the body, and then may end the connection. What was answered
//! by then is an answer, and the next push makes a new connection.

use std::{
    io::{self, BufRead as _, BufReader, ErrorKind, Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    time::Duration,
};

use tokio::{net::TcpSocket, runtime::Handle};

/// Longest silence before a connection is given up.
const SILENCE: Duration = Duration::from_secs(10);

/// Where the pushes of a load go, and whether its lanes come from addresses of their own.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) address: SocketAddr,
    /// Makes the connections that begin at an address of their own; Linux has all of 127.0.0.0/8.
    pub(super) apart: Option<Handle>,
}

/// One sender.
pub(super) struct Caller {
    target: Target,
    from: Ipv4Addr,
    kept: Option<BufReader<TcpStream>>,
}

/// What was answered.
pub(super) struct Heard {
    pub(super) status: u16,
    /// Whether it says when to come again.
    pub(super) says_when: bool,
    /// Whether the connection ends with it.
    ends: bool,
    body: Vec<u8>,
}

impl Heard {
    /// How many records of the push are done for a phone, each with a receipt.
    pub(super) fn settled(&self) -> usize {
        let Ok(text) = std::str::from_utf8(&self.body) else { return 0 };
        let done = ["stored", "duplicate", "held"];
        let of = |verdict: &str| text.matches(&format!(r#""verdict":"{verdict}""#)).count();
        let done: usize = done.into_iter().map(of).sum();
        done.min(text.matches(r#""receipt":{"#).count())
    }
}

impl Caller {
    pub(super) fn new(target: &Target, lane: u16) -> Self {
        let [high, low] = lane.to_be_bytes();
        // 127.0.0.x is everybody else's.
        let from = Ipv4Addr::new(127, 1, high, low.max(1));
        Self { target: target.clone(), from, kept: None }
    }

    /// Pushes one body. A kept connection that the other side has ended meanwhile is made anew, once.
    pub(super) fn push(&mut self, body: &[u8]) -> io::Result<Heard> {
        let was_kept = self.kept.is_some();
        match self.once(body) {
            Err(error) if was_kept && !is_silence(&error) => self.once(body),
            heard => heard,
        }
    }

    fn once(&mut self, body: &[u8]) -> io::Result<Heard> {
        let mut stream = match self.kept.take() {
            Some(stream) => stream,
            None => BufReader::with_capacity(64 * 1024, self.connect()?),
        };
        let sent = self.send(stream.get_mut(), body);
        let heard = read(&mut stream);
        // Told while the body was still on its way: that counts.
        let (heard, was_sent) = match sent {
            Ok(()) => (heard?, true),
            Err(error) => (heard.map_err(|_| error)?, false),
        };
        if was_sent && !heard.ends {
            self.kept = Some(stream);
        }
        Ok(heard)
    }

    fn send(&self, stream: &mut TcpStream, body: &[u8]) -> io::Result<()> {
        let head = format!(
            "POST /v1/records HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n",
            self.target.address,
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)
    }

    fn connect(&self) -> io::Result<TcpStream> {
        let address = self.target.address;
        let stream = match &self.target.apart {
            None => TcpStream::connect_timeout(&address, SILENCE)?,
            Some(runtime) => {
                let connected = runtime.block_on(async {
                    let socket = TcpSocket::new_v4()?;
                    socket.bind((self.from, 0).into())?;
                    tokio::time::timeout(SILENCE, socket.connect(address)).await?
                })?;
                let stream = connected.into_std()?;
                stream.set_nonblocking(false)?;
                stream
            }
        };
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(SILENCE))?;
        stream.set_write_timeout(Some(SILENCE))?;
        Ok(stream)
    }
}

fn is_silence(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
}

/// Reads an answer with a length, which all answers to a push have.
fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Heard> {
    let mut line = String::new();
    let status = next_line(stream, &mut line)?.split(' ').nth(1).and_then(|s| s.parse().ok());
    let status = status.ok_or(ErrorKind::InvalidData)?;
    let (mut length, mut says_when, mut ends) = (None, false, false);
    while let Some((name, value)) = next_line(stream, &mut line)?.split_once(':') {
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok();
        } else if name.eq_ignore_ascii_case("retry-after") {
            says_when = value.trim().parse::<u32>().is_ok_and(|seconds| seconds > 0);
        } else if name.eq_ignore_ascii_case("connection") {
            ends = value.trim().eq_ignore_ascii_case("close");
        }
    }
    let length: usize = length.ok_or(ErrorKind::InvalidData)?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(Heard { status, says_when, ends, body })
}

/// The next line of the head, without its end; the one after the last header is empty.
fn next_line<'a>(stream: &mut BufReader<TcpStream>, line: &'a mut String) -> io::Result<&'a str> {
    line.clear();
    stream.read_line(line)?;
    // The end of the connection within an answer.
    if line.ends_with('\n') { Ok(line.trim_end()) } else { Err(ErrorKind::UnexpectedEof.into()) }
}
