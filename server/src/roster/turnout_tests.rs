//! What holds of every day's turnout.

use proptest::prelude::*;

use super::*;

fn point(at: &str, figure: i64, number: u64) -> TurnoutPoint {
    TurnoutPoint {
        at: TimeOfDay::read(at).unwrap(),
        figure,
        record: RecordId::of(&number.to_le_bytes()),
        position: number,
        claimed_at: String::new(),
        falls: false,
        differs: false,
    }
}

fn series(lines: &[&[(&str, i64)]]) -> TurnoutSeries {
    let mut number = 0;
    let mut lines: Vec<TurnoutLine> = lines
        .iter()
        .enumerate()
        .map(|(who, points)| TurnoutLine {
            person: PersonId::new(&format!("p-{who}")).ok(),
            org: None,
            told: false,
            points: points
                .iter()
                .map(|(at, figure)| {
                    number += 1;
                    point(at, *figure, number)
                })
                .collect(),
        })
        .collect();
    flag(&mut lines);
    TurnoutSeries {
        form: FormCode::new("turnout").unwrap(),
        question: QuestionCode::new("voted").unwrap(),
        lines,
    }
}

#[test]
fn an_hour_is_read_as_people_write_it() {
    let read = |text| TimeOfDay::read(text).map(|at| at.to_string());
    assert_eq!(read("9:05").as_deref(), Some("09:05"));
    assert_eq!(read(" 14.30 ").as_deref(), Some("14:30"));
    for wrong in ["", "14", "24:00", "10:60", "1400:1", "+1:00", "ten"] {
        assert_eq!(read(wrong), None, "{wrong}");
    }
}

#[test]
fn a_figure_that_falls_is_flagged_and_kept() {
    let told = series(&[&[("14:00", 300), ("10:00", 120), ("16:00", 290), ("18:00", 305)]]);
    let points = &told.lines[0].points;
    let figures: Vec<_> = points.iter().map(|one| (one.figure, one.falls)).collect();
    assert_eq!(figures, [(120, false), (300, false), (290, true), (305, false)]);
}

#[test]
fn two_observers_stand_beside_each_other() {
    let told = series(&[&[("10:00", 120), ("12:00", 200)], &[("10:00", 120), ("12:00", 207)]]);
    assert_eq!(told.lines.len(), 2);
    for line in &told.lines {
        let differs: Vec<_> = line.points.iter().map(|one| one.differs).collect();
        assert_eq!(differs, [false, true]);
    }
    let sums = turnout_sums([&told]);
    let range = |sum: &TurnoutSum| (sum.lowest, sum.highest);
    assert_eq!(sums.iter().map(range).collect::<Vec<_>>(), [(120, 120), (200, 207)]);
}

#[test]
fn a_unit_that_fell_silent_stays_with_what_it_told_last() {
    let (one, other) = (series(&[&[("10:00", 50)]]), series(&[&[("10:00", 60), ("12:00", 90)]]));
    let sums = turnout_sums([&one, &other]);
    assert_eq!((sums[1].units, sums[1].fresh, sums[1].lowest), (2, 1, 140));
    assert!(!sums[1].falls);
}

proptest! {
    /// Nothing that was told is lost, averaged or made up.
    #[test]
    fn every_figure_stays(
        told in proptest::collection::vec((0u16..24, 0i64..500), 0..20)
    ) {
        let texts: Vec<(String, i64)> =
            told.iter().map(|(hour, figure)| (format!("{hour:02}:00"), *figure)).collect();
        let points: Vec<(&str, i64)> =
            texts.iter().map(|(at, figure)| (at.as_str(), *figure)).collect();
        let made = series(&[&points]);
        let mut before: Vec<i64> = told.iter().map(|(_, figure)| *figure).collect();
        let mut after: Vec<i64> = made.lines[0].points.iter().map(|one| one.figure).collect();
        before.sort_unstable();
        after.sort_unstable();
        prop_assert_eq!(&before, &after);
        for sum in turnout_sums([&made]) {
            prop_assert!(after.contains(&sum.lowest) && after.contains(&sum.highest));
            prop_assert!(sum.lowest <= sum.highest);
        }
    }
}
