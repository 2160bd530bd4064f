//! What a capture costs in memory, whatever the file is: measured in a process of its own.

#![allow(clippy::unwrap_used, reason = "tests")]

mod hq;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use hattama_client_core::{
    Notebook, NotebookOptions, Pictures,
    capture::{PhotoInput, ProtocolDraft},
};
use hattama_proto::record::PhotoRole;
use hq::{TestClock, draft, options};
use image::{ImageFormat, Rgb, RgbImage};

/// Most memory that a process which captures may ever have taken, in bytes.
const BYTES_MAX: u64 = 256_000_000;

/// Which file the child captures; `allocate` for none, and a large allocation instead.
const FILE: &str = "HATTAMA_TEST_CAPTURE";

/// What a child tells: the most memory it had, in bytes, and how its preview turned out.
struct Told {
    bytes: u64,
    preview: Result<(u32, u32), String>,
}

/// Not a test of its own: what the other tests run in another process.
#[test]
fn in_a_child() {
    let Some(file) = std::env::var_os(FILE).map(PathBuf::from) else { return };
    let preview = if file == Path::new("allocate") {
        let bytes = vec![1_u8; 300_000_000];
        format!("allocated {}", bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>())
    } else {
        capture(&file)
    };
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kib: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    println!("\ntold {} {preview}", kib * 1024);
}

fn capture(file: &Path) -> String {
    let folder = tempfile::tempdir().unwrap();
    let options = NotebookOptions { pictures: Pictures::Make, ..options(&TestClock::new()) };
    let notebook = Notebook::open(folder.path(), options).unwrap();
    let photos = vec![PhotoInput { path: file.to_owned(), page: 1 }];
    // Whatever it is, it is evidence, and it is kept.
    let made = notebook.capture_protocol(ProtocolDraft { photos, ..draft(1) }).unwrap();
    assert_eq!(
        fs::metadata(notebook.photo_path(made.photos[0])).unwrap().len(),
        fs::metadata(file).unwrap().len()
    );
    let item = notebook.get(made.record).unwrap();
    match item.photos.iter().find(|photo| photo.role == PhotoRole::Preview) {
        Some(preview) => {
            let preview =
                image::load_from_memory(&notebook.read_photo(preview.hash).unwrap()).unwrap();
            format!("{} {}", preview.width(), preview.height())
        }
        None => format!("none: {:?}", made.warnings),
    }
}

fn told(file: &Path) -> Option<Told> {
    if !Path::new("/proc/self/status").exists() {
        println!("skipped: this system does not say how much memory a process had");
        return None;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["in_a_child", "--exact", "--nocapture"])
        .env(FILE, file)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{}: {text}\n{}",
        file.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    let line = text.lines().find_map(|line| line.strip_prefix("told ")).unwrap();
    let (bytes, preview) = line.split_once(' ').unwrap();
    let size = preview
        .split_once(' ')
        .and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    Some(Told { bytes: bytes.parse().unwrap(), preview: size.ok_or_else(|| preview.to_owned()) })
}

/// Captures `bytes` in another process; says how its preview turned out.
fn captured(name: &str, bytes: &[u8]) -> Option<Result<(u32, u32), String>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    let told = told(&path)?;
    println!("{name}: {} MB, {:?}", told.bytes / 1_000_000, told.preview);
    assert!(told.bytes < BYTES_MAX, "{name} took {} bytes", told.bytes);
    Some(told.preview)
}

#[test]
fn the_measure_sees_a_process_that_takes_more() {
    let Some(told) = told(Path::new("allocate")) else { return };
    assert!(told.bytes > BYTES_MAX, "{}", told.bytes);
}

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let len = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker], &len[..], content].concat()
}

fn size(width: u16, height: u16) -> Vec<u8> {
    [height.to_be_bytes(), width.to_be_bytes()].concat()
}

/// Where a segment with this marker begins.
fn place(jpeg: &[u8], marker: u8) -> usize {
    let mut at = 2;
    while jpeg[at + 1] != marker {
        at += 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
    }
    at
}

