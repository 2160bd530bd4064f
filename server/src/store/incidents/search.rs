//! The index of the search, and the filling of rows that an older release left.

use hattama_proto::{id::RecordId, time::UnixMillis};

use super::super::records::record_id;
use super::super::{Batch, Db, Rows, StoreError, Value, log::integer, log::unsigned};

pub(in super::super) const ADD_TOKEN: &str =
    "insert into incident_token (token, position) values ($1, $2)
     on conflict (token, position) do nothing";

/// Adds tokens to what the incident with this report is found by.
pub fn index(position: u64, tokens: impl IntoIterator<Item = String>) -> Batch {
    let rows: Rows =
        tokens.into_iter().map(|token| [Value::from(token), integer(position)]).collect();
    if rows.is_empty() { Batch::new() } else { Batch::new().many(ADD_TOKEN, rows) }
}

/// Incidents that an older release received, after this one: in the order of their ids, with log
/// index and exact string of the report, and when it came.
pub async fn unfilled(
    db: &Db,
    after: &str,
    limit: u32,
) -> Result<Vec<(RecordId, u64, String, UnixMillis)>, StoreError> {
    let rows = db
        .query(
            "select incident.record_id, record.position, record.jws, record.received_at_ms
               from incident join record on record.record_id = incident.record_id
              where incident.position is null and incident.record_id > $1
              order by incident.record_id limit $2",
            &[after.into(), limit.into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok((
                record_id(row.text(0)?)?,
                unsigned(row.int(1)?),
                row.text(2)?.to_owned(),
                UnixMillis(row.int(3)?),
            ))
        })
        .collect()
}

/// Fills the row of an incident that an older release received. Once filled, it stays.
pub fn fill(
    record: &RecordId,
    position: u64,
    received_at: UnixMillis,
    occurred_at: Option<UnixMillis>,
    area: Option<String>,
) -> Batch {
    Batch::new().step(
        "update incident
            set position = $1, changed_position = $1, received_at_ms = $2, occurred_at_ms = $3,
                area = $4
          where record_id = $5 and position is null",
        [
            integer(position),
            received_at.0.into(),
            occurred_at.map(|at| at.0).into(),
            area.into(),
            record.to_hex().into(),
        ],
    )
}
