//! A virtual phone: a real key, its chain, its queue in the lanes of client-core, and client-core's own
//! judgement of every answer. Only the notebook's disk is missing.
//!
//! ```text
//! schedule ──> capture (signed) ──> queue by lane ──> talk ──> judged by client-core ──> receipts
//!                                        ^               │
//!                                        └─── pauses ────┘ as client-core makes them
//! ```

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use hattama_client_core::{
    limits::FEED_RESTS_MS,
    sync::{Class, Judge, Lane, next_wait_ms, told_wait_ms},
};
use hattama_proto::{
    id::{PhotoHash, RecordId},
    key::PublicKey,
    wire::CellBitmap,
};
use tokio::sync::watch;

use super::{
    super::records::Device,
    Night, Phase,
    pictures::Picture,
    schedule::{InShutdown, dice},
    tally::{Event, Series},
};

/// A record without a receipt.
pub(super) struct Said {
    pub(super) id: RecordId,
    pub(super) text: String,
    pub(super) lane: Lane,
    pub(super) captured_ms: u64,
    /// Not before, where headquarters said so.
    pub(super) due_ms: u64,
    pub(super) pictures: Vec<Picture>,
}

/// A picture without a receipt whose record headquarters has.
pub(super) struct Pending {
    pub(super) picture: Picture,
    pub(super) captured_ms: u64,
    /// Cells that are there, as last heard; none when it has to be asked.
    pub(super) have: Option<CellBitmap>,
}

/// A pause of a class of requests.
#[derive(Clone, Copy)]
struct Pause {
    wait_ms: u64,
    until_ms: u64,
}

/// One phone.
pub(super) struct Phone {
    pub(super) night: Arc<Night>,
    pub(super) number: u64,
    device: Device,
    pub(super) judge: Judge,
    pub(super) records: VecDeque<Said>,
    /// By lane, and in it the oldest first.
    pub(super) pictures: BTreeMap<(Lane, u64), Pending>,
    /// The next place in a lane.
    place: u64,
    pauses: BTreeMap<Class, Pause>,
    captured: u64,
    /// The feed was read up to here.
    pub(super) fed: u64,
    /// When it was read last.
    fed_ms: Option<u64>,
    pub(super) photos: Vec<PhotoHash>,
    /// When each original was captured, and when it was receipted.
    pub(super) originals: Vec<(u64, Option<u64>)>,
}

/// What is left of a phone after the night.
pub(super) struct Left {
    pub(super) receipts: Vec<RecordId>,
    pub(super) photos: Vec<PhotoHash>,
    pub(super) unsent: usize,
    pub(super) alarms: usize,
    pub(super) originals: Vec<(u64, Option<u64>)>,
}

impl Phone {
    pub(super) fn new(night: Arc<Night>, number: u64) -> Self {
        let judge = Judge::new(night.election.clone(), night.key, night.policy.clone());
        Self {
            night,
            number,
            device: Device::new(number),
            judge,
            records: VecDeque::new(),
            pictures: BTreeMap::new(),
            place: 0,
            pauses: BTreeMap::new(),
            captured: 0,
            fed: 0,
            fed_ms: None,
            photos: Vec::new(),
            originals: Vec::new(),
        }
    }

