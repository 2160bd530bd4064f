//! To whom files are sealed, and who opens them.

use std::{fmt, str::FromStr};

use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use super::{RECIPIENTS_MAX, bech32};
use crate::pack::Sealing;

/// Begins a recipient's text.
const RECIPIENT: &str = "age";

/// Begins an identity's text, which is written in capitals.
const IDENTITY: &str = "age-secret-key-";

/// One to whom files are sealed: `age1…`. Knowing it opens nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Recipient(PublicKey);

/// What opens files that were sealed to its recipient: `AGE-SECRET-KEY-1…`. Overwritten when it goes.
#[derive(Clone)]
pub struct Identity {
    secret: StaticSecret,
    recipient: Recipient,
}

/// A text is no key of age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyTextError {
    /// Not a recipient, or with a slip in it.
    #[error("a recipient of age begins with age1 and has 62 letters and digits; copy it whole")]
    Recipient,
    /// A recipient whose files everybody could open.
    #[error("this recipient is no key: everybody could open what is sealed to it")]
    Weak,
    /// Not an identity, or with a slip in it.
    #[error("an identity of age begins with AGE-SECRET-KEY-1 and has 74 letters and digits")]
    Identity,
}

/// Nothing can be sealed as a set-up says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecipientsError {
    /// It names nobody.
    #[error("`sealing` names no recipient; add one, or leave `sealing` out")]
    None,
    /// It names too many.
    #[error("`sealing` names {0} recipients; at most 8 fit")]
    TooMany(usize),
    /// One twice.
    #[error("`sealing` names the recipient {0} twice")]
    Twice(String),
    /// One of them is not one.
    #[error("the recipient {text:?} of `sealing` cannot be used: {source}")]
    Unreadable {
        /// As the set-up writes it.
        text: String,
        /// What is wrong with it.
        #[source]
        source: KeyTextError,
    },
}

/// All recipients that a set-up names, each of which can be used: for whoever makes one.
pub fn recipients(sealing: &Sealing) -> Result<Vec<Recipient>, RecipientsError> {
    let named = &sealing.recipients;
    if named.is_empty() {
        return Err(RecipientsError::None);
    }
    if named.len() > RECIPIENTS_MAX {
        return Err(RecipientsError::TooMany(named.len()));
    }
    let mut all: Vec<Recipient> = Vec::with_capacity(named.len());
    for text in named {
        let one = text
            .parse()
            .map_err(|source| RecipientsError::Unreadable { text: text.clone(), source })?;
        if all.contains(&one) {
            return Err(RecipientsError::Twice(text.clone()));
        }
        all.push(one);
    }
    Ok(all)
}

impl Recipient {
    pub(super) const fn key(&self) -> &PublicKey {
        &self.0
    }

    /// The key itself, 32 bytes.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }
}

impl FromStr for Recipient {
    type Err = KeyTextError;

    fn from_str(text: &str) -> Result<Self, KeyTextError> {
        let bytes = bech32::decode(RECIPIENT, text).ok_or(KeyTextError::Recipient)?;
        let key = PublicKey::from(*bytes);
        // With a point of low order every secret makes the same key: any secret finds it out.
        if !StaticSecret::from([1; 32]).diffie_hellman(&key).was_contributory() {
            return Err(KeyTextError::Weak);
        }
        Ok(Self(key))
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&bech32::encode(RECIPIENT, self.0.as_bytes()))
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipient({self})")
    }
}

impl Identity {
    /// The one with this secret: 32 bytes that nobody can guess.
    pub fn from_secret(secret: [u8; 32]) -> Self {
        let secret = StaticSecret::from(secret);
        let recipient = Recipient(PublicKey::from(&secret));
        Self { secret, recipient }
    }

    /// To whom files are sealed that this opens.
    pub const fn recipient(&self) -> Recipient {
        self.recipient
    }

    /// As other people's programs read it.
    pub fn to_text(&self) -> Zeroizing<String> {
        let bytes = Zeroizing::new(self.secret.to_bytes());
        let text = bech32::encode(IDENTITY, &bytes);
        Zeroizing::new(text.to_ascii_uppercase())
    }

    /// All identities of a file as `age-keygen` writes it: one a line; what begins with `#` is a remark.
    pub fn read_file(text: &str) -> Result<Vec<Self>, KeyTextError> {
        let lines = text.lines().map(str::trim);
        lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::parse).collect()
    }

    pub(super) const fn secret(&self) -> &StaticSecret {
        &self.secret
    }
}

impl FromStr for Identity {
    type Err = KeyTextError;

    fn from_str(text: &str) -> Result<Self, KeyTextError> {
        let secret = bech32::decode(IDENTITY, text).ok_or(KeyTextError::Identity)?;
        Ok(Self::from_secret(*secret))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity(of {})", self.recipient)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealing(recipients: &[&str]) -> Sealing {
        let recipients = recipients.iter().map(|&text| text.to_owned()).collect();
        Sealing { recipients, previews: false }
    }

    #[test]
    fn an_identity_is_written_as_age_writes_it_and_reads_back() {
        // What a reference implementation of Bech32 gives for it; `age-keygen -y` takes it.
        let secret: Vec<u8> = (0..32).collect();
        let identity = Identity::from_secret(secret.try_into().unwrap());
        let text = "AGE-SECRET-KEY-1QQQSYQCYQ5RQWZQFPG9SCRGWPUGPZYSNZS23V9CCRYDPK8QARC0SWRYDWG";
        assert_eq!(identity.to_text().as_str(), text);
        let read: Identity = text.parse().unwrap();
        assert_eq!(read.recipient(), identity.recipient());
        assert_eq!(format!("{identity:?}"), format!("Identity(of {})", identity.recipient()));
        let file = format!("# created: once\n# public key: {}\n{text}\n\n", identity.recipient());
        assert_eq!(Identity::read_file(&file).unwrap().len(), 1);
        assert_eq!(
            Identity::read_file("age1something").unwrap_err(),
            KeyTextError::Identity,
            "a recipient opens nothing"
        );
    }

    #[test]
    fn a_set_up_names_recipients_that_can_be_used_each_once() {
        let [a, b] = [1, 2].map(|n| Identity::from_secret([n; 32]).recipient().to_string());
        assert_eq!(recipients(&sealing(&[&a, &b])).unwrap().len(), 2);
        assert_eq!(recipients(&sealing(&[])), Err(RecipientsError::None));
        assert!(matches!(recipients(&sealing(&[&a, &a])), Err(RecipientsError::Twice(_))));
        assert!(matches!(recipients(&sealing(&[a.as_str(); 9])), Err(RecipientsError::TooMany(9))));
        for wrong in ["", "age1", &a[..a.len() - 1], "AGE-SECRET-KEY-1", "somebody"] {
            let refused = recipients(&sealing(&[&b, wrong]));
            assert!(matches!(refused, Err(RecipientsError::Unreadable { .. })), "{refused:?}");
        }
    }

    #[test]
    fn a_point_whose_secret_everybody_knows_is_no_recipient() {
        for point in [[0; 32], {
            let mut one = [0; 32];
            one[0] = 1;
            one
        }] {
            let text = bech32::encode(RECIPIENT, &point);
            assert_eq!(text.parse::<Recipient>(), Err(KeyTextError::Weak));
        }
    }
}
