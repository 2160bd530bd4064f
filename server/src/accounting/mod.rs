//! The account that headquarters gives of every record: signed, for whoever asks.
//!
//! ```text
//! published checkpoint ──> records and statements below it ──> ledger ──> shown ──> signed
//! ```
//!
//! It speaks of the published checkpoint only, so that anybody can hold it against the public log,
//! and nothing can be read from it that the log does not show yet. The ledger goes on where it
//! stopped: a record is read and verified once, and asking costs nothing until the log moves.

mod read;

use std::sync::{Arc, PoisonError, RwLock};

use hattama_proto::{
    id::{ElectionId, TreeRoot},
    jws::SignError,
    key::SigningKey,
    statement::{Accounting, StatementClaims, sign_statement},
    time::UnixMillis,
    tlog::{Checkpoint, CheckpointError, VerifierKey},
};
use tokio::sync::Mutex;

pub use self::read::{LedgerError, LedgerReader};

use crate::{
    book::Authority,
    clock::Clock,
    log::PublicFolder,
    random::{self, RandomError},
    store::Db,
};

/// How many times as long as an account took to make it is served, though the log has moved on
/// since. Bounds what asking can cost to a twentieth of one core.
const REST: i64 = 20;

/// Why there is no account.
#[derive(Debug, thiserror::Error)]
pub enum AccountingError {
    /// What the store holds cannot be accounted for.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The published checkpoint cannot be read.
    #[error("the published checkpoint cannot be read: {0}")]
    Public(#[source] std::io::Error),
    /// The published checkpoint is damaged or another log's.
    #[error("the published checkpoint is not this log's: {0}")]
    Foreign(#[from] CheckpointError),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// It could not be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The process is ending.
    #[error("headquarters is stopping")]
    Stopped,
}

/// Gives account. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    public: PublicFolder,
    log: VerifierKey,
    election: ElectionId,
    key: Arc<SigningKey>,
    clock: Clock,
    ledger: Arc<Mutex<LedgerReader>>,
    made: Arc<RwLock<Option<Made>>>,
}

/// The newest account.
#[derive(Clone)]
struct Made {
    size: u64,
    jws: Arc<str>,
    at: UnixMillis,
    took_ms: i64,
}

impl Accounts {
    /// Accounts for the store's records, signing with the `hq` key.
    pub fn new(
        db: Db,
        authority: Authority,
        public: PublicFolder,
        log: VerifierKey,
        election: ElectionId,
        key: Arc<SigningKey>,
        clock: Clock,
    ) -> Self {
        let ledger = Arc::new(Mutex::new(LedgerReader::new(db, authority)));
        Self { public, log, election, key, clock, ledger, made: Arc::default() }
    }

    /// The signed account of the published log; none if nothing was published. After a large one it
    /// may speak of an earlier publication than the newest, and says of which.
    pub async fn newest(&self) -> Result<Option<Arc<str>>, AccountingError> {
        let Some(head) = self.published().await? else { return Ok(None) };
        let last = self.last();
        if let Some(last) = &last
            && self.is_fresh(last, head.size)
        {
            return Ok(Some(Arc::clone(&last.jws)));
        }
        let mut ledger = match (self.ledger.try_lock(), last) {
            (Ok(ledger), _) => ledger,
            // Somebody else's request makes the next one.
            (Err(_), Some(last)) => return Ok(Some(last.jws)),
            (Err(_), None) => self.ledger.lock().await,
        };
        // Whoever had it before may have made it.
        if let Some(last) = self.last()
            && self.is_fresh(&last, head.size)
        {
            return Ok(Some(last.jws));
        }
        let begun = (self.clock)();
        let jws = self.make(&mut ledger, &head, begun).await?;
        let at = (self.clock)();
        let made = Made { size: head.size, jws: Arc::clone(&jws), at, took_ms: at.0 - begun.0 };
        *self.made.write().unwrap_or_else(PoisonError::into_inner) = Some(made);
        Ok(Some(jws))
    }

    /// Of how many leaves the last account speaks and when it was made; none since the start.
    pub fn last_made(&self) -> Option<(u64, UnixMillis)> {
        self.last().map(|made| (made.size, made.at))
    }

    fn last(&self) -> Option<Made> {
        self.made.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_fresh(&self, made: &Made, size: u64) -> bool {
        let age_ms = (self.clock)().0.saturating_sub(made.at.0);
        made.size == size || (0..made.took_ms.saturating_mul(REST)).contains(&age_ms)
    }

    async fn published(&self) -> Result<Option<Checkpoint>, AccountingError> {
        let public = self.public.clone();
        let note = tokio::task::spawn_blocking(move || public.checkpoint())
            .await
            .map_err(|_| AccountingError::Stopped)?
            .map_err(AccountingError::Public)?;
        let verify = |note: String| Checkpoint::verify(&note, self.log.name(), &self.log);
        Ok(note.map(verify).transpose()?)
    }

    async fn make(
        &self,
        ledger: &mut LedgerReader,
        head: &Checkpoint,
        now: UnixMillis,
    ) -> Result<Arc<str>, AccountingError> {
        let accounting = account(ledger, head).await?;
        let mut claims = StatementClaims {
            election: self.election.clone(),
            issued_at: now,
            nonce: random::text::<16>()?,
            body: accounting,
        };
        let jws = match sign_statement(&self.key, &claims) {
            // More regions than a statement holds: the total is what matters most.
            Err(SignError::TooLarge { .. }) => {
                claims.body.regions.clear();
                sign_statement(&self.key, &claims)?
            }
            signed => signed?,
        };
        Ok(jws.into())
    }
}

/// What became of the records that `head` covers, as everybody may see it.
pub async fn account(
    ledger: &mut LedgerReader,
    head: &Checkpoint,
) -> Result<Accounting, LedgerError> {
    let (total, rows) = ledger.account(head.size).await?;
    Ok(Accounting {
        size: head.size,
        root: TreeRoot::from_bytes(*head.root.as_bytes()),
        total,
        regions: crate::merge::shown(rows),
    })
}
