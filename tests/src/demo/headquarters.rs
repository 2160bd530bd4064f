//! A headquarters in this process, on a runtime of its own, in the demonstration's folder.

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    time::Duration,
};

use hattama_server::{
    app::{Headquarters, OpenError},
    clock, http,
    setup::{InitOptions, Setup, init},
};
use tokio::{runtime::Runtime, sync::oneshot, task::JoinHandle};

use super::{
    DemoError, DemoFolder, Options, Stop,
    voice::{remark, say},
};
use crate::exercise;

/// Name of the log. Never changed, wherever headquarters is served.
const LOG_ORIGIN: &str = "exercise.example/kz-2005";

/// Name of the operator account, as decisions show it.
const OPERATOR: &str = "demonstration";

/// How long the runtime's threads may take to end once nothing is asked of them any more.
const END_WITHIN: Duration = Duration::from_secs(5);

/// A headquarters that serves until it is ended.
pub struct DemoHeadquarters {
    address: SocketAddr,
    token: String,
    pub(super) runtime: Runtime,
    pub(super) headquarters: Headquarters,
    end: oneshot::Sender<()>,
    serving: JoinHandle<()>,
    stop: Stop,
}

impl fmt::Debug for DemoHeadquarters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DemoHeadquarters").field("address", &self.address).finish_non_exhaustive()
    }
}

impl DemoHeadquarters {
    /// Makes a headquarters and serves it on the port of loopback that is asked for, or on a free
    /// one with a note.
    pub(super) fn make(folder: &DemoFolder, wanted: &Options) -> Result<Self, DemoError> {
        let runtime = runtime()?;
        let stop = Stop::default();
        // From here on Ctrl-C ends nothing half-way: what is being made is finished first.
        listen_for_signals(&runtime, &stop);
        let listener = bind(wanted.port)?;
        let address = listener.local_addr().map_err(DemoError::Port)?;
        exercise::setup::write_folder(&folder.setup())
            .map_err(|error| DemoError::Io(folder.setup(), error))?;
        let options = InitOptions {
            listen: address,
            addresses: vec![format!("http://{address}")],
            log_origin: LOG_ORIGIN.into(),
            database: wanted.database.clone(),
            blobs: wanted.blobs.clone(),
            operator: OPERATOR.into(),
            witnesses: Default::default(),
            sealing: Default::default(),
        };
        let made = runtime
            .block_on(async {
                let setup = Setup::read(&folder.setup())?;
                init(&folder.headquarters(), &setup, &options, clock::system).await
            })
            .map_err(|error| DemoError::Init(Box::new(error)))?;
        folder.write_token(&made.operator_token)?;
        Self::serve(folder, listener, made.operator_token, runtime, stop)
    }

    /// Serves a headquarters that was made before, where it was served then.
    pub fn reopen(folder: &DemoFolder) -> Result<Self, DemoError> {
        let path = folder.token();
        let token = std::fs::read_to_string(&path).map_err(|error| DemoError::Io(path, error))?;
        let config = hattama_server::folder::DataFolder::open(&folder.headquarters())
            .map_err(OpenError::from)
            .and_then(|folder| Ok(hattama_server::config::Config::load(&folder.config())?))
            .map_err(|error| DemoError::Open(Box::new(error)))?;
        let listener = TcpListener::bind(config.listen).map_err(DemoError::Port)?;
        Self::serve(folder, listener, token.trim().to_owned(), runtime()?, Stop::default())
    }

    fn serve(
        folder: &DemoFolder,
        listener: TcpListener,
        token: String,
        runtime: Runtime,
        stop: Stop,
    ) -> Result<Self, DemoError> {
        let address = listener.local_addr().map_err(DemoError::Port)?;
        let (end, ended) = oneshot::channel::<()>();
        let (headquarters, serving) = runtime.block_on(async {
            let headquarters = Headquarters::open(&folder.headquarters())
                .await
                .map_err(|error| DemoError::Open(Box::new(error)))?;
            let server =
                http::serve(headquarters.clone(), listener, None).map_err(DemoError::Port)?;
            let handle = server.handle();
            let serving = tokio::spawn(async move {
                let told = async {
                    // Both the word and its giver being gone mean the same.
                    let _ended = ended.await;
                    handle.stop(true).await;
                };
                let (_served, ()) = tokio::join!(server, told);
            });
            Ok::<_, DemoError>((headquarters, serving))
        })?;
        Ok(Self { address, token, runtime, headquarters, end, serving, stop })
    }

    /// The address, as a browser takes it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The link that lets a browser in.
    pub(super) fn entry(&self) -> String {
        format!("{}/enter?token={}", self.url(), self.token)
    }

    /// The operator's token.
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// Says when somebody pressed Ctrl-C.
    pub(super) fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// Answers what was asked, closes the store and lets go of the folder.
    pub fn end(self) {
        // It may have ended by itself.
        let _gone = self.end.send(());
        self.runtime.block_on(async {
            let _ended = self.serving.await;
            self.headquarters.close().await;
        });
        drop(self.headquarters);
        self.runtime.shutdown_timeout(END_WITHIN);
    }
}

fn runtime() -> Result<Runtime, DemoError> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(DemoError::Port)
}

fn bind(port: u16) -> Result<TcpListener, DemoError> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(DemoError::Port)?;
            say(&format!("Port {port} is taken, so another one is used."));
            Ok(listener)
        }
        Err(error) => Err(DemoError::Port(error)),
    }
}

/// The first Ctrl-C asks everybody to stop, the second ends the process where it stands: nothing
/// that headquarters or a notebook promised depends on a clean end.
fn listen_for_signals(runtime: &Runtime, stop: &Stop) {
    let stop = stop.clone();
    let (ready, listening) = std::sync::mpsc::channel();
    runtime.spawn(async move {
        let mut signals = Signals::new();
        // Nobody waits any more if this thread was too slow to matter.
        let _unheard = ready.send(());
        signals.next().await;
        remark("\nStopping; what was begun is finished first. Press Ctrl-C again to end at once.");
        // Hooks may wait for a notebook, and this runtime serves headquarters.
        std::thread::spawn(move || stop.set());
        signals.next().await;
        std::process::exit(i32::from(super::INTERRUPTED));
    });
    // Until it listens, a signal would end the process half-way.
    let _listens = listening.recv();
}

#[cfg(unix)]
struct Signals(tokio::signal::unix::Signal, tokio::signal::unix::Signal);

#[cfg(unix)]
impl Signals {
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).expect("a process may listen for its signals");
        Self(listen(SignalKind::interrupt()), listen(SignalKind::terminate()))
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.0.recv() => {}
            _ = self.1.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    const fn new() -> Self {
        Self
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
