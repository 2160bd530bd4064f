//! On which line of a file a row begins. Pure.
//!
//! The reader of CSV tells where a row begins in bytes; its count of lines is one behind where lines
//! end as on Windows.

/// Counts lines from row to row, each byte once.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    /// Over a text whose first line is `first`.
    pub(super) const fn new(bytes: &'a [u8], first: u64) -> Self {
        Self { bytes, at: 0, line: first }
    }

    /// The line of the row that begins at or after `byte`; rows are asked for in their order.
    pub(super) fn at(&mut self, byte: u64) -> u64 {
        let mut begins = usize::try_from(byte).unwrap_or(usize::MAX).min(self.bytes.len());
        // What is left of the line before, and empty lines, belong to no row.
        while matches!(self.bytes.get(begins), Some(b'\r' | b'\n')) {
            begins += 1;
        }
        let passed = self.bytes.get(self.at..begins).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.at = self.at.max(begins);
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[test]
    fn a_line_is_counted_however_it_ends() {
        for text in ["ab\n\ncd\nef", "ab\r\n\r\ncd\r\nef"] {
            let mut lines = Lines::new(text.as_bytes(), 3);
            let at = |letter| text.find(letter).unwrap() as u64;
            let seen: Vec<u64> = ['a', 'c', 'e'].map(at).map(|byte| lines.at(byte)).into();
            assert_eq!(seen, [3, 5, 6]);
            let mut lines = Lines::new(text.as_bytes(), 1);
            assert_eq!(
                lines.at(text.find('b').unwrap() as u64 + 1),
                3,
                "it begins behind the break"
            );
        }
    }
}
