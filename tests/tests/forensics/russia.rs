//! Russia 2004, 2011 and 2018, every precinct: the figures of Kobak, Shpilkin and Pshenichnikov,
//! computed exactly.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read,
};

use hattama_server::forensics::{
    Precinct, control::matched, digits::last_digits, fingerprint::Fingerprint,
    integer::integer_percentages, window::ByTurnout,
};
use serde_json::Value;

use super::{near, shared_data};

/// A row of a published table.
struct Row {
    region: String,
    district: String,
    number: u64,
    figures: Precinct,
}

/// All precincts of a year; none where the data is not there.
fn precincts(year: u16, leader: usize) -> Option<Vec<Row>> {
    let path = shared_data(&format!("russia/{year}.csv.zip"))?;
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut text = String::new();
    archive.by_index(0).unwrap().read_to_string(&mut text).unwrap();
    let mut table = csv::Reader::from_reader(text.as_bytes());
    let rows = table.records().map(|row| {
        let row = row.unwrap();
        let figure = |column: usize| row[column].trim().parse::<u64>().unwrap();
        Row {
            region: row[0].to_owned(),
            district: row[1].to_owned(),
            number: figure(2),
            figures: Precinct {
                registered: figure(3),
                issued: figure(5) + figure(6) + figure(7),
                counted: figure(11) + figure(12),
                votes: figure(leader),
            },
        }
    });
    Some(rows.collect())
}

fn reference() -> Option<Value> {
    let path = shared_data("reference/russia.json")?;
    Some(serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
}

fn check(year: u16, leader: usize, mode: usize) {
    let (Some(rows), Some(reference)) = (precincts(year, leader), reference()) else { return };
    let known = &reference[year.to_string()];
    let figures: Vec<Precinct> = rows.iter().map(|row| row.figures).collect();
    let number = |value: &Value| value.as_f64().unwrap();

    let whole = integer_percentages(&figures);
    assert_eq!(whole.precincts, known["integer"]["eligible"].as_u64().unwrap());
    for (place, seen) in [whole.either, whole.share, whole.turnout].into_iter().enumerate() {
        let known = |name: &str| number(&known["integer"][name][place]);
        assert!(near(seen.observed as f64, known("observed_exact"), 0.0), "{place}: {seen:?}");
        assert!(near(seen.expected, known("expected"), 0.002), "{place}: {seen:?}");
        assert!(near(seen.deviation, known("sd"), 0.002), "{place}: {seen:?}");
        assert!(near(seen.precincts(), known("excess"), 0.002), "{place}: {seen:?}");
        assert!(seen.stands_out());
    }

    let above = ByTurnout::of(&figures).above(mode).unwrap();
    let known_window = &known["shpilkin_fixed_window"];
    assert!(near(above.ratio, number(&known_window["k"]), 1e-6), "{above:?}");
    let votes = number(&known_window["anomalous_leader_votes_above_window"]);
    assert!(near(above.votes, votes, 1.0), "{above:?}");
    let percent = |name: &str| number(&known_window[name]);
    assert!(near(above.of_leader * 100.0, percent("share_of_leader_pct"), 0.001));
    assert!(near(above.share_without * 100.0, percent("corrected_leader_pct"), 0.001));
    assert!(near(above.turnout_without * 100.0, percent("corrected_turnout_pct"), 0.001));

    for (name, seen) in [
        ("last_digit_leader_ge100", last_digits(figures.iter().map(|row| row.votes))),
        ("last_digit_voters_ge100", last_digits(figures.iter().map(|row| row.registered))),
    ] {
        let (seen, known) = (seen.unwrap(), &known[name]);
        assert_eq!(serde_json::to_value(seen.counts).unwrap(), known["counts"]);
        assert!(near(seen.chi_squared, number(&known["chi2"]), 0.000_1), "{seen:?}");
        assert!(near(seen.p / number(&known["p"]), 1.0, 1e-6), "{seen:?}");
        assert!(near(seen.mean, number(&known["mean"]), 0.000_01));
        assert!(near(seen.zeros_and_fives, number(&known["c05s"]), 0.000_01));
        // Significant, and as good as nothing: the reason why the effect stands beside it.
        assert!(seen.effect < 0.05, "{seen:?}");
    }

    let (picture, known) = (Fingerprint::of(&figures), &known["fingerprint"]);
    assert_eq!(picture.precincts, known["stations_ge100"].as_u64().unwrap());
    assert_eq!(picture.corner, known["t>=0.99&v>=0.99"].as_u64().unwrap());
    assert_eq!(picture.complete, known["t==1"].as_u64().unwrap());
    assert!(near(picture.correlation.unwrap(), number(&known["corr_turnout_share"]), 1e-6));
    assert!(near(picture.slope.unwrap(), number(&known["ols_slope_share_on_turnout"]), 1e-6));
    // The reference puts 100 % into the last point below it, and finds points in floating point, so
    // that a few precincts at an edge stand one point off; the fullest point is the same.
    let bins = &known["fingerprint_1pct_floor_bins"];
    let mut points: BTreeMap<(usize, usize), u64> = BTreeMap::new();
    for (turnout, share, count) in picture.cells() {
        *points.entry((turnout.min(99), share.min(99))).or_default() += u64::from(count);
    }
    let (fullest, count) = points.into_iter().max_by_key(|(_, count)| *count).unwrap();
    assert_eq!(serde_json::to_value(fullest).unwrap(), bins["max_bin(turnout,share)"]);
    assert_eq!(count, bins["max_count"].as_u64().unwrap());
}

#[test]
fn russia_2004_gives_the_known_figures() {
    check(2004, 23, 55);
}

#[test]
fn russia_2011_gives_the_known_figures() {
    check(2011, 26, 51);
}

#[test]
fn russia_2018_gives_the_known_figures() {
    check(2018, 18, 62);
}

#[test]
fn machines_of_bashkortostan_say_what_was_published_of_them() {
    let (Some(rows), Some(reference)) = (precincts(2018, 18), reference()) else { return };
    let known = &reference["koib_bashkortostan_2018"];
    let machines: BTreeSet<u64> =
        known["koib_uiks"].as_array().unwrap().iter().map(|uik| uik.as_u64().unwrap()).collect();
    let here = rows.iter().filter(|row| row.region.contains("Башкортостан"));
    let found = matched(
        here.map(|row| (row.district.as_str(), machines.contains(&row.number), &row.figures)),
    );
    assert_eq!(found.districts as u64, known["tiks"].as_u64().unwrap());
    assert_eq!(found.given, known["leader_votes_official"].as_u64().unwrap());
    let excess = known["official_minus_extrapolated"].as_f64().unwrap();
    assert!(near(found.excess(), excess, 0.001), "{found:?}");
}
