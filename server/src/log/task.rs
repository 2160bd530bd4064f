//! The task behind the sequencer: makes groups of what waits, and each group durable.

use std::{
    sync::{
        Arc, OnceLock, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use hattama_proto::{
    tlog::{Checkpoint, Hash, NoteSigner},
    wire::ReceiptPart,
};
use tokio::sync::{mpsc, oneshot};

use super::{
    group::{Effects, Group, Item},
    head::{Head, HeadFile},
    listening::Look,
    meter::LogMeter,
    places::{Known, Place, assign},
    reread::{self, first_altered},
    sequencer::{Appended, Logged, Outcome, SequenceError},
    turn::{self, TURNS_MAX},
    unread::Unread,
    view::Signed,
};
use crate::{
    book::{Book, SharedBook},
    clock::Clock,
    store::{self, Batch, Db, StoreError, Turnstile, unit_lines::Kept},
    touched::Touch,
};

/// Most items in one group: bounds the transaction, and with it how long anybody waits.
const GROUP_ITEMS_MAX: usize = 2048;

/// How long after a word that others have logged it is taken over, so that many groups are taken over
/// together. Whoever has something to log takes it over at once.
const FOLLOW_PAUSE: Duration = Duration::from_millis(50);

/// A job: items that get places, and further steps of the same transaction.
pub(super) struct Job {
    pub(super) items: Vec<Item>,
    pub(super) with: Option<Batch>,
    pub(super) reply: oneshot::Sender<Result<Appended, SequenceError>>,
}

/// Why the log has stopped, once it has: for good.
pub(super) type Stopped = Arc<OnceLock<SequenceError>>;

/// What only one task of a process may do: give places.
pub(super) struct Task {
    pub(super) db: Db,
    pub(super) book: SharedBook,
    /// What this process is called among those on the database.
    pub(super) holder: String,
    /// Told when another process may have logged something.
    pub(super) news: Look,
    /// Whether something was taken over from another process.
    pub(super) company: Arc<AtomicBool>,
    /// Whether the last group found that another process was first.
    overtaken: bool,
    /// Where it waits for its turn, so that a group is not made in vain.
    turnstile: Option<Turnstile>,
    pub(super) signer: NoteSigner,
    pub(super) head: HeadFile,
    clock: Clock,
    pub(super) tree: Arc<RwLock<Signed>>,
    /// Whether the store may hold more than we know, so that it has to be asked.
    pub(super) stale: bool,
    /// Whether some of that may be ours: a commit that was left in doubt, or was not read back.
    pub(super) in_doubt: bool,
    /// What others have logged and nobody here has read.
    pub(super) unread: Arc<Unread>,
    /// Why nothing is logged any more.
    pub(super) stopped: Stopped,
    /// How it keeps up.
    pub(super) meter: LogMeter,
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

/// Returns at this time, or never.
async fn time(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

impl Task {
    pub(super) fn new(
        db: Db,
        book: SharedBook,
        signer: NoteSigner,
        head: HeadFile,
        clock: Clock,
        signed: Signed,
        holder: String,
    ) -> Self {
        let tree = Arc::new(RwLock::new(signed));
        let turnstile = db.turnstile();
        Self {
            db,
            book,
            holder,
            news: Arc::default(),
            company: Arc::default(),
            overtaken: false,
            turnstile,
            signer,
            head,
            clock,
            tree,
            stale: false,
            in_doubt: false,
            unread: Arc::default(),
            stopped: Stopped::default(),
            meter: LogMeter::default(),
        }
    }

    pub(super) async fn run(mut self, mut waiting: mpsc::Receiver<Job>) {
        let news = Arc::clone(&self.news);
        let mut follow_at = None;
        loop {
            let first = tokio::select! {
                biased;
                () = time(follow_at) => {
                    follow_at = None;
                    self.follow().await;
                    continue;
                }
                () = news.notified(), if follow_at.is_none() => {
                    follow_at = Some(Instant::now() + FOLLOW_PAUSE);
                    continue;
                }
                first = waiting.recv() => first,
            };
            let Some(first) = first else { return };
            // What comes while it waits goes into the same group. A question what is logged waits for nobody.
            if !first.items.is_empty() {
                self.await_turn().await;
            }
            let mut size = first.items.len();
            let mut jobs = vec![first];
            while size < GROUP_ITEMS_MAX {
                let Ok(job) = waiting.try_recv() else { break };
                size += job.items.len();
                jobs.push(job);
            }
            self.sequence(jobs).await;
            self.end_turn().await;
        }
    }

    /// Where others log too, waits until they have logged what they are at. A hint, see [`Turnstile`].
    async fn await_turn(&mut self) {
        if let Some(turnstile) = &mut self.turnstile
            && self.company.load(Ordering::Relaxed)
        {
            let _our_turn_or_without = turnstile.come().await;
            self.stale = true;
        }
    }

    async fn end_turn(&mut self) {
        if let Some(turnstile) = &mut self.turnstile {
            turnstile.go().await;
        }
    }

    /// Makes a group durable. A job with steps of its own goes alone, because these may conflict; and
    /// when a group is refused for what it holds, each of its jobs is tried alone, so that one bad
    /// job stops nobody else.
    async fn sequence(&mut self, jobs: Vec<Job>) {
        // A job of nothing is the question what is logged.
        self.stale |= self.db.is_shared() && jobs.iter().any(|job| job.items.is_empty());
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

    /// Logs a group. Where another process was first, the group goes after what that one has logged.
    /// One of an older release moves no row; then its place is found to be taken.
    pub(super) async fn log(&mut self, items: &[&Item], with: Batch) -> Done {
        let mut may_be_taken = with.is_empty();
        for _ in 0..TURNS_MAX {
            let done = self.log_once(items, with.clone()).await;
            let overtaken = std::mem::take(&mut self.overtaken);
            let taken = matches!(
                &done,
                Err(SequenceError::Store(error))
                    if matches!(**error, StoreError::UniqueViolation { .. })
            );
            if !(overtaken || taken && may_be_taken) {
                return done;
            }
            may_be_taken &= !taken;
        }
        Err(SequenceError::Overloaded)
    }

    async fn log_once(&mut self, items: &[&Item], with: Batch) -> Done {
        let started = Instant::now();
        let done = self.make_durable(items, with).await;
        self.meter.grouped(items.len(), started.elapsed(), &done);
        done
    }

    async fn make_durable(&mut self, items: &[&Item], with: Batch) -> Done {
        if let Some(why) = self.stopped.get() {
            return Err(why.clone());
        }
        if !(items.is_empty() && with.is_empty()) {
            self.await_turn().await;
        }
        if self.stale {
            self.catch_up().await?;
        }
        let now = (self.clock)();
        let known = Known::ask(&self.db, &self.book, items).await?;
        let first = self.size();
        if known.reaches(first) {
            // Another process has logged some of it, and we have not followed yet.
            self.catch_up().await?;
            self.overtaken = true;
            return Err(SequenceError::Overloaded);
        }
        let mut group = Group::default();
        let mut leaves = Vec::with_capacity(items.len());
        let places =
            self.book_read(|book| assign(items, &known, first, book, &mut group, &mut leaves));
        // Crash point 1: nothing was written; the sender sends again.
        if !leaves.is_empty() {
            let (turn, note, size) = self.sign(&leaves);
            let (rows, effects) = group.into_batch((size, &note), Kept::by(&self.db), now);
            let committed = self.db.commit(turn.and(rows).and(with)).await;
            self.end_turn().await;
            if let Err(error) = committed {
                return Err(self.undo(first, error).await);
            }
            // Crash point 2: durable, but the head is one group behind; the next start reads it
            // back and mends that.
            self.read_back(first, leaves).await?;
            self.publish(size, note, effects)?;
            // Crash point 3: all done but the answer; the sender sends again and gets the same.
        } else if !with.is_empty() {
            self.db.commit(with).await?;
        }
        let before = places.iter().filter_map(|place| match place {
            Place::Before(index) => Some(*index),
            Place::New(..) => None,
        });
        let unread = self.unread.among(before);
        reread::vouch(&self.db, &self.tree, &self.stopped, &unread).await?;
        self.receipts_of(&places)
    }

    /// Adds leaves to the tree and signs it. Not yet durable, so not yet shown to anybody: what makes it
    /// our turn comes with it, as the first step of the transaction.
    fn sign(&self, leaves: &[Hash]) -> (Batch, Arc<str>, u64) {
        let mut signed = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        let old = (signed.tree.len(), signed.tree.root());
        signed.tree.extend(leaves.iter().copied());
        let checkpoint = Checkpoint {
            origin: self.signer.verifier_key().name().clone(),
            size: signed.tree.len(),
            root: signed.tree.root(),
        };
        let turn = store::signer::swap(&self.holder, old, (checkpoint.size, checkpoint.root));
        let turn = turn.told_by(&self.holder);
        (turn, checkpoint.sign(&self.signer).into(), checkpoint.size)
    }

    /// Compares what the store has now with what was committed, and stops the log if it differs.
    pub(super) async fn read_back(
        &mut self,
        first: u64,
        leaves: Vec<Hash>,
    ) -> Result<(), SequenceError> {
        // Until it was read, what the store holds has to be asked for again.
        (self.stale, self.in_doubt) = (true, true);
        match first_altered(&self.db, first, leaves).await? {
            None => {
                (self.stale, self.in_doubt) = (false, false);
                Ok(())
            }
            Some(index) => Err(reread::altered(&self.stopped, index)),
        }
    }

    async fn undo(&mut self, size: u64, error: StoreError) -> SequenceError {
        self.tree.write().unwrap_or_else(PoisonError::into_inner).tree.truncate(size);
        // The connection may have gone away after the commit, or another process has signed after we
        // had read the tree: then the store holds more than we do.
        let lost = turn::is_lost(&error);
        self.in_doubt |= matches!(error, StoreError::Unavailable(_));
        self.stale = lost
            || matches!(error, StoreError::Unavailable(_) | StoreError::UniqueViolation { .. });
        if lost && let Err(error) = self.find_turn().await {
            return error;
        }
        self.overtaken = lost;
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
        (self.stale, self.in_doubt) = (true, true);
        self.head.swap(Head { size, root })?;
        (self.stale, self.in_doubt) = (false, false);
        self.book.change(|book| apply(book, effects));
        let mut signed = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        signed.size = size;
        signed.note = Some(note);
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

    pub(super) fn size(&self) -> u64 {
        self.tree.read().unwrap_or_else(PoisonError::into_inner).size
    }

    pub(super) fn book_read<T>(&self, read: impl FnOnce(&Book) -> T) -> T {
        read(&self.book.read())
    }
}

pub(super) fn apply(book: &mut Book, effects: Effects) {
    for (kid, seq) in effects.heads {
        let head = book.heads.entry(kid).or_insert(seq);
        *head = (*head).max(seq);
    }
    for unit in effects.units {
        book.followed.note(Touch::Unit(unit));
    }
    for photo in effects.photos {
        book.followed.note(Touch::Photo(photo));
    }
    for (kid, seq) in effects.forks {
        book.followed.note(Touch::Key(kid));
        book.statements.note_fork(kid, seq);
    }
    for facts in effects.corrections {
        book.followed.note(Touch::Record(facts.id()));
        book.statements.note_correction_facts(facts);
    }
    for (record, kid) in effects.authors {
        book.followed.note(Touch::Record(record));
        book.statements.note_author(record, kid);
    }
    for (position, says) in effects.said {
        book.apply(position, says);
    }
}
