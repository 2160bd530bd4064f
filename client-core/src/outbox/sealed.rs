//! Which files are sealed to headquarters, and what of each travels.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use hattama_proto::{id::PhotoHash, wire::SealedAs};
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

    /// Takes note of sealed files that a database which was damaged, or rebuilt from the copies of the
    /// records, does not know of. They say by their names what they are. Returns how many.
    pub(super) fn adopt_sealed(&mut self) -> Result<u32, NotebookError> {
        let unknown: Vec<String> = self
            .db
            .prepare(
                "select hash from photo where hash not in (select hash from sealed_photo)
                 order by rowid",
            )?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let mut adopted = 0;
        for hash in unknown {
            let photo = read("photo hash", &hash)?;
            let path = self.folder.join(sealed_path(photo, &self.files));
            // A photo that lies here in both forms was taken in before it was sealed.
            if !path.is_file() || self.folder.join(blob_path(photo, &self.files)).is_file() {
                continue;
            }
            let sealed = measured(&path)?;
            let tx = self.db.transaction()?;
            note(&tx, photo, sealed)?;
            tx.commit()?;
            adopted += 1;
        }
        Ok(adopted)
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
