//! Cosignatures: a witness's word that a checkpoint continues every one it has seen before.
//!
//! C2SP `tlog-cosignature@v1.0.1`, the Ed25519 kind (type 0x04). The witness signs
//!
//! ```text
//! cosignature/v1
//! time 1679315147
//! <text of the checkpoint>
//! ```
//!
//! and its line on the note carries the time before the signature. The name of the witness is not
//! part of what is signed, so one key must not serve two witnesses; [`Policy`](super::Policy)
//! refuses that.

use std::{fmt, str::FromStr};

use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

use super::{
    note::{NoteError, NoteSignature, SignedNote},
    note_key::{COSIGNATURE_TYPE, KeyError, KeyId, KeyName, parse_vkey, vkey},
};

/// Latest time of a cosignature, in seconds since 1970: other implementations count in signed 64
/// bits.
pub const COSIGNED_AT_S_MAX: u64 = i64::MAX as u64;

/// The public half of a witness's key.
///
/// ```
/// use hattama_proto::tlog::{Cosigner, CosignerKey, KeyName};
/// let key = Cosigner::from_seed(KeyName::new("witness.example")?, &[7; 32]).key().clone();
/// assert_eq!(key.to_string().parse::<CosignerKey>()?, key);
/// # Ok::<(), hattama_proto::tlog::KeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CosignerKey {
    name: KeyName,
    id: KeyId,
    public_key: [u8; 32],
}

impl CosignerKey {
    /// A witness's key from a raw Ed25519 public key.
    pub fn new(name: KeyName, public_key: [u8; 32]) -> Self {
        let id = KeyId::of(&name, COSIGNATURE_TYPE, &public_key);
        Self { name, id, public_key }
    }

    /// Reads `name+id+key`, and nothing that is not written exactly so.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let (name, public_key) = parse_vkey(text, COSIGNATURE_TYPE)?;
        Ok(Self::new(name, public_key))
    }

    /// Whose key it is.
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// Its id in signature lines.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The raw Ed25519 public key.
    pub const fn public_key(&self) -> &[u8; 32] {
        &self.public_key
    }

    /// Whether `line` says that it is by this key.
    pub fn is_named_by(&self, line: &NoteSignature) -> bool {
        line.name() == &self.name && line.id() == self.id
    }

    /// When this key cosigned `text`, in seconds since 1970, if `line` is that cosignature.
    fn cosigned_at_s(&self, text: &str, line: &NoteSignature) -> Option<u64> {
        let (at_s, signature) = line.bytes().split_first_chunk()?;
        let at_s = u64::from_be_bytes(*at_s);
        if at_s > COSIGNED_AT_S_MAX {
            return None;
        }
        let message = message(text, at_s);
        let key = UnparsedPublicKey::new(&ED25519, self.public_key);
        key.verify(message.as_bytes(), signature).ok().map(|()| at_s)
    }
}

impl FromStr for CosignerKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::parse(text)
    }
}

impl fmt::Display for CosignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&vkey(&self.name, self.id, COSIGNATURE_TYPE, &self.public_key))
    }
}

impl fmt::Debug for CosignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The secret half of a witness's key. Prints as its public half.
pub struct Cosigner {
    key: CosignerKey,
    pair: Ed25519KeyPair,
}

impl Cosigner {
    /// A cosigner from its 32-byte Ed25519 seed.
    pub fn from_seed(name: KeyName, seed: &[u8; 32]) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).expect("every 32 bytes are a seed");
        let public_key =
            pair.public_key().as_ref().try_into().expect("an Ed25519 public key has 32 bytes");
        Self { key: CosignerKey::new(name, public_key), pair }
    }

    /// The public half.
    pub const fn key(&self) -> &CosignerKey {
        &self.key
    }

    /// The cosignature of a checkpoint's text at `at_s`, seconds since 1970.
    ///
    /// Signs whatever it is given: that the checkpoint continues the last one is for
    /// [`judge`](super::judge), and that two requests at once do not both pass for whoever stores.
    pub fn cosign(&self, text: &str, at_s: u64) -> NoteSignature {
        let at_s = at_s.min(COSIGNED_AT_S_MAX);
        let mut signature = at_s.to_be_bytes().to_vec();
        signature.extend(self.pair.sign(message(text, at_s).as_bytes()).as_ref());
        NoteSignature::new(self.key.name.clone(), self.key.id, signature)
    }
}

