//! From a file to text: zip and encodings. What comes packed is unpacked within a bound, in memory.

use std::{
    borrow::Cow,
    io::{Cursor, Read},
};

use encoding_rs::{Encoding, UTF_8};
use zip::ZipArchive;

/// Longest text that is read, in bytes after unpacking: every precinct of the largest countries
/// with every line is below it, and a packed bomb stops there.
const TEXT_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Why a file as a whole cannot be read, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The mapping names an encoding that nobody knows.
    #[error("no encoding is called {0:?}; use a name such as \"utf-8\" or \"windows-1251\"")]
    Encoding(String),
    /// Bytes that the encoding has not.
    #[error(
        "the file is not {0}; say how it is written with `encoding = \"windows-1251\"` (or another) \
         in the mapping"
    )]
    Undecodable(&'static str),
    /// A damaged zip file, or one with a password.
    #[error("the zip file cannot be unpacked: {0}; fetch it again")]
    Zip(String),
    /// A zip file with several files, or without the one named.
    #[error("the zip file holds {0}; name one with `file = \"...\"` in the mapping")]
    WhichFile(String),
    /// Larger than what is read.
    #[error("the file is longer than 256 MiB when unpacked; split it")]
    TooLong,
    /// Not a table.
    #[error("the file is not a table: {0}")]
    Table(String),
    /// A column that the mapping names and the file has not.
    #[error("the file has no column {missing:?}; it has: {has}")]
    Column {
        /// What the mapping names.
        missing: String,
        /// What there is.
        has: String,
    },
    /// A column name that stands twice in the file.
    #[error("two columns of the file are called {0:?}; call them #1, #2, ... by their place")]
    ColumnTwice(String),
}

/// The text of a file, unpacked where it is a zip file. A byte order mark goes before what the
/// mapping says of the encoding.
pub(super) fn text<'a>(
    file: &'a [u8],
    entry: Option<&str>,
    encoding: Option<&str>,
) -> Result<Cow<'a, str>, FileError> {
    let encoding = match encoding {
        None => UTF_8,
        Some(name) => Encoding::for_label(name.as_bytes())
            .ok_or_else(|| FileError::Encoding(name.to_owned()))?,
    };
    if !file.starts_with(b"PK\x03\x04") {
        return decoded(file, encoding);
    }
    let unpacked = unpacked(file, entry)?;
    Ok(Cow::Owned(decoded(&unpacked, encoding)?.into_owned()))
}

fn decoded<'a>(bytes: &'a [u8], encoding: &'static Encoding) -> Result<Cow<'a, str>, FileError> {
    let (text, used, bad) = encoding.decode(bytes);
    if bad { Err(FileError::Undecodable(used.name())) } else { Ok(text) }
}

fn unpacked(file: &[u8], entry: Option<&str>) -> Result<Vec<u8>, FileError> {
    let damaged = |error: &dyn std::fmt::Display| FileError::Zip(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(file)).map_err(|error| damaged(&error))?;
    let names: Vec<String> = archive
        .file_names()
        .filter_map(|name| Some(name.ok()?.into_owned()))
        // A Mac writes a shadow of every file into the folder of this name.
        .filter(|name| !name.ends_with('/') && !name.starts_with("__MACOSX/"))
        .collect();
    if names.iter().any(|name| name == "[Content_Types].xml") {
        let what = "it is a workbook of a spreadsheet; save it as CSV and bring that";
        return Err(FileError::Table(what.to_owned()));
    }
    let name = match (entry, names.as_slice()) {
        (Some(entry), names) if names.iter().any(|name| name == entry) => entry,
        (None, [only]) => only,
        (_, []) => return Err(FileError::WhichFile("nothing".to_owned())),
        (_, names) => return Err(FileError::WhichFile(names.join(", "))),
    };
    let entry = archive.by_name(name).map_err(|error| damaged(&error))?;
    let mut bytes = Vec::new();
    entry.take(TEXT_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| damaged(&error))?;
    if bytes.len() as u64 > TEXT_BYTES_MAX {
        return Err(FileError::TooLong);
    }
    Ok(bytes)
}
