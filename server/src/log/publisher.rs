//! Moves the public log on its schedule, beside the path of the replies and never on it.
//!
//! ```text
//! entries read back from the store ──> hashed again ──> bundles ─┐
//! tree ────────────────────────────────> tiles of hashes ────────┴─> checkpoint
//! ```
//!
//! Each file is durable before the next kind is written, and the checkpoint comes last: a process
//! that dies at any point leaves a checkpoint whose every tile is there. The next publication
//! writes the same bytes over again, because tiles are a function of the log.

use std::{sync::Arc, time::Duration};

use hattama_proto::tlog::{
    Checkpoint, CheckpointError, LogEntry, TileKind, TileName, write_entry_bundle,
};
use tokio::{sync::watch, task::JoinHandle};

use super::{
    public::{PublicFolder, PublicFolderError},
    schedule::PublishSchedule,
    view::LogView,
};
use crate::{
    clock::Clock,
    folder::FolderLock,
    store::{self, Db, StoreError},
};

/// Longest sleep before the clock is looked at again: a clock that was set is noticed by then.
const NAP_MAX: Duration = Duration::from_secs(20);

/// How often to look for what another process has made public.
const LOOK: Duration = Duration::from_secs(1);

/// Tiles written in one crossing to a thread that may block.
const TILES_AT_ONCE: usize = 32;

/// Why the public log does not move. What was published stays.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file.
    #[error(transparent)]
    Folder(#[from] PublicFolderError),
    /// The published checkpoint cannot be read.
    #[error("the published checkpoint cannot be read: {0}")]
    Read(#[source] std::io::Error),
    /// The published checkpoint is damaged or another log's.
    #[error(
        "the published checkpoint is not this log's ({0}); keep the folder log/ elsewhere, and it \
         is made anew"
    )]
    Foreign(#[source] CheckpointError),
    /// More was published than the log has, or another history.
    #[error(
        "{published} entries were published, and the log has {size} or another history: it looks \
         like an older backup. Restore the newest one"
    )]
    Rollback {
        /// Leaves of the published checkpoint.
        published: u64,
        /// Leaves of the log.
        size: u64,
    },
    /// What the store holds is not what was signed for.
    #[error("entry {0} in the store is not the one that was signed for; run `hattama fsck`")]
    Altered(u64),
}

/// Writes the public log.
pub struct Publisher {
    db: Db,
    log: LogView,
    folder: PublicFolder,
    at_least: u64,
    published: u64,
}

impl Publisher {
    /// Looks at what was published, and refuses to go on if the log does not grow out of it.
    pub fn open(
        db: Db,
        log: LogView,
        folder: PublicFolder,
        at_least: u64,
    ) -> Result<Self, PublishError> {
        let published = match folder.checkpoint().map_err(PublishError::Read)? {
            None => 0,
            Some(note) => {
                let head = Checkpoint::verify(&note, log.key().name(), log.key())
                    .map_err(PublishError::Foreign)?;
                if log.at(head.size, |at| at.root()) != Some(head.root) {
                    let size = log.newest().map_or(0, |(size, _)| size);
                    return Err(PublishError::Rollback { published: head.size, size });
                }
                head.size
            }
        };
        Ok(Self { db, log, folder, at_least: at_least.max(1), published })
    }

    /// Publishes what was added since, if that is enough. Says the size of the log that is public.
    pub async fn publish(&mut self) -> Result<u64, PublishError> {
        match self.grown() {
            Some((size, note)) => self.publish_at(size, &note).await,
            None => Ok(self.published),
        }
    }

    /// The newest head, if it is enough more than what is public.
    fn grown(&self) -> Option<(u64, Arc<str>)> {
        let at_least = self.published.saturating_add(self.at_least);
        self.log.newest().filter(|(size, _)| *size >= at_least)
    }

    /// Publishes the head that whoever comes first in a slot has named, so that every process on one
    /// database shows the same one. `begins_ms` is when a slot has begun just now.
    async fn publish_agreed(&mut self, begins_ms: Option<i64>) -> Result<u64, PublishError> {
        if let Some(begins_ms) = begins_ms
            && let Some((size, _)) = self.grown()
        {
            self.db.commit(store::signer::agree(begins_ms, size)).await?;
        }
        let agreed = store::signer::agreed(&self.db).await?;
        let known = self.log.newest().map_or(0, |(size, _)| size);
        // What we do not know yet is published at the next look.
        let Some(size) = agreed.filter(|size| (self.published + 1..=known).contains(size)) else {
            return Ok(self.published);
        };
        match store::log::checkpoint_of(&self.db, size).await? {
            Some(note) => self.publish_at(size, &note).await,
            None => Err(PublishError::Altered(size - 1)),
        }
    }

