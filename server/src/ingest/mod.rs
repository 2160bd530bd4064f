//! Ingest: what arrives is checked, given a place in the log, and answered.
//!
//! ```text
//! push ──> check (signature, role, key)  ──> Sequencer (held? fork? duplicate?) ──> verdicts
//! ```
//!
//! Evidence is never refused for being odd. What carries a valid signature is stored, at worst
//! `held`; only what nobody can have signed is rejected. One bad record never stops another.

pub(crate) mod admit;
mod check;
mod enrol;
mod invite;
mod meter;
mod owners;
mod photos;
mod push;
mod quota;
mod session;

pub(crate) use self::{enrol::own_statement, invite::Pseudonyms};
pub use self::{
    enrol::{EnrolError, Enrolments},
    invite::{Guest, Invitations, InviteError},
    meter::{PhotoMeter, RecordMeter},
    photos::{Brought, PhotoBegin, PhotoError, PhotoStanding, PhotoUpload, Photos, TakenIn},
    push::{Push, PushError},
    quota::Quota,
    session::{SessionError, Sessions},
};

/// What is stored of a token instead of the token.
pub fn token_hash(token: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, token.as_bytes());
    hattama_proto::id::to_hex(digest.as_ref())
}
