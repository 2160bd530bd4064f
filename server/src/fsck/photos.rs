//! Photographs: each row has its leaf, and what is stored is what its name says.

use hattama_proto::tlog::LogEntry;

use super::{FsckError, Lie, Met, PhotoFiles};
use crate::{
    blobs::{BlobError, Blobs},
    store::{self, Db},
};

/// Checks every photo; says how many there are, and how many were read from where they are kept.
pub(super) async fn check(
    db: &Db,
    entries: &[LogEntry],
    blobs: &Blobs,
    files: PhotoFiles,
) -> Result<(u64, u64), FsckError> {
    let mut met = Met::new(entries);
    let mut read = 0;
    for (position, photo) in store::photos::in_log_order(db).await? {
        met.meet(position, LogEntry::Photo(*photo.as_bytes()))?;
        if files == PhotoFiles::Read {
            match blobs.read(&photo).await {
                Ok(Some(_)) => read += 1,
                Ok(None) | Err(BlobError::Altered(_)) => return Err(Lie::Photo(position).into()),
                // A store that does not answer has not lied.
                Err(error) => return Err(error.into()),
            }
        }
    }
    let photos = met.all(|entry| matches!(entry, LogEntry::Photo(_)))?;
    Ok((photos, read))
}
