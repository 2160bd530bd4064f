//! The camera: from a page seen straight to a photograph somebody took of it.
//!
//! One pass over the photograph's pixels does everything: it finds the point of the page (turn and
//! perspective), mixes four of its pixels, applies the light, adds the noise of the sensor. Then the
//! result is compressed until its size is inside the asked range.

use std::ops::RangeInclusive;

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

use super::canvas::Canvas;
use super::dice::Dice;
use super::table::Table;

/// Under which circumstances a photograph is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Conditions {
    /// Daylight or a lamp, a hand that holds still.
    #[default]
    Ordinary,
    /// A dark room: less light, more noise.
    Dim,
    /// Taken in passing: turned further, slightly moved.
    Hurried,
}

/// The size of a photograph, in pixels and in bytes.
pub(super) struct Format {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) bytes: RangeInclusive<usize>,
}

/// Takes the photograph of `page`. The same arguments give the same bytes.
pub(super) fn shoot(page: &Canvas, format: &Format, conditions: Conditions, seed: u64) -> Vec<u8> {
    let mut dice = Dice::new(seed);
    let view = View::aim(page, format, conditions, &mut dice);
    let light = Light::shine(format, conditions, &mut dice);
    let pixels = expose(page, format, &view, &light, conditions, &mut dice);
    compress(&pixels, format)
}

/// From a pixel of the photograph to a point of the page: a plane seen in perspective.
struct View([f32; 9]);

impl View {
    /// Holds the camera over the page about as straight as people do.
    fn aim(page: &Canvas, format: &Format, conditions: Conditions, dice: &mut Dice) -> Self {
        let (turn, wander) = match conditions {
            Conditions::Ordinary | Conditions::Dim => (0.034, 0.006),
            Conditions::Hurried => (0.055, 0.012),
        };
        let (width, height) = (format.width as f32, format.height as f32);
        let (page_width, page_height) = (page.width as f32, page.height as f32);
        let turn = dice.spread(turn);
        let (sine, cosine) = turn.sin_cos();
        // The turned page and what perspective adds to it must stay inside the photograph.
        let needed_x = (page_width * cosine + page_height * sine.abs()) / width;
        let needed_y = (page_height * cosine + page_width * sine.abs()) / height;
        let scale = (0.985 - 2.0 * wander) / needed_x.max(needed_y) * dice.between(0.965, 1.0);
        let middle =
            (width / 2.0 + dice.spread(width * 0.006), height / 2.0 + dice.spread(height * 0.006));
        let corners = [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)].map(|(x, y)| {
            let (x, y) = (x * page_width * scale, y * page_height * scale);
            (
                f64::from(middle.0 + x * cosine - y * sine + dice.spread(width * wander)),
                f64::from(middle.1 + x * sine + y * cosine + dice.spread(height * wander)),
            )
        });
        Self::through(corners, f64::from(page_width), f64::from(page_height))
    }

    /// The view in which the corners of the page, clockwise from the top left, appear at `corners`.
    fn through(corners: [(f64, f64); 4], page_width: f64, page_height: f64) -> Self {
        let [(x0, y0), (x1, y1), (x2, y2), (x3, y3)] = corners;
        let (dx1, dx2, dx3) = (x1 - x2, x3 - x2, x0 - x1 + x2 - x3);
        let (dy1, dy2, dy3) = (y1 - y2, y3 - y2, y0 - y1 + y2 - y3);
        let area = dx1 * dy2 - dx2 * dy1;
        let g = (dx3 * dy2 - dx2 * dy3) / area;
        let h = (dx1 * dy3 - dx3 * dy1) / area;
        let [a, b, c] = [x1 - x0 + g * x1, x3 - x0 + h * x3, x0];
        let [d, e, f] = [y1 - y0 + g * y1, y3 - y0 + h * y3, y0];
        // The matrix above leads from the unit square to the photograph; its adjugate leads back.
        let back = [
            [e - f * h, c * h - b, b * f - c * e],
            [f * g - d, a - c * g, c * d - a * f],
            [d * h - e * g, b * g - a * h, a * e - b * d],
        ];
        let scales = [page_width, page_height, 1.0];
        let mut matrix = [0.0; 9];
        for (index, entry) in matrix.iter_mut().enumerate() {
            *entry = (back[index / 3][index % 3] * scales[index / 3] / back[2][2]) as f32;
        }
        Self(matrix)
    }
}

