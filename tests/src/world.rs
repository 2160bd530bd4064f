//! The whole system on one machine: a real headquarters, a network, real phones.
//!
//! ```text
//! Phone (client-core) ──HTTP──> Proxy ──> Headquarters (server, its own thread or process)
//!                                ^              ^
//!                     tests cut it here         └── Wire: raw requests, the operator's API
//! ```
//!
//! Everything goes over real sockets and real files, in folders that go away with the [`World`].

mod country;
mod device;
mod disk;
mod folder;
mod headquarters;
mod people;
mod phone;
mod watcher;
mod wire;
mod witness;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use hattama_client_core::Pictures;
use hattama_proto::{invitation::Invitation, statement::Mandate};
use hattama_server::{
    blobs::Blobs,
    config::Config,
    folder::DataFolder,
    setup::{InitOptions, NewHeadquarters, NewSealing, NewWitnesses, Setup, init},
    store::DatabaseUrl,
};
use serde_json::json;
use tempfile::TempDir;

pub use self::{
    country::{Country, certified, code, invented, wall},
    device::{Device, Signed},
    disk::SmallDisk,
    folder::copy_folder,
    headquarters::{Ending, Headquarters, fsck_patiently, open_patiently, serve_until_killed},
    people::{hire, hire_within},
    phone::{Phone, Synced, observe},
    watcher::Watcher,
    wire::{Answer, Refused, Wire},
    witness::Witness,
};
use crate::{engine::Engine, proxy::Proxy};

/// The organisation that all observers of a test belong to, unless it says otherwise.
pub const ORG: &str = "watchers";

/// One headquarters with its network and its operator.
#[derive(Debug)]
pub struct World {
    /// Between every phone and headquarters.
    pub proxy: Proxy,
    made: NewHeadquarters,
    country: Country,
    running: Option<Headquarters>,
    folder: Arc<TempDir>,
    hq: PathBuf,
    _engine: Engine,
}

impl World {
    /// A headquarters on a file of SQLite, with the small country.
    pub fn new() -> Self {
        Self::of(Country::small(), Engine::sqlite())
    }

    /// A headquarters with this country and this store.
    pub fn of(country: Country, engine: Engine) -> Self {
        let folder = tempfile::tempdir().expect("a scratch folder can be made");
        let hq = folder.path().join("hq");
        Self::build(country, engine, (folder, hq), NewWitnesses::default(), NewSealing::default())
    }

    /// A headquarters with the small country and this store, to which phones seal photographs.
    pub fn sealing(engine: Engine, sealing: NewSealing) -> Self {
        let folder = tempfile::tempdir().expect("a scratch folder can be made");
        let hq = folder.path().join("hq");
        Self::build(Country::small(), engine, (folder, hq), NewWitnesses::default(), sealing)
    }

    /// A headquarters on a file of SQLite whose log these witnesses watch.
    pub fn watched_by(witnesses: NewWitnesses) -> Self {
        let folder = tempfile::tempdir().expect("a scratch folder can be made");
        let hq = folder.path().join("hq");
        let (engine, sealing) = (Engine::sqlite(), NewSealing::default());
        Self::build(Country::small(), engine, (folder, hq), witnesses, sealing)
    }

    /// A headquarters on SQLite whose data folder is on this disk.
    pub fn on_disk(disk: &SmallDisk) -> Self {
        let folder = tempfile::tempdir().expect("a scratch folder can be made");
        let hq = disk.path().join("hq");
        let (engine, sealing) = (Engine::sqlite(), NewSealing::default());
        Self::build(Country::small(), engine, (folder, hq), NewWitnesses::default(), sealing)
    }

    fn build(
        country: Country,
        engine: Engine,
        (folder, hq): (TempDir, PathBuf),
        witnesses: NewWitnesses,
        sealing: NewSealing,
    ) -> Self {
        let set_up = folder.path().join("set-up");
        country.write(&set_up).expect("a set-up can be written");
        // The port comes later and may change; phones know the proxy's only.
        let proxy = Proxy::start(([127, 0, 0, 1], 1).into());
        let options = InitOptions {
            listen: ([127, 0, 0, 1], 0).into(),
            addresses: vec![format!("http://{}", proxy.address())],
            log_origin: "log.test/exercise".to_owned(),
            database: match engine.url() {
                DatabaseUrl::Sqlite(_) => None,
                DatabaseUrl::Postgres(url) => Some(url.clone()),
            },
            blobs: engine.blobs().map(str::to_owned),
            operator: "op".to_owned(),
            witnesses,
            sealing,
        };
        let made = block_on(async {
            let set_up = Setup::read(&set_up).expect("the set-up was just written");
            init(&hq, &set_up, &options, hattama_server::clock::system).await
        })
        .expect("a headquarters can be made");
        let folder = Arc::new(folder);
        let mut world = Self { proxy, made, country, running: None, folder, hq, _engine: engine };
        world.start();
        world
    }

    /// Headquarters' data folder.
    pub fn data(&self) -> &Path {
        &self.hq
    }

    /// A folder of the test's own that goes away with the world.
    pub fn scratch(&self) -> &Path {
        self.folder.path()
    }

    /// The country.
    pub const fn country(&self) -> &Country {
        &self.country
    }

    /// What `init` said.
    pub const fn made(&self) -> &NewHeadquarters {
        &self.made
    }

