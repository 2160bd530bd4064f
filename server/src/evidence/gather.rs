//! Gathering a bundle from the store: every piece is verified before it is handed out.

use std::{collections::BTreeSet, sync::Arc};

use bytes::Bytes;
use hattama_proto::{
    id::{Kid, PhotoHash, RecordId, UnitCode},
    jws::{Envelope, Verified, VerifyError},
    key::PublicKey,
    kind::Kind,
    pack::{HqKeysError, PackManifest, PartName},
    statement::{Decision, Statement, Transcription},
    time::UnixMillis,
    tlog::{LogEntry, NoteSignature, Policy, Receipt, SignedNote, Witnessed},
};

use super::{
    Bundle, Missing, Why,
    bundle::Pieces,
    names,
    page::{self, Facts},
    reading::{Chain, Reading},
};
use crate::{
    audit,
    blobs::{BlobError, Blobs},
    book::SharedBook,
    log::LogView,
    store::{self, Db, StoreError, records::StoredRecord},
    transcription::ItemState,
};

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// There is no such record.
    #[error("no record has this id")]
    NotFound,
    /// What the store has is not what was logged or signed. Headquarters has to look at it first.
    #[error(
        "the store was altered at log index {0}; run `hattama fsck` before evidence is handed out"
    )]
    Altered(u64),
    /// A document on the desk of transcriptions that cannot be read.
    #[error(
        "the document {0} on the desk cannot be read; run `hattama fsck` before evidence is handed out"
    )]
    Item(String),
    /// The set-up in the store is not the one that was signed.
    #[error("the election set-up in the store is not whole; run `hattama fsck`")]
    SetUp,
    /// The record came this moment: the checkpoint that covers it is not shown yet.
    #[error("the log's checkpoint does not cover this record yet; try again in a moment")]
    NotYet,
    /// More than a bundle can hold.
    #[error("the evidence about this record does not fit one bundle: 1000 pieces, 4 GiB")]
    TooLarge,
    /// The keys of the set-up.
    #[error(transparent)]
    Keys(#[from] HqKeysError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Where photographs are kept.
    #[error(transparent)]
    Blobs(#[from] BlobError),
    /// The page cannot be written.
    #[error("the page of the bundle cannot be written")]
    Page(#[from] askama::Error),
}

/// Where evidence is gathered from.
pub struct Sources<'a> {
    /// The store.
    pub db: &'a Db,
    /// Whole photographs.
    pub blobs: &'a Blobs,
    /// What headquarters knows.
    pub book: &'a SharedBook,
    /// The log.
    pub log: LogView,
}

/// The head of the log that all receipts of a bundle share.
pub(super) struct Head {
    pub(super) size: u64,
    note: Arc<str>,
    witnessed: Witnessed,
}

/// What headquarters said about the record and its key.
#[derive(Default)]
pub(super) struct AboutIt {
    enrolled: bool,
    /// Oldest first.
    decisions: Vec<Statement<Decision>>,
    /// Oldest first.
    transcriptions: Vec<Statement<Transcription>>,
    /// How often a document was read that no third settled: nothing is signed about it.
    open: Vec<usize>,
}

/// Pieces and what is not among them.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) pieces: Pieces,
    pub(super) missing: Vec<Missing>,
    /// What the log has to prove: the receipt's name, the entry and its index.
    pub(super) proofs: Vec<(String, LogEntry, u64)>,
}

