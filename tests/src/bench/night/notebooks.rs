//! Some of the phones are whole: notebooks of client-core with photographs, pictures made on the phone,
//! every behaviour of a sync, over its own transport and a network that is cut.
//!
//! Their disk is memory, where there is such a folder: what is measured is headquarters.

use std::{path::PathBuf, sync::Arc, thread, time::Duration};

use hattama_client_core::{
    Notebook, NotebookOptions, PhotoProgress, PumpBudget,
    capture::{PhotoInput, ProtocolDraft},
    sync::Lane,
    transport::HttpTransport,
};
use hattama_proto::{
    id::{PhotoHash, RecordId},
    invitation::Invitation,
    tlog::Receipt,
};
use tempfile::TempDir;

use super::{
    Night, Phase,
    schedule::{InShutdown, dice},
    tally::{Event, Series},
};
use crate::proxy::Proxy;

/// Threads that play them. Each plays many, one after the other.
const HANDS: usize = 4;
/// Longest sync at a time, in milliseconds, so that the next one has its turn.
const SYNC_MS_MAX: u64 = 20_000;
/// Numbers of notebooks begin here, beyond those of all other phones.
const FIRST_NUMBER: u64 = 1 << 40;

/// One notebook.
pub(super) struct Book {
    notebook: Notebook,
    number: u64,
    captured: u64,
    /// Records without a receipt, and when they were captured.
    waiting: Vec<(RecordId, u64)>,
    receipts: Vec<RecordId>,
    alarms: usize,
    /// When to sync again; none when nothing is left.
    wake_ms: Option<u64>,
}

/// All notebooks, and where they are.
pub(super) struct Books {
    books: Vec<Book>,
    scratch: TempDir,
}

/// What is left of them after the night.
#[derive(Default)]
pub(super) struct LeftOfBooks {
    pub(super) receipts: Vec<RecordId>,
    pub(super) unsent: usize,
    pub(super) alarms: usize,
    pub(super) photos: Vec<PhotoHash>,
}

impl Books {
    /// Opens and enrols one for each invitation.
    pub(super) fn open(invitations: &[Invitation]) -> Self {
        let memory = PathBuf::from("/dev/shm");
        let scratch = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
        let scratch = scratch.expect("a scratch folder");
        let open = |(number, invitation): (u64, &Invitation)| {
            let folder = scratch.path().join(number.to_string());
            let notebook = Notebook::open(&folder, NotebookOptions::default()).expect("a notebook");
            notebook.enrol(invitation).expect("it was invited");
            let number = FIRST_NUMBER + number;
            let (captured, alarms, wake_ms) = (0, 0, None);
            let (waiting, receipts) = (Vec::new(), Vec::new());
            Book { notebook, number, captured, waiting, receipts, alarms, wake_ms }
        };
        let books = (0..).zip(invitations).map(open).collect();
        Self { books, scratch }
    }

    /// Plays all until the night is over or nothing is left.
    pub(super) fn play(&mut self, night: &Arc<Night>, network: &[Proxy]) -> LeftOfBooks {
        let share = self.books.len().div_ceil(HANDS).max(1);
        let scratch = self.scratch.path();
        thread::scope(|scope| {
            for (hand, books) in self.books.chunks_mut(share).enumerate() {
                let photo = scratch.join(format!("taken-{hand}.jpg"));
                scope.spawn(move || {
                    let mut stormed = false;
                    loop {
                        let phase = *night.phase.borrow();
                        if phase == Phase::Storm && !stormed {
                            stormed = true;
                            books.iter_mut().for_each(|book| book.network_changed());
                        }
                        let busy = books
                            .iter_mut()
                            .map(|book| book.turn(night, network, &photo))
                            .fold(false, |busy, did| busy | did);
                        let done = books.iter().all(|book| book.is_done(night));
                        if phase == Phase::Over || (phase == Phase::Storm && done) {
                            return;
                        }
                        if !busy {
                            thread::sleep(Duration::from_millis(20));
                        }
                    }
                });
            }
        });
        let mut left = LeftOfBooks::default();
        for book in &mut self.books {
            let summary = book.notebook.outbox_summary().expect("the outbox can be read");
            left.receipts.append(&mut book.receipts);
            left.unsent += book.waiting.len() + usize::from(!summary.is_empty());
            left.alarms += book.alarms;
            let records = book.notebook.list(0, u32::MAX).expect("the outbox can be read");
            let photos = records.into_iter().flat_map(|record| record.photos);
            let whole = photos.filter(|photo| photo.progress == PhotoProgress::Verified);
            left.photos.extend(whole.map(|photo| photo.hash));
        }
        left
    }
}

