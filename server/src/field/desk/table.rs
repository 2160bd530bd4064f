//! Many entries at once, from a table of earlier figures.
//!
//! An entry is written once, whoever brings it and in however many files it stands: its key is the
//! hash of what it says, of whom and for whom. So a file that broke off half-way, or comes again,
//! writes what is missing and nothing else.

use std::collections::{BTreeMap, HashMap, HashSet};

use hattama_proto::{
    id::{OrgId, PersonId, RecordId, WordsHash},
    kind::Role,
    limits::BATCH_RECORDS_MAX,
    record::{Body, ResultsProtocol, sign_record},
    time::UnixMillis,
    wire::Verdict,
};

use super::{FieldError, SequenceError, StoreError, TelephoneDesk, Telephoned};
use crate::{
    access::Operator,
    ingest::PushError,
    store::{self, Batch},
};

/// Under whose name entries of tables are noted as written: nobody's, so that two people who bring
/// one file write it once. No account can be called so.
const NOBODY: &str = "*table";

/// What became of the entries of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Written {
    /// Written now.
    pub written: usize,
    /// Written before; nothing changed.
    pub written_before: usize,
    /// Of those written now: how many wait for a check.
    pub held: usize,
}

/// An entry, and the key under which it is written once.
struct Keyed {
    key: String,
    told: Telephoned,
}

impl TelephoneDesk {
    /// Writes results protocols down, in the order given, batch by batch. What was written stays
    /// written where a later batch is refused; the same call again goes on.
    pub async fn write_down_table(
        &self,
        table: Vec<Telephoned>,
        operator: &Operator,
        now: UnixMillis,
    ) -> Result<Written, FieldError> {
        let mut total = Written::default();
        for (org, entries) in self.by_organisation(table, operator).await? {
            for batch in in_batches(entries) {
                let written = self.write_batch(&org, batch, operator, now).await?;
                total.written += written.written;
                total.written_before += written.written_before;
                total.held += written.held;
            }
        }
        Ok(total)
    }

    /// How many of these were written before, and how many were not. Writes nothing.
    pub async fn known_of_table(
        &self,
        table: Vec<Telephoned>,
        operator: &Operator,
    ) -> Result<Written, FieldError> {
        let mut total = Written::default();
        for (_, entries) in self.by_organisation(table, operator).await? {
            let keys: Vec<String> = entries.iter().map(|entry| entry.key.clone()).collect();
            let distinct: HashSet<&String> = keys.iter().collect();
            let before = store::once::done_among(&self.db, NOBODY, &keys).await?.len();
            total.written_before += before;
            total.written += distinct.len() - before;
        }
        Ok(total)
    }

    /// Entries by the organisation for which they were observed: each has a chain of its own.
    async fn by_organisation(
        &self,
        table: Vec<Telephoned>,
        operator: &Operator,
    ) -> Result<BTreeMap<OrgId, Vec<Keyed>>, FieldError> {
        let mut known: HashMap<Option<PersonId>, OrgId> = HashMap::new();
        let mut found: BTreeMap<OrgId, Vec<Keyed>> = BTreeMap::new();
        for told in table {
            self.check(&told.body)?;
            let org = match known.get(&told.person) {
                Some(org) => org.clone(),
                None => {
                    let org = self.org_of(&told, Role::Results, operator).await;
                    let org = org.map_err(|error| match (error, &told.person) {
                        (FieldError::NotFound, Some(person)) => FieldError::Invalid(format!(
                            "headquarters knows nobody called {person}; invite the observer first, \
                             or mend the name in the table"
                        )),
                        (error, _) => error,
                    })?;
                    known.insert(told.person.clone(), org.clone());
                    org
                }
            };
            let Body::Protocol(sheet) = &told.body else {
                return Err(FieldError::Invalid("a table holds results protocols".to_owned()));
            };
            let key = self.key_of(&told, sheet, &org);
            found.entry(org).or_default().push(Keyed { key, told });
        }
        Ok(found)
    }

    /// The key under which an entry is written once: when it was brought does not matter.
    fn key_of(&self, told: &Telephoned, sheet: &ResultsProtocol, org: &OrgId) -> String {
        let election = &self.book.read().pack.election.id;
        let said = (election, org, &told.person, told.channel.name(), sheet);
        let bytes = serde_json::to_vec(&said).expect("what was said is plain data");
        WordsHash::of(&bytes).to_hex()
    }

    async fn write_batch(
        &self,
        org: &OrgId,
        batch: Vec<Keyed>,
        operator: &Operator,
        now: UnixMillis,
    ) -> Result<Written, FieldError> {
        // Between two batches a call that comes in meanwhile is written down.
        let _turn = self.turn.lock().await;
        let keys: Vec<String> = batch.iter().map(|entry| entry.key.clone()).collect();
        let mut done = store::once::done_among(&self.db, NOBODY, &keys).await?;
        let all = batch.len();
        let fresh: Vec<Keyed> =
            batch.into_iter().filter(|entry| done.insert(entry.key.clone())).collect();
        if fresh.is_empty() {
            return Ok(Written { written_before: all, ..Written::default() });
        }
        let key = self.key(org, Role::Results)?;
        self.enrol(&key, org, Role::Results, operator, now).await?;
        let mut end = store::records::chain_end(&self.db, &key.kid()).await?;
        let (mut texts, mut with) = (Vec::new(), Batch::new());
        let written_before = all - fresh.len();
        for entry in fresh {
            let claims = self.claims(entry.told, end, now)?;
            let text = sign_record(&key, &claims)?;
            let record = RecordId::of(text.as_bytes());
            with = with.and(store::once::next_of_desk(&key.kid(), claims.seq, &record, now));
            let answer = record.to_hex();
            let note = store::once::Done { asked: entry.key.clone(), answer };
            with = with.and(store::once::add(NOBODY, &entry.key, &note, now));
            end = Some((claims.seq, record));
            texts.push(text);
        }
        let verdicts = match self.push.push_all_with(&texts, with, now).await {
            // Another process of this headquarters wrote some of them just now.
            Err(PushError::Sequence(SequenceError::Store(error)))
                if matches!(*error, StoreError::UniqueViolation { .. }) =>
            {
                return Err(FieldError::Stale);
            }
            verdicts => verdicts?,
        };
        let mut held = 0;
        for verdict in &verdicts {
            match verdict.verdict {
                Verdict::Stored | Verdict::Duplicate => {}
                Verdict::Held => held += 1,
                Verdict::Deferred | Verdict::Rejected | Verdict::Unknown => {
                    let why = verdict.reason.clone().unwrap_or_default();
                    let what = format!("they could not be written down now ({why})");
                    return Err(FieldError::Invalid(what));
                }
            }
        }
        Ok(Written { written: texts.len(), written_before, held })
    }
}

/// As many as are logged in one group.
fn in_batches(entries: Vec<Keyed>) -> Vec<Vec<Keyed>> {
    let mut batches: Vec<Vec<Keyed>> = Vec::new();
    for entry in entries {
        match batches.last_mut().filter(|batch| batch.len() < BATCH_RECORDS_MAX) {
            Some(batch) => batch.push(entry),
            None => batches.push(vec![entry]),
        }
    }
    batches
}
