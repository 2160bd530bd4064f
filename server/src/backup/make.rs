//! Making a backup of a headquarters that is served.

use std::{fs, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hattama_proto::{
    id::{FileHash, PhotoHash},
    sealing::{RECIPIENTS_MAX, Recipient, sealed_len},
    time::UnixMillis,
};
use serde::Serialize;

use super::{
    BackupError, Progress, Tell, files,
    made::MadeBefore,
    manifest::{LISTED, Manifest, TablePieces, file_name, piece_file},
    piece::{Names, Piece, padded_len, texts},
    rows,
    target::Target,
};
use crate::{
    blobs::{BlobError, Blobs},
    config::Config,
    folder::DataFolder,
    keys,
    log::HeadFile,
    store::{Db, Snapshot, tables, tables::TABLES},
};

/// Whether headquarters' keys are in a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// All that are in `keys/`: whoever has an identity can sign as headquarters.
    Take,
    /// None: they are kept elsewhere, and brought when it is restored.
    Leave,
}

/// What backup is wanted.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// The folder that it goes into.
    pub to: &'a Path,
    /// To whom it is sealed.
    pub recipients: &'a [Recipient],
    /// Whether keys are in it.
    pub keys: Keys,
    /// When it begins.
    pub now: UnixMillis,
}

/// A backup that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Its number in the folder.
    pub number: u64,
    /// Entries of the log in it.
    pub entries: u64,
    /// Rows of all tables.
    pub rows: u64,
    /// Photographs.
    pub photographs: u64,
    /// Files of the data folder.
    pub files: u64,
    /// Names of the keys in it.
    pub keys: Vec<String>,
    /// Files that were added to the folder.
    pub added: u64,
    /// Their bytes.
    pub added_bytes: u64,
    /// Photographs that the log calls whole and that could not be read as they were logged.
    pub absent: Vec<String>,
}

/// Makes a backup. It may be cut at any point: nothing that was there before is touched, and the next
/// one goes on from what has arrived.
pub async fn make(
    folder: &DataFolder,
    config: &Config,
    asked: &Asked<'_>,
    tell: Tell<'_>,
) -> Result<Made, BackupError> {
    if asked.recipients.is_empty() || asked.recipients.len() > RECIPIENTS_MAX {
        return Err(BackupError::Recipients);
    }
    let _alone = folder.lock_backups()?;
    let target = Target::open_or_begin(asked.to)?;
    let previous = previous(folder, &target)?;
    let secret = keys::backup_names(&folder.keys())?;
    let pair = keys::hq_pair(&folder.keys())?;
    let recipients = texts(asked.recipients);
    let mut adding = Adding {
        sealed_to: recipients.iter().filter_map(|text| text.parse().ok()).collect(),
        names: Names::new(&secret, &recipients),
        target,
        added: 0,
        added_bytes: 0,
    };

    // Read before the store, as all files are: the store has grown out of it.
    let head = HeadFile::open(&keys::log_head(&folder.keys()))?.last();
    let mut named = files::read(folder, asked.keys, tell, &mut |content| adding.add(content))?;
    named.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    let url = config.database_url(folder)?;
    let db = Db::open_reading(&url).await?.ok_or(BackupError::NoStore(url))?;
    let dumped = dump(&db, &mut adding, tell).await;
    db.close().await;
    let Dumped { tables, photographs } = dumped?;
    let count =
        |name: &str| tables.iter().find(|table| table.name == name).map_or(0, |table| table.rows);
    let (stored, signed) = (count("log_leaf"), head.map_or(0, |head| head.size));
    if stored < signed {
        return Err(BackupError::Behind { stored, signed });
    }
    let blobs = Blobs::open(&config.blobs_url(folder)?)?;
    let absent = carry(&blobs, &photographs, &mut adding, tell).await?;

    let keys = named.iter().filter(|file| files::is_key(&file.0));
    let keys: Vec<String> = keys.map(|file| file.0["keys/".len()..].to_owned()).collect();
    let listed: Vec<Piece> = photographs
        .iter()
        .map(|(photo, bytes)| Piece(FileHash::from_bytes(*photo.as_bytes()), *bytes))
        .filter(|piece| !absent.contains(&piece.0.to_hex()))
        .collect();
    let number = previous.map_or(1, |(number, _)| number + 1);
    let manifest = Manifest {
        format: 1,
        number,
        previous: previous.map(|(_, hash)| hash),
        target: adding.target.id().to_owned(),
        made_at_ms: asked.now,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        schema: Db::schema_number(),
        election: config.election.clone(),
        root_key: config.root_key,
        hq_key: keys::hq(&folder.keys())?.public(),
        names: STANDARD.encode(secret),
        recipients,
        entries: stored,
        keys: keys.clone(),
        photographs: adding.list(&listed)?,
        photograph_count: listed.len() as u64,
        absent: absent.clone(),
        files: adding.list(&named)?,
        tables,
    };
    // Crash point: everything is there and nothing says so. After the last line of this block it does.
    adding.target.sync()?;
    let name = file_name(number);
    let bytes = adding.target.add(&name, &manifest.sign(&pair), &adding.sealed_to)?;
    adding.target.sync()?;
    let made = MadeBefore::read(&folder.backups_made())?;
    let id = adding.target.id().to_owned();
    made.note(&folder.backups_made(), &id, (number, hash_of(&adding.target, &name)?))?;
    Ok(Made {
        number,
        entries: manifest.entries,
        rows: manifest.tables.iter().map(|table| table.rows).sum(),
        photographs: manifest.photograph_count,
        files: named.len() as u64,
        keys,
        added: adding.added + 1,
        added_bytes: adding.added_bytes + bytes,
        absent,
    })
}

