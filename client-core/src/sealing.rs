//! Photographs sealed to headquarters: what the set-up asks for, and what this phone can do of it.
//!
//! ```text
//! set-up ──> Policy ──capture──> file sealed to all recipients ──sync──> headquarters unseals
//!                                the record names the hash of the original, as ever
//! ```
//!
//! The phone has none of the keys that open what it sealed, so nobody gets a photograph out of it, with
//! all of its own keys either. A capture is never refused for it: where nothing can be sealed, the
//! photograph is kept as without sealing, and the observer is told.

use hattama_proto::{pack, sealing::Recipient};

/// Whether photographs that are taken now are sealed to headquarters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PhotoSealing {
    /// No: the set-up does not ask for it, or there is none yet.
    #[default]
    Off,
    /// Originals are. Previews and thumbnails can be looked at on this phone.
    Originals,
    /// All of it is: this phone can show no photograph that was taken under this set-up.
    All,
    /// The set-up asks for it and names nobody this program can seal to. Photographs are kept as without
    /// sealing. Tell the coordinator; a newer version of the app may know better.
    Unusable,
}

/// What is done with a photograph when it is taken in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Policy {
    /// It is kept as any file of the notebook.
    #[default]
    Off,
    /// It is sealed.
    Seal(SealTo),
    /// It should be sealed and cannot.
    Unusable,
}

/// To whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SealTo {
    /// Everybody who is named and is a recipient; at least one.
    pub(crate) recipients: Vec<Recipient>,
    /// Whether small pictures are sealed too.
    pub(crate) previews: bool,
    /// How many are named that are none.
    pub(crate) unreadable: usize,
}

impl Policy {
    /// What a set-up asks for. Headquarters checks the recipients when it makes one, so a wrong one is
    /// of a headquarters that is newer or was tampered with: it is left out, and the others count,
    /// because a photograph that some can open is better on a seized phone than one that all can.
    pub(crate) fn of(asked: Option<&pack::Sealing>) -> Self {
        let Some(asked) = asked else { return Self::Off };
        let mut recipients: Vec<Recipient> = Vec::new();
        let mut unreadable = 0;
        for text in &asked.recipients {
            match text.parse() {
                Ok(one) if recipients.contains(&one) => {}
                Ok(one) if recipients.len() < hattama_proto::sealing::RECIPIENTS_MAX => {
                    recipients.push(one);
                }
                _ => unreadable += 1,
            }
        }
        if recipients.is_empty() {
            return Self::Unusable;
        }
        Self::Seal(SealTo { recipients, previews: asked.previews, unreadable })
    }

    /// In one word.
    pub(crate) const fn told(&self) -> PhotoSealing {
        match self {
            Self::Off => PhotoSealing::Off,
            Self::Seal(SealTo { previews: false, .. }) => PhotoSealing::Originals,
            Self::Seal(SealTo { previews: true, .. }) => PhotoSealing::All,
            Self::Unusable => PhotoSealing::Unusable,
        }
    }
}

#[cfg(test)]
mod tests {
    use hattama_proto::sealing::Identity;

    use super::*;

    fn policy(recipients: &[&str], previews: bool) -> Policy {
        let recipients = recipients.iter().map(|&text| text.to_owned()).collect();
        Policy::of(Some(&pack::Sealing { recipients, previews }))
    }

    #[test]
    fn a_wrong_recipient_takes_nothing_from_the_others_and_nobody_means_unusable() {
        let [a, b] = [1, 2].map(|n| Identity::from_secret([n; 32]).recipient().to_string());
        assert_eq!(Policy::of(None).told(), PhotoSealing::Off);
        assert_eq!(policy(&[&a, &b], false).told(), PhotoSealing::Originals);
        assert_eq!(policy(&[&a], true).told(), PhotoSealing::All);
        assert_eq!(policy(&[], true).told(), PhotoSealing::Unusable);
        assert_eq!(policy(&["age1nobody"], true).told(), PhotoSealing::Unusable);
        let Policy::Seal(to) = policy(&[&a, "age1nobody", &b, &a], false) else {
            panic!("two can")
        };
        assert_eq!((to.recipients.len(), to.unreadable), (2, 1));
    }
}
