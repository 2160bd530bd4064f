//! What was sealed opens as it was, from any place, for those it was sealed to and unaltered only.

use std::io::{Cursor, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};

use proptest::prelude::*;

use super::*;

fn identity(n: u8) -> Identity {
    Identity::from_secret([n; 32])
}

fn sealed(content: &[u8], recipients: &[Recipient], piece: usize) -> Vec<u8> {
    // Nothing repeats, as nothing does with real randomness.
    let mut state = 1_u8;
    let mut fill = |bytes: &mut [u8]| {
        for byte in bytes {
            *byte = state;
            state = state.wrapping_mul(5).wrapping_add(17);
        }
        Ok(())
    };
    let mut sealer = Sealer::new(Vec::new(), recipients, &mut fill).unwrap();
    for piece in content.chunks(piece) {
        sealer.write_all(piece).unwrap();
    }
    sealer.finish().unwrap()
}

fn opened(sealed: &[u8], identity: &Identity) -> Result<Vec<u8>, NotOpened> {
    let mut content = Vec::new();
    Opener::new(Cursor::new(sealed), std::slice::from_ref(identity))?.read_to_end(&mut content)?;
    Ok(content)
}

fn content(len: usize) -> Vec<u8> {
    (0..len).map(|n| (n * 31 % 251).to_le_bytes()[0]).collect()
}

#[test]
fn what_was_sealed_opens_as_it_was_at_every_length_around_a_chunk() {
    let key = identity(7);
    for len in [0, 1, 65_535, 65_536, 65_537, 131_071, 131_072, 131_073, 200_000] {
        let content = content(len);
        let sealed = sealed(&content, &[key.recipient()], 10_007);
        assert_eq!(opened(&sealed, &key).unwrap(), content, "{len}");
        assert_eq!(sealed.len() as u64, sealed_len(len as u64, 1), "{len}");
        assert_eq!(plain_len(sealed.len() as u64, 1), Some(len as u64), "{len}");
    }
}

#[test]
fn it_is_read_from_any_place_on() {
    let key = identity(7);
    let content = content(150_000);
    let sealed = sealed(&content, &[identity(1).recipient(), key.recipient()], 10_007);
    let mut opener = Opener::new(Cursor::new(sealed.as_slice()), &[key]).unwrap();
    assert_eq!(opener.content_len(), 150_000);
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
fn an_altered_and_a_cut_file_do_not_open_and_anothers_is_known_as_such() {
    let key = identity(7);
    let whole = sealed(&content(140_000), &[key.recipient(), identity(3).recipient()], 10_007);
    let refused = |bytes: &[u8]| match opened(bytes, &key).unwrap_err() {
        NotOpened::NotFor | NotOpened::Altered => {}
        NotOpened::Io(error) => {
            let kinds = [ErrorKind::InvalidData, ErrorKind::UnexpectedEof];
            assert!(kinds.contains(&error.kind()), "{error}");
        }
    };
    let start = header::len(2) + NONCE_BYTES;
    for at in (0..start).chain([start + 5, 70_000, whole.len() - 1]) {
        let mut altered = whole.clone();
        altered[at] ^= 1;
        refused(&altered);
    }
    // Also exactly between two chunks.
    let chunk = CHUNK_BYTES + TAG_BYTES;
    for end in [0, 100, start, start + 5, start + chunk, start + 2 * chunk, whole.len() - 1] {
        refused(&whole[..end]);
    }
    let other = opened(&whole, &identity(8)).unwrap_err();
    assert!(matches!(other, NotOpened::NotFor), "{other:?}");
}

#[test]
fn nothing_of_the_content_is_in_the_file() {
    let canary = b"a canary of thirty bytes or so";
    let mut content = content(100_000);
    content[50_000..50_000 + canary.len()].copy_from_slice(canary);
    let holds = |bytes: &[u8]| bytes.windows(canary.len()).any(|window| window == canary);
    assert!(holds(&content));
    assert!(!holds(&sealed(&content, &[identity(7).recipient()], 10_007)));
}

#[test]
fn a_file_is_sealed_to_somebody() {
    let refused = Sealer::new(Vec::new(), &[], &mut |_| Ok(())).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_sealed_to_some_opens_for_each_of_them_and_for_nobody_else(
        content in proptest::collection::vec(any::<u8>(), 0..200_000),
        seeds in proptest::collection::btree_set(1_u8..200, 1..=4),
        piece in 1_usize..70_000,
    ) {
        let keys: Vec<Identity> = seeds.iter().map(|seed| identity(*seed)).collect();
        let recipients: Vec<Recipient> = keys.iter().map(Identity::recipient).collect();
        let sealed = sealed(&content, &recipients, piece);
        prop_assert_eq!(sealed.len() as u64, sealed_len(content.len() as u64, keys.len()));
        prop_assert_eq!(plain_len(sealed.len() as u64, keys.len()), Some(content.len() as u64));
        prop_assert!(sealed.starts_with(MAGIC.as_bytes()));
        for key in &keys {
            prop_assert_eq!(&opened(&sealed, key).unwrap(), &content);
        }
        let other = opened(&sealed, &identity(250));
        prop_assert!(matches!(other, Err(NotOpened::NotFor)));
    }

    #[test]
    fn whatever_comes_as_a_file_is_refused_or_opened_and_nothing_else(
        bytes in proptest::collection::vec(any::<u8>(), 0..2_000),
        cut in 0_usize..300,
    ) {
        let key = identity(7);
        let mut start = sealed(&content(500), &[key.recipient()], 100);
        start.truncate(cut);
        start.extend(bytes);
        prop_assert!(opened(&start, &key).is_err() || start.len() > 600);
    }
}
