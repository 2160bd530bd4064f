//! What a virtual phone says to headquarters while it is connected: records first, then its feed, then
//! small pictures before large ones; between any two requests it looks at its queue again.

use std::{io, sync::Arc};

use hattama_client_core::{
    limits::RANGE_START_BYTES,
    sync::{Class, Lane, told_wait_ms},
};
use hattama_proto::{
    id::RecordId,
    limits::{BATCH_RECORDS_MAX, CELL_BYTES},
    problem::Problem,
    wire::{CellBitmap, ContentRange, Feed, PhotoReply, PushReply, PushRequest, Waiting},
};

use super::{
    Phase,
    enrol::token,
    line::{Ask, Cut, Heard, Line},
    phone::{Pending, Phone},
    schedule::dice,
    tally::{Event, Series},
};

/// As in client-core's plan: one slot in so many goes to the picture that would otherwise come last.
const FAIR_SLOT: u64 = 8;

impl Phone {
    /// One connection, to the next process in turn, for as long as something may be sent.
    pub(super) async fn talk(&mut self) {
        let night = Arc::clone(&self.night);
        let _place = night.places.acquire().await.expect("nobody closes them");
        let mut line = match Line::open(night.next_address()).await {
            Ok(line) => line,
            Err(error) => {
                night.broke(&error);
                return self.pause(Class::Network, None);
            }
        };
        self.works(Class::Network);
        let (mut fed, mut slot) = (!self.asks(), 0);
        while *night.phase.borrow() != Phase::Over {
            self.capture_due();
            let (class, said) = if self.ready() > 0 {
                (Class::Records, self.push(&mut line).await)
            } else if !fed && self.may(Class::Feed) {
                fed = true;
                (Class::Feed, self.read_feed(&mut line).await)
            } else if let Some(key) = self.next_picture(slot) {
                slot += 1;
                (Class::of(key.0), self.send(&mut line, key).await)
            } else {
                return;
            };
            match said {
                Ok(true) => self.works(class),
                // It said that it will not now: a pause was made.
                Ok(false) => {}
                Err(_) => return self.pause(class, None),
            }
        }
    }

    async fn push(&mut self, line: &mut Line) -> io::Result<bool> {
        let night = Arc::clone(&self.night);
        let sent = self.ready().min(BATCH_RECORDS_MAX);
        let said: Vec<_> = self.records.drain(..sent).collect();
        let request = PushRequest {
            records: said.iter().map(|one| one.text.clone()).collect(),
            // As a phone does, which may be the first to speak to this process.
            keys: [(self.public_key().kid(), self.public_key())].into(),
            seen: self.judge.seen(),
        };
        let body = serde_json::to_vec(&request).expect("plain data");
        let headers = "Content-Type: application/json\r\n".to_owned();
        let ask = Ask { method: "POST", path: "/v1/records", headers, body: &body };
        let begun = night.tally.now_ms();
        let heard = self.ask(line, &ask).await;
        let reply = match &heard {
            Ok(heard) if heard.status == 200 => {
                serde_json::from_slice::<PushReply>(&heard.body).ok()
            }
            _ => None,
        };
        let Some(reply) = reply else {
            said.into_iter().rev().for_each(|one| self.records.push_front(one));
            return heard.map(|heard| self.refused(Class::Records, &heard));
        };
        night.tally.took(Series::Push, night.tally.now_ms() - begun);
        let results = reply.results.clone();
        let ids: Vec<RecordId> = said.iter().map(|one| one.id).collect();
        self.judge.pushed(&ids, reply);
        for mut one in said {
            let verdict = results.iter().find(|verdict| verdict.id == one.id);
            if self.judge.receipts().contains_key(&one.id) {
                if let Some(part) = verdict.and_then(|verdict| verdict.receipt.as_ref()) {
                    night.tally.acknowledged(part.index);
                }
                self.arrived(one);
                continue;
            }
            let why = verdict.and_then(|verdict| verdict.reason.clone());
            let why = why.unwrap_or_else(|| "no receipt that holds".to_owned());
            night.trouble(Event::Refused, format!("a record: {why}"));
            let asked_s = verdict.and_then(|verdict| verdict.retry_after_s).unwrap_or(2);
            let now = night.tally.now_ms();
            one.due_ms = now + told_wait_ms(asked_s, dice(self.number, now));
            self.records.push_back(one);
        }
        Ok(true)
    }

