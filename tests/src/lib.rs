//! The whole: phones, a network that can be cut, headquarters; the demonstration, the form renderer
//! and the benchmarks. Only here may phone and headquarters meet.

pub mod bench;
pub mod demo;
pub mod engine;
pub mod exercise;
pub mod form;
pub mod postgres;
pub mod proxy;
pub mod skip;
pub mod world;

pub use skip::skip;
