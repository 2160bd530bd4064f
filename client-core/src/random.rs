//! Randomness, as an argument.

use ring::rand::SecureRandom as _;

/// The device gave no randomness. Try again; do not go on without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gave no randomness")]
pub struct RandomUnavailable;

/// Where keys and nonces come from. Tests have a repeatable one.
pub trait RandomSource: Send + Sync {
    /// Fills `out` with bytes nobody can guess.
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomUnavailable>;
}

/// The operating system's randomness.
#[derive(Debug)]
pub struct SystemRandom(ring::rand::SystemRandom);

impl SystemRandom {
    /// Asks for nothing yet.
    pub fn new() -> Self {
        Self(ring::rand::SystemRandom::new())
    }
}

impl Default for SystemRandom {
    fn default() -> Self {
        Self::new()
    }
}

impl RandomSource for SystemRandom {
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomUnavailable> {
        self.0.fill(out).map_err(|_| RandomUnavailable)
    }
}
