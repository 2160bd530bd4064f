//! The phone's judgement without the phone: the very engine and trust that a notebook uses, over
//! memory. For tests that put thousands of headquarters before it.

use std::collections::BTreeMap;

use hattama_proto::{
    id::{ElectionId, RecordId},
    key::PublicKey,
    kind::Role,
    record::Seen,
    tlog::{Fork, Hash, LogEntry, Policy},
    wire::{PushReply, StatusReply},
};

use super::{Change, Engine, Heard, Link, Sent, Trust};
use crate::{Alarm, PumpBudget, clock::Moment, outbox};

/// What one phone believes.
pub struct Judge {
    trust: Trust,
    engine: Engine,
    seen: Option<String>,
    receipts: BTreeMap<RecordId, String>,
    cosigned: BTreeMap<RecordId, String>,
    forks: Vec<Fork>,
}

impl Judge {
    /// A phone that trusts these keys and has seen nothing yet.
    pub fn new(election: ElectionId, hq: PublicKey, policy: Policy) -> Self {
        let log = policy.log().clone();
        let origin = log.name().clone();
        let trust = Trust { election, root: hq, hq, origin, log, policy, pack_version: 1 };
        let now = Moment {
            wall: hattama_proto::time::UnixMillis(0),
            offset_s: 0,
            mono_ms: 0,
            boot: "a".into(),
        };
        let engine =
            Engine::new(&PumpBudget::default(), Link::default(), Vec::new(), Vec::new(), now);
        let (seen, forks) = (None, Vec::new());
        Self { trust, engine, seen, receipts: BTreeMap::new(), cosigned: BTreeMap::new(), forks }
    }

    /// The last checkpoint it verified, as a push names it.
    pub fn seen(&self) -> Option<Seen> {
        self.seen.as_deref().and_then(outbox::seen_in)
    }

    /// The same as a signed note.
    pub fn seen_note(&self) -> Option<&str> {
        self.seen.as_deref()
    }

    /// Records that it takes for arrived, with their receipts.
    pub const fn receipts(&self) -> &BTreeMap<RecordId, String> {
        &self.receipts
    }

    /// Records whose receipts enough witnesses cosigned.
    pub const fn cosigned(&self) -> &BTreeMap<RecordId, String> {
        &self.cosigned
    }

    /// Heads that it keeps because nothing joins them.
    pub fn forks(&self) -> &[Fork] {
        &self.forks
    }

    /// What a person was told.
    pub fn alarms(&self) -> &[Alarm] {
        &self.engine.report.alarms
    }

    /// Hears the answer to a push.
    pub fn pushed(&mut self, ids: &[RecordId], reply: PushReply) {
        let sent: Vec<Sent> = ids.iter().map(|id| Sent { id: *id, deadline: None }).collect();
        let (heard, seen) = (Heard::Reply(reply), self.seen.clone());
        let changes =
            self.engine.pushed(Role::Results, &sent, &heard, &self.trust, seen.as_deref());
        self.apply(changes);
    }

    /// Hears the answer to "have witnesses cosigned these by now?".
    pub fn asked_cosigned(&mut self, ids: &[RecordId], reply: StatusReply) {
        let seen: Vec<String> = self.seen.iter().cloned().collect();
        let kid = self.trust.hq.kid();
        let heard = Heard::Reply(reply);
        let entries: Vec<LogEntry> =
            ids.iter().map(|id| LogEntry::Record(*id.as_bytes())).collect();
        let changes = self.engine.cosigned_read(kid, &entries, &heard, &self.trust, &seen);
        self.apply(changes);
    }

    fn apply(&mut self, changes: Vec<Change>) {
        for change in changes {
            match change {
                Change::RecordDone { id, receipt, .. } => {
                    self.receipts.entry(id).or_insert(receipt);
                }
                Change::Cosigned { entry, receipt } => {
                    let id = RecordId::from_bytes(*entry.subject());
                    self.cosigned.entry(id).or_insert(receipt);
                }
                Change::Fact { name, value } if name == outbox::seen(Role::Results) => {
                    self.seen = value;
                }
                Change::Forked { known, shown, proof, .. } => {
                    let proof =
                        proof.lines().filter_map(|line| Hash::from_base64(line).ok()).collect();
                    self.forks.push(Fork { known, shown, proof });
                }
                _ => {}
            }
        }
    }
}
