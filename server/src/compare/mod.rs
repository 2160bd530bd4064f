//! Compare: what was published against itself and against observers' documents.

mod publication;

pub use self::publication::{PublicationError, PublicationRows, read_publication};
