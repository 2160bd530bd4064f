//! Reading all of it, and comparing every hash.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Archive, BackupError, Damage, Progress, Tell,
    archive::Backup,
    manifest::{NamedFile, piece_file},
    piece::Piece,
};

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Backups that opened.
    pub backups: u64,
    /// Pieces that were read and are what they were.
    pub pieces: u64,
    /// Bytes of their content.
    pub bytes: u64,
    /// Files that are not as they were written.
    pub damages: Vec<Damage>,
    /// Pieces that belong to no backup that opens: of one that was cut, or whose own file is gone, or that
    /// only a damaged list names.
    pub strays: u64,
}

/// Reads every piece of every backup. Goes on after what is damaged, so that all of it is told at once.
pub fn verify(archive: &Archive, tell: Tell<'_>) -> Result<Verified, BackupError> {
    let mut found = Verified { damages: archive.damages().to_vec(), ..Verified::default() };
    // A piece of several backups is read once.
    let mut wanted: BTreeMap<String, (&Backup, Piece)> = BTreeMap::new();
    let mut read: BTreeSet<String> = BTreeSet::new();
    for backup in archive.backups() {
        found.backups += 1;
        for piece in pieces(archive, backup, &mut found, &mut read)? {
            wanted.entry(piece_file(&backup.names.of(&piece))).or_insert((backup, piece));
        }
    }
    tell(Progress::Pieces(wanted.len() as u64));
    for (backup, piece) in wanted.values() {
        look(archive, backup, piece, &mut found, &mut read)?;
        tell(Progress::Done(1));
    }
    let there = archive.target.pieces()?;
    for name in there.iter().filter(|name| !read.contains(*name)) {
        found.strays += 1;
        match archive.is_a_piece(name) {
            // Of a backup that was cut, and sealed to others.
            Ok(true) | Err(BackupError::Damage(Damage::Closed(_))) => {}
            Ok(false) => found.damages.push(Damage::Swapped(name.clone())),
            Err(BackupError::Damage(damage)) => found.damages.push(damage),
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Every piece of a backup that its lists name. The lists are read here.
fn pieces(
    archive: &Archive,
    backup: &Backup,
    found: &mut Verified,
    read: &mut BTreeSet<String>,
) -> Result<Vec<Piece>, BackupError> {
    let manifest = &backup.manifest;
    let mut all = Vec::new();
    let tables = manifest.tables.iter().flat_map(|table| &table.pages);
    for list in tables.chain(&manifest.photographs) {
        if look(archive, backup, list, found, read)? {
            all.extend(archive.listed_in::<Piece>(&backup.names, &[*list])?);
        }
    }
    for list in &manifest.files {
        if look(archive, backup, list, found, read)? {
            let named = archive.listed_in::<NamedFile>(&backup.names, &[*list])?;
            all.extend(named.iter().map(|file| file.1));
        }
    }
    Ok(all)
}

/// Reads one piece, the first time that it is met; says whether it is whole.
fn look(
    archive: &Archive,
    backup: &Backup,
    piece: &Piece,
    found: &mut Verified,
    read: &mut BTreeSet<String>,
) -> Result<bool, BackupError> {
    let name = piece_file(&backup.names.of(piece));
    if !read.insert(name.clone()) {
        return Ok(!found.damages.iter().any(|damage| damage.name() == name));
    }
    match archive.piece(&backup.names, piece) {
        Ok(content) => {
            found.pieces += 1;
            found.bytes += content.len() as u64;
            Ok(true)
        }
        Err(BackupError::Damage(damage)) => {
            found.damages.push(damage);
            Ok(false)
        }
        Err(error) => Err(error),
    }
}
