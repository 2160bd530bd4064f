//! Filled forms by unit and form, and how far devices have come.

use hattama_proto::{
    id::{Kid, RecordId},
    kind::Kind,
    time::UnixMillis,
};

use super::{
    Batch, Db, Row, Rows, StoreError, Value,
    log::{integer, unsigned},
    records::{kid, record_id},
};

/// A filled form as it is listed.
#[derive(Clone, Debug)]
pub struct FilledForm {
    /// Log index.
    pub position: u64,
    /// The record.
    pub record: RecordId,
    /// The form.
    pub form: String,
    /// The unit, as signed.
    pub unit: String,
    /// Its region.
    pub region: Option<String>,
    /// Whose key.
    pub kid: Kid,
    /// For which organisation.
    pub org: Option<String>,
    /// Answers, JSON.
    pub answers: String,
    /// How many are critical.
    pub critical: u32,
    /// When headquarters received it.
    pub received_at: UnixMillis,
    /// When the device says it was filled.
    pub claimed_at: String,
}

impl FilledForm {
    /// The values of its row.
    pub fn values(&self) -> [Value; 11] {
        [
            integer(self.position),
            self.record.to_hex().into(),
            self.form.as_str().into(),
            self.unit.as_str().into(),
            self.region.as_deref().into(),
            self.kid.to_string().into(),
            self.org.as_deref().into(),
            self.answers.as_str().into(),
            self.critical.into(),
            self.received_at.0.into(),
            self.claimed_at.as_str().into(),
        ]
    }

    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            position: unsigned(row.int(0)?),
            record: record_id(row.text(1)?)?,
            form: row.text(2)?.to_owned(),
            unit: row.text(3)?.to_owned(),
            region: row.opt_text(4)?.map(str::to_owned),
            kid: kid(row.text(5)?)?,
            org: row.opt_text(6)?.map(str::to_owned),
            answers: row.text(7)?.to_owned(),
            critical: u32::try_from(row.int(8)?).unwrap_or(u32::MAX),
            received_at: UnixMillis(row.int(9)?),
            claimed_at: row.text(10)?.to_owned(),
        })
    }
}

pub(super) const ADD: &str =
    "insert into filled_form (position, record_id, form, unit, region, kid, org, answers, critical,
                              received_at_ms, claimed_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     on conflict (position) do nothing";

/// Lists forms; the rows are those of [`FilledForm::values`]. One that is listed stays.
pub fn add(rows: Rows) -> Batch {
    Batch::new().many(ADD, rows)
}

/// Which filled forms to list; an empty text does not limit.
#[derive(Clone, Debug, Default)]
pub struct FormFilter {
    /// Only this form.
    pub form: String,
    /// Only this unit.
    pub unit: String,
    /// Only this region.
    pub region: String,
    /// Only this organisation.
    pub org: String,
}

/// Filled forms after a log index, in log order, at most `limit`.
pub async fn list(
    db: &Db,
    filter: &FormFilter,
    after: Option<u64>,
    limit: u32,
) -> Result<Vec<FilledForm>, StoreError> {
    let rows = db
        .query(
            "select position, record_id, form, unit, region, kid, org, answers, critical,
                    received_at_ms, claimed_at
               from filled_form
              where position >= $1
                and ($2 = '' or form = $2)
                and ($3 = '' or unit = $3)
                and ($4 = '' or region = $4)
                and ($5 = '' or org = $5)
              order by position limit $6",
            &[
                integer(after.map_or(0, |after| after + 1)),
                filter.form.as_str().into(),
                filter.unit.as_str().into(),
                filter.region.as_str().into(),
                filter.org.as_str().into(),
                limit.into(),
            ],
        )
        .await?;
    rows.iter().map(FilledForm::read).collect()
}

/// One cell of the matrix: what came of one form from one unit.
#[derive(Clone, Debug)]
pub struct FormCell {
    /// The unit.
    pub unit: String,
    /// The form.
    pub form: String,
    /// How many came.
    pub count: u64,
    /// How many of their answers are critical.
    pub critical: u64,
    /// When the newest came.
    pub newest: UnixMillis,
}

/// Which unit has sent which form.
pub async fn matrix(db: &Db, filter: &FormFilter) -> Result<Vec<FormCell>, StoreError> {
    let rows = db
        .query(
            "select unit, form, count(*), cast(sum(critical) as bigint), max(received_at_ms)
               from filled_form
              where ($1 = '' or region = $1) and ($2 = '' or org = $2)
              group by unit, form order by unit, form",
            &[filter.region.as_str().into(), filter.org.as_str().into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(FormCell {
                unit: row.text(0)?.to_owned(),
                form: row.text(1)?.to_owned(),
                count: unsigned(row.int(2)?),
                critical: unsigned(row.int(3)?),
                newest: UnixMillis(row.int(4)?),
            })
        })
        .collect()
}

pub(super) const TELL: &str = "insert into device_progress (kid, verified_size) values ($1, $2)
     on conflict (kid) do update
     set verified_size = case when excluded.verified_size > device_progress.verified_size
                              then excluded.verified_size
                              else device_progress.verified_size end";

/// Notes up to where devices have verified the log; never back.
pub fn tell(sizes: impl IntoIterator<Item = (Kid, u64)>) -> Batch {
    let rows: Rows = sizes
        .into_iter()
        .map(|(kid, size)| [Value::from(kid.to_string()), integer(size)])
        .collect();
    Batch::new().many_distinct(TELL, rows)
}

/// Up to where every device has verified the log.
pub async fn progress(db: &Db) -> Result<Vec<(Kid, u64)>, StoreError> {
    let rows = db.query("select kid, verified_size from device_progress order by kid", &[]).await?;
    rows.iter().map(|row| Ok((kid(row.text(0)?)?, unsigned(row.int(1)?)))).collect()
}

/// Stored protocols: whose key, and where in the log.
pub async fn protocols(db: &Db) -> Result<Vec<(Kid, u64)>, StoreError> {
    let rows = db
        .query(
            "select kid, position from record where kind = $1 and verdict = 'stored'
              order by position",
            &[Kind::Protocol.typ().into()],
        )
        .await?;
    rows.iter().map(|row| Ok((kid(row.text(0)?)?, unsigned(row.int(1)?)))).collect()
}

/// Original photographs by the record that names them: log index, and SHA-256 in hex.
pub async fn originals(db: &Db) -> Result<Vec<(u64, String)>, StoreError> {
    let rows = db
        .query(
            "select position, sha256 from photo_named where role = 0 and held = 0
              order by position, sha256",
            &[],
        )
        .await?;
    rows.iter()
        .map(|row| Ok((unsigned(row.int(0)?), hattama_proto::id::to_hex(row.bytes(1)?))))
        .collect()
}
