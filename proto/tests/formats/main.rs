//! Proof of the formats: what is signed, what travels, and what must be refused.
//!
//! * [`vectors`]: known answers, committed as files for any other implementation.
//! * [`wire`]: one example of every request and reply of version 1, which later versions must read.
//! * [`envelope`]: every altered string is refused.
//! * [`confusion`]: nothing signed as one kind is read as another.
//! * [`laws`]: round trips, chains, relations, limits.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

mod confusion;
mod envelope;
mod examples;
mod golden;
mod laws;
mod vectors;
mod wire;
