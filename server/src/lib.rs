//! Headquarters: checks, logs, keeps, merges and shows what observers sent.

pub mod store;
