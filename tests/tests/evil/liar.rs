//! A headquarters that does as it is told, two phones, a witness, and somebody with `fsck`.

use std::{collections::BTreeSet, fs, path::Path};

use hattama_client_core::sync::Judge;
use hattama_proto::{
    id::{ElectionId, RecordId},
    key::SigningKey,
    record::Seen,
    time::UnixMillis,
    tlog::{
        AddCheckpoint, Checkpoint, Cosigner, Fork, Hash, KeyName, Last, LogEntry, NoteSigner,
        Policy, Refusal, SignedNote, TileKind, TileName, Tree, Verdict, judge, write_entry_bundle,
    },
    wire::{ChainState, PushReply, ReceiptPart, RecordVerdict, StatusReply, Verdict as Stored},
};

use hattama_server::{fsck::check_public, log::PublicFolder};

/// Dice that fall alike for one seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn of(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }

    pub(crate) fn id(&mut self) -> RecordId {
        let mut bytes = [0; 32];
        bytes.iter_mut().for_each(|byte| *byte = self.below(256).to_le_bytes()[0]);
        RecordId::from_bytes(bytes)
    }
}

/// One history of the log, signed.
#[derive(Clone)]
pub(crate) struct History {
    pub(crate) entries: Vec<LogEntry>,
}

impl History {
    pub(crate) fn tree(&self) -> Tree {
        self.entries.iter().map(LogEntry::leaf_hash).collect()
    }

    pub(crate) fn checkpoint(&self) -> Checkpoint {
        let tree = self.tree();
        let origin = KeyName::new("log.example").unwrap();
        Checkpoint { origin, size: tree.len(), root: tree.root() }
    }

    pub(crate) fn position(&self, id: RecordId) -> Option<u64> {
        let entry = LogEntry::Record(*id.as_bytes());
        self.entries.iter().position(|other| *other == entry).map(|at| at as u64)
    }
}

/// Everybody.
pub(crate) struct Scene {
    pub(crate) dice: Dice,
    pub(crate) signer: NoteSigner,
    pub(crate) history: History,
    pub(crate) phones: [Judge; 2],
    pub(crate) sent: [Vec<RecordId>; 2],
    pub(crate) published: BTreeSet<[u8; 32]>,
    cosigner: Cosigner,
    last: Last,
    /// The newest cosigned note.
    cosigned: Option<String>,
    refused: Vec<Refusal>,
    /// What `fsck` found.
    checked: Vec<String>,
}

impl Scene {
    pub(crate) fn new(seed: u64) -> Self {
        let name = |name: &str| KeyName::new(name).unwrap();
        let signer = NoteSigner::from_seed(name("log.example"), &[1; 32]);
        let cosigner = Cosigner::from_seed(name("w.example"), &[2; 32]);
        let witnesses = vec![cosigner.key().clone()];
        let policy = Policy::new(signer.verifier_key().clone(), witnesses, 1).unwrap();
        let hq = SigningKey::from_seed(&[3; 32]).unwrap().public();
        let phone = || Judge::new(ElectionId::new("exercise").unwrap(), hq, policy.clone());
        Self {
            dice: Dice::of(seed),
            signer,
            history: History { entries: Vec::new() },
            phones: [phone(), phone()],
            sent: [Vec::new(), Vec::new()],
            published: BTreeSet::new(),
            cosigner,
            last: Last::none(),
            cosigned: None,
            refused: Vec::new(),
            checked: Vec::new(),
        }
    }

    /// Some honest days: both phones send, headquarters decides, the witness is asked.
    pub(crate) fn days(&mut self) {
        for _ in 0..2 + self.dice.below(3) {
            for phone in 0..2 {
                self.send(phone);
                if self.dice.below(3) == 0 {
                    self.decide();
                }
            }
            if self.dice.below(2) == 0 {
                self.witness();
                self.ask(0);
                self.ask(1);
            }
        }
        self.witness();
    }

    /// New records of a phone, logged.
    pub(crate) fn log(&mut self, phone: usize) -> Vec<RecordId> {
        let ids: Vec<RecordId> = (0..1 + self.dice.below(3)).map(|_| self.dice.id()).collect();
        self.sent[phone].extend(&ids);
        self.history.entries.extend(ids.iter().map(|id| LogEntry::Record(*id.as_bytes())));
        ids
    }

    /// A phone sends and hears an answer made from the history as it is.
    pub(crate) fn send(&mut self, phone: usize) {
        let ids = self.log(phone);
        let reply = self.reply(phone, &ids);
        self.phones[phone].pushed(&ids, reply);
    }

    /// The answer that the history as it is gives.
    pub(crate) fn reply(&self, phone: usize, ids: &[RecordId]) -> PushReply {
        let (tree, checkpoint) = (self.history.tree(), self.history.checkpoint());
        let results = ids.iter().map(|id| {
            let index = self.history.position(*id).unwrap_or(0);
            let proof = tree.inclusion_proof(index, tree.len()).unwrap_or_default();
            verdict(*id, ReceiptPart::new(index, &proof))
        });
        let seen = self.phones[phone].seen();
        let consistency = seen.and_then(|Seen { size, .. }| {
            let proof = tree.consistency_proof(size, tree.len()).ok()?;
            Some(proof.iter().map(Hash::to_base64).collect())
        });
        PushReply {
            results: results.collect(),
            checkpoint: Some(checkpoint.sign(&self.signer)),
            consistency,
            epoch: None,
            have: Vec::new(),
            server_time: UnixMillis(0),
        }
    }

