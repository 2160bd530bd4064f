//! Witnesses over real sockets: what they answer, and how their word reaches a phone's receipt.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "witnesses/answers.rs"]
mod answers;
#[path = "witnesses/evidence.rs"]
mod evidence;
#[path = "witnesses/receipts.rs"]
mod receipts;
#[path = "witnesses/torchwood.rs"]
mod torchwood;
