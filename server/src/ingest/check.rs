//! Is it evidence? Signature, key and role of one string; pure.

use std::collections::BTreeMap;

use hattama_proto::{
    id::{Kid, RecordId},
    jws::{Envelope, VerifyError},
    key::PublicKey,
    kind::Role,
    record::{Body, Record},
    time::UnixMillis,
    wire::{DeferredReason, RecordVerdict, RejectedReason, Verdict},
};

use crate::{log::RecordItem, merge::Statements};

/// What checking one string gave.
#[derive(Debug)]
pub(super) enum Checked {
    /// A valid signature: it will be stored.
    Evidence {
        /// What goes to the sequencer.
        item: Box<RecordItem>,
        /// Whether the key is enrolled; quotas depend on it.
        known: KeyKnown,
    },
    /// Decided here and now.
    Decided(RecordVerdict),
}

/// Whether headquarters knows whose key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyKnown {
    /// Enrolled.
    Enrolled,
    /// Came along with the batch.
    Brought,
}

/// Checks one string of a batch.
pub(super) fn check(
    text: &str,
    brought: &BTreeMap<Kid, PublicKey>,
    statements: &Statements,
    received_at: UnixMillis,
) -> Checked {
    let id = RecordId::of(text.as_bytes());
    let rejected =
        |reason: RejectedReason| Checked::Decided(decided(id, Verdict::Rejected, reason.name()));
    let envelope = match Envelope::parse(text) {
        Ok(envelope) => envelope,
        Err(VerifyError::TooLarge) => return rejected(RejectedReason::TooLarge),
        Err(_) => return rejected(RejectedReason::Malformed),
    };
    let (kind, kid) = (envelope.kind(), envelope.kid());
    if !kind.is_record() {
        return rejected(RejectedReason::WrongRole);
    }
    let enrolment = statements.enrolment(&kid);
    let role = enrolment.map(|enrolment| enrolment.role);
    if role.is_some_and(|role| !role.may_sign(kind)) {
        return rejected(RejectedReason::WrongRole);
    }
    let Some(key) = enrolment.map(|enrolment| &enrolment.public_key).or_else(|| brought.get(&kid))
    else {
        let mut verdict = decided(id, Verdict::Deferred, DeferredReason::KeyMissing.name());
        verdict.retry_after_s = Some(0);
        return Checked::Decided(verdict);
    };
    // `Envelope::verify` compares the key's own thumbprint with the header's kid, so a key brought
    // under another's name is refused here.
    let Ok(verified) = envelope.verify(key) else {
        return rejected(RejectedReason::BadSignature);
    };
    let record = Record::read(verified.clone()).ok();
    if let (Some(role), Some(record)) = (role, &record)
        && !may_say(role, &record.claims.body)
    {
        return rejected(RejectedReason::WrongRole);
    }
    let (known, brought) = match enrolment {
        Some(_) => (KeyKnown::Enrolled, None),
        None => (KeyKnown::Brought, Some(*key)),
    };
    let item = RecordItem { id, verified, record, received_at, brought };
    Checked::Evidence { item: Box::new(item), known }
}

/// A correction must stay within what its key may say at all.
fn may_say(role: Role, body: &Body) -> bool {
    match body {
        Body::Correction(correction) => correction.becomes.role() == role,
        _ => true,
    }
}

/// A verdict that needs no place in the log.
pub(super) fn decided(id: RecordId, verdict: Verdict, reason: &str) -> RecordVerdict {
    RecordVerdict {
        id,
        verdict,
        reason: Some(reason.to_owned()),
        retry_after_s: None,
        receipt: None,
    }
}
