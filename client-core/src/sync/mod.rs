//! Placeholder while the engine is being written.
