//! Aligned columns for people.

use std::fmt::Write as _;

use super::output::printable;

/// Rows under headings. Columns of numbers are aligned to the right.
#[derive(Debug)]
pub(super) struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table.
    pub(super) fn new(head: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { head: head.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Adds a row, with a cell for each heading.
    pub(super) fn push(&mut self, row: impl IntoIterator<Item = String>) {
        let cell = |text: String| match text.as_str() {
            "" => "-".to_owned(),
            text => printable(text).replace('\n', " "),
        };
        let mut row: Vec<String> = row.into_iter().map(cell).collect();
        row.resize(self.head.len(), "-".to_owned());
        self.rows.push(row);
    }

    /// Whether there is no row.
    pub(super) const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The lines.
    pub(super) fn render(&self) -> String {
        let columns: Vec<(usize, bool)> =
            (0..self.head.len()).map(|at| (self.width(at), self.is_numbers(at))).collect();
        let mut text = String::new();
        for row in std::iter::once(&self.head).chain(&self.rows) {
            let mut line = String::new();
            for (cell, (width, is_numbers)) in row.iter().zip(&columns) {
                let written = if *is_numbers {
                    write!(line, "{cell:>width$}  ")
                } else {
                    write!(line, "{cell:<width$}  ")
                };
                written.expect("a string takes everything");
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().map(|row| row[column].chars().count());
        cells.chain([self.head[column].chars().count()]).max().unwrap_or(0)
    }

    fn is_numbers(&self, column: usize) -> bool {
        let is_number = |cell: &str| cell == "-" || cell.bytes().all(|byte| byte.is_ascii_digit());
        self.rows.iter().all(|row| is_number(&row[column]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_characters_and_numbers_to_the_right() {
        let mut table = Table::new(["unit", "votes", "name"]);
        table.push(["11-1".into(), "7".into(), "Қостанай".into()]);
        table.push(["11-20".into(), "1234".into(), String::new()]);
        let expected = "unit   votes  name\n11-1       7  Қостанай\n11-20   1234  -\n";
        assert_eq!(table.render(), expected);
    }
}
