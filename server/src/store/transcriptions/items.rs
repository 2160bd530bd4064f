//! Items: one document to be typed each, and how far it has come.

use hattama_proto::{id::UnitCode, time::UnixMillis};

use crate::store::{
    Batch, Db, Row, Rows, StoreError, Value,
    log::{integer, unsigned},
};

/// An item, as its row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredItem {
    /// Its id.
    pub id: String,
    /// Its unit.
    pub unit: String,
    /// The region it lies in.
    pub region: Option<String>,
    /// The organisation whose it is.
    pub org: Option<String>,
    /// The form it is read as.
    pub form: String,
    /// The summary table.
    pub table: Option<String>,
    /// The copy type it is said to be.
    pub copy: String,
    /// Ids of records, JSON.
    pub records: String,
    /// Photographs, JSON.
    pub pages: String,
    /// How far it has come.
    pub state: String,
    /// What it shows, once it is settled.
    pub outcome: Option<String>,
    /// Counts changes of its state.
    pub version: u64,
    /// Whether somebody still has to look at it.
    pub is_needed: bool,
    /// Kind of its urgency.
    pub urgency: u64,
    /// Size of its urgency.
    pub size: u64,
    /// When it last changed.
    pub updated_at: UnixMillis,
}

impl StoredItem {
    pub(super) fn read(row: &Row) -> Result<Self, StoreError> {
        let text = |column| row.text(column).map(str::to_owned);
        let perhaps = |column| row.opt_text(column).map(|text| text.map(str::to_owned));
        Ok(Self {
            id: text(0)?,
            unit: text(1)?,
            region: perhaps(2)?,
            org: perhaps(3)?,
            form: text(4)?,
            table: perhaps(5)?,
            copy: text(6)?,
            records: text(7)?,
            pages: text(8)?,
            state: text(9)?,
            outcome: perhaps(10)?,
            version: unsigned(row.int(11)?),
            is_needed: row.int(12)? == 1,
            urgency: unsigned(row.int(13)?),
            size: unsigned(row.int(14)?),
            updated_at: UnixMillis(row.int(15)?),
        })
    }
}

/// One item.
pub async fn item(db: &Db, id: &str) -> Result<Option<StoredItem>, StoreError> {
    let row = db
        .query_opt(
            "select item_id, unit, region, org, form, summary_table, copy, records, pages, state,
                    outcome, version, needed, urgency, size, updated_at_ms
               from transcription_item where item_id = $1",
            &[id.into()],
        )
        .await?;
    row.as_ref().map(StoredItem::read).transpose()
}

/// Every item, by id.
pub async fn items(db: &Db) -> Result<Vec<StoredItem>, StoreError> {
    let rows = db
        .query(
            "select item_id, unit, region, org, form, summary_table, copy, records, pages, state,
                    outcome, version, needed, urgency, size, updated_at_ms
               from transcription_item order by item_id",
            &[],
        )
        .await?;
    rows.iter().map(StoredItem::read).collect()
}

/// The items of several units.
pub async fn items_of(db: &Db, units: &[UnitCode]) -> Result<Vec<StoredItem>, StoreError> {
    let rows: Rows = units.iter().map(|unit| [Value::from(unit.as_str())]).collect();
    let found = db
        .query_many(
            "select item_id, unit, region, org, form, summary_table, copy, records, pages, state,
                    outcome, version, needed, urgency, size, updated_at_ms
               from transcription_item where unit = $1 order by item_id",
            rows,
        )
        .await?;
    found.iter().flatten().map(StoredItem::read).collect()
}

/// Adds an item; one that is there stays as it is.
pub fn add(item: &StoredItem) -> Batch {
    Batch::new().step(
        ADD_ITEM,
        [
            item.id.as_str().into(),
            item.unit.as_str().into(),
            item.region.as_deref().into(),
            item.org.as_deref().into(),
            item.form.as_str().into(),
            item.table.as_deref().into(),
            item.copy.as_str().into(),
            item.records.as_str().into(),
            item.pages.as_str().into(),
            item.state.as_str().into(),
            item.outcome.as_deref().into(),
            integer(item.version),
            item.is_needed.into(),
            integer(item.urgency),
            integer(item.size),
            item.updated_at.0.into(),
            item.updated_at.0.into(),
        ],
    )
}

pub(in crate::store) const ADD_ITEM: &str = "insert into transcription_item
     (item_id, unit, region, org, form, summary_table, copy, records, pages, state, outcome,
      version, needed, urgency, size, found_at_ms, updated_at_ms)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
     on conflict (item_id) do nothing";

/// Says that an item is needed, and how soon.
pub fn want(id: &str, urgency: u64, size: u64) -> Batch {
    Batch::new().step(
        "update transcription_item set needed = 1, urgency = $1, size = $2
          where item_id = $3 and state <> 'settled'",
        [integer(urgency), integer(size), id.into()],
    )
}

/// Says that nobody needs an item any more.
pub fn put_aside(id: &str) -> Batch {
    Batch::new().step(
        "update transcription_item set needed = 0 where item_id = $1 and state <> 'settled'",
        [id.into()],
    )
}

/// Moves an item on, if it is still at `version`; else the batch fails with a conflict.
pub fn step(id: &str, version: u64, state: &str, outcome: Option<&str>, at: UnixMillis) -> Batch {
    Batch::new()
        .step(
            "update transcription_item
                set state = $1, outcome = $2, version = version + 1, updated_at_ms = $3
              where item_id = $4 and version = $5",
            [state.into(), outcome.into(), at.0.into(), id.into(), integer(version)],
        )
        .expect_rows(1)
}
