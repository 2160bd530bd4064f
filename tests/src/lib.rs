//! Placeholder.

pub mod exercise;
pub mod form;
pub mod engine;
pub mod postgres;
pub mod skip;

pub use skip::skip;
