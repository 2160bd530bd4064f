//! Messages to observers, and whom each is for. Append-only.

use hattama_proto::{
    id::{PersonId, StatementId},
    time::UnixMillis,
};

use super::{Batch, Db, Row, Rows, StoreError, Value, log::unsigned, records::unreadable};

/// A message as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMessage {
    /// Its name.
    pub message: String,
    /// The account that wrote it.
    pub account: String,
    /// To whom, JSON.
    pub audience: String,
    /// The texts by language, JSON object.
    pub texts: String,
    /// The organisation that it was limited to.
    pub org: Option<String>,
    /// The region that it was limited to.
    pub region: Option<String>,
    /// When.
    pub sent_at: UnixMillis,
}

pub(super) const ADD: &str =
    "insert into message (message, account, audience, texts, org, region, sent_at_ms)
     values ($1, $2, $3, $4, $5, $6, $7)";

pub(super) const ADDRESS: &str =
    "insert into message_to (person, statement_id, message) values ($1, $2, $3)";

/// Keeps a message and whom each of its statements is for. Goes into the transaction that logs them.
pub fn add<'a>(
    message: &StoredMessage,
    to: impl IntoIterator<Item = (StatementId, &'a PersonId)>,
) -> Batch {
    let rows: Rows = to
        .into_iter()
        .map(|(statement, person)| {
            [
                Value::from(person.as_str()),
                statement.to_hex().into(),
                message.message.as_str().into(),
            ]
        })
        .collect();
    Batch::new()
        .step(
            ADD,
            [
                message.message.as_str().into(),
                message.account.as_str().into(),
                message.audience.as_str().into(),
                message.texts.as_str().into(),
                message.org.as_deref().into(),
                message.region.as_deref().into(),
                message.sent_at.0.into(),
            ],
        )
        .many(ADDRESS, rows)
}

fn read(row: &Row) -> Result<StoredMessage, StoreError> {
    Ok(StoredMessage {
        message: row.text(0)?.to_owned(),
        account: row.text(1)?.to_owned(),
        audience: row.text(2)?.to_owned(),
        texts: row.text(3)?.to_owned(),
        org: row.opt_text(4)?.map(str::to_owned),
        region: row.opt_text(5)?.map(str::to_owned),
        sent_at: UnixMillis(row.int(6)?),
    })
}

/// Messages, newest first, as far as an organisation and a region see them: those that were limited
/// to the same.
pub async fn list(
    db: &Db,
    org: Option<&str>,
    region: Option<&str>,
    limit: u32,
) -> Result<Vec<StoredMessage>, StoreError> {
    let rows = db
        .query(
            "select message, account, audience, texts, org, region, sent_at_ms
               from message
              where ($1 = '' or org = $1) and ($2 = '' or region = $2)
              order by sent_at_ms desc, message desc limit $3",
            &[org.unwrap_or_default().into(), region.unwrap_or_default().into(), limit.into()],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// One message.
pub async fn by_name(db: &Db, message: &str) -> Result<Option<StoredMessage>, StoreError> {
    let row = db
        .query_opt(
            "select message, account, audience, texts, org, region, sent_at_ms
               from message where message = $1",
            &[message.into()],
        )
        .await?;
    row.as_ref().map(read).transpose()
}

/// Whom a message is for, and at which place of the log the statement stands that says so.
pub async fn addressed(db: &Db, message: &str) -> Result<Vec<(PersonId, u64)>, StoreError> {
    let rows = db
        .query(
            "select message_to.person, statement.position
               from message_to
               join statement on statement.statement_id = message_to.statement_id
              where message_to.message = $1
              order by message_to.person",
            &[message.into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let person = PersonId::new(row.text(0)?).map_err(|_| unreadable("a person"))?;
            Ok((person, unsigned(row.int(1)?)))
        })
        .collect()
}
