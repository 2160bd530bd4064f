//! What is known and what is not, over real sockets and on both engines: the random sample, coverage,
//! bounds and quick count, indicators for analysts, drawings.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

/// Makes two tests of each: one on SQLite, one on PostgreSQL.
macro_rules! on_both_engines {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { hattama_tests::world::on_sqlite(|world| super::$name(world)) })+
        }
        mod postgres {
            $(#[test] fn $name() { hattama_tests::world::on_postgres(|world| super::$name(world)) })+
        }
    };
}

mod indicators;
mod known;
mod land;
mod pages;
mod sample;
