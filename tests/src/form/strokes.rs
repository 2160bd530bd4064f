//! The shapes of handwritten figures: where a pen goes, before any particular hand distorts it.
//!
//! A shape is a list of strokes, a stroke a list of points that a smooth curve passes through. The
//! box is 1 high (0 is the top) and about 0.75 wide. A corner is where one stroke ends and the next
//! begins on the same point. One has its flag, seven its bar, four its open top, as they are taught
//! where forms are filled in figures that nobody may mistake.

/// A point of the unit box.
pub(super) type Point = (f32, f32);

/// One movement of the pen without a corner.
pub(super) type Stroke = &'static [Point];

const ZERO: &[Stroke] = &[&[
    (0.50, 0.03),
    (0.22, 0.08),
    (0.06, 0.36),
    (0.08, 0.72),
    (0.32, 0.98),
    (0.60, 0.88),
    (0.73, 0.54),
    (0.66, 0.18),
    (0.46, 0.02),
]];
const ONE: &[Stroke] =
    &[&[(0.14, 0.36), (0.30, 0.20), (0.44, 0.02)], &[(0.44, 0.02), (0.42, 0.50), (0.40, 0.99)]];
const TWO: &[Stroke] = &[
    &[
        (0.08, 0.27),
        (0.22, 0.06),
        (0.50, 0.03),
        (0.67, 0.22),
        (0.58, 0.48),
        (0.32, 0.76),
        (0.05, 0.97),
    ],
    &[(0.05, 0.97), (0.38, 0.93), (0.76, 0.97)],
];
const THREE: &[Stroke] = &[
    &[(0.08, 0.13), (0.34, 0.01), (0.62, 0.13), (0.58, 0.35), (0.28, 0.46)],
    &[(0.28, 0.46), (0.62, 0.52), (0.72, 0.75), (0.50, 0.97), (0.20, 0.97), (0.02, 0.83)],
];
const FOUR: &[Stroke] = &[
    &[(0.34, 0.03), (0.20, 0.36), (0.04, 0.63)],
    &[(0.04, 0.63), (0.40, 0.62), (0.80, 0.60)],
    &[(0.60, 0.26), (0.56, 0.60), (0.53, 1.00)],
];
const FIVE: &[Stroke] = &[
    &[(0.18, 0.06), (0.15, 0.26), (0.12, 0.45)],
    &[(0.12, 0.45), (0.40, 0.37), (0.68, 0.52), (0.70, 0.78), (0.44, 0.98), (0.04, 0.91)],
    &[(0.17, 0.06), (0.42, 0.05), (0.72, 0.03)],
];
const SIX: &[Stroke] = &[&[
    (0.58, 0.02),
    (0.28, 0.24),
    (0.08, 0.62),
    (0.18, 0.92),
    (0.44, 0.98),
    (0.67, 0.80),
    (0.60, 0.56),
    (0.36, 0.51),
    (0.13, 0.70),
]];
const SEVEN: &[Stroke] = &[
    &[(0.05, 0.08), (0.40, 0.06), (0.74, 0.05)],
    &[(0.74, 0.05), (0.48, 0.44), (0.30, 0.99)],
    &[(0.20, 0.51), (0.40, 0.50), (0.64, 0.47)],
];
const EIGHT: &[Stroke] = &[&[
    (0.62, 0.14),
    (0.36, 0.01),
    (0.14, 0.17),
    (0.32, 0.42),
    (0.63, 0.64),
    (0.64, 0.88),
    (0.36, 0.99),
    (0.09, 0.84),
    (0.20, 0.60),
    (0.52, 0.38),
    (0.66, 0.20),
    (0.56, 0.08),
]];
const NINE: &[Stroke] = &[
    &[
        (0.66, 0.22),
        (0.44, 0.02),
        (0.16, 0.12),
        (0.09, 0.36),
        (0.30, 0.52),
        (0.56, 0.42),
        (0.67, 0.20),
    ],
    &[(0.67, 0.20), (0.64, 0.58), (0.42, 0.99)],
];
const DASH: &[Stroke] = &[&[(0.14, 0.55), (0.40, 0.54), (0.62, 0.53)]];
const STOP: &[Stroke] = &[&[(0.26, 0.95), (0.29, 0.98)]];
const COLON: &[Stroke] = &[&[(0.28, 0.40), (0.31, 0.43)], &[(0.26, 0.86), (0.29, 0.89)]];
const SLASH: &[Stroke] = &[&[(0.62, 0.00), (0.36, 0.50), (0.12, 1.05)]];

/// How `sign` is written; `None` for what this hand cannot write.
pub(super) fn shape(sign: char) -> Option<&'static [Stroke]> {
    Some(match sign {
        '0' => ZERO,
        '1' => ONE,
        '2' => TWO,
        '3' => THREE,
        '4' => FOUR,
        '5' => FIVE,
        '6' => SIX,
        '7' => SEVEN,
        '8' => EIGHT,
        '9' => NINE,
        '-' => DASH,
        '.' => STOP,
        ':' => COLON,
        '/' => SLASH,
        ' ' => &[],
        _ => return None,
    })
}

/// Points about a pixel apart along the smooth curve through `points` (Catmull-Rom).
pub(super) fn curve(points: &[Point]) -> Vec<Point> {
    let (Some(&first), Some(&last)) = (points.first(), points.last()) else { return Vec::new() };
    let mut traced = vec![first];
    for (index, pair) in points.windows(2).enumerate() {
        let (from, to) = (pair[0], pair[1]);
        let before = if index == 0 { from } else { points[index - 1] };
        let after = points.get(index + 2).copied().unwrap_or(last);
        let steps = (from.0 - to.0).hypot(from.1 - to.1).ceil().max(1.0) as usize;
        for step in 1..=steps {
            let t = step as f32 / steps as f32;
            let bend = |a: f32, b: f32, c: f32, d: f32| {
                b + t
                    * 0.5
                    * (c - a + t * (2.0 * a - 5.0 * b + 4.0 * c - d + t * (3.0 * (b - c) + d - a)))
            };
            traced.push((
                bend(before.0, from.0, to.0, after.0),
                bend(before.1, from.1, to.1, after.1),
            ));
        }
    }
    traced
}
