//! What headquarters knows in memory: the set-up, who may speak, what was decided.
//!
//! Everything in it can be read again from the store; [`load`] does so at start.

use std::{
    collections::HashMap,
    sync::{Arc, RwLock, RwLockReadGuard},
};

use hattama_proto::{
    id::{Kid, StatementId},
    jws::{Envelope, Verified},
    key::PublicKey,
    kind::Kind,
    pack::{Pack, PackError, PackManifest, PartName},
    statement::{Decision, Enrolment, Epoch, Revocation, Statement, StatementError, Transcription},
};

use crate::{
    log::{LoggedEpoch, Says},
    merge::Statements,
    store::{self, Db, StoreError},
    touched::{Followed, Touch},
};

/// The knowledge.
#[derive(Debug)]
pub struct Book {
    /// Enrolments, revocations, decisions, forks and corrections.
    pub statements: Statements,
    /// The newest election set-up.
    pub pack: Arc<Pack>,
    /// Its signed manifest, exactly.
    pub pack_jws: String,
    /// Highest place of each chain that has arrived.
    pub heads: HashMap<Kid, u64>,
    /// Times at which the log went on from a backup, oldest first.
    pub epochs: Vec<LoggedEpoch>,
    /// Whose signatures count as headquarters'.
    pub authority: Authority,
    /// Leaves of which all was in it when it was read from the store. More may have been.
    pub known: u64,
    /// What changed since those who follow the log looked last.
    pub followed: Followed,
}

/// Headquarters' own public keys.
#[derive(Clone, Copy, Debug)]
pub struct Authority {
    /// Signs statements.
    pub hq: PublicKey,
    /// Signs election set-ups.
    pub root: PublicKey,
}

/// The book, shared: many read, the sequencer writes.
#[derive(Clone, Debug)]
pub struct SharedBook(Arc<RwLock<Book>>);

/// Why the book cannot be read from the store.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored statement does not verify under headquarters' own keys: the store was altered, or
    /// the keys are not its keys. Restore both from one backup.
    #[error("the stored statement at log index {0} is not signed by these keys")]
    Forged(u64),
    /// A stored statement cannot be read by this version.
    #[error(transparent)]
    Unreadable(#[from] StatementError),
    /// The set-up cannot be put together.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// There is no set-up yet.
    #[error("there is no election set-up yet; give one with `hattama init --setup FOLDER`")]
    NoPack,
}

impl SharedBook {
    /// Shares a book.
    pub fn new(book: Book) -> Self {
        Self(Arc::new(RwLock::new(book)))
    }

