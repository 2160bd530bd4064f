//! A batch of records in, one verdict per record out.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

use hattama_proto::{
    id::{PhotoHash, RecordId},
    limits::BATCH_RECORDS_MAX,
    record::Seen,
    time::UnixMillis,
    wire::{DeferredReason, PushReply, PushRequest, RecordVerdict, Verdict},
};

use super::{
    check::{Checked, KeyKnown, check, decided},
    meter::RecordMeter,
    quota::Quota,
};
use crate::{
    book::SharedBook,
    log::{Item, Logged, LoggedEpoch, Outcome, RecordItem, SequenceError, Sequencer},
    store::{self, Batch, Db, StoreError},
};

/// Seconds after which a record that could not be stored is sent again.
const UNAVAILABLE_RETRY_S: u32 = 10;

/// Takes batches. Cheap to clone.
#[derive(Clone)]
pub struct Push {
    db: Db,
    book: SharedBook,
    sequencer: Sequencer,
    quota: Arc<Quota>,
    meter: RecordMeter,
}

/// Why a batch as a whole got no verdicts. Nothing of it was acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// More records than hello announced: send fewer.
    #[error(
        "a batch has at most {BATCH_RECORDS_MAX} records, this one has {0}: send fewer at once"
    )]
    TooMany(usize),
    /// The log did not take it.
    #[error(transparent)]
    Sequence(#[from] SequenceError),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The check stopped half-way, a bug.
    #[error("the check of this batch stopped")]
    Stopped,
}

impl Push {
    /// Takes batches into this log.
    pub fn new(db: Db, book: SharedBook, sequencer: Sequencer) -> Self {
        Self { db, book, sequencer, quota: Arc::default(), meter: RecordMeter::default() }
    }

    /// What was answered.
    pub fn meter(&self) -> &RecordMeter {
        &self.meter
    }

    /// Checks, logs and answers a batch. Everything answered `stored`, `duplicate` or `held` is
    /// durable once it returns.
    pub async fn push(
        &self,
        request: PushRequest,
        from: Option<IpAddr>,
        now: UnixMillis,
    ) -> Result<PushReply, PushError> {
        if request.records.len() > BATCH_RECORDS_MAX {
            return Err(PushError::TooMany(request.records.len()));
        }
        let seen = request.seen.clone();
        if seen.as_ref().is_some_and(|seen| seen.size > self.sequencer.size()) {
            // Another process gave it a newer checkpoint than we know.
            self.sequencer.follow().await?;
        }
        let (mut results, items) = self.check_all(request, from, now).await?;
        let mut checkpoint = None;
        let mut consistency = None;
        let mut epoch = None;
        let mut sent_before = Vec::new();
        if !items.is_empty() {
            let named: Vec<_> = items.iter().map(|item| id_and_photos(item)).collect();
            let items = items.into_iter().map(Item::Record).collect();
            match self.sequencer.append(items).await {
                Ok(appended) => {
                    for ((id, photos), outcome) in named.into_iter().zip(appended.outcomes) {
                        if outcome.logged == Logged::Before {
                            sent_before.extend(photos);
                        }
                        results.push(verdict(id, outcome));
                    }
                    if let Some(seen) = seen {
                        let lost = self.epoch_that_lost(&seen);
                        let from = lost.as_ref().map_or(seen.size, |lost| lost.epoch.kept.size);
                        consistency = self.sequencer.consistency(from, appended.size);
                        epoch = lost.map(|lost| lost.jws);
                    }
                    checkpoint = Some(appended.checkpoint.to_string());
                }
                Err(SequenceError::Overloaded) => {
                    results.extend(named.into_iter().map(|(id, _)| {
                        let mut verdict =
                            decided(id, Verdict::Deferred, DeferredReason::Unavailable.name());
                        verdict.retry_after_s = Some(UNAVAILABLE_RETRY_S);
                        verdict
                    }));
                }
                Err(error) => return Err(error.into()),
            }
        }
        let have = self.whole_photos(&sent_before).await?;
        self.meter.answered(&results);
        Ok(PushReply { results, checkpoint, consistency, epoch, have, server_time: now })
    }

    /// Takes one record of headquarters' own desk, checked like any other, in one transaction with
    /// `with`. Where that conflicts the record is not logged either.
    pub(crate) async fn push_with(
        &self,
        text: &str,
        with: Batch,
        now: UnixMillis,
    ) -> Result<RecordVerdict, PushError> {
        let verdicts = self.push_all_with(&[text.to_owned()], with, now).await?;
        verdicts.into_iter().next().ok_or(PushError::Stopped)
    }

