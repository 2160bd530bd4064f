//! Somebody who believes nothing but the log's public key.

use std::{collections::BTreeMap, path::Path};

use hattama_proto::{
    id::{PhotoHash, RecordId, TreeRoot},
    record::Seen,
    tlog::{Checkpoint, Hash, LogEntry, Origin, VerifierKey, verify_consistency},
    wire::{PhotoReply, PushReply, PushRequest, ReceiptPart},
};
use hattama_server::{config::Config, keys};

use super::{Signed, Wire};

/// Checks every receipt offline and remembers every checkpoint it was shown.
#[derive(Clone, Debug)]
pub struct Witness {
    origin: Origin,
    key: VerifierKey,
    /// Root by size.
    shown: BTreeMap<u64, Hash>,
    /// Index by what was receipted.
    places: BTreeMap<String, u64>,
}

impl Witness {
    /// The witness of the log of the headquarters in `folder`.
    pub(super) fn of(folder: &Path) -> Self {
        let config = Config::load(&folder.join("hattama.toml")).expect("init wrote it");
        let origin = Origin::new(&config.log_origin).expect("init checked it");
        let signer = keys::log(&folder.join("keys"), origin.clone()).expect("init made it");
        let key = signer.verifier_key().clone();
        Self { origin, key, shown: BTreeMap::new(), places: BTreeMap::new() }
    }

    /// The log's key.
    pub const fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// Checks the receipts of an answer; returns the records it acknowledges.
    pub fn push(&mut self, reply: &PushReply) -> Vec<RecordId> {
        let mut acknowledged = Vec::new();
        for result in &reply.results {
            let Some(part) = &result.receipt else { continue };
            let note = reply.checkpoint.as_deref().expect("receipts come with a checkpoint");
            self.part(part, note, &LogEntry::Record(*result.id.as_bytes()), result.id.to_hex());
            acknowledged.push(result.id);
        }
        acknowledged
    }

    /// Checks the receipt of a photo.
    pub fn photo(&mut self, reply: &PhotoReply, photo: &PhotoHash) {
        let part = reply.receipt.as_ref().expect("a whole photo has a receipt");
        let note = reply.checkpoint.as_deref().expect("receipts come with a checkpoint");
        self.part(part, note, &LogEntry::Photo(*photo.as_bytes()), photo.to_hex());
    }

    /// Checks a receipt as a `tlog-proof` file of a record.
    pub fn record_file(&mut self, text: &str, record: &RecordId) {
        self.file(text, &LogEntry::Record(*record.as_bytes()), record.to_hex());
    }

    /// Checks a receipt as a `tlog-proof` file of a photo.
    pub fn photo_file(&mut self, text: &str, photo: &PhotoHash) {
        self.file(text, &LogEntry::Photo(*photo.as_bytes()), photo.to_hex());
    }

    fn file(&mut self, text: &str, entry: &LogEntry, subject: String) {
        let receipt = hattama_proto::tlog::Receipt::parse(text).expect("it is a receipt");
        let checkpoint = receipt.verify(entry, &self.origin, &self.key).expect("it proves");
        self.remember(&checkpoint, subject, receipt.index);
    }

    fn part(&mut self, part: &ReceiptPart, note: &str, entry: &LogEntry, subject: String) {
        let receipt = part.with_checkpoint(note).expect("its hashes are hashes");
        let checkpoint = receipt.verify(entry, &self.origin, &self.key).expect("it proves");
        self.remember(&checkpoint, subject, receipt.index);
    }

    fn remember(&mut self, checkpoint: &Checkpoint, subject: String, index: u64) {
        let root = self.shown.entry(checkpoint.size).or_insert(checkpoint.root);
        assert_eq!(*root, checkpoint.root, "two histories at size {}", checkpoint.size);
        let place = self.places.entry(subject).or_insert(index);
        assert_eq!(*place, index, "one subject stands at two places");
    }

    /// Checks that headquarters' log has grown out of every checkpoint that was ever shown.
    ///
    /// `known` is any record that headquarters has: pushing it again is how to ask.
    pub fn history(&mut self, wire: &Wire, known: &Signed) {
        for (size, root) in self.shown.clone() {
            let seen = Seen {
                origin: self.origin.as_str().to_owned(),
                size,
                root: TreeRoot::from_bytes(*root.as_bytes()),
            };
            let batch = PushRequest {
                records: vec![known.text.clone()],
                seen: Some(seen),
                ..PushRequest::default()
            };
            let reply = wire.push(&batch).expect("headquarters takes it");
            let note = reply.checkpoint.as_deref().expect("a duplicate has a receipt");
            let newest = Checkpoint::verify(note, &self.origin, &self.key).expect("it is signed");
            let proof: Vec<Hash> = reply
                .consistency
                .as_ref()
                .expect("whoever has seen a checkpoint gets a proof")
                .iter()
                .map(|hash| Hash::from_base64(hash).expect("a hash"))
                .collect();
            verify_consistency(size, root, newest.size, newest.root, &proof)
                .unwrap_or_else(|error| panic!("{size} to {}: {error}", newest.size));
            self.push(&reply);
        }
    }

    /// How many records and photos were receipted.
    pub fn receipted(&self) -> usize {
        self.places.len()
    }
}
