//! Pieces of a file: large enough to be sent, small enough to be held.

use bytes::Bytes;

/// From which length a piece is sent, in bytes: a few packets of a fast line.
const PIECE_BYTES: usize = 64 * 1024;

/// Joins parts of a file into pieces.
pub(super) fn pieces(
    parts: impl Iterator<Item = Vec<u8>> + Send,
) -> impl Iterator<Item = Bytes> + Send {
    let mut parts = parts.fuse();
    std::iter::from_fn(move || {
        let mut piece = parts.next()?;
        while piece.len() < PIECE_BYTES {
            let Some(part) = parts.next() else { break };
            piece.extend(part);
        }
        Some(Bytes::from(piece))
    })
}
