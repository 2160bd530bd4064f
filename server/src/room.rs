//! Whether there is room on the disk of the data folder.
//!
//! What comes from outside is refused before the disk is full, so that what is left is for what
//! must still be possible then: decisions, revocations, the log's own files, a database that
//! tidies up.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// From how full a disk on nothing is taken any more, in per cent of what may be used.
pub const FULL_PERCENT: u8 = 90;

/// Looks at one folder's disk.
#[derive(Clone, Debug)]
pub struct Room {
    folder: PathBuf,
    full_percent: u8,
    /// Whether it was full when somebody looked last.
    was_full: Arc<AtomicBool>,
}

impl Room {
    /// Watches the disk that `folder` is on. With 100 it is taken from until it is full.
    pub fn new(folder: &Path, full_percent: u8) -> Self {
        Self { folder: folder.to_owned(), full_percent, was_full: Arc::default() }
    }

    /// Whether more may be taken. A system that does not say counts as having room: it will say so
    /// when a write fails.
    ///
    /// The log tells when that changes, and not each time somebody asks: at night that is hundreds of times
    /// a second, on the very disk that is full.
    pub fn is_left(&self) -> bool {
        let is_left = self.full_percent >= 100
            || self.used_percent().is_none_or(|used| used < self.full_percent);
        if self.was_full.swap(!is_left, Ordering::Relaxed) == is_left {
            let folder = self.folder.display();
            if is_left {
                tracing::warn!(%folder, "the disk of the data folder has room again");
            } else {
                tracing::error!(
                    %folder,
                    "the disk of the data folder is nearly full: nothing is taken any more; make room"
                );
            }
        }
        is_left
    }

    /// How full the disk is, in per cent of what may be used; none where the system does not say.
    pub fn used_percent(&self) -> Option<u8> {
        used_percent(&self.folder)
    }
}

/// As `df` counts it: blocks kept for the administrator are neither used nor to be had.
#[cfg(unix)]
fn used_percent(folder: &Path) -> Option<u8> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    let used = disk.f_blocks.checked_sub(disk.f_bfree)?;
    let all = u128::from(used) + u128::from(disk.f_bavail);
    u8::try_from((u128::from(used) * 100).checked_div(all)?).ok()
}

#[cfg(not(unix))]
fn used_percent(_folder: &Path) -> Option<u8> {
    None
}
