//! The figures of one sheet, flat: lines first, then votes.
//!
//! Hundreds of thousands of sheets carry the same few sets of cells, so the keys are shared and a
//! sheet itself is a row of numbers; comparing two readings of one form compares two rows.

use std::{cmp::Ordering, collections::BTreeMap, iter, sync::Arc};

use hattama_proto::{
    id::{ChoiceCode, ContestCode, LineCode},
    record::{Figure, ResultsProtocol},
};
use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeStruct},
};

/// One cell of a sheet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(untagged)]
pub enum CellKey {
    /// A numbered line.
    Line {
        /// Its code.
        line: LineCode,
    },
    /// The votes of one choice.
    Vote {
        /// The contest.
        contest: ContestCode,
        /// The choice.
        choice: ChoiceCode,
    },
}

impl CellKey {
    /// A line's cell.
    pub const fn line(line: LineCode) -> Self {
        Self::Line { line }
    }

    /// A choice's cell.
    pub const fn vote(contest: ContestCode, choice: ChoiceCode) -> Self {
        Self::Vote { contest, choice }
    }

    /// The cell in one word, as columns of publications are named: `line:valid`,
    /// `contest:president:saffron`.
    pub fn name(&self) -> String {
        match self {
            Self::Line { line } => format!("line:{line}"),
            Self::Vote { contest, choice } => format!("contest:{contest}:{choice}"),
        }
    }

    /// Reads what [`name`](Self::name) writes. A contest whose code has a colon cannot be named
    /// so.
    pub fn from_name(name: &str) -> Option<Self> {
        if let Some(line) = name.strip_prefix("line:") {
            return Some(Self::line(LineCode::new(line).ok()?));
        }
        let (contest, choice) = name.strip_prefix("contest:")?.split_once(':')?;
        Some(Self::vote(ContestCode::new(contest).ok()?, ChoiceCode::new(choice).ok()?))
    }
}

/// Figures by cell, sorted. Unit: whatever the line counts. Null is a cell that is on the sheet
/// and that nobody could read, or that has no one agreed value.
#[derive(Clone)]
pub struct Cells {
    pub(super) keys: Arc<[CellKey]>,
    /// [`NULL`] for null, so that a cell is eight bytes. Shared, because what one entry alone says
    /// is what its document says.
    pub(super) values: Arc<[u64]>,
}

/// Stands for null; no figure can be this large.
const NULL: u64 = u64::MAX;
const _: () = assert!(Figure::MAX < NULL);

/// Sets of keys that were seen before, to be shared.
#[derive(Debug, Default)]
pub struct Shapes(Vec<Arc<[CellKey]>>);

/// Most sets of keys that are remembered: a set-up has a handful of forms, and a sheet with lines
/// left out is a rare set of its own, which may as well keep its own keys.
pub(super) const SHAPES_MAX: usize = 16;

impl Shapes {
    /// The shared keys that are equal to `keys`, without making them.
    fn find<'a>(
        &self,
        keys: &(impl Iterator<Item = KeyRef<'a>> + Clone),
    ) -> Option<Arc<[CellKey]>> {
        let are_keys = |known: &&Arc<[CellKey]>| {
            let mut keys = keys.clone();
            known.iter().all(|known| keys.next().is_some_and(|key| key.is(known)))
                && keys.next().is_none()
        };
        self.0.iter().find(are_keys).map(Arc::clone)
    }

    /// Lets a sheet share its keys with others that have the same.
    pub fn share(&mut self, cells: &mut Cells) {
        match self.0.iter().find(|known| **known == cells.keys) {
            Some(known) => cells.keys = Arc::clone(known),
            None => self.remember(&cells.keys),
        }
    }

    fn remember(&mut self, keys: &Arc<[CellKey]>) {
        if self.0.len() < SHAPES_MAX {
            self.0.push(Arc::clone(keys));
        }
    }
}

/// A key that is only looked at.
#[derive(Clone, Copy)]
enum KeyRef<'a> {
    Line(&'a LineCode),
    Vote(&'a ContestCode, &'a ChoiceCode),
}

