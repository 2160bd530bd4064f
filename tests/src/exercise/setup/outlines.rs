//! Outlines of the regions for the map. Invented: a board of crooked fields in which every region
//! has one roughly where it lies, and the two cities a small one on top.

use hattama_proto::{
    id::UnitCode,
    pack::{Geometry, Outline, OutlineOf, Outlines, Position},
};

/// The board, from the north-west on.
const BOARD: [[&str; 5]; 3] = [
    ["27", "39", "59", "55", "63"],
    ["23", "15", "35", "11", "63"],
    ["47", "43", "51", "31", "19"],
];

/// A city and the middle of its field, in hundredths of a degree.
const CITIES: [(&str, i32, i32); 2] = [("71", 7_740, 4_660), ("75", 8_500, 4_230)];

/// Half of a city's side, in hundredths of a degree.
const CITY: i32 = 120;

/// The north-western corner, and what one field measures, in hundredths of a degree.
const CORNER: (i32, i32) = (4_700, 5_480);
const FIELD: (i32, i32) = (800, 460);

pub(super) fn outlines() -> Outlines {
    let mut features: Vec<Outline> = Vec::new();
    let mut drawn: Vec<&str> = Vec::new();
    for code in BOARD.iter().flatten() {
        if !drawn.contains(code) {
            drawn.push(code);
            features.push(feature(code, fields(code)));
        }
    }
    features.extend(CITIES.map(|(code, longitude, latitude)| {
        let corners = [(-CITY, -CITY), (CITY, -CITY), (CITY, CITY), (-CITY, CITY), (-CITY, -CITY)];
        let ring = corners.map(|(east, north)| position(longitude + east, latitude + north / 2));
        feature(code, vec![ring.into()])
    }));
    Outlines::FeatureCollection { features }
}

/// The ring around each field of a region.
fn fields(code: &str) -> Vec<Vec<Position>> {
    let places = BOARD.iter().zip(0_i32..).flat_map(|(line, row)| {
        line.iter().zip(0_i32..).map(move |(field, column)| (*field, row, column))
    });
    places
        .filter(|(field, ..)| *field == code)
        .map(|(_, row, column)| {
            // Corners stand at even places of a twice as fine board, middles of edges between them.
            let (row, column) = (2 * row, 2 * column);
            let around = [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0), (0, 0)];
            around.map(|(down, right)| crooked(row + down, column + right)).into()
        })
        .collect()
}

/// A point of the twice as fine board, moved a little; neighbours share it.
fn crooked(row: i32, column: i32) -> Position {
    let (east, south) =
        ((row * 37 + column * 61) % 23 * 6 - 66, (row * 53 + column * 29) % 19 * 4 - 36);
    position(CORNER.0 + column * FIELD.0 / 2 + east, CORNER.1 - row * FIELD.1 / 2 - south)
}

/// A position from hundredths of a degree.
const fn position(longitude: i32, latitude: i32) -> Position {
    Position { longitude: longitude * 1_000, latitude: latitude * 1_000 }
}

fn feature(code: &str, mut rings: Vec<Vec<Position>>) -> Outline {
    let unit = UnitCode::new(code).expect("the codes of the regions are codes");
    let geometry = if rings.len() == 1 {
        Geometry::Polygon { coordinates: vec![rings.remove(0)] }
    } else {
        Geometry::MultiPolygon { coordinates: rings.into_iter().map(|ring| vec![ring]).collect() }
    };
    Outline::Feature { properties: OutlineOf { unit }, geometry }
}
