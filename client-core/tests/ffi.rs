//! The notebook as an app holds it: through the types of the border, beside an app that is slow, that
//! throws, and that is suspended when it suits the system.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "ffi/app.rs"]
mod app;
#[path = "ffi/at_rest.rs"]
mod at_rest;
#[path = "ffi/events.rs"]
mod events;
#[path = "ffi/hardware.rs"]
mod hardware;
mod hq;
#[path = "ffi/keys.rs"]
mod keys;
#[path = "ffi/pruning.rs"]
mod pruning;
#[path = "ffi/rest.rs"]
mod rest;
#[path = "ffi/sealed.rs"]
mod sealed;
#[path = "ffi/tour.rs"]
mod tour;
#[path = "ffi/transfers.rs"]
mod transfers;
