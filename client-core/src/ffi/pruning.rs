//! Keeping to the phone's disk budget, through the border.

use super::{Notebook, NotebookError};
use crate as core;

/// Until when an original stays on the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum KeepOriginals {
    /// Until headquarters has given a receipt for it.
    UntilReceipt,
    /// Until as many witnesses as the set-up asks for have cosigned the log that this receipt is from.
    /// Never, where the set-up names no witnesses.
    UntilSecondSite,
    /// For good.
    Always,
}

impl From<KeepOriginals> for core::KeepOriginals {
    fn from(keep: KeepOriginals) -> Self {
        match keep {
            KeepOriginals::UntilReceipt => Self::UntilReceipt,
            KeepOriginals::UntilSecondSite => Self::UntilSecondSite,
            KeepOriginals::Always => Self::Always,
        }
    }
}

/// Why nothing, or not enough, was removed although photographs take more than the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum KeptBecause {
    /// What is left may not be removed by the rule, or is not at headquarters yet.
    NothingMayGo,
    /// The log has contradicted itself, or began anew from a backup: the phone keeps what it has.
    LogContradicted,
    /// No receipt can be checked now.
    NoKeys,
}

/// What was removed to keep to the disk budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
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

impl From<core::PruneReport> for PruneReport {
    fn from(report: core::PruneReport) -> Self {
        Self {
            files: report.files,
            bytes: report.bytes,
            over_budget_bytes: report.over_budget_bytes,
            kept_because: report.kept_because.map(|because| match because {
                core::KeptBecause::NothingMayGo => KeptBecause::NothingMayGo,
                core::KeptBecause::LogContradicted => KeptBecause::LogContradicted,
                core::KeptBecause::NoKeys => KeptBecause::NoKeys,
            }),
        }
    }
}

#[uniffi::export]
impl Notebook {
    /// Removes files of originals that headquarters has receipted, oldest first, until photographs take
    /// no more than `disk_budget_bytes`. A `pump` does it at its end. Without a budget does nothing.
    pub fn prune(&self) -> Result<PruneReport, NotebookError> {
        Ok(self.call(core::Notebook::prune)?.into())
    }
}