impl Book {
    fn network_changed(&mut self) {
        self.notebook.network_changed().expect("the outbox is there");
        self.wake_ms = Some(0);
    }

    /// Captures and syncs if it is time; whether it was.
    fn turn(&mut self, night: &Night, network: &[Proxy], photo: &std::path::Path) -> bool {
        let captures = self.next_capture(night).is_some_and(|at| at <= night.tally.now_ms());
        if captures {
            self.capture(night, photo);
        }
        let due = self.wake_ms.is_some_and(|at| at <= night.tally.now_ms());
        if due {
            self.sync(night, network);
        }
        captures || due
    }

    fn next_capture(&self, night: &Night) -> Option<u64> {
        night.schedule.next(self.captured, InShutdown::Captures, |throw| dice(self.number, throw))
    }

    fn capture(&mut self, night: &Night, photo: &std::path::Path) {
        let original = night.pictures.picture(Lane::Originals, self.number, self.captured);
        std::fs::write(photo, night.pictures.bytes(&original)).expect("room");
        let sheet = night.speech.sheet(self.number + self.captured);
        let mut draft = ProtocolDraft::new(sheet.unit, sheet.form, sheet.copy);
        (draft.lines, draft.contests) = (sheet.lines, sheet.contests);
        draft.photos = vec![PhotoInput { path: photo.to_owned(), page: 1 }];
        let captured = self.notebook.capture_protocol(draft).expect("it commits");
        self.captured += 1;
        let now = night.tally.now_ms();
        self.waiting.push((captured.record, now));
        self.wake_ms = Some(now);
        night.tally.count(Event::Captured);
        night.tally.waits(Lane::Urgent, 1);
    }

    fn sync(&mut self, night: &Night, network: &[Proxy]) {
        let first = night.next_turn();
        let addresses: Vec<String> = (0..network.len())
            .map(|more| &network[(first + more) % network.len()])
            .map(|proxy| format!("http://{}", proxy.address()))
            .collect();
        let transport = HttpTransport::new(&addresses, None).expect("loopback may be spoken to");
        let budget = PumpBudget { ms_max: SYNC_MS_MAX, ..PumpBudget::default() };
        let report = self.notebook.pump_through(&budget, &transport).expect("the outbox is there");
        self.alarms += report.alarms.len();
        if report.trouble.is_some() {
            night.tally.count(Event::Broken);
        }
        let now = night.tally.now_ms();
        self.wake_ms = report.next_wakeup_ms.map(|ms| now + ms);
        let (notebook, receipts) = (&self.notebook, &mut self.receipts);
        self.waiting.retain(|(record, captured_ms)| {
            let receipt = notebook.record_receipt(*record).expect("the outbox is there");
            let Some(receipt) = receipt else { return true };
            // It was checked before it was kept.
            let receipt = Receipt::parse(&receipt).expect("a notebook keeps receipts");
            night.tally.acknowledged(receipt.index);
            night.tally.count(Event::Accepted);
            night.tally.waits(Lane::Urgent, -1);
            night.tally.took(Series::Record, now.saturating_sub(*captured_ms));
            receipts.push(*record);
            false
        });
    }

    fn is_done(&self, night: &Night) -> bool {
        self.next_capture(night).is_none() && self.wake_ms.is_none()
    }
}
