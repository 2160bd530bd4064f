//! How many files and connections this process may hold: raised as far as the system allows, and shared out
//! so that connections never take what the store and photographs need.
//!
//! A shell allows 1,024 by default, and a phone that only keeps its connection takes one. Where they are
//! used up, SQLite cannot open its journal and a photograph its file: records would be refused because
//! somebody else was idle.

/// Open files that are kept for everything but phones' connections: the store, photographs that arrive, the
/// public log, what headquarters asks of others. Far above what was ever seen in use.
const KEPT_FOR_ITSELF: usize = 384;

/// Most connections, however many files may be open: with TLS each costs up to 60 KB, half a gigabyte
/// together.
const CONNECTIONS_MAX: usize = 8_192;

/// Raises the number of open files to what the system allows this process, and says how many that are; none
/// where the system does not tell.
#[cfg(unix)]
pub(crate) fn raise() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let allowed = getrlimit(Resource::Nofile);
    if allowed.current != allowed.maximum {
        let all = Rlimit { current: allowed.maximum, maximum: allowed.maximum };
        if let Err(error) = setrlimit(Resource::Nofile, all) {
            tracing::warn!(%error, "the number of open files could not be raised");
        }
    }
    getrlimit(Resource::Nofile).current
}

/// Elsewhere there is nothing to raise.
#[cfg(not(unix))]
pub(crate) const fn raise() -> Option<u64> {
    None
}

/// How many files may be open now; none where there is no limit, or none that is told.
fn allowed() -> Option<u64> {
    #[cfg(unix)]
    {
        rustix::process::getrlimit(rustix::process::Resource::Nofile).current
    }
    #[cfg(not(unix))]
    {
        None
    }
}

/// How many connections may be held at once. Who comes then waits until one ends; nobody is turned away.
pub(crate) fn connections_max() -> usize {
    of(allowed())
}

/// Of `allowed` open files. Pure.
fn of(allowed: Option<u64>) -> usize {
    let Some(allowed) = allowed else { return CONNECTIONS_MAX };
    let allowed = usize::try_from(allowed).unwrap_or(usize::MAX);
    // A process that may open next to nothing serves all the same.
    allowed.saturating_sub(KEPT_FOR_ITSELF).max(allowed / 2).clamp(2, CONNECTIONS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_room_for_the_store_whatever_the_limit_is() {
        for allowed in [64, 256, 512, 1024, 20_000, 1 << 20, u64::MAX] {
            let connections = of(Some(allowed)) as u64;
            assert!((2..=8_192).contains(&connections));
            assert!(connections <= allowed.saturating_sub(384).max(allowed / 2));
        }
        assert_eq!(of(Some(1024)), 640);
        assert_eq!(of(None), 8_192);
    }

    #[cfg(unix)]
    #[test]
    fn the_limit_is_raised_to_what_the_system_allows() {
        let raised = raise();
        let now = rustix::process::getrlimit(rustix::process::Resource::Nofile);
        assert_eq!((now.current, raised), (now.maximum, now.maximum));
    }
}
