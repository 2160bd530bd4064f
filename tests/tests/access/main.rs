//! Who gets in, who may what, and what nobody may: every address against a real headquarters over real
//! sockets.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod analysis;
mod entering;
mod figures;
mod house;
mod isolation;
mod matrix;
mod table;
