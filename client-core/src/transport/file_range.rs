//! A part of a file as the body of a request, with the file open only while it is read.
//!
//! A request that was interrupted is left behind on its thread; a phone that is about to be suspended
//! may have no file open then.

use std::io::{Error, Read, Result, Seek as _, SeekFrom};

use super::Stop;
use crate::at_rest::StoredFile;

/// Most bytes read at once: few openings, little memory.
const CHUNK_BYTES: usize = 256 * 1024;

/// Reads a range of a file, chunk by chunk, until `stop` says so.
pub(super) struct FileRange {
    from: StoredFile,
    next: u64,
    left: u64,
    stop: Stop,
    chunk: Vec<u8>,
    taken: usize,
}

impl FileRange {
    /// `len` bytes from `first` on. Reads the first chunk at once, so that a file that is not there
    /// is not found out in the middle of a request.
    pub(super) fn new(from: &StoredFile, first: u64, len: u64, stop: Stop) -> Result<Self> {
        let from = from.clone();
        let mut range = Self { from, next: first, left: len, stop, chunk: Vec::new(), taken: 0 };
        range.fill()?;
        Ok(range)
    }

    fn fill(&mut self) -> Result<()> {
        if self.stop.is_set() {
            // Not `Interrupted`: readers try that again.
            return Err(Error::other("stopped"));
        }
        let len = usize::try_from(self.left).unwrap_or(usize::MAX).min(CHUNK_BYTES);
        self.chunk.resize(len, 0);
        self.taken = 0;
        let mut file = self.from.open()?;
        file.seek(SeekFrom::Start(self.next))?;
        file.read_exact(&mut self.chunk)?;
        self.next += len as u64;
        self.left -= len as u64;
        Ok(())
    }
}

impl Read for FileRange {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        if self.taken == self.chunk.len() {
            if self.left == 0 {
                return Ok(0);
            }
            self.fill()?;
        }
        let len = out.len().min(self.chunk.len() - self.taken);
        out[..len].copy_from_slice(&self.chunk[self.taken..self.taken + len]);
        self.taken += len;
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_whole_over_many_chunks_and_ends_when_told_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photo");
        let bytes: Vec<u8> = (0..700_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        std::fs::write(&path, &bytes).unwrap();
        let gone = StoredFile::plain(folder.path().join("gone"));
        let path = StoredFile::plain(path);
        let mut read = Vec::new();
        FileRange::new(&path, 5, 690_000, Stop::default()).unwrap().read_to_end(&mut read).unwrap();
        assert_eq!(read, bytes[5..690_005]);

        let source = Stop::default();
        let mut stopped = FileRange::new(&path, 0, 690_000, source.armed()).unwrap();
        source.interrupt();
        assert!(stopped.read_to_end(&mut Vec::new()).is_err());
        assert!(FileRange::new(&path, 690_000, 20_000, Stop::default()).is_err(), "too short");
        assert!(FileRange::new(&gone, 0, 1, Stop::default()).is_err());
    }
}
