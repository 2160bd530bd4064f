//! Incident review over real sockets, on both engines: what a change promises, who wins a race, what
//! lists and searches find, what streams and webhooks tell.

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

mod assignees;
mod changes;
mod desk;
mod lists;
mod openapi;
mod races;
mod streams;
