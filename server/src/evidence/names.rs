//! What the pieces are called. Pure.

use hattama_proto::id::PhotoHash;

pub(super) const README: &str = "README.html";
pub(super) const SUMS: &str = "SHA256SUMS";
pub(super) const RECORD: &str = "record.jws";
pub(super) const CHAIN: &str = "chain.json";
pub(super) const CHECKPOINT: &str = "checkpoint";
pub(super) const DEVICE_KEY: &str = "device/device.key";
pub(super) const ELECTION: &str = "setup/election.json";
pub(super) const MANIFEST: &str = "setup/manifest.jws";
pub(super) const HQ_KEY: &str = "keys/hq.key";
pub(super) const LOG_KEY: &str = "keys/log.vkey";
pub(super) const ROOT_KEY: &str = "keys/root.key";

/// The folder of what was typed off the record's photographs.
pub(super) const TRANSCRIPTIONS: &str = "transcriptions";

/// A signed string about the device or the record, under its own hash.
pub(super) fn statement(folder: &str, hash: &str) -> String {
    format!("{folder}/{hash}.jws")
}

/// The receipt of a piece, beside it.
pub(super) fn receipt(piece: &str) -> String {
    let stem = piece.rsplit_once('.').map_or(piece, |(stem, _)| stem);
    format!("{stem}.tlog-proof")
}

/// The receipt of a neighbour in the chain, whose content is not here.
pub(super) fn neighbour(hash: &str) -> String {
    format!("chain/{hash}.tlog-proof")
}

/// A photograph. The ending is for those who click on it; the media type is what a phone said, so
/// only those that we know decide.
pub(super) fn photo(hash: &PhotoHash, media_type: &str) -> String {
    let ending = match media_type {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/heic" | "image/heif" => "heic",
        "image/webp" => "webp",
        "application/pdf" => "pdf",
        "video/mp4" => "mp4",
        "audio/mp4" => "m4a",
        _ => "bin",
    };
    format!("photos/{hash}.{ending}")
}

/// The hash in the name of a photograph; none if the name is no photograph's.
pub(super) fn photo_hash(name: &str) -> Option<PhotoHash> {
    let (hash, ending) = name.strip_prefix("photos/")?.split_once('.')?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_ending = (1..=5).contains(&ending.len()) && ending.chars().all(plain);
    let found: PhotoHash = hash.parse().ok()?;
    (is_ending && found.to_hex() == hash).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photograph_is_named_by_its_hash_whatever_the_phone_calls_its_type() {
        let hash = PhotoHash::of(b"photo");
        for media_type in ["image/jpeg", "../../x", "image/svg+xml", ""] {
            assert_eq!(photo_hash(&photo(&hash, media_type)), Some(hash));
        }
        let receipt = receipt(&photo(&hash, "image/jpeg"));
        assert_eq!(receipt, format!("photos/{hash}.tlog-proof"));
        for name in [receipt, format!("photos/{hash}"), format!("photos/{hash}.a.b")] {
            assert_eq!(photo_hash(&name), None, "{name}");
        }
        let upper = hash.to_hex().to_uppercase();
        assert_eq!(photo_hash(&format!("photos/{upper}.jpg")), None);
    }
}
