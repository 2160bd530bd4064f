//! Files that only those can read to whom they were sealed: age, version 1, recipients of the kind X25519.
//!
//! ```text
//! age-encryption.org/v1
//! -> X25519 SHARE                         for each recipient
//! FILE KEY, encrypted
//! --- MAC
//! NONCE CHUNK CHUNK ... LAST CHUNK        each at most 64 KiB and a tag of 16 bytes
//! ```
//!
//! Phones keep their own files so, sealed to themselves, and seal photographs to headquarters'
//! recipients, whom they cannot stand in for. Written here because it is some hundred lines on what the
//! crate uses anyway, and the library of that name brings a hundred others; that other people's programs
//! read it, and it theirs, is tested. A header of ours has a length that follows from the number of
//! recipients, so the length of the content follows from that of the file.

mod bech32;
mod header;
mod key;
mod opener;
mod sealer;

pub use self::{
    key::{Identity, KeyTextError, Recipient, RecipientsError, recipients},
    opener::{NotOpened, Opener},
    sealer::Sealer,
};

/// How each file begins.
pub const MAGIC: &str = "age-encryption.org/v1\n-> X25519 ";

/// Most recipients of one file: a few people at headquarters, one key that is kept elsewhere, and room.
/// A header of so many is far shorter than a block of flash, which is what a wipe writes over.
pub const RECIPIENTS_MAX: usize = 8;

/// Content of one chunk, in bytes.
const CHUNK_BYTES: usize = 64 * 1024;

/// Tag of one chunk, in bytes.
const TAG_BYTES: usize = 16;

/// Key of one file, in bytes.
const FILE_KEY_BYTES: usize = 16;

/// Nonce between the header and the chunks, in bytes.
const NONCE_BYTES: usize = 16;

/// How long a file with so much content is, in bytes, sealed to so many recipients.
pub const fn sealed_len(plain: u64, recipients: usize) -> u64 {
    let chunks = if plain == 0 { 1 } else { plain.div_ceil(CHUNK_BYTES as u64) };
    (header::len(recipients) + NONCE_BYTES) as u64 + plain + chunks * TAG_BYTES as u64
}

/// How much content a file of this length has, if it can be one that was sealed to so many recipients.
pub const fn plain_len(sealed: u64, recipients: usize) -> Option<u64> {
    content_len(sealed, header::len(recipients))
}

/// How much content is in a file of this length with a header of that length.
const fn content_len(sealed: u64, header: usize) -> Option<u64> {
    let Some(rest) = sealed.checked_sub((header + NONCE_BYTES) as u64) else { return None };
    let chunks = rest.div_ceil((CHUNK_BYTES + TAG_BYTES) as u64);
    let Some(plain) = rest.checked_sub(chunks * TAG_BYTES as u64) else { return None };
    // Only an empty file has an empty last chunk.
    let needed = if plain == 0 { 1 } else { plain.div_ceil(CHUNK_BYTES as u64) };
    if needed == chunks { Some(plain) } else { None }
}

/// Whether a chunk is the last of its file: what is cut off at its end does not open.
#[derive(Clone, Copy)]
enum Place {
    Before,
    Last,
}

fn chunk_nonce(number: u64, place: Place) -> ring::aead::Nonce {
    let mut bytes = [0; 12];
    bytes[3..11].copy_from_slice(&number.to_be_bytes());
    bytes[11] = match place {
        Place::Before => 0,
        Place::Last => 1,
    };
    ring::aead::Nonce::assume_unique_for_key(bytes)
}

#[cfg(test)]
mod tests;
