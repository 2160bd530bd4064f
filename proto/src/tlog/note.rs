//! Signed notes: a text and the lines of those who signed it (C2SP `signed-note@v1.0.0`).
//!
//! ```text
//! text, one or more lines
//!                                   an empty line: the last one parts text from signatures
//! — name base64(id, signature)      one line per signer
//! ```
//!
//! The text is worth nothing before a known key's signature has been checked, hence
//! [`SignedNote::verify`] is the way to it.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::note_key::{KeyId, KeyName, NoteSigner, VerifierKey};

/// Most signatures on one note. The specification asks for room for 16; a log and its witnesses
/// will hardly be more, and each one we know costs a verification.
pub const NOTE_SIGNATURES_MAX: usize = 32;

/// Longest note, in bytes: as many signatures as we take, were each a post-quantum one of 5 kB.
pub const NOTE_BYTES_MAX: usize = 256 * 1024;

/// Begins every signature line: an em dash and a space.
const DASH: &str = "\u{2014} ";

/// Why a note was refused. Always its writer's fault, and final.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    /// Longer than [`NOTE_BYTES_MAX`].
    #[error("the note is longer than 256 KiB")]
    TooLong,
    /// More than [`NOTE_SIGNATURES_MAX`] signatures.
    #[error("the note has more than 32 signatures")]
    TooManySignatures,
    /// A control character other than the line end.
    #[error("the note contains a control character")]
    ControlCharacter,
    /// No text that ends in a line end, an empty line, and signature lines after it.
    #[error("the note is not text, an empty line and signature lines")]
    Form,
    /// A line after the last empty one is not a signature line.
    #[error("a signature line of the note is malformed")]
    SignatureLine,
    /// A key that we know did not make the signature under its name.
    #[error("the signature of {0} does not match the text")]
    Forged(KeyName),
    /// Nobody we know signed.
    #[error("no known key signed the note")]
    NoKnownSignature,
}

/// One signature line, of whatever type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    name: KeyName,
    id: KeyId,
    /// What the key's type makes of it; 64 bytes for Ed25519.
    signature: Vec<u8>,
}

impl NoteSignature {
    /// Who claims to have signed.
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// With which of their keys.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    pub(super) const fn new(name: KeyName, id: KeyId, signature: Vec<u8>) -> Self {
        Self { name, id, signature }
    }

    /// The bytes after the key's id.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.signature
    }

    /// Reads one line without its end, as a witness answers with it. Says nothing yet about who
    /// made it.
    pub fn parse(line: &str) -> Option<Self> {
        let (name, signature) = line.strip_prefix(DASH)?.split_once(' ')?;
        let name = KeyName::new(name).ok()?;
        let bytes = STANDARD.decode(signature).ok()?;
        let (id, signature) = bytes.split_first_chunk()?;
        if signature.is_empty() {
            return None;
        }
        Some(Self { name, id: KeyId(*id), signature: signature.to_vec() })
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.id.0.to_vec();
        bytes.extend(&self.signature);
        write!(f, "{DASH}{} {}", self.name, STANDARD.encode(bytes))
    }
}

