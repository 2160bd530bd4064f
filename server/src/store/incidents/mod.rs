//! Incidents as they are reviewed. What was reported stays in its record; here stands what became
//! of it, and every change that led there.

mod changes;
mod list;
mod search;

use hattama_proto::{id::RecordId, record::Incident, time::UnixMillis};

pub(super) use self::{
    changes::{APPEND_CHANGE, APPEND_EDITION, APPEND_REQUEST, APPEND_STEP, SET_TAG},
    search::ADD_TOKEN,
};
pub use self::{
    changes::{
        Edition, LoggedChange, NewChange, Requested, Transition, changes_between, commit_change,
        duplicates, edition, editions, group_of, history, received_between, requested, tags,
        tags_of, transitions,
    },
    list::{ChangedIncident, changed_from, positions_with, reports},
    search::{fill, index, unfilled},
};
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
    /// The unit with all above it, see [`area`].
    pub area: Option<String>,
}

/// A unit with all above it, given from the unit upwards: `/COUNTRY/REGION/UNIT/`. What lies below a
/// unit begins with the area of that unit.
pub fn area<'a>(upwards: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut codes: Vec<&str> = upwards.into_iter().collect();
    codes.reverse();
    (!codes.is_empty()).then(|| format!("/{}/", codes.join("/")))
}

/// The values of a new incident's row, in its first state.
pub fn received(
    record: &RecordId,
    position: u64,
    incident: &Incident,
    reporter: &Reporter<'_>,
    state: &'static str,
    at: UnixMillis,
) -> [Value; 17] {
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
        integer(position),
        integer(position),
        at.0.into(),
        incident.occurred_at.as_ref().map(|time| time.to_unix_millis().0).into(),
        reporter.area.clone().into(),
    ]
}

const ADD: &str = "insert into incident
     (record_id, person, org, unit, region, categories, phase, severity, occurred_at, state,
     version, updated_at_ms, position, changed_position, received_at_ms, occurred_at_ms, area)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";

/// Adds incidents; the rows are those of [`received`].
pub fn add(rows: Rows) -> Batch {
    Batch::new().many(ADD, rows)
}

/// An incident as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Counts the changes.
    pub version: u64,
    /// When the last change was made.
    pub updated_at: UnixMillis,
    /// Log index of the report.
    pub position: u64,
    /// Log index of the last change; that of the report where there is none.
    pub changed_position: u64,
    /// When headquarters received the report.
    pub received_at: UnixMillis,
    /// The account that is to look after it.
    pub assignee: Option<String>,
    /// The group that it was put into.
    pub group: Option<String>,
    /// The incident that tells the same event and counts.
    pub duplicate_of: Option<RecordId>,
    /// Counts what was made public about it; 0: nothing yet.
    pub edition: u64,
}

/// The columns that [`StoredIncident::read`] reads, of a table that is called `i`.
macro_rules! columns {
    () => {
        "i.record_id, i.person, i.org, i.unit, i.region, i.categories, i.phase, i.severity,
         i.occurred_at, i.state, i.version, i.updated_at_ms, i.position, i.changed_position,
         i.received_at_ms, i.assignee, i.in_group, i.duplicate_of, i.edition"
    };
}
use columns;

impl StoredIncident {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let text = |column| row.opt_text(column).map(|text| text.map(str::to_owned));
        let number = |column| Ok::<u64, StoreError>(row.opt_int(column)?.map_or(0, unsigned));
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
            position: number(12)?,
            changed_position: number(13)?,
            received_at: UnixMillis(row.opt_int(14)?.unwrap_or_default()),
            assignee: text(15)?,
            group: text(16)?,
            duplicate_of: row.opt_text(17)?.map(record_id).transpose()?,
            edition: number(18)?,
        })
    }
}

/// One incident.
pub async fn by_id(db: &Db, record: &RecordId) -> Result<Option<StoredIncident>, StoreError> {
    let row = db
        .query_opt(
            concat!("select ", columns!(), " from incident i where i.record_id = $1"),
            &[record.to_hex().into()],
        )
        .await?;
    row.as_ref().map(StoredIncident::read).transpose()
}

/// The state of every incident.
pub async fn states(db: &Db) -> Result<Vec<(RecordId, String)>, StoreError> {
    let rows = db.query("select record_id, state from incident order by record_id", &[]).await?;
    rows.iter().map(|row| Ok((record_id(row.text(0)?)?, row.text(1)?.to_owned()))).collect()
}
