//! The public log: every file made anew from the entries, for whoever has nothing but the files
//! and the log's key.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use hattama_proto::tlog::{
    Checkpoint, TileKind, TileName, Tree, VerifierKey, leaf_hash, read_entry_bundle,
};

use super::{FsckError, Lie};
use crate::log::PublicFolder;

/// A public log that holds.
#[derive(Debug)]
pub struct PublicLog {
    /// Its entries, as bytes.
    pub entries: Vec<Vec<u8>>,
    /// Its head.
    pub head: Checkpoint,
    /// How many files of tiles were compared.
    pub tiles: u64,
    pub(super) tree: Tree,
}

impl PublicLog {
    /// A public log out of its checkpoint and its bundles of entries, however they are fetched: the
    /// signature holds and the root is that of the entries. `bundle` gives the tile that is asked
    /// for, or the full one that has taken its place.
    pub fn of<E: From<FsckError>>(
        note: &str,
        key: &VerifierKey,
        mut bundle: impl FnMut(&TileName) -> Result<(Vec<u8>, TileName), E>,
    ) -> Result<Self, E> {
        let lie = |lie| E::from(FsckError::Lie(lie));
        let head = Checkpoint::verify(note, key.name(), key)
            .map_err(|error| lie(Lie::PublicNote(error)))?;
        let mut entries = Vec::new();
        let bundles =
            TileName::grown(0, head.size).take_while(|tile| tile.kind() == TileKind::Entries);
        for name in bundles {
            let (bytes, found) = bundle(&name)?;
            let read = read_entry_bundle(&bytes, found.width())
                .map_err(|_| lie(Lie::Tile(found.to_string().into())))?;
            entries.extend(read.into_iter().take(name.width().into()).map(<[u8]>::to_vec));
        }
        let tree: Tree = entries.iter().map(|entry| leaf_hash(entry)).collect();
        if tree.root() != head.root {
            return Err(lie(Lie::PublicRoot(head.size)));
        }
        Ok(Self { entries, head, tiles: 0, tree })
    }
}

/// Checks a public log: the checkpoint's signature, the root over the entries, and every tile in
/// the folder, also those of earlier sizes. None if nothing was published.
pub fn check_public(
    folder: &PublicFolder,
    key: &VerifierKey,
) -> Result<Option<PublicLog>, FsckError> {
    let note = folder
        .checkpoint()
        .map_err(|source| FsckError::Io { path: folder.root().join("checkpoint"), source })?;
    let Some(note) = note else { return Ok(None) };
    let mut log = PublicLog::of(&note, key, |tile| read_or_full(folder, tile))?;
    for tile in TileName::grown(0, log.head.size) {
        read_or_full(folder, &tile)?;
    }
    log.tiles = check_tiles(folder, &folder.root().join("tile"), &log.tree, &log.entries)?;
    Ok(Some(log))
}

/// A tile, or the full one that has taken its place.
fn read_or_full(folder: &PublicFolder, tile: &TileName) -> Result<(Vec<u8>, TileName), FsckError> {
    for name in [*tile, tile.full()] {
        let path = folder.root().join(name.to_string());
        match folder.tile(&name) {
            Ok(Some(bytes)) => return Ok((bytes, name)),
            Ok(None) => {}
            Err(source) => return Err(FsckError::Io { path, source }),
        }
    }
    Err(Lie::NoTile(folder.root().join(tile.to_string())).into())
}

/// Compares every file below `within` that has the name of a tile of this tree. Others are left
/// alone: a publication that died may have left them, and nothing reads them.
fn check_tiles(
    folder: &PublicFolder,
    within: &Path,
    tree: &Tree,
    entries: &[Vec<u8>],
) -> Result<u64, FsckError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source: io::Error| FsckError::Io { path, source }
    };
    let mut count = 0;
    let mut paths: Vec<PathBuf> = match fs::read_dir(within) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        found => found
            .and_then(|found| found.map(|entry| Ok(entry?.path())).collect())
            .map_err(io(within))?,
    };
    paths.sort_unstable();
    for path in paths {
        if path.is_dir() {
            count += check_tiles(folder, &path, tree, entries)?;
            continue;
        }
        let name = path.strip_prefix(folder.root()).ok().and_then(Path::to_str);
        let Some(tile) = name.and_then(|name| name.parse::<TileName>().ok()) else { continue };
        let end = tile.first() + u64::from(tile.width());
        if end > tile.kind().count(tree.len()) {
            continue;
        }
        let bytes = fs::read(&path).map_err(io(&path))?;
        if expected(&tile, tree, entries) != Some(bytes) {
            return Err(Lie::Tile(path).into());
        }
        count += 1;
    }
    Ok(count)
}

fn expected(tile: &TileName, tree: &Tree, entries: &[Vec<u8>]) -> Option<Vec<u8>> {
    match tile.kind() {
        TileKind::Hashes(level) => tree.at(tree.len()).ok()?.hash_tile(level, tile).ok(),
        TileKind::Entries => {
            let first = usize::try_from(tile.first()).ok()?;
            let entries = entries.get(first..first + usize::from(tile.width()))?;
            hattama_proto::tlog::write_entry_bundle(entries).ok()
        }
    }
}
