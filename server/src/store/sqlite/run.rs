//! Statements on one connection: binding, stepping, reading, and what a failure means.

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, Statement, ffi};

use crate::store::batch::Step;
use crate::store::{Batch, Row, Rows, StepOutcome, StoreError, Value};

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(*value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Bytes(value) => ValueRef::Blob(value),
        }))
    }
}

/// Runs the steps within the transaction or savepoint that the caller has opened.
pub(super) fn steps(connection: &Connection, batch: &Batch) -> Result<Vec<StepOutcome>, Mishap> {
    let run = |(index, each): (usize, &Step)| {
        let outcome = step(connection, each).map_err(|mishap| mishap.at_step(index))?;
        if each.expected.allows(outcome.affected) {
            Ok(outcome)
        } else {
            Err(StoreError::Conflict { step: index }.into())
        }
    };
    batch.steps.iter().enumerate().map(run).collect()
}

fn step(connection: &Connection, step: &Step) -> Result<StepOutcome, Mishap> {
    let mut outcome = StepOutcome::default();
    if step.rows.is_empty() {
        return Ok(outcome);
    }
    let mut statement = connection.prepare_cached(step.statement)?;
    let places = places(&statement, step.rows.width())?;
    let answers = statement.column_count() > 0;
    for row in step.rows.iter() {
        bind(&mut statement, &places, row)?;
        let affected = if answers {
            let before = outcome.rows.len();
            read_into(&mut statement, &mut outcome.rows)?;
            outcome.rows.len() - before
        } else {
            statement.raw_execute()?
        };
        outcome.affected += affected as u64;
    }
    Ok(outcome)
}

/// One answer per row of values, all in one read transaction.
pub(super) fn queries(
    connection: &Connection,
    text: &'static str,
    rows: &Rows,
) -> Result<Vec<Vec<Row>>, Mishap> {
    let mut statement = connection.prepare_cached(text)?;
    // Said before SQLite says that a reader cannot: that would be taken for a file made read-only.
    if !statement.readonly() {
        return Err(StoreError::Statement("a query writes nothing; commit a batch".into()).into());
    }
    let places = places(&statement, rows.width())?;
    // A lone statement is its own transaction.
    let moment = if rows.len() > 1 { Some(connection.unchecked_transaction()?) } else { None };
    let mut answers = Vec::with_capacity(rows.len());
    for row in rows.iter() {
        let mut answer = Vec::new();
        bind(&mut statement, &places, row)?;
        read_into(&mut statement, &mut answer)?;
        answers.push(answer);
    }
    drop(moment);
    Ok(answers)
}

/// Which value each parameter takes. SQLite sees `$2` as a name and numbers names as they come,
/// so the number in the name decides, as on PostgreSQL.
fn places(statement: &Statement<'_>, width: usize) -> Result<Vec<usize>, Mishap> {
    let number = |index| {
        let name = statement.parameter_name(index)?;
        name.strip_prefix('$')?.parse::<usize>().ok()?.checked_sub(1).filter(|at| *at < width)
    };
    let count = statement.parameter_count();
    let places: Option<Vec<usize>> = (1..=count).map(number).collect();
    places.filter(|_| count == width).ok_or_else(|| {
        let text = format!("the statement's parameters are not $1 to ${width}");
        StoreError::Statement(text.into()).into()
    })
}

fn bind(statement: &mut Statement<'_>, places: &[usize], row: &[Value]) -> Result<(), Mishap> {
    for (index, place) in places.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, &row[*place])?;
    }
    Ok(())
}

fn read_into(statement: &mut Statement<'_>, answer: &mut Vec<Row>) -> Result<(), Mishap> {
    let columns = statement.column_count();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        let read = |column| read_value(row.get_ref(column)?, column);
        answer.push(Row::new((0..columns).map(read).collect::<Result<_, Mishap>>()?));
    }
    Ok(())
}

fn read_value(value: ValueRef<'_>, column: usize) -> Result<Value, Mishap> {
    let surprise = |found: &str| {
        let (wanted, found) = ("an integer, a text or bytes", found.to_owned());
        Mishap::Told(StoreError::UnexpectedType { column, wanted, found })
    };
    match value {
        ValueRef::Null => Ok(Value::Null),
        ValueRef::Integer(value) => Ok(Value::Int(value)),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Value::Text(text.to_owned())),
            Err(_) => Err(surprise("a text that is not UTF-8")),
        },
        ValueRef::Blob(bytes) => Ok(Value::Bytes(bytes.to_vec())),
        ValueRef::Real(_) => Err(surprise("a number with a fraction")),
    }
}

/// A failure that may still lack the place or the step it is told with.
#[derive(Debug)]
pub(super) enum Mishap {
    Told(StoreError),
    Raw(rusqlite::Error),
}

impl From<StoreError> for Mishap {
    fn from(error: StoreError) -> Self {
        Self::Told(error)
    }
}

impl From<rusqlite::Error> for Mishap {
    fn from(error: rusqlite::Error) -> Self {
        Self::Raw(error)
    }
}

impl Mishap {
    /// A repeated key, said with the step that repeats it.
    fn at_step(self, step: usize) -> Self {
        match &self {
            Self::Raw(error) if repeats_a_key(error) => {
                Self::Told(StoreError::UniqueViolation { step })
            }
            _ => self,
        }
    }

    /// What it means to a caller of the store; `place` is the file.
    pub(super) fn told(self, place: &str) -> StoreError {
        let error = match self {
            Self::Told(error) => return error,
            Self::Raw(error) => error,
        };
        let source = || error.to_string().into();
        if extended_code(&error) == Some(ffi::SQLITE_CONSTRAINT_DATATYPE) {
            return StoreError::Statement(source());
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig) => {
                StoreError::Constraint(source())
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy(source()),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                StoreError::Damaged { place: place.to_owned(), detail: error.to_string() }
            }
            Some(ErrorCode::DiskFull) => StoreError::Full(source()),
            Some(
                ErrorCode::CannotOpen
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::OutOfMemory
                | ErrorCode::PermissionDenied
                // The file or its disk was made read-only beneath us: that is mended outside, and passes.
                | ErrorCode::ReadOnly
                | ErrorCode::SystemIoFailure,
            ) => StoreError::Unavailable(source()),
            _ => StoreError::Statement(source()),
        }
    }
}

fn repeats_a_key(error: &rusqlite::Error) -> bool {
    let codes = [
        ffi::SQLITE_CONSTRAINT_UNIQUE,
        ffi::SQLITE_CONSTRAINT_PRIMARYKEY,
        ffi::SQLITE_CONSTRAINT_ROWID,
    ];
    extended_code(error).is_some_and(|code| codes.contains(&code))
}

pub(super) fn extended_code(error: &rusqlite::Error) -> Option<i32> {
    error.sqlite_error().map(|failure| failure.extended_code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_as_full_and_stores_nothing() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("create table t (x blob) strict").unwrap();
        connection.pragma_update(None, "max_page_count", 8).unwrap();
        let large = vec![[Value::Bytes(vec![7; 30_000])], [Value::Bytes(vec![7; 30_000])]];
        let batch = Batch::new().many("insert into t (x) values ($1)", large);

        let transaction = connection.unchecked_transaction().unwrap();
        let failed = steps(&transaction, &batch).unwrap_err().told("t.db");
        drop(transaction);

        assert!(matches!(failed, StoreError::Full(_)), "{failed:?}");
        let count: i64 =
            connection.query_row("select count(*) from t", [], |row| row.get(0)).unwrap();
        assert_eq!(count, 0);
    }
}
