//! What holds of files that are taken away, whatever stands in the cells.

use proptest::prelude::*;

use super::csv::{Cell, Flavour, put_row};

/// What spreadsheets begin a formula with, as their makers and OWASP's page on CSV injection say,
/// and the wide forms that some turn into those; written down here once more, so that whoever
/// shortens the writer's list is told.
const BEGIN_A_FORMULA: &str = "=+-@\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}";

/// What spreadsheets strip off the beginning of a cell before they look whether it is one.
const STRIPPED: &str = "\t\r\n\0";

/// Whether a spreadsheet may run a cell.
fn may_run(cell: &str) -> bool {
    let bare = cell.trim_start_matches(|of| STRIPPED.contains(of));
    bare.len() < cell.len() || bare.starts_with(|of| BEGIN_A_FORMULA.contains(of))
}

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
            prop_assert!(!may_run(cell), "{:?}", cell);
        }
        prop_assert_eq!(again, rows);
    }
}

#[test]
fn whatever_character_begins_a_formula_is_kept_from_doing_so() {
    for begin in BEGIN_A_FORMULA.chars().chain(STRIPPED.chars()) {
        let text = format!("{begin}1+1");
        let shown = read(&written(Flavour::Spreadsheet, &[vec![text.clone()]]));
        assert_eq!(shown[0][0], format!("'{text}"));
        assert!(!may_run(&shown[0][0]) && may_run(&text), "{begin:?}");
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
