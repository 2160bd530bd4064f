//! What others have logged, taken over into what this process knows: another process on the same
//! database, or one before us whose commit came through after we had read the store.
//!
//! The rows of a group say what it changes, so that following costs what was logged and not what is
//! known. Only a new set-up and a new epoch are read with everything else, anew.

use std::sync::{Arc, PoisonError, atomic::Ordering};

use futures_util::future::{try_join, try_join3};
use hattama_proto::{
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
    kinds: Kinds,
) -> Result<Change, SequenceError> {
    let (records, said, photos) = try_join3(
        when(kinds.records, store::since::records(db, from, until)),
        when(kinds.statements, store::statements::strings(db, from, until)),
        when(kinds.photos, store::since::photos(db, from, until)),
    )
    .await?;
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
    let signed = note.filter(|note| {
        Checkpoint::verify(note, key.name(), key)
            .is_ok_and(|checkpoint| checkpoint.size == size && checkpoint.root == root)
    });
    signed.ok_or_else(|| SequenceError::Altered(size.saturating_sub(1)))
}

/// Takes over what was logged at `from..until` into the book.
pub(super) async fn change(
    db: &Db,
    book: &SharedBook,
    from: u64,
    until: u64,
) -> Result<(), SequenceError> {
    let known = known(&book.read());
    let change = since(db, known, (from, until), Kinds::ALL).await?;
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
        // Before the rows that belong to them: these are of the same transaction, so what the leaves show is
        // there. The other way round a group that is committed between the two would lack its rows.
        let stored = store::log::entries_from(&self.db, size).await?;
        if let Some(leaf) = stored.iter().find(|leaf| leaf.proven().is_none()) {
            return Err(reread::altered(&self.stopped, leaf.position));
        }
        let kinds = Kinds::of(&stored);
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
        let known = self.book_read(known);
        let change = since(&self.db, known, (size, until), kinds).await?;
        let head = {
            let mut signed = self.tree.write().unwrap_or_else(PoisonError::into_inner);
            signed.tree.truncate(size);
            signed.tree.extend(leaves);
            Head { size: signed.tree.len(), root: signed.tree.root() }
        };
        let note = match self.take_over(head).await {
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
    async fn take_over(&mut self, head: Head) -> Result<Arc<str>, SequenceError> {
        let key = self.signer.verifier_key().clone();
        let note = signed_note(&self.db, &key, (head.size, head.root)).await?;
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
