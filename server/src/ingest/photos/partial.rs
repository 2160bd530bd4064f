//! The file of a photo that is still arriving, and the note of the cells that have come.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use hattama_proto::{id::PhotoHash, limits::CELL_BYTES, wire::CellBitmap};

/// [`CELL_BYTES`] as a length in memory.
pub(super) const CELL: usize = 32 * 1024;
const _: () = assert!(CELL as u64 == CELL_BYTES);

/// A photo on its way: its file and the cells that have come.
#[derive(Debug)]
pub(super) struct Partial {
    file: File,
    /// The note of cells: written over in place, because cutting a file short for each note costs
    /// more than the cells themselves.
    cells: File,
    path: PathBuf,
    have: CellBitmap,
    bytes: u64,
}

impl Partial {
    /// Opens what an earlier request left, or begins.
    pub(super) fn open(path: PathBuf, bytes: u64) -> io::Result<Self> {
        let file =
            File::options().create(true).truncate(false).read(true).write(true).open(&path)?;
        let mut cells = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(cells_path(&path))?;
        let mut known_cells = Vec::new();
        cells.read_to_end(&mut known_cells)?;
        // Cells noted for a file of another length are of another announcement.
        let same = file.metadata()?.len() == bytes;
        let have = if same { CellBitmap::from_bytes(known_cells).ok() } else { None };
        let mut partial = Self { file, cells, path, have: have.unwrap_or_default(), bytes };
        if !same {
            partial.begin_again()?;
            partial.file.set_len(bytes)?;
        }
        Ok(partial)
    }

    /// The cells that have come.
    pub(super) fn have(&self) -> &CellBitmap {
        &self.have
    }

    /// Whether every cell has come.
    pub(super) fn is_full(&self) -> bool {
        self.have.is_full(self.bytes)
    }

    /// Writes whole cells from `first` on and notes them. Data first: a noted cell was written.
    pub(super) fn write_cells(&mut self, first: u64, bytes: &[u8]) -> io::Result<()> {
        if first + bytes.len() as u64 > self.bytes {
            return Ok(());
        }
        let mut at = first;
        for cell in bytes.chunks(CELL) {
            let index = at / CELL_BYTES;
            if !self.have.has(index) {
                write_at(&self.file, cell, at)?;
                self.have.set(index);
            }
            at += cell.len() as u64;
        }
        write_at(&self.cells, self.have.as_bytes(), 0)
    }

    /// What has come from `first` on without a gap, up to `end`: whole cells, and the last one of the file.
    pub(super) fn read(&self, first: u64, end: u64) -> io::Result<Vec<u8>> {
        let end = end.min(self.bytes);
        let come =
            (first / CELL_BYTES..end.div_ceil(CELL_BYTES)).take_while(|cell| self.have.has(*cell));
        let until = come.last().map_or(first, |cell| ((cell + 1) * CELL_BYTES).min(end));
        let mut bytes = vec![0; usize::try_from(until - first).expect("a range is short")];
        read_at(&self.file, &mut bytes, first)?;
        Ok(bytes)
    }

    /// Forgets the cells that have come.
    pub(super) fn begin_again(&mut self) -> io::Result<()> {
        self.have = CellBitmap::default();
        self.cells.set_len(0)
    }

    /// Whether the file has this hash. If it has, its bytes are durable; if not, the cells are reset
    /// and all of it has to come again.
    pub(super) fn check(&mut self, hash: &PhotoHash) -> io::Result<bool> {
        if hash_file(&self.path)? != *hash {
            self.begin_again()?;
            return Ok(false);
        }
        self.file.sync_data()?;
        Ok(true)
    }

    /// Forgets the note of cells, and the file if it was not moved away. A crash before this leaves
    /// them for nothing.
    pub(super) fn forget(path: &Path) {
        let _gone = fs::remove_file(cells_path(path));
        let _moved = fs::remove_file(path);
    }
}

fn cells_path(path: &Path) -> PathBuf {
    path.with_extension("cells")
}

pub(super) fn hash_file(path: &Path) -> io::Result<PhotoHash> {
    let mut file = File::open(path)?;
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        context.update(&buffer[..count]);
    }
    let digest = context.finish();
    Ok(PhotoHash::from_bytes(digest.as_ref().try_into().expect("SHA-256 gives 32 bytes")))
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    use std::os::unix::fs::FileExt as _;
    file.write_all_at(bytes, at)
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<()> {
    use std::os::unix::fs::FileExt as _;
    file.read_exact_at(bytes, at)
}

#[cfg(windows)]
fn read_at(mut file: &File, bytes: &mut [u8], at: u64) -> io::Result<()> {
    use std::io::{Seek as _, SeekFrom};
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(bytes)
}

#[cfg(windows)]
fn write_at(file: &File, bytes: &[u8], mut at: u64) -> io::Result<()> {
    use std::os::windows::fs::FileExt as _;
    let mut rest = bytes;
    while !rest.is_empty() {
        let count = file.seek_write(rest, at)?;
        at += count as u64;
        rest = &rest[count..];
    }
    Ok(())
}
