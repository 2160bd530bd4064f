//! A notebook that is encrypted at rest: what it does like any other, what a seized phone gives away,
//! and what is left of one that was wiped.

#![allow(clippy::unwrap_used, clippy::needless_pass_by_value, reason = "tests hand over results")]

mod converting;
mod daily;
#[path = "../hq/mod.rs"]
mod hq;
mod locker;
mod locking;
mod memory;
mod needles;
mod phone;
mod sealed;
mod seizure;
mod wiping;
