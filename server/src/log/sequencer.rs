//! One task gives positions. Everything that goes into the log passes through it, in groups: what
//! arrives while one group is being made durable becomes the next.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use hattama_proto::{
    tlog::{Checkpoint, Hash, NoteSigner, Tree, VerifierKey},
    wire::{HeldReason, ReceiptPart},
};
use tokio::sync::{mpsc, oneshot};

use super::{
    epoch::check_growth,
    group::{Effects, Group, Item, StatementItem},
    head::{Head, HeadError, HeadFile},
    places::{Known, Place, assign},
    reread::first_altered,
    view::{LogView, Signed},
};
use crate::{
    book::{Book, BookError, SharedBook},
    clock::Clock,
    store::{self, Batch, Db, StoreError},
};

/// Most items in one group: bounds the transaction, and with it how long anybody waits.
const GROUP_ITEMS_MAX: usize = 2048;

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
    fn from(error: BookError) -> Self {
        Self::Book(Arc::new(error))
    }
}

impl From<HeadError> for SequenceError {
    fn from(error: HeadError) -> Self {
        Self::Head(Arc::new(error))
    }
}

/// A job: items that get places, and further steps of the same transaction.
struct Job {
    items: Vec<Item>,
    with: Option<Batch>,
    reply: oneshot::Sender<Result<Appended, SequenceError>>,
}

/// The way into the log. Cheap to clone.
#[derive(Clone)]
pub struct Sequencer {
    jobs: mpsc::Sender<Job>,
    tree: Arc<RwLock<Signed>>,
    key: VerifierKey,
    stopped: Stopped,
}

/// Why the log has stopped, once it has: for good.
type Stopped = Arc<OnceLock<SequenceError>>;

impl Sequencer {
    /// Reads the tree from the store, checks it against the last signed head and starts the task.
    pub async fn start(
        db: Db,
        book: SharedBook,
        signer: NoteSigner,
        mut head: HeadFile,
        clock: Clock,
    ) -> Result<Self, SequenceError> {
        let tree = store::log::tree(&db).await?;
        let shown = check_growth(&tree, head.last(), &book.read().epochs)?;
        refuse_altered(&db, &tree, shown).await?;
        let note = store::log::last_checkpoint(&db).await?.map(Arc::from);
        // A crash between commit and head file leaves the head one group behind; the tree was just
        // found to grow out of it.
        if !tree.is_empty() {
            head.swap(Head { size: tree.len(), root: tree.root() })?;
        }
        let signed = Signed { size: tree.len(), tree, note };
        Ok(Self::run(Task::new(db, book, signer, head, clock, signed)))
    }

    /// As [`Sequencer::start`], on a store that lacks the newest entries that were signed for: keeps
    /// the lost head aside and logs `epoch`, which says so, before anything else.
    pub(crate) async fn start_epoch(
        db: Db,
        book: SharedBook,
        signer: NoteSigner,
        head: HeadFile,
        clock: Clock,
        epoch: StatementItem,
    ) -> Result<Self, SequenceError> {
        let tree: Tree = store::log::leaves(&db, 0).await?.into_iter().collect();
        head.keep_lost()?;
        // Crash point: a copy of the head, and nothing else has changed.
        let note = store::log::last_checkpoint(&db).await?.map(Arc::from);
        let signed = Signed { size: tree.len(), tree, note };
        let mut task = Task::new(db, book, signer, head, clock, signed);
        // If the head does not move after the commit, the logged statement explains that.
        task.log(&[&Item::Statement(Box::new(epoch))], Batch::new()).await?;
        Ok(Self::run(task))
    }

    fn run(task: Task) -> Self {
        let (jobs, waiting) = mpsc::channel(JOBS_WAITING_MAX);
        let (tree, key) = (Arc::clone(&task.tree), task.signer.verifier_key().clone());
        let stopped = Arc::clone(&task.stopped);
        tokio::spawn(task.run(waiting));
        Self { jobs, tree, key, stopped }
    }

