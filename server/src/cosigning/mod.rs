//! Cosignatures for our own log: asked of the witnesses, kept, and put into receipts.
//!
//! ```text
//! published checkpoint ──rounds──> ask (HTTPS) ──> witness
//!                                  │ line
//!                    a file ──> receive: verify, store ──> cosigned head ──> receipts given later
//! ```
//!
//! Witnesses see what anybody sees: the checkpoint that the schedule has published. A newer one would
//! tell them when something came in.
//!
//! No reply ever waits for a witness. A receipt that is given out at once has the log's signature
//! alone; when enough witnesses have cosigned a checkpoint, receipts that are asked for again come
//! with that one, and phones put it in the place of the first.

mod ask;
mod rounds;

use std::sync::{Arc, PoisonError, RwLock};

use hattama_proto::{
    pack::HqKeysError,
    time::UnixMillis,
    tlog::{
        AddCheckpoint, Checkpoint, CosignerKey, Hash, KeyName, NoteError, NoteSignature, Policy,
        PolicyError, SignedNote, VerifierKey, cosignatures,
    },
    wire::ReceiptPart,
};

pub use self::{ask::AddressError, rounds::Collecting};
use crate::{
    clock::Clock,
    config::WitnessConfig,
    log::{PublicFolder, Sequencer},
    store::{self, Db, StoreError},
};

/// The newest checkpoint that enough witnesses cosigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CosignedHead {
    /// Leaves it covers.
    pub size: u64,
    /// The note with the log's line and the witnesses'.
    pub note: Arc<str>,
}

/// What headquarters knows of its witnesses. Cheap to clone.
#[derive(Clone)]
pub struct Cosigning {
    db: Db,
    sequencer: Sequencer,
    public: PublicFolder,
    clock: Clock,
    /// All whose lines are kept.
    known: Arc<[CosignerKey]>,
    /// Whose lines make a checkpoint cosigned, and how many of them.
    counted: Arc<Policy>,
    head: Arc<RwLock<Option<CosignedHead>>>,
}

/// How one witness stands to this log.
#[derive(Clone, Debug)]
pub struct WitnessStanding {
    /// Its name and key.
    pub key: CosignerKey,
    /// Whether phones and later receipts count its cosignatures.
    pub counts: bool,
    /// The largest size that it cosigned, and when its line came, by headquarters' clock.
    pub last: Option<(u64, UnixMillis)>,
}

