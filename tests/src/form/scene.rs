//! Drawn scenes for incidents: a card that says EXERCISE, over a picture of nobody in particular.
//!
//! An incident needs an attachment, and a photograph of people would be of real people. So a street,
//! a hall or an office is drawn from blocks and discs, named after the category, and photographed
//! like a form.

use super::camera::{Conditions, Format, shoot};
use super::canvas::{Canvas, Ink};
use super::dice::{Dice, seed_of};
use super::stamp;
use super::text::Face;

/// The size of such a picture in bytes.
const SCENE_BYTES: std::ops::RangeInclusive<usize> = 100_000..=300_000;

const WIDTH: f32 = 1200.0;
const HEIGHT: f32 = 860.0;
/// Where the drawing begins, below the words, and where its floor begins.
const DRAWING: f32 = 170.0;
const FLOOR: f32 = 600.0;

const PRINT: Ink = [30, 30, 36];
const CLOTHES: [[u8; 3]; 6] =
    [[70, 84, 120], [120, 70, 66], [64, 96, 80], [96, 92, 88], [140, 116, 70], [86, 70, 104]];

/// A photograph of a card with a drawn scene and `label`, as a JPEG file of 100 to 300 kB.
///
/// The label chooses the setting (a street, a hall, an office), so that incidents of one category resemble each other; the seed
/// chooses who stands where.
pub fn incident_scene(label: &str, seed: u64) -> Vec<u8> {
    let mut dice = Dice::new(seed ^ seed_of(label));
    let mut canvas = Canvas::filled(WIDTH as usize, HEIGHT as usize, [244, 241, 232]);
    match Setting::of(label) {
        Setting::Street => street(&mut canvas, &mut dice),
        Setting::Hall => hall(&mut canvas, &mut dice),
        Setting::Office => office(&mut canvas, &mut dice),
    }
    for _ in 0..3 + dice.below(4) {
        person(&mut canvas, &mut dice);
    }
    let heading = format!("EXERCISE photograph: {label}");
    let size = Face::Bold.fitting(&heading, 46.0, WIDTH - 80.0);
    Face::Bold.print_centred(&mut canvas, (WIDTH / 2.0, 78.0), size, &heading, PRINT);
    let languages =
        "ОҚУ ЖАТТЫҒУЫ – ойдан шығарылған  /  УЧЕБНАЯ – сцена вымышлена  /  invented scene";
    let size = Face::Regular.fitting(languages, 28.0, WIDTH - 80.0);
    Face::Regular.print_centred(&mut canvas, (WIDTH / 2.0, 134.0), size, languages, PRINT);
    canvas.frame((12.0, 12.0), (WIDTH - 24.0, HEIGHT - 24.0), 3.0, PRINT);
    stamp::burn_specimen(&mut canvas, 110);
    let format = Format { width: 1280, height: 960, bytes: SCENE_BYTES };
    shoot(&canvas, &format, Conditions::Ordinary, dice.next())
}

/// Where a scene takes place.
#[derive(Clone, Copy)]
enum Setting {
    Street,
    Hall,
    Office,
}

impl Setting {
    /// The place that the words of an English label suggest; any place for other languages.
    fn of(label: &str) -> Self {
        const SUGGESTIONS: [(Setting, &[&str]); 3] = [
            (Setting::Street, &["bus", "police", "event", "venue", "threat", "poster", "campaign"]),
            (
                Setting::Hall,
                &["vot", "ballot", "stuff", "observer", "count", "copy", "posted", "precinct"],
            ),
            (
                Setting::Office,
                &["print", "resource", "media", "commission", "tabulation", "rewritten"],
            ),
        ];
        let label = label.to_lowercase();
        let suggested =
            SUGGESTIONS.iter().find(|(_, words)| words.iter().any(|word| label.contains(word)));
        let any = SUGGESTIONS[(seed_of(&label) % 3) as usize].0;
        suggested.map_or(any, |(setting, _)| *setting)
    }
}

fn backdrop(canvas: &mut Canvas, wall: [u8; 3], floor: [u8; 3]) {
    canvas.paint((24.0, DRAWING), (WIDTH - 48.0, FLOOR - DRAWING), wall);
    canvas.paint((24.0, FLOOR), (WIDTH - 48.0, HEIGHT - FLOOR - 24.0), floor);
}

