//! Who has which of the machine's cores.
//!
//! Ten times as much as can be done costs those who send it more than those who take it. Where both share
//! the cores, what is measured is how the system shares them; so each has cores of its own where there are
//! two, at the peak and beyond it alike.

use std::{
    process::{self, Command, Stdio},
    thread,
};

/// The machine's cores, divided.
#[derive(Clone, Debug)]
pub(super) struct Cores {
    headquarters: String,
    load: String,
    all: String,
}

impl Cores {
    /// The first half for headquarters, the others for the load; none where there is one core, or no
    /// `taskset` (util-linux).
    pub(super) fn divided() -> Option<Self> {
        let count = thread::available_parallelism().map_or(1, usize::from);
        let (half, last) = (count / 2, count - 1);
        let cores = Self {
            headquarters: format!("0-{}", half.checked_sub(1)?),
            load: format!("{half}-{last}"),
            all: format!("0-{last}"),
        };
        cores.take(&cores.all).then_some(cores)
    }

    /// What `taskset` is told of headquarters.
    pub(super) fn of_headquarters(&self) -> &str {
        &self.headquarters
    }

    /// From now on the threads that this one starts have the load's cores.
    pub(super) fn keep_to_the_load(&self) {
        assert!(self.take(&self.load), "taskset gave them a moment ago");
    }

    /// And now all again, for what is made ready.
    pub(super) fn have_all(&self) {
        assert!(self.take(&self.all), "taskset gave them a moment ago");
    }

    fn take(&self, cores: &str) -> bool {
        let of_this_thread = process::id().to_string();
        Command::new("taskset")
            .args(["--cpu-list", "--pid", cores, &of_this_thread])
            .stdout(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }
}
