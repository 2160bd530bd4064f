//! Opening, pausing and resuming.
use std::path::Path;

use super::{Notebook, NotebookOptions};
use crate::error::NotebookError;

impl Notebook {
    /// Opens the notebook in `folder`, making it if there is none.
    pub fn open(_folder: &Path, _options: NotebookOptions) -> Result<Self, NotebookError> {
        todo!()
    }

    /// Ends what runs, brings the database to rest and closes it.
    pub fn pause(&self) -> Result<(), NotebookError> {
        todo!()
    }

    /// Opens the database again after [`pause`](Self::pause).
    pub fn resume(&self) -> Result<(), NotebookError> {
        todo!()
    }
}
