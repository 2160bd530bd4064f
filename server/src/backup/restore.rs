//! A headquarters out of a backup, in a new place. The settings come last: until all of it was checked
//! there is nothing that could be served.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use hattama_proto::{
    id::{Kid, PhotoHash},
    time::UnixMillis,
    tlog::{Checkpoint, KeyName},
};

use super::{
    Archive, BackupError, Damage, Progress, Tell,
    archive::Backup,
    files::{HEAD, SETTINGS, is_key, place},
    manifest::{NamedFile, file_name, piece_file},
    piece::Piece,
    rows,
};
use crate::{
    blobs::{BlobError, Blobs, BlobsUrl},
    config::{Config, Places},
    folder::{DataFolder, publish_durably, sync_folder, write_durably},
    fsck::{Findings, PhotoFiles, check_folder},
    keys,
    log::{Head, HeadFile},
    store::{DatabaseUrl, Db, tables, tables::TABLES},
};

/// Where a headquarters is to be, and what it needs that may not be in the backup.
#[derive(Clone, Debug)]
pub struct Goal<'a> {
    /// Its data folder: new, or empty.
    pub into: &'a Path,
    /// Its store; `hq.db` in the folder if none.
    pub database: Option<&'a str>,
    /// Its photographs; `blobs` in the folder if none.
    pub blobs: Option<&'a str>,
    /// Which backup; the newest if none.
    pub at: Option<u64>,
    /// A folder with the keys, where the backup has none.
    pub keys: Option<&'a Path>,
    /// A newer `log.head` than the backup's, or a newer checkpoint that the log signed.
    pub log_head: Option<&'a Path>,
    /// Thumbprint of the root key that the backup has to be of.
    pub root: Option<&'a Kid>,
    /// Now; dates the store's schema.
    pub now: UnixMillis,
}

/// How far the log was signed, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadAfter {
    /// No later than the backup, as somebody knows who gave a head.
    Here,
    /// Up to so many entries: the backup lacks some, and a new epoch has to say so.
    Beyond(u64),
    /// Nobody said.
    Unknown,
}

/// A headquarters that was restored.
#[derive(Clone, Debug)]
pub struct Restored {
    /// The backup's number.
    pub number: u64,
    /// When it was begun.
    pub made_at: UnixMillis,
    /// Thumbprint of its root key.
    pub root: Kid,
    /// Rows in all tables.
    pub rows: u64,
    /// Photographs.
    pub photographs: u64,
    /// Photographs that are not in the backup, or not whole there.
    pub lacking: Vec<String>,
    /// Files of the data folder.
    pub files: u64,
    /// Entries of the log.
    pub entries: u64,
    /// How far it was signed.
    pub head: HeadAfter,
    /// What `fsck` found.
    pub checked: Findings,
}

/// Restores a backup; see the promises of this module. On an error what was written is left to be
/// looked at, and is no headquarters.
pub async fn restore(
    archive: &Archive,
    goal: &Goal<'_>,
    tell: Tell<'_>,
) -> Result<Restored, BackupError> {
    let backup = archive.one(goal.at)?;
    let manifest = &backup.manifest;
    refuse_unless_ours(backup, goal)?;
    let named: Vec<NamedFile> = archive.listed_in(&backup.names, &manifest.files)?;
    let folder = begin(goal)?;
    tell(Progress::Files(named.len() as u64));
    let settings = files(archive, backup, &folder, &named, tell)?;
    if let Some(from) = goal.keys {
        bring_keys(from, &folder)?;
    }
    let (waiting, config) = config(&folder, &settings, goal)?;
    let later = goal.log_head.map(|path| read_head(path, &folder, &config)).transpose()?;

    tell(Progress::Rows(manifest.tables.iter().map(|table| table.rows).sum()));
    let url = config.database_url(&folder)?;
    let db = Db::open(&url, goal.now).await?;
    let stored = store(archive, backup, &db, tell).await;
    db.close().await;
    let rows = stored?;
    let blobs = Blobs::open(&config.blobs_url(&folder)?)?;
    let photos: Vec<Piece> = archive.listed_in(&backup.names, &manifest.photographs)?;
    tell(Progress::Photographs(photos.len() as u64));
    let mut lacking = manifest.absent.clone();
    for piece in &photos {
        if !photograph(archive, backup, (&folder, &blobs), piece).await? {
            lacking.push(piece.0.to_hex());
        }
        tell(Progress::Done(1));
    }
    tell(Progress::Checking);
    let photo_files = if lacking.is_empty() { PhotoFiles::Read } else { PhotoFiles::Leave };
    let checked = check_folder(&folder, &config, photo_files, &mut |_, _| {}).await?;
    let head = match later {
        None => HeadAfter::Unknown,
        Some(head) if head.size > checked.entries => {
            put(&folder.root().join(HEAD), head.to_text().as_bytes(), write_durably)?;
            HeadAfter::Beyond(head.size)
        }
        Some(_) => HeadAfter::Here,
    };
    // Crash point: all of it is there, and no headquarters yet. From here on it is one.
    let io = |source| BackupError::Io { path: folder.config(), source };
    fs::rename(&waiting, folder.config()).map_err(io)?;
    sync_folder(folder.root()).map_err(io)?;
    Ok(Restored {
        number: manifest.number,
        made_at: manifest.made_at_ms,
        root: manifest.root_key.kid(),
        rows,
        photographs: photos.len() as u64 + manifest.absent.len() as u64 - lacking.len() as u64,
        lacking,
        files: named.len() as u64,
        entries: checked.entries,
        head,
        checked,
    })
}

