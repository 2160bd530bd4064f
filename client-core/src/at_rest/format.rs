//! The form of an encrypted file: age, version 1, with one recipient of the kind X25519.
//!
//! ```text
//! age-encryption.org/v1
//! -> X25519 SHARE
//! FILE KEY, encrypted
//! --- MAC
//! NONCE CHUNK CHUNK ... LAST CHUNK        each at most 64 KiB and a tag of 16 bytes
//! ```
//!
//! Written here because it is two hundred lines on what the crate uses anyway, and the library of that
//! name brings a hundred others; that other people's programs read it is tested. A header of ours always
//! has the same length, so the length of the content follows from that of the file.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use ring::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey},
    hmac,
};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use super::identity::{Rest, expand};

/// Content of one chunk, in bytes.
const CHUNK_BYTES: usize = 64 * 1024;

/// Tag of one chunk, in bytes.
const TAG_BYTES: usize = 16;

/// Key of one file, in bytes.
const FILE_KEY_BYTES: usize = 16;

/// Nonce between the header and the chunks, in bytes.
const NONCE_BYTES: usize = 16;

/// Header of a file of ours, in bytes.
pub(super) const HEADER_BYTES: usize = 168;

/// How each begins.
pub(super) const MAGIC: &str = "age-encryption.org/v1\n-> X25519 ";

/// What is random in a file: the ephemeral secret, the file key and the nonce, in bytes.
pub(super) const RANDOM_BYTES: usize = 32 + FILE_KEY_BYTES + NONCE_BYTES;

/// How long a file with so much content is.
pub(super) const fn sealed_len(plain: u64) -> u64 {
    let chunks = if plain == 0 { 1 } else { plain.div_ceil(CHUNK_BYTES as u64) };
    (HEADER_BYTES + NONCE_BYTES) as u64 + plain + chunks * TAG_BYTES as u64
}

/// How much content a file of this length has, if it can be one.
pub(super) fn plain_len(sealed: u64) -> Option<u64> {
    let rest = sealed.checked_sub((HEADER_BYTES + NONCE_BYTES) as u64)?;
    let chunks = rest.div_ceil((CHUNK_BYTES + TAG_BYTES) as u64);
    let plain = rest.checked_sub(chunks * TAG_BYTES as u64)?;
    (sealed_len(plain) == sealed).then_some(plain)
}

/// Encrypts what is written into it.
pub(super) struct Sealer<W> {
    to: W,
    key: LessSafeKey,
    chunk: Zeroizing<Vec<u8>>,
    number: u64,
}

impl<W: Write> Sealer<W> {
    /// Writes the header.
    pub(super) fn new(mut to: W, keys: &Rest, random: &[u8; RANDOM_BYTES]) -> io::Result<Self> {
        let (ephemeral, rest) = random.split_first_chunk::<32>().expect("that much was asked for");
        let (file_key, nonce) = rest.split_at(FILE_KEY_BYTES);
        to.write_all(&header(keys.recipient(), &StaticSecret::from(*ephemeral), file_key))?;
        to.write_all(nonce)?;
        let key = payload_key(file_key, nonce);
        Ok(Self { to, key, chunk: Zeroizing::new(Vec::with_capacity(CHUNK_BYTES)), number: 0 })
    }

    /// Writes the last chunk. Without it the file cannot be read.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.seal(Place::Last)?;
        Ok(self.to)
    }

    fn seal(&mut self, place: Place) -> io::Result<()> {
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce(self.number, place), Aad::empty(), &mut self.chunk)
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

/// Decrypts what is read from it, from any place on.
pub(super) struct Opener<R> {
    from: R,
    key: LessSafeKey,
    len: u64,
    place: u64,
    chunk: Zeroizing<Vec<u8>>,
    held: Option<u64>,
}

impl<R: Read + Seek> Opener<R> {
    /// Reads the header. An error of the kind `InvalidData` says that the file is not of this notebook,
    /// or was altered.
    pub(super) fn new(mut from: R, keys: &Rest) -> io::Result<Self> {
        let len = plain_len(from.seek(SeekFrom::End(0))?).ok_or_else(altered)?;
        from.rewind()?;
        let mut start = [0; HEADER_BYTES + NONCE_BYTES];
        from.read_exact(&mut start)?;
        let (header, nonce) = start.split_at(HEADER_BYTES);
        let file_key = file_key(header, keys).ok_or_else(altered)?;
        let key = payload_key(file_key.as_ref(), nonce);
        let chunk = Zeroizing::new(Vec::new());
        Ok(Self { from, key, len, place: 0, chunk, held: None })
    }

