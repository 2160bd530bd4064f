//! Against another decoder, and against files that were made to break one.

use image::{DynamicImage, RgbImage, imageops};
use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits { side: 1280, side_max: 30_000, bytes_max: 128 << 20 };

const FIXTURES: [(&str, &[u8]); 6] = [
    ("baseline-420", include_bytes!("../../../tests/fixtures/pictures/baseline-420.jpg")),
    (
        "baseline-422-restarts",
        include_bytes!("../../../tests/fixtures/pictures/baseline-422-restarts.jpg"),
    ),
    ("progressive-420", include_bytes!("../../../tests/fixtures/pictures/progressive-420.jpg")),
    ("progressive-444", include_bytes!("../../../tests/fixtures/pictures/progressive-444.jpg")),
    ("grey-progressive", include_bytes!("../../../tests/fixtures/pictures/grey-progressive.jpg")),
    ("cmyk", include_bytes!("../../../tests/fixtures/pictures/cmyk.jpg")),
];

fn read_to(side: u32, bytes: &[u8]) -> RgbImage {
    read(bytes, Limits { side, ..LIMITS }).unwrap().0
}

/// Mean difference of two pictures of one size.
fn apart(one: &RgbImage, other: &RgbImage) -> f64 {
    assert_eq!(one.dimensions(), other.dimensions());
    let pairs = one.as_raw().iter().zip(other.as_raw());
    let sum: u32 = pairs.map(|(one, other)| u32::from(one.abs_diff(*other))).sum();
    f64::from(sum) / f64::from(u32::try_from(one.as_raw().len()).unwrap())
}

#[test]
fn every_kind_of_file_is_read_as_another_decoder_reads_it() {
    for (name, bytes) in FIXTURES {
        let other = image::load_from_memory(bytes).unwrap().to_rgb8();
        // Colours that the file has a quarter of are spread plainly here and smoothly there.
        let apart = apart(&read_to(1280, bytes), &other);
        assert!(apart < 2.0, "{name}: {apart}");
    }
}

#[test]
fn a_smaller_picture_is_what_the_whole_one_becomes_when_it_is_scaled() {
    for (name, bytes) in FIXTURES {
        let whole = image::load_from_memory(bytes).unwrap();
        for (side, pixels) in [(100, 4), (50, 2), (25, 1)] {
            let small = read_to(side, bytes);
            let size = [whole.width(), whole.height()].map(|len| (len * pixels).div_ceil(8));
            assert_eq!([small.width(), small.height()], size, "{name}");
            // Of whole blocks only: the last ones stand over.
            let inner = |picture: &DynamicImage, unit: u32| {
                let (width, height) = (200 / 8 * unit, 144 / 8 * unit);
                imageops::crop_imm(&picture.to_rgb8(), 0, 0, width, height).to_image()
            };
            let (width, height) = (200 / 8 * pixels, 144 / 8 * pixels);
            let other = DynamicImage::from(inner(&whole, 8));
            let other = other.thumbnail_exact(width, height).to_rgb8();
            let apart = apart(&inner(&small.into(), pixels), &other);
            assert!(apart < 4.0, "{name} at {pixels}/8: {apart}");
        }
    }
}

#[test]
fn two_different_pictures_are_told_apart_by_the_same_measure() {
    let [(_, one), .., (_, other)] = FIXTURES;
    let turned = imageops::rotate180(&read_to(1280, other));
    assert!(apart(&read_to(1280, one), &turned) > 20.0);
}

#[test]
fn a_file_that_ends_early_gives_what_there_is_and_grey_below() {
    let (_, bytes) = FIXTURES[0];
    let cut = read_to(1280, &bytes[..bytes.len() / 2]);
    let whole = read_to(1280, bytes);
    let row = |picture: &RgbImage, y: u32| -> Vec<u8> {
        (0..picture.width()).flat_map(|x| picture.get_pixel(x, y).0).collect()
    };
    assert_eq!(row(&cut, 0), row(&whole, 0));
    assert_eq!(row(&cut, cut.height() - 1), vec![128; cut.width() as usize * 3]);
}

/// A progressive header of this size, with three full components and nothing after it.
fn claims(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xc2, 0, 17, 8];
    bytes.extend(height.to_be_bytes());
    bytes.extend(width.to_be_bytes());
    bytes.extend([3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]);
    bytes
}

#[test]
fn what_would_take_too_much_memory_is_refused_by_its_header() {
    for (width, height) in [(30_000, 30_000), (30_001, 8), (8, 65_535)] {
        assert_eq!(read(&claims(width, height)[..], LIMITS).unwrap_err(), Flaw::TooLarge);
    }
    // What is refused by the limit is read without: the file says nothing but its size.
    let small = Limits { bytes_max: 1 << 16, ..LIMITS };
    assert_eq!(read(&claims(2000, 2000)[..], small).unwrap_err(), Flaw::TooLarge);
    assert_eq!(read(&claims(2000, 2000)[..], LIMITS).unwrap_err(), Flaw::Ended);
}

#[test]
fn a_file_of_scans_without_end_is_given_up() {
    let (_, bytes) = FIXTURES[4];
    let scan = bytes.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
    let end =
        scan + 2 + bytes[scan + 2..].windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
    let mut endless = bytes[..end].to_vec();
    for _ in 0..1000 {
        endless.extend(&bytes[scan..end]);
    }
    let mut reading = Reading::default();
    let mut source = Source::new(&endless[2..]);
    let flaw = reading.segments(&mut source, LIMITS).unwrap_err();
    assert_eq!(flaw, Flaw::Broken("it has too many scans"));
    // What had come until then is shown.
    read(&endless[..], LIMITS).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_damage_is_survived(
        which in 0..FIXTURES.len(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        side in prop::sample::select(vec![20_u32, 60, 1280]),
    ) {
        let mut bytes = FIXTURES[which].1.to_vec();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        // A header may be damaged too, and then claims to be large: that is refused sooner here.
        drop(read(&bytes[..], Limits { side, side_max: 2000, bytes_max: 16 << 20 }));
    }
}
