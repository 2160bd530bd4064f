//! How much is more than a machine can do.

use clap::{Args, value_parser};

/// Ten times as much for three minutes, unless something else is said.
#[derive(Clone, Copy, Debug, Args)]
pub struct OverloadOptions {
    /// Minutes of overload
    #[arg(long, default_value_t = 3, value_parser = value_parser!(u64).range(1..=30))]
    pub minutes: u64,

    /// Offered records, as a multiple of what headquarters takes at its best
    #[arg(long, default_value_t = 10, value_parser = value_parser!(u32).range(2..=50))]
    pub times: u32,

    /// Most records that are signed for the overload, 1.8 kB each in a scratch folder and as much again
    /// where headquarters keeps them; it ends early when all of them were taken
    #[arg(long, default_value_t = 2_000_000, value_parser = value_parser!(u64).range(6_400..))]
    pub records: u64,

    /// Load and headquarters on the same cores; else each has its own, where there are two
    #[arg(long)]
    pub share_cores: bool,

    /// Connections of the overload
    #[arg(long, default_value_t = 512, value_parser = value_parser!(u16).range(32..=800))]
    pub connections: u16,
}

impl OverloadOptions {
    /// Precincts of the register beside those of the exercise: twenty records for each at most, or unit
    /// files would grow as they do nowhere.
    pub(super) fn more_precincts(self) -> u64 {
        (self.records / 20).min(100_000)
    }
}
