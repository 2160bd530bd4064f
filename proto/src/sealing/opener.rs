//! Opening: a sealed file in, clear bytes out, from any place on.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

use ring::aead::{Aad, LessSafeKey};
use zeroize::Zeroizing;

use super::{
    CHUNK_BYTES, Identity, NONCE_BYTES, Place, TAG_BYTES, chunk_nonce, content_len,
    header::{self, NoKey},
};

/// Decrypts what is read from it. What it gives was sealed so: a chunk that was altered is an error of
/// the kind `InvalidData`, and so is one that is missing at the end.
pub struct Opener<R> {
    from: R,
    key: LessSafeKey,
    /// Where the chunks begin.
    start: u64,
    len: u64,
    place: u64,
    chunk: Zeroizing<Vec<u8>>,
    held: Option<u64>,
}

/// Why a file does not open.
#[derive(Debug, thiserror::Error)]
pub enum NotOpened {
    /// It is sealed to others. Whoever has one of their identities can open it.
    #[error("the file is sealed to others")]
    NotFor,
    /// It is no sealed file, or was altered.
    #[error("the file is no sealed file, or was altered")]
    Altered,
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl<R> std::fmt::Debug for Opener<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opener").finish_non_exhaustive()
    }
}

impl<R: Read + Seek> Opener<R> {
    /// Reads the header, with whichever identity it was sealed to.
    pub fn new(mut from: R, identities: &[Identity]) -> Result<Self, NotOpened> {
        let whole = from.seek(SeekFrom::End(0))?;
        from.rewind()?;
        let mut start = Vec::new();
        from.by_ref().take(header::BYTES_MAX as u64).read_to_end(&mut start)?;
        let (file_key, header) = header::read(&start, identities).map_err(|why| match why {
            NoKey::NotFor => NotOpened::NotFor,
            NoKey::Altered => NotOpened::Altered,
        })?;
        let len = content_len(whole, header).ok_or(NotOpened::Altered)?;
        let mut nonce = [0; NONCE_BYTES];
        from.seek(SeekFrom::Start(header as u64))?;
        from.read_exact(&mut nonce)?;
        let key = header::payload_key(&file_key, &nonce);
        let start = (header + NONCE_BYTES) as u64;
        let chunk = Zeroizing::new(Vec::new());
        Ok(Self { from, key, start, len, place: 0, chunk, held: None })
    }

    /// Length of the content, in bytes.
    pub const fn content_len(&self) -> u64 {
        self.len
    }

    fn hold(&mut self, number: u64) -> io::Result<()> {
        self.held = None;
        let first = number * CHUNK_BYTES as u64;
        let left = self.len.saturating_sub(first);
        let place = if left <= CHUNK_BYTES as u64 { Place::Last } else { Place::Before };
        let plain = usize::try_from(left).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES);
        let at = self.start + first + number * TAG_BYTES as u64;
        self.from.seek(SeekFrom::Start(at))?;
        self.chunk.resize(plain + TAG_BYTES, 0);
        self.from.read_exact(&mut self.chunk)?;
        self.key
            .open_in_place(chunk_nonce(number, place), Aad::empty(), &mut self.chunk)
            .map_err(|_| io::Error::new(ErrorKind::InvalidData, "the file was altered"))?;
        self.chunk.truncate(plain);
        self.held = Some(number);
        Ok(())
    }
}

impl<R: Read + Seek> Read for Opener<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() || self.place > self.len || (self.place == self.len && self.len > 0) {
            return Ok(0);
        }
        let number = self.place / CHUNK_BYTES as u64;
        if self.held != Some(number) {
            self.hold(number)?;
        }
        let from = usize::try_from(self.place % CHUNK_BYTES as u64).expect("less than a chunk");
        let taken = out.len().min(self.chunk.len() - from);
        out[..taken].copy_from_slice(&self.chunk[from..from + taken]);
        self.place += taken as u64;
        Ok(taken)
    }
}

impl<R> Seek for Opener<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.place.checked_add_signed(by),
        };
        self.place = place.ok_or_else(|| io::Error::from(ErrorKind::InvalidInput))?;
        Ok(self.place)
    }
}
