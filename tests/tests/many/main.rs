//! Several processes of one headquarters on one PostgreSQL and one object store: one log, whatever
//! becomes of any of them.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod balancer;
#[path = "../bucket/mod.rs"]
mod bucket;
mod house;
mod night;
mod rolling;
mod shared;
mod unread;