/// Found out before anything is made.
fn refuse_unless_ours(backup: &Backup, goal: &Goal<'_>) -> Result<(), BackupError> {
    if let Some(database) = goal.database {
        database.parse::<DatabaseUrl>()?;
    }
    if let Some(blobs) = goal.blobs {
        Blobs::open(&blobs.parse::<BlobsUrl>()?)?;
    }
    let manifest = &backup.manifest;
    let (schema, ours) = (manifest.schema, Db::schema_number());
    if schema != ours {
        return Err(BackupError::Schema { program: manifest.program.clone(), schema, ours });
    }
    let found = manifest.root_key.kid();
    if let Some(expected) = goal.root
        && *expected != found
    {
        let [found, expected] = [&found, expected].map(ToString::to_string);
        return Err(BackupError::Root { found, expected });
    }
    match (manifest.keys.is_empty(), goal.keys) {
        (true, None) => Err(BackupError::NoKeys),
        (false, Some(_)) => Err(BackupError::TwoKeys),
        _ => Ok(()),
    }
}

/// The folder, with its rooms, if all places are empty.
fn begin(goal: &Goal<'_>) -> Result<DataFolder, BackupError> {
    let io = |source| BackupError::Io { path: goal.into.to_owned(), source };
    match fs::read_dir(goal.into) {
        Ok(mut found) => {
            if found.next().is_some() {
                return Err(BackupError::Occupied(goal.into.display().to_string()));
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(source) => return Err(io(source)),
    }
    Ok(DataFolder::create(goal.into)?)
}

/// Writes every file of the data folder but the settings, which are returned.
fn files(
    archive: &Archive,
    backup: &Backup,
    folder: &DataFolder,
    named: &[NamedFile],
    tell: Tell<'_>,
) -> Result<Vec<u8>, BackupError> {
    let mut settings = None;
    for NamedFile(name, piece) in named {
        let content = archive.piece(&backup.names, piece)?;
        let path = place(folder.root(), name)
            .ok_or_else(|| Damage::Altered(piece_file(&backup.names.of(piece))))?;
        if name == SETTINGS {
            settings = Some(content);
        } else {
            let write = if name.starts_with("log") { publish_durably } else { write_durably };
            put(&path, &content, write)?;
        }
        tell(Progress::Done(1));
    }
    let altered = || Damage::Altered(file_name(backup.manifest.number)).into();
    settings.ok_or_else(altered)
}

fn put(
    path: &Path,
    bytes: &[u8],
    write: impl Fn(&Path, &[u8]) -> io::Result<()>,
) -> Result<(), BackupError> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| write(path, bytes))
        .map_err(|source| BackupError::Io { path: path.to_owned(), source })
}

/// Copies keys that are kept elsewhere.
fn bring_keys(from: &Path, folder: &DataFolder) -> Result<(), BackupError> {
    let io = |source| BackupError::Io { path: from.to_owned(), source };
    for entry in fs::read_dir(from).map_err(io)? {
        let name = entry.map_err(io)?.file_name().to_string_lossy().into_owned();
        let is_one = name.ends_with(".seed") || name == "sealing.age";
        if is_one && is_key(&format!("keys/{name}")) {
            let bytes = fs::read(from.join(&name)).map_err(io)?;
            put(&folder.keys().join(&name), &bytes, write_durably)?;
        }
    }
    Ok(())
}

