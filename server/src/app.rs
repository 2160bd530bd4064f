//! The composition root: opens the folder, the store and the log, and builds the use cases.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use hattama_proto::{
    jws::SignError,
    key::SigningKey,
    statement::{Epoch, StatementClaims, sign_statement},
    time::UnixMillis,
    tlog::KeyName,
};

use crate::{
    accounting::Accounts,
    admission::Admission,
    blobs::{BlobError, Blobs},
    book::{self, Authority, BookError, SharedBook},
    clock::{self, Clock},
    comparison::ComparisonCache,
    config::{Config, ConfigError},
    cosigning::{Collecting, Cosigning, CosigningError},
    desk::Desk,
    digests::Digests,
    field::{Field, TelephoneDesk},
    folder::{DataFolder, FolderError, FolderLock},
    heard::HeardDevices,
    http::RequestMeter,
    incident_board::IncidentBoard,
    incident_events::Streams,
    indicators::IndicatorsCache,
    ingest::{Enrolments, Invitations, Photos, Push, Sessions, own_statement},
    keys::{self, KeyFileError},
    knowledge::KnowledgeCache,
    log::{
        Head, HeadError, HeadFile, Listening, PublicFolder, PublicFolderError, PublishError,
        Publisher, Publishing, Says, SequenceError, Sequencer, StatementItem, epoch_of,
    },
    messages::Messages,
    people::{People, PeopleOpenError},
    random::{self, RandomError},
    release::FrozenReleases,
    review::{self, Review},
    room::Room,
    sample::Samples,
    soundness::{self, Checking, SoundnessError},
    store::{self, Db, StoreError},
    vault::Vault,
    webhooks::{Reach, Telling, Webhooks},
};

/// Headquarters, open and ready.
#[derive(Clone)]
pub struct Headquarters {
    /// What was configured.
    pub config: Arc<Config>,
    /// The store.
    pub db: Db,
    /// Whole photos.
    pub blobs: Blobs,
    /// What headquarters knows.
    pub book: SharedBook,
    /// The way into the log.
    pub sequencer: Sequencer,
    /// Room on the disk.
    pub room: Room,
    /// The public log, as it was published last.
    pub public_log: PublicFolder,
    /// Takes records.
    pub push: Push,
    /// Takes photos.
    pub photos: Photos,
    /// Enrols devices.
    pub enrolments: Enrolments,
    /// Invites people.
    pub invitations: Invitations,
    /// When each device was last heard.
    pub heard: HeardDevices,
    /// Gives device tokens.
    pub sessions: Sessions,
    /// Names and contacts, sealed.
    pub vault: Vault,
    /// Looks after people in the field.
    pub field: Field,
    /// Sends messages to them.
    pub messages: Messages,
    /// Writes down what is told over the telephone.
    pub telephone: TelephoneDesk,
    /// Decides.
    pub review: Review,
    /// The desk at which photographs are typed.
    pub desk: Desk,
    /// Draws random samples.
    pub samples: Samples,
    /// Gives account of every record.
    pub accounts: Accounts,
    /// People at headquarters, and who of them is in.
    pub people: People,
    /// Cosignatures of the log's checkpoints.
    pub cosigning: Cosigning,
    /// Where the numbers changed, as it was compared last.
    pub(crate) comparisons: ComparisonCache,
    /// What is known, as it was computed last.
    pub(crate) knowledge: KnowledgeCache,
    /// Releases that were verified.
    pub(crate) frozen_releases: FrozenReleases,
    /// Indicators for analysts, as they were computed last.
    pub(crate) indicators: IndicatorsCache,
    /// What lists and sums need of every unit.
    pub(crate) digests: Digests,
    pub(crate) incident_board: IncidentBoard,
    /// Tells other programs.
    pub webhooks: Webhooks,
    /// Open streams of changes.
    pub streams: Streams,
    /// Measures requests.
    pub requests: RequestMeter,
    /// Lets in what can be done, and refuses the rest.
    pub admission: Admission,
    /// Headquarters' clock.
    pub clock: Clock,
    /// Asks the witnesses.
    collecting: Arc<Collecting>,
    /// Hears of what other processes log.
    listening: Option<Arc<Listening>>,
    /// Moves the public log.
    publishing: Arc<Mutex<Option<Publishing>>>,
    /// Tells the webhooks.
    telling: Arc<Mutex<Option<Telling>>>,
    /// Reads the rest of a large store.
    checking: Arc<Mutex<Option<Checking>>>,
    /// Whether it is about to stop.
    leaving: Arc<AtomicBool>,
    /// Its data folder.
    pub(crate) folder: DataFolder,
    /// Keeps the folder for this process.
    _lock: Arc<FolderLock>,
}

