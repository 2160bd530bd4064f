//! Albania 2013: the table that the Election Forensics Toolkit publishes.

use std::collections::BTreeMap;

use hattama_server::forensics::{digits, moments::moments};
use serde_json::Value;

use super::{near, shared_data};

#[test]
fn the_published_table_of_albania_comes_out() {
    let Some(path) = shared_data("albania2013/Albania2013.csv") else { return };
    let Some(reference) = shared_data("reference/other.json") else { return };
    let reference: Value = serde_json::from_slice(&std::fs::read(reference).unwrap()).unwrap();
    let rows = &reference["albania2013_EFToolkit_table"]["published_rows"];
    let mut prefectures: BTreeMap<String, Vec<(u64, u64)>> = BTreeMap::new();
    let mut table = csv::Reader::from_path(path).unwrap();
    for row in table.records().map(Result::unwrap) {
        let figure = |column: usize| row[column].parse::<u64>().unwrap_or_default();
        prefectures.entry(row[1].to_owned()).or_default().push((figure(4), figure(5)));
    }
    for (prefecture, row) in rows.as_object().unwrap() {
        let precincts = &prefectures[prefecture];
        let ballots = || precincts.iter().map(|(ballots, _)| *ballots);
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let turnout: Vec<f64> = precincts
            .iter()
            .filter(|(_, registered)| *registered > 0)
            .map(|(ballots, registered)| *ballots as f64 / *registered as f64)
            .collect();
        let percents = precincts.iter().filter(|(_, registered)| *registered > 0).map(
            // Rounded to the nearest percent, in integers.
            |(ballots, registered)| (200 * ballots + registered) / (2 * registered),
        );
        let shape = moments(&turnout).unwrap();
        let seen = [
            digits::second_digit_mean(ballots()).unwrap(),
            digits::zeros_and_fives(percents).unwrap(),
            digits::zeros_and_fives(ballots()).unwrap(),
            shape.skewness,
            shape.kurtosis,
        ];
        for (column, seen) in seen.into_iter().enumerate() {
            let published = row[column].as_f64().unwrap();
            assert!(near(seen, published, 0.000_51), "{prefecture} {column}: {seen} {published}");
        }
        assert_eq!(precincts.len() as u64, row[5].as_u64().unwrap(), "{prefecture}");
    }
}
