//! Photographs move from one store to another: each hashed as it leaves and as it is read back.

use std::{io::Write as _, path::Path};

use super::{Progress, TransferError};
use crate::{
    blobs::{BlobError, Blobs, BlobsUrl},
    config::Config,
    folder::{DataFolder, FolderLock},
    store::{self, Db},
};

/// Photographs that were moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MovedPhotographs {
    /// All that the log calls whole.
    pub photographs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Those of them that were carried now; the rest was there from an earlier try.
    pub carried: u64,
}

/// Brings every photograph that the folder's store calls whole to `to`. The source is only read. It
/// can be stopped at any point; the same call goes on from there.
pub async fn photographs(
    (folder, _held): (&DataFolder, &FolderLock),
    config: &Config,
    to: &BlobsUrl,
    tell: &(dyn Fn(Progress) + Sync),
) -> Result<MovedPhotographs, TransferError> {
    let from = config.blobs_url(folder).map_err(TransferError::BlobSource)?;
    if from == *to {
        return Err(TransferError::SamePhotographs);
    }
    let url = config.database_url(folder).map_err(TransferError::Source)?;
    let db = Db::open_reading(&url).await.map_err(TransferError::Source)?;
    let db = db.ok_or(TransferError::NoSource(url))?;
    let whole = store::photos::all_verified(&db).await.map_err(TransferError::Source);
    db.close().await;
    let whole = whole?;
    let source = Blobs::open(&from).map_err(TransferError::BlobSource)?;
    let target = Blobs::open(to).map_err(TransferError::BlobTarget)?;
    tell(Progress::Photographs(whole.len() as u64));
    let mut moved = MovedPhotographs { photographs: 0, bytes: 0, carried: 0 };
    for (photo, bytes) in whole {
        let there = match target.read(&photo).await {
            Ok(there) => there.is_some(),
            // Half of it, from an earlier try.
            Err(BlobError::Altered(_)) => false,
            Err(error) => return Err(TransferError::BlobTarget(error)),
        };
        if !there {
            let read = source.read(&photo).await.map_err(|error| match error {
                BlobError::Altered(_) => altered(photo.to_hex()),
                error => TransferError::BlobSource(error),
            })?;
            let read = read.ok_or_else(|| TransferError::NoPhotograph(photo.to_hex()))?;
            let file = folder.partial().join(format!("moving-{}", photo.to_hex()));
            write(&file, &read).map_err(|error| TransferError::BlobSource(error.into()))?;
            target.keep(file.clone(), &photo).await.map_err(TransferError::BlobTarget)?;
            // A folder has taken it; a bucket leaves it.
            let _gone = std::fs::remove_file(&file);
            match target.read(&photo).await {
                Ok(Some(_)) => moved.carried += 1,
                Ok(None) | Err(BlobError::Altered(_)) => {
                    return Err(TransferError::BlobTarget(BlobError::Lost(photo)));
                }
                Err(error) => return Err(TransferError::BlobTarget(error)),
            }
        }
        moved.photographs += 1;
        moved.bytes += bytes;
        tell(Progress::Rows(1));
    }
    Ok(moved)
}

fn altered(subject: String) -> TransferError {
    TransferError::AlteredPart { what: "the photograph", subject }
}

fn write(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = std::fs::File::create(file)?;
    file.write_all(bytes)?;
    file.sync_all()
}
