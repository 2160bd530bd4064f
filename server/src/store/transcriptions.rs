//! The desk of those who type photographs: items, seats, what was typed.
//!
//! Who gets a seat is decided by keys: a seat of an item is leased once at a time, an account has one
//! item at a time, and a seat is typed on once. Nothing is deleted.

use hattama_proto::time::UnixMillis;

use super::{
    Batch, Db, Row, StoreError, Value,
    log::{integer, unsigned},
};
use crate::access::Scope;

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
    fn read(row: &Row) -> Result<Self, StoreError> {
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

/// Items in one state that `scope` sees, the longest unchanged first, at most `limit`.
pub async fn in_state(
    db: &Db,
    state: &str,
    scope: &Scope,
    limit: u32,
) -> Result<Vec<StoredItem>, StoreError> {
    let rows = db
        .query(
            "select item_id, unit, region, org, form, summary_table, copy, records, pages, state,
                    outcome, version, needed, urgency, size, updated_at_ms
               from transcription_item
              where state = $1 and needed = 1
                and ($2 = '' or org = $2) and ($3 = '' or region = $3)
              order by updated_at_ms, item_id limit $4",
            &[state.into(), limit_of(&scope.org), limit_of(&scope.region), limit.into()],
        )
        .await?;
    rows.iter().map(StoredItem::read).collect()
}

/// Settled items that say that the document stands at the wrong place, and that `scope` sees.
pub async fn proposals(db: &Db, scope: &Scope) -> Result<Vec<StoredItem>, StoreError> {
    let rows = db
        .query(
            "select item_id, unit, region, org, form, summary_table, copy, records, pages, state,
                    outcome, version, needed, urgency, size, updated_at_ms
               from transcription_item
              where state = 'settled' and outcome in ('wrong_unit', 'wrong_copy', 'not_a_protocol')
                and ($1 = '' or org = $1) and ($2 = '' or region = $2)
              order by updated_at_ms, item_id",
            &[limit_of(&scope.org), limit_of(&scope.region)],
        )
        .await?;
    rows.iter().map(StoredItem::read).collect()
}

/// A limit of a scope, as the statements above read it.
fn limit_of(limit: &Option<String>) -> Value {
    limit.clone().unwrap_or_default().into()
}

/// An item to be typed, short.
#[derive(Clone, Debug)]
pub struct WaitingRow {
    /// Its id.
    pub id: String,
    /// Its region.
    pub region: Option<String>,
    /// Whether it waits for a third.
    pub is_third: bool,
    /// Kind of its urgency.
    pub urgency: u64,
    /// Size of its urgency.
    pub size: u64,
}

/// Items that wait for somebody to type them and that `scope` sees, by id.
pub async fn waiting(db: &Db, scope: &Scope) -> Result<Vec<WaitingRow>, StoreError> {
    let rows = db
        .query(
            "select item_id, region, state, urgency, size from transcription_item
              where state in ('blind', 'third') and needed = 1
                and ($1 = '' or org = $1) and ($2 = '' or region = $2)
              order by item_id",
            &[limit_of(&scope.org), limit_of(&scope.region)],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(WaitingRow {
                id: row.text(0)?.to_owned(),
                region: row.opt_text(1)?.map(str::to_owned),
                is_third: row.text(2)? == "third",
                urgency: unsigned(row.int(3)?),
                size: unsigned(row.int(4)?),
            })
        })
        .collect()
}

/// How many items of a region are in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemCount {
    /// The region.
    pub region: Option<String>,
    /// The state.
    pub state: String,
    /// Whether they are still needed.
    pub is_needed: bool,
    /// How many.
    pub items: u64,
}

/// Counts of the items that `scope` sees, by region and state.
pub async fn counts(db: &Db, scope: &Scope) -> Result<Vec<ItemCount>, StoreError> {
    let rows = db
        .query(
            "select region, state, needed, count(*) from transcription_item
              where ($1 = '' or org = $1) and ($2 = '' or region = $2)
              group by region, state, needed order by region, state, needed",
            &[limit_of(&scope.org), limit_of(&scope.region)],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(ItemCount {
                region: row.opt_text(0)?.map(str::to_owned),
                state: row.text(1)?.to_owned(),
                is_needed: row.int(2)? == 1,
                items: unsigned(row.int(3)?),
            })
        })
        .collect()
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