/// A text with signatures that may or may not be good. Prints as the note's exact bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedNote {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl SignedNote {
    /// Signs `text`, which ends in a line end and has no other control characters.
    pub fn sign(text: &str, signers: &[&NoteSigner]) -> Result<Self, NoteError> {
        if text.contains(is_forbidden) {
            return Err(NoteError::ControlCharacter);
        }
        if !text.ends_with('\n') || signers.is_empty() {
            return Err(NoteError::Form);
        }
        if signers.len() > NOTE_SIGNATURES_MAX {
            return Err(NoteError::TooManySignatures);
        }
        let signatures = signers
            .iter()
            .map(|signer| NoteSignature {
                name: signer.verifier_key().name().clone(),
                id: signer.verifier_key().id(),
                signature: signer.signature(text),
            })
            .collect();
        let note = Self { text: text.to_owned(), signatures };
        if note.to_string().len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLong);
        }
        Ok(note)
    }

    /// Takes a note apart. Says nothing yet about who signed it.
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        if note.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLong);
        }
        if note.contains(is_forbidden) {
            return Err(NoteError::ControlCharacter);
        }
        // The text keeps the first of the two line ends.
        let end = note.rfind("\n\n").ok_or(NoteError::Form)? + 1;
        let (text, lines) = (&note[..end], &note[end + 1..]);
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Form)?;
        if lines.split('\n').count() > NOTE_SIGNATURES_MAX {
            return Err(NoteError::TooManySignatures);
        }
        let signatures = lines
            .split('\n')
            .map(|line| NoteSignature::parse(line).ok_or(NoteError::SignatureLine))
            .collect::<Result<_, _>>()?;
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// The text, once a key of `known` is found to have signed it.
    ///
    /// Signatures by other keys are ignored: that is how a log changes keys and how witnesses are
    /// added. But a known name and id over a signature that does not match spoils the whole note,
    /// whatever else is on it.
    pub fn verify(&self, known: &[VerifierKey]) -> Result<&str, NoteError> {
        let mut verified = 0;
        for signature in &self.signatures {
            let claimed =
                |key: &&VerifierKey| key.name() == &signature.name && key.id() == signature.id;
            let Some(key) = known.iter().find(claimed) else { continue };
            if !key.signed(&self.text, &signature.signature) {
                return Err(NoteError::Forged(signature.name.clone()));
            }
            verified += 1;
        }
        if verified == 0 {
            return Err(NoteError::NoKnownSignature);
        }
        Ok(&self.text)
    }

    /// The note with further signature lines, each once. What stood there before stays.
    pub fn with(&self, lines: impl IntoIterator<Item = NoteSignature>) -> Result<Self, NoteError> {
        let mut note = self.clone();
        for line in lines {
            if !note.signatures.contains(&line) {
                note.signatures.push(line);
            }
        }
        if note.signatures.len() > NOTE_SIGNATURES_MAX {
            return Err(NoteError::TooManySignatures);
        }
        Ok(note)
    }

    /// The text as it came, which anybody may have written. For showing what was refused.
    pub fn unverified_text(&self) -> &str {
        &self.text
    }

    /// The signature lines as they came.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }
}

impl fmt::Display for SignedNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        f.write_str("\n")?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

