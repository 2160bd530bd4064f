//! Who spoke, where another's key signs: what an observer told headquarters' desk.

use serde::{Deserialize, Serialize};

use crate::{id::PersonId, time::ClaimedTime};

/// Says that the signer was told this by somebody else. Such a record is not signed by the observer's
/// own device, and corroborates nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnBehalf {
    /// Who told it, by pseudonym: the one for incidents where it is an incident. Null where it was not
    /// said or could not be made sure.
    pub person: Option<PersonId>,
    /// How it was told.
    pub channel: Channel,
    /// When it was told, as the desk noted.
    pub told_at: ClaimedTime,
}

/// How somebody told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Over the telephone.
    Voice,
    /// By text message.
    Sms,
    /// Over a messenger.
    Messenger,
    /// By radio.
    Radio,
    /// In person, or on a note that somebody brought.
    InPerson,
    /// In a table of earlier figures that headquarters took in. Nobody was on a line.
    Spreadsheet,
    /// A way that a newer version knows.
    #[serde(other)]
    Other,
}

impl Channel {
    /// Every channel by which somebody can tell a desk something.
    pub const ALL: [Self; 5] =
        [Self::Voice, Self::Sms, Self::Messenger, Self::Radio, Self::InPerson];

    /// The name on the wire and in forms.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Voice => "voice",
            Self::Sms => "sms",
            Self::Messenger => "messenger",
            Self::Radio => "radio",
            Self::InPerson => "in_person",
            Self::Spreadsheet => "spreadsheet",
            Self::Other => "other",
        }
    }

    /// The channel with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.name() == name)
    }
}