pub(super) const ADD_ITEM: &str = "insert into transcription_item
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

/// What somebody typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredReading {
    /// Its id, by who typed it.
    pub id: String,
    /// The item.
    pub item: String,
    /// The seat it took.
    pub seat: Option<i64>,
    /// The account.
    pub account: String,
    /// What was typed, JSON.
    pub reading: String,
    /// When it came.
    pub typed_at: UnixMillis,
}

impl StoredReading {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text(0)?.to_owned(),
            item: row.text(1)?.to_owned(),
            seat: row.opt_int(2)?,
            account: row.text(3)?.to_owned(),
            reading: row.text(4)?.to_owned(),
            typed_at: UnixMillis(row.int(5)?),
        })
    }
}

/// Everything that was typed of an item, in the order in which it came.
pub async fn readings(db: &Db, item: &str) -> Result<Vec<StoredReading>, StoreError> {
    let rows = db
        .query(
            "select reading_id, item_id, seat, account, reading, typed_at_ms
               from transcription_reading where item_id = $1 order by typed_at_ms, reading_id",
            &[item.into()],
        )
        .await?;
    rows.iter().map(StoredReading::read).collect()
}

/// What was typed under this id.
pub async fn reading(db: &Db, id: &str) -> Result<Option<StoredReading>, StoreError> {
    let row = db
        .query_opt(
            "select reading_id, item_id, seat, account, reading, typed_at_ms
               from transcription_reading where reading_id = $1",
            &[id.into()],
        )
        .await?;
    row.as_ref().map(StoredReading::read).transpose()
}

pub(super) const TYPE: &str = "insert into transcription_reading
     (reading_id, item_id, seat, account, reading, typed_at_ms)
     values ($1, $2, $3, $4, $5, $6)";

/// Keeps what somebody typed, and ends their lease. Fails on a key if the entry is kept already, its
/// seat was typed on, or the account typed this item.
pub fn keep(reading: &StoredReading) -> Batch {
    Batch::new()
        .step(
            TYPE,
            [
                reading.id.as_str().into(),
                reading.item.as_str().into(),
                reading.seat.into(),
                reading.account.as_str().into(),
                reading.reading.as_str().into(),
                reading.typed_at.0.into(),
            ],
        )
        .and(end_lease(&reading.account, &reading.item))
}

/// An account on a seat of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sitting {
    /// The item.
    pub item: String,
    /// The seat; none beside the seats.
    pub seat: Option<i64>,
    /// The account.
    pub account: String,
}

/// Who typed what of the items that are not settled.
pub async fn typed(db: &Db) -> Result<Vec<Sitting>, StoreError> {
    let rows = db
        .query(
            "select typed.item_id, typed.seat, typed.account
               from transcription_reading typed, transcription_item item
              where item.item_id = typed.item_id and item.state in ('blind', 'third')
              order by typed.item_id, typed.account",
            &[],
        )
        .await?;
    rows.iter().map(sitting).collect()
}

/// Who is typing at `now`.
pub async fn typing(db: &Db, now: UnixMillis) -> Result<Vec<Sitting>, StoreError> {
    let rows = db
        .query(
            "select item_id, seat, account from transcription_lease where until_ms > $1
              order by account",
            &[now.0.into()],
        )
        .await?;
    rows.iter().map(sitting).collect()
}

fn sitting(row: &Row) -> Result<Sitting, StoreError> {
    Ok(Sitting {
        item: row.text(0)?.to_owned(),
        seat: row.opt_int(1)?,
        account: row.text(2)?.to_owned(),
    })
}

/// A seat that was given to an account for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The account.
    pub account: String,
    /// The item.
    pub item: String,
    /// The seat.
    pub seat: i64,
    /// Until when nobody else gets it.
    pub until: UnixMillis,
}