    /// A decision, logged and published.
    pub(crate) fn decide(&mut self) {
        let id = *self.dice.id().as_bytes();
        self.history.entries.push(LogEntry::Statement(id));
        self.published.insert(id);
    }

    /// The witness is asked to cosign the history as it is.
    pub(crate) fn witness(&mut self) {
        let tree = self.history.tree();
        let proof = tree.consistency_proof(self.last.size, tree.len()).unwrap_or_default();
        let note = self.history.checkpoint().sign(&self.signer);
        let request = AddCheckpoint { old_size: self.last.size, proof, note: note.clone() };
        let request = AddCheckpoint::parse(&request.to_text()).unwrap();
        let key = self.signer.verifier_key();
        match judge(&request, key.name(), key, self.last) {
            Ok(checkpoint) => {
                self.last = Last { size: checkpoint.size, root: checkpoint.root };
                let line = self.cosigner.cosign(&checkpoint.to_text(), 1);
                let note = SignedNote::parse(&note).unwrap().with([line]).unwrap();
                self.cosigned = Some(note.to_string());
            }
            Err(refusal) => self.refused.push(refusal),
        }
    }

    /// A phone asks for cosigned receipts of what it has sent.
    fn ask(&mut self, phone: usize) {
        let Some(note) = self.cosigned.clone() else { return };
        let (tree, size) = (self.history.tree(), self.last.size);
        let covered = |id: &&RecordId| self.history.position(**id).is_some_and(|at| at < size);
        let ids: Vec<RecordId> = self.sent[phone].iter().filter(covered).copied().collect();
        let parts = ids.iter().map(|id| {
            let index = self.history.position(*id).unwrap();
            (*id, ReceiptPart::new(index, &tree.inclusion_proof(index, size).unwrap()))
        });
        let records = parts.collect();
        let chain = ChainState::default();
        let reply = StatusReply {
            chain,
            records,
            photos: Vec::new(),
            photo_receipts: Vec::new(),
            checkpoint: Some(note),
        };
        self.phones[phone].asked_cosigned(&ids, reply);
        for id in ids {
            assert!(self.phones[phone].cosigned().contains_key(&id), "it is cosigned");
        }
    }

    /// Somebody fetches the public log and checks it with `fsck`: the files must be those of the
    /// signed tree, and every statement in it must have been shown.
    pub(crate) fn look(&mut self) {
        let (entries, note) = (self.history.entries.clone(), self.history.checkpoint());
        self.look_at(&entries, &note);
    }

    /// As [`look`](Self::look), at entries that may be others than were signed.
    pub(crate) fn look_at(&mut self, entries: &[LogEntry], signed: &Checkpoint) {
        let folder = tempfile::tempdir().unwrap();
        publish(folder.path(), entries, &signed.sign(&self.signer));
        let key = self.signer.verifier_key();
        match check_public(&PublicFolder::new(folder.path()), key) {
            Err(lie) => self.checked.push(lie.to_string()),
            Ok(public) => {
                for entry in public.unwrap().entries {
                    if let Ok(LogEntry::Statement(id)) = LogEntry::parse(&entry)
                        && !self.published.contains(&id)
                    {
                        self.checked.push("a statement was logged and never shown".to_owned());
                    }
                }
            }
        }
    }

    /// Who says what.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let mut said = Vec::new();
        for phone in &self.phones {
            said.extend(phone.alarms().iter().map(|alarm| format!("phone: {alarm:?}")));
        }
        said.extend(self.refused.iter().map(|refusal| format!("witness: {refusal}")));
        said.extend(self.checked.iter().map(|found| format!("fsck: {found}")));
        said
    }

    /// Whether a kept pair of heads, or the heads of both phones together, convict the log.
    pub(crate) fn convicts(&self) -> bool {
        let key = self.signer.verifier_key();
        let heads: Vec<&str> = self.phones.iter().filter_map(Judge::seen_note).collect();
        let both = match heads.as_slice() {
            [one, other] => vec![Fork {
                known: (*one).to_owned(),
                shown: (*other).to_owned(),
                proof: Vec::new(),
            }],
            _ => Vec::new(),
        };
        let kept = self.phones.iter().flat_map(Judge::forks).cloned();
        // As files, by whoever has nothing but these and the key.
        kept.chain(both).any(|fork| {
            let read = Fork::parse(&fork.to_text());
            read.and_then(|fork| fork.verdict(key, None))
                .is_ok_and(|verdict| matches!(verdict, Verdict::Convicts { .. }))
        })
    }
}

/// The files of a public log of these entries, under this head.
fn publish(folder: &Path, entries: &[LogEntry], note: &str) {
    let tree: Tree = entries.iter().map(LogEntry::leaf_hash).collect();
    for tile in TileName::grown(0, tree.len()) {
        let bytes = match tile.kind() {
            TileKind::Hashes(level) => {
                tree.at(tree.len()).unwrap().hash_tile(level, &tile).unwrap()
            }
            TileKind::Entries => {
                let first = usize::try_from(tile.first()).unwrap();
                let inside = &entries[first..first + usize::from(tile.width())];
                write_entry_bundle(inside.iter().map(LogEntry::to_bytes)).unwrap()
            }
        };
        let path = folder.join(tile.to_string());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    fs::write(folder.join("checkpoint"), note).unwrap();
}

/// "Stored", with this receipt.
pub(crate) fn verdict(id: RecordId, receipt: ReceiptPart) -> RecordVerdict {
    RecordVerdict {
        id,
        verdict: Stored::Stored,
        reason: None,
        retry_after_s: None,
        receipt: Some(receipt),
    }
}
