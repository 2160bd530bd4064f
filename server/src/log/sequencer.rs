//! One task gives positions. Everything that goes into the log passes through it, in groups: what
//! arrives while one group is being made durable becomes the next.

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use hattama_proto::{
    tlog::{Hash, NoteSigner, Tree, VerifierKey},
    wire::{HeldReason, ReceiptPart},
};
use tokio::sync::{mpsc, oneshot};

use super::{
    epoch::check_growth,
    follow,
    group::{Item, StatementItem},
    head::{Head, HeadError, HeadFile},
    listening::Look,
    meter::LogMeter,
    reread::{self, first_altered},
    task::{Job, Stopped, Task},
    turn,
    unread::Unread,
    view::{LogView, Signed},
};
use crate::{
    book::{BookError, SharedBook},
    clock::Clock,
    store::{self, Batch, Db, StoreError},
};

/// Most jobs that may wait. More are told to come back, which bounds memory.
const JOBS_WAITING_MAX: usize = 1024;

/// What became of a job.
#[derive(Debug)]
pub struct Appended {
    /// One outcome per item, in order.
    pub outcomes: Vec<Outcome>,
    /// The signed checkpoint that all receipts share.
    pub checkpoint: Arc<str>,
    /// Leaves it covers.
    pub size: u64,
}

/// What became of one item.
#[derive(Debug)]
pub struct Outcome {
    /// Whether this is its first time, and what was found.
    pub logged: Logged,
    /// Its receipt, but for the checkpoint.
    pub receipt: ReceiptPart,
}

/// How an item got its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logged {
    /// Now.
    New,
    /// Now, and it waits for a human.
    Held(HeldReason),
    /// Before.
    Before,
}

/// Why a job was not logged. Nothing of it was acknowledged.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SequenceError {
    /// The store refused; the cause says whether to come back.
    #[error(transparent)]
    Store(Arc<StoreError>),
    /// The signer's head did not move. The log stops until a human has looked.
    #[error(transparent)]
    Head(Arc<HeadError>),
    /// The store's tree does not grow out of the last signed head: an older backup was restored.
    #[error(
        "the store holds {stored} log entries and the last signed head has {signed}, or another \
         history: it looks like an older backup. Restore the newest one; receipts that were given \
         out must not be contradicted. If there is no newer one, `hattama serve --new-epoch --reason \
         \"...\"` goes on from this one and tells everybody"
    )]
    Rollback {
        /// Leaves in the store.
        stored: u64,
        /// Leaves that were signed for.
        signed: u64,
    },
    /// A new epoch was asked for and the store lacks nothing.
    #[error(
        "nothing was lost: the store holds every entry that was signed for. Start without --new-epoch"
    )]
    NothingLost,
    /// What the store reads back is not what was committed to it. Nothing was acknowledged for it,
    /// and the log stops.
    #[error(
        "entry {0} reads back from the store as something else than was committed; stop this \
         process, run `hattama fsck`, look at memory and disk"
    )]
    Altered(u64),
    /// The store was found to be damaged while it was served. What was acknowledged before stays
    /// acknowledged; nothing more is, and the next start checks the whole store first.
    #[error("the log has stopped: {0}")]
    Damaged(Arc<StoreError>),
    /// What headquarters knows cannot be read again from the store.
    #[error(transparent)]
    Book(Arc<BookError>),
    /// Too many jobs wait, or the sequencer has stopped.
    #[error("the log does not take more work now; try again")]
    Overloaded,
}

impl From<StoreError> for SequenceError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl From<BookError> for SequenceError {
    /// A store that does not answer is waited for, whatever is read; only what it says can stop the log.
    fn from(error: BookError) -> Self {
        match error {
            BookError::Store(error) => error.into(),
            error => Self::Book(Arc::new(error)),
        }
    }
}

impl From<HeadError> for SequenceError {
    fn from(error: HeadError) -> Self {
        Self::Head(Arc::new(error))
    }
}

/// The way into the log. Cheap to clone.
#[derive(Clone)]
pub struct Sequencer {
    jobs: mpsc::Sender<Job>,
    db: Db,
    tree: Arc<RwLock<Signed>>,
    unread: Arc<Unread>,
    key: VerifierKey,
    stopped: Stopped,
    meter: LogMeter,
    news: Look,
    /// Whether other processes may log too.
    is_shared: bool,
    /// Whether another one has, since this one started.
    company: Arc<AtomicBool>,
}

