//! Real phones, a real network between, a real headquarters: what was committed arrives, once.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "sync/arriving.rs"]
mod arriving;
#[path = "bucket/mod.rs"]
mod bucket;
#[path = "sync/cuts.rs"]
mod cuts;
#[path = "sync/foreign_answers.rs"]
mod foreign_answers;
