//! One connection of a virtual phone: HTTP with next to no cost, and cut in its middle where that is
//! asked.

use std::{io, net::SocketAddr, time::Duration};

use hattama_client_core::limits::{CONNECT_TIMEOUT_S, IDLE_TIMEOUT_S};
use hattama_proto::wire::{HAVE_HEADER, WIRE_HEADER, WIRE_VERSION};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    time::timeout,
};

/// One request.
pub(super) struct Ask<'a> {
    pub(super) method: &'static str,
    pub(super) path: &'a str,
    /// Whole lines, each with its end.
    pub(super) headers: String,
    pub(super) body: &'a [u8],
}

/// Where a request is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// Nowhere.
    No,
    /// In the middle of its body.
    Half,
    /// After it was sent, before its answer was heard.
    Answer,
}

/// An answer.
pub(super) struct Heard {
    pub(super) status: u16,
    /// Cells that are there, where that was asked.
    pub(super) have: Option<String>,
    pub(super) body: Vec<u8>,
}

/// A connection that is kept alive.
pub(super) struct Line {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
}

impl Line {
    /// Connects; waits no longer than a phone does.
    pub(super) async fn open(address: SocketAddr) -> io::Result<Self> {
        let wait = Duration::from_secs(CONNECT_TIMEOUT_S);
        let stream = timeout(wait, TcpStream::connect(address)).await??;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::with_capacity(4096, stream), address })
    }

    /// Asks and hears. An error ends the connection, as does a cut, which is one.
    pub(super) async fn ask(&mut self, ask: &Ask<'_>, cut: Cut) -> io::Result<Heard> {
        // A phone gives up when nothing moves; these requests are short enough to be one movement.
        let wait = Duration::from_secs(2 * IDLE_TIMEOUT_S);
        timeout(wait, self.exchange(ask, cut)).await?
    }

    async fn exchange(&mut self, ask: &Ask<'_>, cut: Cut) -> io::Result<Heard> {
        let head = format!(
            "{} {} HTTP/1.1\r\nHost: {}\r\n{WIRE_HEADER}: {WIRE_VERSION}\r\nContent-Length: {}\r\n\
             {}\r\n",
            ask.method,
            ask.path,
            self.address,
            ask.body.len(),
            ask.headers
        );
        let mut request = head.into_bytes();
        let body = if cut == Cut::Half { &ask.body[..ask.body.len() / 2] } else { ask.body };
        request.extend_from_slice(body);
        self.stream.get_mut().write_all(&request).await?;
        match cut {
            Cut::No => self.answer(ask.method).await,
            Cut::Half | Cut::Answer => {
                // What was sent is on its way; then the network is gone.
                tokio::time::sleep(Duration::from_millis(20)).await;
                self.stream.get_ref().set_zero_linger()?;
                Err(io::ErrorKind::ConnectionReset.into())
            }
        }
    }

    async fn answer(&mut self, method: &str) -> io::Result<Heard> {
        let wrong = || io::Error::from(io::ErrorKind::InvalidData);
        let mut line = String::new();
        if self.stream.read_line(&mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let status = line.split(' ').nth(1).and_then(|text| text.parse().ok());
        let status = status.ok_or_else(wrong)?;
        let (mut length, mut have) = (0, None);
        loop {
            line.clear();
            if self.stream.read_line(&mut line).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().map_err(|_| wrong())?;
            } else if name.eq_ignore_ascii_case(HAVE_HEADER) {
                have = Some(value.trim().to_owned());
            }
        }
        let mut body = vec![0; if method == "HEAD" { 0 } else { length }];
        self.stream.read_exact(&mut body).await?;
        Ok(Heard { status, have, body })
    }
}
