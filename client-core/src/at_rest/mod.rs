//! What lies on the phone while nobody looks at it: how a notebook is encrypted at rest.
//!
//! ```text
//! vault ──unwraps──> seeds and the data key ──HKDF──> database   SQLCipher's key
//!                                                 ├──> files      an age identity: photographs, copies, set-up
//!                                                 └──> names      what files are called
//! ```
//!
//! Whoever reads or writes a file with content does it through `Files`, and need not know whether it
//! is encrypted. A file that is has the form of [age](https://age-encryption.org/v1), which other
//! people's programs open with the notebook's identity. Its name is no hash of its content: whoever has
//! a photograph could find out whether it is in the notebook.
//!
//! A photograph that was sealed to headquarters has no second layer: none of these keys opens it.
//!
//! What stays to be seen of a locked notebook: how many files there are, how long they are, when they
//! were written, the two public keys, and that it is a notebook of this program.

mod convert;
mod files;
mod format;
mod identity;
mod outbound;
pub(crate) mod wipe;

pub use self::files::{OpenFile, StoredFile};
pub(crate) use self::{
    convert::convert,
    files::{Files, NewFile},
    identity::Rest,
};

/// How a notebook is kept on the device's disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AtRest {
    /// As it is: one that is encrypted stays so, a new one is plain and relies on the protection of the
    /// system's storage.
    #[default]
    AsItIs,
    /// Encrypted, by keys that the vault wraps. A plain notebook is converted when it is opened; there
    /// is no way back. Needs a vault, and a build with the feature `sqlcipher`.
    Encrypted,
}