impl Sequencer {
    /// Reads the tree from the store, checks it against the last signed head and starts the task.
    pub async fn start(
        db: Db,
        book: SharedBook,
        signer: NoteSigner,
        mut head: HeadFile,
        clock: Clock,
        holder: String,
    ) -> Result<Self, SequenceError> {
        let tree = store::log::tree(&db).await?;
        let shown = check_growth(&tree, head.last(), &book.read().epochs)?;
        refuse_altered(&db, &tree, shown).await?;
        // Not the newest: another process may sign meanwhile.
        let note = store::log::checkpoint_of(&db, tree.len()).await?.map(Arc::from);
        turn::settle(&db, &holder, &tree).await?;
        let known = book.read().known;
        if known < tree.len() {
            // Another process has logged it while the book was read.
            follow::change(&db, &book, known, tree.len()).await?;
        }
        // A crash between commit and head file leaves the head one group behind; the tree was just
        // found to grow out of it.
        if !tree.is_empty() {
            head.swap(Head { size: tree.len(), root: tree.root() })?;
        }
        let signed = Signed { size: tree.len(), tree, note };
        Ok(Self::run(Task::new(db, book, signer, head, clock, signed, holder)))
    }

    /// As [`Sequencer::start`], on a store that lacks the newest entries that were signed for: keeps
    /// the lost head aside and logs `epoch`, which says so, before anything else.
    pub(crate) async fn start_epoch(
        db: Db,
        book: SharedBook,
        signer: NoteSigner,
        head: HeadFile,
        clock: Clock,
        (epoch, holder): (StatementItem, String),
    ) -> Result<Self, SequenceError> {
        let tree: Tree = store::log::leaves(&db, 0).await?.into_iter().collect();
        head.keep_lost()?;
        // Crash point: a copy of the head, and nothing else has changed.
        let note = store::log::last_checkpoint(&db).await?.map(Arc::from);
        db.commit(store::signer::anew(&holder, (tree.len(), tree.root()))).await?;
        let signed = Signed { size: tree.len(), tree, note };
        let mut task = Task::new(db, book, signer, head, clock, signed, holder);
        // If the head does not move after the commit, the logged statement explains that.
        task.log(&[&Item::Statement(Box::new(epoch))], Batch::new()).await?;
        Ok(Self::run(task))
    }

    fn run(task: Task) -> Self {
        let (jobs, waiting) = mpsc::channel(JOBS_WAITING_MAX);
        let (tree, key) = (Arc::clone(&task.tree), task.signer.verifier_key().clone());
        let (stopped, meter) = (Arc::clone(&task.stopped), task.meter.clone());
        let (news, is_shared) = (Arc::clone(&task.news), task.db.is_shared());
        let company = Arc::clone(&task.company);
        let (db, unread) = (task.db.clone(), Arc::clone(&task.unread));
        tokio::spawn(task.run(waiting));
        Self { jobs, db, tree, unread, key, stopped, meter, news, is_shared, company }
    }

    /// Stops the log for good: nothing is logged or acknowledged from the next group on.
    pub(crate) fn stop(&self, why: SequenceError) {
        // Whatever stopped it first has stopped it.
        let _stopped_before = self.stopped.set(why);
    }

    /// Why the log has stopped; none while it goes on.
    pub fn stopped(&self) -> Option<&SequenceError> {
        self.stopped.get()
    }

    /// Gives each item a place in the log. Durable and covered by a signed checkpoint once it
    /// returns; items that were logged before are answered with their first place.
    pub async fn append(&self, items: Vec<Item>) -> Result<Appended, SequenceError> {
        self.submit(items, None).await
    }

    /// As [`Sequencer::append`], with further steps in the same transaction. If these conflict,
    /// nothing of this job is logged.
    pub async fn append_with(
        &self,
        items: Vec<Item>,
        with: Batch,
    ) -> Result<Appended, SequenceError> {
        self.submit(items, Some(with)).await
    }

    async fn submit(
        &self,
        items: Vec<Item>,
        with: Option<Batch>,
    ) -> Result<Appended, SequenceError> {
        let started = Instant::now();
        let (reply, answer) = oneshot::channel();
        let taken = self.jobs.try_send(Job { items, with, reply });
        let done = match taken {
            Ok(()) => answer.await.unwrap_or(Err(SequenceError::Overloaded)),
            Err(_) => Err(SequenceError::Overloaded),
        };
        self.meter.answered(started, &done);
        done
    }

    /// What makes it look, soon, whether another process has logged something.
    pub(super) fn look(&self) -> Look {
        Arc::clone(&self.news)
    }

