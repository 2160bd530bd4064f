//! What one key has signed, with all that proves it, as a zip for somebody else.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use hattama_proto::{id::to_hex, kind::Role, record::PhotoRole};
use zip::{CompressionMethod, ZipWriter, result::ZipError, write::SimpleFileOptions};

use crate::{
    Notebook, RecordItem, Working,
    at_rest::StoredFile,
    error::NotebookError,
    random::{RandomSource as _, SystemRandom},
};

/// Most records that are read at once.
const PAGE: u32 = 500;

/// Whether original photographs go along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Photos {
    Add,
    Leave,
}

/// Writes the zip, whole or not at all. A file that is there is not written over. A pause ends it.
pub(super) fn export(
    notebook: &Notebook,
    path: &Path,
    role: Role,
    photos: Photos,
) -> Result<u32, NotebookError> {
    let working = notebook.work()?;
    if path.try_exists()? {
        return Err(taken());
    }
    let beside = beside(path)?;
    let file = File::create_new(&beside)?;
    let written = write(notebook, &working, file, role, photos)
        .and_then(|records| bring(&beside, path).map(|()| records));
    if written.is_err() {
        // The first error is the one to tell.
        drop(fs::remove_file(&beside));
    }
    written
}

/// A name that nobody else has, so that another export, or what one left behind when the phone died,
/// is not written over.
fn beside(path: &Path) -> Result<PathBuf, NotebookError> {
    let mut word = [0; 8];
    SystemRandom::new()
        .fill(&mut word)
        .map_err(|error| NotebookError::Storage { reason: error.to_string() })?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.part", to_hex(&word)));
    Ok(beside.into())
}

/// Brings a whole file under its name.
fn bring(beside: &Path, path: &Path) -> Result<(), NotebookError> {
    // Takes the name first, because a rename would replace what somebody else has put there meanwhile.
    if let Err(error) = File::create_new(path) {
        let there = error.kind() == io::ErrorKind::AlreadyExists;
        return Err(if there { taken() } else { error.into() });
    }
    if let Err(error) = fs::rename(beside, path) {
        drop(fs::remove_file(path));
        return Err(error.into());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Ok(folder) = File::open(folder.unwrap_or(Path::new("."))) {
        // What a phone shares with other apps is often no file system that can do this; then the file is
        // as durable as it gets.
        drop(folder.sync_all());
    }
    Ok(())
}

fn taken() -> NotebookError {
    NotebookError::invalid("path", "a file of this name is there; take another")
}

fn write(
    notebook: &Notebook,
    working: &Working<'_>,
    file: File,
    role: Role,
    photos: Photos,
) -> Result<u32, NotebookError> {
    let mut zip = Bundle(ZipWriter::new(file));
    if let Some(pack) = notebook.pack()? {
        zip.text("log.vkey", &format!("{}\n", pack.election.keys.log_vkey))?;
    }
    let key = format!("{}\n", notebook.public_key(role));
    zip.text(&format!("{}.key", role.name()), &key)?;
    for (number, fork) in notebook.forks()?.iter().enumerate() {
        zip.text(&format!("log-{}.fork", number + 1), &fork.to_text())?;
    }
    for (number, epoch) in notebook.epochs()?.iter().enumerate() {
        zip.text(&format!("epoch-{}.jws", number + 1), epoch)?;
    }
    let records = records(notebook, role)?;
    let mut done = Vec::new();
    for record in &records {
        working.go_on()?;
        zip.text(&format!("{}.jws", record.id), &notebook.signed_text(record.id)?)?;
        if let Some(receipt) = notebook.record_receipt(record.id)? {
            zip.text(&format!("{}.tlog-proof", record.id), &receipt)?;
        }
        for photo in &record.photos {
            // Two records may name one photograph.
            if done.contains(&photo.hash) {
                continue;
            }
            done.push(photo.hash);
            if let Some(receipt) = notebook.photo_receipt(photo.hash)? {
                zip.text(&format!("{}.tlog-proof", photo.hash), &receipt)?;
            }
            let file = notebook.stored_photo(photo.hash)?;
            if photos == Photos::Add && photo.role == PhotoRole::Original && file.path().exists() {
                working.go_on()?;
                // What is sealed to headquarters travels so; the ending says what opens it.
                let ending = if photo.sealed { ".age" } else { "" };
                zip.file(&format!("photos/{}{ending}", photo.hash), &file)?;
            }
        }
    }
    zip.finish()?;
    Ok(u32::try_from(records.len()).unwrap_or(u32::MAX))
}

fn records(notebook: &Notebook, role: Role) -> Result<Vec<RecordItem>, NotebookError> {
    let mut all = Vec::new();
    let mut skip = 0;
    loop {
        let page = notebook.list(skip, PAGE)?;
        let len = u32::try_from(page.len()).unwrap_or(PAGE);
        all.extend(page.into_iter().filter(|item| item.role == role));
        if len < PAGE {
            return Ok(all);
        }
        skip += PAGE;
    }
}

struct Bundle(ZipWriter<File>);

impl Bundle {
    fn text(&mut self, name: &str, text: &str) -> Result<(), NotebookError> {
        self.0.start_file(name, stored()).map_err(unwritten)?;
        Ok(self.0.write_all(text.as_bytes())?)
    }

    fn file(&mut self, name: &str, file: &StoredFile) -> Result<(), NotebookError> {
        self.0.start_file(name, stored().large_file(true)).map_err(unwritten)?;
        io::copy(&mut file.open()?, &mut self.0)?;
        Ok(())
    }

    fn finish(self) -> Result<(), NotebookError> {
        Ok(self.0.finish().map_err(unwritten)?.sync_all()?)
    }
}

/// Nothing is packed: photographs are already, signed texts are short, and the phone's library carries no
/// program that packs.
fn stored() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Stored)
}

fn unwritten(error: ZipError) -> NotebookError {
    match error {
        ZipError::Io(error) => error.into(),
        error => NotebookError::Storage { reason: error.to_string() },
    }
}
