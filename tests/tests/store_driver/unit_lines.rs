//! Lines about units: wherever a release put them, they are read, page by page and in order.

use hattama_proto::id::UnitCode;
use hattama_server::store::{
    Db,
    unit_lines::{self, Kept, NewLine},
};
use hattama_tests::on_every_engine;

on_every_engine![
    lines_come_back_in_the_order_of_arrival_wherever_they_were_put,
    a_line_that_comes_again_is_harmless,
    a_page_is_of_whole_units_and_every_unit_is_in_one,
];

fn code(unit: &str) -> UnitCode {
    UnitCode::new(unit).unwrap()
}

async fn add(db: &Db, kept: Kept, lines: &[(&str, u64)]) {
    let units: Vec<UnitCode> = lines.iter().map(|(unit, _)| code(unit)).collect();
    let texts: Vec<String> = lines.iter().map(|(_, position)| line(*position)).collect();
    let new = units.iter().zip(lines).zip(&texts).map(|((unit, (_, position)), line)| NewLine {
        unit,
        position: *position,
        line,
    });
    db.commit(unit_lines::append(kept, new)).await.unwrap();
}

fn line(position: u64) -> String {
    format!("{{\"p\":{position}}}\n")
}

fn lines(positions: &[u64]) -> String {
    positions.iter().map(|position| line(*position)).collect()
}

async fn lines_come_back_in_the_order_of_arrival_wherever_they_were_put(db: Db) {
    add(&db, Kept::Together, &[("1-1", 3), ("1-2", 4), ("1-1", 5)]).await;
    add(&db, Kept::Apart, &[("1-1", 100), ("1-1", 20), ("1-3", 9)]).await;

    let of = unit_lines::of(&db, &code("1-1")).await.unwrap();
    assert_eq!(of.unwrap(), lines(&[3, 5, 20, 100]));
    assert_eq!(unit_lines::of(&db, &code("1-4")).await.unwrap(), None);

    let asked = ["1-3", "1-4", "1-2", "1-1"].map(code);
    let each = unit_lines::of_each(&db, &asked).await.unwrap();
    let expected = [Some(lines(&[9])), None, Some(lines(&[4])), Some(lines(&[3, 5, 20, 100]))];
    assert_eq!(each, expected);
}

async fn a_line_that_comes_again_is_harmless(db: Db) {
    add(&db, Kept::Apart, &[("1-1", 3), ("1-1", 3)]).await;
    add(&db, Kept::Apart, &[("1-1", 3), ("1-2", 3)]).await;
    assert_eq!(unit_lines::of(&db, &code("1-1")).await.unwrap().unwrap(), lines(&[3]));
    assert_eq!(unit_lines::of(&db, &code("1-2")).await.unwrap().unwrap(), lines(&[3]));
}

async fn a_page_is_of_whole_units_and_every_unit_is_in_one(db: Db) {
    add(&db, Kept::Together, &[("a", 1), ("b", 2), ("d", 3)]).await;
    add(&db, Kept::Apart, &[("b", 4), ("b", 5), ("c", 6), ("c", 7), ("e", 8)]).await;
    let expected: [(&str, &[u64]); 5] =
        [("a", &[1]), ("b", &[2, 4, 5]), ("c", &[6, 7]), ("d", &[3]), ("e", &[8])];
    let expected = expected.map(|(unit, positions)| (unit.to_owned(), lines(positions)));
    for limit in 1..=6 {
        let mut all = Vec::new();
        let mut after = String::new();
        loop {
            let page = unit_lines::after(&db, &after, limit).await.unwrap();
            assert!(page.len() <= limit as usize, "{page:?}");
            let Some((last, _)) = page.last() else { break };
            after.clone_from(last);
            all.extend(page);
        }
        assert_eq!(all, expected, "in pages of {limit}");
    }
}
