//! Judging a bundle with nothing but the keys that its reader trusts.
//!
//! ```text
//! log's key (given) ──> checkpoint ──> every receipt
//! root key (given, or told) ──> set-up ──> headquarters' key ──> enrolment ──> device's key ──> record
//! ```
//!
//! One sentence per piece, and an end at the first lie. Texts are held, within a bound; photographs
//! are hashed as they pass. Nothing may lie in a bundle that no piece accounts for, but the page for
//! people, which nothing vouches for and which is said to be that.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read,
};

use hattama_proto::{
    id::{PhotoHash, RecordId, to_hex},
    jws::{Envelope, Verified, VerifyError},
    key::PublicKey,
    kind::Kind,
    pack::HqKeys,
    tlog::{LogEntry, Policy, Receipt, VerifierKey, Witnessed},
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    TEXT_BYTES_MAX, TEXTS_BYTES_MAX,
    container::{ContainerError, walk},
    lie::{Cause, Lie, lie},
    names,
    reading::{Chain, Reading},
};

/// What the reader of a bundle trusts before opening it.
#[derive(Clone, Debug)]
pub struct Trust {
    /// The log's key.
    pub log: VerifierKey,
    /// The key that signs set-ups must be one of these; if there are none, it is only told.
    pub keys: Vec<PublicKey>,
}

/// One piece that holds, or is missing without anybody having lied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Which piece.
    pub piece: String,
    /// What it shows.
    pub sentence: String,
}

impl Said {
    /// Whether it says that something is not there.
    pub fn is_missing(&self) -> bool {
        self.sentence.starts_with("MISSING")
    }
}

/// What judging came to.
#[derive(Debug)]
pub struct Judged {
    /// What holds, in the order in which one thing rests on another.
    pub said: Vec<Said>,
    /// The first thing that does not, if any.
    pub lie: Option<Lie>,
}

/// Judges a bundle, reading it once from front to end.
pub fn judge(file: impl Read, trust: &Trust) -> Judged {
    let mut said = Vec::new();
    let judged = Opened::read(file).and_then(|mut opened| opened.judge(trust, &mut said));
    Judged { said, lie: judged.err() }
}

/// The keys that a bundle itself names: enough to see that it came whole, and no reason to believe
/// it.
pub fn trust_within(file: impl Read) -> Option<Trust> {
    let mut opened = Opened::read(file).ok()?;
    let log = opened.text(names::LOG_KEY).ok()?;
    Some(Trust {
        log: VerifierKey::parse(log.trim_end()).ok()?,
        keys: vec![opened.key(names::ROOT_KEY).ok()?],
    })
}

/// The pieces, each the one that its name says; nothing else is believed of them yet.
#[derive(Default)]
struct Opened {
    texts: BTreeMap<String, Vec<u8>>,
    photos: BTreeMap<PhotoHash, String>,
    /// The list of hashes, as it should be.
    sums: String,
}

/// What is checked by, once the set-up holds.
struct Known {
    policy: Policy,
    hq: PublicKey,
    checkpoint: String,
    witnessed: Witnessed,
}

/// The only member of the election's part that matters here.
#[derive(Deserialize)]
struct ElectionKeys {
    keys: HqKeys,
}

impl Opened {
    fn read(file: impl Read) -> Result<Self, Lie> {
        let mut opened = Self::default();
        let mut held = 0;
        walk(file, |name, bytes, piece| {
            let mut context = ring::digest::Context::new(&ring::digest::SHA256);
            let photo = names::photo_hash(name);
            if photo.is_none() {
                held += bytes;
                if bytes > TEXT_BYTES_MAX || held > TEXTS_BYTES_MAX {
                    return Err(lie(name, Cause::TooLong));
                }
            }
            let mut kept = Vec::new();
            let mut block = [0; 16 * 1024];
            loop {
                let read = piece.read(&mut block).map_err(ContainerError::from)?;
                if read == 0 {
                    break;
                }
                context.update(&block[..read]);
                if photo.is_none() {
                    kept.extend_from_slice(&block[..read]);
                }
            }
            let hash = to_hex(context.finish().as_ref());
            if name != names::SUMS {
                opened.sums.push_str(&format!("{hash}  {name}\n"));
            }
            match photo {
                None => drop(opened.texts.insert(name.to_owned(), kept)),
                Some(photo) if photo.to_hex() != hash => return Err(lie(name, Cause::Altered)),
                Some(photo) => {
                    if opened.photos.insert(photo, name.to_owned()).is_some() {
                        return Err(lie(name, Cause::Unexpected));
                    }
                }
            }
            Ok(())
        })?;
        Ok(opened)
    }

