//! What a commission counted: the figures of one results protocol.

use std::ops::{AddAssign, Index, IndexMut};

use hattama_proto::{
    id::{ChoiceCode, LineCode},
    record::Figure,
};

use super::setup::CHOICES;

/// A line of the results protocol, in the order of the paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Line {
    /// Voters on the list.
    VotersOnList,
    /// Ballots received.
    BallotsReceived,
    /// Ballots issued before election day.
    IssuedEarly,
    /// Ballots issued at the station.
    IssuedStation,
    /// Ballots issued outside the station.
    IssuedOutside,
    /// Unused and spoilt ballots, cancelled.
    Cancelled,
    /// Ballots found in portable boxes.
    PortableBoxes,
    /// Ballots found in stationary boxes.
    StationaryBoxes,
    /// Invalid ballots.
    Invalid,
    /// Valid ballots.
    Valid,
}

impl Line {
    /// All lines, in the order of the paper.
    pub const ALL: [Self; 10] = [
        Self::VotersOnList,
        Self::BallotsReceived,
        Self::IssuedEarly,
        Self::IssuedStation,
        Self::IssuedOutside,
        Self::Cancelled,
        Self::PortableBoxes,
        Self::StationaryBoxes,
        Self::Invalid,
        Self::Valid,
    ];

    /// The code of the line in the set-up.
    pub fn code(self) -> LineCode {
        LineCode::new(self.name()).expect("the names below are codes")
    }

    /// The code as text.
    pub const fn name(self) -> &'static str {
        match self {
            Self::VotersOnList => "voters_on_list",
            Self::BallotsReceived => "ballots_received",
            Self::IssuedEarly => "issued_early",
            Self::IssuedStation => "issued_station",
            Self::IssuedOutside => "issued_outside",
            Self::Cancelled => "cancelled",
            Self::PortableBoxes => "portable_boxes",
            Self::StationaryBoxes => "stationary_boxes",
            Self::Invalid => "invalid",
            Self::Valid => "valid",
        }
    }
}

/// The code of the choice at `place` on the ballot, from 0.
pub fn choice_code(place: usize) -> ChoiceCode {
    ChoiceCode::new(CHOICES[place].code).expect("the codes of the choices are codes")
}

/// The figures of one results protocol. Unit: voters in the first line, ballots in the others,
/// votes by choice in ballot order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Count {
    lines: [u64; Line::ALL.len()],
    /// Votes by choice, in ballot order.
    pub votes: [u64; CHOICES.len()],
}

impl Count {
    /// Ballots issued, wherever and whenever.
    pub fn issued(&self) -> u64 {
        self[Line::IssuedEarly] + self[Line::IssuedStation] + self[Line::IssuedOutside]
    }

    /// The places on the ballot, most votes first; of equals the upper one.
    pub fn ranking(&self) -> [usize; CHOICES.len()] {
        let mut places = std::array::from_fn(|place| place);
        places.sort_by_key(|place| std::cmp::Reverse(self.votes[*place]));
        places
    }

    /// This count with `votes` votes fewer for one choice and as many more for another: every
    /// relation between the figures still holds. At most what the first choice has.
    pub fn with_votes_moved(mut self, votes: u64, from: usize, to: usize) -> Self {
        let votes = votes.min(self.votes[from]);
        self.votes[from] -= votes;
        self.votes[to] += votes;
        self
    }

    /// What is left when `part` is taken away; no figure of `part` may be larger.
    pub fn without(&self, part: &Self) -> Self {
        let mut rest = *self;
        rest.lines.iter_mut().zip(part.lines).for_each(|(whole, part)| *whole -= part);
        rest.votes.iter_mut().zip(part.votes).for_each(|(whole, part)| *whole -= part);
        rest
    }

    /// The figures with their lines, in the order of the paper.
    pub fn lines(&self) -> impl Iterator<Item = (Line, u64)> {
        Line::ALL.into_iter().zip(self.lines)
    }
}

impl Index<Line> for Count {
    type Output = u64;

    fn index(&self, line: Line) -> &u64 {
        &self.lines[line as usize]
    }
}

impl IndexMut<Line> for Count {
    fn index_mut(&mut self, line: Line) -> &mut u64 {
        &mut self.lines[line as usize]
    }
}

impl AddAssign<&Self> for Count {
    fn add_assign(&mut self, other: &Self) {
        self.lines.iter_mut().zip(other.lines).for_each(|(sum, figure)| *sum += figure);
        self.votes.iter_mut().zip(other.votes).for_each(|(sum, figure)| *sum += figure);
    }
}

impl<'a> std::iter::Sum<&'a Self> for Count {
    fn sum<I: Iterator<Item = &'a Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |mut sum, count| {
            sum += count;
            sum
        })
    }
}

/// A figure of the exercise as a record holds it.
pub(super) fn figure(value: u64) -> Figure {
    Figure::new(value).expect("no figure of the exercise has more than nine digits")
}
