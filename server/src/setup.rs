//! Making a headquarters: folder, keys, store, election set-up, operator token.
//!
//! A set-up folder holds four JSON files in the form of the pack's parts: `election.json` (without
//! `keys` and `addresses`, which are filled in here), `forms.json`, `incidents.json`, `units.json`.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use hattama_proto::{
    id::{ElectionId, Kid, PartHash},
    jws::SignError,
    key::SigningKey,
    pack::{
        HqKeys, HqKeysError, Pack, PackError, PackManifest, PartName, PartRef, Sealing, Witnesses,
    },
    sealing::{Identity, Recipient, RecipientsError, recipients},
    statement::{StatementClaims, sign_statement},
    time::UnixMillis,
    tlog::{KeyName, NoteSigner},
};
use serde::Deserialize as _;

use crate::{
    access::{AccountState, Role, Scope},
    blobs::{BlobError, Blobs},
    book::{Authority, Book, SharedBook},
    clock::Clock,
    config::{Config, ConfigError, WitnessConfig},
    folder::{DataFolder, FolderError},
    ingest::{own_statement, token_hash},
    keys::{self, KeyFileError},
    log::{
        HeadError, HeadFile, Item, PublishSchedule, Says, SequenceError, Sequencer, StatementItem,
    },
    merge::Statements,
    people::{People, is_name},
    random::{self, RandomError},
    room::FULL_PERCENT,
    store::{self, Batch, DatabaseUrl, Db, StoreError, sessions::StoredToken},
    touched::Followed,
};

/// Ends the name of a drill's election and of its log.
pub const DRILL_SUFFIX: &str = "-drill";

/// The parts of a set-up, as JSON, before headquarters' keys and addresses are filled in.
#[derive(Clone, Debug)]
pub struct Setup {
    parts: HashMap<PartName, Vec<u8>>,
}

/// Where a new headquarters shall be found.
#[derive(Clone, Debug)]
pub struct InitOptions {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Addresses that phones reach it under.
    pub addresses: Vec<String>,
    /// Name of the log; never changed once a receipt was given.
    pub log_origin: String,
    /// Where the store is; `hq.db` in the folder if none.
    pub database: Option<String>,
    /// Where whole photographs are; `blobs` in the folder if missing.
    pub blobs: Option<String>,
    /// Name of the first operator account.
    pub operator: String,
    /// Who watches the log.
    pub witnesses: NewWitnesses,
    /// Whether phones seal photographs, and to whom.
    pub sealing: NewSealing,
}

/// To whom phones of a new headquarters seal photographs, besides whom `election.json` names in
/// `sealing`. Nobody at all: they do not.
#[derive(Clone, Debug, Default)]
pub struct NewSealing {
    /// Whether headquarters makes a key of its own and can open them.
    pub here: bool,
    /// Others: a key that is kept elsewhere.
    pub recipients: Vec<Recipient>,
    /// Whether previews and thumbnails are sealed too.
    pub previews: bool,
}

/// The witnesses of a new headquarters.
#[derive(Clone, Debug, Default)]
pub struct NewWitnesses {
    /// Each with its key and, where there is one, its address.
    pub known: Vec<WitnessConfig>,
    /// How many of them must have cosigned.
    pub quorum: u32,
}

impl NewWitnesses {
    /// Whether the keys make a quorum. Found out before anything is made.
    fn check(&self) -> Result<(), InitError> {
        let name = KeyName::new("log").expect("a short name is a name");
        let log = NoteSigner::from_seed(name, &[1; 32]);
        let keys = HqKeys {
            hq: SigningKey::from_seed(&[1; 32]).expect("32 bytes are a seed").public(),
            log_origin: String::new(),
            log_vkey: log.verifier_key().to_string(),
            witnesses: self.policy(),
        };
        keys.policy()?;
        Ok(())
    }

