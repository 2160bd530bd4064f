//! What a server's processes have used, all of them: those it began with and those they started.

use std::{
    collections::BTreeMap,
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// How often memory is looked at while a load runs; no kernel keeps the peak of several processes.
const LOOK: Duration = Duration::from_millis(250);

/// Processes with all their descendants, by the ids of the first.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    roots: Vec<u32>,
}

/// What a tree used during a load.
#[derive(Clone, Copy, Debug)]
pub(super) struct Used {
    pub(super) cpu_s: f64,
    /// Peak of the sum of proportional set sizes: what processes share counts once.
    pub(super) peak_bytes: u64,
    /// Bytes that were caused to be written to the disk; cached ones too, at the time of the write.
    pub(super) written_bytes: u64,
}

impl Tree {
    pub(super) fn of(roots: Vec<u32>) -> Self {
        Self { roots }
    }

    /// The ids of all that run.
    pub(super) fn processes(&self) -> Vec<u32> {
        let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        let all = fs::read_dir("/proc").map(Iterator::collect::<Vec<_>>).unwrap_or_default();
        let ids = all.iter().flatten().filter_map(|one| one.file_name().to_str()?.parse().ok());
        for id in ids {
            // Fields after the name: the state, then the parent.
            if let Some(parent) = fields(id).get(1).and_then(|field| field.parse().ok()) {
                children.entry(parent).or_default().push(id);
            }
        }
        let mut found = self.roots.clone();
        let mut next = 0;
        while let Some(id) = found.get(next) {
            found.extend(children.remove(id).unwrap_or_default());
            next += 1;
        }
        found
    }

    /// Processor time so far, with that of children that have ended, in seconds.
    fn cpu_s(&self) -> f64 {
        // utime, stime, cutime and cstime are the 12th to 15th after the name, in ticks.
        let ticks = |id| -> u32 {
            fields(id).iter().skip(11).take(4).filter_map(|field| field.parse::<u32>().ok()).sum()
        };
        f64::from(self.processes().into_iter().map(ticks).sum::<u32>()) / 100.0
    }

    fn memory_bytes(&self) -> u64 {
        self.processes().into_iter().map(|id| counted(id, "smaps_rollup", "Pss:") * 1024).sum()
    }

    fn written_bytes(&self) -> u64 {
        self.processes().into_iter().map(|id| counted(id, "io", "write_bytes:")).sum()
    }

    /// Runs a load and returns what it says together with what the tree used for it.
    pub(super) fn watched<T>(&self, load: impl FnOnce() -> T) -> (T, Used) {
        let (cpu_s, written) = (self.cpu_s(), self.written_bytes());
        let over = Arc::new(AtomicBool::new(false));
        let looking = self.look(Arc::clone(&over));
        let done = load();
        let (cpu_s, written) = (self.cpu_s() - cpu_s, self.written_bytes() - written);
        over.store(true, Ordering::Relaxed);
        let peak_bytes = looking.join().expect("it only reads");
        (done, Used { cpu_s, peak_bytes, written_bytes: written })
    }

    fn look(&self, over: Arc<AtomicBool>) -> JoinHandle<u64> {
        let tree = self.clone();
        thread::spawn(move || {
            let mut peak = 0;
            loop {
                let last = over.load(Ordering::Relaxed);
                peak = peak.max(tree.memory_bytes());
                if last {
                    return peak;
                }
                thread::park_timeout(LOOK);
            }
        })
    }
}

/// Whether the process is there and has not ended.
pub(super) fn runs(id: u32) -> bool {
    fields(id).first().is_some_and(|state| state != "Z")
}

/// The fields of a process behind its name, which may hold blanks; none if it is gone.
fn fields(id: u32) -> Vec<String> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let behind = stat.rsplit(") ").next().unwrap_or_default();
    behind.split_whitespace().map(str::to_owned).collect()
}

/// The number behind `name` in a file of the process; zero where it may not be read.
fn counted(id: u32, file: &str, name: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{id}/{file}")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}
