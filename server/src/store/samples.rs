//! The precincts of each draw. Append-only.

use hattama_proto::id::{StatementId, UnitCode};

use super::{Batch, Db, Rows, StoreError, Value, log::integer, records::unreadable};

pub(super) const ADD: &str =
    "insert into sample_unit (statement_id, place, unit) values ($1, $2, $3)";

/// Keeps what was drawn, in the order drawn. Goes into the transaction that logs the draw.
pub fn add(id: &StatementId, units: &[UnitCode]) -> Batch {
    let id = id.to_hex();
    let rows: Rows = (0..)
        .zip(units)
        .map(|(place, unit)| [Value::from(id.as_str()), integer(place), unit.as_str().into()])
        .collect();
    Batch::new().many(ADD, rows)
}

/// What was drawn, in the order drawn; nothing for a draw that is not there.
pub async fn units(db: &Db, id: &StatementId) -> Result<Vec<UnitCode>, StoreError> {
    let rows = db
        .query(
            "select unit from sample_unit where statement_id = $1 order by place",
            &[id.to_hex().into()],
        )
        .await?;
    rows.iter().map(|row| UnitCode::new(row.text(0)?).map_err(|_| unreadable("a unit"))).collect()
}