/// Why headquarters cannot open. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store of photographs.
    #[error(transparent)]
    Blobs(#[from] BlobError),
    /// What the store says.
    #[error(transparent)]
    Book(#[from] BookError),
    /// The signer's head.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// The log.
    #[error(transparent)]
    Log(#[from] SequenceError),
    /// The witnesses.
    #[error(transparent)]
    Cosigning(#[from] CosigningError),
    /// The public log.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The public log's folder.
    #[error(transparent)]
    Public(#[from] PublicFolderError),
    /// A statement could not be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The configured name of the log.
    #[error("the log's name {0:?} cannot be used: no spaces, no plus sign")]
    Origin(String),
}

impl From<PeopleOpenError> for OpenError {
    fn from(error: PeopleOpenError) -> Self {
        match error {
            PeopleOpenError::Key(error) => error.into(),
            PeopleOpenError::Random(error) => error.into(),
        }
    }
}

impl From<SoundnessError> for OpenError {
    fn from(error: SoundnessError) -> Self {
        match error {
            SoundnessError::Store(error) => error.into(),
            SoundnessError::Folder(error) => error.into(),
        }
    }
}

impl Headquarters {
    /// Opens the headquarters in `folder`, as configured, with the system's clock.
    pub async fn open(folder: &Path) -> Result<Self, OpenError> {
        Self::open_at(folder, clock::system).await
    }

    /// As [`Headquarters::open`], with another clock.
    pub async fn open_at(folder: &Path, clock: Clock) -> Result<Self, OpenError> {
        let folder = DataFolder::open(folder)?;
        let config = Config::load(&folder.config())?;
        Self::open_with(&folder, config, clock).await
    }

    /// As [`Headquarters::open_at`], with a configuration that flags and environment have amended.
    pub async fn open_with(
        folder: &DataFolder,
        config: Config,
        clock: Clock,
    ) -> Result<Self, OpenError> {
        Self::open_in(folder, config, clock, History::GoesOn).await
    }

    /// As [`Headquarters::open_with`], on a store that was restored from a backup and lacks the newest
    /// entries of the log: goes on from there, and logs that first, with this reason.
    pub async fn open_epoch(
        folder: &DataFolder,
        config: Config,
        clock: Clock,
        reason: &str,
    ) -> Result<Self, OpenError> {
        Self::open_in(folder, config, clock, History::FromBackup(reason)).await
    }

    async fn open_in(
        folder: &DataFolder,
        config: Config,
        clock: Clock,
        history: History<'_>,
    ) -> Result<Self, OpenError> {
        let lock = Arc::new(folder.lock()?);
        let config = Arc::new(config);
        let now: UnixMillis = clock();
        let (db, unchecked) = soundness::open(folder, &config, now).await?;
        let key: Arc<SigningKey> = Arc::new(keys::hq(&folder.keys())?);
        let authority = Authority { hq: key.public(), root: config.root_key };
        let book = SharedBook::new(book::load(&db, authority).await?);
        let origin = KeyName::new(&config.log_origin)
            .map_err(|_| OpenError::Origin(config.log_origin.clone()))?;
        let signer = keys::log(&folder.keys(), origin)?;
        let head = HeadFile::open(&keys::log_head(&folder.keys()))?.within(Arc::clone(&lock));
        let public_log = PublicFolder::new(&folder.log());
        let holder = random::text::<12>()?;
        let news = db.news(&holder);
        let sequencer = match history {
            History::GoesOn => {
                Sequencer::start(db.clone(), book.clone(), signer, head, clock, holder).await?
            }
            History::FromBackup(reason) => {
                let item =
                    epoch_item((&db, &book), &config, &key, head.last(), reason, now).await?;
                public_log.keep_lost(head.last().map_or(0, |head| head.size))?;
                let sequencer = Sequencer::start_epoch(
                    db.clone(),
                    book.clone(),
                    signer,
                    head,
                    clock,
                    (item, holder),
                )
                .await?;
                let fresh = book::load(&db, authority).await?;
                book.change(|book| *book = fresh);
                sequencer
            }
        };
        let pack = Arc::clone(&book.read().pack);
        let filled = review::fill_incidents(&db, &pack).await?;
        if filled > 0 {
            tracing::info!(filled, "incidents of an older release are in lists and searches now");
        }
        let checking = unchecked.map(|check| {
            Checking::start(check, sequencer.clone(), folder.damaged(), Arc::clone(&lock))
        });
        let policy = book.read().pack.election.keys.policy().map_err(CosigningError::Keys)?;
        let cosigning = Cosigning::open(
            db.clone(),
            sequencer.clone(),
            public_log.clone(),
            policy,
            &config.witness,
            clock,
        )
        .await?;
        let collecting = Arc::new(Collecting::start(cosigning.clone(), &config.witness).await?);
        let schedule = config.log_publish;
        let at_least = config.log_publish_at_least.unwrap_or(schedule.at_least());
        let publishing =
            Publisher::open(db.clone(), sequencer.view(), public_log.clone(), at_least)?.start(
                schedule,
                clock,
                Arc::clone(&lock),
            );
        let reach = Reach { loopback: config.webhooks.loopback, private: config.webhooks.private };
        let webhooks = Webhooks::new(db.clone(), sequencer.view(), reach, clock);
        let telling = webhooks.start();
        let room = Room::new(folder.root(), config.disk_full_percent);
        let blobs = Blobs::open(&config.blobs_url(folder)?)?;
        let vault = Vault::new(db.clone(), book.clone());
        let invitations =
            Invitations::new(db.clone(), book.clone(), vault.clone(), Arc::clone(&config));
        let push = Push::new(db.clone(), book.clone(), sequencer.clone());
        let review = Review::new(db.clone(), book.clone(), sequencer.clone(), Arc::clone(&key));
        let heard = HeardDevices::open(db.clone()).await?;
        let hear = heard.clone().keep_up();
        let listening = news.map(|news| Arc::new(Listening::start(news, &sequencer, hear)));
        let field = Field::new(
            db.clone(),
            book.clone(),
            vault.clone(),
            invitations.clone(),
            review.clone(),
        );
        Ok(Self {
            photos: Photos::new(db.clone(), blobs.clone(), folder, sequencer.clone(), clock)
                .unsealed_by(keys::sealing(&folder.keys())?),
            enrolments: Enrolments::new(
                db.clone(),
                book.clone(),
                sequencer.clone(),
                Arc::clone(&key),
            ),
            messages: Messages::new(
                db.clone(),
                book.clone(),
                sequencer.clone(),
                (field.clone(), review.clone()),
                heard.clone(),
            ),
            field,
            telephone: TelephoneDesk::new(
                db.clone(),
                book.clone(),
                push.clone(),
                review.clone(),
                folder.keys(),
                now,
            ),
            push,
            invitations,
            vault,
            heard,
            sessions: Sessions::new(
                db.clone(),
                book.clone(),
                sequencer.clone(),
                &keys::challenges(&folder.keys())?,
            ),
            people: People::open(db.clone(), &folder.keys(), &config)?,
            accounts: Accounts::new(
                db.clone(),
                authority,
                public_log.clone(),
                sequencer.view().key().clone(),
                config.election.clone(),
                key,
                clock,
            ),
            desk: Desk::new(db.clone(), book.clone(), sequencer.clone(), review.clone()),
            samples: Samples::new(db.clone(), book.clone(), sequencer.clone(), review.clone()),
            review,
            config,
            db,
            blobs,
            book,
            sequencer,
            cosigning,
            collecting,
            room,
            public_log,
            comparisons: ComparisonCache::default(),
            knowledge: KnowledgeCache::default(),
            frozen_releases: FrozenReleases::default(),
            indicators: IndicatorsCache::default(),
            digests: Digests::default(),
            incident_board: IncidentBoard::default(),
            streams: Streams::default(),
            requests: RequestMeter::default(),
            admission: Admission::new(std::thread::available_parallelism().map_or(1, usize::from)),
            leaving: Arc::default(),
            webhooks,
            telling: Arc::new(Mutex::new(Some(telling))),
            clock,
            listening,
            publishing: Arc::new(Mutex::new(Some(publishing))),
            checking: Arc::new(Mutex::new(checking)),
            folder: folder.clone(),
            _lock: lock,
        })
    }

    /// Whether a large store is still being read as a whole beside what is served.
    pub fn is_being_checked(&self) -> bool {
        let checking = self.checking.lock().unwrap_or_else(PoisonError::into_inner);
        checking.as_ref().is_some_and(Checking::is_under_way)
    }

    /// Says from now on that new requests belong elsewhere; those that come are answered all the same.
    pub fn leave(&self) {
        self.leaving.store(true, Ordering::Relaxed);
    }

    /// Whether it is about to stop.
    pub fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Relaxed)
    }

    /// Finishes what was begun and lets go of the store.
    pub async fn close(&self) {
        self.collecting.stop();
        let telling = self.telling.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(telling) = telling {
            telling.stop().await;
        }
        let publishing = self.publishing.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(publishing) = publishing {
            publishing.stop().await;
        }
        let checking = self.checking.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(checking) = checking {
            checking.stop().await;
        }
        if let Some(listening) = &self.listening {
            listening.stop();
        }
        self.db.close().await;
    }
}

/// Whether the log goes on as it was.
#[derive(Clone, Copy)]
enum History<'a> {
    /// It does.
    GoesOn,
    /// It goes on from a backup, for this reason.
    FromBackup(&'a str),
}

/// The statement that the log goes on from what the store holds, after `lost` was signed.
async fn epoch_item(
    (db, book): (&Db, &SharedBook),
    config: &Config,
    key: &SigningKey,
    lost: Option<Head>,
    reason: &str,
    now: UnixMillis,
) -> Result<StatementItem, OpenError> {
    let tree = store::log::leaves(db, 0).await?.into_iter().collect();
    let lost = lost.ok_or(SequenceError::NothingLost)?;
    let claims = StatementClaims {
        election: config.election.clone(),
        issued_at: now,
        nonce: random::text::<16>()?,
        body: epoch_of(&tree, lost, &book.read().epochs, reason)?,
    };
    let statement = own_statement::<Epoch>(&sign_statement(key, &claims)?, key);
    Ok(StatementItem::new(&statement, lost.size.to_string(), Says::Other))
}
