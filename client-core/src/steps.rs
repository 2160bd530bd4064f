//! Labelled points at which a crash is safe, so that tests can make one there.
//!
//! Always compiled: what is tested is what is shipped. Costs one look at a thread-local cell and
//! one at a once-read variable.

use std::{cell::RefCell, sync::OnceLock};

type Hook = Box<dyn FnMut(&'static str)>;

thread_local! {
    static HOOK: RefCell<Option<Hook>> = const { RefCell::new(None) };
}

/// Variable that names the point at which the process shall die, `label` or `label:3` for the
/// third time it is passed. For tests that kill a whole process.
pub const CRASH_VARIABLE: &str = "HATTAMA_CRASH_AT";

/// Calls `hook` at every point this thread passes from now on. For tests within a process.
pub fn observe(hook: impl FnMut(&'static str) + 'static) {
    HOOK.set(Some(Box::new(hook)));
}

/// Forgets the hook.
pub fn forget() {
    HOOK.set(None);
}

/// A point at which a crash is safe.
pub(crate) fn crash_point(label: &'static str) {
    // Taken out while it runs: a hook that panics leaves none behind.
    if let Some(mut hook) = HOOK.take() {
        hook(label);
        HOOK.set(Some(hook));
    }
    if let Some(fatal) = fatal()
        && fatal.passes(label)
    {
        // The status a killed process has; no destructor runs.
        std::process::exit(137);
    }
}

struct Fatal {
    label: String,
    left: std::sync::atomic::AtomicU32,
}

impl Fatal {
    fn passes(&self, label: &str) -> bool {
        self.label == label && self.left.fetch_sub(1, std::sync::atomic::Ordering::Relaxed) == 1
    }
}

fn fatal() -> Option<&'static Fatal> {
    static FATAL: OnceLock<Option<Fatal>> = OnceLock::new();
    FATAL
        .get_or_init(|| {
            let text = std::env::var(CRASH_VARIABLE).ok()?;
            let (label, times) = text.split_once(':').unwrap_or((&text, "1"));
            let left = times.parse::<u32>().ok()?.into();
            Some(Fatal { label: label.to_owned(), left })
        })
        .as_ref()
}
