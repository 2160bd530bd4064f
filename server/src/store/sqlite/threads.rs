//! The threads that own the connections, and the channels that feed them.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use super::carry::Carrier;
use super::run::{self, Mishap};
use crate::store::{Batch, Row, Rows, StepOutcome, StoreError};

/// How many rows of values share one sync to the disk at most, so that the first batch in a
/// queue does not wait for long: about 50 ms of writing.
const GROUP_ROWS_MAX: usize = 4_096;

type Written = Result<Vec<StepOutcome>, StoreError>;
type Answered = Result<Vec<Vec<Row>>, StoreError>;

enum Write {
    Batch(Batch, oneshot::Sender<Written>),
    Close,
}

enum Read {
    Queries(&'static str, Rows, oneshot::Sender<Answered>),
    Close,
}

/// One writer and some readers. They end when told to, or when this is dropped.
#[derive(Debug)]
pub(super) struct Threads {
    writer: Sender<Write>,
    readers: Sender<Read>,
    running: Mutex<Running>,
}

#[derive(Debug, Default)]
struct Running {
    writer: Option<JoinHandle<()>>,
    readers: Vec<JoinHandle<()>>,
}

impl Threads {
    pub(super) fn start(
        place: &str,
        writer: Connection,
        carrier: Option<Carrier>,
        readers: Vec<Connection>,
    ) -> Result<Self, StoreError> {
        let (write_sender, writes) = channel();
        let (read_sender, reads) = channel();
        let reads = Arc::new(Mutex::new(reads));
        let mut running = Running::default();
        for reader in readers {
            let (place, reads) = (place.to_owned(), Arc::clone(&reads));
            running.readers.push(spawn("store-reader", move || read_all(&place, &reader, &reads))?);
        }
        let place = place.to_owned();
        let write = move || write_all(&place, writer, carrier, &writes);
        running.writer = Some(spawn("store-writer", write)?);
        Ok(Self { writer: write_sender, readers: read_sender, running: Mutex::new(running) })
    }

    pub(super) async fn write(&self, batch: Batch) -> Written {
        let (reply, answer) = oneshot::channel();
        self.writer.send(Write::Batch(batch, reply)).map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    pub(super) async fn read(&self, statement: &'static str, rows: Rows) -> Answered {
        let (reply, answer) = oneshot::channel();
        self.readers.send(Read::Queries(statement, rows, reply)).map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    /// Lets the threads finish what is queued. Readers go first, so that the writer is the last
    /// connection: only then does SQLite fold the write-ahead log into the file and remove it.
    pub(super) async fn close(&self) {
        let running =
            std::mem::take(&mut *self.running.lock().unwrap_or_else(PoisonError::into_inner));
        for _ in &running.readers {
            self.readers.send(Read::Close).ok();
        }
        let writer = self.writer.clone();
        let join = move || {
            for reader in running.readers {
                reader.join().ok();
            }
            writer.send(Write::Close).ok();
            if let Some(thread) = running.writer {
                thread.join().ok();
            }
        };
        tokio::task::spawn_blocking(join).await.ok();
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("the store is closed".into())
}

pub(super) fn spawn(
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, StoreError> {
    let spawned = thread::Builder::new().name(name.to_owned()).spawn(work);
    spawned.map_err(|source| StoreError::Unavailable(source.into()))
}

fn read_all(place: &str, connection: &Connection, reads: &Mutex<Receiver<Read>>) {
    loop {
        let next = reads.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Read::Queries(statement, rows, reply)) = next else { return };
        let answer = run::queries(connection, statement, &rows);
        reply.send(answer.map_err(|mishap| mishap.told(place))).ok();
    }
}

fn write_all(
    place: &str,
    mut connection: Connection,
    mut carrier: Option<Carrier>,
    writes: &Receiver<Write>,
) {
    let mut open = true;
    while open {
        let Ok(Write::Batch(batch, reply)) = writes.recv() else { break };
        let mut rows = batch.row_count();
        let mut group = vec![(batch, reply)];
        while rows < GROUP_ROWS_MAX {
            match writes.try_recv() {
                Ok(Write::Batch(batch, reply)) => {
                    rows += batch.row_count();
                    group.push((batch, reply));
                }
                Ok(Write::Close) => {
                    open = false;
                    break;
                }
                Err(_) => break,
            }
        }
        write_group(place, &mut connection, group);
        if let Some(carrier) = &mut carrier {
            carrier.look(&connection);
        }
    }
    if let Some(carrier) = carrier {
        carrier.end();
    }
    // A file without its log is easier to copy. If it fails, the next start folds the log in.
    connection.pragma_update(None, "wal_checkpoint", "truncate").ok();
    connection.close().ok();
}

fn write_group(
    place: &str,
    connection: &mut Connection,
    group: Vec<(Batch, oneshot::Sender<Written>)>,
) {
    let together = if group.len() > 1 { commit_together(connection, &group).ok() } else { None };
    match together {
        Some(written) => {
            for ((_, reply), written) in group.into_iter().zip(written) {
                reply.send(written.map_err(|mishap| mishap.told(place))).ok();
            }
        }
        // One alone, or the shared transaction is lost (a full disk): nothing is stored yet, and
        // each is told its own fate.
        None => {
            for (batch, reply) in group {
                let written = commit_alone(connection, &batch);
                reply.send(written.map_err(|mishap| mishap.told(place))).ok();
            }
        }
    }
}

fn commit_alone(connection: &mut Connection, batch: &Batch) -> Result<Vec<StepOutcome>, Mishap> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let outcomes = run::steps(&transaction, batch)?;
    transaction.commit()?;
    Ok(outcomes)
}

type Fate = Result<Vec<StepOutcome>, Mishap>;

/// One durable transaction for several batches; each fate is its own. An error means that
/// nothing of any of them is stored.
fn commit_together(
    connection: &mut Connection,
    group: &[(Batch, oneshot::Sender<Written>)],
) -> Result<Vec<Fate>, Mishap> {
    let mut transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut fates = Vec::with_capacity(group.len());
    for (batch, _) in group {
        let savepoint = transaction.savepoint()?;
        let fate = run::steps(&savepoint, batch);
        if fate.is_ok() {
            savepoint.commit()?;
        } else {
            // Fails if SQLite has already rolled back everything.
            savepoint.finish()?;
        }
        fates.push(fate);
    }
    transaction.commit()?;
    Ok(fates)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Value;

    #[test]
    fn a_full_disk_under_one_batch_leaves_its_neighbours_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("create table t (x blob) strict").unwrap();
        connection.pragma_update(None, "max_page_count", 8).unwrap();
        let insert = |size| Batch::new().step("insert into t (x) values ($1)", [bytes(size)]);
        let (replies, answers): (Vec<_>, Vec<_>) = (0..3).map(|_| oneshot::channel()).unzip();
        let group = [insert(100), insert(60_000), insert(100)].into_iter().zip(replies).collect();

        write_group("t.db", &mut connection, group);

        let mut written = answers.into_iter().map(|mut answer| answer.try_recv().unwrap());
        assert!(written.next().unwrap().is_ok());
        assert!(matches!(written.next().unwrap(), Err(StoreError::Full(_))));
        assert!(written.next().unwrap().is_ok());
        let count: i64 =
            connection.query_row("select count(*) from t", [], |row| row.get(0)).unwrap();
        assert_eq!(count, 2);
    }

    fn bytes(size: usize) -> Value {
        Value::Bytes(vec![7; size])
    }
}
