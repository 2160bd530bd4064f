//! Every record that was received with a valid signature. Append-only: the exact bytes.

use hattama_proto::{
    id::{Kid, RecordId},
    kind::Kind,
    time::UnixMillis,
    wire::HeldReason,
};

use super::{
    Batch, Db, Row, Rows, StoreError, Value,
    log::{integer, unsigned},
};

/// What a new record's row says.
#[derive(Debug)]
pub struct NewRecord<'a> {
    /// Log index.
    pub position: u64,
    /// Identity.
    pub id: RecordId,
    /// The header's `typ`.
    pub typ: &'static str,
    /// Whose key.
    pub kid: Kid,
    /// Place in the chain; none where the body cannot be read.
    pub seq: Option<u64>,
    /// The unit it speaks of.
    pub unit: Option<&'a str>,
    /// When headquarters received it.
    pub received_at: UnixMillis,
    /// What the device's clock claimed.
    pub claimed_at: Option<&'a str>,
    /// Why it was held, if it was.
    pub held: Option<HeldReason>,
    /// The exact string.
    pub jws: &'a str,
}

impl NewRecord<'_> {
    /// The row's values.
    pub fn values(&self) -> [Value; 11] {
        [
            integer(self.position),
            self.id.to_hex().into(),
            self.typ.into(),
            self.kid.to_string().into(),
            self.seq.map(integer).unwrap_or(Value::Null),
            self.unit.into(),
            self.received_at.0.into(),
            self.claimed_at.into(),
            if self.held.is_some() { "held" } else { "stored" }.into(),
            self.held.map(HeldReason::name).into(),
            self.jws.into(),
        ]
    }
}

pub(super) const APPEND: &str = "insert into record
     (position, record_id, kind, kid, seq, unit, received_at_ms, claimed_at, verdict,
     reason, jws)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

/// Appends records; the rows are those of [`NewRecord::values`].
pub fn append(rows: Rows) -> Batch {
    Batch::new().many(APPEND, rows)
}

/// A record as it is kept.
#[derive(Clone, Debug)]
pub struct StoredRecord {
    /// Log index.
    pub position: u64,
    /// Identity.
    pub id: RecordId,
    /// The header's `typ`.
    pub typ: String,
    /// Whose key.
    pub kid: String,
    /// When headquarters received it.
    pub received_at: UnixMillis,
    /// Why it was held, if it was.
    pub held: Option<String>,
    /// The exact string.
    pub jws: String,
    /// The unit it speaks of, as signed.
    pub unit: Option<String>,
}

impl StoredRecord {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            position: unsigned(row.int(0)?),
            id: record_id(row.text(1)?)?,
            typ: row.text(2)?.to_owned(),
            kid: row.text(3)?.to_owned(),
            received_at: UnixMillis(row.int(4)?),
            held: row.opt_text(5)?.map(str::to_owned),
            jws: row.text(6)?.to_owned(),
            unit: row.opt_text(7)?.map(str::to_owned),
        })
    }
}

/// The record with this id.
pub async fn by_id(db: &Db, id: &RecordId) -> Result<Option<StoredRecord>, StoreError> {
    let row = db
        .query_opt(
            "select position, record_id, kind, kid, received_at_ms, reason, jws, unit
               from record
              where record_id = $1",
            &[id.to_hex().into()],
        )
        .await?;
    row.as_ref().map(StoredRecord::read).transpose()
}

/// Where records stand in the log, by id; in the order of `ids`.
pub async fn positions(db: &Db, ids: &[RecordId]) -> Result<Vec<Option<u64>>, StoreError> {
    let rows: Rows = ids.iter().map(|id| [Value::from(id.to_hex())]).collect();
    db.query_many("select position from record where record_id = $1", rows)
        .await?
        .into_iter()
        .map(|rows| rows.first().map(|row| row.int(0).map(unsigned)).transpose())
        .collect()
}

/// When records were received, by headquarters' clock, by id; in the order of `ids`.
pub async fn received(db: &Db, ids: &[RecordId]) -> Result<Vec<Option<UnixMillis>>, StoreError> {
    let rows: Rows = ids.iter().map(|id| [Value::from(id.to_hex())]).collect();
    db.query_many("select received_at_ms from record where record_id = $1", rows)
        .await?
        .into_iter()
        .map(|rows| rows.first().map(|row| row.int(0).map(UnixMillis)).transpose())
        .collect()
}

/// The records that stand at each (kid, seq), with their positions.
pub async fn at_places(
    db: &Db,
    places: &[(Kid, u64)],
) -> Result<Vec<Vec<(RecordId, u64)>>, StoreError> {
    let rows: Rows =
        places.iter().map(|(kid, seq)| [Value::from(kid.to_string()), integer(*seq)]).collect();
    db.query_many(
        "select record_id, position from record where kid = $1 and seq = $2 order by position",
        rows,
    )
    .await?
    .into_iter()
    .map(|rows| {
        rows.iter().map(|row| Ok((record_id(row.text(0)?)?, unsigned(row.int(1)?)))).collect()
    })
    .collect()
}

