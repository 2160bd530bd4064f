//! Every change of a review: made in the transaction that logs its statement, never unmade.

use hattama_proto::{
    id::{RecordId, StatementId},
    time::UnixMillis,
};

use super::super::{
    Batch, Db, Row, Rows, StoreError, Value,
    log::{integer, unsigned},
    records::record_id,
};
use super::{StoredIncident, columns};

/// One change as it is made.
#[derive(Debug)]
pub struct NewChange<'a> {
    /// The incident as it stands after it; its version is the one that the change leads to.
    pub after: &'a StoredIncident,
    /// The state it was in before.
    pub before: &'a str,
    /// The signed statement that says so.
    pub statement: StatementId,
    /// Its kind's name.
    pub kind: &'static str,
    /// What the statement says was changed, JSON.
    pub change: String,
    /// Words that the statement has the hash of, and the salt before them.
    pub words: Option<(&'a str, &'a str)>,
    /// Who.
    pub actor: &'a str,
    /// When.
    pub at: UnixMillis,
    /// Tags given and taken.
    pub tags: Vec<(&'a str, bool)>,
    /// The texts of a new edition, JSON; within it none, where the edition withdraws them.
    pub texts: Option<Option<String>>,
    /// The key it was asked for under, and the hash of what was asked for.
    pub request: Option<(&'a str, &'a str)>,
}

pub(in super::super) const APPEND_CHANGE: &str = "insert into incident_change
     (record_id, version, position, kind, change, words, salt, actor, at_ms)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

pub(in super::super) const APPEND_STEP: &str = "insert into incident_transition
     (record_id, version, from_state, to_state, actor, reason, at_ms)
     values ($1, $2, $3, $4, $5, $6, $7)";

pub(in super::super) const SET_TAG: &str = "insert into incident_tag (tag, record_id, given)
     values ($1, $2, $3)
     on conflict (tag, record_id) do update set given = excluded.given";

pub(in super::super) const APPEND_EDITION: &str = "insert into incident_edition
     (record_id, edition, texts, version, actor, at_ms) values ($1, $2, $3, $4, $5, $6)";

pub(in super::super) const APPEND_REQUEST: &str = "insert into incident_request
     (actor, request_key, asked, record_id, version) values ($1, $2, $3, $4, $5)";

/// Makes a change, if the incident is still at the version before; else the batch fails with a
/// conflict. Goes into the transaction that logs the statement.
pub fn commit_change(new: &NewChange<'_>) -> Batch {
    let (after, record) = (new.after, new.after.record.to_hex());
    let mut batch = Batch::new()
        .step(
            "update incident
                set version = $1, updated_at_ms = $2, state = $3, assignee = $4, in_group = $5,
                    duplicate_of = $6, edition = $7,
                    changed_position = (select position from statement where statement_id = $8)
              where record_id = $9 and version = $10",
            [
                integer(after.version),
                new.at.0.into(),
                after.state.as_str().into(),
                after.assignee.clone().into(),
                after.group.clone().into(),
                after.duplicate_of.map(RecordId::to_hex).into(),
                integer(after.edition),
                new.statement.to_hex().into(),
                record.as_str().into(),
                integer(after.version - 1),
            ],
        )
        .expect_rows(1)
        .step(
            "insert into incident_change
             (record_id, version, position, kind, change, words, salt, actor, at_ms)
             values ($1, $2, (select position from statement where statement_id = $3), $4, $5, $6,
                     $7, $8, $9)",
            [
                record.as_str().into(),
                integer(after.version),
                new.statement.to_hex().into(),
                new.kind.into(),
                new.change.as_str().into(),
                new.words.map(|(words, _)| words).into(),
                new.words.map(|(_, salt)| salt).into(),
                new.actor.into(),
                new.at.0.into(),
            ],
        );
    if new.before != after.state {
        batch = batch.step(
            APPEND_STEP,
            [
                record.as_str().into(),
                integer(after.version),
                new.before.into(),
                after.state.as_str().into(),
                new.actor.into(),
                new.words.map_or("", |(words, _)| words).into(),
                new.at.0.into(),
            ],
        );
    }
    if let Some(original) = &after.duplicate_of {
        // What counts is no duplicate itself, and what is a duplicate counts for no other.
        batch = batch
            .step(
                "update incident set duplicate_of = null
                  where record_id = $1 and duplicate_of is null",
                [original.to_hex().into()],
            )
            .expect_rows(1)
            .step(
                "update incident set duplicate_of = $1
                  where record_id = $2
                    and not exists (select 1 from incident d where d.duplicate_of = $2)",
                [original.to_hex().into(), record.as_str().into()],
            )
            .expect_rows(1);
    }
    if !new.tags.is_empty() {
        let rows: Rows = new
            .tags
            .iter()
            .map(|(tag, given)| [(*tag).into(), record.as_str().into(), Value::from(*given)])
            .collect();
        batch = batch.many_distinct(SET_TAG, rows);
    }
    if let Some(texts) = &new.texts {
        batch = batch.step(
            APPEND_EDITION,
            [
                record.as_str().into(),
                integer(after.edition),
                texts.clone().into(),
                integer(after.version),
                new.actor.into(),
                new.at.0.into(),
            ],
        );
    }
    if let Some((key, asked)) = new.request {
        batch = batch.step(
            APPEND_REQUEST,
            [
                new.actor.into(),
                key.into(),
                asked.into(),
                record.as_str().into(),
                integer(after.version),
            ],
        );
    }
    batch
}