impl Sources<'_> {
    /// Gathers everything about one record.
    pub async fn bundle(&self, record: RecordId) -> Result<Bundle, EvidenceError> {
        let stored = store::records::by_id(self.db, &record).await?;
        let stored = stored.ok_or(EvidenceError::NotFound)?;
        let (verified, key) = self.verified(&stored).await?;
        let reading = Reading::of(verified.payload());
        let mut gathered = Gathered::default();
        let entry = LogEntry::Record(*record.as_bytes());
        gathered.proofs.push((names::receipt(names::RECORD), entry, stored.position));
        gathered.pieces.add(names::RECORD, stored.jws.clone())?;
        gathered.pieces.add(names::DEVICE_KEY, format!("{key}\n"))?;

        let mut said = self.statements(&mut gathered, &stored).await?;
        self.transcriptions(&mut gathered, &stored, &mut said).await?;
        let chain = self.chain(&mut gathered, &stored, &reading).await?;
        self.photos(&mut gathered, &reading).await?;
        let policy = self.set_up(&mut gathered).await?;

        let covering = gathered.proofs.iter().map(|(_, _, index)| index + 1).max().unwrap_or(0);
        let head = self.head(covering, &policy).await?;
        self.receipts(&mut gathered, &head, &policy)?;
        let facts = Facts {
            record: &stored,
            kind: verified.kind(),
            reading: &reading,
            chain: &chain,
            enrolled: said.enrolled,
            decisions: &said.decisions,
            transcriptions: &said.transcriptions,
            open: &said.open,
            missing: &gathered.missing,
            policy: &policy,
            root: self.book.read().authority.root.kid(),
            witnessed: &head.witnessed,
        };
        let page = page::write(&facts, &gathered.pieces)?;
        gathered.pieces.add(names::README, page)?;
        Bundle::new(record, gathered.pieces, gathered.missing, self.blobs.clone())
    }

    /// As [`Sources::bundle`], noting which account took it: it holds original photographs.
    pub async fn hand_out(
        &self,
        record: RecordId,
        account: &str,
        now: UnixMillis,
    ) -> Result<Bundle, EvidenceError> {
        let bundle = self.bundle(record).await?;
        audit::note(self.db, account, "evidence", &record.to_hex(), now).await?;
        Ok(bundle)
    }

    /// The record, whose signature holds, and the key it holds under.
    pub(super) async fn verified(
        &self,
        stored: &StoredRecord,
    ) -> Result<(Verified, PublicKey), EvidenceError> {
        let altered = |_: VerifyError| EvidenceError::Altered(stored.position);
        if RecordId::of(stored.jws.as_bytes()) != stored.id {
            return Err(EvidenceError::Altered(stored.position));
        }
        let envelope = Envelope::parse(&stored.jws).map_err(altered)?;
        let kid = envelope.kid();
        let enrolled = self.book.read().statements.enrolment(&kid).map(|known| known.public_key);
        let key = match enrolled {
            Some(key) => Some(key),
            None => {
                let brought = store::devices::brought(self.db).await?;
                brought.into_iter().find(|(of, _)| *of == kid).map(|(_, key)| key)
            }
        };
        let key = key.ok_or(EvidenceError::Altered(stored.position))?;
        Ok((envelope.verify(&key).map_err(altered)?, key))
    }

    /// What headquarters said about the record and about its key.
    pub(super) async fn statements(
        &self,
        gathered: &mut Gathered,
        stored: &StoredRecord,
    ) -> Result<AboutIt, EvidenceError> {
        let hq = self.book.read().authority.hq;
        let mut about = AboutIt::default();
        for (folder, subject, kinds) in [
            ("decisions", stored.id.to_hex(), &[Kind::Decision][..]),
            ("device", stored.kid.clone(), &[Kind::Enrolment, Kind::Revocation]),
        ] {
            for said in store::statements::about(self.db, &subject).await? {
                let Some(kind) = Kind::from_typ(&said.typ).filter(|kind| kinds.contains(kind))
                else {
                    continue;
                };
                about.enrolled |= kind == Kind::Enrolment;
                let verified = gathered.said(folder, (said.position, said.jws), &hq)?;
                about.decisions.extend(Statement::<Decision>::read(verified));
            }
        }
        Ok(about)
    }

    /// What was typed off the record's photographs: the signed statements, and what is open.
    pub(super) async fn transcriptions(
        &self,
        gathered: &mut Gathered,
        stored: &StoredRecord,
        about: &mut AboutIt,
    ) -> Result<(), EvidenceError> {
        let (hq, positions, units) = {
            let book = self.book.read();
            let said = book.statements.transcriptions(&stored.id);
            let positions: Vec<u64> = said.map(|(position, _)| position).collect();
            let named = stored.unit.as_deref().and_then(|unit| UnitCode::new(unit).ok());
            // Items stand where the record does: where it says, or where it was moved.
            let moved = named.as_ref().map(|unit| book.statements.attributed(&stored.id, unit));
            let units: BTreeSet<UnitCode> = moved.cloned().into_iter().chain(named).collect();
            (book.authority.hq, positions, units)
        };
        for position in positions {
            let said = store::statements::strings(self.db, position, position + 1).await?;
            let said = said.into_iter().next().ok_or(EvidenceError::Altered(position))?;
            let verified = gathered.said(names::TRANSCRIPTIONS, said, &hq)?;
            about.transcriptions.extend(Statement::<Transcription>::read(verified));
        }
        let units: Vec<UnitCode> = units.into_iter().collect();
        for item in store::transcriptions::items_of(self.db, &units).await? {
            let records: Vec<RecordId> = serde_json::from_str(&item.records)
                .map_err(|_| EvidenceError::Item(item.id.clone()))?;
            if item.state == ItemState::Open.name() && records.contains(&stored.id) {
                let readings = store::transcriptions::readings(self.db, &item.id).await?;
                let seated = readings.iter().filter(|reading| reading.seat.is_some());
                about.open.push(seated.count());
            }
        }
        Ok(())
    }

    /// The neighbours in the chain, each proven by the log.
    async fn chain(
        &self,
        gathered: &mut Gathered,
        stored: &StoredRecord,
        reading: &Reading,
    ) -> Result<Chain, EvidenceError> {
        let (mut around, mut kid_chain) = ([Vec::new(), Vec::new(), Vec::new()], None);
        if let (Ok(kid), Some(seq)) = (stored.kid.parse::<Kid>(), reading.seq.as_u64()) {
            kid_chain = Some((kid, seq));
        }
        if let Some((kid, seq)) = kid_chain {
            let places = [seq.checked_sub(1), Some(seq), seq.checked_add(1)];
            for (found, place) in around.iter_mut().zip(places) {
                let Some(place) = place else { continue };
                let at = store::records::at_places(self.db, &[(kid, place)]).await?;
                found.extend(at.into_iter().flatten().filter(|(id, _)| *id != stored.id));
            }
        }
        let corrected_by: Vec<RecordId> = {
            let book = self.book.read();
            book.statements.corrections_of(&stored.id).map(|facts| facts.id()).collect()
        };
        let positions = store::records::positions(self.db, &corrected_by).await?;
        let corrected_by: Vec<(RecordId, u64)> = corrected_by
            .into_iter()
            .zip(positions)
            .filter_map(|(id, position)| Some((id, position?)))
            .collect();
        for (id, position) in around.iter().flatten().chain(&corrected_by) {
            let name = names::neighbour(&id.to_hex());
            gathered.proofs.push((name, LogEntry::Record(*id.as_bytes()), *position));
        }
        let hex = |ids: &[(RecordId, u64)]| ids.iter().map(|(id, _)| id.to_hex()).collect();
        let [before, beside, after] = &around;
        let chain = Chain {
            record: stored.id.to_hex(),
            kid: stored.kid.clone(),
            seq: reading.seq.clone(),
            prev: reading.prev.clone(),
            before: hex(before),
            beside: hex(beside),
            after: hex(after),
            corrected_by: hex(&corrected_by),
        };
        gathered.pieces.add(names::CHAIN, chain.to_text())?;
        Ok(chain)
    }

    /// Every photograph that the record names: its bytes and its receipt, or that it is missing.
    pub(super) async fn photos(
        &self,
        gathered: &mut Gathered,
        reading: &Reading,
    ) -> Result<(), EvidenceError> {
        let hashes: Vec<PhotoHash> = reading.photos.keys().copied().collect();
        let positions = store::photos::positions(self.db, &hashes).await?;
        for ((photo, named), position) in reading.photos.iter().zip(positions) {
            let name = names::photo(photo, &named.media_type);
            let mut missing = |why| {
                let (role, page) = (named.role.clone(), named.page);
                gathered.missing.push(Missing { photo: *photo, role, page, why });
            };
            // It may lie there without having been acknowledged yet.
            let Some(position) = position else {
                missing(Why::NotArrived);
                continue;
            };
            match self.blobs.read(photo).await {
                Ok(Some(bytes)) => gathered.pieces.add_photo(name.clone(), *photo, &bytes),
                Ok(None) | Err(BlobError::Altered(_)) => missing(Why::Lost(position)),
                Err(error) => return Err(error.into()),
            }
            let entry = LogEntry::Photo(*photo.as_bytes());
            gathered.proofs.push((names::receipt(&name), entry, position));
        }
        Ok(())
    }

    /// The signed set-up, and headquarters' keys as it names them.
    pub(super) async fn set_up(&self, gathered: &mut Gathered) -> Result<Policy, EvidenceError> {
        let (root, keys) = {
            let book = self.book.read();
            (book.authority.root, book.pack.election.keys.clone())
        };
        let stored = store::statements::newest(self.db, Kind::Pack).await?;
        let stored = stored.ok_or(EvidenceError::SetUp)?;
        let manifest = Envelope::parse(&stored.jws)
            .and_then(|envelope| envelope.verify(&root))
            .ok()
            .and_then(|verified| Statement::<PackManifest>::read(verified).ok())
            .ok_or(EvidenceError::Altered(stored.position))?;
        let part = manifest.claims.body.parts.get(&PartName::Election);
        let part = part.ok_or(EvidenceError::SetUp)?;
        let election = store::packs::part(self.db, &part.sha256).await?;
        gathered.pieces.add(names::ELECTION, election.ok_or(EvidenceError::SetUp)?)?;
        let entry = LogEntry::Statement(*manifest.id.as_bytes());
        gathered.proofs.push((names::receipt(names::MANIFEST), entry, stored.position));
        gathered.pieces.add(names::MANIFEST, stored.jws)?;

        let policy = keys.policy()?;
        gathered.pieces.add(names::ROOT_KEY, format!("{root}\n"))?;
        gathered.pieces.add(names::HQ_KEY, format!("{}\n", keys.hq))?;
        gathered.pieces.add(names::LOG_KEY, format!("{}\n", keys.log_vkey))?;
        Ok(policy)
    }

    /// The earliest checkpoint that covers so many entries: one that witnesses have cosigned as the
    /// policy demands, if there is one. Earliest, so that the same evidence stays the same bytes.
    pub(super) async fn head(&self, covering: u64, policy: &Policy) -> Result<Head, EvidenceError> {
        let first = store::log::checkpoints_after(self.db, covering.checked_sub(1), 1).await?;
        let (size, _) = first.into_iter().next().ok_or(EvidenceError::NotYet)?;
        let mut head = self.head_of(size, policy).await?;
        for size in store::cosignatures::sizes_from(self.db, covering).await? {
            let cosigned = self.head_of(size, policy).await?;
            if !cosigned.witnessed.cosigned.is_empty() && cosigned.witnessed.is_enough() {
                head = cosigned;
                break;
            }
        }
        Ok(head)
    }

    /// The checkpoint of this size, with every cosignature that holds.
    async fn head_of(&self, size: u64, policy: &Policy) -> Result<Head, EvidenceError> {
        let altered = || EvidenceError::Altered(size.saturating_sub(1));
        let note = store::log::checkpoint_of(self.db, size).await?.ok_or(EvidenceError::NotYet)?;
        let mut note = SignedNote::parse(&note).map_err(|_| altered())?;
        for line in store::cosignatures::of_size(self.db, size).await?.lines {
            let with = NoteSignature::parse(&line).and_then(|line| note.with([line]).ok());
            // A witness that has another key by now is another witness.
            note = with.filter(|with| policy.read(&with.to_string()).is_ok()).unwrap_or(note);
        }
        let note = note.to_string();
        let witnessed = policy.read(&note).map_err(|_| altered())?;
        Ok(Head { size, note: note.into(), witnessed })
    }

    /// Proves every entry under the one head, and checks each proof as its reader will.
    pub(super) fn receipts(
        &self,
        gathered: &mut Gathered,
        head: &Head,
        policy: &Policy,
    ) -> Result<(), EvidenceError> {
        gathered.pieces.add(names::CHECKPOINT, Bytes::copy_from_slice(head.note.as_bytes()))?;
        for (name, entry, index) in std::mem::take(&mut gathered.proofs) {
            let proof = self.log.at(head.size, |tree| tree.inclusion_proof(index).ok());
            let proof = proof.ok_or(EvidenceError::NotYet)?;
            let proof = proof.ok_or(EvidenceError::Altered(index))?;
            let receipt = Receipt { index, proof, checkpoint_note: head.note.to_string() };
            receipt.verify_by(&entry, policy).map_err(|_| EvidenceError::Altered(index))?;
            gathered.pieces.add(name, receipt.to_text())?;
        }
        Ok(())
    }
}

impl Gathered {
    /// Adds a statement by headquarters.
    pub(super) fn said(
        &mut self,
        folder: &str,
        (position, jws): (u64, String),
        hq: &PublicKey,
    ) -> Result<Verified, EvidenceError> {
        let id = RecordId::of(jws.as_bytes());
        let verified = Envelope::parse(&jws)
            .and_then(|envelope| envelope.verify(hq))
            .map_err(|_| EvidenceError::Altered(position))?;
        let name = names::statement(folder, &id.to_hex());
        let entry = LogEntry::Statement(*id.as_bytes());
        self.proofs.push((names::receipt(&name), entry, position));
        self.pieces.add(name, jws)?;
        Ok(verified)
    }
}
