//! The pages of headquarters in a real browser: Debian's Chromium, driven by Playwright and judged
//! by axe-core.
//!
//! A Rust test makes a headquarters with something in it and hands a script of `tests/browser` a
//! job; the script tells one JSON line per check. Screenshots are left under `target/browser/shots`.
//! `make test` installs what is needed and demands that it runs; without it these tests are skipped.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "browser/addresses.rs"]
mod addresses;
#[path = "browser/driver.rs"]
mod driver;
#[path = "browser/every_page.rs"]
mod every_page;
#[path = "browser/hostile.rs"]
mod hostile;
#[path = "browser/hostile_desk.rs"]
mod hostile_desk;
#[path = "browser/house.rs"]
mod house;
#[path = "browser/night.rs"]
mod night;
#[path = "browser/payloads.rs"]
mod payloads;
