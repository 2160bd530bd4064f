//! The zip file around a bundle, in the one spelling that is ours.
//!
//! ```text
//! local header, bytes     for each entry, names ascending, stored and never packed
//! central directory       the same again
//! end
//! ```
//!
//! Zip readers differ in what they make of a file that says one thing in front and another at the
//! end. So nothing is left to differ about: no compression, no comments, no extra fields, no dates
//! (all are 1980-01-01), every byte belongs to one entry, and what follows the entries is compared
//! with what we would have written. Any zip program opens the result, the same pieces give the same
//! bytes, and a bomb has nowhere to hide: nothing is longer than the file itself.

use std::io::{self, Read};

/// Most entries. A record with sixty photographs has fewer than two hundred.
pub(crate) const ENTRIES_MAX: usize = 1000;

/// Longest name of an entry, in bytes: a folder, 64 hex digits and an ending.
const NAME_BYTES_MAX: usize = 96;

const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";

/// Version 1.0 of the format: stored entries, nothing else.
const VERSION: u16 = 10;

/// The first of January 1980, the earliest date that a zip can say.
const DATE: u16 = 0x21;

/// Why a file is not a zip as we write it. Whoever handed it over has to explain that.
#[derive(Debug, thiserror::Error)]
pub enum ContainerError {
    /// It ends early: a download or a stick that broke off. Get it again.
    #[error("the file ends early; get it again from where it came from")]
    Truncated,
    /// The file cannot be read.
    #[error("the file cannot be read")]
    Io(#[source] io::Error),
    /// An entry is compressed.
    #[error("the entry {0} is packed; a bundle keeps every piece as it is")]
    Packed(String),
    /// A name that would leave the folder, or that no piece of a bundle has.
    #[error("an entry is called {0:?}, which is no name of a piece")]
    Name(String),
    /// Two entries of one name: two programs would show two different ones.
    #[error("the entry {0} is there twice")]
    Twice(String),
    /// Names are not in order.
    #[error("the entry {0} is not where it should stand")]
    Order(String),
    /// Its bytes do not have the checksum beside them.
    #[error("the entry {0} is damaged: its checksum differs")]
    Checksum(String),
    /// More than a thousand entries, or four gibibytes.
    #[error("it holds more than a bundle may: 1000 pieces, 4 GiB")]
    TooLarge,
    /// Something else than what we write.
    #[error("it is not a zip as bundles are written: something stands between or after the pieces")]
    Form,
}

impl From<io::Error> for ContainerError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Truncated,
            _ => Self::Io(error),
        }
    }
}

/// Writes a zip without doing any I/O: says which bytes go before an entry's and after all.
#[derive(Debug, Default)]
pub(crate) struct Container {
    directory: Vec<u8>,
    entries: u16,
    at: u32,
    last: String,
}

impl Container {
    /// What stands before the `bytes` bytes of the entry `name`, whose checksum is `crc`.
    pub(crate) fn entry(
        &mut self,
        name: &str,
        crc: u32,
        bytes: u64,
    ) -> Result<Vec<u8>, ContainerError> {
        check_name(name)?;
        match name.cmp(&self.last) {
            std::cmp::Ordering::Greater => {}
            std::cmp::Ordering::Equal => return Err(ContainerError::Twice(name.to_owned())),
            std::cmp::Ordering::Less => return Err(ContainerError::Order(name.to_owned())),
        }
        let size = u32::try_from(bytes).map_err(|_| ContainerError::TooLarge)?;
        let length = u16::try_from(name.len()).map_err(|_| ContainerError::TooLarge)?;
        let mut described = Vec::with_capacity(26);
        for half in [VERSION, 0, 0, 0, DATE] {
            described.extend(half.to_le_bytes());
        }
        for word in [crc, size, size] {
            described.extend(word.to_le_bytes());
        }
        for half in [length, 0] {
            described.extend(half.to_le_bytes());
        }
        let header = [&LOCAL[..], &described, name.as_bytes()].concat();

        self.directory.extend(CENTRAL);
        self.directory.extend(VERSION.to_le_bytes());
        self.directory.extend(&described);
        // No comment, the first disk, no attributes.
        self.directory.extend([0; 10]);
        self.directory.extend(self.at.to_le_bytes());
        self.directory.extend(name.as_bytes());

        let longer = u64::from(self.at) + header.len() as u64 + bytes;
        let whole = longer + (self.directory.len() + 22) as u64;
        if whole > u64::from(u32::MAX) || usize::from(self.entries) == ENTRIES_MAX {
            return Err(ContainerError::TooLarge);
        }
        self.at = u32::try_from(longer).map_err(|_| ContainerError::TooLarge)?;
        self.entries += 1;
        name.clone_into(&mut self.last);
        Ok(header)
    }

