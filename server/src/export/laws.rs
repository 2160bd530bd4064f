//! What holds of files that are taken away, whatever stands in the cells.

use proptest::prelude::*;

use super::csv::{Cell, Flavour, needs_apostrophe, put_row};

fn hostile() -> impl Strategy<Value = String> {
    let beginnings = proptest::sample::select(vec![
        "",
        "=",
        "+",
        "-",
        "@",
        "\t",
        "\r",
        "\n",
        "'",
        "\"",
        ",",
        ";",
        "＝",
        "=cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(1)",
        "''",
        "\u{feff}",
    ]);
    (beginnings, any::<String>()).prop_map(|(begin, rest)| format!("{begin}{rest}"))
}

fn read(file: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(file);
    let row = |row: csv::StringRecord| row.iter().map(str::to_owned).collect();
    reader.records().map(|record| row(record.unwrap())).collect()
}

fn written(flavour: Flavour, rows: &[Vec<String>]) -> Vec<u8> {
    let mut file = Vec::new();
    for row in rows {
        let cells: Vec<Cell<'_>> = row.iter().map(|cell| cell.as_str().into()).collect();
        put_row(&mut file, flavour, &cells);
    }
    file
}

proptest! {
    #[test]
    fn the_exact_flavour_gives_every_cell_back_as_it_was(
        rows in proptest::collection::vec(proptest::collection::vec(hostile(), 1..5), 1..5),
    ) {
        prop_assert_eq!(read(&written(Flavour::Exact, &rows)), rows);
    }

    #[test]
    fn in_the_other_no_text_begins_as_a_formula_and_each_can_be_told_again(
        rows in proptest::collection::vec(proptest::collection::vec(hostile(), 1..5), 1..5),
    ) {
        let shown = read(&written(Flavour::Spreadsheet, &rows));
        let again: Vec<Vec<String>> = shown
            .iter()
            .map(|row| {
                let bare = |cell: &String| cell.strip_prefix('\'').unwrap_or(cell).to_owned();
                row.iter().map(bare).collect()
            })
            .collect();
        for cell in shown.iter().flatten() {
            prop_assert!(cell.starts_with('\'') || !needs_apostrophe(cell), "{:?}", cell);
        }
        prop_assert_eq!(again, rows);
    }
}

#[test]
fn a_figure_stays_a_figure_in_both_flavours() {
    for flavour in [Flavour::Exact, Flavour::Spreadsheet] {
        let mut file = Vec::new();
        put_row(&mut file, flavour, &[Cell::Figure(-4), Cell::Empty, Cell::Figure(0)]);
        assert_eq!(file, b"-4,,0\r\n");
    }
}
