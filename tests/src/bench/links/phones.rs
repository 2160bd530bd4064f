//! Phones on their links: real notebooks with the bundled transport, and what each needed.

use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use hattama_client_core::{Pictures, PumpBudget, capture::IncidentDraft};
use hattama_proto::{
    id::ElectionId,
    invitation::Invitation,
    record::{Incident, ResultsProtocol},
};

use super::emulator::{Carried, Emulator};
use crate::world::Phone;

/// How often a phone's outbox is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// One phone on its link.
pub(super) struct Observer {
    pub(super) link: usize,
    phone: Phone,
}

/// What a sync came to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Took {
    /// Until every record had its receipt; none if that never came.
    pub(super) records: Option<Duration>,
    /// Until every thumbnail and preview had its receipt as well.
    pub(super) previews: Option<Duration>,
    /// Until everything had.
    pub(super) all: Option<Duration>,
    /// What the link carried for it.
    pub(super) up: u64,
    pub(super) down: u64,
    /// Connections that it began.
    pub(super) connections: u64,
}

impl Observer {
    /// Enrols a new phone.
    pub(super) fn enrol(link: usize, election: &ElectionId, invitation: &Invitation) -> Self {
        let phone = Phone::with_pictures(Some(election.clone()), Pictures::Make);
        phone.enrol(invitation);
        // Messages and a newer set-up were asked for once.
        phone.sync();
        Self { link, phone }
    }

    /// Captures this report.
    pub(super) fn report(&self, report: &Incident) {
        let category = report.categories[0].clone();
        let mut draft =
            IncidentDraft::new(category, report.phase.clone(), report.severity, &report.words);
        draft.language.clone_from(&report.language);
        self.phone.notebook().capture_incident(draft).expect("a capture needs nobody");
    }

    /// Captures this protocol with this photograph.
    pub(super) fn protocol(&self, protocol: &ResultsProtocol, photograph: &[u8]) {
        let path = self.phone.scratch().join("taken.jpg");
        std::fs::write(&path, photograph).expect("there is room");
        self.phone.protocol_of(protocol, &[path]).expect("a capture needs nobody");
    }

    /// Syncs until nothing waits, or for `patience`.
    pub(super) fn sync(&self, emulator: &Emulator, patience: Duration) -> Took {
        let before = emulator.carried(self.link);
        let (begun, over) = (Instant::now(), AtomicBool::new(false));
        let [records, previews, all] = thread::scope(|scope| {
            let watching = scope.spawn(|| self.watch(begun, &over));
            while begun.elapsed() < patience && !self.phone.waiting().is_empty() {
                self.pump(patience.saturating_sub(begun.elapsed()));
            }
            over.store(true, Ordering::SeqCst);
            watching.join().expect("it only looks")
        });
        let Carried { up, down, connections } = emulator.carried(self.link);
        Took {
            records,
            previews,
            all,
            up: up - before.up,
            down: down - before.down,
            connections: connections - before.connections,
        }
    }

    fn pump(&self, left: Duration) {
        let left_ms = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
        let budget = PumpBudget { ms_max: left_ms, wait_ms_max: left_ms, ..PumpBudget::default() };
        let report = self.phone.notebook().pump(&budget).expect("trouble is part of the report");
        if let Some(trouble) = report.trouble
            && std::env::var_os("HATTAMA_LOG").is_some()
        {
            eprintln!("link {}: {trouble:?}, {:?}", self.link, report.end);
        }
    }

    /// When the records, the small pictures after them, and everything had their receipts.
    fn watch(&self, begun: Instant, over: &AtomicBool) -> [Option<Duration>; 3] {
        let mut came = [None; 3];
        loop {
            let ended = over.load(Ordering::SeqCst);
            let waiting = self.phone.waiting();
            let records = waiting.urgent.count + waiting.records.count;
            let small = waiting.thumbnails.count + waiting.previews.count;
            let left = [records, records + small, records + small + waiting.originals.count];
            for (came, left) in came.iter_mut().zip(left) {
                if left == 0 && came.is_none() {
                    *came = Some(begun.elapsed());
                }
            }
            if ended || came[2].is_some() {
                return came;
            }
            thread::sleep(LOOK);
        }
    }
}

/// Cuts the phone off whenever another part of `bytes` has left it, until it is `over`; how often.
pub(super) fn cut_off(
    emulator: &Emulator,
    link: usize,
    (cuts, bytes, dark): (u64, u64, Duration),
    over: &AtomicBool,
) -> u64 {
    let begun = emulator.carried(link).up;
    let mut fallen = 0;
    while fallen < cuts && !over.load(Ordering::SeqCst) {
        // Anywhere in a cell: the parts are no multiple of it.
        let next = (fallen + 1) * bytes / (cuts + 1) + fallen * 7_919 % 16_384;
        if emulator.carried(link).up - begun >= next {
            emulator.disconnect(link, dark);
            fallen += 1;
        }
        thread::sleep(Duration::from_millis(20));
    }
    fallen
}

/// How many files this process may have open, as the kernel tells; none where it does not.
pub(super) fn open_files_max() -> Option<usize> {
    let limits = std::fs::read_to_string(Path::new("/proc/self/limits")).ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}
