//! A file that is not a sound database of ours is refused and left as it is, to the last byte.

use std::fs;
use std::path::{Path, PathBuf};

use hattama_server::store::{Batch, DatabaseUrl, Db, StoreError};
use hattama_tests::engine::{Engine, OPENED_AT, on_sqlite};

use super::{INSERT_FORK, count_forks, forks};

fn file_of(engine: &Engine) -> PathBuf {
    match engine.url() {
        DatabaseUrl::Sqlite(path) => path.clone(),
        DatabaseUrl::Postgres(_) => panic!("only a file can be damaged here"),
    }
}

/// A closed database with some hundred pages.
async fn filled(engine: &Engine) -> PathBuf {
    let db = engine.open().await;
    db.commit(Batch::new().many(INSERT_FORK, forks("a", 0..20_000))).await.unwrap();
    db.close().await;
    file_of(engine)
}

async fn refused_and_untouched(engine: &Engine, path: &Path) -> StoreError {
    let before = fs::read(path).unwrap();
    let error = Db::open(engine.url(), OPENED_AT).await.unwrap_err();
    assert!(fs::read(path).unwrap() == before, "the file was changed");
    error
}

#[test]
fn a_file_that_is_no_database_is_refused_and_untouched() {
    on_sqlite(|engine: Engine| async move {
        let path = file_of(&engine);
        for text in ["SQLite", "an essay on counting, long enough to be a header"] {
            fs::write(&path, text).unwrap();
            let error = refused_and_untouched(&engine, &path).await;
            assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
            assert!(error.to_string().contains("nothing was changed"), "{error}");
        }
    });
}

#[test]
fn a_damaged_page_is_refused_and_untouched() {
    on_sqlite(|engine: Engine| async move {
        let path = filled(&engine).await;
        let sound = fs::read(&path).unwrap();
        // A page behind the middle holds rows; the first one lists the tables, behind the header.
        for start in [(sound.len() / 4 * 3) & !4_095, 100] {
            let mut bytes = sound.clone();
            bytes[start..start + 200].fill(0xEE);
            fs::write(&path, bytes).unwrap();
            let error = refused_and_untouched(&engine, &path).await;
            assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
        }
    });
}

#[test]
fn a_file_that_was_cut_off_is_refused_and_untouched() {
    on_sqlite(|engine: Engine| async move {
        let path = filled(&engine).await;
        let sound = fs::read(&path).unwrap();
        for kept in [sound.len() / 2, sound.len() - 4_096, 300, 100] {
            fs::write(&path, &sound[..kept]).unwrap();
            let error = refused_and_untouched(&engine, &path).await;
            assert!(matches!(error, StoreError::Damaged { .. }), "{kept}: {error:?}");
        }
        fs::write(&path, &sound).unwrap();
        assert_eq!(count_forks(&engine.open().await).await, 20_000);
    });
}

#[test]
fn a_database_of_another_program_is_refused_and_untouched() {
    on_sqlite(|engine: Engine| async move {
        let path = file_of(&engine);
        let other = rusqlite::Connection::open(&path).unwrap();
        other.execute_batch("create table migration (version integer)").unwrap();
        other.close().unwrap();
        let error = Db::open(engine.url(), OPENED_AT).await.unwrap_err();
        assert!(matches!(error, StoreError::Foreign { .. }), "{error:?}");
        let other = rusqlite::Connection::open(&path).unwrap();
        let tables: String = other
            .query_row("select group_concat(name) from sqlite_schema", [], |row| row.get(0))
            .unwrap();
        assert_eq!(tables, "migration");
    });
}

#[test]
fn a_store_that_was_killed_is_opened_with_all_it_had_committed() {
    on_sqlite(|engine: Engine| async move {
        let db = engine.open().await;
        db.commit(Batch::new().many(INSERT_FORK, forks("a", 0..100))).await.unwrap();
        // What a power cut leaves: the file, and a log that was not folded in.
        let path = file_of(&engine);
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("hq.db");
        fs::copy(&path, &copy).unwrap();
        fs::copy(path.with_extension("db-wal"), copy.with_extension("db-wal")).unwrap();

        let again = Db::open(&DatabaseUrl::Sqlite(copy), OPENED_AT).await.unwrap();
        assert_eq!(count_forks(&again).await, 100);
    });
}

#[test]
#[cfg(unix)]
fn only_the_owner_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    on_sqlite(|engine: Engine| async move {
        let db = engine.open().await;
        db.commit(Batch::new().many(INSERT_FORK, forks("a", 0..1))).await.unwrap();
        let path = file_of(&engine);
        for file in [path.clone(), path.with_extension("db-wal"), path.with_extension("db-shm")] {
            assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    });
}
