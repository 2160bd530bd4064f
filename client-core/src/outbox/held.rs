//! The file by which one process at a time has a notebook.

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
};

/// Its name in the notebook's folder.
const FILE: &str = "lock";

/// The notebook in one folder, held by this process until this is dropped or the process ends.
#[derive(Debug)]
pub(crate) struct Held(File);

impl Held {
    /// Takes the notebook in `folder`; none if another process has it.
    pub(crate) fn take(folder: &Path) -> io::Result<Option<Self>> {
        let file = File::create(folder.join(FILE))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

impl Drop for Held {
    /// Unlocks, and does not only close: a process that another thread is starting has a copy of
    /// the open file until its program runs, and with it the lock.
    fn drop(&mut self) {
        // A file that cannot be unlocked is unlocked when its last copy is closed.
        drop(self.0.unlock());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_at_a_time_has_the_notebook() {
        let folder = tempfile::tempdir().unwrap();
        let held = Held::take(folder.path()).unwrap().unwrap();
        assert!(Held::take(folder.path()).unwrap().is_none());
        drop(held);
        assert!(Held::take(folder.path()).unwrap().is_some());
    }

    #[test]
    fn a_copy_of_the_open_file_in_a_process_being_started_holds_up_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let held = Held::take(folder.path()).unwrap().unwrap();
        let in_a_child = held.0.try_clone().unwrap();
        drop(held);
        assert!(Held::take(folder.path()).unwrap().is_some());
        drop(in_a_child);
    }
}