    /// What stands after the last entry.
    pub(crate) fn end(self) -> Vec<u8> {
        let Self { directory, entries, at, .. } = self;
        let length = u32::try_from(directory.len()).expect("bounded when entries are added");
        let mut bytes = directory;
        bytes.extend(END);
        bytes.extend([0; 4]);
        bytes.extend(entries.to_le_bytes());
        bytes.extend(entries.to_le_bytes());
        bytes.extend(length.to_le_bytes());
        bytes.extend(at.to_le_bytes());
        bytes.extend([0; 2]);
        bytes
    }
}

/// Reads a zip from front to end, once. `visit` gets each entry's name, its length and its bytes,
/// and may leave what it does not need.
pub(crate) fn walk<E: From<ContainerError>>(
    mut from: impl Read,
    mut visit: impl FnMut(&str, u64, &mut dyn Read) -> Result<(), E>,
) -> Result<(), E> {
    let mut again = Container::default();
    let mut begins = [0; 4];
    loop {
        from.read_exact(&mut begins).map_err(ContainerError::from)?;
        if begins != LOCAL {
            break;
        }
        let (name, crc, bytes) = entry_header(&mut from, &mut again)?;
        let mut summed =
            Summed { from: (&mut from).take(bytes), crc: crc32fast::Hasher::new(), left: bytes };
        visit(&name, bytes, &mut summed)?;
        io::copy(&mut summed, &mut io::sink()).map_err(ContainerError::from)?;
        if summed.left > 0 {
            return Err(ContainerError::Truncated.into());
        }
        if summed.crc.finalize() != crc {
            return Err(ContainerError::Checksum(name).into());
        }
    }
    let end = again.end();
    let mut found = begins.to_vec();
    (&mut from).take(end.len() as u64 - 3).read_to_end(&mut found).map_err(ContainerError::from)?;
    if found == end {
        return Ok(());
    }
    let cut = found.len() < end.len() && end.starts_with(&found);
    Err(if cut { ContainerError::Truncated } else { ContainerError::Form }.into())
}

/// Reads the rest of a local header, which has to be the one that we would have written.
fn entry_header(
    from: &mut impl Read,
    again: &mut Container,
) -> Result<(String, u32, u64), ContainerError> {
    let mut fixed = [0; 26];
    from.read_exact(&mut fixed)?;
    let half = |at: usize| u16::from_le_bytes([fixed[at], fixed[at + 1]]);
    let word =
        |at: usize| u32::from_le_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
    let (method, crc, bytes, length) = (half(4), word(10), word(18), half(22));
    let mut name = vec![0; usize::from(length)];
    from.read_exact(&mut name)?;
    let name = String::from_utf8(name)
        .map_err(|error| ContainerError::Name(String::from_utf8_lossy(error.as_bytes()).into()))?;
    check_name(&name)?;
    if method != 0 {
        return Err(ContainerError::Packed(name));
    }
    let expected = again.entry(&name, crc, bytes.into())?;
    if expected[4..30] != fixed {
        return Err(ContainerError::Form);
    }
    Ok((name, crc, bytes.into()))
}

/// A name stays below the folder it is unpacked into, and looks alike to every program.
fn check_name(name: &str) -> Result<(), ContainerError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let part = |part: &str| !part.is_empty() && !part.starts_with('.') && part.chars().all(plain);
    if name.len() > NAME_BYTES_MAX || !name.split('/').all(part) {
        return Err(ContainerError::Name(name.chars().take(NAME_BYTES_MAX).collect()));
    }
    Ok(())
}

