//! Tiles: the log cut into files that never change, so that any web server, mirror or USB stick
//! can hand it out. C2SP `tlog-tiles@v0.1.0`.
//!
//! ```text
//! checkpoint                     the newest published head
//! tile/0/x001/x234/067           leaf hashes 1234067 * 256 and the 255 after it
//! tile/1/000.p/2                 the hashes over the first two full tiles below
//! tile/entries/000               what the first 256 leaves are the hashes of
//! ```
//!
//! A tile of level `l` holds hashes of complete subtrees of `256^l` leaves, 256 of them when it is
//! full; only full tiles are hashed into the level above. A partial tile is the beginning of the
//! full one that will take its place, so whoever misses it asks for that.
//!
//! Pure.

use std::{fmt, str::FromStr};

use super::{
    checkpoint::SIZE_MAX,
    hash::Hash,
    tree::{TreeAt, TreeError},
};

/// Hashes or entries in a full tile: `2^8`, the height that the specification fixes.
pub const TILE_WIDTH: u64 = 256;

/// Longest entry, in bytes: a bundle gives its length in 16 bits.
pub const ENTRY_BYTES_MAX: usize = u16::MAX as usize;

/// What a tile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TileKind {
    /// The entries themselves.
    Entries,
    /// Hashes of this level; 0 is the leaves.
    Hashes(u8),
}

/// The name of one tile. Its text is its path below the log's address.
///
/// ```
/// use hattama_proto::tlog::{TileKind, TileName};
/// let tile: TileName = "tile/0/x001/x234/067.p/8".parse()?;
/// assert_eq!((tile.kind(), tile.index(), tile.width()), (TileKind::Hashes(0), 1_234_067, 8));
/// assert_eq!(tile.to_string(), "tile/0/x001/x234/067.p/8");
/// assert!("tile/0/x000/001".parse::<TileName>().is_err(), "one tile has one name");
/// # Ok::<(), hattama_proto::tlog::TileError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileName {
    kind: TileKind,
    index: u64,
    width: u16,
}

/// Why a path, or a file, is not a tile. Its writer's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TileError {
    /// The path is not one that the specification writes.
    #[error("this is not the path of a tile")]
    Path,
    /// The file is longer or shorter than its name says.
    #[error("the tile does not have the length that its name says")]
    Length,
}

/// Highest level that a path may name.
const LEVEL_MAX: u8 = 63;

impl TileName {
    /// The tile of this kind at `index` as a log of `size` leaves has it; none where it has none.
    pub fn at(kind: TileKind, index: u64, size: u64) -> Option<Self> {
        let count = kind.count(size);
        let rest = count.checked_sub(index.checked_mul(TILE_WIDTH)?)?;
        let width = u16::try_from(rest.min(TILE_WIDTH)).ok().filter(|width| *width > 0)?;
        Some(Self { kind, index, width })
    }

    /// Every tile that a log of `new` leaves has and the same log at `old` leaves had not: entries
    /// first, then hashes from the leaves up. With `old` zero, every tile there is.
    pub fn grown(old: u64, new: u64) -> impl Iterator<Item = Self> {
        let levels = (0..=7).map(TileKind::Hashes).take_while(move |kind| kind.count(new) > 0);
        std::iter::once(TileKind::Entries)
            .chain(levels)
            .flat_map(move |kind| {
                let first = kind.count(old) / TILE_WIDTH;
                (first..=kind.count(new) / TILE_WIDTH)
                    .filter_map(move |index| Self::at(kind, index, new))
            })
            .filter(move |tile| Self::at(tile.kind, tile.index, old) != Some(*tile))
    }

    /// What it holds.
    pub const fn kind(&self) -> TileKind {
        self.kind
    }

    /// Which of its kind, from 0.
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// How many hashes or entries, 1 to [`TILE_WIDTH`].
    pub const fn width(&self) -> u16 {
        self.width
    }

    /// Whether it is complete and so never changes.
    pub fn is_full(&self) -> bool {
        u64::from(self.width) == TILE_WIDTH
    }

    /// The complete tile that this one is, or is the beginning of.
    #[must_use]
    pub fn full(&self) -> Self {
        Self { width: 256, ..*self }
    }

    /// The first hash or entry in it, counted over its whole level.
    pub const fn first(&self) -> u64 {
        self.index * TILE_WIDTH
    }
}

