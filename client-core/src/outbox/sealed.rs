//! Which files are sealed to headquarters, and what of each travels.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use hattama_proto::{id::PhotoHash, record::Photo, wire::SealedAs};
use ring::digest::{Context, SHA256};
use rusqlite::{OptionalExtension as _, Transaction};

use super::{Outbox, photos::blob_path, read};
use crate::{at_rest::Files, error::NotebookError};

/// Bytes read at a time.
const PIECE_BYTES: usize = 128 * 1024;

impl Outbox {
    /// How a photo is sealed; none if it is not.
    pub(crate) fn sealed(&self, photo: PhotoHash) -> Result<Option<SealedAs>, NotebookError> {
        let found: Option<(String, i64)> = self
            .db
            .prepare_cached("select sha256, bytes from sealed_photo where hash = ?1")?
            .query_row([photo.to_hex()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        found
            .map(|(sha256, bytes)| {
                let sha256 = read("photo hash", &sha256)?;
                Ok(SealedAs { sha256, bytes: bytes.cast_unsigned() })
            })
            .transpose()
    }

    /// How those of `photos` are sealed that lie here sealed and in no other form, as their files say: for
    /// a record that is taken up from its copy or from a damaged database, which may not know it any more.
    pub(super) fn lying_sealed(
        &self,
        photos: &[Photo],
    ) -> Result<Vec<(PhotoHash, SealedAs)>, NotebookError> {
        let mut found = Vec::new();
        for photo in photos.iter().map(|photo| photo.sha256) {
            let path = self.folder.join(sealed_path(photo, &self.files));
            // A photo that lies here in both forms was taken in before it was sealed.
            let is_sealed =
                path.is_file() && !self.folder.join(blob_path(photo, &self.files)).is_file();
            if is_sealed && self.sealed(photo)?.is_none() {
                found.push((photo, measured(&path)?));
            }
        }
        Ok(found)
    }
}

/// Notes how a photo is sealed. What headquarters had of another sealing of it is worth nothing now.
pub(super) fn note(
    tx: &Transaction<'_>,
    photo: PhotoHash,
    sealed: SealedAs,
) -> Result<(), NotebookError> {
    let (hash, sha256) = (photo.to_hex(), sealed.sha256.to_hex());
    let changed = tx
        .prepare_cached(
            "insert into sealed_photo (hash, sha256, bytes) values (?1, ?2, ?3)
             on conflict (hash) do update set sha256 = excluded.sha256, bytes = excluded.bytes
                 where sha256 <> excluded.sha256",
        )?
        .execute((&hash, sha256, sealed.bytes.cast_signed()))?;
    if changed > 0 {
        tx.prepare_cached(
            "update photo_out set have = x'', there = 'partial' where hash = ?1 and state = 'queued'",
        )?
        .execute([&hash])?;
    }
    Ok(())
}

/// Where a file that is sealed to headquarters is kept, relative to the notebook's folder.
pub(crate) fn sealed_path(photo: PhotoHash, files: &Files) -> PathBuf {
    let name = files.sealed_name(photo);
    ["blobs", &name[..2], &name].iter().collect()
}

fn measured(path: &Path) -> io::Result<SealedAs> {
    let (mut file, mut hash, mut bytes) = (File::open(path)?, Context::new(&SHA256), 0);
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            break;
        }
        hash.update(&piece[..read]);
        bytes += read as u64;
    }
    let digest = hash.finish();
    let sha256 = PhotoHash::from_bytes(digest.as_ref().try_into().expect("SHA-256 has 32 bytes"));
    Ok(SealedAs { sha256, bytes })
}
