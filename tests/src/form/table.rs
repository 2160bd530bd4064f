//! The table under the paper: wood, a desk or a cloth, with the paper's shadow on it.

use super::dice::Dice;

/// A small texture that repeats without a seam.
pub(super) struct Table {
    pixels: Vec<u32>,
}

impl Table {
    /// Side of the texture in pixels: a power of two.
    const SIDE: usize = 512;
    /// How far the shadow of the paper reaches, in pixels.
    const SHADOW: f32 = 26.0;

    pub(super) fn new(dice: &mut Dice) -> Self {
        const SURFACES: [([f32; 3], f32); 5] = [
            ([150.0, 112.0, 78.0], 14.0),
            ([112.0, 78.0, 54.0], 12.0),
            ([158.0, 156.0, 152.0], 4.0),
            ([104.0, 118.0, 108.0], 5.0),
            ([178.0, 150.0, 116.0], 10.0),
        ];
        let (colour, grain) = SURFACES[dice.below(SURFACES.len())];
        let turn = std::f32::consts::TAU / Self::SIDE as f32;
        let (rings, bend) = ((9 + dice.below(12)) as f32, dice.between(1.0, 3.5));
        let mut pixels = Vec::with_capacity(Self::SIDE * Self::SIDE);
        for y in 0..Self::SIDE {
            for x in 0..Self::SIDE {
                let (across, down) = (x as f32 * turn, y as f32 * turn);
                // Two grains that never line up look like a plank; one alone looks like water.
                let wave = (down * rings + bend * across.sin()).sin() * (across + down * 2.0).sin()
                    + 0.5 * (down * (rings * 3.0 + 1.0) + bend * (across + 1.0).sin()).sin();
                let shade = wave * grain * 0.5 + dice.spread(grain * 0.4);
                let [red, green, blue] = colour.map(|level| (level + shade) as u32);
                pixels.push(red << 16 | green << 8 | blue);
            }
        }
        Self { pixels }
    }

    /// The colour at a pixel of the photograph that lies `outside` pixels beyond the paper.
    pub(super) fn colour(&self, x: usize, y: usize, outside: f32) -> u32 {
        let bare = self.pixels[y % Self::SIDE * Self::SIDE + x % Self::SIDE];
        if outside >= Self::SHADOW {
            return bare;
        }
        super::camera::mix(bare, 0, ((1.0 - outside / Self::SHADOW) * 130.0) as u32)
    }
}
