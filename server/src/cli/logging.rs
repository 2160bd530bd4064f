//! What a serving headquarters tells its operator: ids and counts on stderr, nothing else.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;

/// What is said unless `HATTAMA_LOG` says otherwise, in the form of `tracing`'s filters.
const DEFAULT: &str = "warn,hattama_server=info";

/// Starts saying.
pub(super) fn start() {
    let filter = EnvFilter::try_from_env("HATTAMA_LOG").unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    // Only a second subscriber in one process fails, and then the first one serves.
    let _second = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .try_init();
}