/// The newest backup in the folder. Refuses if it is older than the newest that was made.
fn previous(folder: &DataFolder, target: &Target) -> Result<Option<(u64, FileHash)>, BackupError> {
    let last = match target.numbers()?.last() {
        Some(last) => Some((*last, hash_of(target, &file_name(*last))?)),
        None => None,
    };
    if let Some((number, sha256)) = MadeBefore::read(&folder.backups_made())?.newest(target.id()) {
        let path = target.root().to_owned();
        let name = file_name(number);
        let there = target.len(&name)?.is_some() && hash_of(target, &name)? == sha256;
        if !there {
            return Err(BackupError::Gone { number, path });
        }
    }
    Ok(last)
}

fn hash_of(target: &Target, name: &str) -> Result<FileHash, BackupError> {
    let path = target.path(name);
    let bytes = fs::read(&path).map_err(|source| BackupError::Io { path, source })?;
    Ok(FileHash::of(&bytes))
}

/// Adds pieces to a target, each once.
struct Adding {
    target: Target,
    names: Names,
    sealed_to: Vec<Recipient>,
    added: u64,
    added_bytes: u64,
}

impl Adding {
    fn add(&mut self, content: &[u8]) -> Result<Piece, BackupError> {
        let piece = Piece::of(content);
        if !self.has(&piece)? {
            self.put(&piece, content)?;
        }
        Ok(piece)
    }

    /// Whether a piece is there already, whole as far as its length tells.
    fn has(&self, piece: &Piece) -> Result<bool, BackupError> {
        let name = piece_file(&self.names.of(piece));
        match self.target.len(&name)? {
            None => Ok(false),
            Some(there) if there == sealed_len(padded_len(piece.1), self.sealed_to.len()) => {
                Ok(true)
            }
            Some(_) => Err(BackupError::Length(self.target.path(&name))),
        }
    }

    fn put(&mut self, piece: &Piece, content: &[u8]) -> Result<(), BackupError> {
        let name = piece_file(&self.names.of(piece));
        self.added_bytes += self.target.add(&name, content, &self.sealed_to)?;
        self.added += 1;
        Ok(())
    }

    /// Lists of what there is to list, each a piece.
    fn list(&mut self, of: &[impl Serialize]) -> Result<Vec<Piece>, BackupError> {
        let text = |part| serde_json::to_vec(part).expect("what is listed is JSON");
        of.chunks(LISTED).map(|part| self.add(&text(part))).collect()
    }
}

/// The store, as it was put into pieces.
struct Dumped {
    tables: Vec<TablePieces>,
    /// Photographs that are whole, in the order of the log, and their lengths.
    photographs: Vec<(PhotoHash, u64)>,
}

async fn dump(db: &Db, adding: &mut Adding, tell: Tell<'_>) -> Result<Dumped, BackupError> {
    let moment = db.snapshot().await?;
    tell(Progress::Rows(tables::counts(db).await?.iter().sum()));
    let mut dumped = Dumped { tables: Vec::with_capacity(TABLES.len()), photographs: Vec::new() };
    for table in &TABLES {
        let mut pages = Pages { moment: &moment, table, last: None, is_done: false };
        let (mut pieces, mut rows) = (Vec::new(), 0);
        while let Some(page) = pages.next().await? {
            if table.name == "photo" {
                for row in &page {
                    let photo = row.text(1)?.parse().map_err(|_| unreadable())?;
                    let bytes = u64::try_from(row.int(2)?).map_err(|_| unreadable())?;
                    dumped.photographs.push((photo, bytes));
                }
            }
            pieces.push(adding.add(&rows::write(&page))?);
            rows += page.len() as u64;
            tell(Progress::Done(page.len() as u64));
        }
        let pages = adding.list(&pieces)?;
        dumped.tables.push(TablePieces { name: table.name.to_owned(), rows, pages });
    }
    Ok(dumped)
}

fn unreadable() -> crate::store::StoreError {
    crate::store::StoreError::Unavailable("a photograph's row cannot be read".into())
}

/// A table, page by page.
struct Pages<'a> {
    moment: &'a Snapshot,
    table: &'a tables::Table,
    last: Option<crate::store::Row>,
    is_done: bool,
}

impl Pages<'_> {
    async fn next(&mut self) -> Result<Option<Vec<crate::store::Row>>, BackupError> {
        if self.is_done {
            return Ok(None);
        }
        let page = self.table.page_at(self.moment, self.last.as_ref()).await?;
        self.is_done = page.len() < self.table.page_rows();
        self.last = page.last().cloned();
        Ok((!page.is_empty()).then_some(page))
    }
}

/// Photographs that are not in the target yet. One that cannot be read as it was logged stops nobody
/// else's: it is named.
async fn carry(
    blobs: &Blobs,
    photographs: &[(PhotoHash, u64)],
    adding: &mut Adding,
    tell: Tell<'_>,
) -> Result<Vec<String>, BackupError> {
    tell(Progress::Photographs(photographs.len() as u64));
    let mut absent = Vec::new();
    for (photo, bytes) in photographs {
        let piece = Piece(FileHash::from_bytes(*photo.as_bytes()), *bytes);
        if !adding.has(&piece)? {
            match blobs.read(photo).await {
                Ok(Some(content)) if content.len() as u64 == *bytes => {
                    adding.put(&piece, &content)?;
                }
                Ok(_) | Err(BlobError::Altered(_)) => absent.push(photo.to_hex()),
                Err(error) => return Err(error.into()),
            }
        }
        tell(Progress::Done(1));
    }
    Ok(absent)
}
