//! What a unit's published figures say beside what lies below. Pure.

use hattama_proto::id::ChoiceCode;

use super::{
    node::{Impossible, Unlikely, Verdict, Votes},
    observed::{Ranges, total},
    sum::{Published, Sum},
};
use crate::compare::Slip;

pub(super) fn at_the_bottom(published: &Votes, ours: Option<&Votes>) -> Verdict {
    let Some(ours) = ours else { return Verdict::NothingBelow };
    let by = differences(published, ours);
    if by.iter().all(Option::is_none) {
        return Verdict::NothingBelow;
    }
    if by.iter().all(|by| by.unwrap_or(0) == 0) {
        return Verdict::Equal;
    }
    let both = || ours.iter().zip(published).filter_map(|(ours, theirs)| ours.zip(*theirs));
    let (ours, theirs): (Vec<u64>, Vec<u64>) = both().unzip();
    Verdict::Differs { by, slip: Slip::between(&ours, &theirs) }
}

/// `seats` is how many votes a voter has in the contest.
pub(super) fn above_its_parts(
    published: &Published,
    sum: &Sum,
    choices: &[&ChoiceCode],
    seats: u32,
    seen: &Ranges,
) -> Verdict {
    if sum.parts == 0 && sum.open_with_copy == 0 {
        return Verdict::NothingBelow;
    }
    let remainder = differences(&published.votes, &sum.votes);
    if sum.open == 0 && remainder.iter().all(Option::is_none) {
        return Verdict::NothingBelow;
    }
    if sum.open == 0 {
        return if remainder.iter().all(|left| left.unwrap_or(0) == 0) {
            Verdict::Equal
        } else {
            Verdict::Differs { by: remainder, slip: None }
        };
    }
    let why = impossible(&remainder, sum, choices);
    if !why.is_empty() {
        return Verdict::Impossible { remainder, why };
    }
    let left = |whole: Option<u64>, parts: Option<u64>| Some(whole?.saturating_sub(parts?));
    let left = Published {
        votes: remainder.iter().map(|left| left.and_then(|l| u64::try_from(l).ok())).collect(),
        voters: left(published.voters, sum.voters),
        ballots: left(published.ballots, sum.ballots),
    };
    let mut why = unlikely(&left, seats);
    why.extend(seen.outside(&remainder, choices));
    if why.is_empty() { Verdict::Open { remainder } } else { Verdict::Unlikely { remainder, why } }
}

/// What figures of one unit, or of several together, can hardly be.
pub(super) fn unlikely(figures: &Published, seats: u32) -> Vec<Unlikely> {
    let Some(voters) = figures.voters else { return Vec::new() };
    let mut why = Vec::new();
    let room = voters.saturating_mul(u64::from(seats.max(1)));
    if let Some(votes) = total(&figures.votes).filter(|votes| *votes > room) {
        why.push(Unlikely::MoreVotesThanVoters { votes, voters, by: votes - room });
    }
    if let Some(ballots) = figures.ballots.filter(|ballots| *ballots > voters) {
        why.push(Unlikely::MoreBallotsThanVoters { ballots, voters });
    }
    why
}

fn impossible(remainder: &[Option<i64>], sum: &Sum, choices: &[&ChoiceCode]) -> Vec<Impossible> {
    let mut why = Vec::new();
    // None of the choices can have got more than the contest leaves.
    let room = remainder.iter().copied().sum::<Option<i64>>().map(|room| room.max(0));
    for ((choice, left), ours) in choices.iter().zip(remainder).zip(&sum.open_votes) {
        let (Some(left), choice) = (*left, (*choice).clone()) else { continue };
        let ours = i64::try_from(*ours).unwrap_or(i64::MAX);
        let less = left.saturating_sub(ours);
        if left < 0 {
            why.push(Impossible::LessThanItsParts { choice, by: left.unsigned_abs() });
        } else if sum.open_with_copy == sum.open && less != 0 {
            why.push(Impossible::NotOurCopies { choice, by: less });
        } else if less < 0 {
            why.push(Impossible::LessThanOurCopies { choice, by: less.unsigned_abs() });
        } else if let Some(room) = room.filter(|room| left > *room) {
            why.push(Impossible::MoreThanIsLeft { choice, by: left.abs_diff(room) });
        }
    }
    why
}

/// How much higher each figure of `these` is; none where one is unknown.
pub(in crate::compare) fn differences(these: &Votes, those: &Votes) -> Vec<Option<i64>> {
    let difference = |(these, those): (&Option<u64>, &Option<u64>)| {
        let (these, those) = these.zip(*those)?;
        Some(i64::try_from(i128::from(these) - i128::from(those)).unwrap_or(i64::MAX))
    };
    these.iter().zip(those).map(difference).collect()
}
