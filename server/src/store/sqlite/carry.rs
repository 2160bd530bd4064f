//! Carries the write-ahead log into the file, beside the writer.
//!
//! Left to itself, SQLite does this within whichever commit finds the log long enough. In a large store
//! nearly every page of an index is touched between two such commits, so that one waits for hundreds of
//! megabytes written all over the file, and everybody behind it waits too. Here a connection of its own
//! does it while the writer goes on.
//!
//! The log can begin anew only when all of it is in the file, and under load the carrier never catches
//! up with the writer. So the writer itself carries what is left when the log is long; by then that is
//! little. What is carried is durable in the log already, so that nothing here can lose a commit: a crash
//! in the middle is what the log is for.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::JoinHandle,
};

use rusqlite::{Connection, OpenFlags, hooks::Wal};

use super::{connect, run::Mishap, threads::spawn, wait_for_the_disk};
use crate::store::StoreError;

/// After so many further pages of the log the carrier is called: 128 MiB. Hashes are scattered, so under
/// load nearly every page of an index is changed again and again; each is copied into the file once per
/// call.
const STEP_PAGES: u32 = 32_000;

/// A log of so many pages is brought to its end by the writer: 375 MiB. The price of a long log is disk,
/// and a second of reading it after a crash.
const LONG_PAGES: u32 = 3 * STEP_PAGES;

/// Carries, and asks for the lock of whoever carries. Waits for nobody: what a reader still needs stays.
const CARRY: &str = "pragma wal_checkpoint(passive)";

/// A connection that carries, and the thread that owns it.
pub(super) struct Carrier {
    call: SyncSender<()>,
    thread: JoinHandle<()>,
    /// Pages in the log after the writer's last commit.
    pages: Arc<AtomicU32>,
    due: Due,
}

/// What has to be carried, and by whom. Pure.
#[derive(Debug, Default)]
struct Due {
    /// Length of the log when the carrier was last called, and when the writer last carried.
    called: u32,
    carried: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Nothing,
    CallCarrier,
    CarryHere,
}

impl Due {
    /// What to do about a log of so many pages.
    fn at(&mut self, pages: u32) -> Next {
        if pages < self.called.max(self.carried) {
            // It began anew.
            *self = Self::default();
        }
        if pages >= self.carried + LONG_PAGES {
            return Next::CarryHere;
        }
        if pages >= self.called + STEP_PAGES {
            self.called = pages;
            return Next::CallCarrier;
        }
        Next::Nothing
    }

    /// The writer has carried all that it could.
    fn carried(&mut self, pages: u32) {
        *self = Self { called: pages, carried: pages };
    }
}

impl Carrier {
    /// Takes over from SQLite's own way for what `writer` commits.
    pub(super) fn start(path: &Path, writer: &mut Connection) -> Result<Self, Mishap> {
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        wait_for_the_disk(&connection)?;
        // Both ways hang on the same hook, so this one comes first.
        writer.pragma_update(None, "wal_autocheckpoint", 0)?;
        let pages = Arc::new(AtomicU32::new(0));
        let told = Arc::clone(&pages);
        writer.wal_hook(Some(move |_: &mut Wal, pages: i32| {
            told.store(pages.unsigned_abs(), Ordering::Relaxed);
            Ok(())
        }))?;
        // One call waits at most: it carries all there is by then.
        let (call, called) = sync_channel(1);
        let thread = spawn("store-carrier", move || carry_all(&connection, &called))?;
        Ok(Self { call, thread, pages, due: Due::default() })
    }

    /// After a commit of the writer.
    pub(super) fn look(&mut self, writer: &Connection) {
        let pages = self.pages.load(Ordering::Relaxed);
        match self.due.at(pages) {
            Next::Nothing => {}
            // Full is a call that waits already.
            Next::CallCarrier => drop(self.call.try_send(())),
            // While the carrier is at it, this is refused: the next commit asks again.
            Next::CarryHere => match carry(writer) {
                Ok(true) => self.due.carried(pages),
                Ok(false) => {}
                // It would fail with each commit, and the log loses nothing.
                Err(error) => {
                    tracing::warn!(%error, "the write-ahead log was not carried into the file");
                    self.due.carried(pages);
                }
            },
        }
    }

    /// Lets it finish what it is at.
    pub(super) fn end(self) {
        drop(self.call);
        self.thread.join().ok();
    }
}

fn carry_all(connection: &Connection, called: &Receiver<()>) {
    while called.recv().is_ok() {
        if let Err(error) = carry(connection) {
            tracing::warn!(%error, "the write-ahead log was not carried into the file");
        }
    }
}

/// Carries what can be carried. False if somebody else is at it.
fn carry(connection: &Connection) -> Result<bool, StoreError> {
    let refused: Result<i64, Mishap> =
        connection.query_row(CARRY, [], |row| row.get(0)).map_err(Mishap::from);
    refused.map(|refused| refused == 0).map_err(|mishap| mishap.told("the write-ahead log"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_carrier_is_called_after_each_step_and_the_writer_ends_a_long_log() {
        let mut due = Due::default();
        assert_eq!(due.at(STEP_PAGES - 1), Next::Nothing);
        assert_eq!(due.at(STEP_PAGES + 7), Next::CallCarrier);
        assert_eq!(due.at(STEP_PAGES + 8), Next::Nothing);
        assert_eq!(due.at(2 * STEP_PAGES + 7), Next::CallCarrier);
        assert_eq!(due.at(LONG_PAGES), Next::CarryHere);
        assert_eq!(due.at(LONG_PAGES + 1), Next::CarryHere, "until it could");
        due.carried(LONG_PAGES + 1);
        // A reader holds it: the log goes on, and is tried again when it has grown as much again.
        assert_eq!(due.at(LONG_PAGES + 2), Next::Nothing);
        assert_eq!(due.at(LONG_PAGES + 1 + STEP_PAGES), Next::CallCarrier);
        assert_eq!(due.at(2 * LONG_PAGES + 1), Next::CarryHere);
    }

    #[test]
    fn a_log_that_began_anew_is_counted_from_its_beginning() {
        let mut due = Due::default();
        due.carried(LONG_PAGES);
        assert_eq!(due.at(3), Next::Nothing);
        assert_eq!(due.at(STEP_PAGES), Next::CallCarrier);
    }

    #[test]
    fn what_was_carried_lets_the_log_begin_anew_and_loses_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        let mut writer = Connection::open(&path).unwrap();
        writer.pragma_update(None, "journal_mode", "wal").unwrap();
        writer.execute_batch("create table t (x blob) strict").unwrap();
        let carrier = Carrier::start(&path, &mut writer).unwrap();
        let insert = |writer: &Connection| {
            writer.execute("insert into t (x) values (zeroblob(40000))", []).unwrap();
        };
        insert(&writer);
        let before = carrier.pages.load(Ordering::Relaxed);
        assert!(before > 10, "SQLite tells how long the log is");

        carrier.call.send(()).unwrap();
        // Full again only when the first was taken, and a third when the carrier was through with it.
        carrier.call.send(()).unwrap();
        carrier.call.send(()).unwrap();
        insert(&writer);

        let after = carrier.pages.load(Ordering::Relaxed);
        assert!(after <= before, "the log began anew: {after} pages after {before}");
        carrier.end();
        let rows: i64 = writer.query_row("select count(*) from t", [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 2);
    }
}
