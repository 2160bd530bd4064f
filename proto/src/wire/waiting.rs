//! What a phone says of itself when it reads its feed: how much still waits on it.
//!
//! Counts and an age, of one key alone, so that the two keys of a person say nothing about each
//! other. It is told in the query of `GET /v1/feed`, which a device token opens; a headquarters that
//! does not know it ignores it. Nothing is decided by it: it is for people who wonder whether
//! something is still out there.

use std::{fmt, str::FromStr};

/// Lanes of a phone's queue, the first one sent first: protocols and urgent incidents, other
/// records, thumbnails, previews, originals.
pub const LANES: usize = 5;

/// How much waits in each lane of one key's queue.
///
/// ```
/// use hattama_proto::wire::Waiting;
/// let waiting: Waiting = "0.1.2.0.14".parse()?;
/// assert_eq!((waiting.total(), waiting.to_string()), (17, "0.1.2.0.14".to_owned()));
/// # Ok::<(), hattama_proto::wire::WaitingError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting(pub [u32; LANES]);

impl Waiting {
    /// All lanes together.
    pub fn total(&self) -> u64 {
        self.0.iter().map(|count| u64::from(*count)).sum()
    }
}

/// Why a text says nothing of what waits: it is not five whole numbers with points between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what waits is told as five whole numbers with points between them, as in 0.1.2.0.14")]
pub struct WaitingError;

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [urgent, records, thumbnails, previews, originals] = self.0;
        write!(f, "{urgent}.{records}.{thumbnails}.{previews}.{originals}")
    }
}

impl FromStr for Waiting {
    type Err = WaitingError;

    fn from_str(text: &str) -> Result<Self, WaitingError> {
        let counts: Vec<u32> = text
            .split('.')
            .map(|count| count.parse().map_err(|_| WaitingError))
            .collect::<Result<_, _>>()?;
        counts.try_into().map(Self).map_err(|_| WaitingError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_five_numbers_says_nothing() {
        for text in ["", "1", "1.2.3.4", "1.2.3.4.5.6", "1.2.3.4.-5", "1.2.3.4.4294967296"] {
            assert_eq!(text.parse::<Waiting>(), Err(WaitingError), "{text}");
        }
    }
}