impl KeyRef<'_> {
    fn is(self, key: &CellKey) -> bool {
        match (self, key) {
            (Self::Line(mine), CellKey::Line { line }) => mine == line,
            (Self::Vote(mine, of), CellKey::Vote { contest, choice }) => {
                mine == contest && of == choice
            }
            _ => false,
        }
    }

    fn to_key(self) -> CellKey {
        match self {
            Self::Line(line) => CellKey::line(line.clone()),
            Self::Vote(contest, choice) => CellKey::vote(contest.clone(), choice.clone()),
        }
    }
}

type Lines<T> = BTreeMap<LineCode, Option<T>>;
type Contests<T> = BTreeMap<ContestCode, BTreeMap<ChoiceCode, Option<T>>>;

impl Cells {
    /// The figures of a protocol; its keys are taken from `shapes` where they are known.
    pub fn of(protocol: &ResultsProtocol, shapes: &mut Shapes) -> Self {
        Self::from_maps(&protocol.lines, &protocol.contests, shapes)
    }

    /// Figures by line and by contest.
    pub(crate) fn from_maps<T: Copy + Into<u64>>(
        lines: &Lines<T>,
        contests: &Contests<T>,
        shapes: &mut Shapes,
    ) -> Self {
        let votes =
            || contests.iter().flat_map(|(contest, of)| of.keys().map(move |c| (contest, c)));
        let keys = lines
            .keys()
            .map(KeyRef::Line)
            .chain(votes().map(|(contest, choice)| KeyRef::Vote(contest, choice)));
        let values = lines
            .values()
            .chain(contests.values().flat_map(BTreeMap::values))
            .map(|figure| figure.map_or(NULL, Into::into))
            .collect();
        let keys = shapes.find(&keys).unwrap_or_else(|| {
            let new = keys.map(KeyRef::to_key).collect();
            shapes.remember(&new);
            new
        });
        Self { keys, values }
    }

    /// The cells that pairs name; of two pairs for one cell the last one counts.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (CellKey, Option<u64>)>) -> Self {
        let sorted: BTreeMap<CellKey, Option<u64>> = pairs.into_iter().collect();
        let (keys, values): (Vec<_>, Vec<_>) =
            sorted.into_iter().map(|(key, value)| (key, value.unwrap_or(NULL))).unzip();
        Self { keys: keys.into(), values: values.into() }
    }

    /// Every cell with its figure, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&CellKey, Option<u64>)> {
        self.keys.iter().zip(&*self.values).map(|(key, value)| (key, known(*value)))
    }

    /// How many cells there are, null or not.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are no cells at all.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The figure of a cell; none if it is null or not there.
    pub fn get(&self, key: &CellKey) -> Option<u64> {
        let at = self.keys.binary_search(key).ok()?;
        known(self.values[at])
    }

    /// The figure of a line.
    pub fn line(&self, line: &LineCode) -> Option<u64> {
        let at = self.keys.binary_search_by(|key| match key {
            CellKey::Line { line: other } => other.cmp(line),
            CellKey::Vote { .. } => Ordering::Greater,
        });
        known(self.values[at.ok()?])
    }

    /// The choices of a contest with their figures, sorted.
    pub fn votes<'a>(
        &'a self,
        contest: &'a ContestCode,
    ) -> impl Iterator<Item = (&'a ChoiceCode, Option<u64>)> {
        let before = |key: &CellKey| match key {
            CellKey::Line { .. } => true,
            CellKey::Vote { contest: other, .. } => other < contest,
        };
        let from = self.keys.partition_point(before);
        iter::zip(&self.keys[from..], &self.values[from..]).map_while(move |(key, value)| match key
        {
            CellKey::Vote { contest: other, choice } if other == contest => {
                Some((choice, known(*value)))
            }
            _ => None,
        })
    }

    /// The cells that both have, with their figures where neither is null, sorted.
    pub fn in_both<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = (&'a CellKey, u64, u64)> {
        let same = self.has_keys_of(other);
        let mut right = 0;
        self.keys.iter().zip(&*self.values).enumerate().filter_map(move |(left, (key, value))| {
            let at = if same {
                left
            } else {
                right += other.keys[right..].partition_point(|other| other < key);
                (other.keys.get(right) == Some(key)).then_some(right)?
            };
            Some((key, known(*value)?, known(other.values[at])?))
        })
    }

    fn has_keys_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.keys, &other.keys) || self.keys == other.keys
    }
}