/// The highest place of every chain.
pub async fn heads(db: &Db) -> Result<Vec<(Kid, u64)>, StoreError> {
    let rows = db
        .query("select kid, max(seq) from record where seq is not null group by kid", &[])
        .await?;
    rows.iter().map(|row| Ok((kid(row.text(0)?)?, unsigned(row.int(1)?)))).collect()
}

/// The places of one chain that have arrived, ascending, with repetitions where it forks.
pub async fn chain(db: &Db, of: &Kid) -> Result<Vec<u64>, StoreError> {
    let rows = db
        .query(
            "select seq from record where kid = $1 and seq is not null order by seq",
            &[of.to_string().into()],
        )
        .await?;
    rows.iter().map(|row| row.int(0).map(unsigned)).collect()
}

/// Records after `position`, oldest first, at most `limit`.
pub async fn after(
    db: &Db,
    position: Option<u64>,
    limit: u32,
) -> Result<Vec<StoredRecord>, StoreError> {
    let from = position.map_or(0, |position| position + 1);
    let rows = db
        .query(
            "select position, record_id, kind, kid, received_at_ms, reason, jws, unit
               from record
              where position >= $1 order by position limit $2",
            &[integer(from), limit.into()],
        )
        .await?;
    rows.iter().map(StoredRecord::read).collect()
}

/// The exact strings of the records at `from..until`, with their positions, in log order.
pub async fn strings(db: &Db, from: u64, until: u64) -> Result<Vec<(u64, String)>, StoreError> {
    let rows = db
        .query(
            "select position, jws from record where position >= $1 and position < $2
              order by position",
            &[integer(from), integer(until)],
        )
        .await?;
    rows.iter().map(|row| Ok((unsigned(row.int(0)?), row.text(1)?.to_owned()))).collect()
}

/// The exact strings of the records at these places, with their places, in this order.
pub async fn strings_at(db: &Db, positions: &[u64]) -> Result<Vec<(u64, String)>, StoreError> {
    let rows: Rows = positions.iter().map(|position| [integer(*position)]).collect();
    let found = db.query_many("select position, jws from record where position = $1", rows).await?;
    let found = found.iter().flatten();
    found.map(|row| Ok((unsigned(row.int(0)?), row.text(1)?.to_owned()))).collect()
}

/// Records after `position`, oldest first, at most `limit`: position, id and exact string.
pub async fn identified(
    db: &Db,
    position: Option<u64>,
    limit: u32,
) -> Result<Vec<(u64, RecordId, String)>, StoreError> {
    let from = position.map_or(0, |position| position + 1);
    let rows = db
        .query(
            "select position, record_id, jws from record where position >= $1
              order by position limit $2",
            &[integer(from), limit.into()],
        )
        .await?;
    rows.iter()
        .map(|row| Ok((unsigned(row.int(0)?), record_id(row.text(1)?)?, row.text(2)?.to_owned())))
        .collect()
}

/// How many records have a position from `from` on and before `until`.
pub async fn count_between(db: &Db, from: u64, until: u64) -> Result<u64, StoreError> {
    let row = db
        .query_opt(
            "select count(*) from record where position >= $1 and position < $2",
            &[integer(from), integer(until)],
        )
        .await?;
    row.map_or(Ok(0), |row| row.int(0).map(unsigned))
}

/// Held records about which nobody has decided yet: reason, whose key, how many.
pub async fn awaiting_check(db: &Db) -> Result<Vec<(String, String, u64)>, StoreError> {
    let rows = db
        .query(
            "select reason, kid, count(*) from record
              where reason is not null
                and not exists (select 1 from statement
                                 where statement.subject = record.record_id
                                   and statement.kind = $1)
              group by reason, kid order by reason, kid",
            &[Kind::Decision.typ().into()],
        )
        .await?;
    rows.iter()
        .map(|row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned(), unsigned(row.int(2)?))))
        .collect()
}

/// How many records there are of each key and unit.
pub async fn counts_by_key(db: &Db) -> Result<Vec<(String, Option<String>, u64)>, StoreError> {
    let rows = db
        .query("select kid, unit, count(*) from record group by kid, unit order by kid, unit", &[])
        .await?;
    rows.iter()
        .map(|row| {
            let unit = row.opt_text(1)?.map(str::to_owned);
            Ok((row.text(0)?.to_owned(), unit, unsigned(row.int(2)?)))
        })
        .collect()
}

/// As [`awaiting_check`], by unit too: reason, whose key, unit, how many.
pub async fn awaiting_by_unit(
    db: &Db,
) -> Result<Vec<(String, String, Option<String>, u64)>, StoreError> {
    let rows = db
        .query(
            "select reason, kid, unit, count(*) from record
              where reason is not null
                and not exists (select 1 from statement
                                 where statement.subject = record.record_id
                                   and statement.kind = $1)
              group by reason, kid, unit order by reason, kid, unit",
            &[Kind::Decision.typ().into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let unit = row.opt_text(2)?.map(str::to_owned);
            let (reason, kid) = (row.text(0)?.to_owned(), row.text(1)?.to_owned());
            Ok((reason, kid, unit, unsigned(row.int(3)?)))
        })
        .collect()
}