impl TileKind {
    /// How many hashes or entries a log of `size` leaves has of this kind.
    pub const fn count(self, size: u64) -> u64 {
        match self {
            Self::Entries => size,
            Self::Hashes(level) if level < 8 => size >> (8 * level),
            Self::Hashes(_) => 0,
        }
    }
}

impl fmt::Display for TileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Entries => f.write_str("tile/entries/")?,
            TileKind::Hashes(level) => write!(f, "tile/{level}/")?,
        }
        let mut groups = vec![self.index % 1000];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        for group in groups.iter().skip(1).rev() {
            write!(f, "x{group:03}/")?;
        }
        write!(f, "{:03}", groups[0])?;
        if self.is_full() { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}

impl FromStr for TileName {
    type Err = TileError;

    /// Reads what is written, and nothing else.
    fn from_str(path: &str) -> Result<Self, TileError> {
        let (kind, rest) = path
            .strip_prefix("tile/")
            .and_then(|rest| rest.split_once('/'))
            .ok_or(TileError::Path)?;
        let kind = match kind {
            "entries" => TileKind::Entries,
            level => TileKind::Hashes(level.parse().map_err(|_| TileError::Path)?),
        };
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => (number, width.parse().map_err(|_| TileError::Path)?),
            None => (rest, 256),
        };
        let mut index: u64 = 0;
        for group in number.split('/') {
            let digits = group.strip_prefix('x').unwrap_or(group);
            let value: u64 = digits.parse().map_err(|_| TileError::Path)?;
            index = index
                .checked_mul(1000)
                .and_then(|index| index.checked_add(value))
                .filter(|index| *index <= SIZE_MAX / TILE_WIDTH)
                .ok_or(TileError::Path)?;
        }
        let tile = Self { kind, index, width };
        let level_exists = !matches!(kind, TileKind::Hashes(level) if level > LEVEL_MAX);
        let canonical = level_exists && (1..=256).contains(&width) && tile.to_string() == path;
        if canonical { Ok(tile) } else { Err(TileError::Path) }
    }
}

impl TreeAt<'_> {
    /// The bytes of a tile of hashes of this tree; an error where the tree has no such tile.
    pub fn hash_tile(&self, level: u8, tile: &TileName) -> Result<Vec<u8>, TreeError> {
        let beyond = TreeError::IndexBeyondSize { index: tile.first(), size: self.size() };
        let hashes = self.complete(8 * usize::from(level));
        let first = usize::try_from(tile.first()).map_err(|_| beyond)?;
        let hashes =
            hashes.get(first..first.saturating_add(usize::from(tile.width))).ok_or(beyond)?;
        Ok(hashes.iter().flat_map(|hash| *hash.as_bytes()).collect())
    }
}

/// The hashes in a tile that is `width` wide.
pub fn read_hash_tile(bytes: &[u8], width: u16) -> Result<Vec<Hash>, TileError> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    if !rest.is_empty() || hashes.len() != usize::from(width) {
        return Err(TileError::Length);
    }
    Ok(hashes.iter().copied().map(Hash::from_bytes).collect())
}

/// The bytes of a tile of entries: each with its length before it, 16 bits, big-endian.
///
/// An entry longer than [`ENTRY_BYTES_MAX`] cannot be written; ours have about 80 bytes.
pub fn write_entry_bundle<E: AsRef<[u8]>>(
    entries: impl IntoIterator<Item = E>,
) -> Result<Vec<u8>, TileError> {
    let mut bytes = Vec::new();
    for entry in entries {
        let entry = entry.as_ref();
        let length = u16::try_from(entry.len()).map_err(|_| TileError::Length)?;
        bytes.extend(length.to_be_bytes());
        bytes.extend(entry);
    }
    Ok(bytes)
}

