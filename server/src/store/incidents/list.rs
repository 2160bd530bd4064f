//! What the board of incidents reads: rows that changed, and where a word stands.

use hattama_proto::{id::RecordId, time::UnixMillis};

use super::{
    super::{Db, StoreError, Value, log::integer, log::unsigned},
    StoredIncident, columns,
};

/// An incident that was reported or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedIncident {
    /// As it stands.
    pub incident: StoredIncident,
    /// When it happened, if the report says.
    pub occurred_at: Option<UnixMillis>,
    /// The unit with all above it, see [`area`](super::area).
    pub area: Option<String>,
}

/// Incidents whose last change has this log index or a later one, in the order of those.
pub async fn changed_from(
    db: &Db,
    from: u64,
    limit: u32,
) -> Result<Vec<ChangedIncident>, StoreError> {
    let rows = db
        .query(
            concat!(
                "select ",
                columns!(),
                ", i.occurred_at_ms, i.area from incident i
                  where i.changed_position >= $1 order by i.changed_position limit $2"
            ),
            &[integer(from), limit.into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(ChangedIncident {
                incident: StoredIncident::read(row)?,
                occurred_at: row.opt_int(19)?.map(UnixMillis),
                area: row.opt_text(20)?.map(str::to_owned),
            })
        })
        .collect()
}

/// Log indices of the reports in which one of two tokens stands.
pub async fn positions_with(db: &Db, tokens: &[String; 2]) -> Result<Vec<u64>, StoreError> {
    let [one, other] = tokens;
    let rows = db
        .query(
            "select position from incident_token where token in ($1, $2)",
            &[one.as_str().into(), other.as_str().into()],
        )
        .await?;
    rows.iter().map(|row| Ok(unsigned(row.int(0)?))).collect()
}

/// The exact strings of these reports; none for one that is not there.
pub async fn reports(db: &Db, records: &[RecordId]) -> Result<Vec<Option<String>>, StoreError> {
    let rows: Vec<[Value; 1]> = records.iter().map(|record| [record.to_hex().into()]).collect();
    let found = db.query_many("select jws from record where record_id = $1", rows).await?;
    found
        .iter()
        .map(|rows| rows.first().map(|row| row.text(0).map(str::to_owned)).transpose())
        .collect()
}
