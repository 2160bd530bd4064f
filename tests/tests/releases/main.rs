//! What is made public, by whom, and when; over real sockets.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod altered;
mod complaint;
mod exports;
mod office;
mod public;
mod site;
mod two_people;

/// Makes two tests of each `fn(&mut World)`: on SQLite and on PostgreSQL.
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
pub(crate) use on_both_engines;
