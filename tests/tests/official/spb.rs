//! St Petersburg 2021: several contests in every precinct, and councils for which a voter has several
//! votes. There the sum of votes is more than the valid ballots, and that is no error.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use hattama_proto::{pack::UnitKind, statement::Level};
use hattama_server::official::{Mapping, broken_relations, read_official};
use serde_json::{Value, json};

use super::{register, shared_data};

/// Most members that one of the councils has, and so most votes of a voter.
const MANDATES: u32 = 5;

/// What identifies a protocol: precinct, election, contest.
type Protocol = (String, String, String);

#[test]
fn several_votes_of_one_voter_are_no_error_where_the_set_up_says_so() {
    let Some(folder) = shared_data("spb2021") else { return };
    let mut valid: BTreeMap<Protocol, String> = BTreeMap::new();
    for row in csv::Reader::from_path(folder.join("uik_protocols.csv")).unwrap().deserialize() {
        let row: BTreeMap<String, String> = row.unwrap();
        let key = (row["unit"].clone(), row["election"].clone(), row["contest"].clone());
        valid.insert(key, row["papers_valid_count"].clone());
    }
    // One table, as a commission would publish it: a row for each choice, with the line beside it.
    let mut table = String::from("unit,election,contest,valid,position,votes\n");
    let (mut contests, mut units, mut positions) =
        (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for row in csv::Reader::from_path(folder.join("uik_votes.csv")).unwrap().deserialize() {
        let row: BTreeMap<String, String> = row.unwrap();
        let key = (row["unit"].clone(), row["election"].clone(), row["contest"].clone());
        let (position, votes) = (&row["position"], &row["votes"]);
        let known = valid.get(&key).map_or("", String::as_str);
        let (unit, election, contest) = key;
        writeln!(table, "{unit},{election},{contest},{known},{position},{votes}").unwrap();
        contests.insert((election, contest));
        units.insert(unit);
        positions.insert(position.clone());
    }

    let places: Vec<register::Place> = std::iter::once(("spb".to_owned(), None, UnitKind::Country))
        .chain(units.into_iter().map(|unit| (unit, Some("spb".to_owned()), UnitKind::Precinct)))
        .collect();
    let choices: Vec<String> = positions.iter().map(|position| format!("p{position}")).collect();
    let relation = |op: &str, left: Value| json!({"id": op, "left": [left], "op": op, "right": [{"votes": "list"}], "severity": "hard"});
    let relations = json!([
        relation("eq", json!({"line": "valid"})),
        relation("ge", json!({"times": [MANDATES, "valid"]})),
    ]);
    let (mut protocols, mut unequal, mut more_than_possible) = (0, 0, 0);
    for (election, contest) in contests {
        let marks = format!(",{election},{contest},");
        let here = table.lines().filter(|line| line.contains(&marks));
        let here: BTreeSet<&str> = here.map(|line| line.rsplit(',').nth(1).unwrap()).collect();
        let here: Vec<String> =
            choices.iter().filter(|choice| here.contains(&choice[1..])).cloned().collect();
        let pack = register::pack(places.clone(), &["valid"], &here, &relations);
        let mut mapping = format!(
            "[unit]\ncode = \"{{unit}}\"\n[cells]\nvalid = \"valid\"\n\
             [[only]]\ncolumn = \"election\"\nis = \"{election}\"\n\
             [[only]]\ncolumn = \"contest\"\nis = \"{contest}\"\n\
             [votes]\nchoice = \"position\"\nfigure = \"votes\"\n[votes.choices]\n"
        );
        for choice in &here {
            writeln!(mapping, "\"{}\" = \"list:{choice}\"", &choice[1..]).unwrap();
        }
        let mapping = Mapping::parse(&mapping, &pack).unwrap();
        let rows = read_official(table.as_bytes(), Level::Precinct, &mapping, &pack).unwrap();
        assert_eq!(rows.left_out, [], "{election} {contest}");
        protocols += rows.rows.len();
        for of in broken_relations(&rows, Level::Precinct, &pack) {
            match of.relation.as_str() {
                "eq" => {
                    assert_eq!(election, "municipality", "{contest}: {of:?}");
                    unequal += of.broken;
                }
                _ => more_than_possible += of.broken,
            }
        }
    }
    assert!(protocols > 8_000, "{protocols}");
    assert_eq!(unequal, 24, "more votes than ballots, in councils only");
    assert_eq!(more_than_possible, 0, "sum <= mandates x valid holds everywhere");
}
