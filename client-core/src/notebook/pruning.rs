//! Removing originals that headquarters has, when photographs take more room than they may.
//!
//! What may go is decided in [`keeping`]; here each receipt is checked once more
//! against the log's key, the mark is made, and the file goes. No row, record or receipt is removed.

use std::sync::{PoisonError, RwLockWriteGuard, TryLockError};

use super::Notebook;
use crate::{
    error::NotebookError,
    keeping::{self, DiskPolicy, KeepOriginals, KeptBecause, Original},
    sync::Trust,
};

/// Most originals that are removed at once; a capture waits for no more than that.
const AT_ONCE: usize = 16;

/// What was removed to keep to the disk budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PruneReport {
    /// Originals whose files were removed.
    pub files: u32,
    /// Their length, in bytes.
    pub bytes: u64,
    /// By how much what is left is more than the budget, in bytes.
    pub over_budget_bytes: u64,
    /// Why that is left, if any is.
    pub kept_because: Option<KeptBecause>,
}

impl Notebook {
    /// Removes files of originals, oldest first, until photographs take no more than the budget of
    /// [`DiskPolicy`] or nothing is left that may go. A sync does it at its end; call it after the
    /// budget was made smaller. Waits for a capture that runs. Without a budget does nothing.
    pub fn prune(&self) -> Result<PruneReport, NotebookError> {
        let _working = self.enter()?;
        self.prune_while(|| Some(self.files_in_use.write().unwrap_or_else(PoisonError::into_inner)))
    }

    /// The same within a sync: does nothing while something is captured.
    pub(super) fn prune_if_free(&self) -> Result<PruneReport, NotebookError> {
        self.prune_while(|| match self.files_in_use.try_write() {
            Ok(alone) => Some(alone),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        })
    }

    fn prune_while<'a>(
        &'a self,
        alone: impl Fn() -> Option<RwLockWriteGuard<'a, ()>>,
    ) -> Result<PruneReport, NotebookError> {
        let disk = self.options.disk;
        let held = match disk.budget_bytes {
            Some(_) => self.with(|outbox| outbox.held_bytes())?,
            None => return Ok(PruneReport::default()),
        };
        let over = keeping::over(disk, held);
        if over == 0 {
            return Ok(PruneReport::default());
        }
        let kept = |because| PruneReport {
            over_budget_bytes: over,
            kept_because: Some(because),
            ..PruneReport::default()
        };
        if self.log_contradicted()? {
            return Ok(kept(KeptBecause::LogContradicted));
        }
        // A set-up that cannot be read now is mended by the next sync.
        let Some(trust) = self.trust().ok().flatten() else { return Ok(kept(KeptBecause::NoKeys)) };
        let mut report = kept(KeptBecause::NothingMayGo);
        loop {
            let Some(alone) = alone() else { return Ok(report) };
            let gone = self.prune_some(disk, &trust)?;
            drop(alone);
            let bytes: u64 = gone.iter().map(|original| original.bytes).sum();
            report.files += u32::try_from(gone.len()).unwrap_or(u32::MAX);
            report.bytes += bytes;
            report.over_budget_bytes = report.over_budget_bytes.saturating_sub(bytes);
            if report.over_budget_bytes == 0 {
                report.kept_because = None;
                return Ok(report);
            }
            if gone.is_empty() {
                return Ok(report);
            }
        }
    }

    /// Removes at most [`AT_ONCE`].
    fn prune_some(&self, disk: DiskPolicy, trust: &Trust) -> Result<Vec<Original>, NotebookError> {
        let now = self.options.clock.now().wall;
        let (held, originals) =
            self.with(|outbox| Ok((outbox.held_bytes()?, outbox.prunable()?)))?;
        let witnesses_count = disk.keep == KeepOriginals::UntilSecondSite;
        let proven = |original: &Original| match &original.receipt {
            Some(text) => trust.proves_photo(original.hash, text, witnesses_count),
            // Receipts are not kept: that this phone has checked one is all there is.
            None => true,
        };
        let leaving = keeping::leaving(disk, held, originals, AT_ONCE, proven);
        if !leaving.is_empty() {
            self.with(|outbox| {
                outbox.mark_pruned(&leaving, now)?;
                outbox.remove_pruned()
            })?;
        }
        Ok(leaving)
    }

    /// Whether the log has ever contradicted itself before this phone, or began anew.
    fn log_contradicted(&self) -> Result<bool, NotebookError> {
        self.with(|outbox| Ok(!outbox.fork_proofs()?.is_empty() || !outbox.epochs()?.is_empty()))
    }
}
