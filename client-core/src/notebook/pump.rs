//! Syncing: carries out what the engine says, one step at a time.
//!
//! ```text
//! outbox ──snapshot──> engine ──step──> transport ──answer──> engine ──changes──> outbox
//! ```
//!
//! Between any two steps the whole queue is looked at anew, so what was captured meanwhile goes
//! out next if it is more urgent.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use hattama_proto::{
    id::{Kid, PhotoHash, RecordId},
    key::PublicKey,
    kind::Role,
    pack::PackManifest,
    problem::ProblemCode,
    statement::Statement,
    tlog::LogEntry,
    wire::{ContentRange, PhotoReply},
};

use super::{
    Alarm, Notebook, PumpBudget, PumpEnd, PumpReport, Started,
    packs::{Unfetched, trust_of},
    turn::Turn,
};
use crate::{
    capture::{Depth, is_intact},
    error::NotebookError,
    limits::STOP_POLL_MS,
    outbox,
    steps::crash_point,
    sync::{
        Change, Engine, Heard, Link, PendingPhoto, Sent, Snapshot, Step, Trust, ask_photo,
        ask_receipts, ask_status, hear, hear_have, held_back, may_any_go, push_request, read_feed,
        send_range, statement,
    },
    transport::{
        HttpTransport, Request, Response, Stop, Transport, TransportError, usable_addresses,
    },
};

impl Notebook {
    /// Sends what waits over HTTPS to the headquarters of the enrolment, within `budget`. Blocks;
    /// may be interrupted from another thread. Network trouble is part of the report.
    pub fn pump(&self, budget: &PumpBudget) -> Result<PumpReport, NotebookError> {
        let turn = self.take_turn()?;
        let Some(at) = self.headquarters()? else { return Ok(Self::not_enrolled()) };
        let transport = usable_addresses(&at.addresses)
            .and_then(|usable| HttpTransport::new(&usable, at.pin.as_deref()));
        match transport {
            Ok(transport) => turn.pump(budget, &transport),
            Err(error) => Ok(Self::no_way(&error)),
        }
    }

    /// As [`pump`](Self::pump), through a transport of the caller's.
    pub fn pump_through(
        &self,
        budget: &PumpBudget,
        transport: &dyn Transport,
    ) -> Result<PumpReport, NotebookError> {
        self.take_turn()?.pump(budget, transport)
    }

    /// The network is another one: whatever waits for a retry of our own choosing may be tried at
    /// once.
    pub fn network_changed(&self) -> Result<(), NotebookError> {
        self.with(outbox::Outbox::forget_pauses)
    }
}

impl Turn<'_> {
    /// Syncs, within `budget` from now on.
    pub(crate) fn pump(
        &self,
        budget: &PumpBudget,
        transport: &dyn Transport,
    ) -> Result<PumpReport, NotebookError> {
        let notebook = self.notebook;
        let clock = &notebook.options.clock;
        let started_ms = clock.now().mono_ms;
        let stop = self.stop.clone();
        let stop = stop.until(Arc::clone(clock), started_ms.saturating_add(budget.ms_max));
        if budget.started == Started::ByUser {
            notebook.network_changed()?;
        }
        if let Some(report) = notebook.mend_set_up(budget, transport, &stop)? {
            return Ok(report);
        }
        let Some(trust) = notebook.trust()? else { return Ok(Notebook::not_enrolled()) };
        let (link, feeds) = notebook.with(|outbox| {
            let link = outbox.setting(outbox::LINK)?;
            let feeds = outbox.enrolments()?.into_iter();
            let feeds = feeds.filter(|row| row.token.is_some()).map(|row| row.role);
            let rests = budget.started != Started::ByUser
                && notebook.fed.is_recent(started_ms)
                && outbox.pending_records()?.is_empty()
                && may_any_go(&outbox.pending_photos()?, budget.counting());
            let feeds: Vec<Role> = if rests { Vec::new() } else { feeds.collect() };
            let link: Link =
                link.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
            Ok((link, feeds))
        })?;
        let asks = !feeds.is_empty();
        let kids = Role::ALL.map(|role| notebook.kid(role)).to_vec();
        let mut engine = Engine::new(budget, link, kids, feeds, clock.now());
        let persons = notebook.enrolment()?.map(|enrolment| enrolment.persons).unwrap_or_default();
        engine.person =
            persons.into_iter().find(|(role, _)| *role == Role::Results).map(|(_, person)| person);
        let gone_before = notebook.with(|outbox| outbox.pruned_counts())?.1;
        let mut run = Run { notebook, engine, trust, transport, stop, budget, started_ms };
        let end = run.carry_on()?;
        if asks && run.engine.has_read_feeds() {
            notebook.fed.at(started_ms);
        }
        let mut report = run.finish(end)?;
        let gone = notebook.with(|outbox| outbox.pruned_counts())?.1;
        if gone > gone_before {
            report.alarms.push(Alarm::GoneForResend(gone - gone_before));
        }
        // Whoever ends a sync waits for the notebook to rest.
        if end != PumpEnd::Interrupted {
            // Room is no reason to call a sync that brought receipts a failure.
            report.pruned = notebook.prune_if_free().unwrap_or_default();
        }
        Ok(report)
    }
}

