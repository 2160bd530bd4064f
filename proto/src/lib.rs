//! What Hattama's phones and headquarters say to each other, and what makes it believable.
//!
//! ```text
//! record ──sign──> compact JWS ──verify──> Verified ──> log leaf ──> receipt
//! ```
//!
//! * [`record`]: what a device says. [`statement`]: what headquarters says. [`pack`]: the election
//!   set-up both work from.
//! * [`jws`], [`key`], [`kind`]: signed strings and who may sign them. [`chain`]: a device's order.
//! * [`tlog`]: the transparency log's hashes, proofs, checkpoints and receipts.
//! * [`wire`], [`problem`]: requests, replies and refusals.
//! * `passphrase`: a secret under one; a feature, for who keeps secrets.
//! * `sealing`: files that only their recipients can read; a feature, for who seals and unseals.
//! * [`limits`]: every limit, with its reason.
//!
//! No I/O, no clock, no async: time and randomness are arguments of whoever calls.

pub mod chain;
pub mod hardware;
pub mod id;
pub mod invitation;
pub mod jws;
pub mod key;
pub mod kind;
pub mod limits;
pub mod pack;
#[cfg(feature = "passphrase")]
pub mod passphrase;
pub mod problem;
pub mod record;
#[cfg(feature = "sealing")]
pub mod sealing;
pub mod statement;
pub mod time;
pub mod tlog;
pub mod wire;
