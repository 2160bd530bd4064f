//! Evidence out of a notebook that this program cannot open: a newer version wrote it, its database is
//! damaged, or nobody shall touch it any more. Reads, and writes nothing into the notebook's folder.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::Path,
    sync::Arc,
};

use hattama_proto::{
    id::{PhotoHash, RecordId, to_hex},
    jws::Envelope,
};
use ring::digest::{Context, SHA256};

use super::Notebook;
use crate::{
    at_rest::{Files, StoredFile},
    error::NotebookError,
    keys::Keys,
    outbox::{self, Found, cipher},
    random::{RandomSource, SystemRandom},
    vault::KeyVault,
};

/// Bytes copied at a time.
const PIECE_BYTES: usize = 128 * 1024;

/// What was brought out of a notebook's folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Records, as `ID.jws`.
    pub records: u32,
    /// Receipts, as `ID.tlog-proof`; none where the database cannot be read at all.
    pub receipts: u32,
    /// Photographs and other files, as `photos/HASH`; those that are sealed to headquarters stay so, as
    /// `photos/HASH.age`.
    pub photos: u32,
}

impl Notebook {
    /// Writes every record, receipt and photograph of the notebook in `folder` that can be read into
    /// the folder `to`, in clear and in the forms that `hattama verify` judges. `vault` where the
    /// notebook has one.
    ///
    /// Looks into the copies of the records and into the database, of whatever version; changes
    /// nothing. `to` must be empty or not be there: it is made, and holds everything that the
    /// notebook's encryption had kept.
    pub fn export_closed(
        folder: &Path,
        vault: Option<&dyn KeyVault>,
        to: &Path,
    ) -> Result<Exported, NotebookError> {
        if to.read_dir().is_ok_and(|mut there| there.next().is_some()) {
            return Err(NotebookError::invalid("to", "the folder is not empty; take another"));
        }
        let random: Arc<dyn RandomSource> = Arc::new(SystemRandom::new());
        let files = match (Keys::standing(folder)?, vault) {
            (None, _) => Files::Plain,
            (Some(_), Some(vault)) => Files::of(Keys::unlock(folder, vault)?.rest(), &random),
            (Some(_), None) => {
                return Err(NotebookError::Keys {
                    reason: "the notebook is encrypted; its key vault or passphrase is needed"
                        .to_owned(),
                });
            }
        };
        if files.rest().is_some() {
            cipher::check_build()?;
        }
        fs::create_dir_all(to.join("photos"))?;
        // Where it is read: SQLite writes beside what it reads.
        let beside = to.join(".reading");
        let found = outbox::find(folder, &files, &beside);
        fs::remove_dir_all(&beside)?;
        let exported = write(folder, &files, found?, to)?;
        File::open(to)?.sync_all()?;
        Ok(exported)
    }
}

fn write(folder: &Path, files: &Files, found: Found, to: &Path) -> Result<Exported, NotebookError> {
    let mut exported = Exported::default();
    for text in found.records {
        // Whatever it is, if it is a signed string it goes out; who signed it is for others to judge.
        if Envelope::parse(&text).is_err() {
            continue;
        }
        let id = RecordId::of(text.as_bytes());
        keep(&to.join(format!("{id}.jws")), &mut text.as_bytes())?;
        exported.records += 1;
    }
    for (subject, text) in found.receipts {
        keep(&to.join(format!("{subject}.tlog-proof")), &mut text.as_bytes())?;
        exported.receipts += 1;
    }
    // Names of an encrypted notebook say nothing; those of the photographs it knows are made again.
    let sealed: BTreeMap<String, PhotoHash> =
        found.photos.into_iter().map(|photo| (files.sealed_name(photo), photo)).collect();
    let blobs = folder.join("blobs");
    let sub_folders = if blobs.is_dir() { blobs.read_dir()?.collect() } else { Vec::new() };
    for sub_folder in sub_folders {
        for file in sub_folder?.path().read_dir()? {
            let path = file?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            exported.photos += match Files::is_for_headquarters(&name) {
                true => sealed_photograph(&path, sealed.get(&name), &to.join("photos"))?,
                false => photograph(&files.at(path), &to.join("photos"))?,
            };
        }
    }
    Ok(exported)
}

/// One file, called by the hash of what it turns out to hold. One that does not open is left out.
fn photograph(file: &StoredFile, to: &Path) -> Result<u32, NotebookError> {
    let Ok(mut content) = file.open() else { return Ok(0) };
    let fresh = to.join(".new");
    let mut hash = Context::new(&SHA256);
    let mut target = File::create(&fresh)?;
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        match content.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => {
                hash.update(&piece[..read]);
                target.write_all(&piece[..read])?;
            }
            Err(_) => {
                fs::remove_file(fresh)?;
                return Ok(0);
            }
        }
    }
    target.sync_all()?;
    fs::rename(fresh, to.join(to_hex(hash.finish().as_ref())))?;
    Ok(1)
}

/// One file that only headquarters can read, as it is; called by the hash of what is in it, where that is
/// known, and by the name it has where not.
fn sealed_photograph(
    path: &Path,
    photo: Option<&PhotoHash>,
    to: &Path,
) -> Result<u32, NotebookError> {
    let name = match (photo, path.file_stem()) {
        (Some(photo), _) => photo.to_hex(),
        (None, Some(stem)) => stem.to_string_lossy().into_owned(),
        (None, None) => return Ok(0),
    };
    keep(&to.join(format!("{name}.age")), &mut File::open(path)?)?;
    Ok(1)
}

fn keep(path: &Path, content: &mut dyn io::Read) -> Result<(), NotebookError> {
    let mut file = File::create(path)?;
    io::copy(content, &mut file)?;
    file.flush()?;
    file.sync_all()?;
    Ok(())
}