    /// As the set-up names them to phones.
    fn policy(&self) -> Option<Witnesses> {
        let keys: Vec<String> = self.known.iter().map(|one| one.vkey.clone()).collect();
        (!keys.is_empty()).then_some(Witnesses { keys, quorum: self.quorum })
    }
}

/// A headquarters that was made.
#[derive(Clone, Debug)]
pub struct NewHeadquarters {
    /// The election.
    pub election: ElectionId,
    /// Thumbprint of the root key, which every invitation carries.
    pub root: Kid,
    /// The operator token, told once; only its hash is kept.
    pub operator_token: String,
    /// To whom phones seal photographs, as the set-up names them; empty if they do not.
    pub sealed_to: Vec<String>,
    /// Which of them is headquarters itself, if it is one.
    pub sealed_here: Option<Recipient>,
}

/// Why no headquarters was made.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// A file of the set-up cannot be read.
    #[error("{path}: {source}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// `election.json` is not a JSON object.
    #[error("election.json is not what it should be: {0}")]
    Election(String),
    /// The parts do not make a set-up.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The witnesses' keys are not keys, or do not make a quorum.
    #[error(transparent)]
    Witnesses(#[from] HqKeysError),
    /// Nothing can be sealed as the set-up says.
    #[error(transparent)]
    Sealing(#[from] RecipientsError),
    /// The name of the first account cannot be used.
    #[error(
        "{0:?} cannot be the name of an account: 2 to 40 small letters a-z, digits, dots, hyphens or \
         underscores"
    )]
    Operator(String),
    /// The name of the log cannot be used.
    #[error("the log's name {0:?} cannot be used: no spaces, no plus sign")]
    Origin(String),
    /// The folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Where photographs are to be.
    #[error(transparent)]
    Blobs(#[from] BlobError),
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The keys.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The signer's head.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// The log.
    #[error(transparent)]
    Log(#[from] SequenceError),
    /// The manifest could not be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl Setup {
    /// Reads the four files of a set-up folder.
    pub fn read(folder: &Path) -> Result<Self, InitError> {
        let mut parts = HashMap::new();
        for name in PartName::ALL {
            let path = folder.join(format!("{name}.json"));
            let bytes = fs::read(&path).map_err(|source| InitError::Read { path, source })?;
            parts.insert(name, bytes);
        }
        Ok(Self { parts })
    }

    /// The same set-up as a drill: another election in every signature, and a banner on every page.
    /// What is said in it can never count in the real one, nor the other way round.
    pub fn into_drill(mut self) -> Result<Self, InitError> {
        let wrong = |error: serde_json::Error| InitError::Election(error.to_string());
        let election = self.parts.get(&PartName::Election).map_or(&[][..], Vec::as_slice);
        let mut election: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(election).map_err(wrong)?;
        let id = election.get("id").and_then(|id| id.as_str()).unwrap_or_default();
        let id = format!("{id}{DRILL_SUFFIX}");
        election.insert("id".into(), id.into());
        let banner = serde_json::json!({
            "kk": "ЖАТТЫҒУ: бұл нағыз сайлау емес",
            "ru": "УЧЕНИЯ: это не настоящие выборы",
            "en": "DRILL: this is not a real election",
        });
        election.entry("exercise").or_insert(banner);
        self.parts.insert(PartName::Election, serde_json::to_vec(&election).map_err(wrong)?);
        Ok(self)
    }

    /// Whether the parts make a set-up. Found out before anything is made, so that a slip in a file
    /// can be mended and `init` tried again.
    fn check(&self, log_origin: &str, sealing: &NewSealing) -> Result<(), InitError> {
        let stand_in = SigningKey::from_seed(&[1; 32]).expect("32 bytes are a seed");
        let keys = HqKeys {
            hq: stand_in.public(),
            log_origin: log_origin.to_owned(),
            log_vkey: String::new(),
            witnesses: None,
        };
        // Stands in for the key that is made later.
        let here = sealing.here.then(|| Identity::from_secret([1; 32]).recipient());
        self.complete(&keys, &[], (sealing, here)).map(drop)
    }

    /// Fills in headquarters' keys and addresses.
    fn complete(
        &self,
        keys: &HqKeys,
        addresses: &[String],
        sealing: (&NewSealing, Option<Recipient>),
    ) -> Result<Parts, InitError> {
        let mut parts = self.parts.clone();
        let wrong = |error: serde_json::Error| InitError::Election(error.to_string());
        let election = parts.get(&PartName::Election).map_or(&[][..], Vec::as_slice);
        let mut election: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(election).map_err(wrong)?;
        election.insert("keys".into(), serde_json::to_value(keys).map_err(wrong)?);
        election.insert("addresses".into(), addresses.into());
        if let Some(sealing) = sealing_of(election.get("sealing"), sealing)? {
            election.insert("sealing".into(), serde_json::to_value(sealing).map_err(wrong)?);
        }
        parts.insert(PartName::Election, serde_json::to_vec(&election).map_err(wrong)?);
        let named = parts.iter().map(|(name, bytes)| {
            (*name, PartRef { sha256: PartHash::of(bytes), bytes: bytes.len() as u64 })
        });
        let manifest = PackManifest { version: 1, parts: named.collect::<BTreeMap<_, _>>() };
        let pack = Pack::assemble(&manifest, |name| parts.get(&name).map(Vec::as_slice))?;
        Ok(Parts { parts, manifest, pack })
    }
}

/// What a set-up says of sealing, with who is added to it. Checked here, because a phone can only leave
/// out whom it cannot read.
fn sealing_of(
    said: Option<&serde_json::Value>,
    (new, here): (&NewSealing, Option<Recipient>),
) -> Result<Option<Sealing>, InitError> {
    let wrong = |error: serde_json::Error| InitError::Election(format!("`sealing`: {error}"));
    let said: Option<Sealing> = said.map(Sealing::deserialize).transpose().map_err(wrong)?;
    if said.is_none() && here.is_none() && new.recipients.is_empty() {
        return Ok(None);
    }
    let mut sealing = said.unwrap_or(Sealing { recipients: Vec::new(), previews: false });
    for one in here.iter().chain(&new.recipients).map(ToString::to_string) {
        if !sealing.recipients.contains(&one) {
            sealing.recipients.push(one);
        }
    }
    sealing.previews |= new.previews;
    recipients(&sealing)?;
    Ok(Some(sealing))
}

struct Parts {
    parts: HashMap<PartName, Vec<u8>>,
    manifest: PackManifest,
    pack: Pack,
}

/// Makes a headquarters in `folder`. On an error what was made so far is left to be looked at.
pub async fn init(
    folder: &Path,
    setup: &Setup,
    options: &InitOptions,
    clock: Clock,
) -> Result<NewHeadquarters, InitError> {
    let origin = KeyName::new(&options.log_origin)
        .map_err(|_| InitError::Origin(options.log_origin.clone()))?;
    if !is_name(&options.operator) {
        return Err(InitError::Operator(options.operator.clone()));
    }
    setup.check(&options.log_origin, &options.sealing)?;
    options.witnesses.check()?;
    // Read before anything is made.
    if let Some(url) = &options.database {
        url.parse::<DatabaseUrl>()?;
    }
    if let Some(url) = &options.blobs {
        Blobs::open(&url.parse()?)?;
    }
    let folder = DataFolder::create(folder)?;
    keys::create(&folder.keys())?;
    let root = keys::root(&folder.keys())?;
    let hq = keys::hq(&folder.keys())?;
    let signer = keys::log(&folder.keys(), origin)?;
    let keys = HqKeys {
        hq: hq.public(),
        log_origin: options.log_origin.clone(),
        log_vkey: signer.verifier_key().to_string(),
        witnesses: options.witnesses.policy(),
    };
    let sealed_here = match options.sealing.here {
        true => Some(keys::create_sealing(&folder.keys())?),
        false => None,
    };
    let sealing = (&options.sealing, sealed_here);
    let Parts { parts, manifest, pack } = setup.complete(&keys, &options.addresses, sealing)?;
    let sealed_to =
        pack.election.sealing.as_ref().map_or_else(Vec::new, |sealing| sealing.recipients.clone());
    let election = pack.election.id.clone();
    let config = Config {
        election: election.clone(),
        log_origin: options.log_origin.clone(),
        root_key: root.public(),
        listen: options.listen,
        addresses: options.addresses.clone(),
        database: options.database.clone(),
        blobs: options.blobs.clone(),
        tls_cert: None,
        tls_key: None,
        tls_pin: None,
        behind_proxy: None,
        witness: options.witnesses.known.clone(),
        disk_full_percent: FULL_PERCENT,
        check_first_mib: crate::config::CHECK_FIRST_MIB,
        log_publish: PublishSchedule::default(),
        log_publish_at_least: None,
        webhooks: Default::default(),
        session_idle_minutes: crate::config::SESSION_IDLE_MINUTES,
        session_hours: crate::config::SESSION_HOURS,
        metrics: None,
        leave_seconds: 0,
    };
    let _lock = folder.lock()?;
    let now: UnixMillis = clock();
    let db = Db::open(&config.database_url(&folder)?, now).await?;
    let claims = StatementClaims {
        election: election.clone(),
        issued_at: now,
        nonce: random::text::<16>()?,
        body: manifest.clone(),
    };
    let jws = sign_statement(&root, &claims)?;
    let statement = own_statement::<PackManifest>(&jws, &root);
    let item = StatementItem::new(&statement, manifest.version.to_string(), Says::Other);
    let operator_token = random::text::<32>()?;
    let mut with = first_account(&options.operator, &operator_token, now);
    for (name, part) in &manifest.parts {
        let bytes = parts.get(name).map_or(&[][..], Vec::as_slice);
        with = with.and(store::packs::add(&part.sha256, bytes));
    }
    log_first(
        &db,
        pack,
        jws,
        item,
        with,
        (signer, &folder, clock),
        Authority { hq: hq.public(), root: root.public() },
    )
    .await?;
    db.close().await;
    // Last, because it is what makes the folder a headquarters.
    config.save(&folder.config())?;
    let root = root.kid();
    Ok(NewHeadquarters { election, root, operator_token, sealed_to, sealed_here })
}

/// The first account: all roles, because a small team is one person, and no password yet. It is in with
/// the token that is printed, which opens everything until it is ended.
fn first_account(name: &str, token: &str, now: UnixMillis) -> Batch {
    let token = StoredToken {
        token_hash: token_hash(token),
        name: "printed when headquarters was made".to_owned(),
        stepped_up: true,
        created_at: now,
        expires_at: None,
    };
    let (roles, scope) = (Role::ALL, Scope::default());
    store::accounts::add(name, name, (&roles, &scope), AccountState::Active, now)
        .and(store::sessions::add_token(name, &token))
        .and(store::accounts::audit(1, now, People::MACHINE, "account-made", name))
}

/// The set-up is the log's first entry.
async fn log_first(
    db: &Db,
    pack: Pack,
    pack_jws: String,
    item: StatementItem,
    with: Batch,
    (signer, folder, clock): (NoteSigner, &DataFolder, Clock),
    authority: Authority,
) -> Result<(), InitError> {
    let book = SharedBook::new(Book {
        statements: Statements::default(),
        pack: Arc::new(pack),
        pack_jws,
        heads: HashMap::new(),
        epochs: Vec::new(),
        authority,
        known: 0,
        followed: Followed::default(),
    });
    let head = HeadFile::open(&keys::log_head(&folder.keys()))?;
    let holder = random::text::<12>()?;
    let sequencer = Sequencer::start(db.clone(), book, signer, head, clock, holder).await?;
    sequencer.append_with(vec![Item::Statement(Box::new(item))], with).await?;
    Ok(())
}