    /// Stops the log for good: nothing is logged or acknowledged from the next group on.
    pub(crate) fn stop(&self, why: SequenceError) {
        // Whatever stopped it first has stopped it.
        let _stopped_before = self.stopped.set(why);
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
        let (reply, answer) = oneshot::channel();
        self.jobs.try_send(Job { items, with, reply }).map_err(|_| SequenceError::Overloaded)?;
        answer.await.map_err(|_| SequenceError::Overloaded)?
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
        if let Some(found) = self.covered(indices) {
            return Ok(found);
        }
        // A leaf that the store holds and no checkpoint shows yet is of the group that is being
        // logged right now: whoever waits for a turn finds it shown.
        self.append(Vec::new()).await?;
        self.covered(indices).ok_or(SequenceError::Overloaded)
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

struct Task {
    db: Db,
    book: SharedBook,
    signer: NoteSigner,
    head: HeadFile,
    clock: Clock,
    tree: Arc<RwLock<Signed>>,
    /// Whether a commit was left in doubt, so that the store has to be asked what it holds.
    stale: bool,
    /// Why nothing is logged any more.
    stopped: Stopped,
}

/// What a group came to: outcomes in the order of its items, the checkpoint and its size.
type Done = Result<(Vec<Outcome>, Arc<str>, u64), SequenceError>;

/// How many of a group's items are one job's, and where its answer goes.
type Share = (usize, oneshot::Sender<Result<Appended, SequenceError>>);

fn split(job: Job) -> (Vec<Item>, Share) {
    let count = job.items.len();
    (job.items, (count, job.reply))
}

/// Gives every job of a group its share. Whoever asked may be gone; what was logged stays logged.
fn answer(shares: Vec<Share>, done: Done) {
    match done {
        Ok((mut outcomes, checkpoint, size)) => {
            for (count, reply) in shares {
                let rest = outcomes.split_off(count);
                let appended = Appended { outcomes, checkpoint: Arc::clone(&checkpoint), size };
                outcomes = rest;
                let _gone = reply.send(Ok(appended));
            }
        }
        Err(error) => {
            for (_, reply) in shares {
                let _gone = reply.send(Err(error.clone()));
            }
        }
    }
}

impl Task {
    fn new(
        db: Db,
        book: SharedBook,
        signer: NoteSigner,
        head: HeadFile,
        clock: Clock,
        signed: Signed,
    ) -> Self {
        let tree = Arc::new(RwLock::new(signed));
        Self { db, book, signer, head, clock, tree, stale: false, stopped: Stopped::default() }
    }

    async fn run(mut self, mut waiting: mpsc::Receiver<Job>) {
        while let Some(first) = waiting.recv().await {
            let mut size = first.items.len();
            let mut jobs = vec![first];
            while size < GROUP_ITEMS_MAX {
                let Ok(job) = waiting.try_recv() else { break };
                size += job.items.len();
                jobs.push(job);
            }
            self.sequence(jobs).await;
        }
    }

    /// Makes a group durable. A job with steps of its own goes alone, because these may conflict; and
    /// when a group is refused for what it holds, each of its jobs is tried alone, so that one bad
    /// job stops nobody else.
    async fn sequence(&mut self, jobs: Vec<Job>) {
        let (plain, with): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|job| job.with.is_none());
        if plain.len() > 1 {
            let (items, shares): (Vec<Vec<Item>>, Vec<Share>) =
                plain.into_iter().map(split).unzip();
            let together: Vec<&Item> = items.iter().flatten().collect();
            match self.log(&together, Batch::new()).await {
                Err(SequenceError::Store(error)) if !error.is_transient() => {
                    for (items, share) in items.iter().zip(shares) {
                        let alone: Vec<&Item> = items.iter().collect();
                        let done = self.log(&alone, Batch::new()).await;
                        answer(vec![share], done);
                    }
                }
                done => answer(shares, done),
            }
        } else {
            for job in plain {
                self.alone(job).await;
            }
        }
        for job in with {
            self.alone(job).await;
        }
    }

    async fn alone(&mut self, mut job: Job) {
        let with = job.with.take().unwrap_or_default();
        let (items, share) = split(job);
        let items: Vec<&Item> = items.iter().collect();
        let done = self.log(&items, with).await;
        answer(vec![share], done);
    }

    /// Logs a group. What a process before us left in the store after we had read it is noticed by
    /// its place being taken; then the group goes after it.
    async fn log(&mut self, items: &[&Item], with: Batch) -> Done {
        let plain = with.is_empty();
        match self.log_once(items, with).await {
            Err(SequenceError::Store(error))
                if plain && matches!(*error, StoreError::UniqueViolation { .. }) =>
            {
                self.log_once(items, Batch::new()).await
            }
            done => done,
        }
    }

    async fn log_once(&mut self, items: &[&Item], with: Batch) -> Done {
        if let Some(why) = self.stopped.get() {
            return Err(why.clone());
        }
        if self.stale {
            self.catch_up().await?;
        }
        let now = (self.clock)();
        let known = Known::ask(&self.db, &self.book, items).await?;
        let first = self.size();
        let mut group = Group::default();
        let mut leaves = Vec::with_capacity(items.len());
        let places =
            self.book_read(|book| assign(items, &known, first, book, &mut group, &mut leaves));
        // Crash point 1: nothing was written; the sender sends again.
        if !leaves.is_empty() {
            let (note, size) = self.sign(&leaves);
            let (rows, effects) = group.into_batch(size, &note, now);
            if let Err(error) = self.db.commit(rows.and(with)).await {
                return Err(self.undo(first, error));
            }
            // Crash point 2: durable, but the head is one group behind; the next start reads it
            // back and mends that.
            self.read_back(first, leaves).await?;
            self.publish(size, note, effects)?;
            // Crash point 3: all done but the answer; the sender sends again and gets the same.
        } else if !with.is_empty() {
            self.db.commit(with).await?;
        }
        self.receipts_of(&places)
    }

    /// Adds leaves to the tree and signs it. Not yet durable, so not yet shown to anybody.
    fn sign(&self, leaves: &[Hash]) -> (Arc<str>, u64) {
        let mut signed = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        signed.tree.extend(leaves.iter().copied());
        let checkpoint = Checkpoint {
            origin: self.signer.verifier_key().name().clone(),
            size: signed.tree.len(),
            root: signed.tree.root(),
        };
        (checkpoint.sign(&self.signer).into(), checkpoint.size)
    }

    /// Compares what the store has now with what was committed, and stops the log if it differs.
    async fn read_back(&mut self, first: u64, leaves: Vec<Hash>) -> Result<(), SequenceError> {
        // Until it was read, what the store holds has to be asked for again.
        self.stale = true;
        let Some(index) = first_altered(&self.db, first, leaves).await? else {
            self.stale = false;
            return Ok(());
        };
        tracing::error!(index, "ALARM: the store reads back another entry; the log has stopped");
        Err(self.stopped.get_or_init(|| SequenceError::Altered(index)).clone())
    }

    fn undo(&mut self, size: u64, error: StoreError) -> SequenceError {
        let mut signed = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        signed.tree.truncate(size);
        drop(signed);
        // The connection may have gone away after the commit, or a commit of the process before us
        // may have come through after we had read the tree: then the store holds more than we do.
        self.stale =
            matches!(error, StoreError::Unavailable(_) | StoreError::UniqueViolation { .. });
        error.into()
    }

    /// Moves the head and shows the new checkpoint.
    fn publish(
        &mut self,
        size: u64,
        note: Arc<str>,
        effects: Effects,
    ) -> Result<(), SequenceError> {
        let root = self.tree.read().unwrap_or_else(PoisonError::into_inner).tree.root();
        // Until the head has moved, what the store holds has to be asked for again.
        self.stale = true;
        self.head.swap(Head { size, root })?;
        self.stale = false;
        self.book.change(|book| apply(book, effects));
        let mut signed = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        signed.size = size;
        signed.note = Some(note);
        Ok(())
    }

    /// Reads from the store what a commit in doubt may have left there.
    async fn catch_up(&mut self) -> Result<(), SequenceError> {
        let size = self.size();
        let leaves = store::log::leaves(&self.db, size).await?;
        if leaves.is_empty() {
            self.stale = false;
            return Ok(());
        }
        self.read_back(size, leaves.clone()).await?;
        let authority = self.book_read(|book| book.authority);
        let fresh = crate::book::load(&self.db, authority).await?;
        let note = store::log::last_checkpoint(&self.db).await?;
        let head = {
            let mut signed = self.tree.write().unwrap_or_else(PoisonError::into_inner);
            signed.tree.truncate(size);
            signed.tree.extend(leaves);
            Head { size: signed.tree.len(), root: signed.tree.root() }
        };
        if let Err(error) = self.head.swap(head) {
            // Somebody else signs: what they logged is not ours to build upon.
            self.tree.write().unwrap_or_else(PoisonError::into_inner).tree.truncate(size);
            return Err(error.into());
        }
        {
            let mut signed = self.tree.write().unwrap_or_else(PoisonError::into_inner);
            signed.size = head.size;
            signed.note = note.map(Arc::from);
        }
        self.book.change(|book| *book = fresh);
        self.stale = false;
        Ok(())
    }

    fn receipts_of(
        &self,
        places: &[Place],
    ) -> Result<(Vec<Outcome>, Arc<str>, u64), SequenceError> {
        let signed = self.tree.read().unwrap_or_else(PoisonError::into_inner);
        let at = signed.tree.at(signed.size).map_err(|_| SequenceError::Overloaded)?;
        let note = signed.note.clone().ok_or(SequenceError::Overloaded)?;
        let outcomes = places
            .iter()
            .map(|place| {
                let (index, logged) = match *place {
                    Place::New(index, None) => (index, Logged::New),
                    Place::New(index, Some(reason)) => (index, Logged::Held(reason)),
                    Place::Before(index) => (index, Logged::Before),
                };
                let proof = at.inclusion_proof(index).map_err(|_| SequenceError::Overloaded)?;
                Ok(Outcome { logged, receipt: ReceiptPart::new(index, &proof) })
            })
            .collect::<Result<_, SequenceError>>()?;
        Ok((outcomes, note, signed.size))
    }

    fn size(&self) -> u64 {
        self.tree.read().unwrap_or_else(PoisonError::into_inner).size
    }

    fn book_read<T>(&self, read: impl FnOnce(&Book) -> T) -> T {
        read(&self.book.read())
    }
}

fn apply(book: &mut Book, effects: Effects) {
    for (kid, seq) in effects.heads {
        let head = book.heads.entry(kid).or_insert(seq);
        *head = (*head).max(seq);
    }
    for (kid, seq) in effects.forks {
        book.statements.note_fork(kid, seq);
    }
    for facts in effects.corrections {
        book.statements.note_correction_facts(facts);
    }
    for (record, kid) in effects.authors {
        book.statements.note_author(record, kid);
    }
    for (position, says) in effects.said {
        book.apply(position, says);
    }
}