    /// Reads in it. Keep the guard short: it is never held across an await.
    pub fn read(&self) -> RwLockReadGuard<'_, Book> {
        self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Changes it: the sequencer, and whoever takes what was touched.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Book) -> T) -> T {
        change(&mut self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl Book {
    /// Where the first epoch stands that came after the one that somebody has heard of; the very
    /// first, if that one is not of this log.
    pub(crate) fn first_unheard_epoch(&self, heard: Option<StatementId>) -> Option<u64> {
        let is_heard = |epoch: &LoggedEpoch| {
            heard.is_some_and(|heard| StatementId::of(epoch.jws.as_bytes()) == heard)
        };
        let known = self.epochs.iter().rposition(is_heard).map_or(0, |at| at + 1);
        self.epochs.get(known).map(|epoch| epoch.position)
    }

    /// Applies a statement that was logged at `position`.
    pub fn apply(&mut self, position: u64, says: Says) {
        match says {
            Says::Enrolment(enrolment) => {
                self.followed.note(Touch::Key(enrolment.kid));
                self.statements.apply_enrolment(position, enrolment);
            }
            Says::Revocation(revocation) => {
                self.followed.note(Touch::Key(revocation.kid));
                self.statements.apply_revocation(position, revocation);
            }
            Says::Decision(decision) => {
                // Where it stood until now; where it stands from now on is found by the record.
                let before = self.statements.decision(&decision.record);
                if let Some(unit) = before.and_then(|before| before.unit.clone()) {
                    self.followed.note(Touch::Unit(unit));
                }
                self.followed.note(Touch::Record(decision.record));
                for other in self.statements.transcribed_with(&decision.record) {
                    self.followed.note(Touch::Record(*other));
                }
                self.statements.apply_decision(position, decision);
            }
            Says::Transcription(said) => {
                for record in &said.records {
                    self.followed.note(Touch::Record(*record));
                }
                self.statements.apply_transcription(position, said);
            }
            Says::Other => {}
        }
    }
}

/// Reads the book from the store; every statement's signature is checked again.
pub async fn load(db: &Db, authority: Authority) -> Result<Book, BookError> {
    // Before anything else: what is logged meanwhile may be read, or not.
    let known = store::log::end(db).await?;
    let mut statements = Statements::default();
    let mut newest_pack = None;
    let mut epochs = Vec::new();
    for stored in store::statements::all(db).await? {
        match told(stored.position, &stored.jws, authority)? {
            Told::Enrolment(said) => statements.apply_enrolment(stored.position, said),
            Told::Revocation(said) => statements.apply_revocation(stored.position, said),
            Told::Decision(said) => statements.apply_decision(stored.position, said),
            Told::Transcription(said) => statements.apply_transcription(stored.position, said),
            Told::Pack(manifest) => newest_pack = Some((manifest, stored.jws)),
            Told::Epoch(epoch) => {
                epochs.push(LoggedEpoch { position: stored.position, epoch, jws: stored.jws })
            }
            Told::Other => {}
        }
    }
    for (kid, seq) in store::units::forks(db).await? {
        statements.note_fork(kid, seq);
    }
    for facts in store::units::corrections(db).await? {
        statements
            .note_correction_facts(serde_json::from_str(&facts).map_err(StatementError::from)?);
    }
    for (record, kid) in store::units::corrected_authors(db).await? {
        statements.note_author(record, kid);
    }
    let (manifest, pack_jws) = newest_pack.ok_or(BookError::NoPack)?;
    let pack = load_pack(db, &manifest).await?;
    let heads = store::records::heads(db).await?.into_iter().collect();
    let (pack, followed) = (Arc::new(pack), Followed::default());
    Ok(Book { statements, pack, pack_jws, heads, epochs, authority, known, followed })
}

/// What a stored statement tells.
#[derive(Debug)]
pub(crate) enum Told {
    /// Somebody may speak.
    Enrolment(Enrolment),
    /// From where on a key's records are set aside.
    Revocation(Revocation),
    /// Something was decided about a record.
    Decision(Decision),
    /// Photographs were transcribed.
    Transcription(Transcription),
    /// There is a new set-up.
    Pack(PackManifest),
    /// The log goes on from a backup.
    Epoch(Epoch),
    /// Nothing that gives records a standing.
    Other,
}

/// Reads the statement that is stored at a log index; its signature is checked again.
pub(crate) fn told(position: u64, jws: &str, authority: Authority) -> Result<Told, BookError> {
    let forged = |_| BookError::Forged(position);
    let envelope = Envelope::parse(jws).map_err(forged)?;
    let by_root = matches!(envelope.kind(), Kind::Pack | Kind::Succession);
    let key = if by_root { &authority.root } else { &authority.hq };
    let verified = envelope.verify(key).map_err(forged)?;
    Ok(match verified.kind() {
        Kind::Enrolment => Told::Enrolment(read(verified)?),
        Kind::Revocation => Told::Revocation(read(verified)?),
        Kind::Decision => Told::Decision(read(verified)?),
        Kind::Transcription => Told::Transcription(read(verified)?),
        Kind::Pack => Told::Pack(read(verified)?),
        Kind::Epoch => Told::Epoch(read(verified)?),
        _ => Told::Other,
    })
}

/// Puts a set-up together from its stored parts.
pub async fn load_pack(db: &Db, manifest: &PackManifest) -> Result<Pack, BookError> {
    let mut parts = HashMap::new();
    for name in PartName::ALL {
        if let Some(part) = manifest.parts.get(&name)
            && let Some(bytes) = store::packs::part(db, &part.sha256).await?
        {
            parts.insert(name, bytes);
        }
    }
    Ok(Pack::assemble(manifest, |name| parts.get(&name).map(Vec::as_slice))?)
}

fn read<B: hattama_proto::statement::StatementBody>(verified: Verified) -> Result<B, BookError> {
    Ok(Statement::<B>::read(verified)?.claims.body)
}
