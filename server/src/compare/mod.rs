//! Compare: where did the numbers change? Pure.

mod publication;

pub use self::publication::{PublicationError, PublicationRows, read_publication};
