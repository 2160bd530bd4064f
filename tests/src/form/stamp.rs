//! The round impression on a form, and the word across it.
//!
//! Nothing here resembles a seal that exists: two rings, no emblem, and the word EXERCISE in three
//! languages where an authority would stand.

use super::canvas::{Canvas, Ink, Mask};
use super::dice::Dice;
use super::text::Face;

/// What runs round the stamp.
const ROUND: &str = "EXERCISE · ОҚУ ЖАТТЫҒУЫ · УЧЕБНАЯ · ";

const STAMP_INK: Ink = [72, 62, 176];
const SPECIMEN_INK: Ink = [214, 60, 60];

/// Presses the stamp on `centre`, turned and worn as `dice` will have it.
pub(super) fn impress(canvas: &mut Canvas, centre: (f32, f32), radius: f32, dice: &mut Dice) {
    let mut mask = Mask::over(
        centre.0 - radius - 4.0,
        centre.1 - radius - 4.0,
        radius * 2.0 + 8.0,
        radius * 2.0 + 8.0,
    );
    ring(&mut mask, centre, radius, 2.4);
    ring(&mut mask, centre, radius * 0.93, 1.0);
    ring(&mut mask, centre, radius * 0.62, 1.6);
    let (blot_x, blot_y) = (dice.spread(radius), dice.spread(radius));
    let grain = dice.next();
    let worn = move |x: i32, y: i32| {
        let far = (x as f32 - centre.0 - blot_x).hypot(y as f32 - centre.1 - blot_y) / radius;
        let speck = Dice::new(grain ^ (x as u64) << 24 ^ y as u64 & 0xFF_FFFF).unit();
        (1.05 - far * 0.25) * (0.65 + 0.3 * speck)
    };
    mask.wear(worn);
    canvas.press(&mask, STAMP_INK);

    let turn = dice.spread(0.5);
    let size = radius * 0.235;
    let around = std::f32::consts::TAU;
    let total = Face::Bold.width(ROUND, size);
    let mut along = 0.0;
    let mut letter = [0; 4];
    for sign in ROUND.chars() {
        let sign: &str = sign.encode_utf8(&mut letter);
        let advance = Face::Bold.width(sign, size);
        let angle = turn + (along + advance / 2.0) / total * around;
        let reach = radius * 0.775;
        let place = (centre.0 + reach * angle.sin(), centre.1 - reach * angle.cos());
        let cover = (150.0 + dice.spread(25.0)) as u8;
        canvas.press_turned(&Face::Bold.mask(sign, size), place, angle, 1.0, STAMP_INK, cover);
        along += advance;
    }
    for (word, offset, size) in [("SPECIMEN", -0.12, 0.22), ("ҮЛГІ · ОБРАЗЕЦ", 0.16, 0.125)]
    {
        let below = radius * offset;
        let place = (centre.0 - below * turn.sin(), centre.1 + below * turn.cos());
        canvas.press_turned(
            &Face::Bold.mask(word, radius * size),
            place,
            turn,
            1.0,
            STAMP_INK,
            165,
        );
    }
}

/// Burns the word SPECIMEN across the whole canvas, from low left to high right.
pub(super) fn burn_specimen(canvas: &mut Canvas, strength: u8) {
    let (width, height) = (canvas.width as f32, canvas.height as f32);
    // Drawn small and enlarged: soft edges, and the letters under it stay sharper than it.
    let mask = Face::Bold.mask("SPECIMEN", 120.0);
    let scale = width.hypot(height) * 0.86 / Face::Bold.width("SPECIMEN", 120.0);
    let rise = -(height / width).atan();
    canvas.press_turned(&mask, (width / 2.0, height / 2.0), rise, scale, SPECIMEN_INK, strength);
}

fn ring(mask: &mut Mask, centre: (f32, f32), radius: f32, line: f32) {
    let steps = (radius * std::f32::consts::TAU) as usize;
    for step in 0..steps {
        let (sine, cosine) = (step as f32 / radius).sin_cos();
        mask.dot(centre.0 + radius * cosine, centre.1 + radius * sine, line, 0.85);
    }
}
