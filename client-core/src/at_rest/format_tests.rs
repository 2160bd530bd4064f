//! What was sealed opens as it was, from any place, by its own keys and unaltered only.

use std::io::Cursor;

use super::*;

fn sealed(content: &[u8], rest: &Rest) -> Vec<u8> {
    let random: Vec<u8> = (0..RANDOM_BYTES).map(|n| n.to_le_bytes()[0]).collect();
    let random: &[u8; RANDOM_BYTES] = random.as_slice().try_into().unwrap();
    let mut sealer = Sealer::new(Vec::new(), rest, random).unwrap();
    // In pieces that fit no chunk.
    for piece in content.chunks(10_007) {
        sealer.write_all(piece).unwrap();
    }
    sealer.finish().unwrap()
}

fn opened(sealed: &[u8], rest: &Rest) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    Opener::new(Cursor::new(sealed), rest)?.read_to_end(&mut content)?;
    Ok(content)
}

fn content(len: usize) -> Vec<u8> {
    (0..len).map(|n| (n * 31 % 251).to_le_bytes()[0]).collect()
}

#[test]
fn what_was_sealed_opens_as_it_was_at_every_length_around_a_chunk() {
    let rest = Rest::derive(&[7; 32]);
    for len in [0, 1, 65_535, 65_536, 65_537, 131_071, 131_072, 131_073, 200_000] {
        let content = content(len);
        let sealed = sealed(&content, &rest);
        assert_eq!(opened(&sealed, &rest).unwrap(), content, "{len}");
        assert_eq!(sealed.len() as u64, sealed_len(len as u64), "{len}");
        assert_eq!(plain_len(sealed.len() as u64), Some(len as u64), "{len}");
    }
}

#[test]
fn it_is_read_from_any_place_on() {
    let rest = Rest::derive(&[7; 32]);
    let content = content(150_000);
    let sealed = sealed(&content, &rest);
    let mut opener = Opener::new(Cursor::new(sealed.as_slice()), &rest).unwrap();
    assert_eq!(opener.len(), 150_000);
    for (from, len) in [(149_990, 10), (0, 5), (65_530, 20), (131_072, 100), (65_536, 1)] {
        opener.seek(SeekFrom::Start(from as u64)).unwrap();
        let mut read = vec![0; len];
        opener.read_exact(&mut read).unwrap();
        assert_eq!(read, content[from..from + len], "{from}");
    }
    opener.seek(SeekFrom::Start(200_000)).unwrap();
    assert_eq!(opener.read(&mut [0; 8]).unwrap(), 0, "beyond the end there is nothing");
}

#[test]
fn an_altered_a_cut_and_another_notebooks_file_do_not_open() {
    let rest = Rest::derive(&[7; 32]);
    let whole = sealed(&content(140_000), &rest);
    let refused = |bytes: &[u8]| {
        let error = opened(bytes, &rest).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof),
            "{error}"
        );
    };
    for at in [0, 25, 60, 100, 130, 170, 190, 70_000, whole.len() - 1] {
        let mut altered = whole.clone();
        altered[at] ^= 1;
        refused(&altered);
    }
    // Also exactly between two chunks.
    let chunk = CHUNK_BYTES + TAG_BYTES;
    let start = HEADER_BYTES + NONCE_BYTES;
    for end in [0, 100, start, start + 5, start + chunk, start + 2 * chunk, whole.len() - 1] {
        refused(&whole[..end]);
    }
    assert!(opened(&whole, &Rest::derive(&[8; 32])).is_err());
}

#[test]
fn nothing_of_the_content_is_in_the_file() {
    let rest = Rest::derive(&[7; 32]);
    let canary = b"a canary of thirty bytes or so";
    let mut content = content(100_000);
    content[50_000..50_000 + canary.len()].copy_from_slice(canary);
    let holds = |bytes: &[u8]| bytes.windows(canary.len()).any(|window| window == canary);
    assert!(holds(&content));
    assert!(!holds(&sealed(&content, &rest)));
}
