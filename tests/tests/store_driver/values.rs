//! Values, parameters and rows mean the same on every engine.

use hattama_server::store::{Batch, Db, Rows, StoreError, Value};
use hattama_tests::on_every_engine;

use super::{INSERT_FORK, INSERT_FORK_ONCE, count_forks, fork, forks, hex64};

on_every_engine![
    every_value_comes_back_as_it_went_in,
    a_text_with_nul_is_refused,
    the_wrong_number_or_type_of_values_is_refused,
    parameters_go_by_their_number,
    texts_sort_byte_by_byte,
];

async fn every_value_comes_back_as_it_went_in(db: Db) {
    const INSERT: &str = "insert into publication
            (publication_id, level, fetched_at_ms, source, media_type, bytes, position, jws)
         values ($1, $2, $3, $4, $5, $6, $7, $8)";
    let all_bytes: Vec<u8> = (0..=255).collect();
    let large = vec![0xA5; 3 << 20];
    let cases: [(i64, &str, Vec<u8>, Option<&str>); 5] = [
        (i64::MIN, "", vec![], None),
        (i64::MAX, "Сайлау учаскесі № 42 \u{1F5F3}", all_bytes, Some("")),
        (0, "line\nline\r\t'quote' \"double\" \\ $1 ; --", vec![0], Some("x")),
        (-1, "\u{FFFF}\u{10FFFF}\u{1}\u{7F}", vec![0, 0], None),
        (1, "large", large, None),
    ];
    for (digit, (number, text, bytes, words)) in "01234".chars().zip(cases) {
        let row = [
            hex64(digit).into(),
            "precinct".into(),
            number.into(),
            text.into(),
            "text/csv".into(),
            bytes.clone().into(),
            Value::Null,
            words.into(),
        ];
        db.commit(Batch::new().step(INSERT, row).expect_rows(1)).await.unwrap();

        let read = "select fetched_at_ms, source, bytes, position, jws
             from publication where publication_id = $1";
        let row = db.query_opt(read, &[hex64(digit).into()]).await.unwrap().unwrap();
        assert_eq!(row.int(0).unwrap(), number);
        assert_eq!(row.text(1).unwrap(), text);
        assert_eq!(row.bytes(2).unwrap(), bytes);
        assert_eq!(row.opt_int(3).unwrap(), None);
        assert_eq!(row.opt_text(4).unwrap(), words);
        assert!(matches!(row.text(0), Err(StoreError::UnexpectedType { column: 0, .. })));
    }
}

async fn a_text_with_nul_is_refused(db: Db) {
    let refused = db.commit(Batch::new().step(INSERT_FORK, fork("a\0b", 1))).await;
    assert!(matches!(refused, Err(StoreError::NulInText)), "{refused:?}");
    let refused = db.query("select seq from fork where kid = $1", &["\0".into()]).await;
    assert!(matches!(refused, Err(StoreError::NulInText)), "{refused:?}");
}

async fn the_wrong_number_or_type_of_values_is_refused(db: Db) {
    let select = "select seq from fork where kid = $1 and seq = $2";
    for row in [vec![], vec!["a".into()], vec!["a".into(), 1.into(), 2.into()]] {
        let refused = db.query(select, &row).await;
        assert!(matches!(refused, Err(StoreError::Statement(_))), "{refused:?}");
        let refused = db.commit(Batch::new().step(INSERT_FORK_ONCE, row.into_iter().take(2))).await;
        assert!(matches!(refused, Err(StoreError::Statement(_))), "{refused:?}");
    }
    let words_as_number = ["a".into(), "many".into(), 0.into()];
    let refused = db.commit(Batch::new().step(INSERT_FORK, words_as_number)).await;
    assert!(matches!(refused, Err(StoreError::Statement(_))), "{refused:?}");
    let refused = db.query("select nothing from nowhere", &[]).await;
    assert!(matches!(refused, Err(StoreError::Statement(_))), "{refused:?}");
    assert_eq!(count_forks(&db).await, 0);
}

async fn parameters_go_by_their_number(db: Db) {
    db.commit(Batch::new().many(INSERT_FORK, forks("a", 0..2))).await.unwrap();
    let outcomes = db
        .commit(
            Batch::new()
                .step(
                    "update fork set found_at_ms = $3 where kid = $1 and seq = $2",
                    ["a".into(), 1.into(), 5.into()],
                )
                .expect_rows(1),
        )
        .await
        .unwrap();
    assert_eq!(outcomes[0].affected, 1);
    let twice = "select seq, found_at_ms from fork
         where kid = $2 and (seq = $1 or seq = $1) and found_at_ms = $3";
    let row = db.query_opt(twice, &[1.into(), "a".into(), 5.into()]).await.unwrap().unwrap();
    assert_eq!((row.int(0).unwrap(), row.int(1).unwrap()), (1, 5));
}

async fn texts_sort_byte_by_byte(db: Db) {
    let kids = ["B", "a-1", "a1", "a 2", "Ә", "ә", "я", "_", "10", "9", "a-10"];
    let rows: Rows = kids.iter().map(|kid| fork(kid, 0)).collect();
    db.commit(Batch::new().many(INSERT_FORK, rows)).await.unwrap();
    let sorted = db.query("select kid from fork order by kid", &[]).await.unwrap();
    let sorted: Vec<&str> = sorted.iter().map(|row| row.text(0).unwrap()).collect();
    let mut expected = kids.to_vec();
    expected.sort_unstable();
    assert_eq!(sorted, expected);
}
