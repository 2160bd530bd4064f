//! As much of CBOR (RFC 8949) as a key's registration needs: whole numbers, bytes, texts and maps, of
//! definite length and in their shortest form. Pure; refuses everything else.

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cbor<'a> {
    Int(i64),
    Bytes(&'a [u8]),
    Text(&'a str),
    Map(Vec<(Self, Self)>),
}

/// Deepest nesting that is read: a registration has two levels.
const DEPTH_MAX: u8 = 4;
/// Most entries of a map: a public key has five.
const ENTRIES_MAX: u64 = 16;

impl<'a> Cbor<'a> {
    /// The value at the beginning of `bytes`, and what follows it.
    pub(super) fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        read(bytes, DEPTH_MAX)
    }

    /// The value of a map's key; none where it is not there or stands twice.
    pub(super) fn get(&self, key: &Cbor<'_>) -> Option<&Self> {
        let Self::Map(entries) = self else { return None };
        let mut found = entries.iter().filter(|(known, _)| known == key);
        let (_, value) = found.next()?;
        found.next().is_none().then_some(value)
    }

    /// The bytes it is.
    pub(super) fn bytes(&self) -> Option<&'a [u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }
}

fn read(bytes: &[u8], depth: u8) -> Option<(Cbor<'_>, &[u8])> {
    let depth = depth.checked_sub(1)?;
    let (first, rest) = bytes.split_first()?;
    let (number, rest) = argument(first & 0x1f, rest)?;
    match first >> 5 {
        0 => Some((Cbor::Int(i64::try_from(number).ok()?), rest)),
        1 => Some((Cbor::Int(-1 - i64::try_from(number).ok()?), rest)),
        2 => {
            let (bytes, rest) = rest.split_at_checked(usize::try_from(number).ok()?)?;
            Some((Cbor::Bytes(bytes), rest))
        }
        3 => {
            let (bytes, rest) = rest.split_at_checked(usize::try_from(number).ok()?)?;
            Some((Cbor::Text(std::str::from_utf8(bytes).ok()?), rest))
        }
        5 if number <= ENTRIES_MAX => {
            let (mut entries, mut rest) = (Vec::new(), rest);
            for _ in 0..number {
                let (key, after) = read(rest, depth)?;
                let (value, after) = read(after, depth)?;
                entries.push((key, value));
                rest = after;
            }
            Some((Cbor::Map(entries), rest))
        }
        _ => None,
    }
}

/// The number in a head, in its shortest form only.
fn argument(short: u8, rest: &[u8]) -> Option<(u64, &[u8])> {
    let (number, least, rest) = match short {
        0..=23 => return Some((u64::from(short), rest)),
        24 => {
            let (bytes, rest) = rest.split_first_chunk::<1>()?;
            (u64::from(bytes[0]), 24, rest)
        }
        25 => {
            let (bytes, rest) = rest.split_first_chunk()?;
            (u64::from(u16::from_be_bytes(*bytes)), 1 << 8, rest)
        }
        26 => {
            let (bytes, rest) = rest.split_first_chunk()?;
            (u64::from(u32::from_be_bytes(*bytes)), 1 << 16, rest)
        }
        _ => return None,
    };
    (number >= least).then_some((number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_of_the_rfc_are_read() {
        assert_eq!(Cbor::read(&[0x18, 0x64]), Some((Cbor::Int(100), &[][..])));
        assert_eq!(Cbor::read(&[0x38, 0x63]), Some((Cbor::Int(-100), &[][..])));
        assert_eq!(
            Cbor::read(&[0x44, 1, 2, 3, 4, 9]),
            Some((Cbor::Bytes(&[1, 2, 3, 4]), &[9][..]))
        );
        assert_eq!(Cbor::read(b"\x64IETF"), Some((Cbor::Text("IETF"), &[][..])));
        let (map, _) = Cbor::read(&[0xa2, 1, 2, 3, 4]).unwrap();
        assert_eq!(map.get(&Cbor::Int(3)), Some(&Cbor::Int(4)));
    }

    #[test]
    fn what_is_cut_doubled_longer_than_needed_or_of_another_kind_is_not() {
        for bad in [
            &[][..],
            &[0x44, 1, 2],
            &[0x18, 23],
            &[0x19, 0, 255],
            &[0x5f, 0x41, 1, 0xff],
            &[0x82, 1, 2],
            &[0xf5],
            &[0xa1, 1],
            &[0xa1, 1, 0xa1, 1, 0xa1, 1, 0xa1, 1, 0xa0],
            &[0xba, 0xff, 0xff, 0xff, 0xff],
            &[0x61, 0xff],
        ] {
            assert_eq!(Cbor::read(bad), None, "{bad:?}");
        }
        let (twice, _) = Cbor::read(&[0xa2, 1, 2, 1, 3]).unwrap();
        assert_eq!(twice.get(&Cbor::Int(1)), None);
    }
}
