//! What changed between one publication of a level and the next: appeared, changed, withdrawn. Pure.
//!
//! A commission may mend a slip, and may replace a document; which of the two it was nobody can tell
//! from figures. So nothing is judged here: every cell that is another one is named with both figures.

use std::collections::HashMap;

use hattama_proto::id::UnitCode;
use serde::Serialize;

use crate::merge::{CellKey, Cells};

/// One publication held against the one before it. Units in the order of their codes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct EditionChanges {
    /// Units that were not published before.
    pub appeared: Vec<UnitCode>,
    /// Units of which a figure is another one now.
    pub changed: Vec<UnitChanges>,
    /// Units that were published before and are not any more.
    pub withdrawn: Vec<UnitCode>,
}

/// One unit with other figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnitChanges {
    /// The unit.
    pub unit: UnitCode,
    /// Every cell that is another one, sorted.
    pub cells: Vec<CellChange>,
}

/// One figure that is another one. Null: it is not in that publication, or nobody could read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CellChange {
    /// The cell, as columns are named: `line:valid`, `contest:president:saffron`.
    pub cell: String,
    /// Before.
    pub old: Option<u64>,
    /// Now.
    pub new: Option<u64>,
}

impl EditionChanges {
    /// Whether the two say the same.
    pub fn is_empty(&self) -> bool {
        self.appeared.is_empty() && self.changed.is_empty() && self.withdrawn.is_empty()
    }
}

/// What `new` says otherwise than `old`.
pub fn edition_changes(
    old: &HashMap<UnitCode, Cells>,
    new: &HashMap<UnitCode, Cells>,
) -> EditionChanges {
    let only_in = |these: &HashMap<UnitCode, Cells>, those: &HashMap<UnitCode, Cells>| {
        let mut only: Vec<UnitCode> =
            these.keys().filter(|unit| !those.contains_key(*unit)).cloned().collect();
        only.sort();
        only
    };
    let mut changed: Vec<UnitChanges> = new
        .iter()
        .filter_map(|(unit, now)| {
            let cells = cell_changes(old.get(unit)?, now);
            (!cells.is_empty()).then(|| UnitChanges { unit: unit.clone(), cells })
        })
        .collect();
    changed.sort_by(|one, other| one.unit.cmp(&other.unit));
    EditionChanges { appeared: only_in(new, old), changed, withdrawn: only_in(old, new) }
}

fn cell_changes(old: &Cells, new: &Cells) -> Vec<CellChange> {
    let mut keys: Vec<&CellKey> =
        old.iter().map(|(key, _)| key).chain(new.iter().map(|(key, _)| key)).collect();
    keys.sort();
    keys.dedup();
    keys.into_iter()
        .map(|key| (key, old.get(key), new.get(key)))
        .filter(|(_, old, new)| old != new)
        .map(|(key, old, new)| CellChange { cell: key.name(), old, new })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::merge::world::{cell, unit};

    type Figures = HashMap<UnitCode, Cells>;

    fn figures() -> impl Strategy<Value = Figures> {
        let cells = prop::collection::btree_map(0_usize..5, prop::option::of(0_u64..4), 0..5);
        let rows = prop::collection::hash_map(0_u8..6, cells, 0..6);
        rows.prop_map(|rows| {
            let row = |(number, cells): (u8, std::collections::BTreeMap<usize, Option<u64>>)| {
                let cells = cells.into_iter().map(|(number, figure)| (cell(number), figure));
                (unit(&format!("11-{number}")), Cells::from_pairs(cells))
            };
            rows.into_iter().map(row).collect()
        })
    }

    proptest! {
        #[test]
        fn what_did_not_change_is_not_told(figures in figures()) {
            prop_assert!(edition_changes(&figures, &figures).is_empty());
        }

        #[test]
        fn back_again_is_the_same_the_other_way_round(old in figures(), new in figures()) {
            let (there, back) = (edition_changes(&old, &new), edition_changes(&new, &old));
            prop_assert_eq!(&there.appeared, &back.withdrawn);
            prop_assert_eq!(&there.withdrawn, &back.appeared);
            for (one, other) in there.changed.iter().zip(&back.changed) {
                prop_assert_eq!(&one.unit, &other.unit);
                for (one, other) in one.cells.iter().zip(&other.cells) {
                    prop_assert_eq!((&one.cell, one.old, one.new), (&other.cell, other.new, other.old));
                }
            }
        }

        #[test]
        fn every_figure_of_the_new_one_follows_from_the_old_one_and_the_changes(
            old in figures(),
            new in figures(),
        ) {
            let changes = edition_changes(&old, &new);
            for (unit, now) in &new {
                let Some(before) = old.get(unit) else {
                    prop_assert!(changes.appeared.contains(unit));
                    continue;
                };
                let of_unit = changes.changed.iter().find(|of| of.unit == *unit);
                for (key, figure) in now.iter() {
                    let told = of_unit
                        .and_then(|of| of.cells.iter().find(|change| change.cell == key.name()));
                    prop_assert_eq!(told.map_or(before.get(key), |change| change.new), figure);
                }
            }
        }
    }
}
