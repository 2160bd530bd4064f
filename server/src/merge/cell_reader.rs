//! The same cells, read off many sheets.

use std::sync::Arc;

use super::cells::{CellKey, Cells, SHAPES_MAX, known};

/// Reads the same cells off many sheets. Sheets of one form share their keys, so where a cell stands is
/// looked up once for all of them.
#[derive(Debug)]
pub struct CellReader {
    wanted: Vec<CellKey>,
    known: Vec<Shape>,
}

/// One set of keys.
#[derive(Debug)]
struct Shape {
    keys: Arc<[CellKey]>,
    /// Where each wanted cell stands in it.
    places: Vec<Option<usize>>,
}

impl CellReader {
    /// A reader of these cells.
    pub fn new(wanted: Vec<CellKey>) -> Self {
        Self { wanted, known: Vec::new() }
    }

    /// The figures of the wanted cells in their order; none where one is null or not on the sheet.
    pub fn read<'a>(&'a mut self, cells: &'a Cells) -> impl Iterator<Item = Option<u64>> + 'a {
        let is_of = |shape: &Shape| Arc::ptr_eq(&shape.keys, &cells.keys);
        let at = self.known.iter().position(is_of).unwrap_or_else(|| {
            if self.known.len() == SHAPES_MAX {
                self.known.pop();
            }
            let place = |key| cells.keys.binary_search(key).ok();
            let places = self.wanted.iter().map(place).collect();
            self.known.push(Shape { keys: Arc::clone(&cells.keys), places });
            self.known.len() - 1
        });
        self.known[at].places.iter().map(|place| known(cells.values[(*place)?]))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::merge::world::cell;

    fn sheets() -> impl Strategy<Value = Vec<Cells>> {
        let sheet = prop::collection::btree_map(0_usize..6, prop::option::of(0_u64..9), 0..6);
        let sheet = sheet.prop_map(|sheet| {
            Cells::from_pairs(sheet.into_iter().map(|(number, figure)| (cell(number), figure)))
        });
        // More sets of keys than are remembered, and each sheet twice, the second sharing its keys.
        prop::collection::vec(sheet, 0..40).prop_map(|sheets| [sheets.clone(), sheets].concat())
    }

    proptest! {
        #[test]
        fn it_reads_what_asking_for_each_cell_gives(
            sheets in sheets(),
            wanted in prop::collection::vec(0_usize..6, 0..5),
        ) {
            let wanted: Vec<CellKey> = wanted.into_iter().map(cell).collect();
            let mut reader = CellReader::new(wanted.clone());
            for sheet in &sheets {
                let read: Vec<_> = reader.read(sheet).collect();
                let asked: Vec<_> = wanted.iter().map(|key| sheet.get(key)).collect();
                prop_assert_eq!(read, asked);
            }
        }
    }
}
