//! Outlines of units for a map: a part of GeoJSON, bounded.
//!
//! A `FeatureCollection` whose features have a `Polygon` or a `MultiPolygon` and name their unit in
//! the property `unit`; other properties are ignored. Positions are degrees of longitude and
//! latitude (WGS 84), kept in hundred-thousandths of a degree, which is about a metre. Outlines that
//! cross the 180th meridian have to be cut there, as GeoJSON asks for anyway.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::id::UnitCode;

/// Most positions of all outlines together: 64 KiB of a set-up that phones fetch over 2G, and a
/// drawing that stays under 40 kB. Tools that make outlines coarser are common; a map of regions
/// needs no more.
pub const OUTLINE_POSITIONS_MAX: usize = 4_000;

/// Parts of a degree in a [`Position`].
const PER_DEGREE: f64 = 100_000.0;

/// All outlines, as GeoJSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Outlines {
    /// The only kind there is.
    FeatureCollection {
        /// One for each unit that has an outline.
        features: Vec<Outline>,
    },
}

/// One unit's outline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Outline {
    /// The only kind there is.
    Feature {
        /// Whose outline it is.
        properties: OutlineOf,
        /// Where it runs.
        geometry: Geometry,
    },
}

/// Whose outline it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutlineOf {
    /// The unit.
    pub unit: UnitCode,
}

/// Where an outline runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Geometry {
    /// One area: its outer ring, then its holes.
    Polygon {
        /// The rings.
        coordinates: Vec<Vec<Position>>,
    },
    /// Several areas.
    MultiPolygon {
        /// The rings of each.
        coordinates: Vec<Vec<Vec<Position>>>,
    },
}

/// A place on the ground, in hundred-thousandths of a degree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// East of Greenwich.
    pub longitude: i32,
    /// North of the equator.
    pub latitude: i32,
}

impl Outlines {
    /// The outlines, one by one.
    pub fn all(&self) -> &[Outline] {
        let Self::FeatureCollection { features } = self;
        features
    }

    /// Positions of all of them.
    pub fn positions(&self) -> usize {
        self.all().iter().flat_map(Outline::rings).map(<[Position]>::len).sum()
    }
}

impl Outline {
    /// Whose it is.
    pub const fn unit(&self) -> &UnitCode {
        let Self::Feature { properties, .. } = self;
        &properties.unit
    }

    /// Every ring, outer ones and holes alike.
    pub fn rings(&self) -> impl Iterator<Item = &[Position]> {
        let Self::Feature { geometry, .. } = self;
        let (one, several) = match geometry {
            Geometry::Polygon { coordinates } => (Some(coordinates), None),
            Geometry::MultiPolygon { coordinates } => (None, Some(coordinates)),
        };
        one.into_iter().chain(several.into_iter().flatten()).flatten().map(Vec::as_slice)
    }
}

impl Serialize for Position {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let degrees = |parts: i32| f64::from(parts) / PER_DEGREE;
        [degrees(self.longitude), degrees(self.latitude)].serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A height may follow.
        let numbers: Vec<f64> = Deserialize::deserialize(deserializer)?;
        let [longitude, latitude, ..] = numbers.as_slice() else {
            return Err(D::Error::custom("a position has a longitude and a latitude"));
        };
        if !(longitude.abs() <= 180.0 && latitude.abs() <= 90.0) {
            return Err(D::Error::custom(format!(
                "{longitude} {latitude} is no longitude and latitude in degrees"
            )));
        }
        Ok(Self { longitude: parts(*longitude), latitude: parts(*latitude) })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "180 degrees have 18 million parts")]
fn parts(degrees: f64) -> i32 {
    (degrees * PER_DEGREE).round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(geometry: &str) -> Result<Outlines, serde_json::Error> {
        let before = r#"{"type":"FeatureCollection","name":"x","features":[{"type":"Feature",
            "properties":{"unit":"11","area":7},"geometry":"#;
        serde_json::from_str(&format!("{before}{geometry}}}]}}"))
    }

    #[test]
    fn geojson_as_tools_write_it_is_read_and_written_again() {
        let text = r#"{"type":"MultiPolygon","coordinates":[[[[70.123456,50],[71,50.5,340],[70,51],[70.123456,50]]]]}"#;
        let outlines = read(text).unwrap();
        let outline = &outlines.all()[0];
        assert_eq!((outline.unit().as_str(), outlines.positions()), ("11", 4));
        let first = outline.rings().next().unwrap()[0];
        assert_eq!((first.longitude, first.latitude), (7_012_346, 5_000_000));
        let again: Outlines =
            serde_json::from_str(&serde_json::to_string(&outlines).unwrap()).unwrap();
        assert_eq!(again, outlines);
    }

    #[test]
    fn what_is_no_area_on_the_ground_is_refused() {
        for geometry in [
            r#"{"type":"Point","coordinates":[70,50]}"#,
            r#"{"type":"Polygon","coordinates":[[[70]]]}"#,
            r#"{"type":"Polygon","coordinates":[[[170,95]]]}"#,
            r#"{"type":"Polygon","coordinates":[[[1e999,5]]]}"#,
        ] {
            assert!(read(geometry).is_err(), "{geometry}");
        }
    }
}