/// The settings, with the new places, under a name that makes the folder no headquarters yet.
fn config(
    folder: &DataFolder,
    settings: &[u8],
    goal: &Goal<'_>,
) -> Result<(PathBuf, Config), BackupError> {
    let waiting = folder.root().join("restoring.toml");
    put(&waiting, settings, write_durably)?;
    let told = Config::load(&waiting)?;
    let io = |source| BackupError::Io { path: goal.into.to_owned(), source };
    let root = std::path::absolute(goal.into).map_err(io)?;
    let here = |path: PathBuf| path.display().to_string();
    // Never where the lost headquarters had it, unless somebody says so: it may not be lost.
    let database = match (goal.database, told.database) {
        (Some(database), _) => Some(database.to_owned()),
        (None, Some(_)) => Some(here(root.join("hq.db"))),
        (None, None) => None,
    };
    let blobs = match (goal.blobs, told.blobs) {
        (Some(blobs), _) => Some(blobs.to_owned()),
        (None, Some(_)) => Some(here(root.join("blobs"))),
        (None, None) => None,
    };
    Config::switch(&waiting, &Places { database, blobs })?;
    let config = Config::load(&waiting)?;
    Ok((waiting, config))
}

/// A head that somebody kept: the file of the lost machine, or a signed checkpoint of the log.
fn read_head(path: &Path, folder: &DataFolder, config: &Config) -> Result<Head, BackupError> {
    let none = || BackupError::NoHead(path.to_owned());
    let text = fs::read_to_string(path).map_err(|_| none())?;
    if let Ok(head) = HeadFile::open(path) {
        return head.last().ok_or_else(none);
    }
    let origin = KeyName::new(&config.log_origin)
        .map_err(|_| BackupError::Origin(config.log_origin.clone()))?;
    let signer = keys::log(&folder.keys(), origin)?;
    let key = signer.verifier_key();
    let checkpoint = Checkpoint::verify(&text, key.name(), key).map_err(|_| none())?;
    Ok(Head { size: checkpoint.size, root: checkpoint.root })
}

/// Fills an empty store, and reads it back.
async fn store(
    archive: &Archive,
    backup: &Backup,
    db: &Db,
    tell: Tell<'_>,
) -> Result<u64, BackupError> {
    if tables::counts(db).await?.iter().any(|count| *count > 0) {
        return Err(BackupError::Occupied("the database".to_owned()));
    }
    let altered = || Damage::Altered(file_name(backup.manifest.number));
    let mut total = 0;
    // In our order: the log's leaves come last, and without them nothing can be served.
    for table in &TABLES {
        let held = backup.manifest.tables.iter().find(|held| held.name == table.name);
        let held = held.ok_or_else(altered)?;
        let pages: Vec<Piece> = archive.listed_in(&backup.names, &held.pages)?;
        let mut last = None;
        let mut count = 0;
        for piece in &pages {
            let text = archive.piece(&backup.names, piece)?;
            let read = rows::read(&text)
                .ok_or_else(|| Damage::Altered(piece_file(&backup.names.of(piece))))?;
            count += read.len() as u64;
            tell(Progress::Done(read.len() as u64));
            db.commit(table.add(read)).await?;
            let back = table.page(db, last.as_ref()).await?;
            if rows::write(&back) != text {
                return Err(BackupError::Arrival(table.name.to_owned()));
            }
            last = back.into_iter().next_back();
        }
        if count != held.rows {
            return Err(altered().into());
        }
        total += count;
    }
    Ok(total)
}

/// Brings one photograph to its place; whether it was whole in the backup.
async fn photograph(
    archive: &Archive,
    backup: &Backup,
    (folder, blobs): (&DataFolder, &Blobs),
    piece: &Piece,
) -> Result<bool, BackupError> {
    let content = match archive.piece(&backup.names, piece) {
        Ok(content) => content,
        Err(BackupError::Damage(_)) => return Ok(false),
        Err(error) => return Err(error),
    };
    let photo = PhotoHash::from_bytes(*piece.0.as_bytes());
    let file = folder.partial().join(format!("restoring-{}", photo.to_hex()));
    put(&file, &content, write_durably)?;
    blobs.keep(file.clone(), &photo).await?;
    // A folder has taken it; a bucket leaves it.
    let _gone = fs::remove_file(&file);
    if blobs.read(&photo).await?.is_none() {
        return Err(BlobError::Lost(photo).into());
    }
    Ok(true)
}