    /// The same for several of one chain, all of them or none; verdicts in their order. Where one is
    /// no evidence, nothing is logged and only its verdict is answered.
    pub(crate) async fn push_all_with(
        &self,
        texts: &[String],
        with: Batch,
        now: UnixMillis,
    ) -> Result<Vec<RecordVerdict>, PushError> {
        let mut items = Vec::with_capacity(texts.len());
        for text in texts {
            match check(text, &BTreeMap::new(), &self.book.read().statements, now) {
                Checked::Decided(verdict) => return Ok(vec![verdict]),
                Checked::Evidence { item, .. } => items.push(item),
            }
        }
        let ids: Vec<RecordId> = items.iter().map(|item| item.id).collect();
        let items = items.into_iter().map(Item::Record).collect();
        let appended = self.sequencer.append_with(items, with).await?;
        Ok(ids
            .into_iter()
            .zip(appended.outcomes)
            .map(|(id, outcome)| verdict(id, outcome))
            .collect())
    }

    /// The epoch that explains why a checkpoint seen before is not of this log; the first one that
    /// does, because from there on all is another history.
    fn epoch_that_lost(&self, seen: &Seen) -> Option<LoggedEpoch> {
        let is_ours = self.sequencer.view().at(seen.size, |at| at.root());
        if is_ours.is_some_and(|root| root.as_bytes() == seen.root.as_bytes()) {
            return None;
        }
        let book = self.book.read();
        book.epochs.iter().find(|one| one.epoch.lost_head(seen.size)).cloned()
    }

    /// Signatures are checked off the connections' threads: a full batch takes milliseconds.
    async fn check_all(
        &self,
        request: PushRequest,
        from: Option<IpAddr>,
        now: UnixMillis,
    ) -> Result<(Vec<RecordVerdict>, Vec<Box<RecordItem>>), PushError> {
        let this = self.clone();
        tokio::task::spawn_blocking(move || {
            // A string that stands twice in a batch is answered once.
            let mut texts: Vec<&str> = Vec::with_capacity(request.records.len());
            for text in &request.records {
                if !texts.contains(&text.as_str()) {
                    texts.push(text);
                }
            }
            let mut results = Vec::new();
            let mut items = Vec::with_capacity(texts.len());
            let book = this.book.read();
            for text in texts {
                match check(text, &request.keys, &book.statements, now) {
                    Checked::Decided(verdict) => results.push(verdict),
                    Checked::Evidence { item, known: KeyKnown::Enrolled } => items.push(item),
                    Checked::Evidence { item, known: KeyKnown::Brought } => {
                        match this.quota.take(item.verified.kid(), from, text.len(), now) {
                            Ok(()) => items.push(item),
                            Err(wait_s) => {
                                let mut verdict = decided(
                                    item.id,
                                    Verdict::Deferred,
                                    DeferredReason::Quota.name(),
                                );
                                verdict.retry_after_s = Some(wait_s);
                                results.push(verdict);
                            }
                        }
                    }
                }
            }
            (results, items)
        })
        .await
        .map_err(|_| PushError::Stopped)
    }

    /// Photos of records that were sent before and are whole already, so that they are not sent
    /// again by a phone that lost the answer.
    async fn whole_photos(&self, photos: &[PhotoHash]) -> Result<Vec<PhotoHash>, StoreError> {
        if photos.is_empty() {
            return Ok(Vec::new());
        }
        store::photos::whole_among(&self.db, photos).await
    }
}

/// A record's id, and the photos it names.
fn id_and_photos(item: &RecordItem) -> (RecordId, Vec<PhotoHash>) {
    let photos = item.record.as_ref().map_or(&[][..], |record| record.claims.body.photos());
    (item.id, photos.iter().map(|photo| photo.sha256).collect())
}

fn verdict(id: RecordId, outcome: Outcome) -> RecordVerdict {
    let (verdict, reason) = match outcome.logged {
        Logged::New => (Verdict::Stored, None),
        Logged::Before => (Verdict::Duplicate, None),
        Logged::Held(reason) => (Verdict::Held, Some(reason.name().to_owned())),
    };
    RecordVerdict { id, verdict, reason, retry_after_s: None, receipt: Some(outcome.receipt) }
}