    /// Lives through the night: captures by the clock, sends what may be sent, waits for the rest.
    pub(super) async fn live(mut self, mut phase: watch::Receiver<Phase>) -> Left {
        loop {
            self.capture_due();
            let now = self.night.tally.now_ms();
            let next = match (self.next_due(), self.next_capture()) {
                (Some(due), Some(capture)) => due.min(capture),
                (Some(at), None) | (None, Some(at)) => at,
                (None, None) if *phase.borrow() == Phase::Night => u64::MAX,
                (None, None) => return self.left(),
            };
            if *phase.borrow() == Phase::Over {
                return self.left();
            }
            if self.next_due().is_some_and(|due| due <= now) {
                self.talk().await;
                continue;
            }
            let wait = std::time::Duration::from_millis(next.saturating_sub(now).clamp(1, 60_000));
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                changed = phase.changed() => {
                    // The network is another one: whatever waits for a retry of its own choosing may be
                    // tried at once, as `Notebook::network_changed` says.
                    self.pauses.clear();
                    if changed.is_err() {
                        return self.left();
                    }
                }
            }
        }
    }

    fn left(self) -> Left {
        Left {
            receipts: self.judge.receipts().keys().copied().collect(),
            photos: self.photos,
            unsent: self.records.len() + self.pictures.len(),
            alarms: self.judge.alarms().len(),
            originals: self.originals,
        }
    }

    /// When the next record is captured.
    fn next_capture(&self) -> Option<u64> {
        let storms = self.number < self.night.options.storming();
        let in_shutdown = if storms { InShutdown::Captures } else { InShutdown::Rests };
        self.night.schedule.next(self.captured, in_shutdown, |throw| dice(self.number, throw))
    }

    /// Captures what the observer has captured by now.
    pub(super) fn capture_due(&mut self) {
        while let Some(at) = self.next_capture()
            && at <= self.night.tally.now_ms()
        {
            self.capture(at);
        }
    }

    fn capture(&mut self, captured_ms: u64) {
        let night = Arc::clone(&self.night);
        let record = self.captured;
        self.captured += 1;
        let sends_original = (self.number + record).is_multiple_of(night.options.originals_every);
        let picture = |lane| night.pictures.picture(lane, self.number, record);
        let mut pictures = vec![picture(Lane::Thumbnails), picture(Lane::Previews)];
        if sends_original {
            pictures.push(picture(Lane::Originals));
        }
        let named = pictures.iter().map(Picture::named).collect();
        let (body, lane) = night.speech.body(self.number, record, named);
        let text = self.device.sign(&night.election, body);
        let id = RecordId::of(text.as_bytes());
        night.tally.count(Event::Captured);
        night.tally.waits(lane, 1);
        pictures.iter().for_each(|picture| night.tally.waits(picture.lane, 1));
        self.records.push_back(Said { id, text, lane, captured_ms, due_ms: 0, pictures });
    }

    /// A record has its receipt: its pictures may be sent.
    pub(super) fn arrived(&mut self, said: Said) {
        let night = Arc::clone(&self.night);
        night.tally.count(Event::Accepted);
        night.tally.waits(said.lane, -1);
        night.tally.took(Series::Record, night.tally.now_ms().saturating_sub(said.captured_ms));
        for picture in said.pictures {
            let (captured_ms, have) = (said.captured_ms, Some(CellBitmap::default()));
            self.pictures
                .insert((picture.lane, self.place), Pending { picture, captured_ms, have });
            self.place += 1;
            if picture.lane == Lane::Originals {
                self.originals.push((captured_ms, None));
            }
        }
    }

    /// A picture has its receipt.
    pub(super) fn is_there(&mut self, key: (Lane, u64)) {
        let Some(Pending { picture, captured_ms, .. }) = self.pictures.remove(&key) else { return };
        let (night, now) = (Arc::clone(&self.night), self.night.tally.now_ms());
        let series = match picture.lane {
            Lane::Thumbnails => Series::Thumbnail,
            Lane::Previews => Series::Preview,
            _ => Series::Original,
        };
        night.tally.took(series, now.saturating_sub(captured_ms));
        night.tally.waits(picture.lane, -1);
        night.tally.photo(picture.bytes);
        night.room.takes(picture.hash, picture.bytes);
        self.photos.push(picture.hash);
        if let Some(open) = self.originals.iter_mut().find(|(at, done)| {
            picture.lane == Lane::Originals && *at == captured_ms && done.is_none()
        }) {
            open.1 = Some(now);
        }
    }

    /// When something that waits may be tried; none when nothing waits.
    fn next_due(&self) -> Option<u64> {
        let until = |class| self.pauses.get(&class).map_or(0, |pause| pause.until_ms);
        let records = self.records.iter().map(|said| said.due_ms.max(until(Class::Records)));
        let pictures = self.pictures.keys().map(|(lane, _)| until(Class::of(*lane)));
        Some(records.chain(pictures).min()?.max(until(Class::Network)))
    }

    /// Whether requests of a class may be made.
    pub(super) fn may(&self, class: Class) -> bool {
        let now = self.night.tally.now_ms();
        self.pauses.get(&class).is_none_or(|pause| pause.until_ms <= now)
    }

    /// Records that may be pushed, as client-core picks them: all of them, or one alone to see whether the
    /// way is open again.
    pub(super) fn ready(&self) -> usize {
        let now = self.night.tally.now_ms();
        if !self.may(Class::Records) {
            return 0;
        }
        let ready = self.records.iter().take_while(|said| said.due_ms <= now).count();
        if self.pauses.contains_key(&Class::Records) { ready.min(1) } else { ready }
    }

    /// What headquarters asked for, or a pause of client-core's making.
    pub(super) fn pause(&mut self, class: Class, asked_s: Option<u32>) {
        let before = self.pauses.get(&class).map_or(0, |pause| pause.wait_ms);
        let dice = dice(self.number, self.night.tally.now_ms());
        let wait_ms = match asked_s {
            Some(seconds) => told_wait_ms(seconds, dice),
            None => next_wait_ms(before, class.cap_ms(), dice),
        };
        let until_ms = self.night.tally.now_ms() + wait_ms;
        self.pauses.insert(class, Pause { wait_ms, until_ms });
    }

    /// Whether it asks what is new while it is connected: as client-core does, not again within a minute
    /// where only pictures are left.
    pub(super) fn asks(&mut self) -> bool {
        let now = self.night.tally.now_ms();
        let only_pictures = self.records.is_empty() && !self.pictures.is_empty();
        if only_pictures && self.fed_ms.is_some_and(|at| now - at < FEED_RESTS_MS) {
            return false;
        }
        self.fed_ms = Some(now);
        true
    }

    /// The class works again.
    pub(super) fn works(&mut self, class: Class) {
        self.pauses.remove(&class);
    }

    /// The key that its records are verified with.
    pub(super) const fn public_key(&self) -> PublicKey {
        self.device.key.public()
    }
}