    /// Takes over what other processes have logged until now. Where there are none it costs nothing.
    pub async fn follow(&self) -> Result<(), SequenceError> {
        if self.is_shared { self.append(Vec::new()).await.map(drop) } else { Ok(()) }
    }

    /// Whether another process has logged on the same database since this one started, so that what is
    /// kept in one process only may be asked of another.
    pub fn has_company(&self) -> bool {
        self.is_shared && self.company.load(Ordering::Relaxed)
    }

    /// How it keeps up.
    pub fn meter(&self) -> &LogMeter {
        &self.meter
    }

    /// Jobs that wait for their group.
    pub fn waiting(&self) -> usize {
        self.jobs.max_capacity() - self.jobs.capacity()
    }

    /// The log, for those who only read it.
    pub fn view(&self) -> LogView {
        LogView::new(Arc::clone(&self.tree), self.key.clone())
    }

    /// The newest durable checkpoint.
    pub fn checkpoint(&self) -> Option<Arc<str>> {
        self.read(|signed| signed.note.clone())
    }

    /// Proof that a tree of `new` leaves extends one of `old`, standard base64. `new` is the size of
    /// the checkpoint it goes with: the log may have grown since that one was signed.
    pub fn consistency(&self, old: u64, new: u64) -> Option<Vec<String>> {
        self.read(|signed| {
            let proof = signed.tree.consistency_proof(old, new).ok()?;
            Some(proof.iter().map(Hash::to_base64).collect())
        })
    }

    /// Receipts for leaves that the store holds, with the checkpoint they share.
    pub async fn receipts(
        &self,
        indices: &[u64],
    ) -> Result<(Vec<ReceiptPart>, Arc<str>), SequenceError> {
        self.vouch(indices).await?;
        if let Some(found) = self.covered(indices) {
            return Ok(found);
        }
        // A leaf that the store holds and no checkpoint shows yet is of the group that is being
        // logged right now: whoever waits for a turn finds it shown.
        self.append(Vec::new()).await?;
        self.vouch(indices).await?;
        self.covered(indices).ok_or(SequenceError::Overloaded)
    }

    /// Before a receipt for these leaves leaves: reads those that another process has logged, and that nobody
    /// here has read. Costs nothing where there are none.
    pub async fn vouch(&self, indices: &[u64]) -> Result<(), SequenceError> {
        let unread = self.unread.among(indices.iter().copied());
        reread::vouch(&self.db, &self.tree, &self.stopped, &unread).await
    }

    fn covered(&self, indices: &[u64]) -> Option<(Vec<ReceiptPart>, Arc<str>)> {
        self.read(|signed| {
            let at = signed.tree.at(signed.size).ok()?;
            let parts = indices
                .iter()
                .map(|index| Some(ReceiptPart::new(*index, &at.inclusion_proof(*index).ok()?)))
                .collect::<Option<Vec<_>>>()?;
            Some((parts, signed.note.clone()?))
        })
    }

    /// Receipts under an earlier durable checkpoint, of `size` leaves; none where a leaf came later.
    pub fn parts_at(&self, indices: &[u64], size: u64) -> Option<Vec<ReceiptPart>> {
        self.read(|signed| {
            let at = signed.tree.at(size).ok().filter(|_| size <= signed.size)?;
            indices
                .iter()
                .map(|index| Some(ReceiptPart::new(*index, &at.inclusion_proof(*index).ok()?)))
                .collect()
        })
    }

    /// Leaves in the newest durable checkpoint.
    pub fn size(&self) -> u64 {
        self.read(|signed| signed.size)
    }

    fn read<T>(&self, read: impl FnOnce(&Signed) -> T) -> T {
        read(&self.tree.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Refuses leaves that no receipt was given for yet and that are not what the store holds.
async fn refuse_altered(db: &Db, tree: &Tree, shown: u64) -> Result<(), SequenceError> {
    let fresh = (shown..tree.len()).filter_map(|index| tree.leaf(index)).collect();
    match first_altered(db, shown, fresh).await? {
        None => Ok(()),
        Some(index) => Err(SequenceError::Altered(index)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_is_away_while_the_book_is_read_again_does_not_stop_the_log() {
        let away = || BookError::Store(StoreError::Unavailable("the session ended".into()));
        let told = SequenceError::from(away());
        assert!(matches!(&told, SequenceError::Store(error) if error.is_transient()), "{told:?}");
        let forged = SequenceError::from(BookError::Forged(3));
        assert!(matches!(forged, SequenceError::Book(_)), "{forged:?}");
    }
}