/// Counts and sums what is read.
struct Summed<R> {
    from: io::Take<R>,
    crc: crc32fast::Hasher,
    left: u64,
}

impl<R: Read> Read for Summed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into)?;
        self.crc.update(&into[..read]);
        self.left -= read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(pieces: &[(&str, &[u8])]) -> Vec<u8> {
        let mut container = Container::default();
        let mut bytes = Vec::new();
        for (name, piece) in pieces {
            let crc = crc32fast::hash(piece);
            bytes.extend(container.entry(name, crc, piece.len() as u64).unwrap());
            bytes.extend(*piece);
        }
        bytes.extend(container.end());
        bytes
    }

    fn read(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, ContainerError> {
        let mut found = Vec::new();
        walk(bytes, |name, _, piece| {
            let mut content = Vec::new();
            piece.read_to_end(&mut content)?;
            found.push((name.to_owned(), content));
            Ok::<_, ContainerError>(())
        })?;
        Ok(found)
    }

    #[test]
    fn what_is_written_is_read_again() {
        let pieces: [(&str, &[u8]); 3] = [("a.txt", b"one"), ("b/c.bin", &[0; 5000]), ("b/d", b"")];
        let bytes = written(&pieces);
        assert_eq!(bytes, written(&pieces), "the same pieces give the same bytes");
        let found = read(&bytes).unwrap();
        let found: Vec<(&str, &[u8])> =
            found.iter().map(|(name, piece)| (name.as_str(), piece.as_slice())).collect();
        assert_eq!(found, pieces);
    }

    #[test]
    fn no_byte_can_be_changed_added_or_left_out() {
        let bytes = written(&[("a.txt", b"one"), ("b.txt", b"two")]);
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert!(read(&changed).is_err(), "byte {place}");
            assert!(matches!(read(&bytes[..place]), Err(ContainerError::Truncated)), "{place}");
            let mut more = bytes.clone();
            more.insert(place, 0);
            assert!(read(&more).is_err(), "one more at {place}");
        }
        assert!(matches!(read(&[&bytes[..], b"x"].concat()), Err(ContainerError::Form)));
        assert!(matches!(read(&[&b"x"[..], &bytes].concat()), Err(ContainerError::Form)));
    }

    #[test]
    fn a_name_cannot_leave_the_folder_and_cannot_come_twice() {
        for name in
            ["", "/a", "../a", "a/../b", "a//b", "a/", "a\\b", "C:a", ".ssh", "a b", "\u{e9}"]
        {
            let refused = Container::default().entry(name, 0, 0);
            assert!(matches!(refused, Err(ContainerError::Name(_))), "{name:?}");
        }
        let long = "a".repeat(NAME_BYTES_MAX + 1);
        assert!(matches!(Container::default().entry(&long, 0, 0), Err(ContainerError::Name(_))));
        let mut container = Container::default();
        container.entry("b", 0, 0).unwrap();
        assert!(matches!(container.entry("b", 0, 0), Err(ContainerError::Twice(_))));
        assert!(matches!(container.entry("a", 0, 0), Err(ContainerError::Order(_))));

        let traversal = written(&[("aaaa", b"x")]);
        let traversal: Vec<u8> = String::from_utf8_lossy(&traversal).replace("aaaa", "../a").into();
        assert!(matches!(read(&traversal), Err(ContainerError::Name(_))));
    }

    #[test]
    fn what_claims_to_be_larger_than_the_file_costs_nothing() {
        let mut bomb = written(&[("a", b"x")]);
        bomb[18..26].copy_from_slice(&[0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f]);
        assert!(matches!(read(&bomb), Err(ContainerError::Truncated)));
        let mut packed = written(&[("a", b"x")]);
        packed[8] = 8;
        assert!(matches!(read(&packed), Err(ContainerError::Packed(_))));
        let mut container = Container::default();
        for number in 0..ENTRIES_MAX {
            container.entry(&format!("{number:04}"), 0, 0).unwrap();
        }
        assert!(matches!(container.entry("9999", 0, 0), Err(ContainerError::TooLarge)));
        let four = u64::from(u32::MAX);
        assert!(matches!(Container::default().entry("a", 0, four), Err(ContainerError::TooLarge)));
    }
}
