//! How a file of this notebook is sealed: as [`sealing`] does it, to the notebook
//! itself and to nobody else.

use std::io;

use hattama_proto::sealing::{self, NotOpened};

pub(super) use hattama_proto::sealing::{Opener, Sealer};

/// How long a file with so much content is.
pub(super) const fn sealed_len(plain: u64) -> u64 {
    sealing::sealed_len(plain, 1)
}

/// How much content a file of this length has, if it can be one.
pub(super) const fn plain_len(sealed: u64) -> Option<u64> {
    sealing::plain_len(sealed, 1)
}

/// Why a file does not open, as the system says such things. The kind `InvalidData` says that it is not
/// of this notebook, or was altered.
pub(super) fn unopened(error: NotOpened) -> io::Error {
    match error {
        NotOpened::Io(error) => error,
        NotOpened::NotFor | NotOpened::Altered => io::Error::new(
            io::ErrorKind::InvalidData,
            "the file is not of this notebook, or was altered",
        ),
    }
}
