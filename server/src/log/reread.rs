//! Reading back what was just committed, and hashing it again, before anybody is told.
//!
//! A bit that flips in memory between the check of a signature and the disk, or on the way back,
//! would become a receipt for bytes that nobody can produce. So each group is read from the store
//! and hashed a second time, out of other memory, before its checkpoint is shown and its receipts
//! leave. What this sees is what the database reads, which right after a commit is the system's
//! cache; the disk under it is what `hattama fsck` reads.

use std::{
    collections::BTreeMap,
    sync::{PoisonError, RwLock},
};

use futures_util::future::try_join;
use hattama_proto::{
    id::{RecordId, StatementId},
    tlog::{Hash, LogEntry},
};

use super::{sequencer::SequenceError, task::Stopped, view::Signed};
use crate::store::{self, Db, StoreError, log::Kinds};

/// Leaves read back at once: one group, about 4 MB of records.
const PAGE: u64 = 2048;

/// Reads back the leaves from `first` on, which should have these hashes. Tells the first index
/// at which the store holds something else, if there is one.
pub(super) async fn first_altered(
    db: &Db,
    first: u64,
    leaves: Vec<Hash>,
) -> Result<Option<u64>, StoreError> {
    let mut from = first;
    for page in leaves.chunks(usize::try_from(PAGE).unwrap_or(usize::MAX)) {
        let until = from + page.len() as u64;
        let entries = store::log::entries(db, from, until).await?;
        let kinds = Kinds::of(&entries);
        let (records, said) = try_join(
            when(kinds.records, store::records::strings(db, from, until)),
            when(kinds.statements, store::statements::strings(db, from, until)),
        )
        .await?;
        let page = (from..).zip(page.iter().copied()).collect();
        let altered = compared(page, entries, records, said).await?;
        if altered.is_some() {
            return Ok(altered);
        }
        from = until;
    }
    Ok(None)
}

/// Before a receipt for leaves that others have logged leaves: reads them, and stops the log if one is not
/// what was signed. A phone asks for many at once, so all are read in one crossing.
pub(super) async fn vouch(
    db: &Db,
    tree: &RwLock<Signed>,
    stopped: &Stopped,
    indices: &[u64],
) -> Result<(), SequenceError> {
    if indices.is_empty() {
        return Ok(());
    }
    let leaves: BTreeMap<u64, Hash> = {
        let signed = tree.read().unwrap_or_else(PoisonError::into_inner);
        indices.iter().filter_map(|index| Some((*index, signed.tree.leaf(*index)?))).collect()
    };
    let indices: Vec<u64> = leaves.keys().copied().collect();
    let entries = store::log::entries_at(db, &indices).await?;
    let kinds = Kinds::of(&entries);
    let (records, said) = try_join(
        when(kinds.records, store::records::strings_at(db, &indices)),
        when(kinds.statements, store::statements::strings_at(db, &indices)),
    )
    .await?;
    match compared(leaves.into_iter().collect(), entries, records, said).await? {
        None => Ok(()),
        Some(index) => Err(altered(stopped, index)),
    }
}

/// The store holds something else than was signed: the log stops for good.
pub(super) fn altered(stopped: &Stopped, index: u64) -> SequenceError {
    tracing::error!(index, "ALARM: the store reads back another entry; the log has stopped");
    stopped.get_or_init(|| SequenceError::Altered(index)).clone()
}

/// The answer, or nothing where there is nothing to ask for: on a night most groups are of one kind.
pub(super) async fn when<T: Default>(
    is_needed: bool,
    answer: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    if is_needed { answer.await } else { Ok(T::default()) }
}

/// Hashes what was read, beside what else is done.
async fn compared(
    leaves: Vec<(u64, Hash)>,
    stored: Vec<store::log::StoredLeaf>,
    records: Vec<(u64, String)>,
    said: Vec<(u64, String)>,
) -> Result<Option<u64>, StoreError> {
    let compare = move || compare(&leaves, &stored, &records, &said);
    let compared = tokio::task::spawn_blocking(compare).await;
    compared.map_err(|stopped| StoreError::Unavailable(stopped.into()))
}

/// The first of these leaves that the store holds otherwise; all in the order of the log. Pure.
fn compare(
    leaves: &[(u64, Hash)],
    stored: &[store::log::StoredLeaf],
    records: &[(u64, String)],
    said: &[(u64, String)],
) -> Option<u64> {
    let (mut stored, mut records, mut said) = (stored.iter(), records.iter(), said.iter());
    for &(index, hash) in leaves {
        let entry = stored
            .next()
            .filter(|leaf| leaf.position == index && leaf.hash == hash)
            .and_then(store::log::StoredLeaf::proven);
        let holds = match entry {
            None => false,
            Some(LogEntry::Record(id)) => records.next().is_some_and(|(position, text)| {
                *position == index && *RecordId::of(text.as_bytes()).as_bytes() == id
            }),
            Some(LogEntry::Statement(id)) => said.next().is_some_and(|(position, text)| {
                *position == index && *StatementId::of(text.as_bytes()).as_bytes() == id
            }),
            // Its bytes were hashed when they were whole on the disk.
            Some(LogEntry::Photo(_)) => true,
        };
        if !holds {
            return Some(index);
        }
    }
    None
}
