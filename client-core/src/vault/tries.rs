//! How often a wrong PIN was tried, and how long the next try has to wait. Kept across restarts.
//!
//! Slows down whoever holds the phone and types. Whoever can write the file is past it already, and is
//! held up by the hardware's key and by the stretching alone.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::VaultError;
use crate::{clock::Moment, error::NotebookError};

/// How long to wait after the first, second, third ... wrong try, in seconds. The first two are slips
/// of a finger; with an hour for each after the seventh, six digits take a century.
const WAITS_S: [u64; 8] = [0, 0, 5, 15, 60, 5 * 60, 15 * 60, 60 * 60];

/// The tries at one PIN.
pub(crate) struct Tries {
    file: PathBuf,
}

/// What is kept of them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Kept {
    failed: u32,
    boot: String,
    mono_ms: u64,
}

impl Tries {
    /// Kept in `file`.
    pub(crate) const fn kept_in(file: PathBuf) -> Self {
        Self { file }
    }

    /// Counts a try before it is made: whoever cuts the power while it runs has spent it. Refuses it
    /// while the last wrong one is too short a time ago.
    pub(crate) fn begin(&self, now: &Moment) -> Result<(), VaultError> {
        let kept = self.read()?;
        let left_ms = kept.left_ms(now);
        if left_ms > 0 {
            let seconds = left_ms.div_ceil(1000);
            let many = format!("too many wrong tries; wait {seconds} seconds");
            return Err(VaultError::Locked(many));
        }
        let failed = kept.failed.saturating_add(1);
        self.keep(&Kept { failed, boot: now.boot.clone(), mono_ms: now.mono_ms })
    }

    /// The try that was begun was right.
    pub(crate) fn succeeded(&self) -> Result<(), VaultError> {
        self.keep(&Kept::default())
    }

    fn read(&self) -> Result<Kept, VaultError> {
        match fs::read(&self.file) {
            // What does not read was altered: the longest wait.
            Ok(bytes) => Ok(serde_json::from_slice(&bytes)
                .unwrap_or(Kept { failed: u32::MAX, ..Kept::default() })),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Kept::default()),
            Err(error) => Err(failed(&error.into())),
        }
    }

    fn keep(&self, kept: &Kept) -> Result<(), VaultError> {
        let json = serde_json::to_vec(kept).expect("numbers and a string are JSON");
        write_whole(&self.file, &json).map_err(|error| failed(&error))
    }
}

impl Kept {
    /// Counted by the time since boot, which nobody sets. After a reboot the wait begins anew: else a
    /// reboot would end it.
    fn left_ms(&self, now: &Moment) -> u64 {
        let Some(last) = usize::try_from(self.failed).unwrap_or(usize::MAX).checked_sub(1) else {
            return 0;
        };
        let wait_ms = 1000 * WAITS_S[last.min(WAITS_S.len() - 1)];
        let since = if self.boot == now.boot { self.mono_ms } else { 0 };
        wait_ms.saturating_sub(now.mono_ms.saturating_sub(since))
    }
}

/// Writes a small file, whole or not at all.
pub(crate) fn write_whole(file: &Path, bytes: &[u8]) -> Result<(), NotebookError> {
    let mut fresh = file.as_os_str().to_owned();
    fresh.push(".new");
    let fresh = Path::new(&fresh);
    let mut written = File::create(fresh)?;
    written.write_all(bytes)?;
    written.sync_all()?;
    fs::rename(fresh, file)?;
    if let Some(folder) = file.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn failed(error: &NotebookError) -> VaultError {
    VaultError::Failed(error.to_string())
}
