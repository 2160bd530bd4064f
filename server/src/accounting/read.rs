//! From the store into the ledger: each record and statement once, its signature checked again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hattama_proto::{
    id::{Kid, RecordId},
    jws::{Envelope, Verified},
    key::PublicKey,
    pack::{Pack, PackManifest},
    record::Record,
    statement::Tally,
};
use tokio::task::spawn_blocking;

use crate::{
    book::{self, Authority, BookError, Told},
    merge::{Facts, Ledger, Row},
    store::{self, Db, StoreError},
};

/// Log indices read at once: about 2 MB of records, and about 50 ms of one core.
const PAGE: u64 = 1024;

/// Why the ledger cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A statement or the set-up.
    #[error(transparent)]
    Book(#[from] BookError),
    /// A stored record's signature does not hold: the store was altered.
    #[error("the stored record at log index {0} does not verify: the store was altered")]
    Altered(u64),
    /// It was read further already. A ledger forgets nothing.
    #[error("the ledger has {read} log entries already, and {asked} were asked for")]
    Behind {
        /// Entries that are in the ledger.
        read: u64,
        /// Entries that were asked for.
        asked: u64,
    },
}

/// A ledger, and how far into the log it was read. Whoever asked may go away at any await: what was
/// read stays read, and nothing is entered twice.
pub struct LedgerReader {
    db: Db,
    authority: Authority,
    ledger: Arc<Mutex<Ledger>>,
    keys: Arc<HashMap<Kid, PublicKey>>,
    /// A set-up that was met and is not in `pack` yet.
    manifest: Option<PackManifest>,
    pack: Option<Arc<Pack>>,
    statements_read: u64,
    records_read: u64,
}

impl LedgerReader {
    /// An empty ledger for this store.
    pub fn new(db: Db, authority: Authority) -> Self {
        Self {
            db,
            authority,
            ledger: Arc::default(),
            keys: Arc::default(),
            manifest: None,
            pack: None,
            statements_read: 0,
            records_read: 0,
        }
    }

    /// What became of the records among the first `size` entries of the log.
    pub async fn account(&mut self, size: u64) -> Result<(Tally, Vec<Row>), LedgerError> {
        let read = self.statements_read.max(self.records_read);
        if read > size {
            return Err(LedgerError::Behind { read, asked: size });
        }
        self.read_statements(size).await?;
        self.read_records(size).await?;
        let pack = Arc::clone(self.pack.as_ref().ok_or(BookError::NoPack)?);
        // A million records are half a second of one core.
        let ledger = Arc::clone(&self.ledger);
        let account = spawn_blocking(move || lock(&ledger).account(&pack))
            .await
            .map_err(|stopped| StoreError::Unavailable(stopped.into()))?;
        Ok(account)
    }

    async fn read_statements(&mut self, size: u64) -> Result<(), LedgerError> {
        while self.statements_read < size {
            let until = size.min(self.statements_read + PAGE);
            let page = store::statements::strings(&self.db, self.statements_read, until).await?;
            let page = page
                .iter()
                .map(|(position, jws)| Ok((*position, book::told(*position, jws, self.authority)?)))
                .collect::<Result<Vec<_>, BookError>>()?;
            let mut ledger = lock(&self.ledger);
            let statements = ledger.statements_mut();
            for (position, told) in page {
                match told {
                    Told::Enrolment(said) => {
                        Arc::make_mut(&mut self.keys).insert(said.kid, said.public_key);
                        statements.apply_enrolment(position, said);
                    }
                    Told::Revocation(said) => statements.apply_revocation(position, said),
                    Told::Decision(said) => statements.apply_decision(position, said),
                    Told::Pack(newer) => self.manifest = Some(newer),
                    Told::Transcription(_) | Told::Epoch(_) | Told::Other => {}
                }
            }
            self.statements_read = until;
        }
        if let Some(manifest) = &self.manifest {
            self.pack = Some(Arc::new(book::load_pack(&self.db, manifest).await?));
            self.manifest = None;
        }
        Ok(())
    }

    async fn read_records(&mut self, size: u64) -> Result<(), LedgerError> {
        if self.records_read < size {
            let brought = store::devices::brought(&self.db).await?;
            Arc::make_mut(&mut self.keys).extend(brought);
        }
        while self.records_read < size {
            let until = size.min(self.records_read + PAGE);
            let page = store::records::strings(&self.db, self.records_read, until).await?;
            let keys = Arc::clone(&self.keys);
            let verified = spawn_blocking(move || verify(&page, &keys))
                .await
                .map_err(|stopped| StoreError::Unavailable(stopped.into()))??;
            // Nothing is awaited from here to the end of the page: it is entered whole or not.
            let mut ledger = lock(&self.ledger);
            for (position, verified) in verified {
                let (id, kid) = (RecordId::of(verified.text().as_bytes()), verified.kid());
                match Record::read(verified) {
                    Ok(record) => ledger.enter(&Facts::of(&record, position)),
                    Err(_) => ledger.enter_unreadable(id, kid, position),
                }
            }
            self.records_read = until;
        }
        Ok(())
    }
}

fn lock(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

fn verify(
    page: &[(u64, String)],
    keys: &HashMap<Kid, PublicKey>,
) -> Result<Vec<(u64, Verified)>, LedgerError> {
    page.iter()
        .map(|(position, jws)| {
            let altered = || LedgerError::Altered(*position);
            let envelope = Envelope::parse(jws).map_err(|_| altered())?;
            let key = keys.get(&envelope.kid()).ok_or_else(altered)?;
            Ok((*position, envelope.verify(key).map_err(|_| altered())?))
        })
        .collect()
}
