//! The file of a photo that is still arriving, and the note of the cells that have come.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use hattama_proto::{id::PhotoHash, limits::CELL_BYTES, wire::CellBitmap};

/// A photo on its way: its file and the cells that have come.
#[derive(Debug)]
pub(super) struct Partial {
    file: File,
    path: PathBuf,
    have: CellBitmap,
    bytes: u64,
}

impl Partial {
    /// Opens what an earlier request left, or begins.
    pub(super) fn open(path: PathBuf, bytes: u64) -> io::Result<Self> {
        let file =
            File::options().create(true).truncate(false).read(true).write(true).open(&path)?;
        let known_cells = fs::read(cells_path(&path)).ok();
        // Cells noted for a file of another length are of another announcement.
        let same = file.metadata()?.len() == bytes;
        let have = known_cells
            .filter(|_| same)
            .and_then(|cells| CellBitmap::from_bytes(cells).ok())
            .unwrap_or_default();
        if !same {
            file.set_len(bytes)?;
        }
        Ok(Self { file, path, have, bytes })
    }

    /// The cells that have come.
    pub(super) fn have(&self) -> &CellBitmap {
        &self.have
    }

    /// Whether every cell has come.
    pub(super) fn is_full(&self) -> bool {
        self.have.is_full(self.bytes)
    }

    /// Writes one cell and notes it. Data first: a noted cell was written.
    pub(super) fn write_cell(&mut self, at: u64, cell: &[u8]) -> io::Result<()> {
        let index = at / CELL_BYTES;
        if self.have.has(index) || at + cell.len() as u64 > self.bytes {
            return Ok(());
        }
        write_at(&self.file, cell, at)?;
        self.have.set(index);
        fs::write(cells_path(&self.path), self.have.as_bytes())
    }

    /// Whether the file is the photo. If it is, its bytes are durable; if not, the cells are reset
    /// and all of it has to come again.
    pub(super) fn check(&mut self, photo: &PhotoHash) -> io::Result<bool> {
        if hash_file(&self.path)? != *photo {
            self.have = CellBitmap::default();
            fs::write(cells_path(&self.path), [])?;
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

fn hash_file(path: &Path) -> io::Result<PhotoHash> {
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
