//! How large a sample has to be, held against the register. Pure.

use serde::Serialize;

use crate::estimate::{
    quantile,
    size::{finite_population, margin_over_stations, stations_needed, voters_needed},
};

/// What is wanted, and what is expected of the election.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wanted {
    /// The margin of error, as a fraction.
    pub error: f64,
    /// How sure, as a fraction.
    pub confidence: f64,
    /// Voters in the whole frame, where somebody knows.
    pub voters: Option<u64>,
    /// The turnout that is expected, as a fraction.
    pub turnout: f64,
}

/// How many precincts that takes. The truth lies between the two numbers: people of one precinct vote
/// alike, but not all of them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Sizing {
    /// Precincts that can be drawn.
    pub frame: u64,
    /// Were every precinct of one mind: the careful number.
    pub precincts_at_most: u64,
    /// Were the voters of each precinct a mixture like the country: none where the number of voters is
    /// not known.
    pub precincts_at_least: Option<u64>,
    /// Voters that must be in the sample for the latter.
    pub voters: Option<u64>,
    /// The margin over precincts at the careful number, with the finite population correction.
    pub margin: f64,
}

/// Why nothing can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SizingError {
    /// The margin.
    #[error("the error is a fraction above 0 and below 0.5, as 0.01 for one point")]
    Error,
    /// The confidence.
    #[error("the confidence is a fraction from 0.5 to below 1, as 0.95")]
    Confidence,
    /// The turnout.
    #[error("the turnout is a fraction above 0 and at most 1, as 0.7")]
    Turnout,
}

/// The sizes for a frame of so many precincts.
///
/// # Errors
/// [`SizingError`] where what is wanted is not a fraction in its range.
pub fn sizing(frame: u64, wanted: Wanted) -> Result<Sizing, SizingError> {
    if !(wanted.error > 0.0 && wanted.error < 0.5) {
        return Err(SizingError::Error);
    }
    if !(0.5..1.0).contains(&wanted.confidence) {
        return Err(SizingError::Confidence);
    }
    if !(wanted.turnout > 0.0 && wanted.turnout <= 1.0) {
        return Err(SizingError::Turnout);
    }
    let z = quantile(wanted.confidence);
    let at_most = stations_needed(frame, wanted.error, z);
    let needed = wanted.voters.map(|voters| voters_needed(voters, 0.5, wanted.error, z));
    let votes_of_each = wanted.voters.filter(|_| frame > 0).map(|voters| {
        crate::forensics::real(voters) * wanted.turnout / crate::forensics::real(frame)
    });
    let at_least = needed.zip(votes_of_each).map(|(needed, each)| whole(needed / each.max(1.0)));
    Ok(Sizing {
        frame,
        precincts_at_most: at_most,
        precincts_at_least: at_least.map(|count| count.min(at_most)),
        voters: needed.map(whole),
        margin: if at_most == 0 {
            0.0
        } else {
            margin_over_stations(at_most, z) * finite_population(frame, at_most)
        },
    })
}

/// Rounded up. Negative and absurd numbers have been refused before.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts of people")]
fn whole(count: f64) -> u64 {
    count.ceil() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: Wanted = Wanted { error: 0.03, confidence: 0.95, voters: None, turnout: 0.7 };

    #[test]
    fn the_careful_number_is_the_one_over_stations_with_its_correction() {
        let sizing = sizing(9_580, WANTED).unwrap();
        // 0.5 * 1.96 / 0.03, squared, is 1,067.1; corrected for 9,580 stations.
        assert_eq!((sizing.precincts_at_most, sizing.precincts_at_least), (961, None));
        assert!(sizing.margin <= 0.03 && sizing.margin > 0.029_9, "{}", sizing.margin);
    }

    #[test]
    fn with_voters_there_is_a_lower_number_too() {
        let with = Wanted { voters: Some(8_950_000), ..WANTED };
        let sizing = sizing(9_580, with).unwrap();
        assert_eq!(sizing.voters, Some(1_067));
        assert_eq!(sizing.precincts_at_least, Some(2));
    }

    #[test]
    fn what_is_no_fraction_is_refused_and_a_tiny_register_is_drawn_whole() {
        let refused = |wanted| sizing(9, wanted).unwrap_err();
        assert_eq!(refused(Wanted { error: 3.0, ..WANTED }), SizingError::Error);
        assert_eq!(refused(Wanted { error: f64::NAN, ..WANTED }), SizingError::Error);
        assert_eq!(refused(Wanted { confidence: 1.0, ..WANTED }), SizingError::Confidence);
        assert_eq!(refused(Wanted { turnout: 0.0, ..WANTED }), SizingError::Turnout);
        assert_eq!(sizing(9, WANTED).unwrap().precincts_at_most, 9);
        assert_eq!(sizing(0, WANTED).unwrap().precincts_at_most, 0);
    }
}