    fn judge(&mut self, trust: &Trust, said: &mut Vec<Said>) -> Result<(), Lie> {
        let mut say = |piece: &str, sentence: String| {
            said.push(Said { piece: piece.to_owned(), sentence });
        };
        if self.take(names::SUMS)? != self.sums.as_bytes() {
            return Err(lie(names::SUMS, Cause::Sums));
        }
        say(names::SUMS, "holds: the hash of every other piece".to_owned());
        self.take(names::README)?;
        say(names::README, "words for people; nothing vouches for them".to_owned());

        let known = self.set_up(trust, &mut say)?;
        let record = self.record(&known, &mut say)?;
        self.device(&known, &record, &mut say)?;
        self.decisions(&known, &record, &mut say)?;
        self.transcriptions(&known, &record, &mut say)?;
        self.chain(&known, &record, &mut say)?;
        self.photographs(&known, &record, &mut say)?;
        match self.texts.keys().next() {
            Some(name) => Err(lie(name, Cause::Unexpected)),
            None => Ok(()),
        }
    }

    fn set_up(&mut self, trust: &Trust, say: &mut impl FnMut(&str, String)) -> Result<Known, Lie> {
        let given = trust.log.to_string();
        let log = self.text(names::LOG_KEY)?;
        if log != format!("{given}\n") {
            let name = log.split('+').next().unwrap_or_default().to_owned();
            return Err(lie(names::LOG_KEY, Cause::OtherLog(name)));
        }
        let root = self.key(names::ROOT_KEY)?;
        if !trust.keys.is_empty() && !trust.keys.contains(&root) {
            return Err(lie(names::ROOT_KEY, Cause::Root(root.kid().to_string())));
        }
        let manifest = self.verified(names::MANIFEST, &root, &[Kind::Pack])?;
        let election = self.take(names::ELECTION)?;
        let named: Value = serde_json::from_slice(manifest.payload()).unwrap_or_default();
        let hash = RecordId::of(&election).to_hex();
        let keys = serde_json::from_slice::<ElectionKeys>(&election).map(|part| part.keys);
        let keys = match keys {
            Ok(keys) if named["body"]["parts"]["election"]["sha256"] == hash => keys,
            _ => return Err(lie(names::ELECTION, Cause::SetUp)),
        };
        let policy = keys.policy().map_err(|error| lie(names::ELECTION, error))?;
        for (name, same) in [
            (names::LOG_KEY, format!("{}\n", keys.log_vkey) == log),
            (names::HQ_KEY, self.text(names::HQ_KEY)? == format!("{}\n", keys.hq)),
        ] {
            if !same {
                return Err(lie(name, Cause::SetUp));
            }
        }
        let checkpoint = self.text(names::CHECKPOINT)?;
        let witnessed = policy.read(&checkpoint).map_err(|error| lie(names::CHECKPOINT, error))?;
        say(names::CHECKPOINT, cosigned(&witnessed, trust.log.name().as_str()));
        let by = if trust.keys.is_empty() {
            format!(
                "the key {}; nobody vouched for that one here: compare it with the `root` of an \
                 invitation, or give it with --key",
                root.kid()
            )
        } else {
            format!("the key {} that was given", root.kid())
        };
        say(names::MANIFEST, format!("holds: the election set-up, signed by {by}"));
        say(names::ELECTION, "holds: the part of it that names headquarters' keys".to_owned());
        say(names::ROOT_KEY, "holds: the key of that signature".to_owned());
        say(names::HQ_KEY, "holds: headquarters' key, as the set-up names it".to_owned());
        say(names::LOG_KEY, "holds: the log's key, as given and as the set-up names it".to_owned());
        let known = Known { policy, hq: keys.hq, checkpoint, witnessed };
        let entry = LogEntry::Statement(*RecordId::of(manifest.text().as_bytes()).as_bytes());
        self.receipt(&known, names::MANIFEST, &entry, say)?;
        Ok(known)
    }