/// Why cosignatures cannot be asked for or taken.
#[derive(Debug, thiserror::Error)]
pub enum CosigningError {
    /// A witness in `hattama.toml` has a key that is none, or a name that is not its key's.
    #[error(
        "the witness {name} in hattama.toml: its vkey is not the key of a witness of that name"
    )]
    Key {
        /// Its name in the file.
        name: String,
    },
    /// A witness in `hattama.toml` has an address that cannot be used.
    #[error("the witness {name} in hattama.toml: {source}")]
    Address {
        /// Its name in the file.
        name: String,
        /// Why.
        #[source]
        source: AddressError,
    },
    /// The keys of the set-up are not keys.
    #[error(transparent)]
    Keys(#[from] HqKeysError),
    /// The witnesses of `hattama.toml` do not make a policy.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// There is no witness of this name.
    #[error("no witness {0} is known; name it in hattama.toml or in the election set-up")]
    Unknown(String),
    /// Nothing was published yet.
    #[error(
        "nothing was published yet that a witness could cosign; `log_publish` in hattama.toml says \
         when it is"
    )]
    NothingPublished,
    /// The log has not signed this checkpoint.
    #[error("the checkpoint is none that this log signed")]
    NotOurs,
    /// A witness's line does not hold.
    #[error("a cosignature does not hold: {0}")]
    Forged(#[source] NoteError),
    /// The note has no line by a known witness.
    #[error("no known witness has cosigned it")]
    NotCosigned,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Cosigning {
    /// Reads the newest cosigned checkpoint. `policy` is what phones check by; where the set-up
    /// names no witness, all of `hattama.toml` count.
    pub async fn open(
        db: Db,
        sequencer: Sequencer,
        public: PublicFolder,
        policy: Policy,
        configured: &[WitnessConfig],
        clock: Clock,
    ) -> Result<Self, CosigningError> {
        let mut known = policy.witnesses().to_vec();
        for witness in configured {
            let key = witness_key(witness)?;
            if !known.contains(&key) {
                known.push(key);
            }
        }
        let counted = if policy.witnesses().is_empty() {
            Policy::new(policy.log().clone(), known.clone(), known.len())?
        } else {
            policy
        };
        let cosigning = Self {
            db,
            sequencer,
            public,
            clock,
            known: known.into(),
            counted: Arc::new(counted),
            head: Arc::default(),
        };
        for size in store::cosignatures::newest_sizes(&cosigning.db).await? {
            if cosigning.refresh(size).await? {
                break;
            }
        }
        Ok(cosigning)
    }

    /// The newest checkpoint that enough witnesses cosigned.
    pub fn head(&self) -> Option<CosignedHead> {
        self.head.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How every witness stands, in the order in which they are known.
    pub async fn standing(&self) -> Result<Vec<WitnessStanding>, StoreError> {
        let mut standing = Vec::with_capacity(self.known.len());
        for key in &*self.known {
            let last = store::cosignatures::newest_of(&self.db, key.name()).await?;
            let counts = self.counted.witnesses().contains(key);
            standing.push(WitnessStanding { key: key.clone(), counts, last });
        }
        Ok(standing)
    }

    /// How many witnesses make a checkpoint cosigned.
    pub fn quorum(&self) -> usize {
        self.counted.quorum()
    }

    /// Receipts under the newest cosigned checkpoint; none where it does not cover all of `indices`.
    pub fn receipts(&self, indices: &[u64]) -> Option<(Vec<ReceiptPart>, Arc<str>)> {
        let head = self.head()?;
        let parts = self.sequencer.parts_at(indices, head.size)?;
        Some((parts, head.note))
    }

    /// The request that this witness has to answer next, for a stick, and the size it is about.
    pub async fn request_for(&self, witness: &str) -> Result<(u64, AddCheckpoint), CosigningError> {
        let key = self.known.iter().find(|key| key.name().as_str() == witness);
        let key = key.ok_or_else(|| CosigningError::Unknown(witness.to_owned()))?;
        let old = store::cosignatures::last_of(&self.db, key.name()).await?.unwrap_or(0);
        let (size, note) = self.target().ok_or(CosigningError::NothingPublished)?;
        let request = self.request(old, size, &note).ok_or(CosigningError::NotOurs)?;
        Ok((size, request))
    }

    /// Takes a checkpoint of this log with witnesses' lines, however it came. Returns its size and
    /// how many lines of known witnesses it brought.
    pub async fn receive(&self, note: &str) -> Result<(u64, usize), CosigningError> {
        let note = SignedNote::parse(note).map_err(CosigningError::Forged)?;
        let checkpoint =
            Checkpoint::parse(note.unverified_text()).map_err(|_| CosigningError::NotOurs)?;
        self.receive_lines(checkpoint.size, note.unverified_text(), note.signatures()).await
    }

    /// Takes lines of witnesses under the checkpoint of `size` with this text.
    async fn receive_lines(
        &self,
        size: u64,
        text: &str,
        lines: &[NoteSignature],
    ) -> Result<(u64, usize), CosigningError> {
        let signed = store::log::checkpoint_of(&self.db, size).await?;
        let own = signed
            .and_then(|note| SignedNote::parse(&note).ok())
            .filter(|own| own.unverified_text() == text)
            .ok_or(CosigningError::NotOurs)?;
        let mut verified: Vec<(KeyName, String)> = Vec::new();
        for key in &*self.known {
            for line in lines.iter().filter(|line| key.is_named_by(line)) {
                let with = own.with([line.clone()]).map_err(CosigningError::Forged)?;
                cosignatures(&with, std::slice::from_ref(key)).map_err(CosigningError::Forged)?;
                verified.push((key.name().clone(), line.to_string()));
            }
        }
        if verified.is_empty() {
            return Err(CosigningError::NotCosigned);
        }
        self.db.commit(store::cosignatures::add(size, &verified, (self.clock)())).await?;
        self.refresh(size).await?;
        Ok((size, verified.len()))
    }

    /// Moves the cosigned head to `size` if enough have cosigned it and it is newer.
    async fn refresh(&self, size: u64) -> Result<bool, CosigningError> {
        let lines = store::cosignatures::of_size(&self.db, size).await?.lines;
        let Some(signed) = store::log::checkpoint_of(&self.db, size).await? else {
            return Ok(false);
        };
        let lines = lines.iter().filter_map(|line| NoteSignature::parse(line));
        let note = SignedNote::parse(&signed)
            .and_then(|note| note.with(lines))
            .map_err(CosigningError::Forged)?
            .to_string();
        // Lines of a witness that changed its key are none of a known one: they count no more.
        let witnessed = self.counted.read(&note).map_err(|_| CosigningError::NotOurs)?;
        if witnessed.cosigned.is_empty() || !witnessed.is_enough() {
            return Ok(false);
        }
        let mut head = self.head.write().unwrap_or_else(PoisonError::into_inner);
        if head.as_ref().is_none_or(|head| head.size <= size) {
            *head = Some(CosignedHead { size, note: note.into() });
        }
        Ok(true)
    }

    /// The checkpoint that witnesses are asked about: the published one. A file that cannot be read
    /// now is asked about in the next round.
    fn target(&self) -> Option<(u64, Arc<str>)> {
        let note: Arc<str> = self.public.checkpoint().ok()??.into();
        let text = SignedNote::parse(&note).ok()?;
        let size = Checkpoint::parse(text.unverified_text()).ok()?.size;
        Some((size, note))
    }

    fn request(&self, old_size: u64, size: u64, note: &str) -> Option<AddCheckpoint> {
        let proof = self.sequencer.consistency(old_size, size)?;
        let proof = proof.iter().map(|hash| Hash::from_base64(hash).ok()).collect::<Option<_>>()?;
        Some(AddCheckpoint { old_size, proof, note: note.to_owned() })
    }

    /// The log's key.
    pub fn log_key(&self) -> &VerifierKey {
        self.counted.log()
    }
}

fn witness_key(witness: &WitnessConfig) -> Result<CosignerKey, CosigningError> {
    CosignerKey::parse(&witness.vkey)
        .ok()
        .filter(|key| key.name().as_str() == witness.name)
        .ok_or_else(|| CosigningError::Key { name: witness.name.clone() })
}
