//! Photographs: each row has its leaf, and each file is what its name says.

use std::{fs::File, io};

use hattama_proto::{id::PhotoHash, tlog::LogEntry};
use ring::digest::{Context, SHA256};

use super::{FsckError, Lie, Met, PhotoFiles};
use crate::{
    blobs::BlobFolder,
    store::{self, Db, StoreError},
};

/// Bytes of a file read at once.
const CHUNK_BYTES: usize = 256 * 1024;

/// Checks every photo; says how many there are, and how many files were read.
pub(super) async fn check(
    db: &Db,
    entries: &[LogEntry],
    blobs: &BlobFolder,
    files: PhotoFiles,
) -> Result<(u64, u64), FsckError> {
    let mut met = Met::new(entries);
    let mut read = 0;
    for (position, photo) in store::photos::in_log_order(db).await? {
        met.meet(position, LogEntry::Photo(*photo.as_bytes()))?;
        if files == PhotoFiles::Read {
            let path = blobs.path(&photo);
            let found = tokio::task::spawn_blocking(move || hash_of(&path))
                .await
                .map_err(|stopped| StoreError::Unavailable(stopped.into()))?;
            if found.ok() != Some(photo) {
                return Err(Lie::Photo(position).into());
            }
            read += 1;
        }
    }
    let photos = met.all(|entry| matches!(entry, LogEntry::Photo(_)))?;
    Ok((photos, read))
}

fn hash_of(path: &std::path::Path) -> io::Result<PhotoHash> {
    use io::Read as _;
    let mut file = File::open(path)?;
    let mut context = Context::new(&SHA256);
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let count = file.read(&mut chunk)?;
        if count == 0 {
            let digest = context.finish();
            let bytes = digest.as_ref().try_into().expect("SHA-256 gives 32 bytes");
            return Ok(PhotoHash::from_bytes(bytes));
        }
        context.update(&chunk[..count]);
    }
}
