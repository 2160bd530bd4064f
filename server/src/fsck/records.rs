//! Records: each is the string that was logged, under a signature that holds. On all cores.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    thread,
};

use hattama_proto::{
    id::{Kid, RecordId},
    jws::Envelope,
    key::PublicKey,
    tlog::LogEntry,
};
use tokio::task::{JoinHandle, spawn_blocking};

use super::{FsckError, Lie, Met, Progress, joined};
use crate::{
    merge::Statements,
    store::{self, Db},
};

/// Records read at once: about 2 MB, and about 50 ms of one core.
const PAGE: u32 = 1024;

/// Checks every record; says how many there are. Pages are read while others are verified, and
/// judged in the order of the log, so that the first lie is the one that is told.
pub(super) async fn check(
    db: &Db,
    entries: &[LogEntry],
    statements: &Statements,
    progress: Progress<'_>,
) -> Result<u64, FsckError> {
    let total = entries.iter().filter(|entry| matches!(entry, LogEntry::Record(_))).count() as u64;
    let keys = Arc::new(keys(db, statements).await?);
    let at_once = 2 * thread::available_parallelism().map_or(1, usize::from);
    let mut met = Met::new(entries);
    let mut under_way: VecDeque<Page> = VecDeque::new();
    let (mut after, mut done, mut more) = (None, 0, true);
    while more || !under_way.is_empty() {
        if more && under_way.len() < at_once {
            let rows = store::records::identified(db, after, PAGE).await?;
            match rows.last() {
                None => more = false,
                Some((last, ..)) => {
                    after = Some(*last);
                    let keys = Arc::clone(&keys);
                    under_way.push_back(spawn_blocking(move || verify(&rows, &keys)));
                }
            }
            continue;
        }
        let Some(page) = under_way.pop_front() else { break };
        let verified = joined(page).await??;
        for (position, id) in &verified {
            met.meet(*position, LogEntry::Record(*id.as_bytes()))?;
        }
        done += verified.len() as u64;
        progress(done, total);
    }
    Ok(met.all(|entry| matches!(entry, LogEntry::Record(_)))?)
}

type Page = JoinHandle<Result<Vec<(u64, RecordId)>, Lie>>;

fn verify(
    rows: &[(u64, RecordId, String)],
    keys: &HashMap<Kid, PublicKey>,
) -> Result<Vec<(u64, RecordId)>, Lie> {
    rows.iter()
        .map(|(position, named, jws)| {
            let id = RecordId::of(jws.as_bytes());
            if id != *named {
                return Err(Lie::Bytes(*position));
            }
            let holds = Envelope::parse(jws).ok().is_some_and(|envelope| {
                let key = keys.get(&envelope.kid());
                key.is_some_and(|key| envelope.verify(key).is_ok())
            });
            if holds { Ok((*position, id)) } else { Err(Lie::Signature(*position)) }
        })
        .collect()
}

/// Every device's key: enrolled by a statement, or brought along. A key is its own name's hash, so
/// the store cannot pass one for another.
async fn keys(db: &Db, statements: &Statements) -> Result<HashMap<Kid, PublicKey>, FsckError> {
    let mut keys: HashMap<Kid, PublicKey> =
        store::devices::brought(db).await?.into_iter().collect();
    keys.extend(
        statements.enrolments().map(|enrolment| (enrolment.public_key.kid(), enrolment.public_key)),
    );
    Ok(keys)
}
