//! How often headquarters waits for PostgreSQL: a hop between the two that reads the messages and
//! counts the questions that come while no answer is outstanding.
//!
//! Each message travels by itself, as on a network that breaks answers into pieces. It keeps every answer back for a moment. Questions that are sent without waiting come within
//! that moment and are one round trip; a question that waited for an answer begins another.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

/// How long an answer is kept back: far longer than headquarters needs between two questions that it
/// sends without waiting.
const KEPT_BACK: Duration = Duration::from_millis(4);

/// The code of the message with which a session begins, and of the one that asks for TLS before it.
/// PostgreSQL manual, "Message Formats".
const START: u32 = 196_608;
const ASK_FOR_TLS: u32 = 80_877_103;

/// A hop on loopback. Its threads end with the connections.
#[derive(Debug)]
pub struct Hop {
    /// Where it listens.
    pub address: SocketAddr,
    trips: Arc<AtomicU64>,
}

impl Hop {
    /// A hop before the server that listens there.
    ///
    /// # Panics
    ///
    /// If loopback has no free port.
    pub fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("it listens");
        let trips = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&trips);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = TcpStream::connect(server).expect("PostgreSQL listens");
                join(&client, &server, &counted).expect("loopback connections can be shared");
            }
        });
        Self { address, trips }
    }

    /// Round trips so far, of all sessions.
    pub fn trips(&self) -> u64 {
        self.trips.load(Ordering::SeqCst)
    }
}

fn join(client: &TcpStream, server: &TcpStream, trips: &Arc<AtomicU64>) -> io::Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let outstanding = Arc::new(Mutex::new(0_u64));
    let (mut asking, mut to_server) = (client.try_clone()?, server.try_clone()?);
    let (trips, asked) = (Arc::clone(trips), Arc::clone(&outstanding));
    thread::spawn(move || {
        // An error is the end of the session.
        drop(questions(&mut asking, &mut to_server, &asked, &trips));
        drop(to_server.shutdown(Shutdown::Both));
    });
    let (mut answering, mut to_client) = (server.try_clone()?, client.try_clone()?);
    thread::spawn(move || {
        drop(answers(&mut answering, &mut to_client, &outstanding));
        drop(to_client.shutdown(Shutdown::Both));
    });
    Ok(())
}

fn questions(
    client: &mut TcpStream,
    server: &mut TcpStream,
    outstanding: &Mutex<u64>,
    trips: &AtomicU64,
) -> io::Result<()> {
    // The start itself is answered once, as a question is.
    *outstanding.lock().unwrap_or_else(PoisonError::into_inner) = 1;
    while start(client, server)? != START {}
    loop {
        let message = message(client)?;
        // Sync and Query: what the server answers with ReadyForQuery.
        if matches!(message[0], b'S' | b'Q') {
            let mut outstanding = outstanding.lock().unwrap_or_else(PoisonError::into_inner);
            if *outstanding == 0 {
                trips.fetch_add(1, Ordering::SeqCst);
            }
            *outstanding += 1;
        }
        server.write_all(&message)?;
    }
}

/// Passes on a message of the start, which has no letter, and returns its code.
fn start(client: &mut TcpStream, server: &mut TcpStream) -> io::Result<u32> {
    let mut head = [0; 8];
    client.read_exact(&mut head)?;
    let [length, code] = [&head[..4], &head[4..]].map(number);
    let mut rest = vec![0; (length as usize).saturating_sub(head.len())];
    client.read_exact(&mut rest)?;
    if code == ASK_FOR_TLS {
        // "No": what passes here has to be readable.
        client.write_all(b"N")?;
        return Ok(code);
    }
    server.write_all(&head)?;
    server.write_all(&rest)?;
    Ok(code)
}

fn answers(
    server: &mut TcpStream,
    client: &mut TcpStream,
    outstanding: &Mutex<u64>,
) -> io::Result<()> {
    loop {
        let message = message(server)?;
        if message[0] == b'Z' {
            thread::sleep(KEPT_BACK);
            let mut outstanding = outstanding.lock().unwrap_or_else(PoisonError::into_inner);
            *outstanding = outstanding.saturating_sub(1);
        }
        client.write_all(&message)?;
    }
}

/// One message: a letter, the length of what follows it, and that.
fn message(from: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = [0; 5];
    from.read_exact(&mut head)?;
    let rest = (number(&head[1..]) as usize).saturating_sub(4);
    let mut message = head.to_vec();
    from.take(rest as u64).read_to_end(&mut message)?;
    if message.len() == head.len() + rest {
        Ok(message)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}
