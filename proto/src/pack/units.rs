//! The tree of units: country, regions, territorial commissions, precincts.
//!
//! The register is versioned and late additions are allowed: even the number of precincts differs
//! from source to source until the last polling station abroad has reported.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{Names, OUTLINE_POSITIONS_MAX, Outline, Outlines};
use crate::{id::UnitCode, statement::Level};

/// The register as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitPart {
    /// Version of the register.
    pub version: u32,
    /// All units, parents before children.
    pub units: Vec<Unit>,
    /// Outlines for a map, at most [`OUTLINE_POSITIONS_MAX`] positions; none where nobody made them.
    /// A reader that is older than this member ignores it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlines: Option<Outlines>,
}

/// One unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// Its code.
    pub code: UnitCode,
    /// The unit above; none for the country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<UnitCode>,
    /// Which level it is on.
    pub kind: UnitKind,
    /// Its names; empty where the code is name enough.
    #[serde(default)]
    pub names: Names,
    /// Why it is outside the ordinary frame, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub special: Option<Special>,
    /// Version of the register in which it appeared.
    #[serde(default)]
    pub since: u32,
}

/// The level of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitKind {
    /// The country; one.
    Country,
    /// A region.
    Region,
    /// A territorial commission's area.
    District,
    /// A precinct.
    Precinct,
}

impl UnitKind {
    /// The level of commission that counts for this kind of unit.
    pub const fn level(self) -> Level {
        match self {
            Self::Country => Level::Nation,
            Self::Region => Level::Region,
            Self::District => Level::District,
            Self::Precinct => Level::Precinct,
        }
    }
}

/// Precincts that no territory explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Special {
    /// At a mission abroad.
    Abroad,
    /// In a garrison.
    Military,
    /// In a hospital.
    Hospital,
    /// In a place of detention.
    Detention,
}

/// The register, indexed.
#[derive(Clone, Debug)]
pub struct UnitRegister {
    version: u32,
    units: Vec<Unit>,
    outlines: Option<Outlines>,
    by_code: HashMap<UnitCode, usize>,
    parent: Vec<Option<usize>>,
    children: Vec<Vec<usize>>,
    /// The region each unit lies in, or is: asked for every precinct whenever sums are made.
    region: Vec<Option<usize>>,
}

impl UnitRegister {
    /// Indexes a register; every parent must stand before its children.
    pub fn new(part: UnitPart) -> Result<Self, String> {
        let mut by_code = HashMap::with_capacity(part.units.len());
        let mut parent = Vec::with_capacity(part.units.len());
        let mut region: Vec<Option<usize>> = Vec::with_capacity(part.units.len());
        let mut children = vec![Vec::new(); part.units.len()];
        for (index, unit) in part.units.iter().enumerate() {
            let above = match &unit.parent {
                None => None,
                Some(code) => Some(*by_code.get(code).ok_or_else(|| {
                    format!("unit {} names {code}, which does not stand before it", unit.code)
                })?),
            };
            if by_code.insert(unit.code.clone(), index).is_some() {
                return Err(format!("unit {} stands twice", unit.code));
            }
            if let Some(above) = above {
                let siblings: &mut Vec<usize> = &mut children[above];
                siblings.push(index);
            }
            parent.push(above);
            let of_parent = above.and_then(|above| region[above]);
            region.push(if unit.kind == UnitKind::Region { Some(index) } else { of_parent });
        }
        let (units, outlines) = (part.units, part.outlines);
        let positions = outlines.as_ref().map_or(0, Outlines::positions);
        if positions > OUTLINE_POSITIONS_MAX {
            return Err(format!(
                "the outlines have {positions} positions, at most {OUTLINE_POSITIONS_MAX} are \
                 taken: make them coarser"
            ));
        }
        Ok(Self { version: part.version, units, outlines, by_code, parent, children, region })
    }

    /// Version of the register.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// All units, parents before children.
    pub fn all(&self) -> &[Unit] {
        &self.units
    }

    /// Outlines for a map.
    pub fn outlines(&self) -> &[Outline] {
        self.outlines.as_ref().map_or(&[], Outlines::all)
    }

    /// The unit with this code.
    pub fn get(&self, code: &UnitCode) -> Option<&Unit> {
        self.by_code.get(code).map(|index| &self.units[*index])
    }

    /// Where the unit with this code stands in [`all`](Self::all).
    pub fn position(&self, code: &UnitCode) -> Option<usize> {
        self.by_code.get(code).copied()
    }

    /// Where the parent of the unit at `position` stands; none for the top, or past the end.
    pub fn parent_of(&self, position: usize) -> Option<usize> {
        self.parent.get(position).copied().flatten()
    }

    /// Where the children of the unit at `position` stand.
    pub fn children_of(&self, position: usize) -> &[usize] {
        self.children.get(position).map_or(&[], Vec::as_slice)
    }

    /// The unit and everything above it, nearest first.
    pub fn upwards(&self, code: &UnitCode) -> impl Iterator<Item = &Unit> {
        let mut next = self.by_code.get(code).copied();
        std::iter::from_fn(move || {
            let index = next?;
            next = self.parent[index];
            Some(&self.units[index])
        })
    }

    /// The units directly below.
    pub fn children(&self, code: &UnitCode) -> impl Iterator<Item = &Unit> {
        let indices = self.by_code.get(code).map_or(&[][..], |index| &self.children[*index]);
        indices.iter().map(|index| &self.units[*index])
    }

    /// Whether `code` is `above` or lies below it.
    pub fn is_within(&self, code: &UnitCode, above: &UnitCode) -> bool {
        self.upwards(code).any(|unit| unit.code == *above)
    }

    /// The region a unit lies in, or is.
    pub fn region_of(&self, code: &UnitCode) -> Option<&Unit> {
        let region = self.region[*self.by_code.get(code)?]?;
        Some(&self.units[region])
    }

    /// Where the region stands in which the unit at `position` lies, or which it is; none where there is
    /// none, or past the end.
    pub fn region_at(&self, position: usize) -> Option<usize> {
        self.region.get(position).copied().flatten()
    }

    /// All units of one kind, in register order.
    pub fn of_kind(&self, kind: UnitKind) -> impl Iterator<Item = &Unit> {
        self.units.iter().filter(move |unit| unit.kind == kind)
    }
}
