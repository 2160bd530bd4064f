//! Does it wait for a human? What the phone is told is a snapshot of its standing; pure.

use hattama_proto::wire::HeldReason;

use crate::{
    book::Book,
    log::RecordItem,
    merge::{Facts, reason_against},
};

/// Why a record that is logged at `position` is held, if it is. A fork that this very record makes
/// is found by the sequencer, which knows what stands at its place.
pub(crate) fn held(item: &RecordItem, position: u64, book: &Book) -> Option<HeldReason> {
    let Some(record) = &item.record else {
        let known = book.statements.enrolment(&item.verified.kid()).is_some();
        let reason = if known { HeldReason::UnreadableBody } else { HeldReason::UnknownDevice };
        return Some(reason);
    };
    let facts = Facts::of(record, position);
    reason_against(&facts, &book.statements, &book.pack).and_then(|reason| reason.held())
}
