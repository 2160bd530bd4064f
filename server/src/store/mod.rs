//! The store: what headquarters keeps, on SQLite or on PostgreSQL, through one set of statements.
//!
//! ```text
//! nouns (records, incidents, ...)   statements beside the method that runs them
//!          │ Db::query, Db::query_many, Db::commit(Batch)
//!          ▼
//!         db ──┬── sqlite     one writer thread, two readers      (the only file with rusqlite)
//!              └── postgres   a pool, pipelined                   (the only file with its driver)
//! ```
//!
//! # Promises
//!
//! * [`Db::commit`] returns after its batch is durable, so a receipt may leave. All steps of a
//!   batch happen, or none.
//! * A batch that was handed over runs to its end even if the caller stops waiting.
//! * A damaged, foreign or newer database is refused and left as it is.
//! * What was committed is seen by every query that starts afterwards.
//!
//! # Rules that make a statement mean the same on both engines
//!
//! Every store test runs on both; each rule was found or confirmed by that.
//!
//! | do | because |
//! |---|---|
//! | lower case, placeholders `$1` to `$n`, every one of them used | native to PostgreSQL; the SQLite driver maps them by their number |
//! | only integers, texts and bytes; flags 0 and 1 | SQLite has no boolean, the driver no other type |
//! | `case when exists (...) then 1 else 0 end` | a bare `exists` is a boolean on PostgreSQL |
//! | `cast(sum(x) as bigint)` | PostgreSQL sums integers to a decimal |
//! | `on conflict (...) do nothing`, `do update set ... = excluded.x`, `returning`, window functions | both have them |
//! | name the key in `on conflict`, one key per step that can clash | SQLite does not say which constraint was broken |
//! | qualify the old value in `do update`: `t.x \|\| excluded.x` | ambiguous on PostgreSQL otherwise |
//! | list the columns, no `select *` | a later migration adds some |
//! | say `order by`; by keys, integers or `{TEXT}` columns | texts compare byte by byte on both |
//! | no `like`, `for update`, arrays, `now()`, `insert or ...`, `rowid` | different or missing |
//! | no U+0000 in a text | PostgreSQL cannot store it; the driver refuses it on both |
//! | decide by a unique key, by `where version = $n`, by expected rows | isolation differs; reading first and writing later is never safe |
//! | change rows of several keys in the order of the keys | else two batches on PostgreSQL can deadlock, which costs a retry |
//!
//! Tables and their rules: `server/migrations/README.md`.

pub mod accounts;
mod batch;
pub mod carried;
pub mod cosignatures;
mod counts;
mod db;
pub mod devices;
mod error;
pub mod facts;
pub mod forms;
pub mod heard;
pub mod incidents;
mod later_rows;
pub mod log;
pub mod messages;
mod meter;
mod migrate;
pub mod once;
pub mod packs;
pub mod photos;
pub mod pieces;
mod postgres;
pub mod publications;
pub mod records;
pub mod releases;
pub mod role_changes;
pub mod roster;
pub mod samples;
pub mod sessions;
pub mod signer;
pub mod since;
mod snapshot;
mod sqlite;
pub mod statements;
mod table;
pub mod tables;
pub mod transcriptions;
pub mod unit_lines;
pub mod units;
mod url;
mod value;
pub mod vault;
pub mod webhooks;

pub use batch::{Affected, Batch, Rows, StepOutcome};
pub use db::Db;
pub use error::{Cause, StoreError};
pub use meter::StoreMeter;
pub use postgres::{News, Postgres, Turnstile};
pub use snapshot::Snapshot;
pub use sqlite::{FileCheck, FileCheckStop, FileChecked, Sqlite};
pub use url::DatabaseUrl;
pub use value::{Row, Value};