    fn record(
        &mut self,
        known: &Known,
        say: &mut impl FnMut(&str, String),
    ) -> Result<Verified, Lie> {
        let key = self.key(names::DEVICE_KEY)?;
        let records: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| kind.is_record()).collect();
        let record = self.verified(names::RECORD, &key, &records)?;
        let id = RecordId::of(record.text().as_bytes());
        say(
            names::RECORD,
            format!(
                "holds: a {} signed by the device key {}; its id is {id}",
                record.kind(),
                key.kid()
            ),
        );
        self.receipt(known, names::RECORD, &LogEntry::Record(*id.as_bytes()), say)?;
        Ok(record)
    }

    fn device(
        &mut self,
        known: &Known,
        record: &Verified,
        say: &mut impl FnMut(&str, String),
    ) -> Result<(), Lie> {
        let kid = record.kid().to_string();
        let mut enrolled = false;
        let about = |body: &Value| body["kid"] == kid.as_str();
        for (name, said) in
            self.statements(known, "device", &[Kind::Enrolment, Kind::Revocation], about, say)?
        {
            enrolled |= said.kind() == Kind::Enrolment;
            let sentence = match said.kind() {
                Kind::Enrolment => "holds: headquarters enrolled the device's key".to_owned(),
                _ => {
                    let body = body_of(&said);
                    let from = &body["from_index"];
                    format!("holds: headquarters revoked the device's key from log index {from} on")
                }
            };
            say(&name, sentence);
        }
        let words = if enrolled {
            "holds: the key of the enrolment, and of the record"
        } else {
            "the key of the record; headquarters has not enrolled it, and nobody vouches for it"
        };
        say(names::DEVICE_KEY, words.to_owned());
        Ok(())
    }

    fn decisions(
        &mut self,
        known: &Known,
        record: &Verified,
        say: &mut impl FnMut(&str, String),
    ) -> Result<(), Lie> {
        let id = RecordId::of(record.text().as_bytes()).to_hex();
        let about = |body: &Value| body["record"] == id.as_str();
        for (name, said) in self.statements(known, "decisions", &[Kind::Decision], about, say)? {
            let counted = body_of(&said)["disposition"] == "counted";
            let what = if counted { "it counts" } else { "it is set aside" };
            say(&name, format!("holds: headquarters decided about the record: {what}"));
        }
        Ok(())
    }

    fn transcriptions(
        &mut self,
        known: &Known,
        record: &Verified,
        say: &mut impl FnMut(&str, String),
    ) -> Result<(), Lie> {
        let id = RecordId::of(record.text().as_bytes()).to_hex();
        let about = |body: &Value| {
            let records = body["records"].as_array();
            records.is_some_and(|records| records.iter().any(|record| record == id.as_str()))
        };
        let kinds = [Kind::Transcription];
        for (name, _) in self.statements(known, names::TRANSCRIPTIONS, &kinds, about, say)? {
            say(&name, "holds: what headquarters read off the record's photographs".to_owned());
        }
        Ok(())
    }

    /// Statements in a folder: signed by headquarters, about the right thing, each receipted.
    fn statements(
        &mut self,
        known: &Known,
        folder: &str,
        kinds: &[Kind],
        about: impl Fn(&Value) -> bool,
        say: &mut impl FnMut(&str, String),
    ) -> Result<Vec<(String, Verified)>, Lie> {
        let within = |name: &&String| name.starts_with(folder) && name.ends_with(".jws");
        let found: Vec<String> = self.texts.keys().filter(within).cloned().collect();
        let mut statements = Vec::new();
        for name in found {
            let said = self.verified(&name, &known.hq, kinds)?;
            let id = RecordId::of(said.text().as_bytes());
            if name != names::statement(folder, &id.to_hex()) {
                return Err(lie(&name, Cause::Name));
            }
            if !about(&body_of(&said)) {
                return Err(lie(&name, Cause::Elsewhere));
            }
            self.receipt(known, &name, &LogEntry::Statement(*id.as_bytes()), say)?;
            statements.push((name, said));
        }
        Ok(statements)
    }

    fn chain(
        &mut self,
        known: &Known,
        record: &Verified,
        say: &mut impl FnMut(&str, String),
    ) -> Result<(), Lie> {
        let wrong = || lie(names::CHAIN, Cause::Chain);
        let text = self.text(names::CHAIN)?;
        let chain: Chain = serde_json::from_str(&text).map_err(|_| wrong())?;
        let reading = Reading::of(record.payload());
        let of_record = chain.to_text() == text
            && chain.record == RecordId::of(record.text().as_bytes()).to_hex()
            && chain.kid == record.kid().to_string()
            && (&chain.seq, &chain.prev) == (&reading.seq, &reading.prev);
        if !of_record {
            return Err(wrong());
        }
        let neighbours: BTreeSet<&String> = chain.neighbours().collect();
        for hash in &neighbours {
            let id: RecordId = hash.parse().map_err(|_| wrong())?;
            let entry = LogEntry::Record(*id.as_bytes());
            self.receipt(known, &names::neighbour(hash), &entry, say)?;
        }
        let place = match chain.seq.as_u64() {
            Some(seq) => format!("place {seq} of the device's chain"),
            None => "no place in a chain that this version can read".to_owned(),
        };
        let fork = if chain.beside.is_empty() { "" } else { "; OTHERS CLAIM THE SAME PLACE" };
        let known = neighbours.len();
        say(names::CHAIN, format!("holds: {place}, {known} neighbours in the log{fork}"));
        Ok(())
    }

    fn photographs(
        &mut self,
        known: &Known,
        record: &Verified,
        say: &mut impl FnMut(&str, String),
    ) -> Result<(), Lie> {
        for (photo, named) in Reading::of(record.payload()).photos {
            let what = if named.role.is_empty() { "file" } else { named.role.as_str() };
            let what: String = what.chars().filter(char::is_ascii_lowercase).take(16).collect();
            let Some(name) = self.photos.remove(&photo) else {
                let name = format!("photos/{photo}");
                if self.texts.contains_key(&format!("{name}.tlog-proof")) {
                    return Err(lie(&name, Cause::Lost));
                }
                say(
                    &name,
                    format!("MISSING: the record names this {what}; it is not in the bundle"),
                );
                continue;
            };
            say(&name, format!("holds: the {what} that the record names, byte for byte"));
            self.receipt(known, &name, &LogEntry::Photo(*photo.as_bytes()), say)?;
        }
        match self.photos.values().next() {
            Some(name) => Err(lie(name, Cause::Unexpected)),
            None => Ok(()),
        }
    }

    /// The receipt beside a piece proves that the log has the entry.
    fn receipt(
        &mut self,
        known: &Known,
        piece: &str,
        entry: &LogEntry,
        say: &mut impl FnMut(&str, String),
    ) -> Result<(), Lie> {
        let name = names::receipt(piece);
        let text = self.text(&name)?;
        let wrong = |error| lie(&name, Cause::Receipt(error));
        let receipt = Receipt::parse(&text).map_err(wrong)?;
        if receipt.checkpoint_note != known.checkpoint {
            return Err(lie(&name, Cause::OtherCheckpoint));
        }
        receipt.verify_by(entry, &known.policy).map_err(wrong)?;
        let size = known.witnessed.checkpoint.size;
        say(&name, format!("holds: the log of {size} entries has it at index {}", receipt.index));
        Ok(())
    }

    fn take(&mut self, name: &str) -> Result<Vec<u8>, Lie> {
        self.texts.remove(name).ok_or_else(|| lie(name, Cause::NotThere))
    }

    /// A piece that is text. What is none is no signed string, note or key either.
    fn text(&mut self, name: &str) -> Result<String, Lie> {
        String::from_utf8(self.take(name)?)
            .map_err(|_| lie(name, Cause::Signed(VerifyError::Malformed)))
    }

    fn key(&mut self, name: &str) -> Result<PublicKey, Lie> {
        let text = self.text(name)?;
        let key = text.strip_suffix('\n').and_then(|key| PublicKey::parse(key).ok());
        let key = key.filter(|key| format!("{key}\n") == text);
        key.ok_or_else(|| lie(name, Cause::Signed(VerifyError::Kid)))
    }

    fn verified(&mut self, name: &str, key: &PublicKey, kinds: &[Kind]) -> Result<Verified, Lie> {
        let text = self.text(name)?;
        let verified = Envelope::parse(&text)
            .and_then(|envelope| envelope.verify(key))
            .map_err(|error| lie(name, error))?;
        if !kinds.contains(&verified.kind()) {
            return Err(lie(name, Cause::Kind(verified.kind())));
        }
        Ok(verified)
    }
}

/// What a statement says.
fn body_of(said: &Verified) -> Value {
    let claims: Value = serde_json::from_slice(said.payload()).unwrap_or_default();
    claims.get("body").cloned().unwrap_or_default()
}

fn cosigned(witnessed: &Witnessed, log: &str) -> String {
    let size = witnessed.checkpoint.size;
    let names: Vec<String> = witnessed.cosigned.iter().map(|by| by.by.to_string()).collect();
    let by = match (names.is_empty(), witnessed.quorum) {
        (true, 0) => "; the set-up names no witness".to_owned(),
        (true, _) => "; NO WITNESS has cosigned it".to_owned(),
        (false, quorum) => format!("; cosigned by {} ({quorum} demanded)", names.join(", ")),
    };
    format!("holds: the log {log} signed this head of {size} entries{by}")
}
