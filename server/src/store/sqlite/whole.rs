//! The check of a whole file, put off until the file is in use: reads every page, changes nothing.

use std::path::Path;

use rusqlite::{Connection, ErrorCode, InterruptHandle};

use super::{check::reading, run::Mishap};
use crate::store::StoreError;

/// A check that is still to be made. It sees the file as it is when it runs; what is committed
/// meanwhile neither waits for it nor disturbs it.
#[derive(Debug)]
pub struct FileCheck {
    connection: Connection,
    place: String,
}

/// How a check ended that found no damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileChecked {
    /// The whole file was read and is sound.
    Sound,
    /// It was stopped before its end.
    Stopped,
}

/// Stops a check, from another thread.
pub struct FileCheckStop(InterruptHandle);

impl FileCheck {
    pub(super) fn of(path: &Path) -> Result<Self, StoreError> {
        let place = path.display().to_string();
        let connection = reading(path).map_err(|error| Mishap::from(error).told(&place))?;
        Ok(Self { connection, place })
    }

    /// What stops it.
    pub fn stop(&self) -> FileCheckStop {
        FileCheckStop(self.connection.get_interrupt_handle())
    }

    /// Blocks: makes the check. Damage is an error, as it is when a file is opened.
    pub fn run(self) -> Result<FileChecked, StoreError> {
        let Self { connection, place } = self;
        let said: Result<String, _> =
            connection.pragma_query_value(None, "quick_check", |row| row.get(0));
        match said {
            Ok(verdict) if verdict == "ok" => Ok(FileChecked::Sound),
            Ok(detail) => Err(StoreError::Damaged { place, detail }),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
                Ok(FileChecked::Stopped)
            }
            Err(error) => Err(Mishap::from(error).told(&place)),
        }
    }
}

impl FileCheckStop {
    /// Stops it if it runs at this moment.
    pub fn now(&self) {
        self.0.interrupt();
    }
}