/// The entries in a tile that is `width` wide.
pub fn read_entry_bundle(mut bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, TileError> {
    let mut entries = Vec::with_capacity(usize::from(width));
    while let Some((length, rest)) = bytes.split_first_chunk() {
        let (entry, rest) = rest
            .split_at_checked(usize::from(u16::from_be_bytes(*length)))
            .ok_or(TileError::Length)?;
        entries.push(entry);
        bytes = rest;
        if entries.len() > usize::from(width) {
            return Err(TileError::Length);
        }
    }
    if !bytes.is_empty() || entries.len() != usize::from(width) {
        return Err(TileError::Length);
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlog::{Tree, leaf_hash};

    fn paths(old: u64, new: u64) -> Vec<String> {
        TileName::grown(old, new).map(|tile| tile.to_string()).collect()
    }

    #[test]
    fn sizes_have_the_tiles_of_the_specification() {
        assert_eq!(paths(0, 0), Vec::<String>::new());
        assert_eq!(paths(0, 1), ["tile/entries/000.p/1", "tile/0/000.p/1"]);
        assert_eq!(paths(0, 256), ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]);
        assert_eq!(
            paths(0, 600),
            [
                "tile/entries/000",
                "tile/entries/001",
                "tile/entries/002.p/88",
                "tile/0/000",
                "tile/0/001",
                "tile/0/002.p/88",
                "tile/1/000.p/2",
            ]
        );
        let large: Vec<String> = paths(0, 70_000);
        assert!(large.contains(&"tile/1/001.p/17".to_owned()));
        assert!(large.contains(&"tile/2/000.p/1".to_owned()));
        assert!(large.contains(&"tile/0/273.p/112".to_owned()));
    }

    #[test]
    fn growing_step_by_step_makes_the_same_full_tiles_as_growing_at_once() {
        for new in [1, 255, 256, 257, 511, 512, 600, 65_536, 65_537, 70_000] {
            let whole: Vec<TileName> = TileName::grown(0, new).collect();
            for old in [0, 1, 200, 255, 256, 300, 512, 65_535, 65_536, 70_000] {
                if old > new {
                    continue;
                }
                let had: Vec<TileName> = TileName::grown(0, old).collect();
                let mut both: Vec<TileName> =
                    had.iter().copied().chain(TileName::grown(old, new)).collect();
                both.retain(|tile| whole.contains(tile));
                both.sort_unstable();
                let mut sorted = whole.clone();
                sorted.sort_unstable();
                assert_eq!(both, sorted, "{old} to {new}");
            }
        }
    }

    #[test]
    fn only_the_exact_path_is_a_tile() {
        for path in ["tile/0/000", "tile/63/x001/000.p/255", "tile/entries/x999/999.p/1"] {
            assert_eq!(path.parse::<TileName>().unwrap().to_string(), path);
        }
        for path in [
            "",
            "tile",
            "tile/0",
            "tile/0/",
            "tile/00/000",
            "tile/+1/000",
            "tile/64/000",
            "tile/0/0",
            "tile/0/x000/000",
            "tile/0/1000",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/000.p/",
            "tile/0/000/",
            "tile/0/../000",
            "tile/data/000",
            "tile/8/0/000",
            "/tile/0/000",
            "tile/0/x001",
            "tile/0/x001/x002",
            "tile/0/+01",
            "tile/0/000.p/1/",
            "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert_eq!(path.parse::<TileName>(), Err(TileError::Path), "{path}");
        }
    }

    #[test]
    fn a_bundle_is_read_back_and_neither_more_nor_less() {
        let entries: [&[u8]; 3] = [b"one", b"", b"three"];
        let bytes = write_entry_bundle(entries).unwrap();
        assert_eq!(bytes, b"\0\x03one\0\0\0\x05three");
        assert_eq!(read_entry_bundle(&bytes, 3).unwrap(), entries);
        assert_eq!(read_entry_bundle(&bytes, 2), Err(TileError::Length));
        assert_eq!(read_entry_bundle(&bytes, 4), Err(TileError::Length));
        for cut in 1..bytes.len() {
            assert_eq!(read_entry_bundle(&bytes[..cut], 3), Err(TileError::Length), "{cut}");
        }
        assert_eq!(write_entry_bundle([vec![0; 65_536]]), Err(TileError::Length));
    }

    #[test]
    fn a_tile_above_holds_the_roots_of_the_tiles_below() {
        let tree: Tree = (0..600_u64).map(|index| leaf_hash(&index.to_be_bytes())).collect();
        let view = tree.at(600).unwrap();
        let upper = TileName::at(TileKind::Hashes(1), 0, 600).unwrap();
        let upper = read_hash_tile(&view.hash_tile(1, &upper).unwrap(), 2).unwrap();
        for (index, root) in (0..).zip(upper) {
            let lower = TileName::at(TileKind::Hashes(0), index, 600).unwrap();
            let bytes = view.hash_tile(0, &lower).unwrap();
            let leaves: Tree = read_hash_tile(&bytes, 256).unwrap().into_iter().collect();
            assert_eq!(leaves.root(), root);
        }
        assert!(view.hash_tile(0, &"tile/0/002.p/89".parse().unwrap()).is_err());
        assert_eq!(read_hash_tile(&[0; 65], 2), Err(TileError::Length));
    }
}