/// A baseline JPEG of any height out of one strip of it: each row of blocks begins anew.
fn tall(width: u16, height: u16, extra: &[u8]) -> Vec<u8> {
    let strip = RgbImage::from_fn(width.into(), 8, |x, y| {
        // The widest are plain: a file has at most 64 MiB.
        let wave = |unit: u32| match width {
            ..20_000 => u8::try_from((x / unit + y) % 256).unwrap(),
            _ => 77,
        };
        Rgb([wave(7), wave(23), wave(61)])
    });
    let mut jpeg = Vec::new();
    strip.write_to(&mut std::io::Cursor::new(&mut jpeg), ImageFormat::Jpeg).unwrap();
    let (frame, scan) = (place(&jpeg, 0xc0), place(&jpeg, 0xda));
    assert!(jpeg[frame + 11] == 0x11, "blocks are single here");
    let data = scan + 2 + usize::from(u16::from_be_bytes([jpeg[scan + 2], jpeg[scan + 3]]));
    let row = &jpeg[data..jpeg.len() - 2];
    let mut whole = [&jpeg[..2], extra, &jpeg[2..scan]].concat();
    let at = frame + extra.len() + 5;
    whole[at..at + 4].copy_from_slice(&size(width, height));
    whole.extend(segment(0xdd, &width.div_ceil(8).to_be_bytes()));
    whole.extend(&jpeg[scan..data]);
    for number in 0..height.div_ceil(8) {
        if number > 0 {
            whole.extend([0xff, 0xd0 + u8::try_from((number - 1) % 8).unwrap()]);
        }
        whole.extend(row);
    }
    whole.extend([0xff, 0xd9]);
    whole
}

fn exif(orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    segment(0xe1, &exif)
}

#[test]
fn a_photograph_of_a_hundred_megapixels_gets_its_preview_whichever_way_the_camera_was_held() {
    let Some(preview) = captured("honest.jpg", &tall(11_600, 8_700, &[])) else { return };
    assert_eq!(preview, Ok((1280, 960)));
    let turned = captured("turned.jpg", &tall(11_600, 8_700, &exif(6))).unwrap();
    assert_eq!(turned, Ok((960, 1280)));
}

/// A grey progressive JPEG: first coefficients of all, then all others of each colour, none of which is
/// there.
fn progressive(width: u16, height: u16, scans: u32) -> Vec<u8> {
    let mut jpeg = vec![0xff, 0xd8];
    jpeg.extend(segment(0xdb, &[&[0][..], &[1; 64]].concat()));
    let components = [3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0];
    jpeg.extend(segment(0xc2, &[&[8][..], &size(width, height), &components].concat()));
    // One code of one bit: no difference, and blocks to come that have nothing.
    let codes = |head: u8, symbol: u8| {
        let mut lengths = [0; 16];
        lengths[0] = 1;
        segment(0xc4, &[&[head][..], &lengths, &[symbol]].concat())
    };
    jpeg.extend(codes(0x00, 0));
    jpeg.extend(codes(0x10, 0xe0));
    let blocks = u32::from(width.div_ceil(8)) * u32::from(height.div_ceil(8));
    jpeg.extend(segment(0xda, &[3, 1, 0, 2, 0, 3, 0, 0, 0, 0]));
    jpeg.extend(vec![0; usize::try_from(blocks * 3).unwrap().div_ceil(8)]);
    for scan in 0..scans {
        let colour = u8::try_from(scan % 3 + 1).unwrap();
        jpeg.extend(segment(0xda, &[1, colour, 0, 1, 63, 0]));
        // Of 15 bits: the code, and 2 to the power of 14 blocks and none more.
        let bits = usize::try_from(blocks.div_ceil(1 << 14)).unwrap() * 15;
        jpeg.extend(vec![0; bits.div_ceil(8)]);
    }
    jpeg.extend([0xff, 0xd9]);
    jpeg
}

#[test]
fn a_progressive_one_of_a_hundred_megapixels_does_too() {
    let Some(preview) = captured("progressive.jpg", &progressive(11_600, 8_700, 3)) else { return };
    assert_eq!(preview, Ok((1280, 960)));
}