    /// Length of the content, in bytes.
    pub(super) const fn len(&self) -> u64 {
        self.len
    }

    fn hold(&mut self, number: u64) -> io::Result<()> {
        self.held = None;
        let start = number * CHUNK_BYTES as u64;
        let left = self.len.saturating_sub(start);
        let place = if left <= CHUNK_BYTES as u64 { Place::Last } else { Place::Before };
        let plain = usize::try_from(left).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES);
        let at = (HEADER_BYTES + NONCE_BYTES) as u64 + start + number * TAG_BYTES as u64;
        self.from.seek(SeekFrom::Start(at))?;
        self.chunk.resize(plain + TAG_BYTES, 0);
        self.from.read_exact(&mut self.chunk)?;
        self.key
            .open_in_place(nonce(number, place), Aad::empty(), &mut self.chunk)
            .map_err(|_| altered())?;
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

/// Whether a chunk is the last of its file: what is cut off at its end does not open.
#[derive(Clone, Copy)]
enum Place {
    Before,
    Last,
}

fn nonce(number: u64, place: Place) -> Nonce {
    let mut bytes = [0; 12];
    bytes[3..11].copy_from_slice(&number.to_be_bytes());
    bytes[11] = match place {
        Place::Before => 0,
        Place::Last => 1,
    };
    Nonce::assume_unique_for_key(bytes)
}

fn header(recipient: &PublicKey, ephemeral: &StaticSecret, file_key: &[u8]) -> Vec<u8> {
    let share = PublicKey::from(ephemeral);
    let mut wrapped = Zeroizing::new(file_key.to_vec());
    wrapping_key(&share, recipient, &ephemeral.diffie_hellman(recipient).to_bytes())
        .seal_in_place_append_tag(zero(), Aad::empty(), &mut *wrapped)
        .expect("sixteen bytes are not too many");
    let text = |bytes: &[u8]| STANDARD_NO_PAD.encode(bytes);
    let mut header = format!("{MAGIC}{}\n{}\n---", text(share.as_bytes()), text(&wrapped));
    let mac = hmac::sign(&mac_key(file_key), header.as_bytes());
    header.push(' ');
    header.push_str(&text(mac.as_ref()));
    header.push('\n');
    header.into_bytes()
}

fn file_key(header: &[u8], keys: &Rest) -> Option<Zeroizing<[u8; FILE_KEY_BYTES]>> {
    let text = std::str::from_utf8(header).ok()?;
    let (share, rest) = text.strip_prefix(MAGIC)?.split_once('\n')?;
    let (wrapped, mac) = rest.strip_suffix('\n')?.split_once("\n--- ")?;
    let share: [u8; 32] = STANDARD_NO_PAD.decode(share).ok()?.try_into().ok()?;
    let share = PublicKey::from(share);
    let mut wrapped = Zeroizing::new(STANDARD_NO_PAD.decode(wrapped).ok()?);
    let shared = Zeroizing::new(keys.secret().diffie_hellman(&share).to_bytes());
    let opened = wrapping_key(&share, keys.recipient(), &shared)
        .open_in_place(zero(), Aad::empty(), &mut wrapped)
        .ok()?;
    let mut file_key = Zeroizing::new([0; FILE_KEY_BYTES]);
    if opened.len() != FILE_KEY_BYTES {
        return None;
    }
    file_key.copy_from_slice(opened);
    let said = STANDARD_NO_PAD.decode(mac).ok()?;
    let signed = text.len().checked_sub(mac.len() + 2)?;
    hmac::verify(&mac_key(file_key.as_ref()), &header[..signed], &said).ok()?;
    Some(file_key)
}

fn wrapping_key(share: &PublicKey, recipient: &PublicKey, shared: &[u8; 32]) -> LessSafeKey {
    let salt = [share.as_bytes().as_slice(), recipient.as_bytes()].concat();
    cipher(&expand(&salt, shared, b"age-encryption.org/v1/X25519"))
}

fn payload_key(file_key: &[u8], nonce: &[u8]) -> LessSafeKey {
    cipher(&expand(nonce, file_key, b"payload"))
}

fn mac_key(file_key: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, expand(&[], file_key, b"header").as_ref())
}

fn cipher(key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key).expect("32 bytes are a key"))
}

/// Each wrapping key is used once.
fn zero() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

fn altered() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "the file is not of this notebook, or was altered")
}

#[cfg(test)]
#[path = "format_tests.rs"]
mod tests;
