//! What a file is, by its first bytes. File names and what others say do not count.

/// How many first bytes [`media_type`] wants to see.
pub(super) const HEAD_BYTES: usize = 32;

/// The media type of a file that begins so.
pub(super) fn media_type(head: &[u8]) -> &'static str {
    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
    match head {
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        _ if head.starts_with(PNG) => "image/png",
        _ if head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a") => "image/gif",
        _ if head.starts_with(b"II*\0") || head.starts_with(b"MM\0*") => "image/tiff",
        _ if head.starts_with(b"%PDF-") => "application/pdf",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => match brand.get(..4) {
            Some(b"heic" | b"heix" | b"hevc" | b"heim" | b"heis") => "image/heic",
            Some(b"mif1" | b"msf1") => "image/heif",
            Some(b"avif" | b"avis") => "image/avif",
            Some(b"qt  ") => "video/quicktime",
            Some(b"M4A ") => "audio/mp4",
            Some(b"3gp4" | b"3gp5" | b"3gp6") => "video/3gpp",
            _ => "video/mp4",
        },
        _ if head.starts_with(b"OggS") => "audio/ogg",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_first_bytes() {
        for (head, expected) in [
            (&b"\xff\xd8\xff\xe0\0\x10JFIF"[..], "image/jpeg"),
            (b"\x89PNG\r\n\x1a\n\0\0", "image/png"),
            (b"\0\0\0\x18ftypheic\0\0", "image/heic"),
            (b"\0\0\0\x18ftypisom", "video/mp4"),
            (b"\0\0\0\x18ftyp", "video/mp4"),
            (b"RIFF\x01\x02\x03\x04WEBPVP8 ", "image/webp"),
            (b"%PDF-1.7", "application/pdf"),
            (b"MZ\x90", "application/octet-stream"),
            (b"", "application/octet-stream"),
        ] {
            assert_eq!(media_type(head), expected);
        }
    }
}
