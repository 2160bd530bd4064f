//! The two command lines as a person meets them: whole processes, their words and exit codes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod account;
mod doctor;
mod epoch;
mod evidence;
mod measured;
mod programs;
mod receipts;
mod refusals;
mod sample;
mod second_verifier;
mod spreadsheet;
mod tls;
mod tls_pages;
mod tour;
mod user;
mod zips;
