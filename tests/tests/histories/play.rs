//! One engine on which histories are played, one after another, each from the same beginning.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use hattama_proto::{statement::Level, wire::ContentRange};
use hattama_server::{
    access::{Factor, Operator, Role, Scope},
    app::Headquarters,
    clock,
    compare::UnitDigest,
    config::{Config, Places},
    folder::DataFolder,
    ingest::{PhotoBegin, Photos},
    publishing::{Brought, Keep},
    review::{Ask, Asked},
    setup::{InitOptions, NewSealing, NewWitnesses, Setup, init},
    store::{self, DatabaseUrl, Db, devices::NewInvitation},
    transfer::transfer,
};
use hattama_tests::{
    postgres,
    world::{Country, copy_folder, open_patiently},
};
use tempfile::TempDir;

use super::script::{Act, GUESTS, Script, invitation};

/// A headquarters that was just made, with an invitation for every device: how each history begins.
pub(crate) struct Beginning {
    folder: TempDir,
}

impl Beginning {
    pub(crate) async fn make() -> Self {
        let folder = scratch();
        let set_up = folder.path().join("set-up");
        Country::small().write(&set_up).unwrap();
        let options = InitOptions {
            listen: ([127, 0, 0, 1], 0).into(),
            addresses: vec![],
            log_origin: "log.test/histories".to_owned(),
            database: None,
            blobs: None,
            operator: "op".to_owned(),
            witnesses: NewWitnesses::default(),
            sealing: NewSealing::default(),
        };
        let beginning = Self { folder };
        let set_up = Setup::read(&set_up).unwrap();
        let made = init(&beginning.hq(), &set_up, &options, clock::system).await.unwrap();
        let url = DatabaseUrl::Sqlite(beginning.hq().join("hq.db"));
        let db = Db::open(&url, clock::system()).await.unwrap();
        for (number, guest) in GUESTS.iter().enumerate() {
            let by = invitation(number, &made.election);
            let invited = NewInvitation {
                secret_hash: by.proof(guest.role).hash(),
                role: guest.role,
                person: &guest.person.parse().unwrap(),
                org: &guest.org.parse().unwrap(),
                mandate: &guest.mandate(),
                expires_at: by.expires_at,
            };
            db.commit(store::devices::invite(&invited)).await.unwrap();
        }
        db.close().await;
        beginning
    }

    fn hq(&self) -> PathBuf {
        self.folder.path().join("hq")
    }

    /// What phones are told of the election.
    pub(crate) async fn pack(&self) -> std::sync::Arc<hattama_proto::pack::Pack> {
        let hq = open_patiently(&self.hq()).await;
        let pack = std::sync::Arc::clone(&hq.book.read().pack);
        hq.close().await;
        pack
    }
}

/// Where histories are played.
pub(crate) enum Stage {
    /// A copy of the beginning, each time.
    Sqlite,
    /// One database, brought back to the beginning each time.
    Postgres { url: String, back: String },
}

impl Stage {
    /// A database of its own, with the beginning in it and a copy of the beginning beside it.
    pub(crate) async fn postgres(beginning: &Beginning) -> Option<Self> {
        let url = postgres::fresh_database().await?;
        let folder = DataFolder::open(&beginning.hq()).unwrap();
        let config = Config::load(&folder.config()).unwrap();
        let lock = folder.lock().unwrap();
        let to = url.parse().unwrap();
        transfer((&folder, &lock), &config, &to, clock::system(), &|_| {}).await.unwrap();
        let client = postgres::connect(&url).await.unwrap();
        let tables: Vec<&str> = store::tables::TABLES.iter().map(|table| table.name).collect();
        let mut back = format!("truncate {};", tables.join(", "));
        client.batch_execute("create schema beginning").await.unwrap();
        for table in tables {
            let copy = format!("create table beginning.{table} as table public.{table}");
            client.batch_execute(&copy).await.unwrap();
            back += &format!("insert into public.{table} select * from beginning.{table};");
        }
        Some(Self::Postgres { url, back })
    }

