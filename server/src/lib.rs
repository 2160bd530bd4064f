//! Headquarters: checks, logs, keeps, merges and shows what observers sent.
//!
//! ```text
//! http ──> ingest ──> log + store ──> merge, review, compare ──> export
//! ```
//!
//! [`app::Headquarters`] opens a data folder; [`http::serve`] puts it on a socket.

pub mod access;
pub mod accounting;
pub mod admission;
mod all_figures;
pub mod app;
mod audit;
pub mod backup;
pub mod blobs;
pub mod book;
pub mod carry_over;
pub mod cli;
pub mod clock;
pub mod compare;
pub mod comparison;
pub mod config;
pub mod cosigning;
pub mod desk;
pub mod digests;
pub mod doctor;
pub mod entries;
pub mod estimate;
pub mod evidence;
pub mod export;
pub mod field;
pub mod folder;
pub mod forensics;
pub mod fsck;
pub mod heard;
pub mod http;
pub mod incident_board;
pub mod incident_events;
pub mod incident_file;
pub mod indicators;
pub mod ingest;
pub mod keys;
pub mod knowledge;
pub mod known;
pub mod log;
pub mod merge;
pub mod messages;
pub mod metrics;
pub mod official;
pub mod once;
mod open_files;
pub mod people;
pub mod picture;
pub mod plot;
mod published;
pub mod publishing;
pub mod random;
mod recent_units;
pub mod release;
pub mod review;
pub mod room;
pub mod roster;
pub mod sample;
pub mod setup;
mod soundness;
pub mod store;
pub mod touched;
mod touched_units;
pub mod transcription;
pub mod transfer;
pub mod turnout;
pub mod vault;
pub mod web;
pub mod webhooks;
mod within;
pub mod witness;
