//! The invariants of `ARCHITECTURE.md` that reading the source can hold, and the statements of the
//! documents that can go stale.
//!
//! What the store's source may not say is tested in `store_driver/sources.rs`.

#![allow(clippy::unwrap_used, reason = "clippy takes only #[test] functions for tests")]

mod documents;
mod layers;
mod purity;
mod source;
