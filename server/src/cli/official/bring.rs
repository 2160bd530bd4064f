//! A file on its way to headquarters: read while it is sent, the mapping beside it.

use std::{
    fs::File,
    io::{Cursor, IsTerminal as _, Read},
    path::{Path, PathBuf},
};

use clap::Args;
use hattama_proto::statement::Level;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use crate::cli::{
    CliError,
    api::{Api, query},
};

/// Files below this length are sent before a progress bar could be read, in bytes.
const PROGRESS_BYTES_MIN: u64 = 1024 * 1024;

/// Separates the parts of a body. A line of a table that begins so would be read as its end, and
/// none does: it is no text that anybody publishes.
const BOUNDARY: &str = "hattama-3f9f2c7e5a1d4b86-part";

/// A file and how to read it.
#[derive(Debug, Args)]
pub(in crate::cli) struct Brought {
    /// The mapping: which column is which; see `hattama official template`
    #[arg(long = "map", value_name = "FILE")]
    pub(in crate::cli) mapping: Option<PathBuf>,
}

/// Where a file goes, and what is said of it.
pub(in crate::cli) struct Sending<'a> {
    /// Address without its query.
    pub(in crate::cli) path: &'a str,
    /// The query.
    pub(in crate::cli) query: &'a [(&'a str, Option<String>)],
}

impl Brought {
    /// Sends a file, with its mapping if there is one.
    pub(in crate::cli) fn send(
        &self,
        api: &Api,
        file: &Path,
        sending: &Sending<'_>,
    ) -> Result<Value, CliError> {
        let unreadable = |error| CliError::unreadable(file, &error);
        let opened = File::open(file).map_err(unreadable)?;
        let about = opened.metadata().map_err(unreadable)?;
        if !about.is_file() {
            return Err(CliError::Input(format!("{} is not a file", file.display())));
        }
        let mapping = self
            .mapping
            .as_ref()
            .map(|path| std::fs::read(path).map_err(|error| CliError::unreadable(path, &error)));
        send_from(api, opened, about.len(), mapping.transpose()?.as_deref(), sending)
    }
}

/// Sends what was read already.
pub(in crate::cli) fn send_bytes(
    api: &Api,
    bytes: &[u8],
    mapping: Option<&[u8]>,
    sending: &Sending<'_>,
) -> Result<Value, CliError> {
    send_from(api, bytes, bytes.len() as u64, mapping, sending)
}

fn send_from(
    api: &Api,
    file: impl Read,
    length: u64,
    mapping: Option<&[u8]>,
    sending: &Sending<'_>,
) -> Result<Value, CliError> {
    let path = format!("{}{}", sending.path, query(sending.query));
    let progress = progress(length);
    let file = file.take(length);
    let answer = match mapping {
        None => api.post_file(&path, "text/csv", length, progress.wrap_read(file)),
        Some(text) => {
            let before = before_the_file(text);
            let after = format!("\r\n--{BOUNDARY}--\r\n").into_bytes();
            let length = before.len() as u64 + length + after.len() as u64;
            let body = Cursor::new(before).chain(file).chain(Cursor::new(after));
            let media_type = format!("multipart/form-data; boundary={BOUNDARY}");
            api.post_file(&path, &media_type, length, progress.wrap_read(body))
        }
    };
    progress.finish_and_clear();
    answer
}

/// The part with the mapping, and the head of the one with the file.
fn before_the_file(mapping: &[u8]) -> Vec<u8> {
    let head = |name: &str, more: &str, media_type: &str| {
        format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\
             Content-Type: {media_type}\r\n\r\n"
        )
    };
    let mut bytes = head("mapping", "", "text/plain; charset=utf-8").into_bytes();
    bytes.extend_from_slice(mapping);
    bytes.extend_from_slice(b"\r\n");
    let file = head("file", "; filename=\"file\"", "application/octet-stream");
    bytes.extend_from_slice(file.as_bytes());
    bytes
}

/// Reads the name of a level.
pub(in crate::cli) fn level(text: &str) -> Result<Level, String> {
    Level::from_name(text).ok_or_else(|| "expected precinct, district, region or nation".to_owned())
}

fn progress(bytes: u64) -> ProgressBar {
    if bytes < PROGRESS_BYTES_MIN || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {eta}")
        .expect("the template is a constant");
    ProgressBar::new(bytes).with_style(style)
}
