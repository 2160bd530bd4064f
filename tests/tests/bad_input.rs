//! Odd, wrong and impossible input, end to end: each has its stated outcome and nothing is lost.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "bucket/mod.rs"]
mod bucket;
#[path = "bad_input/disks.rs"]
mod disks;
#[path = "bad_input/files.rs"]
mod files;
#[path = "bad_input/read_only.rs"]
mod read_only;
#[path = "bad_input/sheets.rs"]
mod sheets;
#[path = "bad_input/trust.rs"]
mod trust;
