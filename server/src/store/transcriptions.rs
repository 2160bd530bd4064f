//! The desk of those who type photographs: items, seats, what was typed.
//!
//! Who gets a seat is decided by keys: a seat of an item is leased once at a time, an account has one
//! item at a time, and a seat is typed on once. Nothing is deleted.

mod items;
mod lists;

use hattama_proto::time::UnixMillis;

pub(super) use self::items::ADD_ITEM;
pub use self::{
    items::{StoredItem, add, item, items, items_of, put_aside, step, want},
    lists::{ItemCount, ItemPlace, WaitingRow, counts, open, proposals, waiting},
};
use super::{Batch, Db, Row, StoreError, Value};

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
