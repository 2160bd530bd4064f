//! Connections that nobody uses: half of them were opened and nothing was ever said, half were used for one
//! request and kept. Whatever headquarters closes is opened again, as phones would.

use std::{
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use hattama_client_core::transport::{
    HttpTransport, Method, Request, RequestBody, Stop, Transport as _,
};

use super::headquarters;

/// How often all are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// How long one that was used is left alone: less than headquarters keeps it.
const REST: Duration = Duration::from_secs(60);

/// Held until it is dropped.
pub(super) struct Idle {
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Idle {
    /// Opens so many over this link; returns once all are open.
    pub(super) fn open(count: usize, link: usize, pin: &str) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let mut silent: Vec<TcpStream> = (0..count / 2).map(|_| connect(link)).collect();
        let mut used: Vec<HttpTransport> = (count / 2..count).map(|_| used(link, pin)).collect();
        let (until, also) = (Arc::clone(&over), Arc::clone(&over));
        let looking = thread::spawn(move || {
            while !until.load(Ordering::SeqCst) {
                silent.iter_mut().filter(|stream| is_closed(stream)).for_each(|stream| {
                    *stream = connect(link);
                });
                thread::sleep(LOOK);
            }
        });
        let asking = thread::spawn(move || {
            let mut asked = Instant::now();
            while !also.load(Ordering::SeqCst) {
                if asked.elapsed() > REST {
                    asked = Instant::now();
                    used.iter_mut().for_each(ask);
                }
                thread::sleep(LOOK);
            }
        });
        Self { over, threads: vec![looking, asking] }
    }
}

impl Drop for Idle {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        for thread in self.threads.drain(..) {
            let _ended = thread.join();
        }
    }
}

fn connect(link: usize) -> TcpStream {
    let address = headquarters::socket(link);
    let stream = TcpStream::connect(address).expect("headquarters takes connections");
    stream.set_nonblocking(true).expect("a socket takes options");
    stream
}

fn is_closed(stream: &TcpStream) -> bool {
    match stream.peek(&mut [0]) {
        Ok(bytes) => bytes == 0,
        Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
    }
}

/// The bundled transport keeps the connection of its last request.
fn used(link: usize, pin: &str) -> HttpTransport {
    let mut transport = HttpTransport::new(&[headquarters::address(link)], Some(pin))
        .expect("an address of https and a pin");
    ask(&mut transport);
    transport
}

fn ask(transport: &mut HttpTransport) {
    let hello = Request {
        method: Method::Get,
        path: "/v1/hello".to_owned(),
        headers: Vec::new(),
        body: RequestBody::Empty,
        answer_bytes_max: 64 * 1024,
    };
    let answer = transport.execute(hello, &Stop::default()).expect("headquarters answers");
    assert_eq!(answer.status, 200);
}
