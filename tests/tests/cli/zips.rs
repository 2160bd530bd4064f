//! Zips with lies in them: written here, so that what reads them is not asked to write them too.

use std::collections::BTreeMap;

/// The pieces of a bundle, read by its plain form: stored entries one after the other.
pub(crate) fn pieces(zip: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut pieces = BTreeMap::new();
    let mut rest = zip;
    while rest.starts_with(b"PK\x03\x04") {
        let bytes = u32::from_le_bytes(rest[18..22].try_into().unwrap()) as usize;
        let name = usize::from(u16::from_le_bytes(rest[26..28].try_into().unwrap()));
        let (head, after) = rest.split_at(30 + name);
        pieces.insert(String::from_utf8(head[30..].to_vec()).unwrap(), after[..bytes].to_vec());
        rest = &after[bytes..];
    }
    pieces
}

/// A zip of these entries, in this order, whatever they are called.
fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut zip, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in entries {
        let at = u32::try_from(zip.len()).unwrap().to_le_bytes();
        let size = u32::try_from(bytes.len()).unwrap().to_le_bytes();
        let length = u16::try_from(name.len()).unwrap().to_le_bytes();
        let described = [
            &[10, 0, 0, 0, 0, 0, 0, 0, 33, 0][..],
            &crc32(bytes).to_le_bytes(),
            &size,
            &size,
            &length,
            &[0, 0],
        ]
        .concat();
        zip.extend([b"PK\x03\x04", &described[..], name.as_bytes(), bytes].concat());
        let central = [b"PK\x01\x02\x0a\x00", &described[..], &[0; 10], &at, name.as_bytes()];
        directory.extend(central.concat());
    }
    let count = u16::try_from(entries.len()).unwrap().to_le_bytes();
    let length = u32::try_from(directory.len()).unwrap().to_le_bytes();
    let at = u32::try_from(zip.len()).unwrap().to_le_bytes();
    zip.extend(directory);
    zip.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count, &length, &at, &[0, 0]].concat());
    zip
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1))
        })
    })
}

fn sha256(bytes: &[u8]) -> String {
    ring::digest::digest(&ring::digest::SHA256, bytes)
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A bundle of these pieces whose list of hashes is right: the lie is in the pieces.
fn consistent(mut pieces: BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    pieces.remove("SHA256SUMS");
    let sums: String =
        pieces.iter().map(|(name, piece)| format!("{}  {name}\n", sha256(piece))).collect();
    pieces.insert("SHA256SUMS".into(), sums.into());
    of(&pieces)
}

fn of(pieces: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let entries: Vec<(&str, &[u8])> =
        pieces.iter().map(|(name, piece)| (name.as_str(), piece.as_slice())).collect();
    zip(&entries)
}

/// The same bundle with lies in it, by name. Those that are no lie begin with `good`.
pub(crate) fn lies(good: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut all = container_lies(good);
    let genuine = pieces(good);
    let mut add = |name: String, pieces| drop(all.insert(name, consistent(pieces)));
    add("good-again".into(), genuine.clone());
    for (number, (name, piece)) in genuine.iter().enumerate() {
        let flat = format!("{number:02}-{}", name.replace('/', "_"));
        let with = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut pieces = genuine.clone();
            change(pieces.get_mut(name).unwrap());
            pieces
        };
        if name == "README.html" {
            // Words for people: nothing vouches for them, and nothing rests on them.
            add("good-other-words".into(), with(&|page| page.extend(b"<p>")));
        } else if name != "SHA256SUMS" {
            for (place, bit) in [(0, 1), (piece.len() / 2, 4), (piece.len() - 1, 1)] {
                add(format!("bit-{place}-{flat}"), with(&|piece| piece[place] ^= bit));
            }
            add(format!("cut-{flat}"), with(&|piece| piece.truncate(piece.len() - 1)));
            add(format!("more-{flat}"), with(&|piece| piece.push(b'\n')));
            add(format!("empty-{flat}"), with(&Vec::clear));
        }
        let mut without = genuine.clone();
        without.remove(name);
        // Nobody can tell later whether a photograph without a receipt ever came; with one, they can.
        if name != "SHA256SUMS" {
            add(format!("without-{flat}"), without);
        }
    }
    swaps(&genuine, &mut add);
    all
}

