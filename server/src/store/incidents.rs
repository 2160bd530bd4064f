//! Incidents as they are reviewed. What was reported stays in its record; here stands what became
//! of it, and every step that led there.

use hattama_proto::{id::RecordId, record::Incident, time::UnixMillis};

use super::{
    Batch, Db, Row, Rows, StoreError, Value,
    log::{integer, unsigned},
    records::record_id,
};

/// Whose report it is, by pseudonym, and where it happened.
#[derive(Debug, Default)]
pub struct Reporter<'a> {
    /// The person, if the device is enrolled.
    pub person: Option<&'a str>,
    /// The organisation, if the device is enrolled.
    pub org: Option<&'a str>,
    /// The region by the register, if the report names a unit.
    pub region: Option<&'a str>,
}

/// The values of a new incident's row, in its first state.
pub fn received(
    record: &RecordId,
    incident: &Incident,
    reporter: &Reporter<'_>,
    state: &'static str,
    at: UnixMillis,
) -> [Value; 12] {
    let categories = serde_json::to_string(&incident.categories).expect("codes are plain data");
    [
        record.to_hex().into(),
        reporter.person.into(),
        reporter.org.into(),
        incident.unit.as_ref().map(|unit| unit.as_str()).into(),
        reporter.region.into(),
        categories.into(),
        incident.phase.as_str().into(),
        incident.severity.name().into(),
        incident.occurred_at.as_ref().map(|time| time.as_str()).into(),
        state.into(),
        Value::Int(0),
        at.0.into(),
    ]
}

pub(super) const ADD: &str = "insert into incident
     (record_id, person, org, unit, region, categories, phase, severity, occurred_at, state,
     version, updated_at_ms)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

/// Adds incidents; the rows are those of [`received`].
pub fn add(rows: Rows) -> Batch {
    Batch::new().many(ADD, rows)
}

/// An incident as it stands.
#[derive(Clone, Debug)]
pub struct StoredIncident {
    /// The record that reported it.
    pub record: RecordId,
    /// Who reported it, by pseudonym.
    pub person: Option<String>,
    /// For which organisation.
    pub org: Option<String>,
    /// Where.
    pub unit: Option<String>,
    /// In which region.
    pub region: Option<String>,
    /// Categories, JSON.
    pub categories: String,
    /// Phase.
    pub phase: String,
    /// Severity.
    pub severity: String,
    /// When it happened, as reported.
    pub occurred_at: Option<String>,
    /// Where its review stands.
    pub state: String,
    /// Counts the steps.
    pub version: u64,
    /// When the last step was taken.
    pub updated_at: UnixMillis,
}

impl StoredIncident {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let text = |column| row.opt_text(column).map(|text| text.map(str::to_owned));
        Ok(Self {
            record: record_id(row.text(0)?)?,
            person: text(1)?,
            org: text(2)?,
            unit: text(3)?,
            region: text(4)?,
            categories: row.text(5)?.to_owned(),
            phase: row.text(6)?.to_owned(),
            severity: row.text(7)?.to_owned(),
            occurred_at: text(8)?,
            state: row.text(9)?.to_owned(),
            version: unsigned(row.int(10)?),
            updated_at: UnixMillis(row.int(11)?),
        })
    }
}

/// Which incidents to list; a field that is none does not limit.
#[derive(Clone, Debug, Default)]
pub struct IncidentFilter {
    /// Only in this state.
    pub state: Option<String>,
    /// Only at this unit.
    pub unit: Option<String>,
    /// Only in this region.
    pub region: Option<String>,
    /// Only of this severity.
    pub severity: Option<String>,
    /// Only of this phase.
    pub phase: Option<String>,
    /// Continue after this one.
    pub after: Option<RecordId>,
}

/// Incidents in the order of their ids, at most `limit`.
pub async fn list(
    db: &Db,
    filter: &IncidentFilter,
    limit: u32,
) -> Result<Vec<StoredIncident>, StoreError> {
    let rows = db
        .query(
            "select record_id, person, org, unit, region, categories, phase, severity, occurred_at,
                    state, version, updated_at_ms
               from incident
              where record_id > $1
                and ($2 = '' or state = $2)
                and ($3 = '' or unit = $3)
                and ($4 = '' or region = $4)
                and ($5 = '' or severity = $5)
                and ($6 = '' or phase = $6)
              order by record_id limit $7",
            &[
                filter.after.map(RecordId::to_hex).unwrap_or_default().into(),
                filter.state.clone().unwrap_or_default().into(),
                filter.unit.clone().unwrap_or_default().into(),
                filter.region.clone().unwrap_or_default().into(),
                filter.severity.clone().unwrap_or_default().into(),
                filter.phase.clone().unwrap_or_default().into(),
                limit.into(),
            ],
        )
        .await?;
    rows.iter().map(StoredIncident::read).collect()
}