fn lease(row: &Row) -> Result<Lease, StoreError> {
    Ok(Lease {
        account: row.text(0)?.to_owned(),
        item: row.text(1)?.to_owned(),
        seat: row.int(2)?,
        until: UnixMillis(row.int(3)?),
    })
}

/// What an account is typing, or typed last.
pub async fn lease_of(db: &Db, account: &str) -> Result<Option<Lease>, StoreError> {
    let row = db
        .query_opt(
            "select account, item_id, seat, until_ms from transcription_desk where account = $1",
            &[account.into()],
        )
        .await?;
    row.as_ref().map(lease).transpose()
}

/// Who has seats of an item, or had them last.
pub async fn leases(db: &Db, item: &str) -> Result<Vec<Lease>, StoreError> {
    let rows = db
        .query(
            "select account, item_id, seat, until_ms from transcription_lease where item_id = $1
              order by seat",
            &[item.into()],
        )
        .await?;
    rows.iter().map(lease).collect()
}

/// Gives a seat to an account. The batch fails if the account has another item at `now`, or somebody
/// the seat; if the seat was typed on; or if the item is not in `state` any more.
pub fn take(wanted: &Lease, state: &str, now: UnixMillis) -> Batch {
    Batch::new()
        .step(
            "insert into transcription_desk (account, item_id, seat, until_ms)
             values ($1, $2, $3, $4)
             on conflict (account) do update
             set item_id = excluded.item_id, seat = excluded.seat, until_ms = excluded.until_ms
             where transcription_desk.until_ms <= $5",
            [
                wanted.account.as_str().into(),
                wanted.item.as_str().into(),
                wanted.seat.into(),
                wanted.until.0.into(),
                now.0.into(),
            ],
        )
        .expect_rows(1)
        .step(
            "insert into transcription_lease (item_id, seat, account, until_ms)
             select item_id, cast($1 as bigint), cast($2 as text), cast($3 as bigint)
               from transcription_item
              where item_id = $4 and state = $5 and needed = 1
                and not exists (select 1 from transcription_reading typed
                                 where typed.item_id = $4
                                   and (typed.seat = $1 or typed.account = $2))
             on conflict (item_id, seat) do update
             set account = excluded.account, until_ms = excluded.until_ms
             where transcription_lease.until_ms <= $6",
            [
                wanted.seat.into(),
                wanted.account.as_str().into(),
                wanted.until.0.into(),
                wanted.item.as_str().into(),
                state.into(),
                now.0.into(),
            ],
        )
        .expect_rows(1)
}

/// Lengthens what an account has; the batch fails if somebody else has the seat by now.
pub fn renew(account: &str, item: &str, until: UnixMillis) -> Batch {
    until_when(account, item, until).expect_rows(1)
}

/// Both rows of a lease, the seat's last.
fn until_when(account: &str, item: &str, until: UnixMillis) -> Batch {
    let row = || -> [Value; 3] { [until.0.into(), account.into(), item.into()] };
    Batch::new()
        .step(
            "update transcription_desk set until_ms = $1 where account = $2 and item_id = $3",
            row(),
        )
        .step(
            "update transcription_lease set until_ms = $1 where account = $2 and item_id = $3",
            row(),
        )
}

fn end_lease(account: &str, item: &str) -> Batch {
    until_when(account, item, UnixMillis(0))
}

pub(super) const GIVE_BACK: &str = "insert into transcription_given_back (item_id, account, at_ms)
     values ($1, $2, $3) on conflict (item_id, account) do nothing";

/// Ends a lease and notes that the account does not want the item.
pub fn give_back(account: &str, item: &str, at: UnixMillis) -> Batch {
    end_lease(account, item).step(GIVE_BACK, [item.into(), account.into(), at.0.into()])
}

/// Items that an account gave back.
pub async fn given_back(db: &Db, account: &str) -> Result<Vec<String>, StoreError> {
    let rows = db
        .query(
            "select item_id from transcription_given_back where account = $1 order by item_id",
            &[account.into()],
        )
        .await?;
    rows.iter().map(|row| row.text(0).map(str::to_owned)).collect()
}