    async fn publish_at(&mut self, size: u64, note: &str) -> Result<u64, PublishError> {
        let old = self.published;
        let mut tiles = Vec::new();
        for tile in TileName::grown(old, size) {
            tiles.push((tile, self.bytes(&tile, size).await?));
            if tiles.len() == TILES_AT_ONCE {
                self.write(std::mem::take(&mut tiles)).await?;
            }
        }
        self.write(tiles).await?;
        // Crash point: tiles that no checkpoint shows yet; they are written over with the same.
        let (folder, note) = (self.folder.clone(), note.to_owned());
        blocking(move || folder.put_checkpoint(&note)).await?;
        self.published = size;
        // Crash point: partial tiles stay beside full ones, which harms nobody.
        let folder = self.folder.clone();
        blocking(move || {
            TileName::grown(old, size)
                .filter(|tile| {
                    tile.is_full() && TileName::at(tile.kind(), tile.index(), old).is_some()
                })
                .try_for_each(|tile| folder.drop_partial(&tile))
        })
        .await?;
        Ok(size)
    }

    async fn bytes(&self, tile: &TileName, size: u64) -> Result<Vec<u8>, PublishError> {
        let altered = || PublishError::Altered(tile.first());
        match tile.kind() {
            TileKind::Entries => {
                let entries = self.entries(tile).await?;
                write_entry_bundle(entries.iter().map(LogEntry::to_bytes)).map_err(|_| altered())
            }
            TileKind::Hashes(level) => self
                .log
                .at(size, |at| at.hash_tile(level, tile))
                .and_then(Result::ok)
                .ok_or_else(altered),
        }
    }

    /// The entries of a tile as the store holds them, each of which hashes to its signed leaf.
    async fn entries(&self, tile: &TileName) -> Result<Vec<LogEntry>, PublishError> {
        let first = tile.first();
        let until = first + u64::from(tile.width());
        let stored = store::log::entries(&self.db, first, until).await?;
        let mut entries = Vec::with_capacity(stored.len());
        for (index, leaf) in
            (first..until).zip(stored.iter().map(Some).chain(std::iter::repeat(None)))
        {
            let entry = leaf
                .filter(|leaf| leaf.position == index && Some(leaf.hash) == self.log.leaf(index))
                .and_then(store::log::StoredLeaf::proven)
                .ok_or(PublishError::Altered(index))?;
            entries.push(entry);
        }
        Ok(entries)
    }

    async fn write(&self, tiles: Vec<(TileName, Vec<u8>)>) -> Result<(), PublishError> {
        let folder = self.folder.clone();
        blocking(move || tiles.iter().try_for_each(|(tile, bytes)| folder.put(tile, bytes))).await
    }

    /// Publishes on a schedule until the handle is dropped or told to stop. `lock` is the folder's:
    /// whoever opens it next must not meet a publisher that is still writing.
    pub fn start(
        self,
        schedule: PublishSchedule,
        clock: Clock,
        lock: Arc<FolderLock>,
    ) -> Publishing {
        let (stop, stopped) = watch::channel(());
        let task = tokio::spawn(self.run(schedule, clock, stopped, lock));
        Publishing { stop, task }
    }

    async fn run(
        mut self,
        schedule: PublishSchedule,
        clock: Clock,
        mut stopped: watch::Receiver<()>,
        _lock: Arc<FolderLock>,
    ) {
        let mut slot = schedule.slot(clock());
        loop {
            let nap_max = if self.db.is_shared() { LOOK } else { NAP_MAX };
            let nap = schedule.rest_of_slot(clock()).min(nap_max);
            tokio::select! {
                _ = stopped.changed() => return,
                () = tokio::time::sleep(nap) => {}
            }
            let now = schedule.slot(clock());
            let begun = (now != slot).then(|| schedule.begins_ms(now));
            slot = now;
            let published = match begun {
                _ if self.db.is_shared() => self.publish_agreed(begun).await,
                Some(_) => self.publish().await,
                None => continue,
            };
            match published {
                Ok(_) => {}
                Err(PublishError::Store(error)) if error.is_transient() => {
                    tracing::warn!(%error, "the public log waits for the store");
                }
                Err(error) => tracing::error!(%error, "ALARM: the public log does not move"),
            }
        }
    }
}

/// A publisher that is at work. Ends when this is dropped.
#[derive(Debug)]
pub struct Publishing {
    stop: watch::Sender<()>,
    task: JoinHandle<()>,
}

impl Publishing {
    /// Lets a publication that is under way finish, and none begin.
    pub async fn stop(self) {
        drop(self.stop);
        // It ends by itself; a panic in it was said already.
        let _ended = self.task.await;
    }
}

async fn blocking(
    work: impl FnOnce() -> Result<(), PublicFolderError> + Send + 'static,
) -> Result<(), PublishError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|stopped| StoreError::Unavailable(stopped.into()))?
        .map_err(PublishError::Folder)
}