/// One running sync.
struct Run<'a> {
    notebook: &'a Notebook,
    engine: Engine,
    trust: Trust,
    transport: &'a dyn Transport,
    stop: Stop,
    budget: &'a PumpBudget,
    started_ms: u64,
}

impl Run<'_> {
    fn carry_on(&mut self) -> Result<PumpEnd, NotebookError> {
        loop {
            if self.left_ms() == 0 || self.engine.report.bytes_sent >= self.budget.bytes_max {
                return Ok(PumpEnd::Budget);
            }
            if self.stop.is_set() {
                return Ok(PumpEnd::Interrupted);
            }
            let view = self.notebook.snapshot(&self.trust)?;
            let (now, dice) = (self.notebook.options.clock.now(), self.notebook.dice()?);
            match self.engine.next(&view, now, dice) {
                Step::Push { role, ids } => self.push(&view, role, &ids)?,
                Step::AskStatus { kid, ids } => self.ask_status(&view, kid, &ids)?,
                Step::AskCosigned { kid, entries } => self.ask_cosigned(kid, &entries)?,
                Step::AskPhoto { hash } => self.ask_photo(&view, hash)?,
                Step::SendRange { hash, range } => self.send_range(&view, hash, range)?,
                Step::ReadFeed { role } => self.read_feed(role)?,
                Step::FetchSetUp => self.fetch_set_up()?,
                Step::Wait { ms } => {
                    self.engine.report.next_wakeup_ms = Some(ms);
                    if ms > self.budget.wait_ms_max.min(self.left_ms()) {
                        return Ok(PumpEnd::Waiting);
                    }
                    self.wait(ms);
                }
                Step::Nothing => {
                    self.engine.report.next_wakeup_ms = None;
                    return Ok(PumpEnd::Done);
                }
            }
        }
    }

    fn finish(mut self, end: PumpEnd) -> Result<PumpReport, NotebookError> {
        let link = serde_json::to_string(&self.engine.link).ok();
        let now = self.notebook.options.clock.now();
        self.notebook.with(|outbox| {
            outbox.apply(&[Change::Fact { name: outbox::LINK, value: link }], now.wall)
        })?;
        let waiting = self.notebook.with(|outbox| outbox.pending_photos())?;
        self.engine.report.held_back = held_back(&waiting, self.budget.counting());
        self.engine.report.end = end;
        if matches!(end, PumpEnd::Budget | PumpEnd::Interrupted) {
            self.engine.report.next_wakeup_ms = Some(0);
        }
        Ok(self.engine.report)
    }

    fn left_ms(&self) -> u64 {
        let elapsed = self.notebook.options.clock.now().mono_ms.saturating_sub(self.started_ms);
        self.budget.ms_max.saturating_sub(elapsed)
    }

    fn wait(&self, ms: u64) {
        let mut left = ms;
        while left > 0 && !self.stop.is_set() {
            let slice = left.min(STOP_POLL_MS);
            self.notebook.options.clock.sleep(Duration::from_millis(slice));
            left -= slice;
        }
    }

    /// One exchange, measured.
    fn exchange(&mut self, request: Request) -> Result<Response, TransportError> {
        let bytes = request.body.len();
        let before = self.notebook.options.clock.now().mono_ms;
        let answer = self.transport.execute(request, &self.stop);
        let ms = self.notebook.options.clock.now().mono_ms.saturating_sub(before);
        match &answer {
            Ok(_) => {
                self.engine.report.bytes_sent += bytes;
                self.engine.answered(bytes, ms);
            }
            Err(TransportError::Broken(_) | TransportError::TimedOut) => {
                // At most all of it left the phone.
                self.engine.report.bytes_sent += bytes;
                self.engine.link.dropped(ms);
            }
            Err(_) => {}
        }
        crash_point("answer-heard");
        answer
    }

    fn apply(&self, changes: &[Change]) -> Result<(), NotebookError> {
        let now = self.notebook.options.clock.now();
        self.notebook.with(|outbox| outbox.apply(changes, now.wall))
    }

    fn push(&mut self, view: &Snapshot, role: Role, ids: &[RecordId]) -> Result<(), NotebookError> {
        let sent = sent(view, ids);
        let (records, keys, note, seen) = self.notebook.with(|outbox| {
            let mut records = Vec::new();
            for id in ids {
                records.extend(outbox.envelope(*id)?);
            }
            let kids: Vec<Kid> =
                view.records.iter().filter(|r| ids.contains(&r.id)).map(|r| r.kid).collect();
            let keys = keys_of(&outbox.device_keys()?, &kids);
            Ok((records, keys, outbox.seen_note(role)?, outbox.seen(role)?))
        })?;
        let heard = hear(self.exchange(push_request(records, keys, seen)));
        let changes = self.engine.pushed(role, &sent, &heard, &self.trust, note.as_deref());
        self.apply(&changes)
    }

    fn ask_status(
        &mut self,
        view: &Snapshot,
        kid: Kid,
        ids: &[RecordId],
    ) -> Result<(), NotebookError> {
        let (sent, seen) = (sent(view, ids), self.notebook.seen_notes()?);
        let heard = hear(self.exchange(ask_status(kid, ids.to_vec())));
        let changes = self.engine.status_read(&sent, &heard, &self.trust, &seen);
        self.apply(&changes)
    }

    fn ask_cosigned(&mut self, kid: Kid, entries: &[LogEntry]) -> Result<(), NotebookError> {
        let seen = self.notebook.seen_notes()?;
        let heard = hear(self.exchange(ask_receipts(kid, entries)));
        let changes = self.engine.cosigned_read(kid, entries, &heard, &self.trust, &seen);
        self.apply(&changes)
    }

    fn ask_photo(&mut self, view: &Snapshot, hash: PhotoHash) -> Result<(), NotebookError> {
        let Some(photo) = view.photos.iter().find(|photo| photo.hash == hash) else {
            return Ok(());
        };
        let heard = hear_have(self.exchange(ask_photo(photo)));
        let changes = self.engine.photo_asked(photo, &heard);
        self.apply(&changes)
    }

    fn send_range(
        &mut self,
        view: &Snapshot,
        hash: PhotoHash,
        range: ContentRange,
    ) -> Result<(), NotebookError> {
        let Some(photo) = view.photos.iter().find(|photo| photo.hash == hash) else {
            return Ok(());
        };
        if !self.is_intact(photo, Depth::Length)? {
            let changes = self.engine.photo_lost(photo);
            return self.apply(&changes);
        }
        let (file, seen) = (self.notebook.stored_photo(hash)?, self.notebook.seen_notes()?);
        let heard: Heard<PhotoReply> = hear(self.exchange(send_range(photo, range, file)));
        let wrong_bytes = matches!(&heard, Heard::Problem(problem) if matches!(
            problem.code, ProblemCode::DigestMismatch | ProblemCode::SealingWrong));
        let changes = if wrong_bytes && !self.is_intact(photo, Depth::Bytes)? {
            self.engine.photo_lost(photo)
        } else {
            self.engine.range_sent(photo, range, &heard, &self.trust, &seen)
        };
        self.apply(&changes)
    }

    fn is_intact(&self, photo: &PendingPhoto, depth: Depth) -> Result<bool, NotebookError> {
        let file = self.notebook.stored_photo(photo.hash)?;
        Ok(is_intact(&file, photo.file_hash(), photo.bytes, depth))
    }

    fn read_feed(&mut self, role: Role) -> Result<(), NotebookError> {
        let (token, after, epoch, waiting) = self.notebook.with(|outbox| {
            let rows = outbox.enrolments()?;
            let token = rows.into_iter().find(|row| row.role == role).and_then(|row| row.token);
            let (after, epoch) =
                (outbox.setting(outbox::feed(role))?, outbox.setting(outbox::EPOCH)?);
            Ok((token, after, epoch, outbox.waiting(role)?))
        })?;
        let after = after.and_then(|text| text.parse().ok()).unwrap_or(0);
        let (waiting, oldest_ms) = waiting;
        // By the phone's own clock, which may have been set back since.
        let oldest_s = oldest_ms.map(|at| {
            let age_ms = self.notebook.options.clock.now().wall.0.saturating_sub(at);
            u64::try_from(age_ms / 1_000).unwrap_or(0)
        });
        // Without a token the question is not asked, and the engine is told that it is done.
        let answer = match token {
            Some(token) => {
                self.exchange(read_feed(after, epoch.as_deref(), (waiting, oldest_s), &token))
            }
            None => Err(TransportError::Interrupted),
        };
        let changes = self.engine.feed_read(role, after, &hear(answer), &self.trust);
        self.apply(&changes)
    }

    fn fetch_set_up(&mut self) -> Result<(), NotebookError> {
        let text = self.notebook.with(|outbox| outbox.setting(outbox::NEXT_MANIFEST))?;
        let fetched = self.newer_set_up(&text.unwrap_or_default());
        let changes = match fetched {
            Ok(changes) => changes,
            Err(Unfetched::Heard(heard)) => self.engine.trouble_with_feed(&heard),
            Err(Unfetched::Wrong(error @ NotebookError::Untrusted { .. })) => {
                self.engine.report.alarms.push(Alarm::SetUpRefused(error.to_string()));
                vec![
                    Change::Fact { name: outbox::NEXT_MANIFEST, value: None },
                    Change::Note { code: "set-up-refused", detail: String::new() },
                ]
            }
            Err(Unfetched::Wrong(error)) => return Err(error),
        };
        self.apply(&changes)
    }

    fn newer_set_up(&mut self, text: &str) -> Result<Vec<Change>, Unfetched> {
        let manifest: Statement<PackManifest> =
            statement(text, &self.trust.root, &self.trust.election)?;
        if manifest.claims.body.version <= self.trust.pack_version {
            // An enrolment has overtaken it.
            return Ok(vec![Change::Fact { name: outbox::NEXT_MANIFEST, value: None }]);
        }
        let pack = self.notebook.fetch_set_up(&manifest, self.transport, &self.stop)?;
        let addresses = self.notebook.with(|outbox| outbox.setting(outbox::ADDRESSES))?;
        let addresses: Vec<String> =
            addresses.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let facts = self.notebook.pack_facts(&pack, &manifest, &addresses);
        let changes = facts.into_iter().map(|(name, value)| Change::Fact { name, value }).collect();
        self.trust = trust_of(&pack, self.trust.root)?;
        self.notebook.use_pack(pack);
        Ok(changes)
    }
}

fn sent(view: &Snapshot, ids: &[RecordId]) -> Vec<Sent> {
    let of = |id: &RecordId| view.records.iter().find(|record| record.id == *id);
    ids.iter()
        .filter_map(of)
        .map(|record| Sent { id: record.id, deadline: record.deadline.clone() })
        .collect()
}

fn keys_of(stored: &[(String, String)], kids: &[Kid]) -> BTreeMap<Kid, PublicKey> {
    stored
        .iter()
        .filter_map(|(_, key)| PublicKey::parse(key).ok())
        .map(|key| (key.kid(), key))
        .filter(|(kid, _)| kids.contains(kid))
        .collect()
}
