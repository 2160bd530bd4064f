//! The `hattama` command: see [`hattama_server::cli`].

use std::process::ExitCode;

/// The C library's allocator is slower the longer a busy process runs: see `docs/adr/0033`.
#[cfg(all(unix, feature = "allocator"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    hattama_server::cli::run(std::env::args_os())
}
