//! What others have logged, taken over into what this process knows: another process on the same
//! database, or one before us whose commit came through after we had read the store.
//!
//! The rows of a group say what it changes, so that following costs what was logged and not what is
//! known. Only a new set-up and a new epoch are read with everything else, anew.

use std::sync::{Arc, PoisonError, atomic::Ordering};

use futures_util::future::{try_join, try_join3};
use hattama_proto::{
    id::PhotoHash,
    statement::StatementError,
    tlog::{Checkpoint, Hash, VerifierKey},
};

use super::{
    group::{Effects, Says},
    head::Head,
    reread::{self, when},
    sequencer::SequenceError,
    task::{Task, apply},
    turn,
};
use crate::{
    book::{self, Authority, Book, BookError, SharedBook, Told},
    store::{self, Db, log::Kinds},
};

/// Of so many entries the records are asked for before it is known how many there are: a large group.
const FIRST: u64 = 2048;

/// What the book takes over.
enum Change {
    /// This much.
    Effects(Effects),
    /// Everything.
    Anew(Box<Book>),
}

/// What was logged at `from..until`, as it changes the book.
async fn since(
    db: &Db,
    (authority, has_corrections): (Authority, bool),
    (from, until): (u64, u64),
    logged: Logged,
) -> Result<Change, SequenceError> {
    let Logged { records, said, photos } = logged;
    let mut effects = Effects { photos, ..Effects::default() };
    for (position, jws) in said {
        let says = match book::told(position, &jws, authority)? {
            Told::Enrolment(said) => Says::Enrolment(said),
            Told::Revocation(said) => Says::Revocation(said),
            Told::Decision(said) => Says::Decision(said),
            Told::Transcription(said) => Says::Transcription(said),
            Told::Pack(_) | Told::Epoch(_) => {
                return Ok(Change::Anew(Box::new(book::load(db, authority).await?)));
            }
            Told::Other => continue,
        };
        effects.said.push((position, says));
    }
    if records.is_empty() {
        return Ok(Change::Effects(effects));
    }
    let is_correction = records.iter().any(|record| record.is_correction);
    // A second record at one place of a chain is held, and only corrections name other records.
    let may_fork = records.iter().any(|record| record.is_held);
    for record in records {
        if let Some(seq) = record.seq {
            let head = effects.heads.entry(record.kid).or_insert(seq);
            *head = (*head).max(seq);
        }
        effects.units.extend(record.unit);
    }
    let may_correct = is_correction || has_corrections;
    let (forks, (facts, authors)) = try_join(
        when(may_fork, store::since::forks(db, from, until)),
        try_join(
            when(is_correction, store::since::corrections(db, from, until)),
            when(may_correct, store::since::corrected_authors(db, from, until)),
        ),
    )
    .await?;
    effects.forks = forks;
    effects.authors = authors;
    for facts in facts {
        let facts = serde_json::from_str(&facts).map_err(StatementError::from);
        effects.corrections.push(facts.map_err(BookError::from)?);
    }
    Ok(Change::Effects(effects))
}

/// What was logged, as the store has it.
#[derive(Default)]
struct Logged {
    records: Vec<store::since::Logged>,
    said: Vec<(u64, String)>,
    photos: Vec<PhotoHash>,
}

/// Who speaks, and whether anything was corrected so far: what reading on depends on.
fn known(book: &Book) -> (Authority, bool) {
    (book.authority, book.statements.has_corrections())
}

/// The checkpoint over `size` leaves with this root, as it was signed when they were logged. One that is
/// missing, or says something else, is no checkpoint to build upon.
async fn signed_note(
    db: &Db,
    key: &VerifierKey,
    (size, root): (u64, Hash),
) -> Result<String, SequenceError> {
    let note = store::log::checkpoint_of(db, size).await?;
    let signed = note.filter(|note| is_over(note, key, (size, root)));
    signed.ok_or_else(|| SequenceError::Altered(size.saturating_sub(1)))
}

/// Whether this is a checkpoint over `size` leaves with this root, signed with the key.
fn is_over(note: &str, key: &VerifierKey, (size, root): (u64, Hash)) -> bool {
    Checkpoint::verify(note, key.name(), key)
        .is_ok_and(|checkpoint| checkpoint.size == size && checkpoint.root == root)
}

/// Takes over what was logged at `from..until` into the book.
pub(super) async fn change(
    db: &Db,
    book: &SharedBook,
    from: u64,
    until: u64,
) -> Result<(), SequenceError> {
    let (records, said, photos) = try_join3(
        store::since::records(db, from, until),
        store::statements::strings(db, from, until),
        store::since::photos(db, from, until),
    )
    .await?;
    let known = known(&book.read());
    let logged = Logged { records, said, photos };
    let change = since(db, known, (from, until), logged).await?;
    book.change(|book| change.apply_to(book));
    Ok(())
}

