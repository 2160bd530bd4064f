//! The paper on which a commission records its count.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::{Figure, Photo, unique_map};
use crate::id::{
    ChoiceCode, ContestCode, CopyType, FormCode, LineCode, PhotoHash, TableCode, UnitCode,
};

/// One copy of a results protocol as one person read it.
///
/// The unit is a precinct, or a higher commission and its summary table. Every figure stands as it
/// was read: nothing is computed, nothing is filled in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResultsProtocol {
    /// Whose protocol it is.
    pub unit: UnitCode,
    /// Which summary table, for a higher commission that keeps several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<TableCode>,
    /// The form, by its code in the election set-up.
    pub form: FormCode,
    /// Which document was photographed.
    pub copy: CopyType,
    /// Number printed or written on the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_number: Option<String>,
    /// Time printed or written on the document, as it stands there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_time: Option<String>,
    /// Figures by line; null where nobody could read it.
    #[serde(deserialize_with = "unique_map::read")]
    pub lines: BTreeMap<LineCode, Option<Figure>>,
    /// Votes by contest and choice; null where nobody could read it. A contest with a sheet of its
    /// own is a record of its own.
    #[serde(deserialize_with = "contests")]
    pub contests: BTreeMap<ContestCode, BTreeMap<ChoiceCode, Option<Figure>>>,
    /// How a line looks, where that matters.
    #[serde(
        default,
        skip_serializing_if = "BTreeMap::is_empty",
        deserialize_with = "unique_map::read"
    )]
    pub marks: BTreeMap<LineCode, Vec<Mark>>,
    /// The photographs of this document, and their smaller pictures.
    pub photos: Vec<Photo>,
    /// What the document carries.
    #[serde(default)]
    pub flags: SheetFlags,
}

/// How a figure looks on the paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Written over another figure.
    Overwritten,
    /// Struck out.
    StruckOut,
    /// Nobody could read it.
    Illegible,
    /// In pencil.
    Pencil,
    /// A mark that a newer version knows.
    #[serde(other)]
    Other,
}

/// What the document carries; null where nobody looked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetFlags {
    /// Signed by chair and secretary.
    #[serde(default)]
    pub signed: Option<bool>,
    /// Sealed.
    #[serde(default)]
    pub sealed: Option<bool>,
    /// Every page was photographed.
    #[serde(default)]
    pub every_page: Option<bool>,
}

impl ResultsProtocol {
    /// Hashes of the original photographs, sorted: two entries with the same ones are two readings
    /// of one picture and do not corroborate each other.
    pub fn originals(&self) -> Vec<PhotoHash> {
        let mut originals: Vec<_> = self
            .photos
            .iter()
            .filter(|photo| photo.role == super::PhotoRole::Original)
            .map(|photo| photo.sha256)
            .collect();
        originals.sort_unstable();
        originals
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
