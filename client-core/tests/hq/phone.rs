//! A phone before that headquarters: a notebook in a folder of its own, and a clock that tests set.

use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use hattama_client_core::{
    Notebook, NotebookOptions, Pictures, PumpBudget, PumpReport, Started,
    capture::{PhotoInput, ProtocolDraft},
    clock::{Clock, Moment},
};
use hattama_proto::{
    id::{ElectionId, PhotoHash, RecordId},
    record::Figure,
    time::UnixMillis,
};

use super::{Hq, code};

/// Clocks that a test moves. Sleeping moves them too.
pub struct TestClock {
    pub wall_ms: AtomicI64,
    pub mono_ms: AtomicU64,
    pub boot: Mutex<String>,
}

impl TestClock {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            wall_ms: AtomicI64::new(1_133_712_900_000),
            mono_ms: AtomicU64::new(50_000),
            boot: Mutex::new("boot-1".into()),
        })
    }

    pub fn pass(&self, ms: u64) {
        self.mono_ms.fetch_add(ms, Ordering::SeqCst);
        self.wall_ms.fetch_add(i64::try_from(ms).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Moment {
        // Each look takes a millisecond, as on a machine.
        let mono_ms = self.mono_ms.fetch_add(1, Ordering::SeqCst);
        Moment {
            wall: UnixMillis(self.wall_ms.load(Ordering::SeqCst)),
            offset_s: 6 * 3600,
            mono_ms,
            boot: self.boot.lock().unwrap().clone(),
        }
    }

    fn sleep(&self, duration: std::time::Duration) {
        self.pass(u64::try_from(duration.as_millis()).unwrap());
    }
}

pub fn options(clock: &Arc<TestClock>) -> NotebookOptions {
    NotebookOptions {
        election: Some(ElectionId::new("exercise").unwrap()),
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        pictures: Pictures::Skip,
        ..NotebookOptions::default()
    }
}

/// A notebook, its folder and its clock.
pub struct World {
    pub folder: tempfile::TempDir,
    pub clock: Arc<TestClock>,
    pub hq: Arc<Hq>,
    pub notebook: Notebook,
}

impl World {
    /// Not enrolled yet.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = TestClock::new();
        let notebook = Notebook::open(folder.path(), options(&clock)).unwrap();
        Self { folder, clock, hq: Hq::new(), notebook }
    }

    /// Enrolled.
    pub fn enrolled() -> Self {
        Self::enrolled_at(Hq::new(), |_| {})
    }

    /// Enrolled at this headquarters, with a notebook that is opened so.
    pub fn enrolled_at(hq: Arc<Hq>, adjust: impl Fn(&mut NotebookOptions)) -> Self {
        let world = Self { hq, ..Self::new() }.reopen_with(adjust);
        world.notebook.enrol_through(&world.hq.invitation(), world.hq.as_ref()).unwrap();
        world
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Closes and opens the notebook, as a new process would.
    pub fn reopen(self) -> Self {
        self.reopen_with(|_| {})
    }

    /// The same with other options.
    pub fn reopen_with(self, adjust: impl Fn(&mut NotebookOptions)) -> Self {
        let Self { folder, clock, hq, notebook } = self;
        drop(notebook);
        let mut options = options(&clock);
        adjust(&mut options);
        let notebook = Notebook::open(folder.path(), options).unwrap();
        Self { folder, clock, hq, notebook }
    }

    pub fn pump(&self) -> PumpReport {
        self.pump_with(&PumpBudget { started: Started::ByUser, ..PumpBudget::default() })
    }

    pub fn pump_with(&self, budget: &PumpBudget) -> PumpReport {
        self.notebook.pump_through(budget, self.hq.as_ref()).unwrap()
    }

    /// Pumps until nothing is left, at most `rounds` times.
    pub fn settle(&self, rounds: u32) {
        for _ in 0..rounds {
            self.pump();
            if self.notebook.outbox_summary().unwrap().is_empty() {
                return;
            }
            self.clock.pass(3_600_000);
        }
        panic!("still waiting: {:?}", self.notebook.outbox_summary().unwrap());
    }

    pub fn capture(&self, valid: u32) -> RecordId {
        self.notebook.capture_protocol(draft(valid)).unwrap().record
    }

    pub fn capture_with_photo(&self, bytes: &[u8]) -> (RecordId, PhotoHash) {
        let input = self.file("photo.bin", bytes);
        let summary = self
            .notebook
            .capture_protocol(ProtocolDraft { photos: vec![input], ..draft(7) })
            .unwrap();
        (summary.record, summary.photos[0])
    }

    pub fn file(&self, name: &str, bytes: &[u8]) -> PhotoInput {
        let inbox = self.path().join("inbox");
        std::fs::create_dir_all(&inbox).unwrap();
        let path = inbox.join(name);
        std::fs::write(&path, bytes).unwrap();
        PhotoInput { path, page: 1 }
    }
}

pub fn draft(valid: u32) -> ProtocolDraft {
    let mut draft = ProtocolDraft::new(code("11-900001"), code("protocol"), code("certified"));
    draft.lines.insert(code("found"), Some(Figure::from(100)));
    draft.lines.insert(code("valid"), Some(Figure::from(valid)));
    draft.lines.insert(code("invalid"), Some(Figure::from(2)));
    draft
}

/// Bytes that do not repeat, the same every time.
pub fn noise(len: usize) -> Vec<u8> {
    let mut x = 0x2545_f491_4f6c_dd1d_u64;
    std::iter::repeat_with(|| {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        x.to_le_bytes()
    })
    .flatten()
    .take(len)
    .collect()
}