    /// Plays a history from the beginning and tells what the state root is, before and after a last
    /// restart.
    pub(crate) async fn play(&self, beginning: &Beginning, script: &Script) -> [String; 2] {
        let folder = scratch();
        copy_folder(&beginning.hq(), folder.path());
        if let Self::Postgres { url, back } = self {
            fs::remove_file(folder.path().join("hq.db")).unwrap();
            let places = Places { database: Some(url.to_owned()), blobs: None };
            Config::switch(&folder.path().join("hattama.toml"), &places).unwrap();
            postgres::connect(url).await.unwrap().batch_execute(back).await.unwrap();
        }
        let mut hq = open_patiently(folder.path()).await;
        let mut sizes = Vec::new();
        for act in &script.acts {
            if matches!(act, Act::Restart) {
                hq = again(hq, folder.path()).await;
            } else {
                carry_out(&hq, act, &sizes).await;
            }
            sizes.push(hq.sequencer.size());
            // Not after every act, so that one refresh has to find what several acts touched.
            if sizes.len() % 3 == 0 {
                hq.digests().await.unwrap();
            }
        }
        digests_are_what_all_files_give(&hq).await;
        let running = hq.state_root().await.unwrap().to_string();
        let hq = again(hq, folder.path()).await;
        let opened = hq.state_root().await.unwrap().to_string();
        hq.close().await;
        [running, opened]
    }
}

/// A folder in memory, where the system has such a place: nothing here outlives its history, and two
/// thousand headquarters that wait for a disk would take minutes.
fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    }
}

/// The digests that followed the log are those of files that are all merged anew.
async fn digests_are_what_all_files_give(hq: &Headquarters) {
    let files = hq.unit_files().await.unwrap();
    let followed = hq.digests().await.unwrap().read();
    let pack = std::sync::Arc::clone(&hq.book.read().pack);
    let anew: HashMap<_, _> = files
        .iter()
        .map(|file| (file.unit.clone(), UnitDigest::of(file, &pack)))
        .filter(|(unit, digest)| {
            !digest.is_empty && (pack.units.get(unit).is_some() || digest.awaits_check)
        })
        .collect();
    assert!(*followed == anew, "the digests do not follow the log: {followed:?}, {anew:?}");
}

async fn again(hq: Headquarters, folder: &Path) -> Headquarters {
    hq.close().await;
    drop(hq);
    open_patiently(folder).await
}

async fn carry_out(hq: &Headquarters, act: &Act, sizes: &[u64]) {
    let now = clock::system();
    match act {
        Act::Enrol(push) => drop(hq.enrolments.enrol(push, now).await.unwrap()),
        Act::Push(request) => drop(hq.push.push(request.clone(), None, now).await.unwrap()),
        Act::Together(one, other) => {
            let (one, other) = (one.clone(), other.clone());
            let (hq, beside) = (hq.push.clone(), hq.push.clone());
            let one = tokio::spawn(async move { hq.push(one, None, now).await });
            let other = tokio::spawn(async move { beside.push(other, None, now).await });
            one.await.unwrap().unwrap();
            other.await.unwrap().unwrap();
        }
        Act::Decide(decision) => drop(hq.review.decide(decision.clone(), now).await.unwrap()),
        Act::Revoke(kid, since) => {
            let from = since.map(|since| sizes[since]);
            hq.review.revoke(*kid, from, "lost", "op", now).await.unwrap();
        }
        Act::StepIncident(id, to) => {
            let by = Operator {
                name: "op".to_owned(),
                roles: Role::ALL.to_vec(),
                scope: Scope::default(),
                factor: Factor::Fresh,
                token_hash: String::new(),
            };
            let asked = Asked { incident: *id, by: &by, expected: None, key: None };
            let ask = Ask::Step { to: *to, reason: "looked at".to_owned() };
            hq.review.change_incident(&asked, &ask, now).await.unwrap();
        }
        Act::Photo(photo, bytes) => bring(&hq.photos, photo, bytes).await,
        Act::Publish(csv) => {
            let brought = Brought {
                file: csv.clone().into_bytes(),
                level: Level::Precinct,
                source: "test".to_owned(),
                mapping: None,
            };
            let published = hq.publish(brought, Keep::Archive, now).await.unwrap();
            assert_eq!(published.units, 1, "the publication is not understood");
        }
        Act::Restart => {}
    }
}

async fn bring(photos: &Photos, photo: &hattama_proto::id::PhotoHash, bytes: &[u8]) {
    let size = bytes.len() as u64;
    let range = ContentRange { first: 0, end: size, size };
    if let PhotoBegin::Take(mut upload) = photos.begin(*photo, range, None).await.unwrap() {
        upload.take(bytes).await.unwrap();
        assert!(upload.finish().await.unwrap().state.complete);
    }
}
