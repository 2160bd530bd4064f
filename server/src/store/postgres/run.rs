//! Statements on one session: sending, waiting, reading.

use std::pin::Pin;

use deadpool_postgres::{Client, Transaction};
use futures_util::future::{MaybeDone, maybe_done};
use futures_util::poll;
use futures_util::stream::TryStreamExt;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{RowStream, Statement};

use super::bind::{columns, names};
use super::failure::{told, told_of_step};
use super::many;
use super::news::TELL;
use crate::store::batch::Step;
use crate::store::{Batch, Row, Rows, StepOutcome, StoreError, Value};

/// Runs the steps within the transaction that the caller has opened, behind a lock: a statement and
/// its key.
///
/// All of it is under way together, in its order: one way to the server and back, whatever the
/// number of steps (and two more for each statement that is new to this session). The first
/// failure in that order is reported, because PostgreSQL refuses everything after it.
pub(super) async fn steps(
    transaction: &Transaction<'_>,
    (lock, key): (&Statement, i64),
    batch: &Batch,
) -> Result<Vec<StepOutcome>, StoreError> {
    // Before anything is under way, and not only because nothing can be prepared after a failure:
    // a session reads no answer while the one before it is not taken.
    let mut all = Vec::with_capacity(batch.len());
    for step in &batch.steps {
        all.push(prepare(transaction, step).await?);
    }
    let tell = match &batch.teller {
        Some(teller) => {
            let teller: [&(dyn ToSql + Sync); 1] = [teller];
            Some((transaction.prepare_cached(TELL).await.map_err(told)?, teller))
        }
        None => None,
    };
    let key: [&(dyn ToSql + Sync); 1] = [&key];
    let locked = sent(transaction.execute(lock, &key)).await;
    let mut under_way = Vec::with_capacity(batch.len());
    for (step, prepared) in batch.steps.iter().zip(&all) {
        under_way.push(sent(run(transaction, prepared, &step.rows)).await);
    }
    let notice = match &tell {
        Some((tell, teller)) => Some(sent(transaction.execute(tell, teller)).await),
        None => None,
    };
    // Taken in the order in which they were sent, for the same reason.
    answer(locked).await.map_err(told)?;
    let mut outcomes = Vec::with_capacity(batch.len());
    for (index, (step, outcome)) in batch.steps.iter().zip(under_way).enumerate() {
        let outcome = answer(outcome).await.map_err(|failure| failure.at_step(index))?;
        if !step.expected.allows(outcome.affected) {
            return Err(StoreError::Conflict { step: index });
        }
        outcomes.push(outcome);
    }
    if let Some(notice) = notice {
        answer(notice).await.map_err(told)?;
    }
    Ok(outcomes)
}

/// How the rows of a step go to the server.
enum Prepared {
    /// There are none.
    Nothing,
    /// A message each.
    Each(Statement),
    /// Together, a column an array.
    Together(Statement),
}

async fn prepare(transaction: &Transaction<'_>, step: &Step) -> Result<Prepared, StoreError> {
    if step.rows.is_empty() {
        return Ok(Prepared::Nothing);
    }
    let one = transaction.prepare_cached(step.statement).await.map_err(told)?;
    refuse_width(&one, step.rows.width())?;
    if step.rows.len() > 1
        && let Some(types) = names(one.params())
        && let Some(text) = many::insert(step.statement, &types, step.keys)
    {
        let many = transaction.prepare_cached(&text).await.map_err(told)?;
        return Ok(Prepared::Together(many));
    }
    Ok(Prepared::Each(one))
}

async fn run(
    transaction: &Transaction<'_>,
    prepared: &Prepared,
    rows: &Rows,
) -> Result<StepOutcome, Failure> {
    let mut outcome = StepOutcome::default();
    let mut under_way = Vec::new();
    match prepared {
        Prepared::Nothing => {}
        Prepared::Together(statement) => {
            let answer = read(transaction.query_raw(statement, columns(rows)).await?).await?;
            outcome.affected = answer.affected;
        }
        Prepared::Each(statement) => {
            under_way.reserve(rows.len());
            for row in rows.iter() {
                under_way.push(sent(transaction.query_raw(statement, row)).await);
            }
        }
    }
    for stream in under_way {
        let answer = read(answer(stream).await?).await?;
        outcome.affected += answer.affected;
        outcome.rows.extend(answer.rows);
    }
    Ok(outcome)
}

/// Runs `work` up to where it waits for the server, so that its messages are on the way before
/// those of whatever is sent next.
async fn sent<F: Future>(work: F) -> Sent<F> {
    let mut work = Box::pin(maybe_done(work));
    // Whether it is done is asked again by whoever waits for it.
    let _ = poll!(work.as_mut());
    Sent(work)
}

/// What the server said to what was [`sent`].
async fn answer<F: Future>(mut sent: Sent<F>) -> F::Output {
    sent.0.as_mut().await;
    sent.0.as_mut().take_output().expect("it was waited for, and is taken once")
}

/// Work whose messages are on the way.
struct Sent<F: Future>(Pin<Box<MaybeDone<F>>>);

pub(super) async fn query(
    client: &tokio_postgres::Client,
    prepared: &Statement,
    row: &[Value],
) -> Result<Vec<Row>, StoreError> {
    refuse_width(prepared, row.len())?;
    let rows = client.query_raw(prepared, row).await.map_err(told)?;
    Ok(read(rows).await?.rows)
}

/// One answer per row of values. One statement, so all are answered from one moment.
pub(super) async fn queries(
    client: &Client,
    text: &'static str,
    rows: &Rows,
) -> Result<Vec<Vec<Row>>, StoreError> {
    let one = client.prepare_cached(text).await.map_err(told)?;
    refuse_width(&one, rows.width())?;
    let text = names(one.params()).and_then(|types| many::select(text, &types));
    let text = text.ok_or_else(|| {
        let told = "a statement for many rows of values has parameters of the store's types";
        StoreError::Statement(told.into())
    })?;
    let many = client.prepare_cached(&text).await.map_err(told)?;
    let stream = client.query_raw(&many, columns(rows)).await.map_err(told)?;
    let mut stream = std::pin::pin!(stream);
    let mut answers = vec![Vec::new(); rows.len()];
    while let Some(row) = stream.try_next().await.map_err(told)? {
        let place: i64 = row.try_get(0).map_err(told)?;
        let answer = usize::try_from(place - 1).ok().and_then(|index| answers.get_mut(index));
        answer.expect("each row of values has a place, from 1").push(read_row(&row, 2)?);
    }
    Ok(answers)
}

/// What the server said to one message.
struct Answer {
    rows: Vec<Row>,
    affected: u64,
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
        rows.push(read_row(&row, 0)?);
    }
    // The server counts what was answered the same way as what was changed.
    let affected = stream.rows_affected().unwrap_or_default();
    Ok(Answer { rows, affected })
}

/// The values from column `from` on.
fn read_row(row: &tokio_postgres::Row, from: usize) -> Result<Row, Failure> {
    let values = (from..row.len()).map(|column| read_value(row, column));
    Ok(Row::new(values.collect::<Result<_, _>>()?))
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
