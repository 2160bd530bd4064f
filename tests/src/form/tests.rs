//! What the pictures promise, checked on the files themselves.

use super::*;

fn line(number: usize, written: Written) -> SheetLine {
    let label = ["Дауыс бергендер", "Проголосовавшие", "Those who voted"].map(String::from);
    SheetLine { number: number.to_string(), label: label.to_vec(), written }
}

fn sheet(first: u64) -> Sheet {
    let written = [
        Written::Figure(first),
        Written::Figure(1_023_456_789),
        Written::Overwritten { was: 98, now: 104 },
        Written::Overwritten { was: 1104, now: 98 },
        Written::StruckOut(57),
        Written::Illegible,
        Written::Blank,
        Written::Figure(0),
    ];
    Sheet {
        title: vec!["Хаттама".into(), "Протокол".into(), "Results protocol".into()],
        commission: "№ 90417".into(),
        unit_code: "90417".into(),
        copy_label: "Көшірме / Копия / Copy".into(),
        document_number: Some("E-0048213".into()),
        lines: written.iter().enumerate().map(|(at, item)| line(at + 1, item.clone())).collect(),
        choices: (1..=5).map(|at| line(at, Written::Figure(first * at as u64))).collect(),
        signed_at: Some("04.12.2005 23:40".into()),
        filling: Filling::BluePen,
        marks: vec![Mark::Signatures(5), Mark::Stamp, Mark::Crease],
    }
}

fn long_side(jpeg: &[u8]) -> u32 {
    let picture = image::load_from_memory_with_format(jpeg, image::ImageFormat::Jpeg).unwrap();
    picture.width().max(picture.height())
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    assert_eq!(photograph(&sheet(704), 7), photograph(&sheet(704), 7));
    assert_eq!(incident_scene("stuffing", 7), incident_scene("stuffing", 7));
    assert_eq!(plain_photo(7, 50_000), plain_photo(7, 50_000));
}

#[test]
fn another_figure_or_another_seed_gives_other_bytes() {
    let one = photograph(&sheet(704), 7);
    assert_ne!(one, photograph(&sheet(705), 7));
    assert_ne!(one, photograph(&sheet(704), 8));
    assert_ne!(incident_scene("stuffing", 7), incident_scene("stuffing", 8));
    assert_ne!(plain_photo(7, 50_000), plain_photo(8, 50_000));
}

#[test]
fn the_writing_belongs_to_the_sheet_and_not_to_the_shot() {
    assert!(page::draw(&sheet(704)).pixels == page::draw(&sheet(704)).pixels);
    assert!(page::draw(&sheet(704)).pixels != page::draw(&sheet(705)).pixels);
}

#[test]
fn a_photograph_has_300_to_800_kilobytes_for_every_seed_and_condition() {
    for seed in 0..30 {
        let conditions = match seed % 5 {
            0 => Conditions::Dim,
            1 => Conditions::Hurried,
            _ => Conditions::Ordinary,
        };
        let jpeg = photograph_under(&sheet(seed * 137), Shot { seed, conditions });
        assert!(PHOTOGRAPH_BYTES.contains(&jpeg.len()), "seed {seed}: {} bytes", jpeg.len());
    }
}

#[test]
fn a_photograph_decodes_and_is_large_enough_to_read() {
    assert!(long_side(&photograph(&sheet(704), 1)) >= 1200);
    assert!(long_side(&incident_scene("police", 1)) >= 1200);
}

#[test]
fn a_form_without_lines_and_one_with_sixty_are_drawn() {
    let empty = Sheet::default();
    assert!(PHOTOGRAPH_BYTES.contains(&photograph(&empty, 1).len()));
    let mut long = sheet(704);
    long.lines = (1..=60).map(|number| line(number, Written::Figure(1234))).collect();
    long.title = vec!["A heading far longer than any commission prints ".repeat(6)];
    long.unit_code = "9".repeat(80);
    long.signed_at = Some("at midnight".into());
    long.marks = vec![Mark::Signatures(u8::MAX)];
    long.filling = Filling::Printer;
    assert!(PHOTOGRAPH_BYTES.contains(&photograph(&long, 1).len()));
}

#[test]
fn every_figure_and_every_correction_is_drawn() {
    for figure in [0, 9, 10, 123_456_789, 9_876_543_210, u64::MAX] {
        for written in [
            Written::Figure(figure),
            Written::StruckOut(figure),
            Written::Overwritten { was: figure, now: 5 },
            Written::Overwritten { was: 5, now: figure },
        ] {
            let filled = |written| Sheet { lines: vec![line(1, written)], ..Sheet::default() };
            let blank = page::draw(&filled(Written::Blank)).pixels;
            assert!(page::draw(&filled(written)).pixels != blank);
        }
    }
}

#[test]
fn an_incident_scene_has_100_to_300_kilobytes() {
    for (seed, label) in (0..).zip(["bussing", "stuffing", "printing", "қысым", ""]) {
        let bytes = incident_scene(label, seed).len();
        assert!((100_000..=300_000).contains(&bytes), "{label}: {bytes} bytes");
    }
}

#[test]
fn a_plain_photo_is_about_as_large_as_asked_and_decodes() {
    for asked in [20_000, 300_000, 2_000_000, 4_000_000] {
        let jpeg = plain_photo(asked as u64, asked);
        assert!(jpeg.len().abs_diff(asked) <= asked / 10, "{asked}: {} bytes", jpeg.len());
        assert!(long_side(&jpeg) > 0);
    }
    assert!(long_side(&plain_photo(1, 0)) > 0);
}
