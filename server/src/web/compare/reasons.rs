//! Why what is left cannot be, or is unlikely, in sentences.

use hattama_proto::id::ContestCode;

use crate::{
    compare::{Impossible, Unlikely},
    web::{figure::figure, frame::Frame, words::fill},
};

pub(super) fn impossible(frame: &Frame, contest: &ContestCode, why: &[Impossible]) -> Vec<String> {
    let texts = &frame.w.compare.impossible;
    let say = |why: &Impossible| {
        let (text, choice, by) = match why {
            Impossible::LessThanItsParts { choice, by } => (texts[0], choice, *by),
            Impossible::MoreThanIsLeft { choice, by } => (texts[1], choice, *by),
            Impossible::LessThanOurCopies { choice, by } => (texts[2], choice, *by),
            Impossible::NotOurCopies { choice, by } => (texts[3], choice, by.unsigned_abs()),
        };
        fill(text, &[("choice", &frame.choice(contest, choice)), ("by", &figure(by))])
    };
    why.iter().map(say).collect()
}

pub(super) fn unlikely(frame: &Frame, contest: &ContestCode, why: &[Unlikely]) -> Vec<String> {
    let texts = &frame.w.compare.unlikely;
    let say = |why: &Unlikely| match why {
        Unlikely::MoreVotesThanVoters { votes, voters, by } => fill(
            texts[0],
            &[("votes", &figure(*votes)), ("voters", &figure(*voters)), ("by", &figure(*by))],
        ),
        Unlikely::MoreBallotsThanVoters { ballots, voters } => {
            fill(texts[1], &[("ballots", &figure(*ballots)), ("voters", &figure(*voters))])
        }
        Unlikely::ShareAboveObserved { choice, share, highest: range, by } => {
            of_share(frame, contest, texts[2], (choice, *share, *range, *by))
        }
        Unlikely::ShareBelowObserved { choice, share, lowest: range, by } => {
            of_share(frame, contest, texts[3], (choice, *share, *range, *by))
        }
    };
    why.iter().map(say).collect()
}

fn of_share(
    frame: &Frame,
    contest: &ContestCode,
    text: &str,
    (choice, share, range, by): (&hattama_proto::id::ChoiceCode, u32, u32, u64),
) -> String {
    fill(
        text,
        &[
            ("choice", &frame.choice(contest, choice)),
            ("share", &percent(frame, share)),
            ("range", &percent(frame, range)),
            ("by", &figure(by)),
        ],
    )
}

/// Hundredths of a per cent as the page's language writes them.
fn percent(frame: &Frame, hundredths: u32) -> String {
    let point = if frame.lang() == "en" { '.' } else { ',' };
    format!("{}{point}{:02}\u{a0}%", hundredths / 100, hundredths % 100)
}
