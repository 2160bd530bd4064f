//! A headquarters out of a backup, in a new place. The settings come last: until all of it was checked
//! there is nothing that could be served.

use std::fs;

use hattama_proto::{
    id::{Kid, PhotoHash},
    time::UnixMillis,
};

use super::{
    Archive, BackupError, Damage, Goal, Progress, Tell,
    archive::Backup,
    files::{HEAD, SETTINGS, place},
    goal::{begin, bring_keys, config, put, read_head, refuse_unless_ours},
    manifest::{NamedFile, file_name, piece_file},
    piece::Piece,
    rows,
};
use crate::{
    blobs::{BlobError, Blobs},
    folder::{DataFolder, publish_durably, sync_folder, write_durably},
    fsck::{Findings, PhotoFiles, check_folder},
    store::{Db, tables, tables::TABLES},
};

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