pub(super) fn known(value: u64) -> Option<u64> {
    (value != NULL).then_some(value)
}

impl PartialEq for Cells {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values && self.has_keys_of(other)
    }
}

impl Eq for Cells {}

impl std::fmt::Debug for Cells {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// What several readings of one document agree on, cell by cell.
#[derive(Debug)]
pub(super) struct Agreement {
    cells: Cells,
    /// Places of `cells` at which two readings differ; sorted.
    clashes: Vec<CellKey>,
}

impl Agreement {
    pub(super) fn of<'a>(mut readings: impl Iterator<Item = &'a Cells>) -> Option<Self> {
        let first = readings.next()?.clone();
        let mut agreement = Self { cells: first, clashes: Vec::new() };
        for reading in readings {
            agreement.add(reading);
        }
        agreement.clashes.sort_unstable();
        agreement.clashes.dedup();
        for clash in &agreement.clashes {
            let at = agreement.cells.keys.binary_search(clash).expect("a clash is in a cell");
            Arc::make_mut(&mut agreement.cells.values)[at] = NULL;
        }
        Some(agreement)
    }

    fn add(&mut self, reading: &Cells) {
        if !self.cells.has_keys_of(reading) {
            let missing =
                reading.keys.iter().filter(|key| self.cells.keys.binary_search(key).is_err());
            let missing: Vec<_> = missing.map(|key| (key.clone(), None)).collect();
            if !missing.is_empty() {
                let mine = self.cells.iter().map(|(key, value)| (key.clone(), value));
                self.cells = Cells::from_pairs(mine.chain(missing));
            }
        }
        let same = self.cells.has_keys_of(reading);
        let mut at = 0;
        for (index, (key, value)) in reading.keys.iter().zip(&*reading.values).enumerate() {
            // Both are sorted, and every key of the reading is here by now.
            at = if same { index } else { at + self.cells.keys[at..].partition_point(|k| k < key) };
            let mine = self.cells.values[at];
            if mine == NULL && *value != NULL {
                Arc::make_mut(&mut self.cells.values)[at] = *value;
            } else if mine != *value && *value != NULL {
                self.clashes.push(key.clone());
            }
        }
    }

    /// Cells on which readings differ, and the agreed figures; null where they differ.
    pub(super) fn into_parts(self) -> (Vec<CellKey>, Cells) {
        (self.clashes, self.cells)
    }
}

/// Writes `{line: figure}`.
pub(super) struct LineMap<'a>(pub(super) &'a Cells);
/// Writes `{contest: {choice: figure}}`.
pub(super) struct ContestMap<'a>(pub(super) &'a Cells);
struct ChoiceMap<'a>(&'a Cells, &'a ContestCode);

impl Serialize for LineMap<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in self.0.iter() {
            if let CellKey::Line { line } = key {
                map.serialize_entry(line, &value)?;
            }
        }
        map.end()
    }
}

impl Serialize for ContestMap<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let mut last = None;
        for (key, _) in self.0.iter() {
            if let CellKey::Vote { contest, .. } = key
                && last != Some(contest)
            {
                last = Some(contest);
                map.serialize_entry(contest, &ChoiceMap(self.0, contest))?;
            }
        }
        map.end()
    }
}

impl Serialize for ChoiceMap<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.votes(self.1))
    }
}

/// As a record writes them: `{"lines": {...}, "contests": {...}}`.
impl Serialize for Cells {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut cells = serializer.serialize_struct("Cells", 2)?;
        cells.serialize_field("lines", &LineMap(self))?;
        cells.serialize_field("contests", &ContestMap(self))?;
        cells.end()
    }
}
