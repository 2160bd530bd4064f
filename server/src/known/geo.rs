//! Coverage by region as GeoJSON (RFC 7946), for maps that others make.

use std::collections::HashMap;

use hattama_proto::{
    id::UnitCode,
    pack::{Geometry, Outline, Pack, Position},
};
use serde_json::{Value, json};

use super::coverage::{Coverage, RegionCoverage};

/// A `FeatureCollection` with a feature for each region: its outline from the set-up, turned as RFC 7946
/// asks (outer rings counterclockwise, holes clockwise), or `null` where it has none; its figures as
/// properties. Longitude and latitude in WGS 84, and no `crs`, as the RFC has it. What is said of the
/// whole stands beside the features, as a foreign member.
pub fn features(coverage: &Coverage, contest: &str, pack: &Pack, about: &Value) -> Value {
    let outlines: HashMap<&UnitCode, &Outline> =
        pack.units.outlines().iter().map(|outline| (outline.unit(), outline)).collect();
    let feature = |of: &RegionCoverage| {
        let unit = of.region.as_ref().and_then(|region| pack.units.get(region));
        let outline = of.region.as_ref().and_then(|region| outlines.get(region));
        let mut properties = serde_json::to_value(of).unwrap_or_default();
        properties["contest"] = contest.into();
        properties["names"] = unit.map_or(Value::Null, |unit| json!(unit.names));
        json!({
            "type": "Feature",
            "id": of.region.as_ref().map_or("", UnitCode::as_str),
            "properties": properties,
            "geometry": outline.map_or(Value::Null, |outline| geometry(outline)),
        })
    };
    let features: Vec<Value> = coverage.regions.iter().map(feature).collect();
    json!({ "type": "FeatureCollection", "about": about, "features": features })
}

fn geometry(outline: &Outline) -> Value {
    let Outline::Feature { geometry, .. } = outline;
    let turned = |rings: &[Vec<Position>]| -> Value {
        rings.iter().enumerate().map(|(place, ring)| json!(turn(ring, place == 0))).collect()
    };
    match geometry {
        Geometry::Polygon { coordinates } => {
            json!({ "type": "Polygon", "coordinates": turned(coordinates) })
        }
        Geometry::MultiPolygon { coordinates } => {
            let areas: Vec<Value> = coordinates.iter().map(|rings| turned(rings)).collect();
            json!({ "type": "MultiPolygon", "coordinates": areas })
        }
    }
}

/// The ring, running counterclockwise if it is to and clockwise if not.
fn turn(ring: &[Position], counterclockwise: bool) -> Vec<Position> {
    let mut ring = ring.to_vec();
    if (doubled_area(&ring) > 0) != counterclockwise {
        ring.reverse();
    }
    ring
}

/// Twice the area that a ring surrounds; positive where it runs counterclockwise.
fn doubled_area(ring: &[Position]) -> i128 {
    let corner = |one: &Position, next: &Position| {
        i128::from(one.longitude) * i128::from(next.latitude)
            - i128::from(next.longitude) * i128::from(one.latitude)
    };
    ring.iter().zip(ring.iter().cycle().skip(1)).map(|(one, next)| corner(one, next)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(corners: &[(i32, i32)]) -> Vec<Position> {
        corners
            .iter()
            .map(|(longitude, latitude)| Position { longitude: *longitude, latitude: *latitude })
            .collect()
    }

    #[test]
    fn outer_rings_run_counterclockwise_and_holes_clockwise_however_they_were_given() {
        let counterclockwise = ring(&[(0, 0), (9, 0), (9, 9), (0, 9), (0, 0)]);
        let mut clockwise = counterclockwise.clone();
        clockwise.reverse();
        for given in [&counterclockwise, &clockwise] {
            assert_eq!(turn(given, true), counterclockwise);
            assert_eq!(turn(given, false), clockwise);
        }
        assert_eq!(turn(&[], true), []);
    }

    #[test]
    fn an_outline_of_the_set_up_becomes_a_geometry_with_longitude_first() {
        let outline: Outline = serde_json::from_value(json!({
            "type": "Feature", "properties": {"unit": "11"},
            "geometry": {"type": "MultiPolygon", "coordinates": [[[[70, 50], [70, 51], [71, 50], [70, 50]]]]},
        }))
        .unwrap();
        let turned = json!([[[[70.0, 50.0], [71.0, 50.0], [70.0, 51.0], [70.0, 50.0]]]]);
        assert_eq!(geometry(&outline), json!({"type": "MultiPolygon", "coordinates": turned}));
    }
}
