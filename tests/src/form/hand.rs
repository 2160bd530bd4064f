//! A person with a pen: figures, corrections, scribbles and signatures.
//!
//! A [`Hand`] is one person for one form: slant, size, pen and pressure are drawn once, every
//! stroke then differs a little. Whatever is written must be readable by the next person; only
//! [`Hand::scribble`] must not.

use super::canvas::{Canvas, Ink, Mask};
use super::dice::Dice;
use super::strokes::{Point, curve, shape};

/// A rectangle of the page to write in.
#[derive(Clone, Copy)]
pub(super) struct Area {
    pub(super) left: f32,
    pub(super) top: f32,
    pub(super) width: f32,
    pub(super) height: f32,
}

/// How firmly the pen is led.
#[derive(Clone, Copy)]
enum Stress {
    /// First writing, later written over: lighter, so that the correction stands out.
    Light,
    Usual,
    /// A correction: gone over twice.
    Heavy,
}

/// One person's writing on one form.
pub(super) struct Hand {
    dice: Dice,
    ink: Ink,
    slant: f32,
    size: f32,
    pen: f32,
    /// What small writing takes off the pen: nobody writes small figures with broad strokes.
    girth: f32,
}

impl Hand {
    /// The writing of `seed` in `ink`.
    pub(super) fn new(seed: u64, ink: Ink) -> Self {
        let mut dice = Dice::new(seed);
        let slant = dice.between(-0.04, 0.26);
        let size = dice.between(0.70, 0.80);
        let pen = dice.between(1.7, 2.3);
        Self { dice, ink, slant, size, pen, girth: 1.0 }
    }

    /// Writes `signs` into `area`. Signs without a shape are left out.
    pub(super) fn write(&mut self, canvas: &mut Canvas, area: Area, signs: &str) {
        let boxes = self.places(area, signs.chars().count());
        self.lead(canvas, area, signs, &boxes, Stress::Usual);
    }

    /// Writes `was`, then `now` firmly over it.
    pub(super) fn overwrite(&mut self, canvas: &mut Canvas, area: Area, was: &str, now: &str) {
        let boxes = self.places(area, was.len().max(now.len()));
        // Only what changed is gone over: that is how one digit becomes another on paper.
        let kept = only(was, |at, sign| now[at.min(now.len())..].starts_with(sign));
        let replaced = only(was, |at, sign| !now[at.min(now.len())..].starts_with(sign));
        let new = only(now, |at, sign| !was[at.min(was.len())..].starts_with(sign));
        self.lead(canvas, area, &kept, &boxes, Stress::Usual);
        self.lead(canvas, area, &replaced, &boxes, Stress::Light);
        self.lead(canvas, area, &new, &boxes, Stress::Heavy);
        if let (Some(first), Some(last)) = (boxes.get(now.len()), boxes.last()) {
            let height = first.height;
            let surplus = Area { width: last.left + last.width - first.left, height, ..*first };
            self.cross(canvas, surplus);
        }
    }

    /// Writes `signs` and strikes them out.
    pub(super) fn strike(&mut self, canvas: &mut Canvas, area: Area, signs: &str) {
        let boxes = self.places(area, signs.len());
        self.lead(canvas, area, signs, &boxes, Stress::Usual);
        if let (Some(first), Some(last)) = (boxes.first(), boxes.last()) {
            let width = last.left + last.width - first.left;
            self.cross(canvas, Area { width, ..*first });
        }
    }

    /// Something was written here and nobody can say what.
    pub(super) fn scribble(&mut self, canvas: &mut Canvas, area: Area) {
        let boxes = self.places(area, 3);
        let mut mask = Self::mask_of(area);
        for _ in 0..3 {
            for place in &boxes {
                let sign = char::from(b'0' + self.dice.below(10) as u8);
                let jolt = self.dice.spread(place.width * 0.35);
                self.sign(
                    &mut mask,
                    Area { left: place.left + jolt, ..*place },
                    sign,
                    Stress::Usual,
                );
            }
        }
        let (first, last) = (boxes[0], boxes[2]);
        let width = last.left + last.width - first.left;
        for _ in 0..2 {
            let turns = 9 + self.dice.below(5);
            let zigzag: Vec<Point> = (0..=turns)
                .map(|turn| {
                    let x = first.left + width * turn as f32 / turns as f32;
                    let edge = if turn % 2 == 0 { 0.12 } else { 0.88 };
                    let y = first.top + first.height * (edge + self.dice.spread(0.12));
                    (x + self.dice.spread(6.0), y)
                })
                .collect();
            self.trace(&mut mask, &zigzag, Stress::Usual);
        }
        canvas.press(&mask, self.ink);
        // A thumb went over the wet ink.
        let middle = (area.left + area.width / 2.0, area.top + area.height / 2.0);
        for _ in 0..5 {
            let place = (middle.0 + self.dice.spread(7.0), middle.1 + self.dice.spread(3.0));
            canvas.press_turned(&mask, place, self.dice.spread(0.03), 1.02, self.ink, 50);
        }
    }

