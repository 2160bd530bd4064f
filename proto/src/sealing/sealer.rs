//! Sealing: clear bytes in, a sealed file out, in one pass and with the memory of one chunk.

use std::io::{self, ErrorKind, Write};

use ring::aead::{Aad, LessSafeKey};
use x25519_dalek::StaticSecret;
use zeroize::Zeroizing;

use super::{
    CHUNK_BYTES, FILE_KEY_BYTES, NONCE_BYTES, Place, Recipient, chunk_nonce,
    header::{self, FileKey},
};

/// Encrypts what is written into it.
pub struct Sealer<W> {
    to: W,
    key: LessSafeKey,
    chunk: Zeroizing<Vec<u8>>,
    number: u64,
}

impl<W> std::fmt::Debug for Sealer<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealer").finish_non_exhaustive()
    }
}

impl<W: Write> Sealer<W> {
    /// Writes the header. `fill` fills bytes with what nobody can guess; the keys of the file are made
    /// of it and forgotten when the sealer goes.
    pub fn new(
        mut to: W,
        recipients: &[Recipient],
        fill: &mut dyn FnMut(&mut [u8]) -> io::Result<()>,
    ) -> io::Result<Self> {
        if recipients.is_empty() {
            return Err(io::Error::new(ErrorKind::InvalidInput, "a file is sealed to somebody"));
        }
        let mut ephemeral = Vec::with_capacity(recipients.len());
        for _ in recipients {
            let mut secret = Zeroizing::new([0; 32]);
            fill(secret.as_mut())?;
            ephemeral.push(StaticSecret::from(*secret));
        }
        let mut file_key: FileKey = Zeroizing::new([0; FILE_KEY_BYTES]);
        fill(file_key.as_mut())?;
        let mut nonce = [0; NONCE_BYTES];
        fill(&mut nonce)?;
        let header = header::write(&file_key, recipients.iter().copied().zip(ephemeral));
        let header = header.ok_or_else(|| {
            io::Error::new(ErrorKind::InvalidInput, "one of the recipients is no key")
        })?;
        to.write_all(&header)?;
        to.write_all(&nonce)?;
        let key = header::payload_key(&file_key, &nonce);
        Ok(Self { to, key, chunk: Zeroizing::new(Vec::with_capacity(CHUNK_BYTES)), number: 0 })
    }

    /// Writes the last chunk. Without it the file cannot be read.
    pub fn finish(mut self) -> io::Result<W> {
        self.seal(Place::Last)?;
        Ok(self.to)
    }

    fn seal(&mut self, place: Place) -> io::Result<()> {
        let nonce = chunk_nonce(self.number, place);
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce, Aad::empty(), &mut self.chunk)
            .map_err(|_| io::Error::other("the chunk cannot be encrypted"))?;
        self.to.write_all(&self.chunk)?;
        self.to.write_all(tag.as_ref())?;
        self.chunk.clear();
        self.number += 1;
        Ok(())
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk waits: only what follows it tells that it is not the last.
        if self.chunk.len() == CHUNK_BYTES && !bytes.is_empty() {
            self.seal(Place::Before)?;
        }
        let taken = bytes.len().min(CHUNK_BYTES - self.chunk.len());
        self.chunk.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