/// The specification's list: below U+0020, but for the line end.
fn is_forbidden(c: char) -> bool {
    c < ' ' && c != '\n'
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "first line\n\nafter an empty one\n";

    fn signer(name: &str, seed: u8) -> NoteSigner {
        NoteSigner::from_seed(KeyName::new(name).unwrap(), &[seed; 32])
    }

    fn key(name: &str, seed: u8) -> VerifierKey {
        signer(name, seed).verifier_key().clone()
    }

    fn note(signers: &[&NoteSigner]) -> String {
        SignedNote::sign(TEXT, signers).unwrap().to_string()
    }

    fn verify(note: &str, known: &[VerifierKey]) -> Result<String, NoteError> {
        SignedNote::parse(note)?.verify(known).map(str::to_owned)
    }

    #[test]
    fn a_note_is_read_back_to_the_byte() {
        let text = note(&[&signer("a", 1), &signer("b", 2)]);
        assert_eq!(SignedNote::parse(&text).unwrap().to_string(), text);
        assert_eq!(verify(&text, &[key("b", 2)]), Ok(TEXT.to_owned()));
    }

    #[test]
    fn unknown_signers_are_ignored_even_when_half_of_them_is_known() {
        let text = note(&[&signer("a", 1), &signer("b", 2)]);
        assert_eq!(verify(&text, &[]), Err(NoteError::NoKnownSignature));
        assert_eq!(verify(&text, &[key("a", 2)]), Err(NoteError::NoKnownSignature));
        assert_eq!(verify(&text, &[key("a", 2), key("b", 2)]), Ok(TEXT.to_owned()));
    }

    #[test]
    fn a_known_key_that_did_not_sign_spoils_the_note() {
        let (a, b) = (signer("a", 1), signer("b", 2));
        let good = note(&[&a, &b]);
        // The signature of another text, under the right name and id.
        let other = SignedNote::sign("other\n", &[&b]).unwrap().signatures()[0].to_string();
        let genuine = SignedNote::parse(&good).unwrap().signatures()[1].to_string();
        let forged = good.replace(&genuine, &other);
        let forged_b = Err(NoteError::Forged(b.verifier_key().name().clone()));
        assert_eq!(verify(&forged, &[key("b", 2)]), forged_b);
        assert_eq!(verify(&forged, &[key("a", 1), key("b", 2)]), forged_b);
        assert_eq!(verify(&forged, &[key("a", 1)]), Ok(TEXT.to_owned()));
        // Nor does a good signature first excuse a forged one after it.
        assert_eq!(verify(&format!("{good}{other}\n"), &[key("b", 2)]), forged_b);
    }

    #[test]
    fn sixteen_signatures_are_taken_and_thirty_three_are_not() {
        let line = SignedNote::sign(TEXT, &[&signer("w", 3)]).unwrap().signatures()[0].to_string();
        let with = |count: usize| format!("{TEXT}\n{}", format!("{line}\n").repeat(count));
        assert!(verify(&with(16), &[key("w", 3)]).is_ok());
        assert!(verify(&with(NOTE_SIGNATURES_MAX), &[key("w", 3)]).is_ok());
        let refused = verify(&with(NOTE_SIGNATURES_MAX + 1), &[key("w", 3)]);
        assert_eq!(refused, Err(NoteError::TooManySignatures));
    }

    #[test]
    fn a_misshapen_note_is_refused_with_its_cause() {
        let good = note(&[&signer("a", 1)]);
        let refused = |note: &str| SignedNote::parse(note).unwrap_err();
        assert_eq!(refused(""), NoteError::Form);
        assert_eq!(refused(TEXT), NoteError::SignatureLine);
        assert_eq!(refused("text\n\n"), NoteError::Form);
        assert_eq!(refused("text\n"), NoteError::Form);
        assert_eq!(refused(good.trim_end()), NoteError::Form);
        assert_eq!(refused(&format!("{good}\n")), NoteError::Form);
        assert_eq!(refused(&good.replace("first", "fir\tst")), NoteError::ControlCharacter);
        assert_eq!(refused(&good.replace('\n', "\r\n")), NoteError::ControlCharacter);
        assert_eq!(refused(&good.replace(DASH, "- ")), NoteError::SignatureLine);
        assert_eq!(refused(&format!("{TEXT}\n{DASH}a AAAAAA==\n")), NoteError::SignatureLine);
        assert_eq!(refused(&format!("{TEXT}\n{DASH}a+b AAAAAAA=\n")), NoteError::SignatureLine);
        assert_eq!(refused(&"x".repeat(NOTE_BYTES_MAX + 1)), NoteError::TooLong);
    }

    #[test]
    fn what_could_not_be_read_back_is_not_signed() {
        let a = signer("a", 1);
        let refused = |text: &str, signers: &[&NoteSigner]| {
            SignedNote::sign(text, signers).map(|note| note.to_string()).unwrap_err()
        };
        assert_eq!(refused("no line end", &[&a]), NoteError::Form);
        assert_eq!(refused("tab\there\n", &[&a]), NoteError::ControlCharacter);
        assert_eq!(refused("nobody\n", &[]), NoteError::Form);
        assert_eq!(refused("many\n", &[&a; 33]), NoteError::TooManySignatures);
        assert_eq!(
            refused(&format!("{}\n", "x".repeat(NOTE_BYTES_MAX)), &[&a]),
            NoteError::TooLong
        );
    }
}