/// Genuine pieces in places that are not theirs.
fn swaps(
    genuine: &BTreeMap<String, Vec<u8>>,
    add: &mut impl FnMut(String, BTreeMap<String, Vec<u8>>),
) {
    let named = |start: &str, end: &str| {
        let is = |name: &&String| name.starts_with(start) && name.ends_with(end);
        genuine.keys().find(is).unwrap().clone()
    };
    let copy = |from: &str, to: &str| {
        let mut pieces = genuine.clone();
        pieces.insert(to.to_owned(), genuine[from].clone());
        pieces
    };
    let (decision, enrolment) = (named("decisions/", ".jws"), named("device/", ".jws"));
    let typed = named("transcriptions/", ".jws");
    let (photo, neighbour) = (named("photos/", ".jpg"), named("chain/", ".tlog-proof"));
    let hash = "ab".repeat(32);
    for (name, pieces) in [
        ("another-folder", copy(&enrolment, &enrolment.replace("device/", "decisions/"))),
        ("decision-as-device", copy(&decision, &decision.replace("decisions/", "device/"))),
        ("record-as-decision", copy("record.jws", &format!("decisions/{hash}.jws"))),
        ("decision-as-record", copy(&decision, "record.jws")),
        ("decision-as-typed", copy(&decision, &decision.replace("decisions/", "transcriptions/"))),
        ("typed-as-decision", copy(&typed, &typed.replace("transcriptions/", "decisions/"))),
        ("typed-by-another-name", copy(&typed, &format!("transcriptions/{hash}.jws"))),
        ("record-as-typed", copy("record.jws", &format!("transcriptions/{hash}.jws"))),
        ("manifest-as-record", copy("setup/manifest.jws", "record.jws")),
        ("hq-as-device", copy("keys/hq.key", "device/device.key")),
        ("root-as-hq", copy("keys/root.key", "keys/hq.key")),
        ("device-as-root", copy("device/device.key", "keys/root.key")),
        ("photo-twice", copy(&photo, &photo.replace(".jpg", ".png"))),
        ("photo-unnamed", copy(&photo, &format!("photos/{hash}.jpg"))),
        ("receipt-of-another", copy(&neighbour, "record.tlog-proof")),
        ("neighbour-more", copy(&neighbour, &format!("chain/{hash}.tlog-proof"))),
        ("more-file", copy("checkpoint", "zzz")),
        ("more-page", copy("README.html", "photos/index.html")),
    ] {
        add(format!("swap-{name}"), pieces);
    }
    // The photograph with its receipt: it may never have come, so the bundle holds without it.
    let mut less = genuine.clone();
    less.remove(&photo);
    less.remove(&photo.replace(".jpg", ".tlog-proof"));
    add("good-photo-missing".into(), less);
    let mut decided = genuine.clone();
    decided.remove(&decision);
    decided.remove(&decision.replace(".jws", ".tlog-proof"));
    add("good-undecided".into(), decided);
    let mut untyped = genuine.clone();
    untyped.remove(&typed);
    untyped.remove(&typed.replace(".jws", ".tlog-proof"));
    add("good-untranscribed".into(), untyped);
    let chain = String::from_utf8(genuine["chain.json"].clone()).unwrap();
    for (number, (from, to)) in [
        ("\"seq\": 1", "\"seq\": 2"),
        ("\"seq\": 1", "\"seq\": 1.0"),
        ("\"seq\": 1,", "\"seq\": 1, "),
        ("\"beside\": []", "\"beside\": [\n    \"x\"\n  ]"),
        ("\"beside\": []", "\"beside\": null"),
        ("\"beside\": []", "\"beside\": [[]]"),
        ("\"corrected_by\": []", "\"corrected_by\": [],\n  \"more\": 1"),
        ("  \"kid\"", "  \"seq\": 1,\n  \"kid\""),
    ]
    .into_iter()
    .enumerate()
    {
        let changed = chain.replacen(from, to, 1);
        assert_ne!(changed, chain, "{from}");
        let mut pieces = genuine.clone();
        pieces.insert("chain.json".into(), changed.into());
        add(format!("chain-{number}"), pieces);
    }
}

/// Lies in the zip around the pieces.
fn container_lies(good: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut all: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let genuine = pieces(good);
    assert!(of(&genuine) == good, "a zip is written one way only");
    all.insert("good".into(), good.to_vec());
    for part in 0..40 {
        let place = good.len() * part / 40;
        let mut flipped = good.to_vec();
        flipped[place] ^= 1 << (part % 8);
        all.insert(format!("zip-bit-{part}"), flipped);
        all.insert(format!("zip-cut-{part}"), good[..place].to_vec());
    }
    let mut add = |name: &str, bytes: Vec<u8>| drop(all.insert(format!("zip-{name}"), bytes));
    add("end-cut", good[..good.len() - 1].to_vec());
    add("end-more", [good, b"\n"].concat());
    add("before", [b"#!", good].concat());
    add("twice-whole", [good, good].concat());
    add("nothing", zip(&[]));

    let entries: Vec<(&str, &[u8])> =
        genuine.iter().map(|(name, piece)| (name.as_str(), piece.as_slice())).collect();
    let mut twice = entries.clone();
    twice.insert(1, (entries[0].0, b"another"));
    add("name-twice", zip(&twice));
    let mut order = entries.clone();
    order.swap(2, 3);
    add("order", zip(&order));
    let long = "z".repeat(97);
    for (number, name) in [
        "../zz",
        "/zz",
        "zz/../../z",
        "zz//z",
        "zz/",
        "z\\z",
        ".zz",
        "z z",
        "z\u{e9}",
        "z\0",
        &long,
    ]
    .into_iter()
    .enumerate()
    {
        let mut with = entries.clone();
        with.push((name, b"x"));
        with.sort();
        add(&format!("name-{number}"), zip(&with));
    }
    // A method that is not "stored", a flag, a time, a length that the file does not have, in the
    // first header; and a directory that says something else than the headers.
    for (name, place, value) in [
        ("packed", 8, 8),
        ("encrypted", 6, 1),
        ("streamed", 6, 8),
        ("time", 10, 1),
        ("bomb", 25, 0x7f),
        ("size", 21, 0x7f),
        ("extra", 28, 4),
    ] {
        let mut changed = good.to_vec();
        changed[place] = value;
        add(name, changed);
    }
    let directory = good.len() - 22 - u32_at(good, good.len() - 10) as usize;
    for (name, place) in [("directory-crc", 16), ("directory-name", 46), ("directory-at", 42)] {
        let mut changed = good.to_vec();
        changed[directory + place] ^= 1;
        add(name, changed);
    }
    let crowd: Vec<String> = (0..1001).map(|number| format!("z{number:04}")).collect();
    let mut many = entries.clone();
    many.extend(crowd.iter().map(|name| (name.as_str(), &b""[..])));
    add("crowd", zip(&many));
    let big = vec![b' '; 8 * 1024 * 1024 + 1];
    let mut heavy = genuine;
    heavy.insert("README.html".into(), big);
    all.insert("zip-heavy".into(), consistent(heavy));
    all
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}