/// Where a page of [`newest`] ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IncidentPlace {
    /// When the last one's last step was taken.
    pub updated_at: UnixMillis,
    /// The last one.
    pub record: RecordId,
}

/// Incidents by their last step, newest first, at most `limit`; `after` of the filter is not used.
pub async fn newest(
    db: &Db,
    filter: &IncidentFilter,
    before: Option<IncidentPlace>,
    limit: u32,
) -> Result<Vec<StoredIncident>, StoreError> {
    let (at, record) = before
        .map_or((i64::MAX, String::new()), |before| (before.updated_at.0, before.record.to_hex()));
    let rows = db
        .query(
            "select record_id, person, org, unit, region, categories, phase, severity, occurred_at,
                    state, version, updated_at_ms
               from incident
              where (updated_at_ms < $1 or (updated_at_ms = $1 and record_id < $2))
                and ($3 = '' or state = $3)
                and ($4 = '' or unit = $4)
                and ($5 = '' or region = $5)
                and ($6 = '' or severity = $6)
                and ($7 = '' or phase = $7)
              order by updated_at_ms desc, record_id desc limit $8",
            &[
                Value::Int(at),
                record.into(),
                filter.state.clone().unwrap_or_default().into(),
                filter.unit.clone().unwrap_or_default().into(),
                filter.region.clone().unwrap_or_default().into(),
                filter.severity.clone().unwrap_or_default().into(),
                filter.phase.clone().unwrap_or_default().into(),
                limit.into(),
            ],
        )
        .await?;
    rows.iter().map(StoredIncident::read).collect()
}

/// One incident.
pub async fn by_id(db: &Db, record: &RecordId) -> Result<Option<StoredIncident>, StoreError> {
    let row = db
        .query_opt(
            "select record_id, person, org, unit, region, categories, phase, severity, occurred_at,
                    state, version, updated_at_ms
               from incident where record_id = $1",
            &[record.to_hex().into()],
        )
        .await?;
    row.as_ref().map(StoredIncident::read).transpose()
}

/// How many incidents are in each state.
pub async fn counts(db: &Db) -> Result<Vec<(String, u64)>, StoreError> {
    let rows =
        db.query("select state, count(*) from incident group by state order by state", &[]).await?;
    rows.iter().map(|row| Ok((row.text(0)?.to_owned(), unsigned(row.int(1)?)))).collect()
}

/// The state of every incident.
pub async fn states(db: &Db) -> Result<Vec<(RecordId, String)>, StoreError> {
    let rows = db.query("select record_id, state from incident order by record_id", &[]).await?;
    rows.iter().map(|row| Ok((record_id(row.text(0)?)?, row.text(1)?.to_owned()))).collect()
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

pub(super) const APPEND_STEP: &str = "insert into incident_transition
     (record_id, version, from_state, to_state, actor, reason, at_ms)
     values ($1, $2, $3, $4, $5, $6, $7)";

/// Takes a step, if the incident is still at the version it was decided on; else the batch fails
/// with a conflict.
pub fn step(record: &RecordId, transition: &Transition) -> Batch {
    Batch::new()
        .step(
            "update incident set state = $1, version = $2, updated_at_ms = $3
              where record_id = $4 and version = $5 and state = $6",
            [
                transition.to.as_str().into(),
                integer(transition.version),
                transition.at.0.into(),
                record.to_hex().into(),
                integer(transition.version - 1),
                transition.from.as_str().into(),
            ],
        )
        .expect_rows(1)
        .step(
            APPEND_STEP,
            [
                record.to_hex().into(),
                integer(transition.version),
                transition.from.as_str().into(),
                transition.to.as_str().into(),
                transition.actor.as_str().into(),
                transition.reason.as_str().into(),
                transition.at.0.into(),
            ],
        )
}

/// Every step of one incident, oldest first.
pub async fn history(db: &Db, record: &RecordId) -> Result<Vec<Transition>, StoreError> {
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
