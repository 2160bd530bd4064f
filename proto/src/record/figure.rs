//! One figure read off a paper.

use serde::{Deserialize, Serialize};

use crate::limits::FIGURE_MAX;

/// A figure as one person read it off a sheet. Unit: whatever the line counts (ballots, voters).
///
/// Never computed, never corrected. Zero is a reading; a figure nobody could read is `None`, not
/// zero. Absurd figures are recorded as found, up to fifteen digits, which is where JSON readers
/// begin to lose them.
///
/// ```
/// use hattama_proto::record::Figure;
/// assert!(Figure::new(9_999_999_999).is_ok(), "ten digits are absurd, and evidence");
/// assert!(Figure::new(Figure::MAX + 1).is_err());
/// ```
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "u64", into = "u64")]
pub struct Figure(u64);

/// The figure has more than fifteen digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a figure has at most fifteen digits; leave the line empty and mark it")]
pub struct FigureError;

impl Figure {
    /// Fifteen nines.
    pub const MAX: u64 = FIGURE_MAX;

    /// Takes a figure as read.
    pub const fn new(value: u64) -> Result<Self, FigureError> {
        if value > Self::MAX { Err(FigureError) } else { Ok(Self(value)) }
    }

    /// The number.
    pub const fn value(self) -> u64 {
        self.0
    }
}

impl TryFrom<u64> for Figure {
    type Error = FigureError;

    fn try_from(value: u64) -> Result<Self, FigureError> {
        Self::new(value)
    }
}

impl From<Figure> for u64 {
    fn from(figure: Figure) -> Self {
        figure.0
    }
}

impl From<u32> for Figure {
    fn from(value: u32) -> Self {
        Self(value.into())
    }
}

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
