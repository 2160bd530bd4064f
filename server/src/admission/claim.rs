//! Whose records a body claims to bring, from its first bytes: nothing of it is believed yet.

use hattama_proto::{id::Kid, jws::claimed_key};
use miniz_oxide::{
    DataFormat, MZFlush,
    inflate::stream::{InflateState, inflate},
};

/// Bytes of a body that have come before it is looked at: the header of its first record is among them,
/// packed or not.
pub(crate) const HEAD_BYTES: usize = 512;

/// Most bytes that are unpacked of them.
const UNPACKED_MAX: usize = 2048;

/// How a body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    /// Not at all.
    Plain,
    /// Deflate, as zlib has it.
    Deflate,
}

/// The key that the first signed string of a batch names; none where there is none to be seen.
pub(crate) fn first_key(head: &[u8], packing: Packing) -> Option<Kid> {
    match packing {
        Packing::Plain => find(&head[..head.len().min(UNPACKED_MAX)]),
        Packing::Deflate => {
            let mut state = InflateState::new_boxed(DataFormat::Zlib);
            let mut unpacked = [0; UNPACKED_MAX];
            let done = inflate(&mut state, head, &mut unpacked, MZFlush::None);
            find(&unpacked[..done.bytes_written])
        }
    }
}

/// Whatever begins like the JSON of a header, in quotes.
fn find(text: &[u8]) -> Option<Kid> {
    let start = text.windows(4).position(|at| at == br#""eyJ"#)? + 1;
    let header = text[start..].split(|byte| *byte == b'.').next()?;
    claimed_key(std::str::from_utf8(header).ok()?)
}

#[cfg(test)]
mod tests {
    use hattama_proto::{key::SigningKey, kind::Kind, wire::PushRequest};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_bytes_of_a_batch_tell_whose_it_claims_to_be_packed_or_not() {
        let key = SigningKey::from_seed(&[3; 32]).unwrap();
        let payload = serde_json::json!({ "words": "x".repeat(4000) });
        let text = hattama_proto::jws::sign(&key, Kind::Protocol, &payload).unwrap();
        let batch = PushRequest {
            records: vec![text; 3],
            keys: [(key.kid(), key.public())].into(),
            seen: None,
        };
        let json = serde_json::to_vec(&batch).unwrap();
        assert_eq!(first_key(&json[..HEAD_BYTES], Packing::Plain), Some(key.kid()));
        for level in [1, 6, 9] {
            let packed = miniz_oxide::deflate::compress_to_vec_zlib(&json, level);
            let head = &packed[..packed.len().min(HEAD_BYTES)];
            assert_eq!(first_key(head, Packing::Deflate), Some(key.kid()));
        }
        assert_eq!(first_key(br#"{"records":[]}"#, Packing::Plain), None);
    }

    proptest! {
        #[test]
        fn no_bytes_do_harm(head: Vec<u8>) {
            let _none = first_key(&head, Packing::Plain);
            let _none = first_key(&head, Packing::Deflate);
        }
    }
}
