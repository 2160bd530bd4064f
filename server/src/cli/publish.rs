//! `hattama publish`: a frozen site of one release, as a folder.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{BufReader, Read as _},
    path::{Path, PathBuf},
};

use clap::Args;
use hattama_proto::{
    id::{PartHash, ReleaseHash, StatementId},
    jws::Envelope,
    key::PublicKey,
    statement::{Release, Statement},
    tlog::{LogEntry, Origin, Receipt, VerifierKey},
};

use super::{CliError, access::Access, export::fetch, output};
use crate::{
    export::{TAR_BLOCK, TarError, read_header},
    folder::sync_folder,
};

const AFTER_HELP: &str = "\
The folder holds pages in three languages and JSON by unit, with one style sheet, no script and nothing \
from elsewhere: copy it to any web server, or to a stick. It says what the release says, and the official \
figures that the release rests on; nothing about observers.

SHA256SUMS names the hash of every file (`sha256sum -c SHA256SUMS`); release.jws is the signed statement \
of the release's number and hash, and release.tlog-proof shows that the log has it. All of it is checked \
before the folder gets its name.

The same release gives the same bytes. When a correction of it is released, publish it again into another \
folder: the page shows the correction.

Example:
  hattama publish site --release 1";

/// Flags of `hattama publish`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Publish {
    /// The folder to make; it must not be there yet
    folder: PathBuf,
    /// Which release
    #[arg(long, value_name = "NUMBER")]
    release: u32,
    #[command(flatten)]
    access: Access,
}

impl Publish {
    /// Fetches, unpacks, checks.
    pub(super) fn run(self) -> Result<(), CliError> {
        // Without a slash at its end, so that what lies beside it does not lie in it.
        let target: PathBuf = self.folder.components().collect();
        if target.exists() {
            return Err(CliError::Input(format!(
                "{} is there already; a published folder is never changed, so give another name",
                target.display()
            )));
        }
        let beside = |ending: &str| {
            let mut name = target.clone().into_os_string();
            name.push(ending);
            PathBuf::from(name)
        };
        let (stream, part) = (beside(".tar"), beside(".part"));
        // Left by one that was killed: files of another release must not get into this folder.
        if part.exists() {
            fs::remove_dir_all(&part).map_err(|error| CliError::unwritable(&part, &error))?;
        }
        let path = format!("/v1/releases/{}/site.tar", self.release);
        fetch(&self.access, &path, &stream)?;
        let done = unpack(&stream, &part).and_then(|files| {
            check(&files, self.release)?;
            fs::rename(&part, &target).map_err(|error| CliError::unwritable(&target, &error))?;
            Ok(files.len())
        });
        drop(fs::remove_file(&stream));
        if done.is_err() {
            drop(fs::remove_dir_all(&part));
        }
        let files = done?;
        if let Some(parent) = target.parent().filter(|path| !path.as_os_str().is_empty()) {
            sync_folder(parent).map_err(|error| CliError::unwritable(parent, &error))?;
        }
        let folder = target.display();
        output::say(&format!(
            "Published: {folder}, {files} files, each of which holds.\nAnybody checks it with\n  \
             cd {folder} && sha256sum -c SHA256SUMS"
        ))
    }
}

type Files = BTreeMap<String, Vec<u8>>;

/// Files that are checked; of the others only the hash is kept.
const READ: [&str; 6] = [
    "SHA256SUMS",
    "release.json",
    "release.jws",
    "release.tlog-proof",
    "keys/hq.key",
    "keys/log.vkey",
];

/// Writes the files of a stream into a folder, one after another; tells the hash of each, and those
/// that are checked.
fn unpack(stream: &Path, folder: &Path) -> Result<Files, CliError> {
    let unreadable = |error: std::io::Error| CliError::unreadable(stream, &error);
    let mut rest = BufReader::new(File::open(stream).map_err(unreadable)?);
    let (mut files, mut block) = (Files::new(), [0; TAR_BLOCK]);
    loop {
        rest.read_exact(&mut block).map_err(unreadable)?;
        let Some((name, length)) = read_header(&block)? else { return Ok(files) };
        let mut bytes = vec![0; length.next_multiple_of(TAR_BLOCK)];
        rest.read_exact(&mut bytes).map_err(unreadable)?;
        bytes.truncate(length);
        let path = folder.join(&name);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|error| CliError::unwritable(parent, &error))?;
        fs::write(&path, &bytes).map_err(|error| CliError::unwritable(&path, &error))?;
        if !READ.contains(&name.as_str()) {
            bytes = PartHash::of(&bytes).to_hex().into_bytes();
        }
        if files.contains_key(&name) {
            return Err(CliError::CheckFailed(format!(
                "the site does not hold: {name} comes twice"
            )));
        }
        files.insert(name, bytes);
    }
}

impl From<TarError> for CliError {
    fn from(error: TarError) -> Self {
        Self::Network(error.to_string())
    }
}

/// Everything that a stranger can check, checked.
fn check(files: &Files, number: u32) -> Result<(), CliError> {
    let lie = |what: &str| CliError::CheckFailed(format!("the site does not hold: {what}"));
    let file = |name: &str| {
        files.get(name).map(Vec::as_slice).ok_or_else(|| lie(&format!("{name} is not there")))
    };
    let text = |name: &str| {
        let bytes = file(name)?;
        std::str::from_utf8(bytes).map(str::trim).map_err(|_| lie(&format!("{name} is no text")))
    };
    let mut named = BTreeSet::from(["SHA256SUMS"]);
    for line in text("SHA256SUMS")?.lines() {
        let (hash, name) = line.split_once("  ").ok_or_else(|| lie("SHA256SUMS is no list"))?;
        let bytes = file(name)?;
        let is = if READ.contains(&name) {
            PartHash::of(bytes).to_hex()
        } else {
            String::from_utf8_lossy(bytes).into_owned()
        };
        if is != hash {
            return Err(lie(&format!("{name} is another file")));
        }
        if !named.insert(name) {
            return Err(lie(&format!("{name} is in SHA256SUMS twice")));
        }
    }
    if let Some(name) = files.keys().find(|name| !named.contains(name.as_str())) {
        return Err(lie(&format!("{name} is not in SHA256SUMS")));
    }
    let content = file("release.json")?;
    let statement = text("release.jws")?;
    let key = PublicKey::parse(text("keys/hq.key")?).map_err(|_| lie("keys/hq.key is no key"))?;
    let said = Envelope::parse(statement)
        .and_then(|envelope| envelope.verify(&key))
        .ok()
        .and_then(|verified| Statement::<Release>::read(verified).ok())
        .ok_or_else(|| lie("the statement is not signed by this key"))?;
    let body = &said.claims.body;
    if body.number != number || body.content != ReleaseHash::of(content) {
        return Err(lie("the statement is about another release"));
    }
    let log =
        VerifierKey::parse(text("keys/log.vkey")?).map_err(|_| lie("the log's key is none"))?;
    let origin = Origin::new(log.name().as_str()).map_err(|_| lie("the log has no name"))?;
    let receipt = std::str::from_utf8(file("release.tlog-proof")?).unwrap_or_default();
    let entry = LogEntry::Statement(*StatementId::of(statement.as_bytes()).as_bytes());
    Receipt::parse(receipt)
        .map_err(|_| lie("the proof cannot be read"))?
        .verify(&entry, &origin, &log)
        .map_err(|_| lie("the proof does not show that the log has the statement"))?;
    Ok(())
}