/// A bus before a building.
fn street(canvas: &mut Canvas, dice: &mut Dice) {
    backdrop(canvas, [196, 212, 224], [150, 148, 142]);
    canvas.paint((90.0, 230.0), (620.0, FLOOR - 230.0), [206, 194, 170]);
    for floor in 0..3_u8 {
        for window in 0..6_u8 {
            let place = (120.0 + f32::from(window) * 98.0, 256.0 + f32::from(floor) * 112.0);
            canvas.paint(place, (60.0, 72.0), [120, 140, 156]);
        }
    }
    let left = dice.between(480.0, 680.0);
    canvas.paint((left, 470.0), (430.0, 170.0), [206, 168, 72]);
    for window in 0..5_u8 {
        canvas.paint((left + 24.0 + f32::from(window) * 80.0, 494.0), (62.0, 60.0), [88, 104, 116]);
    }
    for wheel in [90.0, 340.0] {
        canvas.paint_disc((left + wheel, 640.0), 38.0, [44, 44, 46]);
        canvas.paint_disc((left + wheel, 640.0), 16.0, [150, 150, 150]);
    }
}

/// A polling hall: booths, a table and a box with a slot.
fn hall(canvas: &mut Canvas, dice: &mut Dice) {
    backdrop(canvas, [214, 206, 190], [164, 138, 108]);
    for booth in 0..3_u8 {
        let left = 90.0 + f32::from(booth) * 170.0;
        canvas.paint((left, 300.0), (140.0, FLOOR - 270.0), [126, 98, 74]);
        canvas.paint((left + 12.0, 316.0), (116.0, FLOOR - 310.0), [176, 196, 206]);
    }
    let left = dice.between(640.0, 800.0);
    canvas.paint((left, 560.0), (300.0, 24.0), [118, 84, 56]);
    canvas.paint((left + 14.0, 584.0), (18.0, 130.0), [98, 70, 46]);
    canvas.paint((left + 268.0, 584.0), (18.0, 130.0), [98, 70, 46]);
    canvas.paint((left + 60.0, 410.0), (170.0, 150.0), [222, 228, 232]);
    canvas.paint((left + 60.0, 410.0), (170.0, 14.0), [150, 160, 168]);
    canvas.paint((left + 105.0, 414.0), (80.0, 6.0), [40, 44, 48]);
}

/// A desk with stacks of paper.
fn office(canvas: &mut Canvas, dice: &mut Dice) {
    backdrop(canvas, [204, 212, 206], [140, 132, 124]);
    canvas.paint((110.0, 230.0), (150.0, 370.0), [130, 100, 72]);
    canvas.paint_disc((242.0, 420.0), 8.0, [210, 190, 120]);
    canvas.paint((400.0, 250.0), (260.0, 170.0), [170, 200, 220]);
    canvas.paint((526.0, 250.0), (8.0, 170.0), [236, 236, 230]);
    canvas.paint((380.0, 560.0), (660.0, 30.0), [122, 90, 62]);
    canvas.paint((400.0, 590.0), (620.0, 120.0), [104, 76, 52]);
    for stack in 0..4_u8 {
        let left = 430.0 + f32::from(stack) * 150.0 + dice.spread(20.0);
        for sheet in 0..4 + dice.below(9) {
            let top = 552.0 - sheet as f32 * 8.0;
            canvas.paint((left + dice.spread(6.0), top), (100.0, 6.0), [246, 244, 236]);
        }
    }
}

/// Somebody: a disc on a coat. No face, on purpose.
fn person(canvas: &mut Canvas, dice: &mut Dice) {
    let x = dice.between(120.0, WIDTH - 120.0);
    let foot = dice.between(690.0, 800.0);
    let tall = (foot - 400.0) * dice.between(0.75, 0.9);
    let coat = CLOTHES[dice.below(CLOTHES.len())];
    let half = tall * 0.14;
    canvas.paint((x - half * 0.7, foot - tall * 0.42), (half * 0.6, tall * 0.42), [50, 50, 58]);
    canvas.paint((x + half * 0.1, foot - tall * 0.42), (half * 0.6, tall * 0.42), [50, 50, 58]);
    canvas.paint((x - half, foot - tall * 0.80), (half * 2.0, tall * 0.48), coat);
    canvas.paint_disc((x, foot - tall * 0.80), half, coat);
    canvas.paint_disc((x, foot - tall * 0.97), tall * 0.085, [206, 170, 142]);
}
