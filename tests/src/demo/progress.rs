//! How far it is: a bar on a terminal, plain lines elsewhere.

use std::{
    io::IsTerminal as _,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

use super::voice::remark;

/// A plain line is written whenever another such part of a phase is done.
const PLAIN_PARTS: usize = 4;

/// Phases of fewer steps are over before anybody has read how far they are.
const STEPS_TOLD: usize = 40;

/// How often a bar without a length moves.
const TICK: Duration = Duration::from_millis(120);

/// Tells on stderr how far it is.
pub(super) struct Progress {
    terminal: bool,
}

/// A part of the demonstration with a name and a number of steps.
pub(super) struct Phase {
    name: &'static str,
    steps: usize,
    done: AtomicUsize,
    started: Instant,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// A bar if stderr is a terminal.
    pub(super) fn new() -> Self {
        Self { terminal: std::io::stderr().is_terminal() }
    }

    /// Begins a phase of so many steps. It ends when it is dropped; one line stays.
    pub(super) fn phase(&self, name: &'static str, steps: usize) -> Phase {
        let template = match steps {
            0 | 1 => "{spinner} {msg}",
            _ => "{spinner} {msg:40} [{bar:30}] {pos}/{len}, {eta} to go",
        };
        let bar = self.terminal.then(|| {
            let style = ProgressStyle::with_template(template)
                .expect("the templates are written above")
                .progress_chars("=> ");
            let bar = ProgressBar::new(steps as u64).with_style(style).with_message(name);
            bar.enable_steady_tick(TICK);
            bar
        });
        Phase { name, steps, done: AtomicUsize::new(0), started: Instant::now(), bar }
    }

    /// Does something of unknown length.
    pub(super) fn spin<T>(&self, name: &'static str, work: impl FnOnce() -> T) -> T {
        let _phase = self.phase(name, 1);
        work()
    }
}

impl Phase {
    /// One step is done.
    pub(super) fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        match &self.bar {
            Some(bar) => bar.inc(1),
            None => {
                let part = |done: usize| done * PLAIN_PARTS / self.steps.max(1);
                if self.steps >= STEPS_TOLD && part(done) > part(done - 1) && done < self.steps {
                    remark(&format!("{}: {done} of {}", self.name, self.steps));
                }
            }
        }
    }
}

impl Drop for Phase {
    fn drop(&mut self) {
        let done = self.done.load(Ordering::Relaxed);
        let count = match self.steps {
            0 | 1 => String::new(),
            steps => format!(" {done} of {steps},"),
        };
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        let seconds = self.started.elapsed().as_secs_f64();
        remark(&format!("{}:{count} {seconds:.1} s", self.name));
    }
}