    /// Starts headquarters in a thread of this process.
    pub fn start(&mut self) {
        assert!(self.running.is_none(), "headquarters runs already");
        let running = Headquarters::in_thread(self.data());
        self.proxy.lead_to(running.address());
        self.running = Some(running);
    }

    /// Starts headquarters as a process of its own, which can be killed.
    pub fn start_process(&mut self, program: &Path) {
        assert!(self.running.is_none(), "headquarters runs already");
        let running = Headquarters::in_process(program, self.data());
        self.proxy.lead_to(running.address());
        self.running = Some(running);
    }

    /// Ends headquarters; phones find nobody there.
    pub fn end(&mut self, ending: Ending) {
        self.running.take().expect("headquarters runs").end(ending);
    }

    /// Where headquarters listens now.
    pub fn address(&self) -> SocketAddr {
        self.running.as_ref().expect("headquarters runs").address()
    }

    /// Raw requests to headquarters, past the proxy, with the operator's token where it is needed.
    pub fn wire(&self) -> Wire {
        Wire::to(self.address(), &self.made.operator_token)
    }

    /// As [`wire`](Self::wire), through the proxy.
    pub fn wire_through_proxy(&self) -> Wire {
        Wire::to(self.proxy.address(), &self.made.operator_token)
    }

    /// Checks receipts with nothing but the log's public key.
    pub fn witness(&self) -> Witness {
        Witness::of(self.data())
    }

    /// Invites a person who may observe where `mandate` says.
    pub fn invite(&self, mandate: &Mandate) -> Invitation {
        self.invite_for(mandate, 1)
    }

    /// As [`invite`](Self::invite), for so many hours.
    pub fn invite_for(&self, mandate: &Mandate, hours: u32) -> Invitation {
        let body = json!({
            "label": "an observer", "org": ORG, "mandate": mandate, "valid_hours": hours,
        });
        let answer = self.wire().post("/v1/invitations", &body);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let text =
            answer.json()["invitation"].as_str().expect("an invitation is a text").to_owned();
        text.parse().expect("headquarters writes whole invitations")
    }

    /// A device whose key headquarters knows, everywhere.
    pub fn device(&self, seed: u64) -> Device {
        let mut device = self.stranger(seed);
        device.enrol(&self.wire(), &self.invite(&Mandate::Everywhere)).expect("it was invited");
        device
    }

    /// A device that headquarters does not know.
    pub fn stranger(&self, seed: u64) -> Device {
        Device::new(seed, self.made.election.clone())
    }

    /// A phone with a notebook, enrolled everywhere, that makes no small pictures.
    pub fn phone(&self) -> Phone {
        let phone = self.blank_phone();
        phone.enrol(&self.invite(&Mandate::Everywhere));
        phone
    }

    /// As [`phone`](Self::phone), but small pictures are made.
    pub fn painter(&self) -> Phone {
        let phone = Phone::with_pictures(Some(self.made.election.clone()), Pictures::Make);
        phone.enrol(&self.invite(&Mandate::Everywhere));
        phone
    }

    /// A phone that nobody has invited yet.
    pub fn blank_phone(&self) -> Phone {
        Phone::new(Some(self.made.election.clone()))
    }

    /// What `fsck` finds in the headquarters, which must have ended; none where all of it holds.
    pub fn fsck(&self) -> Option<String> {
        fsck_patiently(&self.hq).err().map(|lie| lie.to_string())
    }

    /// The bytes of a whole photo, as headquarters keeps them.
    pub fn blob(&self, photo: &hattama_proto::id::PhotoHash) -> Option<Vec<u8>> {
        let folder = DataFolder::open(&self.hq).expect("the folder is there");
        let config = Config::load(&folder.config()).expect("it was configured");
        let blobs = Blobs::open(&config.blobs_url(&folder).expect("it was read before"));
        block_on(blobs.expect("it was opened before").read(photo))
            .expect("photographs can be read")
            .map(|bytes| bytes.to_vec())
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

/// Runs `test` in a world on a file of SQLite.
pub fn on_sqlite(test: impl FnOnce(&mut World)) {
    test(&mut World::new());
}

/// Runs `test` in a world on PostgreSQL, or skips it aloud.
pub fn on_postgres(test: impl FnOnce(&mut World)) {
    if let Some(engine) = block_on(Engine::postgres()) {
        test(&mut World::of(Country::small(), engine));
    }
}

/// Runs `test` in a world on this engine.
pub fn on_engine(engine: Engine, test: impl FnOnce(&mut World)) {
    test(&mut World::of(Country::small(), engine));
}

/// Makes three tests of each `fn(&World)` or `fn(&mut World)`: on SQLite, on PostgreSQL, and on
/// SQLite with photographs in a bucket. The test program has `tests/bucket` as its module `bucket`.
#[expect(clippy::crate_in_macro_def, reason = "the bucket is the test program's")]
#[macro_export]
macro_rules! in_every_world {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { $crate::world::on_sqlite(|world| super::$name(world)) })+
        }
        mod postgres {
            $(#[test] fn $name() { $crate::world::on_postgres(|world| super::$name(world)) })+
        }
        mod with_bucket {
            $(#[test] fn $name() {
                let engine = std::sync::Arc::new(crate::bucket::BucketServer::start()).engine();
                $crate::world::on_engine(engine, |world| super::$name(world))
            })+
        }
    };
}

/// Runs a future to its end on a runtime of its own.
pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime can be built")
        .block_on(work)
}
