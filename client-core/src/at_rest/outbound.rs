//! Files for headquarters only: sealed while they are written, measured as they will travel.

use std::{
    fs::File,
    io::{self, Write},
};

use hattama_proto::{id::PhotoHash, sealing::Sealer, wire::SealedAs};
use ring::digest::{Context, SHA256};

use crate::{random::RandomSource, sealing::SealTo};

/// A sealed file that is being written.
pub(super) struct Outbound(Sealer<Measured>);

impl Outbound {
    pub(super) fn new(file: File, to: &SealTo, random: &dyn RandomSource) -> io::Result<Self> {
        let mut fill = |bytes: &mut [u8]| random.fill(bytes).map_err(io::Error::other);
        let measured = Measured { file, hash: Context::new(&SHA256), bytes: 0 };
        Ok(Self(Sealer::new(measured, &to.recipients, &mut fill)?))
    }

    /// Brings all of it to the disk; says what it turned out to be.
    pub(super) fn finish(self) -> io::Result<SealedAs> {
        let Measured { file, hash, bytes } = self.0.finish()?;
        file.sync_all()?;
        Ok(SealedAs { sha256: digest(hash), bytes })
    }
}

impl Write for Outbound {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Hashes and counts what passes.
struct Measured {
    file: File,
    hash: Context,
    bytes: u64,
}

impl Write for Measured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn digest(hash: Context) -> PhotoHash {
    PhotoHash::from_bytes(hash.finish().as_ref().try_into().expect("SHA-256 gives 32 bytes"))
}