    /// Says what waits here and hears what headquarters has to say.
    async fn read_feed(&mut self, line: &mut Line) -> io::Result<bool> {
        let mut waiting = Waiting::default();
        for lane in self.pictures.keys().map(|(lane, _)| *lane) {
            waiting.0[usize::try_from(lane.number()).expect("five lanes")] += 1;
        }
        let path = format!("/v1/feed?after={}&waiting={waiting}", self.fed);
        let headers = format!("Authorization: Bearer {}\r\n", token(self.number));
        let ask = Ask { method: "GET", path: &path, headers, body: &[] };
        let heard = self.ask(line, &ask).await?;
        let Some(feed) = read::<Feed>(&heard) else { return Ok(self.refused(Class::Feed, &heard)) };
        self.fed = feed.next;
        Ok(true)
    }

    /// The picture that is sent next.
    fn next_picture(&self, slot: u64) -> Option<(Lane, u64)> {
        let mut ready = self.pictures.keys().filter(|(lane, _)| self.may(Class::of(*lane)));
        if slot % FAIR_SLOT == FAIR_SLOT - 1 {
            // The oldest of the last lane.
            return ready.min_by_key(|(lane, place)| (std::cmp::Reverse(*lane), *place)).copied();
        }
        ready.next().copied()
    }

    /// Sends one range of a picture, or asks what is there of it.
    async fn send(&mut self, line: &mut Line, key: (Lane, u64)) -> io::Result<bool> {
        let Some(Pending { picture, have, .. }) = self.pictures.get(&key) else { return Ok(true) };
        let (picture, path) = (*picture, format!("/v1/blobs/{}", picture.hash));
        let Some(have) = have.clone() else {
            let ask = Ask { method: "HEAD", path: &path, headers: String::new(), body: &[] };
            let heard = self.ask(line, &ask).await?;
            let text = heard.have.unwrap_or_default();
            // One that is whole: its last cell is sent again, for the receipt.
            let have = match text.as_str() {
                "complete" => CellBitmap::full(picture.bytes),
                cells => CellBitmap::try_from(cells.to_owned()).unwrap_or_default(),
            };
            self.note(key, Some(have));
            return Ok(true);
        };
        let cells = CellBitmap::cells(picture.bytes);
        let missing = have.missing(picture.bytes).first().copied();
        let (first, end) = missing.unwrap_or((cells - 1, cells));
        let end = end.min(first + RANGE_START_BYTES / CELL_BYTES);
        let size = picture.bytes;
        let range =
            ContentRange { first: first * CELL_BYTES, end: (end * CELL_BYTES).min(size), size };
        let bytes = self.night.pictures.bytes(&picture);
        let place = |at: u64| usize::try_from(at).expect("a small file");
        let ask = Ask {
            method: "PUT",
            path: &path,
            headers: format!("Content-Range: {}\r\n", range.to_header()),
            body: &bytes[place(range.first)..place(range.end)],
        };
        let heard = self.ask(line, &ask).await.inspect_err(|_| self.note(key, None))?;
        let Some(reply) = read::<PhotoReply>(&heard) else {
            self.note(key, None);
            return Ok(self.refused(Class::of(key.0), &heard));
        };
        if reply.state.complete && reply.receipt.is_some() {
            self.is_there(key);
        } else {
            self.note(key, Some(reply.state.have));
        }
        Ok(true)
    }

    fn note(&mut self, key: (Lane, u64), have: Option<CellBitmap>) {
        if let Some(pending) = self.pictures.get_mut(&key) {
            pending.have = have;
        }
    }

    /// One exchange; some are cut.
    async fn ask(&self, line: &mut Line, ask: &Ask<'_>) -> io::Result<Heard> {
        let cut = self.night.next_cut();
        let heard = line.ask(ask, cut).await;
        match (&heard, cut) {
            (Err(error), Cut::No) => self.night.broke(error),
            (Err(_), _) => self.night.tally.count(Event::Cut),
            (Ok(_), _) => {}
        }
        heard
    }

    /// Headquarters will not, or not now: pauses as it asks, or as client-core does by itself.
    fn refused(&mut self, class: Class, heard: &Heard) -> bool {
        let problem: Option<Problem> = serde_json::from_slice(&heard.body).ok();
        self.night.refused(heard.status, problem.as_ref());
        self.pause(class, problem.and_then(|problem| problem.retry_after_s));
        false
    }
}

fn read<T: serde::de::DeserializeOwned>(heard: &Heard) -> Option<T> {
    (heard.status == 200).then(|| serde_json::from_slice(&heard.body).ok()).flatten()
}
