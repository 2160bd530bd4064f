//! Statements on one session: binding, pipelining, reading.

use bytes::BytesMut;
use deadpool_postgres::Transaction;
use futures_util::stream::{FuturesOrdered, TryStreamExt};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{RowStream, Statement};

use super::failure::{BindError, told, told_of_step};
use crate::store::{Batch, Row, Rows, StepOutcome, StoreError, Value};

/// How many rows of values are under way at most. Enough to hide the way to the server and back,
/// few enough to keep what is buffered small.
const UNDER_WAY: usize = 256;

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

/// Runs the steps within the transaction that the caller has opened.
///
/// All rows of a step are under way together. The first failure in the order of the rows is
/// reported, because PostgreSQL refuses everything after it.
pub(super) async fn steps(
    transaction: &Transaction<'_>,
    batch: &Batch,
) -> Result<Vec<StepOutcome>, StoreError> {
    let mut outcomes = Vec::with_capacity(batch.len());
    for (index, step) in batch.steps.iter().enumerate() {
        let mut outcome = StepOutcome::default();
        if !step.rows.is_empty() {
            let prepared = transaction.prepare_cached(step.statement).await.map_err(told)?;
            refuse_width(&prepared, step.rows.width())?;
            outcome = run(transaction, &prepared, &step.rows)
                .await
                .map_err(|failure| failure.at_step(index))?;
        }
        if !step.expected.allows(outcome.affected) {
            return Err(StoreError::Conflict { step: index });
        }
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

async fn run(
    transaction: &Transaction<'_>,
    prepared: &Statement,
    rows: &Rows,
) -> Result<StepOutcome, Failure> {
    let answers = pipeline(transaction, prepared, rows).await?;
    let affected_each: Vec<u64> = answers.iter().map(|answer| answer.affected).collect();
    Ok(StepOutcome {
        affected: affected_each.iter().sum(),
        affected_each,
        rows: answers.into_iter().flat_map(|answer| answer.rows).collect(),
    })
}

pub(super) async fn query(
    client: &tokio_postgres::Client,
    prepared: &Statement,
    row: &[Value],
) -> Result<Vec<Row>, StoreError> {
    refuse_width(prepared, row.len())?;
    let rows = client.query_raw(prepared, row).await.map_err(told)?;
    Ok(read(rows).await?.rows)
}

/// One answer per row of values, pipelined.
pub(super) async fn queries(
    moment: &Transaction<'_>,
    prepared: &Statement,
    rows: &Rows,
) -> Result<Vec<Vec<Row>>, StoreError> {
    refuse_width(prepared, rows.width())?;
    let answers = pipeline(moment, prepared, rows).await?;
    Ok(answers.into_iter().map(|answer| answer.rows).collect())
}

/// What the server said to one row of values.
struct Answer {
    rows: Vec<Row>,
    affected: u64,
}

/// Sends up to [`UNDER_WAY`] rows before the first answer is back; answers are in order.
async fn pipeline(
    transaction: &Transaction<'_>,
    prepared: &Statement,
    rows: &Rows,
) -> Result<Vec<Answer>, Failure> {
    let mut answers = Vec::with_capacity(rows.len());
    let mut waiting = rows.iter();
    let mut under_way = FuturesOrdered::new();
    loop {
        while under_way.len() < UNDER_WAY
            && let Some(row) = waiting.next()
        {
            under_way.push_back(transaction.query_raw(prepared, row));
        }
        let Some(stream) = under_way.try_next().await? else { return Ok(answers) };
        answers.push(read(stream).await?);
    }
}

/// A failure that still lacks the step it is told with.
enum Failure {
    Told(StoreError),
    Raw(tokio_postgres::Error),
}

impl Failure {
    fn at_step(self, step: usize) -> StoreError {
        match self {
            Self::Told(error) => error,
            Self::Raw(error) => told_of_step(error, step),
        }
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Raw(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Told(error)
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Told(error) => error,
            Failure::Raw(error) => told(error),
        }
    }
}

fn refuse_width(prepared: &Statement, width: usize) -> Result<(), StoreError> {
    if prepared.params().len() == width {
        return Ok(());
    }
    let text = format!("the statement's parameters are not $1 to ${width}");
    Err(StoreError::Statement(text.into()))
}

async fn read(stream: RowStream) -> Result<Answer, Failure> {
    let mut stream = std::pin::pin!(stream);
    let mut rows = Vec::new();
    while let Some(row) = stream.try_next().await? {
        let values = (0..row.len()).map(|column| read_value(&row, column));
        rows.push(Row::new(values.collect::<Result<_, _>>()?));
    }
    // The server counts what was answered the same way as what was changed.
    let affected = stream.rows_affected().unwrap_or_default();
    Ok(Answer { rows, affected })
}

fn read_value(row: &tokio_postgres::Row, column: usize) -> Result<Value, Failure> {
    let kind = row.columns()[column].type_();
    Ok(match *kind {
        Type::INT8 => row.try_get::<_, Option<i64>>(column)?.into(),
        Type::INT4 => row.try_get::<_, Option<i32>>(column)?.into(),
        Type::TEXT | Type::VARCHAR | Type::NAME => row.try_get::<_, Option<String>>(column)?.into(),
        Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(column)?.into(),
        _ => {
            let (wanted, found) = ("an integer, a text or bytes", kind.to_string());
            return Err(StoreError::UnexpectedType { column, wanted, found }.into());
        }
    })
}