impl Change {
    fn apply_to(self, book: &mut Book) {
        match self {
            Self::Effects(effects) => apply(book, effects),
            Self::Anew(fresh) => *book = *fresh,
        }
    }
}

impl Task {
    /// Takes over what others have logged, while nobody here has anything to log.
    pub(super) async fn follow(&mut self) {
        if self.stopped.get().is_some() {
            return;
        }
        match self.catch_up().await {
            Ok(()) => {}
            Err(SequenceError::Store(error)) if error.is_transient() => {
                tracing::debug!(%error, "what others have logged is looked for again");
            }
            Err(error) => {
                tracing::error!(%error, "ALARM: what others have logged cannot be taken over");
            }
        }
    }

    /// Reads from the store what a commit in doubt may have left there, and what others have logged.
    pub(super) async fn catch_up(&mut self) -> Result<(), SequenceError> {
        let size = self.size();
        // In one crossing, because whoever waits for a turn waits for this: mostly it is one group, all
        // records, and the newest checkpoint is over it.
        let first_until = size + FIRST;
        let (stored, mut records, newest) = try_join3(
            store::log::entries_from(&self.db, size),
            store::since::records(&self.db, size, first_until),
            store::log::last_checkpoint(&self.db),
        )
        .await?;
        let kinds = Kinds::of(&stored);
        if let Some(leaf) = stored.iter().find(|leaf| leaf.proven().is_none()) {
            return Err(reread::altered(&self.stopped, leaf.position));
        }
        let photos: Result<Vec<_>, _> =
            stored.iter().filter_map(|leaf| leaf.photo().transpose()).collect();
        let photos = photos?;
        let leaves: Vec<Hash> = stored.into_iter().map(|leaf| leaf.hash).collect();
        if leaves.is_empty() {
            self.stale = false;
            return Ok(());
        }
        let until = size + leaves.len() as u64;
        // Some of it may be of a commit of ours that was left in doubt, and nobody else reads that back. What
        // others have signed for is held against their checkpoint below.
        if self.in_doubt {
            self.read_back(size, leaves.clone()).await?;
        } else {
            self.unread.note(size, until);
        }
        // Until all of it is taken over, the store has to be asked again.
        self.stale = true;
        if until > first_until {
            records.extend(store::since::records(&self.db, first_until, until).await?);
        }
        // What came between the two questions is for the next time.
        records.retain(|record| record.position < until);
        let said =
            when(kinds.statements, store::statements::strings(&self.db, size, until)).await?;
        let (known, logged) = (self.book_read(known), Logged { records, said, photos });
        let change = since(&self.db, known, (size, until), logged).await?;
        let head = {
            let mut signed = self.tree.write().unwrap_or_else(PoisonError::into_inner);
            signed.tree.truncate(size);
            signed.tree.extend(leaves);
            Head { size: signed.tree.len(), root: signed.tree.root() }
        };
        let note = match self.take_over(head, newest).await {
            Ok(note) => note,
            Err(error) => {
                self.tree.write().unwrap_or_else(PoisonError::into_inner).tree.truncate(size);
                return Err(error);
            }
        };
        // Before the size: whoever follows the log by its size has to find what was touched.
        self.book.change(|book| change.apply_to(book));
        {
            let mut signed = self.tree.write().unwrap_or_else(PoisonError::into_inner);
            signed.size = head.size;
            signed.note = Some(note);
        }
        self.stale = false;
        self.company.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Moves our head to what somebody else has signed with our key. If the file was moved by others,
    /// or no checkpoint says this, it is not ours to build upon.
    async fn take_over(
        &mut self,
        head: Head,
        newest: Option<String>,
    ) -> Result<Arc<str>, SequenceError> {
        let key = self.signer.verifier_key().clone();
        let here = (head.size, head.root);
        let note = match newest.filter(|note| is_over(note, &key, here)) {
            Some(note) => note,
            None => signed_note(&self.db, &key, here).await?,
        };
        self.head.swap(head)?;
        Ok(note.into())
    }

    /// After a turn was lost: reads what the others have logged. Where that is nothing, the row is not
    /// where our tree is.
    pub(super) async fn find_turn(&mut self) -> Result<(), SequenceError> {
        let before = self.size();
        self.catch_up().await?;
        if self.size() > before {
            return Ok(());
        }
        let tree = self.tree.read().unwrap_or_else(PoisonError::into_inner).tree.clone();
        turn::settle(&self.db, &self.holder, &tree).await
    }
}