#[test]
fn a_jpeg_that_was_made_to_exhaust_a_phone_does_not() {
    let whole = tall(200, 200, &[]);
    let mut with_profiles = whole[..2].to_vec();
    while with_profiles.len() < 60_000_000 {
        with_profiles.extend(segment(0xe2, &[b"ICC_PROFILE\0\x01\x01", &[7; 65_000][..]].concat()));
    }
    with_profiles.extend(&whole[2..]);
    let many = |count: u8| {
        let colours: Vec<u8> = (0..count).flat_map(|id| [id, 0x44, 0]).collect();
        let frame = [&[8][..], &size(30_000, 30_000), &[count], &colours].concat();
        [&[0xff, 0xd8][..], &segment(0xc1, &frame)].concat()
    };
    for (name, bytes, works) in [
        ("as large as may be.jpg", tall(30_000, 30_000, &[]), true),
        ("larger.jpg", tall(30_001, 30_001, &[]), false),
        ("a hundred scans.jpg", progressive(11_600, 8_700, 100), true),
        ("progressive and large.jpg", progressive(30_000, 30_000, 3), false),
        ("wide.jpg", progressive(30_000, 8, 3), true),
        ("colour profiles.jpg", with_profiles, true),
        ("four colours of large blocks.jpg", many(4), false),
        ("two hundred colours.jpg", many(200), false),
        ("half.jpg", tall(11_600, 8_700, &[])[..3_000_000].to_vec(), true),
        ("a head.jpg", whole[..30].to_vec(), false),
    ] {
        let Some(preview) = captured(name, &bytes) else { return };
        assert_eq!(preview.is_ok(), works, "{name}: {preview:?}");
    }
}

fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let named = [name, content].concat();
    let mut crc = u32::MAX;
    for byte in &named {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    let len = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&len, &named[..], &(!crc).to_be_bytes()].concat()
}

/// A black PNG with this depth, colour type and bytes of a pixel.
fn png(
    side: u32,
    (depth, colour, pixel): (u8, u8, usize),
    interlaced: bool,
    extra: &[u8],
) -> Vec<u8> {
    let head =
        [&side.to_be_bytes()[..], &side.to_be_bytes(), &[depth, colour, 0, 0, interlaced.into()]];
    let side = usize::try_from(side).unwrap();
    let passes = [
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ];
    let len = |(x, y, across, down): (usize, usize, usize, usize)| {
        (side - y).div_ceil(down) * (1 + (side - x).div_ceil(across) * pixel)
    };
    let len: usize = match interlaced {
        true => passes.into_iter().map(len).sum(),
        false => side * (1 + side * pixel),
    };
    let pixels = miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; len], 1);
    [
        b"\x89PNG\r\n\x1a\n",
        &chunk(b"IHDR", &head.concat())[..],
        extra,
        &chunk(b"IDAT", &pixels),
        &chunk(b"IEND", &[]),
    ]
    .concat()
}

#[test]
fn a_png_that_was_made_to_exhaust_a_phone_does_not() {
    let rgb = (8, 2, 3);
    let profile = miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; 400_000_000], 1);
    let profile = chunk(b"iCCP", &[b"p\0\0", &profile[..]].concat());
    // 30,000 pixels a side, and nothing of them.
    let side = 30_000_u32.to_be_bytes();
    let head = [&side[..], &side, &[8, 2, 0, 0, 0]].concat();
    let claims = [
        b"\x89PNG\r\n\x1a\n",
        &chunk(b"IHDR", &head)[..],
        &chunk(b"IDAT", &miniz_oxide::deflate::compress_to_vec_zlib(&[0; 100], 1)),
        &chunk(b"IEND", &[]),
    ]
    .concat();
    for (name, bytes, works) in [
        ("as large as may be.png", png(6_600, rgb, false, &[]), true),
        ("interlaced.png", png(6_600, rgb, true, &[]), true),
        ("of 16 bits.png", png(4_000, (16, 6, 8), false, &[]), true),
        ("larger.png", png(7_000, rgb, false, &[]), false),
        ("claims.png", claims, false),
        ("colour profile.png", png(6_600, rgb, false, &profile), false),
    ] {
        let Some(preview) = captured(name, &bytes) else { return };
        // What becomes of a profile that unpacks to too much is the decoder's to say.
        assert!(preview.is_ok() == works || name == "colour profile.png", "{name}: {preview:?}");
    }
}
