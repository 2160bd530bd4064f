//! What a headquarters that lies puts in front of an honest one: carries every request, and may
//! change one answer to a phone's records, or make one up.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use hattama_proto::wire::{PushReply, WIRE_HEADER, WIRE_VERSION};

/// What is done to the next answer.
pub(crate) enum Lie {
    /// Headquarters is asked, and its answer changed.
    Change(Box<dyn FnOnce(&mut PushReply) + Send>),
    /// Headquarters hears nothing of it.
    Instead(Box<dyn FnOnce() -> PushReply + Send>),
}

#[derive(Default)]
struct State {
    upstream: Option<SocketAddr>,
    lie: Option<Lie>,
    /// The first answer that was carried.
    first: Option<PushReply>,
}

/// Listens until the test program ends.
pub(crate) struct Front {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Front {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for phone in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                // Whoever hangs up in the middle is not answered.
                std::thread::spawn(move || carry(phone, &state).unwrap_or(()));
            }
        });
        Self { address, state }
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn lead_to(&self, upstream: SocketAddr) {
        self.state.lock().unwrap().upstream = Some(upstream);
    }

    /// The next answer to records is a lie.
    pub(crate) fn lie(&self, lie: Lie) {
        self.state.lock().unwrap().lie = Some(lie);
    }

    /// The first answer to records that came by.
    pub(crate) fn first(&self) -> PushReply {
        self.state.lock().unwrap().first.clone().unwrap()
    }
}

/// A request or an answer: its first line, the headers that matter, its body.
struct Message {
    first: String,
    headers: Vec<String>,
    body: Vec<u8>,
}

fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<Message> {
    let mut first = String::new();
    stream.read_line(&mut first)?;
    let (mut headers, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let header = line.trim_end().to_owned();
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':').unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or(0),
            "connection" => {}
            "transfer-encoding" => panic!("phones and headquarters say how long a body is"),
            _ => headers.push(header),
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(Message { first, headers, body })
}

fn write(stream: &mut TcpStream, message: &Message) -> std::io::Result<()> {
    let mut head = message.first.trim_end().to_owned() + "\r\n";
    for header in &message.headers {
        head += &format!("{header}\r\n");
    }
    head += &format!("content-length: {}\r\nconnection: close\r\n\r\n", message.body.len());
    stream.write_all(head.as_bytes())?;
    stream.write_all(&message.body)
}

fn carry(phone: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut phone = BufReader::new(phone);
    let request = read(&mut phone)?;
    let records = request.first.starts_with("POST /v1/records ");
    let lie = if records { state.lock().unwrap().lie.take() } else { None };
    let answer = match lie {
        Some(Lie::Instead(make)) => Message {
            first: "HTTP/1.1 200 OK".to_owned(),
            headers: vec![
                "content-type: application/json".to_owned(),
                format!("{WIRE_HEADER}: {WIRE_VERSION}"),
            ],
            body: serde_json::to_vec(&make()).unwrap(),
        },
        lie => {
            let upstream = state.lock().unwrap().upstream.unwrap();
            let mut upstream = BufReader::new(TcpStream::connect(upstream)?);
            write(upstream.get_mut(), &request)?;
            let mut answer = read(&mut upstream)?;
            if records && let Ok(mut reply) = serde_json::from_slice::<PushReply>(&answer.body) {
                state.lock().unwrap().first.get_or_insert_with(|| reply.clone());
                if let Some(Lie::Change(change)) = lie {
                    change(&mut reply);
                    answer.body = serde_json::to_vec(&reply).unwrap();
                }
            }
            answer
        }
    };
    write(phone.get_mut(), &answer)
}