/// How bright the scene is, on a grid of cells: lamps, vignette, the shadow of a head.
struct Light {
    columns: usize,
    /// 4096 is full light.
    levels: Vec<i32>,
    /// The colour of the lamp: what each channel keeps of 256.
    tint: [i32; 3],
}

impl Light {
    /// Width of a grid cell in pixels. A power of two, because the inner loop divides by it.
    const CELL: usize = 32;

    fn shine(format: &Format, conditions: Conditions, dice: &mut Dice) -> Self {
        let columns = format.width / Self::CELL + 2;
        let rows = format.height / Self::CELL + 2;
        let brightness = match conditions {
            Conditions::Dim => dice.between(0.60, 0.70),
            Conditions::Ordinary | Conditions::Hurried => dice.between(0.88, 0.98),
        };
        let (lean_x, lean_y) = (dice.spread(0.16), dice.spread(0.16));
        let vignette = dice.between(0.10, 0.24);
        let angle = dice.between(0.0, std::f32::consts::TAU);
        let (edge_x, edge_y) = (angle.cos(), angle.sin());
        let edge_at = dice.between(0.35, 0.95);
        let shade = dice.between(0.04, 0.16);
        let mut levels = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            for column in 0..columns {
                let x = (column * Self::CELL) as f32 / format.width as f32 * 2.0 - 1.0;
                let y = (row * Self::CELL) as f32 / format.height as f32 * 2.0 - 1.0;
                let slope = 1.0 + lean_x * x + lean_y * y - vignette * (x * x + y * y) * 0.5;
                let depth = ((x * edge_x + y * edge_y - edge_at) / 0.35).clamp(0.0, 1.0);
                let shadow = 1.0 - shade * depth * depth * (3.0 - 2.0 * depth);
                levels.push((brightness * slope * shadow * 4096.0) as i32);
            }
        }
        let warmth = dice.spread(11.0);
        let tint =
            [252.0 + warmth * 0.3, 250.0, 244.0 - warmth].map(|kept: f32| kept.min(256.0) as i32);
        Self { columns, levels, tint }
    }

    /// The levels along one row of pixels, one per cell border.
    fn along(&self, y: usize, levels: &mut [i32]) {
        let upper = y / Self::CELL * self.columns;
        let part = (y % Self::CELL) as i32;
        for (column, level) in levels.iter_mut().enumerate() {
            let (above, below) =
                (self.levels[upper + column], self.levels[upper + self.columns + column]);
            *level = above + (below - above) * part / Self::CELL as i32;
        }
    }
}

/// The one pass. Nothing is allocated per pixel.
fn expose(
    page: &Canvas,
    format: &Format,
    view: &View,
    light: &Light,
    conditions: Conditions,
    dice: &mut Dice,
) -> Vec<u8> {
    let table = Table::new(dice);
    let deviation = match conditions {
        Conditions::Dim => dice.between(4.2, 5.0),
        Conditions::Ordinary | Conditions::Hurried => dice.between(2.6, 4.0),
    };
    let noise = noise_table(deviation, dice);
    let mut chance = dice.next() | 1;
    // No hand holds still: the second half of the exposure sees the page a little further on.
    let drift = match conditions {
        Conditions::Ordinary => dice.between(0.4, 0.9),
        Conditions::Dim => dice.between(0.7, 1.1),
        Conditions::Hurried => dice.between(1.3, 1.9),
    };
    let [a, b, c, d, e, f, g, h, i] = view.0;
    let mut pixels = vec![0_u8; format.width * format.height * 3];
    let mut levels = vec![0_i32; light.columns];
    let mut last = 0;
    for (y, row) in pixels.chunks_exact_mut(format.width * 3).enumerate() {
        light.along(y, &mut levels);
        let yf = y as f32;
        let (row_u, row_v, row_w) = (b * yf + c, e * yf + f, h * yf + i);
        for (x, pixel) in row.chunks_exact_mut(3).enumerate() {
            let xf = x as f32;
            let nearness = 1.0 / (g * xf + row_w);
            let u = (a * xf + row_u) * nearness;
            let v = (d * xf + row_v) * nearness;
            let before = seen(page, &table, u, v, x, y);
            let after = seen(page, &table, u + drift, v + drift * 0.6, x, y);
            let colour = ((before & 0x00FE_FEFE) >> 1) + ((after & 0x00FE_FEFE) >> 1);
            let (left, right) = (levels[x / Light::CELL], levels[x / Light::CELL + 1]);
            let level = left + (right - left) * (x % Light::CELL) as i32 / Light::CELL as i32;

            chance ^= chance << 13;
            chance ^= chance >> 7;
            chance ^= chance << 17;
            let grain = noise[(chance & 4095) as usize];
            // Sensors smear: each pixel shares a part of its neighbour's error.
            let both = grain + (last >> 1);
            last = grain;
            let chroma = noise[(chance >> 12 & 4095) as usize] >> 3;
            let scale = |shift: u32, tint: i32| {
                ((((colour >> shift & 255) as i32 * level) >> 4) * tint) >> 16
            };
            pixel[0] = (scale(16, light.tint[0]) + ((both + chroma) >> 4)).clamp(0, 255) as u8;
            pixel[1] = (scale(8, light.tint[1]) + (both >> 4)).clamp(0, 255) as u8;
            pixel[2] = (scale(0, light.tint[2]) + ((both - chroma) >> 4)).clamp(0, 255) as u8;
        }
    }
    pixels
}

