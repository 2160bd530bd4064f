//! Bodies of pushes, signed before they are needed and kept in a file: what a headquarters takes in some
//! minutes does not fit into memory beside it.

use std::{
    collections::{BTreeSet, VecDeque},
    fs::File,
    os::unix::fs::FileExt as _,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Bodies that wait to be sent. One that was refused waits again: nothing of it was begun.
pub(super) struct Pool {
    file: File,
    /// Where each begins, and its length.
    slots: Vec<(u64, usize)>,
    bytes: u64,
    waiting: Mutex<VecDeque<usize>>,
    settled: Mutex<BTreeSet<usize>>,
    /// Records of each body.
    pub(super) each: usize,
    repeats: bool,
}

impl Pool {
    /// An empty one in a folder, for bodies of so many records.
    pub(super) fn new(folder: &Path, name: &str, each: usize) -> Self {
        let file = File::options().read(true).write(true).create_new(true).open(folder.join(name));
        Self {
            file: file.expect("a scratch folder"),
            slots: Vec::new(),
            bytes: 0,
            waiting: Mutex::default(),
            settled: Mutex::default(),
            each,
            repeats: false,
        }
    }

    /// One whose bodies are sent again and again, whatever becomes of them: a flood does not run dry.
    pub(super) fn repeating(folder: &Path, name: &str, each: usize) -> Self {
        Self { repeats: true, ..Self::new(folder, name, each) }
    }

    /// Adds a body.
    pub(super) fn add(&mut self, body: &[u8]) {
        self.file.write_all_at(body, self.bytes).expect("there is room for what is sent");
        lock(&self.waiting).push_back(self.slots.len());
        self.slots.push((self.bytes, body.len()));
        self.bytes += body.len() as u64;
    }

    /// Takes the body that has waited longest; none where all are on their way or done.
    pub(super) fn take(&self, body: &mut Vec<u8>) -> Option<usize> {
        let which = lock(&self.waiting).pop_front()?;
        self.read(which, body);
        Some(which)
    }

    /// Reads a body.
    pub(super) fn read(&self, which: usize, body: &mut Vec<u8>) {
        let (start, length) = self.slots[which];
        body.resize(length, 0);
        self.file.read_exact_at(body, start).expect("it was written");
    }

    /// It was not taken: it waits again.
    pub(super) fn give_back(&self, which: usize) {
        lock(&self.waiting).push_back(which);
    }

    /// All of it was acknowledged.
    pub(super) fn settle(&self, which: usize) {
        lock(&self.settled).insert(which);
        if self.repeats {
            self.give_back(which);
        }
    }

    /// Bodies of which all was acknowledged.
    pub(super) fn settled(&self) -> BTreeSet<usize> {
        lock(&self.settled).clone()
    }

    /// Bodies that wait.
    pub(super) fn waiting(&self) -> usize {
        lock(&self.waiting).len()
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
