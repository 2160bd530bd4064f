//! What people at headquarters read off a photograph, without seeing what anybody read before.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    id::{ChoiceCode, ContestCode, CopyType, FormCode, LineCode, PhotoHash, RecordId, UnitCode},
    record::{Figure, unique_map},
};

/// What a document's photographs show, as several people typed it apart from one another. A later
/// transcription of the same photographs takes its place; all stay in the log.
///
/// It proves that headquarters said so, naming the accounts; no more. It changes no record: what
/// observers typed stands beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transcription {
    /// The records whose photographs were read, by id.
    pub records: Vec<RecordId>,
    /// The original photographs, by hash: what was read, also where smaller pictures of them were
    /// shown.
    pub photos: Vec<PhotoHash>,
    /// The form they were read as: a line's code means something on its form only.
    pub form: FormCode,
    /// What they show.
    pub reading: Reading,
    /// How it was settled.
    pub settled_by: SettledBy,
    /// The accounts that typed it so, in the order in which they typed; or the one that decided.
    pub accounts: Vec<String>,
    /// Why, in words; of a decision only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How a transcription was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettledBy {
    /// Two who saw nothing but the photographs typed the same.
    TwoAlike,
    /// Two differed; a third saw both, and read every cell as one of them.
    Third,
    /// No third settled it, and somebody decided.
    Decision,
}

/// What a document's photographs show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "shows", rename_all = "snake_case")]
pub enum Reading {
    /// The form, with these figures.
    Figures(Figures),
    /// Nothing that anybody could read.
    Illegible,
    /// The protocol of another unit.
    WrongUnit {
        /// The code that stands on it.
        unit: UnitCode,
    },
    /// Another copy of the protocol.
    WrongCopy {
        /// The copy type it is.
        copy: CopyType,
    },
    /// Something that is no results protocol.
    NotAProtocol,
    /// A part of the protocol: a sheet was not photographed.
    SheetMissing,
}

/// Figures as they were typed off a photograph; null where nobody could read one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// By line.
    #[serde(deserialize_with = "unique_map::read")]
    pub lines: BTreeMap<LineCode, Option<Figure>>,
    /// Votes by contest and choice.
    #[serde(deserialize_with = "contests")]
    pub contests: BTreeMap<ContestCode, BTreeMap<ChoiceCode, Option<Figure>>>,
}

impl Reading {
    /// The figures, if it has any.
    pub const fn figures(&self) -> Option<&Figures> {
        match self {
            Self::Figures(figures) => Some(figures),
            Self::Illegible
            | Self::WrongUnit { .. }
            | Self::WrongCopy { .. }
            | Self::NotAProtocol
            | Self::SheetMissing => None,
        }
    }
}

type Choices = BTreeMap<ChoiceCode, Option<Figure>>;

fn contests<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<ContestCode, Choices>, D::Error> {
    let contests: BTreeMap<ContestCode, unique_map::UniqueMap<ChoiceCode, Option<Figure>>> =
        unique_map::read(deserializer)?;
    Ok(contests.into_iter().map(|(contest, choices)| (contest, choices.0)).collect())
}
