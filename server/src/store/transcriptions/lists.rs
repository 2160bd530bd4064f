//! Lists of items and counts of them, as far as a scope sees.

use std::{fmt, str::FromStr};

use hattama_proto::time::UnixMillis;

use super::StoredItem;
use crate::{
    access::Scope,
    store::{Db, StoreError, Value, log::unsigned},
};

/// Where a page of items ended: when the last one changed, and its id. Written as `17-ab…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemPlace {
    at: UnixMillis,
    id: String,
}

impl ItemPlace {
    /// Before every item.
    pub const fn first() -> Self {
        Self { at: UnixMillis(i64::MIN), id: String::new() }
    }

    /// Behind this one.
    pub fn behind(item: &StoredItem) -> Self {
        Self { at: item.updated_at, id: item.id.clone() }
    }
}

impl fmt::Display for ItemPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.at.0, self.id)
    }
}

impl FromStr for ItemPlace {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (at, id) = text.split_once('-').ok_or(())?;
        let is_id = !id.is_empty() && id.bytes().all(|one| one.is_ascii_hexdigit());
        let at = at.parse().map_err(|_| ())?;
        if is_id { Ok(Self { at: UnixMillis(at), id: id.to_owned() }) } else { Err(()) }
    }
}

/// Items after `after` that no third settled, that are needed and that `scope` sees; the longest
/// unchanged first, at most `limit`.
pub async fn open(
    db: &Db,
    scope: &Scope,
    after: &ItemPlace,
    limit: u32,
) -> Result<Vec<StoredItem>, StoreError> {
    let rows = db
        .query(
            "select item_id, unit, region, org, form, summary_table, copy, records, pages, state,
                    outcome, version, needed, urgency, size, updated_at_ms
               from transcription_item
              where state = 'open' and needed = 1
                and ($1 = '' or org = $1) and ($2 = '' or region = $2)
                and (updated_at_ms > $3 or (updated_at_ms = $3 and item_id > $4))
              order by updated_at_ms, item_id limit $5",
            &page_of(scope, after, limit),
        )
        .await?;
    rows.iter().map(StoredItem::read).collect()
}

/// Settled items after `after` that say that the document stands at the wrong place, and that `scope`
/// sees; the longest unchanged first, at most `limit`.
pub async fn proposals(
    db: &Db,
    scope: &Scope,
    after: &ItemPlace,
    limit: u32,
) -> Result<Vec<StoredItem>, StoreError> {
    let rows = db
        .query(
            "select item_id, unit, region, org, form, summary_table, copy, records, pages, state,
                    outcome, version, needed, urgency, size, updated_at_ms
               from transcription_item
              where state = 'settled' and outcome in ('wrong_unit', 'wrong_copy', 'not_a_protocol')
                and ($1 = '' or org = $1) and ($2 = '' or region = $2)
                and (updated_at_ms > $3 or (updated_at_ms = $3 and item_id > $4))
              order by updated_at_ms, item_id limit $5",
            &page_of(scope, after, limit),
        )
        .await?;
    rows.iter().map(StoredItem::read).collect()
}

fn page_of(scope: &Scope, after: &ItemPlace, limit: u32) -> [Value; 5] {
    let (at, id) = (after.at.0.into(), after.id.as_str().into());
    [limit_of(&scope.org), limit_of(&scope.region), at, id, limit.into()]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_a_list_is_read_as_it_was_written_and_nothing_else_is() {
        let place = ItemPlace { at: UnixMillis(17), id: "ab01".to_owned() };
        assert_eq!(place.to_string(), "17-ab01");
        assert_eq!("17-ab01".parse(), Ok(place));
        for other in
            ["", "17", "17-", "-ab", "x-ab", "17-a b", "17-\u{0}", "99999999999999999999-ab"]
        {
            assert_eq!(other.parse::<ItemPlace>(), Err(()), "{other:?}");
        }
    }
}
