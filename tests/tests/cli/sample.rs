//! The random sample, what is known and the indicators on the command line.

use std::fs;

use crate::programs::{Bench, tiny_setup};

#[test]
fn a_sample_is_sized_tried_drawn_and_drawn_again_on_this_machine() {
    let mut bench = Bench::new();
    bench.init();
    let _serving = bench.serve();
    let size = bench.hattama(["sample", "size", "--error", "0.05"]).done();
    assert!(size.contains("2 of 2 precincts"), "{size}");
    bench.hattama(["sample", "size", "--error", "5"]).refused(5, "fraction");

    let draw = ["sample", "draw", "--seed", "dice 3 1 4 1 5", "--size", "1", "--by", "region"];
    let tried = bench.hattama(draw.into_iter().chain(["--dry-run"])).done();
    assert!(tried.contains("nothing was logged") && tried.contains("1 special"), "{tried}");
    assert!(bench.hattama(["sample"]).done().contains("Nothing was drawn yet"));
    let drawn = bench.hattama(draw).done();
    assert!(drawn.contains("the sample that counts"), "{drawn}");
    assert_eq!(drawn.lines().next(), tried.lines().next(), "the same precinct");
    let later = bench.hattama(draw).done();
    assert!(later.contains("An earlier draw stands before it"), "{later}");

    let list = bench.hattama(["sample", "list"]).done();
    assert!(list.contains("yes") && list.contains("later"), "{list}");
    let checked = bench.hattama(["sample", "check"]).done();
    assert_eq!(checked.matches(": as drawn,").count(), 2, "{checked}");
    let own = format!("{}/units.json", tiny_setup());
    let with_own = bench.hattama(["sample", "check", "--register", &own]).done();
    assert!(with_own.contains("as drawn"), "{with_own}");
    let altered = bench.arg("units.json");
    fs::write(&altered, fs::read_to_string(&own).unwrap().replace("101", "109")).unwrap();
    let other = bench.hattama(["sample", "check", "--register", &altered]);
    assert!(other.out.contains("NOT as drawn"), "{}", other.out);
    other.refused(1, "not what its seed draws");
}

#[test]
fn what_is_known_is_said_in_sentences_before_numbers() {
    let mut bench = Bench::new();
    bench.init();
    let _serving = bench.serve();
    let said = bench.hattama(["estimate"]).done();
    assert!(said.contains("2 ordinary precincts, 1 special ones apart"), "{said}");
    assert!(said.contains("No sample was drawn"), "{said}");
    bench.hattama(["forensics"]).refused(5, "nobody has a vote yet");

    bench.hattama(["sample", "draw", "--seed", "s", "--size", "2"]).done();
    let file = bench.path("published.csv");
    let rows = "unit,registered,found,invalid,valid,president:saffron,president:indigo\n\
                101,1200,960,6,954,500,454\n102,800,400,2,398,200,198\n";
    fs::write(&file, rows).unwrap();
    let file = file.display().to_string();
    let import = ["official", "import", &file, "--level", "precinct", "--source", "test"];
    bench.hattama(import).done();
    let said = bench.hattama(["estimate"]).done();
    assert!(said.contains("at least 0 of 2 precincts"), "{said}");
    assert!(said.contains("2 were not obtained and count as unaltered"), "{said}");
    assert!(said.contains("Nothing of the sample has come in yet"), "{said}");
    let forensics = bench.hattama(["forensics", "--mode", "50"]).done();
    assert!(forensics.contains("proves nothing by itself"), "{forensics}");
    assert!(forensics.contains("choice saffron: 2 precincts"), "{forensics}");
    assert!(forensics.contains("Window 48 to 52 %"), "{forensics}");
    let json = bench.hattama(["forensics", "--json"]).json();
    assert_eq!(json["precincts"], 2);
}
