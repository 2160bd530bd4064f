//! A key in a phone's hardware says that a key of ours is on the same phone.
//!
//! ```text
//! invitation's proof + our key ──> challenge ──> the hardware makes a P-256 key ──> attestation
//!                                         vouch, signed by it (ES256) ──> goes into the enrolment request
//! ```
//!
//! Our own keys are Ed25519, which no phone's hardware has everywhere, so they are made in software and
//! wrapped. What the hardware can do is sign with P-256: its signature over our key's name shows that
//! whoever enrolled held that hardware then, and the chain of certificates that its maker signed says
//! what hardware it is. The chain is kept as it came; whoever doubts the phone checks it against the
//! maker's roots, which are not ours to carry.
//!
//! The challenge follows from the one-use invitation, so it needs no question of its own and holds for
//! one key only. **A hardware key serves one role**: the same one under both of a person's keys would
//! tie their two pseudonyms together.

mod der;
mod key;
#[cfg(test)]
mod vectors;
mod vouch;

pub use self::{
    der::{SIGNATURE_BYTES, fixed_of_der},
    key::{HardwareKey, HardwareKeyError},
    vouch::{ATTESTATION_BYTES_MAX, Challenge, HardwareVouch, VouchError, Vouched},
};
