//! Placeholder.

pub mod form;
