//! A network between a phone and headquarters that can be cut, on loopback.
//!
//! ```text
//! phone ──> Proxy (counts, cuts, delays, answers in its own name) ──> headquarters
//! ```
//!
//! It carries bytes and knows nothing of what they say. Promises: every byte taken from the phone
//! or from headquarters is counted before anything else happens to it; a cut falls exactly after
//! the byte it names; what is armed stays armed until it has happened.

mod carry;
mod foreign;
mod state;

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    thread::JoinHandle,
    time::Duration,
};

use tokio::{net::TcpSocket, sync::oneshot};

use self::state::Shared;
pub use self::{
    foreign::Foreign,
    state::{Counts, Cut, How, Way},
};

/// How many bytes the kernel may take from the phone before the proxy has counted them. Small, so
/// that what is counted is nearly what was sent.
const UNCOUNTED_BYTES_MAX: u32 = 32 * 1024;

/// What happens to a connection that is made now.
#[derive(Clone, Debug)]
pub enum Mood {
    /// It is carried to headquarters.
    Carry,
    /// It is carried, at most so many bytes per second in each direction.
    Slow(u64),
    /// It is carried, and every piece is held back this long.
    Late(Duration),
    /// It is carried, and all that the phone said is said to headquarters once more afterwards.
    Twice,
    /// It is made and broken at once.
    Refuse,
    /// It is made and nothing ever comes.
    Silence,
    /// Somebody else answers every request.
    Answer(Foreign),
}

/// A running proxy. Ends when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Starts a proxy in front of `upstream`, on a port of its own.
    pub fn start(upstream: SocketAddr) -> Self {
        let shared = Arc::new(Shared::new(upstream));
        let (stop, stopped) = oneshot::channel();
        let (bound, address) = std::sync::mpsc::channel();
        let served = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("proxy".to_owned())
            .spawn(move || serve(&served, &bound, stopped))
            .expect("a thread can be started");
        let address = address.recv().expect("the proxy says where it listens");
        Self { address, shared, stop: Some(stop), thread: Some(thread) }
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Headquarters has moved to another port.
    pub fn lead_to(&self, upstream: SocketAddr) {
        self.shared.change(|state| state.upstream = upstream);
    }

    /// Changes what happens to connections; those that are open are ended, so that all know.
    pub fn mood(&self, mood: Mood) {
        self.shared.change(|state| state.mood = mood);
        self.shared.end_connections();
    }

    /// Arms cuts, each counted from where the one before it fell. Replaces those that were armed.
    pub fn cut(&self, cuts: impl IntoIterator<Item = Cut>) {
        self.shared.change(|state| state.cuts = cuts.into_iter().collect());
    }

    /// Cuts that have not happened yet.
    pub fn cuts_left(&self) -> usize {
        self.shared.read(|state| state.cuts.len())
    }

    /// What was counted since the start or the last [`forget`](Self::forget).
    pub fn counts(&self) -> Counts {
        let load = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::SeqCst);
        Counts {
            up: load(&self.shared.up),
            down: load(&self.shared.down),
            connections: load(&self.shared.connections),
        }
    }

    /// Begins to count anew.
    pub fn forget(&self) {
        for counter in [&self.shared.up, &self.shared.down, &self.shared.connections] {
            counter.store(0, Ordering::SeqCst);
        }
    }

    /// Ends all connections that are open, as a network does that goes away.
    pub fn hang_up(&self) {
        self.shared.end_connections();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A proxy that panicked has been heard already.
            let _ended = thread.join();
        }
    }
}

fn serve(
    shared: &Arc<Shared>,
    bound: &std::sync::mpsc::Sender<SocketAddr>,
    stopped: oneshot::Receiver<()>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be built");
    runtime.block_on(async {
        let socket = TcpSocket::new_v4().expect("there is IPv4");
        socket.set_recv_buffer_size(UNCOUNTED_BYTES_MAX).expect("a buffer can be small");
        socket.bind(([127, 0, 0, 1], 0).into()).expect("loopback has a free port");
        let listener = socket.listen(1024).expect("a bound socket can listen");
        bound.send(listener.local_addr().expect("it is bound")).expect("the starter waits");
        let accept = async {
            loop {
                // Out of descriptors for a moment: whoever was not accepted tries again.
                let Ok((phone, _)) = listener.accept().await else { continue };
                tokio::spawn(carry::connection(Arc::clone(shared), phone));
            }
        };
        tokio::select! {
            () = accept => {}
            _ = stopped => {}
        }
    });
    // Connections that still wait for something are dropped with the runtime.
    runtime.shutdown_background();
}
