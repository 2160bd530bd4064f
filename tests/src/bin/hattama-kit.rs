//! `hattama` for people without a compiler (`make dist`): headquarters and its commands, and the exercise
//! as one more of them, `hattama demo`. It stands here because the exercise does.

use std::{ffi::OsString, process::ExitCode};

/// As `hattama` has it.
#[cfg(all(unix, feature = "allocator"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    if arguments.get(1).is_some_and(|first| first == "demo") {
        arguments.remove(1);
        // What its help calls it.
        arguments[0] = "hattama demo".into();
        return hattama_tests::demo::command::run(arguments);
    }
    hattama_server::cli::run(arguments)
}
