//! A figure as commissions print it. Pure.

use hattama_proto::limits::FIGURE_MAX;

/// What stands between groups of three digits in print: blanks of several widths, apostrophes.
const BETWEEN_GROUPS: [char; 7] =
    [' ', '\u{a0}', '\u{2009}', '\u{202f}', '\u{2007}', '\'', '\u{2019}'];

/// Reads a figure; none where the field is empty.
///
/// Groups of three may stand apart (`1 234`, `1'234`), or by `thousands` where the mapping names it.
/// `1.234` may be a number of people or a share, `12 34` one figure or two: they are errors unless
/// the mapping says which. Zero is a figure, a dash is none.
pub(super) fn figure(written: &str, thousands: Option<char>) -> Result<Option<u64>, String> {
    let blank = |letter: char| letter.is_whitespace();
    let written = written.trim_matches(blank);
    if written.is_empty() {
        return Ok(None);
    }
    // Nearly all figures are plain digits.
    if written.bytes().all(|byte| byte.is_ascii_digit()) {
        return within(written, written.parse().ok());
    }
    let separates = |letter: char| BETWEEN_GROUPS.contains(&letter) || Some(letter) == thousands;
    let mut groups = written.split(separates);
    let first = groups.next().unwrap_or_default();
    let digits = |group: &str| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit());
    let well =
        digits(first) && first.len() <= 3 && groups.all(|group| group.len() == 3 && digits(group));
    if !well {
        return Err(format!("{written:?} is not a whole number"));
    }
    within(written, written.replace(separates, "").parse().ok())
}

fn within(written: &str, figure: Option<u64>) -> Result<Option<u64>, String> {
    match figure.filter(|figure| *figure <= FIGURE_MAX) {
        Some(figure) => Ok(Some(figure)),
        None => Err(format!("{written:?} has more than fifteen digits")),
    }
}
