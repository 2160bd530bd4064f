//! Repeatable chance in whole numbers: the same seed makes the same exercise on every machine.
//!
//! Every purpose has a stream of its own, so that one more throw for the incidents moves no figure
//! of any protocol. No floating point: its last bits differ between systems.

/// A stream of numbers that looks random and is fixed by a seed and a purpose (SplitMix64).
pub(super) struct Chance(u64);

impl Chance {
    /// The stream of `seed` for `purpose`.
    pub(super) fn of(seed: u64, purpose: &str) -> Self {
        let purpose = purpose.bytes().fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        });
        Self(scatter(seed.wrapping_add(0x9E37_79B9_7F4A_7C15)) ^ scatter(purpose))
    }

    /// The next 64 bits.
    pub(super) const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        scatter(self.0)
    }

    /// A number from `low` to `high`, both included.
    pub(super) const fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.bits() % (high - low + 1)
    }

    /// A number below `count`, which must not be zero.
    pub(super) fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.bits() % count as u64).expect("it is below a usize")
    }

    /// True once in `times`.
    pub(super) const fn once_in(&mut self, times: u64) -> bool {
        self.bits().is_multiple_of(times)
    }

    /// One of `things`, which must not be empty.
    pub(super) fn pick<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[self.below(things.len())]
    }

    /// Puts `things` into any order.
    pub(super) fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            things.swap(last, self.below(last + 1));
        }
    }
}

const fn scatter(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}