/// Records whose id begins with these lower-case hex digits, by id, at most `limit`.
pub async fn beginning(
    db: &Db,
    digits: &str,
    limit: u32,
) -> Result<Vec<(RecordId, String)>, StoreError> {
    // `g` comes after every hex digit.
    let rows = db
        .query(
            "select record_id, kind from record where record_id >= $1 and record_id < $2
              order by record_id limit $3",
            &[digits.into(), format!("{digits}g").into(), limit.into()],
        )
        .await?;
    rows.iter().map(|row| Ok((record_id(row.text(0)?)?, row.text(1)?.to_owned()))).collect()
}

/// Reads an id that this program wrote.
pub(super) fn record_id(text: &str) -> Result<RecordId, StoreError> {
    text.parse().map_err(|_| unreadable("a record id"))
}

/// Reads a kid that this program wrote.
pub(super) fn kid(text: &str) -> Result<Kid, StoreError> {
    text.parse().map_err(|_| unreadable("a kid"))
}

/// A value that this program wrote and cannot read back.
pub(super) fn unreadable(wanted: &'static str) -> StoreError {
    StoreError::UnexpectedType { column: 0, wanted, found: "another text".to_owned() }
}

/// Records of one key after `position`, in log order: ids and positions, at most `limit`.
pub async fn of_key(
    db: &Db,
    of: &Kid,
    position: Option<u64>,
    limit: u32,
) -> Result<Vec<(RecordId, u64)>, StoreError> {
    let from = position.map_or(0, |position| position + 1);
    let rows = db
        .query(
            "select record_id, position from record where kid = $1 and position >= $2
              order by position limit $3",
            &[of.to_string().into(), integer(from), limit.into()],
        )
        .await?;
    rows.iter().map(|row| Ok((record_id(row.text(0)?)?, unsigned(row.int(1)?)))).collect()
}

/// The units that these records name, as far as they have arrived; in the order of `ids`.
pub async fn units(db: &Db, ids: &[RecordId]) -> Result<Vec<Option<String>>, StoreError> {
    let rows: Rows = ids.iter().map(|id| [Value::from(id.to_hex())]).collect();
    let unit = |rows: Vec<Row>| match rows.first() {
        Some(row) => row.opt_text(0).map(|unit| unit.map(str::to_owned)),
        None => Ok(None),
    };
    db.query_many("select unit from record where record_id = $1", rows)
        .await?
        .into_iter()
        .map(unit)
        .collect()
}

/// By which key each of these records is, and about which unit; in the order of `ids`.
pub async fn keys_and_units(
    db: &Db,
    ids: &[RecordId],
) -> Result<Vec<Option<(String, Option<String>)>>, StoreError> {
    let rows: Rows = ids.iter().map(|id| [Value::from(id.to_hex())]).collect();
    let read = |rows: Vec<Row>| {
        let read = |row: &Row| Ok((row.text(0)?.to_owned(), row.opt_text(1)?.map(str::to_owned)));
        rows.first().map(read).transpose()
    };
    let found = db.query_many("select kid, unit from record where record_id = $1", rows).await?;
    found.into_iter().map(read).collect()
}

/// The last place of a chain that has arrived, and a record that stands there.
pub async fn chain_end(db: &Db, of: &Kid) -> Result<Option<(u64, RecordId)>, StoreError> {
    let row = db
        .query_opt(
            "select seq, record_id from record where kid = $1 and seq is not null
              order by seq desc, position limit 1",
            &[of.to_string().into()],
        )
        .await?;
    row.map(|row| Ok((unsigned(row.int(0)?), record_id(row.text(1)?)?))).transpose()
}

/// When the first and the last record of each key came.
pub async fn received_by_key(db: &Db) -> Result<Vec<(Kid, UnixMillis, UnixMillis)>, StoreError> {
    let rows = db
        .query(
            "select kid, min(received_at_ms), max(received_at_ms) from record
              group by kid order by kid",
            &[],
        )
        .await?;
    rows.iter()
        .map(|row| Ok((kid(row.text(0)?)?, UnixMillis(row.int(1)?), UnixMillis(row.int(2)?))))
        .collect()
}

/// Whose records these are, as far as they have arrived; in the order of `ids`.
pub async fn authors(db: &Db, ids: &[RecordId]) -> Result<Vec<Option<Kid>>, StoreError> {
    let rows: Rows = ids.iter().map(|id| [Value::from(id.to_hex())]).collect();
    db.query_many("select kid from record where record_id = $1", rows)
        .await?
        .into_iter()
        .map(|rows| rows.first().map(|row| kid(row.text(0)?)).transpose())
        .collect()
}
