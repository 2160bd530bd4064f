//! Coefficients become pixels: the inverse cosine transform, for as many pixels as are wanted.

use super::segments::Steps;

/// Values of the cosines for one, two, four and eight pixels.
pub(super) struct Cosines([[[f32; 8]; 8]; 4]);

impl Cosines {
    pub(super) fn new() -> Self {
        let mut tables = [[[0.0; 8]; 8]; 4];
        for (table, pixels) in tables.iter_mut().zip([1_u8, 2, 4, 8]) {
            for (pixel, row) in (0..pixels).zip(table.iter_mut()) {
                for (wave, value) in (0..pixels).zip(row.iter_mut()) {
                    // Of eight pixels; fewer need the same, because each then stands for more of them.
                    let weight =
                        if wave == 0 { std::f32::consts::FRAC_1_SQRT_2 / 2.0 } else { 0.5 };
                    let angle = f32::from(2 * pixel + 1) * f32::from(wave) * std::f32::consts::PI
                        / f32::from(2 * pixels);
                    *value = weight * angle.cos();
                }
            }
        }
        Self(tables)
    }

    fn of(&self, pixels: usize) -> &[[f32; 8]; 8] {
        &self.0[pixels.trailing_zeros().min(3) as usize]
    }

    /// Paints one block of `across` by `down` pixels into `plane`, whose rows are `width` long.
    pub(super) fn paint(
        &self,
        kept: &[i16],
        steps: &Steps,
        (across, down): (usize, usize),
        plane: &mut [u8],
        width: usize,
    ) {
        if kept[1..].iter().all(|value| *value == 0) {
            let level = byte(f32::from(kept[0]) * f32::from(steps[0]) / 8.0);
            for row in plane.chunks_mut(width).take(down) {
                row[..across].fill(level);
            }
            return;
        }
        match across {
            1 => self.paint_wide::<1>(kept, steps, down, plane, width),
            2 => self.paint_wide::<2>(kept, steps, down, plane, width),
            4 => self.paint_wide::<4>(kept, steps, down, plane, width),
            _ => self.paint_wide::<8>(kept, steps, down, plane, width),
        }
    }

    fn paint_wide<const ACROSS: usize>(
        &self,
        kept: &[i16],
        steps: &Steps,
        down: usize,
        plane: &mut [u8],
        width: usize,
    ) {
        let (columns, rows) = (self.of(ACROSS), self.of(down));
        // Along the rows first: most rows of coefficients are empty.
        let mut half = [[0.0_f32; ACROSS]; 8];
        let mut last = 0;
        for (wave, row) in kept.chunks_exact(ACROSS).enumerate().take(down) {
            if row.iter().all(|value| *value == 0) {
                continue;
            }
            last = wave + 1;
            let mut values = [0.0_f32; ACROSS];
            for (at, value) in values.iter_mut().enumerate() {
                *value = f32::from(row[at]) * f32::from(steps[wave * 8 + at]);
            }
            for (pixel, sum) in half[wave].iter_mut().enumerate() {
                *sum =
                    values.iter().zip(&columns[pixel]).map(|(value, cosine)| value * cosine).sum();
            }
        }
        for (pixel, line) in plane.chunks_mut(width).enumerate().take(down) {
            let mut sums = [0.0_f32; ACROSS];
            for wave in 0..last {
                let cosine = rows[pixel][wave];
                for (sum, value) in sums.iter_mut().zip(&half[wave]) {
                    *sum += cosine * value;
                }
            }
            for (to, sum) in line.iter_mut().zip(sums) {
                *to = byte(sum);
            }
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "from 0 to 255 by then"
)]
fn byte(value: f32) -> u8 {
    (value + 128.5).clamp(0.0, 255.0) as u8
}