    /// A signature: loops that run to the right and end in a flourish.
    pub(super) fn sign_name(&mut self, canvas: &mut Canvas, area: Area) {
        let mut points = Vec::new();
        let loops = 5 + self.dice.below(5);
        let mut x = area.left + area.width * 0.06;
        let pace = area.width * self.dice.between(0.45, 0.70) / loops as f32;
        for turn in 0..loops {
            let tall = if turn == 0 || self.dice.below(4) == 0 { 0.85 } else { 0.38 };
            let rise = area.height * tall * self.dice.between(0.7, 1.0);
            let floor = area.top + area.height * self.dice.between(0.78, 0.92);
            points.push((x, floor));
            points.push((x + pace * self.dice.between(0.5, 1.1), floor - rise));
            points.push((x + pace * self.dice.between(-0.1, 0.5), floor - rise * 0.7));
            x += pace;
        }
        let floor = area.top + area.height * 0.85;
        points.push((x, floor));
        points.push((
            area.left + area.width * 0.95,
            floor - area.height * self.dice.between(0.0, 0.5),
        ));
        if self.dice.below(2) == 0 {
            points.push((area.left + area.width * 0.3, floor + area.height * 0.10));
            points.push((area.left + area.width * 0.8, floor + area.height * 0.05));
        }
        let mut mask = Self::mask_of(area);
        self.trace(&mut mask, &points, Stress::Usual);
        canvas.press(&mask, self.ink);
    }

    /// The boxes of `count` signs side by side, as large as the hand writes and the area allows.
    fn places(&mut self, area: Area, count: usize) -> Vec<Area> {
        let count_f = count.max(1) as f32;
        let mut height = area.height * self.size;
        let mut width = height * 0.62;
        let mut pace = height * self.dice.between(0.74, 0.84);
        let squeeze = (area.width * 0.92 / (pace * count_f)).min(1.0);
        height *= squeeze.max(0.55);
        width *= squeeze;
        self.girth = (height / 52.0).clamp(0.68, 1.0);
        pace *= squeeze;
        let free = (area.width - pace * count_f).max(0.0);
        let mut left = area.left + free * self.dice.between(0.30, 0.60);
        // At most an eighth of the row over its whole width: figures stay in their own row.
        let climb = self.dice.spread(0.12) * area.height / area.width;
        let floor = area.top + (area.height - height) * self.dice.between(0.45, 0.65);
        (0..count)
            .map(|_| {
                let top = floor + climb * (left - area.left) + self.dice.spread(height * 0.03);
                let place =
                    Area { left, top, width, height: height * self.dice.between(0.95, 1.05) };
                left += pace * self.dice.between(0.96, 1.04);
                place
            })
            .collect()
    }

    fn lead(
        &mut self,
        canvas: &mut Canvas,
        area: Area,
        signs: &str,
        boxes: &[Area],
        stress: Stress,
    ) {
        let mut mask = Self::mask_of(area);
        for (sign, place) in signs.chars().zip(boxes) {
            self.sign(&mut mask, *place, sign, stress);
            if matches!(stress, Stress::Heavy) {
                self.sign(&mut mask, *place, sign, stress);
            }
        }
        canvas.press(&mask, self.ink);
    }

    fn sign(&mut self, mask: &mut Mask, place: Area, sign: char, stress: Stress) {
        let stretch = self.dice.between(0.93, 1.07);
        let slant = self.slant + self.dice.spread(0.03);
        for stroke in shape(sign).unwrap_or_default() {
            let points: Vec<Point> = stroke
                .iter()
                .map(|&(x, y)| {
                    let (x, y) = (x + self.dice.spread(0.016), y + self.dice.spread(0.016));
                    let across =
                        x * stretch / 0.75 * place.width + (0.5 - y) * slant * place.height;
                    (place.left + across, place.top + y * place.height)
                })
                .collect();
            self.trace(mask, &points, stress);
        }
    }

    /// Two quick lines through `area`.
    fn cross(&mut self, canvas: &mut Canvas, area: Area) {
        let mut mask = Self::mask_of(area);
        for part in [0.40, 0.62] {
            let y = area.top + area.height * part;
            let line = [
                (area.left - 8.0, y + self.dice.spread(5.0)),
                (area.left + area.width * 0.5, y + self.dice.spread(3.0)),
                (area.left + area.width + 10.0, y - 4.0 + self.dice.spread(5.0)),
            ];
            self.trace(&mut mask, &line, Stress::Usual);
        }
        canvas.press(&mask, self.ink);
    }

    /// Leads the pen along the curve through `points`, pressing now more, now less.
    fn trace(&mut self, mask: &mut Mask, points: &[Point], stress: Stress) {
        let (thick, dark) = match stress {
            Stress::Light => (0.85, 0.55),
            Stress::Usual => (1.0, 0.92),
            Stress::Heavy => (1.45, 1.0),
        };
        let pen = self.pen * self.girth * thick;
        let path = curve(points);
        let wave = self.dice.between(0.02, 0.05);
        let phase = self.dice.between(0.0, 6.0);
        for (step, &(x, y)) in path.iter().enumerate() {
            let press = (step as f32 * wave + phase).sin();
            // The pen touches down and lifts off: ends are a little thinner.
            let near_end = step.min(path.len() - 1 - step).min(4) as f32 / 4.0;
            let radius = pen * (0.80 + 0.14 * press + 0.10 * near_end);
            mask.dot(x, y, radius, dark * (0.93 + 0.07 * press));
        }
    }

    /// A mask with room for what runs over the edge of `area`.
    fn mask_of(area: Area) -> Mask {
        const ROOM: f32 = 24.0;
        let (width, height) = (area.width + 2.0 * ROOM, area.height + 2.0 * ROOM);
        Mask::over(area.left - ROOM, area.top - ROOM, width, height)
    }
}

/// The signs of `figure` that `wanted` says, each in its place, the others blank.
fn only(figure: &str, wanted: impl Fn(usize, char) -> bool) -> String {
    figure.char_indices().map(|(at, sign)| if wanted(at, sign) { sign } else { ' ' }).collect()
}
