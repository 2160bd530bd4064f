//! A sealed file becomes the photo that a record names, or is found not to be it.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read, Write as _},
    path::Path,
};

use hattama_proto::{
    id::PhotoHash,
    sealing::{Identity, NotOpened, Opener, RECIPIENTS_MAX, sealed_len},
};
use ring::digest::{Context, SHA256};

/// Bytes that are read at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// What a sealed file turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unsealed {
    /// The photo, which is on the disk now.
    Right,
    /// Nobody here can tell: it is sealed to others.
    NotFor,
    /// Something else, or nothing that opens to its end.
    Wrong,
}

/// Whether a sealed file of this length can hold a photo of `bytes`.
pub(super) fn fits(sealed: u64, bytes: u64) -> bool {
    (1..=RECIPIENTS_MAX).any(|recipients| sealed_len(bytes, recipients) == sealed)
}

/// Opens `sealed` into the new file `to`, piece by piece, and compares it with what the record names.
/// Synced if it is right; not there if it is not. Blocks on the disk.
pub(super) fn unseal(
    sealed: &Path,
    identities: &[Identity],
    photo: &PhotoHash,
    to: &Path,
) -> io::Result<Unsealed> {
    let mut opener = match Opener::new(File::open(sealed)?, identities) {
        Ok(opener) => opener,
        Err(NotOpened::NotFor) => return Ok(Unsealed::NotFor),
        Err(NotOpened::Altered) => return Ok(Unsealed::Wrong),
        Err(NotOpened::Io(error)) => return wrong_or(error),
    };
    let mut file = File::create(to)?;
    let unsealed = copied(&mut opener, &mut file, photo);
    if unsealed.as_ref().is_ok_and(|unsealed| *unsealed == Unsealed::Right) {
        file.sync_data()?;
    } else {
        fs::remove_file(to)?;
    }
    unsealed
}

fn copied(from: &mut impl Read, to: &mut File, photo: &PhotoHash) -> io::Result<Unsealed> {
    let (mut hash, mut piece) = (Context::new(&SHA256), vec![0; PIECE_BYTES]);
    loop {
        let read = match from.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) => return wrong_or(error),
        };
        hash.update(&piece[..read]);
        to.write_all(&piece[..read])?;
    }
    let is_it = hash.finish().as_ref() == photo.as_bytes();
    Ok(if is_it { Unsealed::Right } else { Unsealed::Wrong })
}

/// A file that does not open is wrong; a disk that fails says nothing of it.
fn wrong_or(error: io::Error) -> io::Result<Unsealed> {
    match error.kind() {
        ErrorKind::InvalidData | ErrorKind::UnexpectedEof => Ok(Unsealed::Wrong),
        _ => Err(error),
    }
}
