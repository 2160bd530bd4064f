//! One item as somebody may see it. On a blind seat nothing is shown but the photographs.

use std::str::FromStr as _;

use hattama_proto::{
    id::{CopyType, FormCode, RecordId, TableCode, UnitCode},
    statement::Reading,
    time::UnixMillis,
};

use super::{Desk, DeskError};
use crate::{
    access::{Operator, Permission},
    store::{
        self,
        transcriptions::{StoredItem, StoredReading},
    },
    transcription::{ItemState, Page, Seat},
};

/// An item: which document, and its photographs.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its id.
    pub id: String,
    /// The unit whose document it is said to be.
    pub unit: UnitCode,
    /// The form it is read as.
    pub form: FormCode,
    /// The summary table.
    pub table: Option<TableCode>,
    /// The copy type it is said to be.
    pub copy: CopyType,
    /// The records whose photographs are read.
    pub records: Vec<RecordId>,
    /// The photographs.
    pub pages: Vec<Page>,
    /// How far it has come.
    pub state: ItemState,
    /// Whether somebody still has to look at it.
    pub is_needed: bool,
    pub(super) version: u64,
}

/// One entry as it is shown.
#[derive(Clone, Debug)]
pub struct Typed {
    /// The seat; none beside the seats.
    pub seat: Option<Seat>,
    /// Who typed it; none where that is not for who looks to know.
    pub account: Option<String>,
    /// What was typed.
    pub reading: Reading,
    /// When it came.
    pub typed_at: UnixMillis,
}

/// An item for one account.
#[derive(Clone, Debug)]
pub struct View {
    /// The item.
    pub item: Item,
    /// The seat that the account has now, and until when.
    pub seat: Option<(Seat, UnixMillis)>,
    /// What the account may see of what was typed: nothing on a blind seat, the first two on the
    /// third, everything once nobody types any more.
    pub typed: Vec<Typed>,
    /// Whether the account has typed it.
    pub has_typed: bool,
}

impl Desk {
    /// An item, as an account may see it.
    ///
    /// # Errors
    /// [`DeskError::NotFound`], where there is none or it is outside the account's scope.
    pub async fn show(
        &self,
        operator: &Operator,
        id: &str,
        now: UnixMillis,
    ) -> Result<View, DeskError> {
        let item = Item::read(&self.stored(operator, id).await?)?;
        let seat = self
            .mine(operator, now)
            .await?
            .filter(|lease| lease.item == item.id)
            .and_then(|lease| Some((Seat::new(lease.seat)?, lease.until)));
        let readings = store::transcriptions::readings(&self.db, id).await?;
        let has_typed = readings.iter().any(|reading| reading.account == operator.name);
        let is_over = matches!(item.state, ItemState::Open | ItemState::Settled);
        let sits_third = seat.is_some_and(|(seat, _)| seat == Seat::THIRD);
        // Names are for those who decide, and never before it is over: a third judges readings.
        let with_names = is_over && operator.may(Permission::Decide);
        let is_shown = |reading: &&StoredReading| {
            is_over || (sits_third && item.state == ItemState::Third && reading.seat.is_some())
        };
        let mut typed = readings
            .iter()
            .filter(is_shown)
            .map(|reading| typed(reading, with_names))
            .collect::<Result<Vec<_>, _>>()?;
        typed.sort_by_key(|typed| (typed.seat.is_none(), typed.seat));
        Ok(View { item, seat, typed, has_typed })
    }
}

fn typed(stored: &StoredReading, with_names: bool) -> Result<Typed, DeskError> {
    Ok(Typed {
        seat: stored.seat.and_then(Seat::new),
        account: with_names.then(|| stored.account.clone()),
        reading: read(&stored.reading)?,
        typed_at: stored.typed_at,
    })
}

/// Reads what was typed.
pub(super) fn read(json: &str) -> Result<Reading, DeskError> {
    serde_json::from_str(json).map_err(|error| DeskError::Unreadable(error.to_string()))
}

impl Item {
    /// Reads a row.
    ///
    /// # Errors
    /// [`DeskError::Unreadable`], where another version wrote it.
    pub fn read(stored: &StoredItem) -> Result<Self, DeskError> {
        let unreadable = |what: &str| DeskError::Unreadable(format!("{what} of {}", stored.id));
        let pages = serde_json::from_str(&stored.pages).map_err(|_| unreadable("pages"))?;
        let records = serde_json::from_str(&stored.records).map_err(|_| unreadable("records"))?;
        let table = stored.table.as_deref().map(TableCode::from_str).transpose();
        Ok(Self {
            id: stored.id.clone(),
            unit: stored.unit.parse().map_err(|_| unreadable("unit"))?,
            form: stored.form.parse().map_err(|_| unreadable("form"))?,
            table: table.map_err(|_| unreadable("table"))?,
            copy: stored.copy.parse().map_err(|_| unreadable("copy type"))?,
            records,
            pages,
            state: ItemState::from_name(&stored.state).ok_or_else(|| unreadable("state"))?,
            is_needed: stored.is_needed,
            version: stored.version,
        })
    }
}
