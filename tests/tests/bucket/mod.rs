//! A real S3 server on loopback for one test: `s3s` speaks the interface, `s3s-fs` keeps the
//! objects in a scratch folder. It can be made to misbehave as such stores do.

#![allow(dead_code, reason = "each test program uses its part of it")]

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::Duration,
};

use futures_util::StreamExt as _;
use hattama_proto::id::PhotoHash;
use hattama_tests::engine::Engine;
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use s3s::{
    Body, HttpError, HttpRequest, HttpResponse,
    auth::SimpleAuth,
    service::{S3Service, S3ServiceBuilder},
};
use tokio::{net::TcpListener, sync::oneshot};

const BUCKET: &str = "photos";
const KEY: &str = "observer";
const SECRET: &str = "not a/secret&";

/// How the store behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// As it should.
    Well,
    /// Every request is answered 503, as a store that is overloaded does.
    Unavailable,
    /// What is there can be read; whatever is put is refused, as where a right was taken away.
    ReadOnly,
    /// Every request fails inside.
    Broken,
    /// What is put is answered 200 and thrown away.
    SwallowPuts,
    /// Half of what is put is kept, and answered 200.
    KeepHalves,
    /// Every request waits so long first.
    Slow(Duration),
}

/// A running store. Ends when it is dropped, and its objects with it.
#[derive(Debug)]
pub(crate) struct BucketServer {
    address: SocketAddr,
    mood: Arc<Mutex<Mood>>,
    folder: tempfile::TempDir,
    running: Mutex<Option<Running>>,
}

/// What ends it, and the thread that ends then.
type Running = (oneshot::Sender<()>, JoinHandle<()>);

impl BucketServer {
    /// A store with one empty bucket.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let mood = Arc::new(Mutex::new(Mood::Well));
        let anywhere = ([127, 0, 0, 1], 0).into();
        let mut server = Self { address: anywhere, mood, folder, running: Mutex::default() };
        server.address = server.resume();
        server
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// An engine on a file of SQLite whose photographs go into this store.
    pub(crate) fn engine(self: &Arc<Self>) -> Engine {
        Engine::sqlite().with_blobs(self.url(), Arc::<Self>::clone(self))
    }

    /// The address of a prefix in the bucket, with its credentials.
    pub(crate) fn url(&self) -> String {
        let secret = SECRET.replace('/', "%2F").replace('&', "%26").replace(' ', "%20");
        format!(
            "s3://{BUCKET}/exercise?endpoint=http://{}&access_key_id={KEY}&secret_access_key={secret}",
            self.address
        )
    }

    /// Changes how it behaves.
    pub(crate) fn mood(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// The file behind the object of a photo.
    pub(crate) fn object(&self, photo: &PhotoHash) -> PathBuf {
        let name = photo.to_hex();
        self.folder.path().join(BUCKET).join("exercise").join(&name[..2]).join(name)
    }

    /// Nobody listens any more. What was put stays.
    pub(crate) fn stop(&self) {
        if let Some((stop, thread)) = self.running.lock().unwrap().take() {
            let _ended = stop.send(());
            thread.join().unwrap();
        }
    }

    /// Listens again, where it did before.
    pub(crate) fn resume(&self) -> SocketAddr {
        let mut files = S3ServiceBuilder::new(s3s_fs::FileSystem::new(self.folder.path()).unwrap());
        files.set_auth(SimpleAuth::from_single(KEY, SECRET));
        let (files, mood, address) = (files.build(), Arc::clone(&self.mood), self.address);
        let root = self.folder.path().to_owned();
        let (stop, stopped) = oneshot::channel();
        let (bound, listens) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
            runtime.unwrap().block_on(async move {
                let listener = listen(address).await;
                bound.send(listener.local_addr().unwrap()).unwrap();
                tokio::select! {
                    () = serve(listener, files, mood, root) => {}
                    _ = stopped => {}
                }
            });
        });
        let address = listens.recv().unwrap();
        *self.running.lock().unwrap() = Some((stop, thread));
        address
    }
}

impl Drop for BucketServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A port that was let go of a moment ago may be asked for again.
async fn listen(address: SocketAddr) -> TcpListener {
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return listener,
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

async fn serve(listener: TcpListener, files: S3Service, mood: Arc<Mutex<Mood>>, root: PathBuf) {
    loop {
        let Ok((socket, _)) = listener.accept().await else { continue };
        let (files, mood, root) = (files.clone(), Arc::clone(&mood), root.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            let mood = *mood.lock().unwrap();
            let (files, root) = (files.clone(), root.clone());
            async move { answer(&files, mood, &root, request.map(Body::from)).await }
        });
        tokio::spawn(async move {
            let http = Builder::new(TokioExecutor::new());
            let _ended = http.serve_connection(TokioIo::new(socket), service).await;
        });
    }
}

async fn answer(
    files: &S3Service,
    mood: Mood,
    root: &Path,
    request: HttpRequest,
) -> Result<HttpResponse, HttpError> {
    let puts = request.method() == "PUT";
    let object = root.join(request.uri().path().trim_start_matches('/'));
    match mood {
        Mood::Unavailable => {
            let said = "<Error><Code>SlowDown</Code><Message>reduce your rate</Message></Error>";
            Ok(response(503, said))
        }
        Mood::Broken => {
            let said = "<Error><Code>InternalError</Code><Message>try again</Message></Error>";
            Ok(response(500, said))
        }
        Mood::ReadOnly if puts || request.method() == "POST" => {
            let said = "<Error><Code>AccessDenied</Code><Message>read only</Message></Error>";
            Ok(response(403, said))
        }
        Mood::SwallowPuts if puts => {
            let mut body = request.into_body();
            while let Some(piece) = body.next().await {
                drop(piece);
            }
            Ok(response(200, ""))
        }
        Mood::KeepHalves if puts => {
            let answered = files.call(request).await?;
            if let Ok(file) = std::fs::File::options().write(true).open(&object) {
                let half = file.metadata().map_or(0, |about| about.len() / 2);
                file.set_len(half).unwrap();
            }
            Ok(answered)
        }
        Mood::Slow(pause) => {
            tokio::time::sleep(pause).await;
            files.call(request).await
        }
        Mood::Well | Mood::ReadOnly | Mood::SwallowPuts | Mood::KeepHalves => {
            files.call(request).await
        }
    }
}

fn response(status: u16, body: &str) -> HttpResponse {
    let response = hyper::Response::builder().status(status).header("ETag", "\"0\"");
    response.body(Body::from(body.to_owned())).unwrap()
}
