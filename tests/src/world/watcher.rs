//! Another organisation's witness that runs, on an address of its own.

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
    thread::JoinHandle,
};

use hattama_proto::tlog::{CosignerKey, KeyName, VerifierKey};
use hattama_server::{clock, config::WitnessConfig, http, witness::Witness};
use tempfile::TempDir;
use tokio::sync::oneshot;

/// A running witness.
#[derive(Debug)]
pub struct Watcher {
    witness: Witness,
    address: SocketAddr,
    folder: TempDir,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watcher {
    /// Makes a witness of this name and serves it on a free port of loopback.
    pub fn start(name: &str) -> Self {
        let folder = tempfile::tempdir().expect("a scratch folder can be made");
        let name = KeyName::new(name).expect("the test writes names");
        let witness =
            Witness::create(folder.path(), &name, clock::system).expect("a witness can be made");
        let (stop, stopped) = oneshot::channel();
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let served = Witness::open(folder.path(), clock::system).expect("it was just made");
        let thread = std::thread::spawn(move || serve(served, listener, stopped));
        Self { witness, address, folder, stop: Some(stop), thread: Some(thread) }
    }

    /// The witness itself, as another process on its machine has it.
    pub const fn witness(&self) -> &Witness {
        &self.witness
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its key.
    pub const fn key(&self) -> &CosignerKey {
        self.witness.key()
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Watches this log from now on.
    pub fn watch(&self, log: &VerifierKey) {
        self.witness.add_log(log).expect("its folder can be written");
    }

    /// As a headquarters configures it, to be asked over the network.
    pub fn on_the_network(&self) -> WitnessConfig {
        WitnessConfig { url: Some(self.url()), ..self.by_stick() }
    }

    /// As a headquarters configures it, to be asked by file.
    pub fn by_stick(&self) -> WitnessConfig {
        let (name, vkey) = (self.key().name().to_string(), self.key().to_string());
        WitnessConfig { name, vkey, url: None }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _gone = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

fn serve(witness: Witness, listener: TcpListener, stopped: oneshot::Receiver<()>) {
    super::block_on(async {
        let server = http::serve_witness(Arc::new(witness), listener, None);
        let server = server.expect("a bound socket can serve");
        let handle = server.handle();
        let stop = async {
            let _gone = stopped.await;
            handle.stop(false).await;
        };
        let (served, ()) = tokio::join!(server, stop);
        served.expect("it served until it was told to stop");
    });
}