/// What was asked for under a key before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requested {
    /// Hash of what was asked for.
    pub asked: String,
    /// Of which incident.
    pub record: RecordId,
    /// The version it led to.
    pub version: u64,
}

/// What an account asked for under this key before.
pub async fn requested(db: &Db, actor: &str, key: &str) -> Result<Option<Requested>, StoreError> {
    let row = db
        .query_opt(
            "select asked, record_id, version from incident_request
              where actor = $1 and request_key = $2",
            &[actor.into(), key.into()],
        )
        .await?;
    let read = |row: Row| {
        Ok(Requested {
            asked: row.text(0)?.to_owned(),
            record: record_id(row.text(1)?)?,
            version: unsigned(row.int(2)?),
        })
    };
    row.map(read).transpose()
}

/// One step of a review.
#[derive(Clone, Debug)]
pub struct Transition {
    /// The version it led to.
    pub version: u64,
    /// From which state.
    pub from: String,
    /// To which state.
    pub to: String,
    /// Which account decided.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: UnixMillis,
}

/// Every step of one incident, oldest first.
pub async fn transitions(db: &Db, record: &RecordId) -> Result<Vec<Transition>, StoreError> {
    let rows = db
        .query(
            "select version, from_state, to_state, actor, reason, at_ms from incident_transition
              where record_id = $1 order by version",
            &[record.to_hex().into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Transition {
                version: unsigned(row.int(0)?),
                from: row.text(1)?.to_owned(),
                to: row.text(2)?.to_owned(),
                actor: row.text(3)?.to_owned(),
                reason: row.text(4)?.to_owned(),
                at: UnixMillis(row.int(5)?),
            })
        })
        .collect()
}

/// A change as it was logged.
#[derive(Clone, Debug)]
pub struct LoggedChange {
    /// The incident.
    pub record: RecordId,
    /// The version it led to.
    pub version: u64,
    /// Log index of its statement.
    pub position: u64,
    /// What was changed, JSON, as the statement says it.
    pub change: String,
    /// Reason or comment.
    pub words: Option<String>,
    /// What stands before the words in their hash.
    pub salt: Option<String>,
    /// Who.
    pub actor: String,
    /// When.
    pub at: UnixMillis,
}

impl LoggedChange {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            record: record_id(row.text(0)?)?,
            version: unsigned(row.int(1)?),
            position: unsigned(row.int(2)?),
            change: row.text(3)?.to_owned(),
            words: row.opt_text(4)?.map(str::to_owned),
            salt: row.opt_text(5)?.map(str::to_owned),
            actor: row.text(6)?.to_owned(),
            at: UnixMillis(row.int(7)?),
        })
    }
}

/// Every logged change of one incident, oldest first. What was done before changes were logged is
/// among the [`transitions`] only.
pub async fn history(db: &Db, record: &RecordId) -> Result<Vec<LoggedChange>, StoreError> {
    let rows = db
        .query(
            "select record_id, version, position, change, words, salt, actor, at_ms
               from incident_change where record_id = $1 order by version",
            &[record.to_hex().into()],
        )
        .await?;
    rows.iter().map(LoggedChange::read).collect()
}

