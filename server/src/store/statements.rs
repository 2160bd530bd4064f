//! What headquarters said, signed. Append-only.

use hattama_proto::{id::StatementId, kind::Kind, time::UnixMillis};

use super::{
    Batch, Db, Row, Rows, StoreError, Value,
    log::{integer, unsigned},
};

/// The values of a new statement's row.
pub fn row(
    position: u64,
    id: &StatementId,
    kind: Kind,
    subject: &str,
    issued_at: UnixMillis,
    jws: &str,
) -> [Value; 6] {
    [
        integer(position),
        id.to_hex().into(),
        kind.typ().into(),
        subject.into(),
        issued_at.0.into(),
        jws.into(),
    ]
}

pub(super) const APPEND: &str =
    "insert into statement (position, statement_id, kind, subject, issued_at_ms, jws)
     values ($1, $2, $3, $4, $5, $6)";

/// Appends statements; the rows are those of [`row`].
pub fn append(rows: Rows) -> Batch {
    Batch::new().many(APPEND, rows)
}

/// A statement as it is kept.
#[derive(Clone, Debug)]
pub struct StoredStatement {
    /// Log index.
    pub position: u64,
    /// The header's `typ`.
    pub typ: String,
    /// What it is about.
    pub subject: String,
    /// The exact string.
    pub jws: String,
}

impl StoredStatement {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            position: unsigned(row.int(0)?),
            typ: row.text(1)?.to_owned(),
            subject: row.text(2)?.to_owned(),
            jws: row.text(3)?.to_owned(),
        })
    }
}

/// All statements, oldest first.
pub async fn all(db: &Db) -> Result<Vec<StoredStatement>, StoreError> {
    let rows = db
        .query("select position, kind, subject, jws from statement order by position", &[])
        .await?;
    rows.iter().map(StoredStatement::read).collect()
}

/// Statements after `position`, oldest first, at most `limit`.
pub async fn after(
    db: &Db,
    position: Option<u64>,
    limit: u32,
) -> Result<Vec<StoredStatement>, StoreError> {
    let from = position.map_or(0, |position| position + 1);
    let rows = db
        .query(
            "select position, kind, subject, jws from statement where position >= $1
              order by position limit $2",
            &[integer(from), limit.into()],
        )
        .await?;
    rows.iter().map(StoredStatement::read).collect()
}

/// The exact strings of the statements at `from..until`, with their positions, in log order.
pub async fn strings(db: &Db, from: u64, until: u64) -> Result<Vec<(u64, String)>, StoreError> {
    let rows = db
        .query(
            "select position, jws from statement where position >= $1 and position < $2
              order by position",
            &[integer(from), integer(until)],
        )
        .await?;
    rows.iter().map(|row| Ok((unsigned(row.int(0)?), row.text(1)?.to_owned()))).collect()
}

/// The exact strings of the statements at these places, with their places, in this order.
pub async fn strings_at(db: &Db, positions: &[u64]) -> Result<Vec<(u64, String)>, StoreError> {
    let rows: Rows = positions.iter().map(|position| [integer(*position)]).collect();
    let found =
        db.query_many("select position, jws from statement where position = $1", rows).await?;
    let found = found.iter().flatten();
    found.map(|row| Ok((unsigned(row.int(0)?), row.text(1)?.to_owned()))).collect()
}

/// The statement with this id.
pub async fn by_id(db: &Db, id: &str) -> Result<Option<StoredStatement>, StoreError> {
    let row = db
        .query_opt(
            "select position, kind, subject, jws from statement where statement_id = $1",
            &[id.into()],
        )
        .await?;
    row.as_ref().map(StoredStatement::read).transpose()
}

/// Statements about `subject`, oldest first.
pub async fn about(db: &Db, subject: &str) -> Result<Vec<StoredStatement>, StoreError> {
    let rows = db
        .query(
            "select position, kind, subject, jws from statement where subject = $1
              order by position",
            &[subject.into()],
        )
        .await?;
    rows.iter().map(StoredStatement::read).collect()
}

/// The newest statement of `kind`.
pub async fn newest(db: &Db, kind: Kind) -> Result<Option<StoredStatement>, StoreError> {
    let row = db
        .query_opt(
            "select position, kind, subject, jws from statement where kind = $1
              order by position desc limit 1",
            &[kind.typ().into()],
        )
        .await?;
    row.as_ref().map(StoredStatement::read).transpose()
}

/// All statements of `kind`, oldest first.
pub async fn all_of_kind(db: &Db, kind: Kind) -> Result<Vec<StoredStatement>, StoreError> {
    let rows = db
        .query(
            "select position, kind, subject, jws from statement where kind = $1 order by position",
            &[kind.typ().into()],
        )
        .await?;
    rows.iter().map(StoredStatement::read).collect()
}

/// Statements after `position` that concern one key: set-ups, new epochs, what election follows, its
/// revocation, decisions about its records, messages to `reader`; oldest first, at most `limit`.
pub async fn concerning(
    db: &Db,
    of: &hattama_proto::id::Kid,
    reader: Option<&hattama_proto::id::PersonId>,
    position: Option<u64>,
    limit: u32,
) -> Result<Vec<StoredStatement>, StoreError> {
    let from = position.map_or(0, |position| position + 1);
    let rows = db
        .query(
            CONCERNING,
            &[
                integer(from),
                of.to_string().into(),
                reader.map_or("", |person| person.as_str()).into(),
                limit.into(),
            ],
        )
        .await?;
    rows.iter().map(StoredStatement::read).collect()
}

/// Each part by an index of its own: a phone asks often, and enrolments are by the thousand. The kinds stand
/// in it as they are written, because a plan that is kept has to know how few statements are of them.
const CONCERNING: &str = "select position, kind, subject, jws from statement
      where kind in ('hattama-pack+jws', 'hattama-epoch+jws', 'hattama-succession+jws')
        and position >= $1
     union all
     select position, kind, subject, jws from statement
      where subject = $2 and kind = 'hattama-revocation+jws' and position >= $1
     union all
     select statement.position, statement.kind, statement.subject, statement.jws
       from record, statement
      where record.kid = $2 and statement.subject = record.record_id
        and statement.kind = 'hattama-decision+jws' and statement.position >= $1
     union all
     select statement.position, statement.kind, statement.subject, statement.jws
       from message_to, statement
      where message_to.person = $3
        and statement.statement_id = message_to.statement_id
        and statement.kind = 'hattama-message+jws' and statement.position >= $1
      order by position limit $4";

/// Statements of `kind` after `position`, oldest first, at most `limit`.
pub async fn of_kind(
    db: &Db,
    kind: Kind,
    position: Option<u64>,
    limit: u32,
) -> Result<Vec<StoredStatement>, StoreError> {
    let from = position.map_or(0, |position| position + 1);
    let rows = db
        .query(
            "select position, kind, subject, jws from statement
              where kind = $1 and position >= $2 order by position limit $3",
            &[kind.typ().into(), integer(from), limit.into()],
        )
        .await?;
    rows.iter().map(StoredStatement::read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_of_a_feed_are_spelled_as_they_are_stored() {
        let of_feeds = [
            Kind::Pack,
            Kind::Epoch,
            Kind::Succession,
            Kind::Revocation,
            Kind::Decision,
            Kind::Message,
        ];
        for kind in of_feeds {
            assert!(CONCERNING.contains(&format!("'{}'", kind.typ())), "{kind:?}");
        }
        assert_eq!(CONCERNING.matches("+jws'").count(), of_feeds.len());
    }
}
