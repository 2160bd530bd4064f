//! Does it wait for a human? What the phone is told is a snapshot of its standing; pure.

use hattama_proto::wire::HeldReason;

use crate::{book::Book, log::RecordItem};

/// Why a record that is logged at `position` is held, if it is. A fork is found by the sequencer,
/// which knows what stands at its place.
pub(crate) fn held(item: &RecordItem, position: u64, book: &Book) -> Option<HeldReason> {
    let kid = item.verified.kid();
    let Some(enrolment) = book.statements.enrolment(&kid) else {
        return Some(HeldReason::UnknownDevice);
    };
    if book.statements.revoked_from(&kid).is_some_and(|from| position >= from) {
        return Some(HeldReason::Revoked);
    }
    let Some(record) = &item.record else { return Some(HeldReason::UnreadableBody) };
    if record.claims.election != book.pack.election.id {
        return Some(HeldReason::WrongElection);
    }
    let unit = record.claims.body.unit()?;
    if book.pack.units.get(unit).is_none() {
        return Some(HeldReason::UnknownUnit);
    }
    let within = match &enrolment.mandate {
        hattama_proto::statement::Mandate::Everywhere => true,
        hattama_proto::statement::Mandate::Units(units) => {
            units.iter().any(|above| book.pack.units.is_within(unit, above))
        }
    };
    (!within).then_some(HeldReason::OutsideMandate)
}
