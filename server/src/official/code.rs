//! How the code of a unit, or another text, is made of columns: `"{region}-{uik:04}"`. Pure.

/// A piece of such a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text as it stands.
    Text(String),
    /// What a column has.
    Column {
        /// Its name.
        name: String,
        /// Zeros are put before it until it has so many letters: what spreadsheets take away.
        width: usize,
    },
}

/// Most zeros that are put before a code: longer codes are none.
const WIDTH_MAX: usize = 64;

/// Reads such a text. What stands in braces is a column; a brace that does not close is an error.
pub(super) fn pieces(template: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((text, after)) = rest.split_once('{') {
        if !text.is_empty() {
            pieces.push(Piece::Text(text.to_owned()));
        }
        let (column, after) =
            after.split_once('}').ok_or_else(|| format!("{template:?} opens a brace only"))?;
        pieces.push(column_of(column));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    Ok(pieces)
}

/// `name` or `name:09`. A name may hold a colon itself.
fn column_of(written: &str) -> Piece {
    let padded = written.rsplit_once(':').and_then(|(name, width)| {
        let digits = width.strip_prefix('0')?;
        digits.parse().ok().filter(|width| *width <= WIDTH_MAX).map(|width| (name, width))
    });
    let (name, width) = padded.unwrap_or((written, 0));
    Piece::Column { name: name.trim().to_owned(), width }
}

/// Whether it names a column.
pub(super) fn names_a_column(pieces: &[Piece]) -> bool {
    pieces.iter().any(|piece| matches!(piece, Piece::Column { .. }))
}