/// Changes that were logged at `from..until`, with the incidents as they stand now; in log order, at
/// most `limit`.
pub async fn changes_between(
    db: &Db,
    from: u64,
    until: u64,
    limit: u32,
) -> Result<Vec<(LoggedChange, StoredIncident)>, StoreError> {
    let rows = db
        .query(
            concat!(
                "select ",
                columns!(),
                ", c.record_id, c.version, c.position, c.change, c.words, c.salt, c.actor, c.at_ms
                   from incident_change c join incident i on i.record_id = c.record_id
                  where c.position >= $1 and c.position < $2 order by c.position limit $3"
            ),
            &[integer(from), integer(until), limit.into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let change = Row::new(row.values()[19..].to_vec());
            Ok((LoggedChange::read(&change)?, StoredIncident::read(row)?))
        })
        .collect()
}

/// Incidents whose reports were logged at `from..until`, in log order, at most `limit`.
pub async fn received_between(
    db: &Db,
    from: u64,
    until: u64,
    limit: u32,
) -> Result<Vec<StoredIncident>, StoreError> {
    let rows = db
        .query(
            concat!(
                "select ",
                columns!(),
                " from incident i where i.position >= $1 and i.position < $2
                  order by i.position limit $3"
            ),
            &[integer(from), integer(until), limit.into()],
        )
        .await?;
    rows.iter().map(StoredIncident::read).collect()
}

/// The tags of an incident.
pub async fn tags(db: &Db, record: &RecordId) -> Result<Vec<String>, StoreError> {
    let found = tags_of(db, std::slice::from_ref(record)).await?;
    Ok(found.into_iter().next().unwrap_or_default())
}

/// The tags of each of these incidents.
pub async fn tags_of(db: &Db, records: &[RecordId]) -> Result<Vec<Vec<String>>, StoreError> {
    let rows: Vec<[Value; 1]> = records.iter().map(|record| [record.to_hex().into()]).collect();
    let found = db
        .query_many(
            "select tag from incident_tag where record_id = $1 and given = 1 order by tag",
            rows,
        )
        .await?;
    found.iter().map(|rows| rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()).collect()
}

/// Incidents that tell the same event as this one, which counts; in the order of their reports.
pub async fn duplicates(db: &Db, of: &RecordId) -> Result<Vec<RecordId>, StoreError> {
    let rows = db
        .query(
            "select record_id from incident where duplicate_of = $1 order by position",
            &[of.to_hex().into()],
        )
        .await?;
    rows.iter().map(|row| record_id(row.text(0)?)).collect()
}

/// The incidents of a group, newest report first, at most `limit`.
pub async fn group_of(db: &Db, group: &str, limit: u32) -> Result<Vec<StoredIncident>, StoreError> {
    let rows = db
        .query(
            concat!(
                "select ",
                columns!(),
                " from incident i where i.in_group = $1 order by i.position desc limit $2"
            ),
            &[group.into(), limit.into()],
        )
        .await?;
    rows.iter().map(StoredIncident::read).collect()
}

/// What was made public about an incident, or withdrawn.
#[derive(Clone, Debug)]
pub struct Edition {
    /// From 1.
    pub edition: u64,
    /// Texts by language, JSON; none from where on nothing is public.
    pub texts: Option<String>,
    /// Who.
    pub actor: String,
    /// When.
    pub at: UnixMillis,
}

impl Edition {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            edition: unsigned(row.int(0)?),
            texts: row.opt_text(1)?.map(str::to_owned),
            actor: row.text(2)?.to_owned(),
            at: UnixMillis(row.int(3)?),
        })
    }
}

/// Every edition about an incident, oldest first.
pub async fn editions(db: &Db, record: &RecordId) -> Result<Vec<Edition>, StoreError> {
    let rows = db
        .query(
            "select edition, texts, actor, at_ms from incident_edition
              where record_id = $1 order by edition",
            &[record.to_hex().into()],
        )
        .await?;
    rows.iter().map(Edition::read).collect()
}

/// The newest edition about an incident.
pub async fn edition(db: &Db, record: &RecordId) -> Result<Option<Edition>, StoreError> {
    Ok(editions(db, record).await?.pop())
}