impl fmt::Debug for Cosigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cosigner({})", self.key)
    }
}

/// Who cosigned, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosigned {
    /// The witness.
    pub by: KeyName,
    /// The witness's clock, seconds since 1970: until then it had seen no larger tree.
    pub at_s: u64,
}

/// The cosignatures of `known` witnesses on a note, one per witness (the earliest), in the order
/// of `known`.
///
/// Lines by others are ignored. A line in the name of a known key that this key did not make
/// spoils the whole note, as `signed-note` demands.
pub fn cosignatures(note: &SignedNote, known: &[CosignerKey]) -> Result<Vec<Cosigned>, NoteError> {
    let mut found = Vec::new();
    for key in known {
        let mut earliest: Option<u64> = None;
        for line in note.signatures().iter().filter(|line| key.is_named_by(line)) {
            let at_s = key
                .cosigned_at_s(note.unverified_text(), line)
                .ok_or_else(|| NoteError::Forged(key.name.clone()))?;
            earliest = Some(earliest.map_or(at_s, |before| before.min(at_s)));
        }
        found.extend(earliest.map(|at_s| Cosigned { by: key.name.clone(), at_s }));
    }
    Ok(found)
}

fn message(text: &str, at_s: u64) -> String {
    format!("cosignature/v1\ntime {at_s}\n{text}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlog::NoteSigner;

    const TEXT: &str = "log.example\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";

    fn note() -> SignedNote {
        let log = NoteSigner::from_seed(KeyName::new("log.example").unwrap(), &[1; 32]);
        SignedNote::sign(TEXT, &[&log]).unwrap()
    }

    fn cosigner(name: &str, seed: u8) -> Cosigner {
        Cosigner::from_seed(KeyName::new(name).unwrap(), &[seed; 32])
    }

    #[test]
    fn a_cosignature_tells_who_and_when_and_leaves_the_note_as_it_was() {
        let witness = cosigner("w.example", 2);
        let note = note().with([witness.cosign(TEXT, 1_700_000_000)]).unwrap();
        let read = SignedNote::parse(&note.to_string()).unwrap();
        let found = cosignatures(&read, &[witness.key().clone()]).unwrap();
        assert_eq!(found, [Cosigned { by: witness.key().name().clone(), at_s: 1_700_000_000 }]);
        assert_eq!(cosignatures(&read, &[cosigner("x", 3).key().clone()]).unwrap(), []);
    }

    #[test]
    fn another_time_or_text_under_a_known_name_spoils_the_note() {
        let witness = cosigner("w.example", 2);
        let known = [witness.key().clone()];
        let line = witness.cosign(TEXT, 5);
        let mut later = line.bytes().to_vec();
        later[7] = 6;
        let later = NoteSignature::new(line.name().clone(), line.id(), later);
        for forged in [later, witness.cosign("other\n", 5)] {
            let note = note().with([forged]).unwrap();
            assert!(matches!(cosignatures(&note, &known), Err(NoteError::Forged(_))));
        }
        let short = NoteSignature::new(line.name().clone(), line.id(), vec![0; 7]);
        let note = note().with([short]).unwrap();
        assert!(matches!(cosignatures(&note, &known), Err(NoteError::Forged(_))));
    }

    #[test]
    fn two_lines_of_one_witness_count_once_with_the_earlier_time() {
        let witness = cosigner("w.example", 2);
        let note = note().with([witness.cosign(TEXT, 9), witness.cosign(TEXT, 4)]).unwrap();
        let found = cosignatures(&note, &[witness.key().clone()]).unwrap();
        assert_eq!(found.iter().map(|one| one.at_s).collect::<Vec<_>>(), [4]);
    }

    #[test]
    fn a_logs_key_is_no_witness_key() {
        let log = NoteSigner::from_seed(KeyName::new("a").unwrap(), &[1; 32]);
        let text = log.verifier_key().to_string();
        assert_eq!(CosignerKey::parse(&text), Err(KeyError::Type));
        assert!(crate::tlog::VerifierKey::parse(&cosigner("a", 1).key().to_string()).is_err());
    }
}
