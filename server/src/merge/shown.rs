//! Which rows of an account may be shown to everybody.
//!
//! The total is always exact. A region's row is shown when its records are not few and not by few:
//! in a region with one observer, "one more than an hour ago" would be about that person. What is
//! hidden can be had together by subtracting the rows that are shown from the total, so together it
//! must bear being shown as well; where it does not, the smallest row that is left is hidden too.
//!
//! A region with nothing is hidden like one with little, or its first record would be seen coming.
//! That there is nothing without a region points to no place, and is shown.

use std::collections::HashSet;

use hattama_proto::statement::RegionTally;

use super::ledger::Row;

/// Records below which a row is not shown. One person's evening at one precinct makes fewer.
const FEW_RECORDS: u64 = 10;

/// Keys below which a row is not shown: a person has two, one of them for incidents.
const FEW_KEYS: usize = 5;

/// The rows as everybody may see them, in the same order.
pub fn shown(rows: Vec<Row>) -> Vec<RegionTally> {
    let mut is_shown: Vec<bool> =
        rows.iter().map(|row| is_nowhere_nothing(row) || row_is_enough(row)).collect();
    while !bears_subtraction(&rows, &is_shown) {
        let left = (0..rows.len()).filter(|at| is_shown[*at] && rows[*at].tally.received > 0);
        let Some(smallest) = left.min_by_key(|at| rows[*at].tally.received) else { break };
        is_shown[smallest] = false;
    }
    rows.into_iter()
        .zip(is_shown)
        .map(|(row, is_shown)| RegionTally {
            region: row.region,
            tally: is_shown.then_some(row.tally),
        })
        .collect()
}

/// Whether what is hidden may be known as one sum.
fn bears_subtraction(rows: &[Row], is_shown: &[bool]) -> bool {
    let hidden = || rows.iter().zip(is_shown).filter(|(_, shown)| !**shown).map(|(row, _)| row);
    if hidden().next().is_none() {
        return true;
    }
    let received = hidden().map(|row| row.tally.received).sum();
    let keys: HashSet<u32> = hidden().flat_map(|row| row.keys.iter().copied()).collect();
    is_enough(received, keys.len())
}

const fn is_nowhere_nothing(row: &Row) -> bool {
    row.region.is_none() && row.tally.received == 0
}

fn row_is_enough(row: &Row) -> bool {
    is_enough(row.tally.received, row.keys.len())
}

const fn is_enough(records: u64, keys: usize) -> bool {
    records >= FEW_RECORDS && keys >= FEW_KEYS
}

#[cfg(test)]
mod tests {
    use hattama_proto::{id::UnitCode, statement::Tally};

    use super::*;

    /// A region with so many records, by keys of its own.
    fn row(region: u32, received: u64, keys: u32) -> Row {
        Row {
            region: Some(UnitCode::new(&region.to_string()).unwrap()),
            tally: Tally { received, counted: received, ..Tally::default() },
            keys: (0..keys).map(|key| 100 * region + key).collect(),
        }
    }

    fn received(rows: Vec<Row>) -> Vec<Option<u64>> {
        shown(rows).into_iter().map(|row| row.tally.map(|tally| tally.received)).collect()
    }

    #[test]
    fn few_records_and_records_by_few_are_not_shown() {
        let rows = vec![row(1, 9, 9), row(2, 50, 4), row(3, 10, 5), row(4, 400, 90)];
        assert_eq!(received(rows), [None, None, Some(10), Some(400)]);
    }

    #[test]
    fn a_single_hidden_row_is_never_left_to_subtraction() {
        let rows = vec![row(1, 3, 2), row(2, 50, 20), row(3, 40, 20), row(4, 400, 90)];
        assert_eq!(received(rows), [None, Some(50), None, Some(400)]);
        // Nothing there is as telling as little: its first record would be seen.
        let rows = vec![row(1, 0, 0), row(2, 50, 20), row(3, 400, 90)];
        assert_eq!(received(rows), [None, None, Some(400)]);
    }

    #[test]
    fn only_a_region_is_hidden_for_having_nothing() {
        let nowhere = |received| Row { region: None, ..row(9, received, 1) };
        let rows = vec![row(1, 50, 20), row(2, 400, 90), nowhere(0)];
        assert_eq!(received(rows), [Some(50), Some(400), Some(0)]);
        let rows = vec![row(1, 50, 20), row(2, 400, 90), nowhere(1)];
        assert_eq!(received(rows), [None, Some(400), None]);
        let rows = vec![row(1, 3, 1), row(2, 400, 90), nowhere(0)];
        assert_eq!(received(rows), [None, None, Some(0)]);
    }

    #[test]
    fn two_hidden_rows_of_one_person_are_still_one_person() {
        let mut other = row(2, 6, 0);
        other.keys = row(1, 0, 2).keys;
        let rows = vec![row(1, 6, 2), other, row(3, 40, 20), row(4, 60, 20)];
        assert_eq!(received(rows), [None, None, None, Some(60)]);
    }

    #[test]
    fn where_all_are_large_all_are_shown_and_where_all_are_small_none_is() {
        assert_eq!(received(vec![row(1, 10, 5), row(2, 11, 6)]), [Some(10), Some(11)]);
        assert_eq!(received(vec![row(1, 2, 1), row(2, 1, 1)]), [None, None]);
        assert_eq!(received(vec![]), []);
    }
}
