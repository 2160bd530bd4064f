//! A real headquarters with the exercise's set-up, on loopback, in a scratch folder.

use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    time::Duration,
};

use hattama_server::{
    app::Headquarters,
    clock,
    config::Config,
    folder::DataFolder,
    http,
    setup::{InitOptions, NewSealing, NewWitnesses, Setup, init},
};

use super::{Places, register};
use crate::exercise;

/// A headquarters that serves until it is dropped with the process.
pub(super) struct BenchHeadquarters {
    pub(super) address: SocketAddr,
    pub(super) headquarters: Headquarters,
    pub(super) runtime: tokio::runtime::Runtime,
    /// The token of its first account.
    pub(super) token: String,
    folder: tempfile::TempDir,
}

impl BenchHeadquarters {
    /// Starts one that keeps its records and its photographs in these places.
    pub(super) fn start(places: &Places) -> Self {
        Self::start_with(places, |_| ())
    }

    /// As [`start`](Self::start), with a configuration that was changed.
    pub(super) fn start_with(places: &Places, change: impl FnOnce(&mut Config)) -> Self {
        Self::start_as(places, NewWitnesses::default(), 0, change)
    }

    /// One whose register has so many precincts more than the exercise's.
    pub(super) fn start_in_a_large_country(more: u64, change: impl FnOnce(&mut Config)) -> Self {
        Self::start_as(&Places::default(), NewWitnesses::default(), more, change)
    }

    /// One whose log these witnesses watch, with a configuration that was changed.
    pub(super) fn start_watched(witnesses: NewWitnesses, change: impl FnOnce(&mut Config)) -> Self {
        Self::start_as(&Places::default(), witnesses, 0, change)
    }

    fn start_as(
        places: &Places,
        witnesses: NewWitnesses,
        more: u64,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let setup_folder = folder.path().join("setup");
        exercise::setup::write_folder(&setup_folder).expect("a scratch folder");
        register::grow(&setup_folder, more);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("threads");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let options = InitOptions {
            listen: address,
            addresses: vec![format!("http://{address}")],
            log_origin: "bench.example/exercise".into(),
            database: places.database.clone(),
            blobs: places.blobs.clone(),
            operator: "bench".into(),
            witnesses,
            sealing: NewSealing::default(),
        };
        let hq = folder.path().join("hq");
        let (headquarters, token) = runtime.block_on(async {
            let setup = Setup::read(&setup_folder).expect("the exercise's set-up");
            let made =
                init(&hq, &setup, &options, clock::system).await.expect("a new headquarters");
            let opened = DataFolder::open(&hq).expect("it was just made");
            let mut config = Config::load(&opened.config()).expect("init wrote it");
            change(&mut config);
            let headquarters =
                Headquarters::open_with(&opened, config, clock::system).await.expect("it opens");
            let server = http::serve(headquarters.clone(), listener, None).expect("it serves");
            tokio::spawn(server);
            (headquarters, made.operator_token)
        });
        Self { address, headquarters, runtime, token, folder }
    }

    /// Stops serving. What it leaves is in `hq` of the folder.
    pub(super) fn close(self) -> (PathBuf, Config, tempfile::TempDir) {
        let config = Config::clone(&self.headquarters.config);
        self.runtime.block_on(self.headquarters.close());
        drop(self.headquarters);
        self.runtime.shutdown_timeout(Duration::from_secs(10));
        (self.folder.path().join("hq"), config, self.folder)
    }
}
