//! A message to observers, in the languages in which somebody wrote it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::{
    id::PersonId,
    limits::{MESSAGE_TEXT_BYTES_MAX, MESSAGE_TO_MAX},
    pack::Names,
};

/// In which language a reader is shown what is not there in theirs: the first of these that is.
const FALLBACK: [&str; 3] = ["kk", "ru", "en"];

/// A message to observers. One that is for more people than fit into a statement is several
/// statements of one name, each for other people.
///
/// Signed, so that a headquarters that was taken over without its key cannot send people anywhere.
/// Whom it is for is inside the signature too, as hashes under a salt: a phone sees whether it is for
/// its owner, and nobody who reads it sees for whom else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its name, random.
    pub message: String,
    /// The account that wrote it.
    pub account: String,
    /// The texts by language; at least one.
    pub texts: Names,
    /// 128 random bits as base64url, which stand before each pseudonym in its hash.
    pub salt: String,
    /// Whom it is for.
    pub to: Vec<Addressee>,
}

/// Somebody a message is for: half of SHA-256 over a fixed word, the salt and the pseudonym for
/// protocols, base64url. Sixteen bytes are beyond any search, and a hundred people fit.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Addressee(String);

impl Addressee {
    /// The person under this salt.
    ///
    /// ```
    /// # use hattama_proto::{id::PersonId, statement::Addressee};
    /// let person = PersonId::new("p-1").unwrap();
    /// assert_ne!(Addressee::of("a", &person), Addressee::of("b", &person));
    /// ```
    pub fn of(salt: &str, person: &PersonId) -> Self {
        let input = format!("hattama-message/v1 {salt} {person}");
        let digest = ring::digest::digest(&ring::digest::SHA256, input.as_bytes());
        Self(URL_SAFE_NO_PAD.encode(&digest.as_ref()[..16]))
    }
}

/// Why a message cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// There is nothing to read.
    #[error("write the message in at least one language")]
    Empty,
    /// It is too long.
    #[error("a message has at most {MESSAGE_TEXT_BYTES_MAX} bytes in each language")]
    TooLong,
    /// It holds what no screen shows.
    #[error("a message has no control characters but ends of lines and tabs")]
    Control,
    /// It is for too many, or for nobody.
    #[error("one statement is for 1 to {MESSAGE_TO_MAX} people")]
    To,
}

impl Message {
    /// Whether it is for this person.
    pub fn is_to(&self, person: &PersonId) -> bool {
        self.to.contains(&Addressee::of(&self.salt, person))
    }

    /// What a reader of `language` is shown, with the language it is in: theirs, else Kazakh, else
    /// Russian, else English, else whatever there is.
    pub fn text(&self, language: &str) -> (&str, &str) {
        let texts = &self.texts.0;
        let wanted = [language].into_iter().chain(FALLBACK);
        wanted
            .filter_map(|language| texts.get_key_value(language))
            .chain(texts)
            .find(|(_, text)| !text.trim().is_empty())
            .map_or(("", ""), |(language, text)| (language, text))
    }

    /// Whether it can be sent.
    pub fn check(&self) -> Result<(), MessageError> {
        if self.texts.0.values().all(|text| text.trim().is_empty()) {
            return Err(MessageError::Empty);
        }
        if self.texts.0.values().any(|text| text.len() > MESSAGE_TEXT_BYTES_MAX) {
            return Err(MessageError::TooLong);
        }
        let is_hidden = |sign: char| sign.is_control() && !matches!(sign, '\n' | '\t');
        if self.texts.0.values().any(|text| text.contains(is_hidden)) {
            return Err(MessageError::Control);
        }
        if self.to.is_empty() || self.to.len() > MESSAGE_TO_MAX {
            return Err(MessageError::To);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(texts: &[(&str, &str)]) -> Message {
        let texts = texts.iter().map(|(l, t)| ((*l).to_owned(), (*t).to_owned())).collect();
        let person = PersonId::new("p-1").unwrap();
        Message {
            message: "m".into(),
            account: "a".into(),
            texts: Names(texts),
            salt: "s".into(),
            to: vec![Addressee::of("s", &person)],
        }
    }

    #[test]
    fn a_reader_gets_the_own_language_else_the_first_of_a_fixed_order() {
        let all = message(&[("en", "go"), ("kk", "bar"), ("ru", "idi")]);
        assert_eq!(all.text("en"), ("en", "go"));
        assert_eq!(all.text("uz"), ("kk", "bar"));
        let some = message(&[("en", "go"), ("kk", " "), ("ru", "idi")]);
        assert_eq!(some.text("kk"), ("ru", "idi"), "an empty text is none");
        assert_eq!(message(&[("uz", "bor")]).text("kk"), ("uz", "bor"));
    }

    #[test]
    fn it_is_for_whom_it_names_and_nobody_else() {
        let said = message(&[("en", "go")]);
        assert!(said.is_to(&PersonId::new("p-1").unwrap()));
        assert!(!said.is_to(&PersonId::new("p-2").unwrap()));
        let salted = Message { salt: "t".into(), ..said };
        assert!(!salted.is_to(&PersonId::new("p-1").unwrap()));
    }

    #[test]
    fn what_cannot_be_sent_says_why() {
        assert_eq!(message(&[("en", " ")]).check(), Err(MessageError::Empty));
        let long = "x".repeat(MESSAGE_TEXT_BYTES_MAX + 1);
        assert_eq!(message(&[("en", &long)]).check(), Err(MessageError::TooLong));
        assert_eq!(message(&[("en", "a\u{1}")]).check(), Err(MessageError::Control));
        let nobody = Message { to: Vec::new(), ..message(&[("en", "go")]) };
        assert_eq!(nobody.check(), Err(MessageError::To));
    }

    #[test]
    fn the_longest_message_fits_into_a_statement() {
        use crate::{
            id::ElectionId,
            key::SigningKey,
            limits::RECORD_BYTES_MAX,
            statement::{StatementClaims, sign_statement},
            time::UnixMillis,
        };
        // The worst a text can be written as: two bytes of JSON for one.
        let text = "\"".repeat(MESSAGE_TEXT_BYTES_MAX);
        let people = (0..MESSAGE_TO_MAX).map(|n| PersonId::new(&format!("p-{n}")).unwrap());
        let salt = "A".repeat(22);
        let body = Message {
            to: people.map(|person| Addressee::of(&salt, &person)).collect(),
            salt,
            ..message(&[("kk", &text), ("ru", &text), ("en", &text)])
        };
        let claims = StatementClaims {
            election: ElectionId::new("exercise").unwrap(),
            issued_at: UnixMillis(1),
            nonce: "A".repeat(22),
            body,
        };
        let key = SigningKey::from_seed(&[7; 32]).unwrap();
        let signed = sign_statement(&key, &claims).unwrap();
        assert!(signed.len() < RECORD_BYTES_MAX, "{}", signed.len());
    }
}
