//! Who sends: phones that are enrolled, keys that nobody knows, and liars who use a known key's name.

use std::{
    sync::{
        atomic::{AtomicU64, Ordering},
        mpsc::{SyncSender, sync_channel},
    },
    thread,
};

use hattama_proto::{
    id::ElectionId,
    record::{Body, ResultsProtocol},
    wire::PushRequest,
};

use super::{
    super::{
        headquarters::BenchHeadquarters,
        prepared::sheet,
        records::{Device, own_pictures, protocols, push_body},
    },
    pool::Pool,
};

/// Phones of the load: enough that one key never has eight requests under way at once.
const DEVICES: u64 = 500;

/// The first number of a key that is enrolled nowhere.
const UNKNOWN: u64 = 1 << 40;

/// Bodies that are signed and not yet written.
const AHEAD: usize = 64;

/// Everybody who signs.
pub(super) struct Senders {
    election: ElectionId,
    enrolled: Vec<Device>,
    sheets: Vec<ResultsProtocol>,
    /// Precincts of the register, spoken of in turn.
    precincts: u64,
    signed: AtomicU64,
}

impl Senders {
    /// Enrols the phones at a headquarters whose register has so many precincts more.
    pub(super) fn enrol(hq: &BenchHeadquarters, more: u64) -> Self {
        let sheets = protocols(&[]);
        Self {
            election: hq.headquarters.config.election.clone(),
            enrolled: (0..DEVICES).map(|number| Device::enrol(hq, number)).collect(),
            precincts: sheets.len() as u64 + more,
            sheets,
            signed: AtomicU64::new(0),
        }
    }

    /// Signs new records of enrolled phones on all cores, so many bodies, each of one phone.
    pub(super) fn fill(&mut self, pool: &mut Pool, bodies: u64) {
        let each = pool.each;
        let devices = std::mem::take(&mut self.enrolled);
        self.enrolled =
            self.sign(pool, devices, bodies, |this, device| push_body(&this.records(device, each)));
    }

    /// Signs valid records of so many keys that nobody knows, and names the keys, as a phone does whose
    /// enrolment is not there.
    pub(super) fn fill_with_unknown(&self, pool: &mut Pool, keys: u64) {
        let each = pool.each;
        let devices = (UNKNOWN..UNKNOWN + keys).map(Device::new).collect();
        self.sign(pool, devices, keys, |this, device| {
            let records = this.records(device, each);
            let keys = [(device.key.kid(), device.key.public())].into();
            serde_json::to_vec(&PushRequest { records, keys, seen: None }).expect("plain data")
        });
    }

    /// Bodies under the names of enrolled phones, with signatures that are nobody's.
    pub(super) fn fill_with_lies(&self, pool: &mut Pool, bodies: u64) {
        let each = pool.each;
        let devices = (0..DEVICES).map(Device::new).collect();
        self.sign(pool, devices, bodies, |this, device| {
            let records = this.records(device, each);
            push_body(&records.iter().map(|text| forged(text)).collect::<Vec<_>>())
        });
    }

    fn records(&self, device: &mut Device, count: usize) -> Vec<String> {
        let first = self.signed.fetch_add(count as u64, Ordering::Relaxed);
        (first..first + count as u64)
            .map(|number| {
                let sheet = sheet(&self.sheets, number % self.precincts);
                device.sign(&self.election, Body::Protocol(own_pictures(sheet, number)))
            })
            .collect()
    }

    /// Makes bodies with each device in turn, and writes them as they come.
    fn sign(
        &self,
        pool: &mut Pool,
        mut devices: Vec<Device>,
        bodies: u64,
        body: impl Fn(&Self, &mut Device) -> Vec<u8> + Sync,
    ) -> Vec<Device> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let (made, next) = sync_channel(AHEAD);
        let (left, body) = (AtomicU64::new(bodies), &body);
        thread::scope(|scope| {
            let share = devices.len().div_ceil(cores);
            for own in devices.chunks_mut(share) {
                let (made, left) = (SyncSender::clone(&made), &left);
                scope.spawn(move || {
                    let mut turn = 0;
                    while take_one(left) {
                        let device = turn % own.len();
                        made.send(body(self, &mut own[device])).expect("somebody writes them");
                        turn += 1;
                    }
                });
            }
            drop(made);
            next.iter().for_each(|body: Vec<u8>| pool.add(&body));
        });
        devices
    }
}

/// Whether there is one left; it is the caller's then.
fn take_one(left: &AtomicU64) -> bool {
    let take = |left: u64| left.checked_sub(1);
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
}

/// The same string with another signature: one character in its middle, away from the bits at its end
/// that mean nothing.
fn forged(text: &str) -> String {
    let at = text.len() - 40;
    let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}
