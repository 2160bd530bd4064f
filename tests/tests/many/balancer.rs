//! A plain balancer: it asks `/readyz`, gives each new connection to the next process that is ready, and
//! carries bytes. It knows no request, retries nothing and remembers nobody.

use std::{
    io::{self, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

/// How often it asks, as balancers do. A process that leaves has to answer on for longer than this.
const ASKS_EVERY: Duration = Duration::from_millis(200);

/// Ends when it is dropped; what it carries ends with its connections.
pub(crate) struct Balancer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    processes: Mutex<Vec<Option<SocketAddr>>>,
    ready: Mutex<Vec<SocketAddr>>,
    over: AtomicBool,
}

impl Balancer {
    /// One before no process yet.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let (asking, carrying) = (Arc::clone(&shared), Arc::clone(&shared));
        thread::spawn(move || {
            while !asking.over.load(Ordering::SeqCst) {
                asking.ask();
                thread::sleep(ASKS_EVERY);
            }
        });
        thread::spawn(move || {
            for (number, client) in listener.incoming().enumerate() {
                if carrying.over.load(Ordering::SeqCst) {
                    return;
                }
                let (client, carrying) = (client.unwrap(), Arc::clone(&carrying));
                thread::spawn(move || carrying.carry(&client, number));
            }
        });
        Self { address, shared }
    }

    /// Where clients find it.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the processes are; one that does not run is none.
    pub(crate) fn processes(&self, processes: Vec<Option<SocketAddr>>) {
        *lock(&self.shared.processes) = processes;
    }

    /// Whether it sends connections to this process.
    pub(crate) fn sends_to(&self, process: SocketAddr) -> bool {
        lock(&self.shared.ready).contains(&process)
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        drop(TcpStream::connect(self.address));
    }
}

impl Shared {
    fn ask(&self) {
        let processes = lock(&self.processes).clone();
        *lock(&self.ready) = processes.into_iter().flatten().filter(|at| is_ready(*at)).collect();
    }

    /// Carries one connection; one that finds no process is closed.
    fn carry(&self, client: &TcpStream, number: usize) {
        let ready = lock(&self.ready).clone();
        let Some(at) = (!ready.is_empty()).then(|| ready[number % ready.len()]) else { return };
        let Ok(process) = TcpStream::connect(at) else { return };
        // A connection that breaks ends; that is all a balancer does about it.
        thread::scope(|scope| {
            scope.spawn(|| drop(carry_one_way(client, &process)));
            drop(carry_one_way(&process, client));
        });
    }
}

fn is_ready(process: SocketAddr) -> bool {
    let ask = || -> io::Result<String> {
        let mut stream = TcpStream::connect(process)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: hq\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200 "))
}

fn carry_one_way(mut from: &TcpStream, mut to: &TcpStream) -> io::Result<()> {
    let carried = io::copy(&mut from, &mut to);
    to.shutdown(Shutdown::Write)?;
    carried.map(|_| ())
}

fn lock<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
