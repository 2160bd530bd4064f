//! Who read our figures of a precinct. Pure.

use hattama_proto::{id::ContestCode, pack::Pack, statement::SettledBy};

use super::gate::TypedBy;
use crate::{
    compare::{OurCopy, our_copy},
    merge::UnitFile,
};

/// Who read the figures that are ours in one contest: the least of what holds of every document that
/// was used.
pub(super) fn typed_by(file: &UnitFile, contest: &ContestCode, pack: &Pack) -> TypedBy {
    let OurCopy::Settled { copies, .. } = our_copy(file, contest, pack) else {
        return TypedBy::Nobody;
    };
    file.documents
        .iter()
        .filter(|document| document.table.is_none() && copies.contains(&document.copy))
        .filter(|document| document.is_settled())
        .filter(|document| document.figures().votes(contest).next().is_some())
        .map(|document| match &document.transcribed {
            Some(said) if document.is_transcribed() => match said.settled_by {
                SettledBy::TwoAlike | SettledBy::Third => TypedBy::TwoBlind,
                SettledBy::Decision => TypedBy::OneDecided,
            },
            _ => TypedBy::Nobody,
        })
        .min()
        .unwrap_or(TypedBy::Nobody)
}
