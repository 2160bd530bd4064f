//! One type per identifier, so that a photo's hash can never be passed for a record's.
//!
//! Hashes are SHA-256 and written as 64 lower-case hexadecimal digits everywhere: on the wire, in
//! the store, in the log, on the page. Codes are the set-up's own words for units, lines, choices.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::limits::CODE_BYTES_MAX;

/// Why a text is not an identifier. Always the writer's fault; the message says what is expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {why}")]
pub struct IdError {
    /// Which identifier was expected.
    pub what: &'static str,
    /// What is wrong with the text.
    pub why: &'static str,
}

/// Lower-case hex of `bytes`.
pub fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// Reads 64 lower-case hex digits; upper case is refused, because one hash has one spelling.
fn from_hex_32(text: &str) -> Option<[u8; 32]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let text: &[u8; 64] = text.as_bytes().try_into().ok()?;
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

macro_rules! sha256_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            /// The hash of `bytes`.
            pub fn of(bytes: &[u8]) -> Self {
                let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
                Self(digest.as_ref().try_into().expect("SHA-256 gives 32 bytes"))
            }

            /// Takes a hash that was computed elsewhere, for instance while a file was copied.
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The 32 bytes.
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }

            /// The 64 lower-case hex digits.
            pub fn to_hex(self) -> String {
                to_hex(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&to_hex(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), to_hex(&self.0))
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                from_hex_32(text)
                    .map(Self)
                    .ok_or(IdError { what: $what, why: "expected 64 lower-case hex digits" })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&to_hex(&self.0))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    };
}

sha256_id! {
    /// Identity of a device's record: SHA-256 of the whole compact JWS string, signature included.
    ///
    /// ```
    /// use hattama_proto::id::RecordId;
    /// let id = RecordId::of(b"abc");
    /// assert!(id.to_hex().starts_with("ba7816bf"));
    /// assert!("BA".repeat(32).parse::<RecordId>().is_err());
    /// ```
    RecordId, "record id"
}
sha256_id! {
    /// Identity of a statement by headquarters: SHA-256 of its whole compact JWS string.
    StatementId, "statement id"
}
sha256_id! {
    /// Name of a photograph or other attachment: SHA-256 of its bytes as captured.
    PhotoHash, "photo hash"
}
sha256_id! {
    /// Name of a part of the election pack: SHA-256 of its bytes.
    PartHash, "pack part hash"
}
sha256_id! {
    /// Identity of one archived publication of the commission: SHA-256 of the file as fetched. Where
    /// it was read by a mapping, what [`PublicationId::mapped`] makes: another reading of one file is
    /// another entry of the archive.
    PublicationId, "publication id"
}
sha256_id! {
    /// Name of a release: SHA-256 of the exact bytes of its content.
    ReleaseHash, "release hash"
}
sha256_id! {
    /// SHA-256 of a file as it was given: one that was fetched, or the mapping that it was read by.
    FileHash, "file hash"
}

impl From<PublicationId> for FileHash {
    /// The hash of a file that was read without a mapping: the publication is named after it.
    fn from(publication: PublicationId) -> Self {
        Self(publication.0)
    }
}

impl PublicationId {
    /// Identity of a file of one level, read by a mapping: SHA-256 of four lines, each with its line
    /// feed: `hattama-publication/v2`, the name of the level, the hash of the file, the hash of the
    /// mapping.
    ///
    /// ```
    /// # use hattama_proto::id::{FileHash, PublicationId};
    /// let (file, mapping) = (FileHash::of(b"a;b\n"), FileHash::of(b"[unit]\n"));
    /// let lines = format!("hattama-publication/v2\nprecinct\n{file}\n{mapping}\n");
    /// assert_eq!(
    ///     PublicationId::mapped("precinct", &file, &mapping),
    ///     PublicationId::of(lines.as_bytes())
    /// );
    /// ```
    pub fn mapped(level: &str, file: &FileHash, mapping: &FileHash) -> Self {
        let lines = format!("hattama-publication/v2\n{level}\n{file}\n{mapping}\n");
        Self::of(lines.as_bytes())
    }
}
sha256_id! {
    /// Root of the log's Merkle tree, as a record's `seen` carries it.
    TreeRoot, "tree root"
}
sha256_id! {
    /// Hash of the list of precincts that a seed drew; see [`crate::statement::Sample`].
    DrawnHash, "hash of what was drawn"
}
sha256_id! {
    /// Hash of words that are not said openly, or of a published text.
    WordsHash, "hash of words"
}