/// The colour at (`u`, `v`) of the page, or of the table where the page ends.
#[inline(always)]
fn seen(page: &Canvas, table: &Table, u: f32, v: f32, x: usize, y: usize) -> u32 {
    let (last_u, last_v) = ((page.width - 1) as f32, (page.height - 1) as f32);
    if u < 0.0 || v < 0.0 || u >= last_u || v >= last_v {
        let outside = (-u).max(u - last_u).max(-v).max(v - last_v);
        return table.colour(x, y, outside);
    }
    let (across, down) = ((u * 256.0) as u32, (v * 256.0) as u32);
    let (right, low) = (across & 255, down & 255);
    let at = (down >> 8) as usize * page.width + (across >> 8) as usize;
    let upper = mix(page.pixels[at], page.pixels[at + 1], right);
    let lower = mix(page.pixels[at + page.width], page.pixels[at + page.width + 1], right);
    mix(upper, lower, low)
}

/// Two colours, the second with `part` of 256. Red and blue share a word: they cannot touch.
#[inline(always)]
pub(super) fn mix(one: u32, other: u32, part: u32) -> u32 {
    const OUTER: u32 = 0x00FF_00FF;
    const INNER: u32 = 0x0000_FF00;
    let rest = 256 - part;
    let outer = (((one & OUTER) * rest + (other & OUTER) * part) >> 8) & OUTER;
    let inner = (((one & INNER) >> 8) * rest + ((other & INNER) >> 8) * part) & INNER;
    outer | inner
}

/// Errors of a sensor in sixteenths of a level, drawn once and then picked at random.
fn noise_table(deviation: f32, dice: &mut Dice) -> Vec<i32> {
    (0..4096).map(|_| (dice.bell() * deviation * 16.0) as i32).collect()
}

/// Compresses until the size is within the format's bounds, or the quality has no further step.
fn compress(pixels: &[u8], format: &Format) -> Vec<u8> {
    const FIRST: u8 = 80;
    let mut quality = FIRST;
    loop {
        let jpeg = encode(pixels, format.width, format.height, ExtendedColorType::Rgb8, quality);
        quality = if jpeg.len() > *format.bytes.end() && quality <= FIRST && quality > 20 {
            quality - 10
        } else if jpeg.len() < *format.bytes.start() && (FIRST..100).contains(&quality) {
            quality + 4
        } else {
            return jpeg;
        };
    }
}

/// The JPEG file of `pixels`.
pub(super) fn encode(
    pixels: &[u8],
    width: usize,
    height: usize,
    colour: ExtendedColorType,
    quality: u8,
) -> Vec<u8> {
    let mut jpeg = Vec::with_capacity(pixels.len() / 8);
    JpegEncoder::new_with_quality(&mut jpeg, quality)
        .encode(pixels, width as u32, height as u32, colour)
        .expect("a picture of a few megapixels can be encoded into memory");
    jpeg
}
