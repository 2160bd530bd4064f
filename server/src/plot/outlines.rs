//! Outlines as paths of a drawing: a plain cylindrical projection, in whole units. Pure.
//!
//! Degrees of longitude are shortened by the cosine of the middle latitude, which is right for one
//! country that is not at a pole and needs nothing from anywhere.

use std::fmt::Write as _;

use hattama_proto::{
    id::UnitCode,
    pack::{Outline, Position},
};

/// Width of the drawing; its height follows.
const WIDTH: f64 = 1000.0;
/// Around it.
const MARGIN: f64 = 6.0;
/// How near each other two numbers may stand, across and down, so that both can be read; narrow windows
/// write them larger.
const APART: (i64, i64) = (110, 56);

/// A drawing.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// Its width, in units of the drawing.
    pub width: i64,
    /// Its height.
    pub height: i64,
    /// Every outline.
    pub areas: Vec<Area>,
}

/// One unit of it.
#[derive(Clone, Debug)]
pub struct Area {
    /// Data of an SVG path.
    pub path: String,
    /// Where its number stands.
    pub at: (i64, i64),
    /// What it says; none for one of which nothing is told.
    pub shape: Option<Shape>,
}

/// What is told of one unit.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Where it leads.
    pub address: String,
    /// What it says in words.
    pub title: String,
    /// The number in its middle.
    pub number: String,
    /// How dense its pattern is.
    pub step: usize,
}

/// Draws the outlines; none where there are none.
pub fn draw(outlines: &[Outline], tell: impl Fn(&UnitCode) -> Option<Shape>) -> Option<Drawing> {
    let all = || outlines.iter().flat_map(Outline::rings).flatten();
    let west = all().map(|at| at.longitude).min()?;
    let east = all().map(|at| at.longitude).max()?;
    let south = all().map(|at| at.latitude).min()?;
    let north = all().map(|at| at.latitude).max()?;
    let middle = f64::midpoint(f64::from(south), f64::from(north)) / 100_000.0;
    let shorter = middle.to_radians().cos();
    let span = (f64::from(east) - f64::from(west)).max(1.0) * shorter;
    let scale = (WIDTH - 2.0 * MARGIN) / span;
    let project = |at: &Position| {
        let x = (f64::from(at.longitude) - f64::from(west)) * shorter * scale + MARGIN;
        let y = (f64::from(north) - f64::from(at.latitude)) * scale + MARGIN;
        (whole(x), whole(y))
    };
    let height = (f64::from(north) - f64::from(south)) * scale + 2.0 * MARGIN;
    let mut places = Vec::new();
    let mut areas: Vec<Area> = Vec::new();
    for outline in outlines {
        let rings: Vec<Vec<(i64, i64)>> =
            outline.rings().map(|ring| ring.iter().map(project).collect()).collect();
        let (at, width) = middle_of(&rings);
        places.push((at, width));
        areas.push(Area { path: path(&rings), at, shape: tell(outline.unit()) });
    }
    for (area, at) in areas.iter_mut().zip(apart(&places)) {
        area.at = at;
    }
    Some(Drawing { width: whole(WIDTH), height: whole(height), areas })
}

/// Where numbers stand that do not cover one another: a city lies within a region, and the larger of
/// two has room to step aside. Places with the widths of their areas.
fn apart(places: &[((i64, i64), i64)]) -> Vec<(i64, i64)> {
    let step_aside = |((x, y), width): &((i64, i64), i64)| {
        let is_near = |((other_x, other_y), other): &&((i64, i64), i64)| {
            other < width && (x - other_x).abs() < APART.0 && (y - other_y).abs() < APART.1
        };
        let aside = places
            .iter()
            .find(is_near)
            .map(|((_, other), _)| if y <= other { other - APART.1 } else { other + APART.1 });
        (*x, aside.unwrap_or(*y))
    };
    places.iter().map(step_aside).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "a drawing is some thousand units high")]
fn whole(value: f64) -> i64 {
    value.round() as i64
}

/// Points that fall together are drawn once.
fn path(rings: &[Vec<(i64, i64)>]) -> String {
    let mut path = String::new();
    for ring in rings {
        let mut last = None;
        for point in ring {
            if last != Some(point) {
                let letter = if last.is_none() { 'M' } else { 'L' };
                let _written = write!(path, "{letter}{} {}", point.0, point.1);
                last = Some(point);
            }
        }
        path.push('Z');
    }
    path
}

/// The middle of the widest ring's frame, where a number stands well enough, and its width.
fn middle_of(rings: &[Vec<(i64, i64)>]) -> ((i64, i64), i64) {
    let frame = |ring: &Vec<(i64, i64)>| {
        let (xs, ys) = (ring.iter().map(|at| at.0), ring.iter().map(|at| at.1));
        Some((xs.clone().min()?, xs.max()?, ys.clone().min()?, ys.max()?))
    };
    let widest = rings.iter().filter_map(frame).max_by_key(|(west, east, ..)| east - west);
    let (west, east, north, south) = widest.unwrap_or_default();
    ((i64::midpoint(west, east), i64::midpoint(north, south)), east - west)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(code: &str, west: i32, south: i32) -> Outline {
        let degrees = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)];
        let ring: Vec<_> =
            degrees.iter().map(|(x, y)| serde_json::json!([west + x, south + y])).collect();
        serde_json::from_value(serde_json::json!({
            "type": "Feature", "properties": {"unit": code},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }))
        .unwrap()
    }

    #[test]
    fn north_is_up_east_is_right_and_all_of_it_is_in_the_frame() {
        let drawing = draw(&[square("a", 10, 0), square("b", 11, 1)], |_| None).unwrap();
        let (a, b) = (&drawing.areas[0], &drawing.areas[1]);
        assert!(b.at.0 > a.at.0 && b.at.1 < a.at.1, "{:?} {:?}", a.at, b.at);
        assert!((drawing.width - drawing.height).abs() < 3, "{}", drawing.height);
        for area in [a, b] {
            assert!(area.at.0 > 0 && area.at.0 < drawing.width);
            assert!(area.at.1 > 0 && area.at.1 < drawing.height);
            assert!(area.path.starts_with('M') && area.path.ends_with('Z'), "{}", area.path);
        }
    }

    #[test]
    fn nothing_and_a_single_point_are_drawn_without_a_fault() {
        assert!(draw(&[], |_| None).is_none());
        let point: Outline = serde_json::from_value(serde_json::json!({
            "type": "Feature", "properties": {"unit": "a"},
            "geometry": {"type": "Polygon", "coordinates": [[[1, 1]]]},
        }))
        .unwrap();
        assert_eq!(draw(&[point], |_| None).unwrap().areas.len(), 1);
    }
    #[test]
    fn the_number_of_a_region_steps_aside_for_that_of_a_city_within_it() {
        let places = [((500, 300), 200), ((510, 310), 40), ((900, 300), 200)];
        assert_eq!(apart(&places), [(500, 310 - APART.1), (510, 310), (900, 300)]);
    }
}
