//! A headquarters that runs: in a thread of the test, or in a process that can be killed.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    thread::JoinHandle,
    time::Duration,
};

use hattama_server::{
    app,
    config::Config,
    folder::{DataFolder, FolderError},
    fsck::{Findings, FsckError, PhotoFiles, check_folder},
    http,
};
use tokio::sync::oneshot;

/// How often opening is tried while the one before still lets go of the folder.
const OPEN_TRIES: u32 = 200;
const OPEN_WAIT: Duration = Duration::from_millis(50);

/// How a headquarters ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// As an operator ends it: requests are answered, the store is closed.
    InOrder,
    /// Everything is dropped where it stands, nothing is closed. A process is killed.
    AtOnce,
}

/// A running headquarters.
#[derive(Debug)]
pub struct Headquarters {
    address: SocketAddr,
    form: Form,
}

#[derive(Debug)]
enum Form {
    Thread { stop: Option<oneshot::Sender<Ending>>, thread: Option<JoinHandle<()>> },
    Process(Child),
}

impl Headquarters {
    /// Opens the folder and serves it on a free port of loopback.
    pub fn in_thread(folder: &Path) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (ready, address) = std::sync::mpsc::channel();
        let folder = folder.to_owned();
        let thread = std::thread::Builder::new()
            .name("headquarters".to_owned())
            .spawn(move || serve(&folder, stopped, |address| ready.send(address).unwrap_or(())))
            .expect("a thread can be started");
        let address = address.recv().expect("headquarters opens");
        Self { address, form: Form::Thread { stop: Some(stop), thread: Some(thread) } }
    }

    /// Starts `program` on the folder; it says its address in its first line.
    pub(super) fn in_process(program: &Path, folder: &Path) -> Self {
        let mut child = Command::new(program)
            .arg("serve")
            .arg(folder)
            .stdout(Stdio::piped())
            .stdin(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        let said = child.stdout.take().expect("it is piped");
        BufReader::new(said).read_line(&mut line).expect("it says where it listens");
        let address = line.trim().parse().expect("its first line is an address");
        Self { address, form: Form::Process(child) }
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it.
    pub fn end(mut self, ending: Ending) {
        self.finish(ending);
    }

    fn finish(&mut self, ending: Ending) {
        match &mut self.form {
            Form::Thread { stop, thread } => {
                if let Some(stop) = stop.take() {
                    // It may have ended by itself, by a panic that was heard already.
                    let _gone = stop.send(ending);
                }
                if let Some(thread) = thread.take() {
                    let _ended = thread.join();
                }
            }
            Form::Process(child) => {
                // Signal 9 on Unix: no handler runs, nothing is flushed.
                child.kill().expect("our own child can be killed");
                child.wait().expect("our own child can be waited for");
            }
        }
    }
}

impl Drop for Headquarters {
    fn drop(&mut self) {
        self.finish(Ending::AtOnce);
    }
}

/// Serves a data folder, prints its address and goes on until the process is killed.
pub fn serve_until_killed(folder: &Path) {
    let (_forever, stopped) = oneshot::channel();
    serve(folder, stopped, |address| {
        println!("{address}");
        std::io::stdout().flush().expect("whoever started us listens");
    });
}

fn serve(folder: &Path, stopped: oneshot::Receiver<Ending>, ready: impl FnOnce(SocketAddr)) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime can be built");
    let ending = runtime.block_on(async {
        let hq = open_patiently(folder).await;
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let server = http::serve(hq.clone(), listener, None).expect("a bound socket can serve");
        let handle = server.handle();
        ready(address);
        let stop = async {
            let ending = stopped.await.unwrap_or(Ending::AtOnce);
            handle.stop(ending == Ending::InOrder).await;
            ending
        };
        let (served, ending) = tokio::join!(server, stop);
        served.expect("it served until it was told to stop");
        if ending == Ending::InOrder {
            hq.close().await;
        }
        ending
    });
    match ending {
        Ending::InOrder => {
            runtime.shutdown_timeout(Duration::from_secs(10));
            let_go(folder);
        }
        Ending::AtOnce => runtime.shutdown_background(),
    }
}

/// Returns once nobody has the folder. The threads that answered requests end by themselves, a moment
/// after the server has said that it stopped, and each holds headquarters until then. Where headquarters
/// is a process of its own, they end with it.
fn let_go(folder: &Path) {
    let folder = DataFolder::open(folder).expect("the folder is there");
    for _ in 0..OPEN_TRIES {
        match folder.lock() {
            Err(FolderError::InUse(_)) => std::thread::sleep(OPEN_WAIT),
            _ => return,
        }
    }
    panic!("headquarters ended and still has {}", folder.root().display())
}

/// What `fsck` says of a folder, with every photograph read. One that was served a moment ago may still be
/// let go of: its workers end by themselves.
///
/// # Panics
/// If there is no folder, or it was never configured.
pub fn fsck_patiently(folder: &Path) -> Result<Findings, FsckError> {
    let folder = DataFolder::open(folder).expect("the folder is there");
    let config = Config::load(&folder.config()).expect("it was configured");
    for _ in 0..OPEN_TRIES {
        let progress = &mut |_, _| {};
        match super::block_on(check_folder(&folder, &config, PhotoFiles::Read, progress)) {
            Err(FsckError::Folder(FolderError::InUse(_))) => std::thread::sleep(OPEN_WAIT),
            checked => return checked,
        }
    }
    panic!("somebody serves {}", folder.root().display())
}

/// Opens the folder. One that was dropped a moment ago may still be let go of.
pub async fn open_patiently(folder: &Path) -> app::Headquarters {
    let mut tries = 0;
    loop {
        match app::Headquarters::open(folder).await {
            Ok(hq) => return hq,
            Err(app::OpenError::Folder(FolderError::InUse(_))) if tries < OPEN_TRIES => {
                tries += 1;
                tokio::time::sleep(OPEN_WAIT).await;
            }
            Err(error) => panic!("headquarters does not open: {error}"),
        }
    }
}
