//! Values as the server takes them: one by one, or a column of many rows as an array.

use bytes::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::failure::BindError;
use crate::store::{Rows, Value};

impl ToSql for Value {
    fn to_sql(
        &self,
        wanted: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match (self, wanted) {
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::Int(value), &Type::INT8) => value.to_sql(wanted, out),
            // What PostgreSQL takes `$1 + 1` for.
            (Self::Int(value), &Type::INT4) => i32::try_from(*value)?.to_sql(wanted, out),
            (Self::Text(value), &Type::TEXT | &Type::VARCHAR) => value.to_sql(wanted, out),
            (Self::Bytes(value), &Type::BYTEA) => value.to_sql(wanted, out),
            _ => Err(BindError { bound: self.type_name(), wanted: wanted.to_string() }.into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// What a cast calls these types; none if a value of the store can have none of them.
pub(super) fn names(types: &[Type]) -> Option<Vec<&'static str>> {
    let name = |kind: &Type| match *kind {
        Type::INT8 => Some("bigint"),
        Type::INT4 => Some("integer"),
        Type::TEXT | Type::VARCHAR => Some("text"),
        Type::BYTEA => Some("bytea"),
        _ => None,
    };
    types.iter().map(name).collect()
}

/// The columns of `rows`, for a statement that takes an array for each.
pub(super) fn columns(rows: &Rows) -> Vec<Vec<&Value>> {
    let column = |number| rows.iter().map(|row: &[Value]| &row[number]).collect();
    (0..rows.width()).map(column).collect()
}
