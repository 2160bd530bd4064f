//! Copying a file while it is hashed. The hash is computed beside the disk's work: on a phone both
//! take about as long, and the person waits for the slower one only.

use std::{
    io::{ErrorKind, Read, Write as _},
    sync::mpsc,
    thread,
};

use hattama_proto::{id::PhotoHash, limits::PHOTO_BYTES_MAX, wire::SealedAs};
use ring::digest::{Context, SHA256};

use super::{photo::too_large, sniff};
use crate::{at_rest::NewFile, error::NotebookError};

/// Bytes copied at a time.
const PIECE_BYTES: usize = 128 * 1024;

/// Pieces that may wait for the hash. Bounds memory to about a mebibyte.
const PIECES_WAITING_MAX: usize = 8;

/// What a copy turned out to be.
pub(super) struct Copied {
    pub(super) hash: PhotoHash,
    pub(super) bytes: u64,
    pub(super) media_type: &'static str,
    /// How it travels, if it was sealed while it was copied. All else is said of the source.
    pub(super) sealed: Option<SealedAs>,
}

/// Copies `source` into a new file. Its bytes are on the disk once it returns; its name is not.
pub(super) fn copy(source: &mut dyn Read, mut file: NewFile) -> Result<Copied, NotebookError> {
    let mut head = Vec::new();
    let (pieces, waiting) = mpsc::sync_channel::<Vec<u8>>(PIECES_WAITING_MAX);
    thread::scope(|scope| {
        let hashing = scope.spawn(move || {
            let mut hash = Context::new(&SHA256);
            waiting.iter().for_each(|piece| hash.update(&piece));
            hash.finish()
        });
        let bytes = write(source, &mut file, &mut head, &pieces)?;
        drop(pieces);
        let sealed = file.finish()?;
        let digest = hashing.join().expect("hashing does not panic");
        let hash =
            PhotoHash::from_bytes(digest.as_ref().try_into().expect("SHA-256 gives 32 bytes"));
        Ok(Copied { hash, bytes, media_type: sniff::media_type(&head), sealed })
    })
}

/// Writes all of `source` and hands every piece to the hash. Returns how many bytes there were.
fn write(
    source: &mut dyn Read,
    file: &mut NewFile,
    head: &mut Vec<u8>,
    pieces: &mpsc::SyncSender<Vec<u8>>,
) -> Result<u64, NotebookError> {
    let mut source = source.take(PHOTO_BYTES_MAX + 1);
    let mut bytes = 0;
    loop {
        let mut piece = vec![0; PIECE_BYTES];
        let read = match source.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => {
                return Err(NotebookError::invalid("photos", format!("cannot be read: {error}")));
            }
        };
        piece.truncate(read);
        let wanted = sniff::HEAD_BYTES.saturating_sub(head.len()).min(read);
        head.extend_from_slice(&piece[..wanted]);
        bytes += read as u64;
        if bytes > PHOTO_BYTES_MAX {
            return Err(too_large());
        }
        file.write_all(&piece)?;
        pieces.send(piece).expect("the hash takes pieces until there are no more");
    }
    if bytes == 0 {
        return Err(NotebookError::invalid("photos", "the file is empty"));
    }
    Ok(bytes)
}
