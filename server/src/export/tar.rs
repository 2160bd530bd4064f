//! A folder as one stream: tar in the form `ustar` of POSIX.1-1988, the subset that every program reads.
//! Pure.
//!
//! Files only; no owner, no date, fixed rights. So the same files give the same bytes, and there is
//! nothing in it but names and contents.

/// Length of a block, in bytes.
pub const TAR_BLOCK: usize = 512;
const BLOCK: usize = TAR_BLOCK;

/// Longest name, in bytes: the field of the header. Our names are shorter.
const NAME_BYTES_MAX: usize = 100;

/// Largest file, in bytes: what eleven octal digits can say.
const FILE_BYTES_MAX: usize = 0o77_777_777_777;

/// Why a stream of files cannot be written or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TarError {
    /// A name that would leave the folder, or that the format cannot say.
    #[error("a file is called {0:?}, which is no name within the folder")]
    Name(String),
    /// Too large.
    #[error("the file {0} is larger than the format can say")]
    TooLarge(String),
    /// Something else than what we write.
    #[error("the stream of files is not one that headquarters writes")]
    Form,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TarEntry {
    /// Its path within the folder, with slashes.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Writes files one after another, without doing any I/O.
#[derive(Clone, Copy, Debug, Default)]
pub struct TarWriter;

impl TarWriter {
    /// A file as it stands in the stream.
    pub fn entry(entry: &TarEntry) -> Result<Vec<u8>, TarError> {
        let TarEntry { name, bytes } = entry;
        if !is_within(name) || name.len() > NAME_BYTES_MAX {
            return Err(TarError::Name(name.clone()));
        }
        if bytes.len() > FILE_BYTES_MAX {
            return Err(TarError::TooLarge(name.clone()));
        }
        let mut header = [0_u8; BLOCK];
        let mut put = |at: usize, text: &str| {
            header[at..at + text.len()].copy_from_slice(text.as_bytes());
        };
        put(0, name);
        put(100, "0000644\0");
        put(108, "0000000\0");
        put(116, "0000000\0");
        put(124, &format!("{:011o}\0", bytes.len()));
        put(136, "00000000000\0");
        put(148, "        ");
        put(156, "0");
        put(257, "ustar\0");
        put(263, "00");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        let sum = format!("{sum:06o}\0 ");
        header[148..156].copy_from_slice(sum.as_bytes());
        let mut all = Vec::with_capacity(BLOCK + bytes.len().next_multiple_of(BLOCK));
        all.extend(header);
        all.extend(bytes);
        all.resize(all.len().next_multiple_of(BLOCK), 0);
        Ok(all)
    }

    /// What stands after the last file.
    pub fn end() -> Vec<u8> {
        vec![0; 2 * BLOCK]
    }
}

/// Reads the header of a file that [`TarWriter`] wrote: its name and its length; none at the end of the
/// stream. Behind the file the stream goes on at the next multiple of [`TAR_BLOCK`].
pub fn read_header(header: &[u8; TAR_BLOCK]) -> Result<Option<(String, usize)>, TarError> {
    if header.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    let text = |from: usize, to: usize| {
        let field = header[from..to].split(|byte| *byte == 0).next().unwrap_or_default();
        std::str::from_utf8(field).map_err(|_| TarError::Form)
    };
    if text(257, 263)? != "ustar" || header[156] != b'0' {
        return Err(TarError::Form);
    }
    let name = text(0, NAME_BYTES_MAX)?.to_owned();
    if !is_within(&name) {
        return Err(TarError::Name(name));
    }
    let length = usize::from_str_radix(text(124, 136)?, 8).map_err(|_| TarError::Form)?;
    Ok(Some((name, length)))
}

/// Whether a path stays within its folder on every system.
fn is_within(name: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', ':', '\0'])
    };
    !name.is_empty() && name.split('/').all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, bytes: &[u8]) -> TarEntry {
        TarEntry { name: name.to_owned(), bytes: bytes.to_vec() }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let files = [file("a", b""), file("data/b.json", &[7; 513]), file("c", &[1; 512])];
        let mut stream: Vec<u8> =
            files.iter().flat_map(|file| TarWriter::entry(file).unwrap()).collect();
        stream.extend(TarWriter::end());
        let (mut rest, mut read) = (&stream[..], Vec::new());
        while let Some((name, length)) = read_header(rest[..512].try_into().unwrap()).unwrap() {
            read.push(file(&name, &rest[512..512 + length]));
            rest = &rest[512 + length.next_multiple_of(512)..];
        }
        assert_eq!(read, files);
        assert_eq!(read_header(&[1; 512]), Err(TarError::Form));
    }

    #[test]
    fn no_name_leaves_the_folder() {
        for name in ["../x", "/etc/passwd", "a/../b", "a//b", "", "c:x", "a\\b", "./a"] {
            assert!(TarWriter::entry(&file(name, b"")).is_err(), "{name}");
        }
        assert!(TarWriter::entry(&file(&"x".repeat(101), b"")).is_err());
    }
}
