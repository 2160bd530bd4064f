//! A random sample of precincts: what was drawn from, by which seed, and what came of it.

use serde::{Deserialize, Serialize};

use crate::{
    id::{DrawnHash, PartHash, UnitCode},
    limits::{SAMPLE_SEED_BYTES_MAX, SAMPLE_STRATA_MAX},
};

/// A draw. Everything in it can be computed again by whoever has the register that it names: the
/// ticket of a precinct is `SHA-256(seed, line feed, code)`, and the smallest tickets of a stratum are
/// its sample.
///
/// Signed and logged, so that a sample is one before anything is known of what it will show: which of
/// two draws came first is their place in the log. Precincts that no territory explains (abroad,
/// garrisons, hospitals, places of detention) are not drawn from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// The account that drew.
    pub account: String,
    /// What the tickets were made of: dice thrown before witnesses, a lottery's numbers.
    pub seed: String,
    /// The register, by the hash of its part of the set-up.
    pub register: PartHash,
    /// Version of the register.
    pub register_version: u32,
    /// Precincts that were left out because they are special.
    pub special: u64,
    /// By stratum, in the order of the register.
    pub strata: Vec<SampleStratum>,
    /// What was drawn.
    pub drawn: DrawnHash,
}

/// One stratum of a draw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleStratum {
    /// The region; none where the whole country is one stratum, or for precincts in no region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitCode>,
    /// Precincts that could be drawn.
    pub frame: u64,
    /// Precincts that were.
    pub drawn: u64,
}

/// Why there is no such sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SampleError {
    /// The seed cannot be written down and read again.
    #[error(
        "a seed has 1 to {SAMPLE_SEED_BYTES_MAX} bytes on one line, without spaces at its ends"
    )]
    Seed,
    /// Nothing was drawn.
    #[error("a sample has at least one precinct; the register has none that can be drawn")]
    Empty,
    /// There are too many strata.
    #[error("a sample has at most {SAMPLE_STRATA_MAX} strata; draw without --by region")]
    Strata,
}

impl Sample {
    /// Whether it can be said.
    pub fn check(&self) -> Result<(), SampleError> {
        let seed = &self.seed;
        let is_odd = seed.chars().any(char::is_control) || seed.trim() != seed;
        if seed.is_empty() || seed.len() > SAMPLE_SEED_BYTES_MAX || is_odd {
            return Err(SampleError::Seed);
        }
        if self.strata.len() > SAMPLE_STRATA_MAX {
            return Err(SampleError::Strata);
        }
        if self.strata.iter().all(|stratum| stratum.drawn == 0) {
            return Err(SampleError::Empty);
        }
        Ok(())
    }

    /// The hash of what was drawn: of its codes, stratum by stratum in the order drawn, each with a
    /// line feed. Their list itself would not fit into a statement.
    ///
    /// ```
    /// # use hattama_proto::{id::UnitCode, statement::Sample};
    /// let codes = ["11-2", "11-1"].map(|code| UnitCode::new(code).unwrap());
    /// assert_ne!(Sample::hash_of(&codes), Sample::hash_of(codes.iter().rev()));
    /// ```
    pub fn hash_of<'a>(codes: impl IntoIterator<Item = &'a UnitCode>) -> DrawnHash {
        let mut text = String::new();
        for code in codes {
            text.push_str(code.as_str());
            text.push('\n');
        }
        DrawnHash::of(text.as_bytes())
    }

    /// Precincts that could be drawn.
    pub fn frame(&self) -> u64 {
        self.strata.iter().map(|stratum| stratum.frame).sum()
    }

    /// Precincts that were.
    pub fn size(&self) -> u64 {
        self.strata.iter().map(|stratum| stratum.drawn).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::RECORD_BYTES_MAX;

    fn sample(seed: &str, strata: usize) -> Sample {
        let stratum = |number: usize| SampleStratum {
            unit: Some(UnitCode::new(&format!("region-{number:04}")).unwrap()),
            frame: 100_000,
            drawn: 10_000,
        };
        Sample {
            account: "analyst".into(),
            seed: seed.into(),
            register: PartHash::of(b"units"),
            register_version: 1,
            special: 3,
            strata: (0..strata).map(stratum).collect(),
            drawn: DrawnHash::of(b""),
        }
    }

    #[test]
    fn a_seed_is_what_can_be_read_aloud_and_typed_again() {
        for bad in ["", " x", "x ", "a\nb", "a\tb", &"x".repeat(SAMPLE_SEED_BYTES_MAX + 1)] {
            assert_eq!(sample(bad, 1).check(), Err(SampleError::Seed), "{bad:?}");
        }
        assert_eq!(sample("dice 3 1 4", 1).check(), Ok(()));
        assert_eq!(sample("x", 0).check(), Err(SampleError::Empty));
        assert_eq!(sample("x", SAMPLE_STRATA_MAX + 1).check(), Err(SampleError::Strata));
    }

    #[test]
    fn the_largest_sample_fits_into_a_statement_and_reads_as_it_was_written() {
        let largest = sample(&"ы".repeat(SAMPLE_SEED_BYTES_MAX / 2), SAMPLE_STRATA_MAX);
        let text = serde_json::to_string(&largest).unwrap();
        assert!(text.len() * 4 / 3 + 1_024 < RECORD_BYTES_MAX, "{}", text.len());
        assert_eq!(serde_json::from_str::<Sample>(&text).unwrap(), largest);
        assert_eq!((largest.frame(), largest.size()), (9_600_000, 960_000));
    }
}
