//! A receipt cut into short texts, so that a phone can show it as QR codes and another can read them
//! in any order.
//!
//! ```text
//! hattama-receipt/v1 1/3 hattama-record/v1 <64 hex digits>
//! <the first piece of the tlog-proof text>
//! ```
//!
//! The first line says which piece of how many it is, and the log's entry that the receipt claims to
//! prove; a line feed ends it, and everything behind is the piece. Put one behind the other, the
//! pieces are the receipt to the byte. The entry in the line is a claim: make it from the record or
//! photograph at hand where that is possible.

use super::{LogEntry, RECEIPT_BYTES_MAX};

const WORD: &str = "hattama-receipt/v1 ";

/// Most pieces: what three digits count.
const PIECES_MAX: usize = 999;

/// Why texts are not a receipt in pieces.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PartsError {
    /// A text that is no piece.
    #[error("this is no piece of a receipt")]
    Form,
    /// Pieces of different receipts.
    #[error("these are pieces of different receipts, or of one before and after it was cosigned")]
    Mixed,
    /// Not all of them.
    #[error("piece {0} of {1} is missing")]
    Missing(usize, usize),
    /// Together longer than a receipt can be, or to be cut into too many.
    #[error("the receipt is longer than 260 KiB")]
    TooLong,
}

/// Cuts a receipt into texts of at most `bytes_max` bytes each, at ends of lines where it can.
///
/// ```
/// use hattama_proto::tlog::{LogEntry, join_receipt, split_receipt};
/// let entry = LogEntry::Record([7; 32]);
/// let pieces = split_receipt(&entry, "one\ntwo\nthree\n", 120)?;
/// assert_eq!(join_receipt(&pieces)?, (entry, "one\ntwo\nthree\n".to_owned()));
/// # Ok::<(), hattama_proto::tlog::PartsError>(())
/// ```
pub fn split_receipt(
    entry: &LogEntry,
    receipt: &str,
    bytes_max: usize,
) -> Result<Vec<String>, PartsError> {
    let longest_line = first_line(PIECES_MAX, PIECES_MAX, entry).len();
    let room = bytes_max.checked_sub(longest_line).filter(|room| *room >= 4);
    let room = room.ok_or(PartsError::TooLong)?;
    let mut pieces = Vec::new();
    let mut rest = receipt;
    while !rest.is_empty() {
        let mut end = rest.len().min(room);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        if end < rest.len()
            && let Some(line) = rest[..end].rfind('\n')
        {
            end = line + 1;
        }
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    let of = pieces.len();
    if of == 0 || of > PIECES_MAX || receipt.len() > RECEIPT_BYTES_MAX {
        return Err(PartsError::TooLong);
    }
    let numbered = pieces.iter().enumerate();
    Ok(numbered.map(|(at, piece)| format!("{}{piece}", first_line(at + 1, of, entry))).collect())
}

/// Puts pieces together, whatever their order and however often each comes.
pub fn join_receipt<T: AsRef<str>>(pieces: &[T]) -> Result<(LogEntry, String), PartsError> {
    let mut whole: Option<(LogEntry, Vec<Option<&str>>)> = None;
    for text in pieces {
        let (entry, number, of, piece) = read(text.as_ref()).ok_or(PartsError::Form)?;
        let (known, places) = whole.get_or_insert_with(|| (entry, vec![None; of]));
        if *known != entry || places.len() != of {
            return Err(PartsError::Mixed);
        }
        match places[number - 1].replace(piece) {
            Some(other) if other != piece => return Err(PartsError::Mixed),
            _ => {}
        }
    }
    let (entry, places) = whole.ok_or(PartsError::Form)?;
    if let Some(missing) = places.iter().position(Option::is_none) {
        return Err(PartsError::Missing(missing + 1, places.len()));
    }
    let text: String = places.into_iter().flatten().collect();
    if text.len() > RECEIPT_BYTES_MAX {
        return Err(PartsError::TooLong);
    }
    Ok((entry, text))
}

/// The pieces in a text that holds them one behind the other, as a program that reads codes leaves
/// them.
pub fn receipt_pieces(text: &str) -> Vec<&str> {
    let mut starts: Vec<usize> = text
        .match_indices(WORD)
        .map(|(at, _)| at)
        .filter(|at| *at == 0 || text.as_bytes()[at - 1] == b'\n')
        .collect();
    starts.push(text.len());
    starts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect()
}

fn first_line(number: usize, of: usize, entry: &LogEntry) -> String {
    format!("{WORD}{number}/{of} {entry}\n")
}

/// A piece: entry, number, of how many, and the piece itself. Only what we write is read.
fn read(text: &str) -> Option<(LogEntry, usize, usize, &str)> {
    let (line, piece) = text.split_once('\n')?;
    let (place, entry) = line.strip_prefix(WORD)?.split_once(' ')?;
    let (number, of) = place.split_once('/')?;
    let (number, of): (usize, usize) = (number.parse().ok()?, of.parse().ok()?);
    let entry = LogEntry::parse(entry.as_bytes()).ok()?;
    let is_ours = (1..=of).contains(&number)
        && of <= PIECES_MAX
        && first_line(number, of, &entry).strip_suffix('\n') == Some(line);
    is_ours.then_some((entry, number, of, piece))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: LogEntry = LogEntry::Photo([0xab; 32]);

    #[test]
    fn pieces_come_together_in_any_order_and_however_often() {
        let text = format!("{}\u{2014} log.example AAAA\n", "a line of the receipt\n".repeat(40));
        let pieces = split_receipt(&ENTRY, &text, 200).unwrap();
        assert!(pieces.len() > 8 && pieces.iter().all(|piece| piece.len() <= 200));
        assert!(pieces.iter().all(|piece| piece.ends_with('\n')), "cut at ends of lines");
        let mut shuffled: Vec<&String> = pieces.iter().rev().collect();
        shuffled.push(&pieces[3]);
        assert_eq!(join_receipt(&shuffled), Ok((ENTRY, text.clone())));
        let behind: String = pieces.iter().rev().map(String::as_str).collect();
        assert_eq!(join_receipt(&receipt_pieces(&behind)), Ok((ENTRY, text.clone())));
        assert_eq!(receipt_pieces("").len(), 0);
        let one = split_receipt(&ENTRY, &text, 4000).unwrap();
        assert_eq!(one.len(), 1);
        assert_eq!(join_receipt(&one), Ok((ENTRY, text)));
    }

    #[test]
    fn a_line_without_end_is_cut_between_its_characters() {
        let text = "\u{2014}".repeat(500);
        let pieces = split_receipt(&ENTRY, &text, 150).unwrap();
        assert_eq!(join_receipt(&pieces), Ok((ENTRY, text)));
    }

    #[test]
    fn what_is_missing_or_foreign_is_said() {
        let pieces = split_receipt(&ENTRY, &"line\n".repeat(60), 150).unwrap();
        let of = pieces.len();
        assert_eq!(join_receipt(&pieces[..of - 1]), Err(PartsError::Missing(of, of)));
        assert_eq!(join_receipt(&pieces[1..]), Err(PartsError::Missing(1, of)));
        assert_eq!(join_receipt::<&str>(&[]), Err(PartsError::Form));
        let other = split_receipt(&LogEntry::Record([1; 32]), &"line\n".repeat(60), 150).unwrap();
        assert_eq!(join_receipt(&[&pieces[0], &other[1]]), Err(PartsError::Mixed));
        let changed = pieces[0].replace("line", "liar");
        assert_eq!(join_receipt(&[&pieces[0], &changed]), Err(PartsError::Mixed));
        for (from, to) in [
            ("v1 1/", "v2 1/"),
            ("1/", "0/"),
            ("1/", "01/"),
            ("1/", "999/"),
            ("ab ", "ab"),
            ("photo", "x"),
        ] {
            let wrong = pieces[0].replacen(from, to, 1);
            if wrong != pieces[0] {
                assert_eq!(join_receipt(&[wrong]), Err(PartsError::Form), "{from} {to}");
            }
        }
        assert_eq!(split_receipt(&ENTRY, "x", 20), Err(PartsError::TooLong));
        assert_eq!(split_receipt(&ENTRY, "", 500), Err(PartsError::TooLong));
        let long = "x".repeat(RECEIPT_BYTES_MAX + 1);
        assert_eq!(split_receipt(&ENTRY, &long, 2000), Err(PartsError::TooLong));
    }
}
