//! Placeholder while the outbox is being written.
pub(crate) struct Outbox;