impl WordsHash {
    /// The hash of words behind a salt, so that short ones cannot be guessed: SHA-256 of the salt,
    /// a line feed and the words. The salt holds no line feed and is kept with the words.
    ///
    /// ```
    /// # use hattama_proto::id::WordsHash;
    /// assert_eq!(WordsHash::salted("s", "no"), WordsHash::of(b"s\nno"));
    /// ```
    pub fn salted(salt: &str, words: &str) -> Self {
        Self::of(format!("{salt}\n{words}").as_bytes())
    }
}

/// A key's name: the RFC 7638 thumbprint of its JWK, 43 characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kid([u8; 32]);

impl Kid {
    /// Length of the written form, in characters.
    pub const CHARS: usize = 43;

    /// Takes a thumbprint that was computed elsewhere.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes of the thumbprint.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Kid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Kid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kid({self})")
    }
}

impl FromStr for Kid {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let wrong = IdError { what: "kid", why: "expected 43 characters of base64url" };
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong.clone())?;
        Ok(Self(bytes.try_into().map_err(|_| wrong)?))
    }
}

impl Serialize for Kid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Kid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

fn check_code(text: &str) -> Result<(), &'static str> {
    if text.is_empty() {
        return Err("a code is not empty");
    }
    if text.len() > CODE_BYTES_MAX {
        return Err("a code has at most 64 bytes");
    }
    if text.chars().any(|c| !(c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | ':'))) {
        return Err("a code has letters, digits and . _ - : only");
    }
    Ok(())
}

macro_rules! code {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(Box<str>);

        impl $name {
            /// Reads a code: 1 to 64 bytes of letters, digits and `. _ - :`.
            pub fn new(text: &str) -> Result<Self, IdError> {
                check_code(text).map_err(|why| IdError { what: $what, why })?;
                Ok(Self(text.into()))
            }

            /// The code as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::new(&text).map_err(de::Error::custom)
            }
        }
    };
}

code! {
    /// An election, one round of it: `kz-2005-exercise`. A second round is another election.
    ElectionId, "election"
}
code! {
    /// A unit of the register: a precinct, a territorial commission, a region or the country.
    ///
    /// ```
    /// use hattama_proto::id::UnitCode;
    /// assert!(UnitCode::new("11-900001").is_ok());
    /// assert!(UnitCode::new("two words").is_err());
    /// ```
    UnitCode, "unit"
}
code! {
    /// A paper form of the set-up: a results protocol, a checklist.
    FormCode, "form"
}
code! {
    /// One summary table of a higher commission.
    TableCode, "summary table"
}
code! {
    /// One numbered line of a form.
    LineCode, "line"
}
code! {
    /// One contest on a ballot.
    ContestCode, "contest"
}
code! {
    /// One choice in a contest: a candidate, a list, "against all".
    ChoiceCode, "choice"
}
code! {
    /// Which document was photographed: certified copy, posted sheet, electronic, summary ...
    CopyType, "copy type"
}
code! {
    /// One question of a checklist.
    QuestionCode, "question"
}
code! {
    /// A category of incident in the set-up.
    CategoryCode, "incident category"
}
code! {
    /// A legal deadline of the set-up: a complaint to the higher commission, publication ...
    DeadlineCode, "deadline"
}
code! {
    /// A phase of the election in the set-up: campaign, opening, voting, count, tabulation ...
    PhaseCode, "phase"
}
code! {
    /// A person, by pseudonym. Who that is stands in the identity vault only.
    PersonId, "person"
}
code! {
    /// An observer organisation.
    OrgId, "organisation"
}
code! {
    /// A control relation of a form.
    RelationId, "control relation"
}
