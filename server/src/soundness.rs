//! A large store is served before every page of it was read; the rest is read meanwhile.
//!
//! ```text
//! open ──small, or marked──> whole check ──> served
//!   └──large──> beginning, tables, every leaf ──> served ──> whole check beside it
//!                                                               └─damage─> log-stopped, marked
//! ```
//!
//! Damage stops the log as a flipped bit does: nothing is acknowledged any more, and a restart does
//! not get around it, because a mark in the folder makes the next start check first.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use hattama_proto::time::UnixMillis;
use tokio::task::JoinHandle;

use crate::{
    config::Config,
    folder::{DataFolder, FolderError, FolderLock, sync_folder, write_durably},
    log::{SequenceError, Sequencer},
    store::{Db, FileCheck, FileCheckStop, FileChecked, StoreError},
};

/// How often a check that is to end is told so: it may not have begun yet.
const STOP_EVERY: Duration = Duration::from_millis(5);

/// Opens the store, checked as a whole if it is small or was found damaged before. What is still to
/// be checked comes back.
pub(crate) async fn open(
    folder: &DataFolder,
    config: &Config,
    now: UnixMillis,
) -> Result<(Db, Option<FileCheck>), SoundnessError> {
    let url = config.database_url(folder)?;
    let mark = folder.damaged();
    if !mark.exists() {
        let checked_first = config.check_first_mib.saturating_mul(1024 * 1024);
        return Ok(Db::open_before_checked(&url, now, checked_first).await?);
    }
    let db = Db::open(&url, now).await?;
    fs::remove_file(&mark)
        .and_then(|()| sync_folder(folder.root()))
        .map_err(|source| FolderError::Io { path: mark, source })?;
    Ok((db, None))
}

/// Why the store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SoundnessError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The mark of an earlier check.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

/// A check that is under way. Goes on if this is dropped.
pub(crate) struct Checking {
    stop: FileCheckStop,
    task: JoinHandle<()>,
}

impl Checking {
    /// Makes the check beside whatever is served. `lock` is the folder's: whoever opens it next must
    /// not meet a check that is about to mark it.
    pub(crate) fn start(
        check: FileCheck,
        sequencer: Sequencer,
        mark: PathBuf,
        lock: Arc<FolderLock>,
    ) -> Self {
        let stop = check.stop();
        let task = tokio::task::spawn_blocking(move || {
            match check.run() {
                Ok(FileChecked::Sound) => tracing::info!("the whole store was checked: sound"),
                Ok(FileChecked::Stopped) => {
                    tracing::info!(
                        "the check of the whole store was stopped; the next start begins anew"
                    );
                }
                Err(error @ StoreError::Damaged { .. }) => alarm(error, &sequencer, &mark),
                Err(error) => {
                    tracing::error!(%error, "ALARM: the whole store cannot be checked");
                }
            }
            drop(lock);
        });
        Self { stop, task }
    }

    /// Whether it goes on.
    pub(crate) fn is_under_way(&self) -> bool {
        !self.task.is_finished()
    }

    /// Ends the check, wherever it is.
    pub(crate) async fn stop(self) {
        while !self.task.is_finished() {
            self.stop.now();
            tokio::time::sleep(STOP_EVERY).await;
        }
    }
}

/// The log stops first, then the mark is written: a crash in between leaves a file that the next
/// check finds damaged again.
fn alarm(error: StoreError, sequencer: &Sequencer, mark: &Path) {
    tracing::error!(%error, "ALARM: the store is damaged; the log has stopped");
    let said = format!("{error}\nThe next start checks the whole store before it serves.\n");
    sequencer.stop(SequenceError::Damaged(Arc::new(error)));
    if let Err(error) = write_durably(mark, said.as_bytes()) {
        tracing::error!(%error, "the damage cannot be noted in the folder");
    }
}
