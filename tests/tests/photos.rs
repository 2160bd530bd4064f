//! Photos: in ranges onto cells, in any order, through cuts and restarts, byte for byte.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "photos/admission.rs"]
mod admission;
#[path = "bucket/mod.rs"]
mod bucket;
#[path = "photos/cost.rs"]
mod cost;
#[path = "photos/faults.rs"]
mod faults;
#[path = "photos/ranges.rs"]
mod ranges;
#[path = "photos/sealed.rs"]
mod sealed;
#[path = "photos/store.rs"]
mod store;
