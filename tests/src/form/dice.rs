//! Repeatable chance: the same seed throws the same numbers on every machine and for ever.
//!
//! A picture must come out byte for byte the same from the same input, so nothing here depends on
//! a library's generator or on the hasher of one release of the language.

/// A stream of numbers that looks random and is fixed by its seed.
pub(super) struct Dice(u64);

impl Dice {
    /// The stream of `seed`.
    pub(super) fn new(seed: u64) -> Self {
        // Neighbouring seeds must not start alike.
        Self(scatter(seed ^ 0x5EED_0F0A_5EED_0F0A))
    }

    /// The next 64 bits.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        scatter(self.0)
    }

    /// A number in 0 to 1, without 1.
    pub(super) fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u32 << 24) as f32
    }

    /// A number in `low` to `high`.
    pub(super) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// A number at most `amount` away from zero, either side alike.
    pub(super) fn spread(&mut self, amount: f32) -> f32 {
        self.between(-amount, amount)
    }

    /// A whole number below `count`, which must not be zero.
    pub(super) fn below(&mut self, count: usize) -> usize {
        (self.next() >> 32) as usize % count
    }

    /// About normally distributed around zero with deviation 1: enough for the noise of a sensor.
    pub(super) fn bell(&mut self) -> f32 {
        let sum: f32 = (0..6).map(|_| self.unit()).sum();
        (sum - 3.0) * std::f32::consts::SQRT_2
    }
}

/// A number that stands for `text`: FNV-1a, 64 bits. For seeds only, never for evidence.
pub(super) fn seed_of(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

fn scatter(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}
