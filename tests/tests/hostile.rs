//! Hostile, broken and odd requests to a real headquarters: each has its stated answer, nothing is
//! lost and nothing counts that should not.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "hostile/bodies.rs"]
mod bodies;
#[path = "bucket/mod.rs"]
mod bucket;
#[path = "hostile/devices.rs"]
mod devices;
#[path = "hostile/invitations.rs"]
mod invitations;
