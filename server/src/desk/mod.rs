//! The desk at which people type photographs: who gets which seat, what becomes of what they typed.
//!
//! [`fill`](crate::app::Headquarters::fill_desk) puts on it what needs to be transcribed; the rules
//! are those of [`crate::transcription`]. An entry that settles its document is kept and its
//! statement logged in one transaction.
//!
//! * A seat is had for [`LEASE_MS`]; whoever comes later than that finds it free, or their entry is
//!   kept beside the seats. Nothing typed is lost.
//! * An entry has an id of whoever brings it: brought twice, it is one.

mod fill;
mod item;
mod of_unit;
mod resolve;
mod submit;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use hattama_proto::time::UnixMillis;
use tokio::sync::Mutex;

pub use self::fill::FillError;
pub(crate) use self::fill::Filled;
pub use self::{
    item::{Item, Typed, View},
    of_unit::OfUnit,
    resolve::Proposal,
    submit::{Entry, Kept},
};
use crate::{
    access::{Operator, Scope},
    book::SharedBook,
    log::{SequenceError, Sequencer},
    review::{Review, ReviewError},
    store::{
        self, Db, StoreError,
        transcriptions::{ItemCount, ItemPlace, Lease, StoredItem},
    },
    transcription::{ItemState, Seat, Share, Shares, Urgency, Waiting, Who, next},
};

/// Milliseconds for which a seat is had without a word: a form of thirty lines and two photographs
/// takes three to six minutes; a telephone call comes in between.
pub const LEASE_MS: i64 = 15 * 60 * 1000;

/// How often somebody else may be first before we give up. Each time one of them got on, so even a
/// full room of people who press the button together is through by then.
const TRIES: u32 = 64;

/// Most items of a list that are read at once: a page small enough for a bad line.
const LISTED: u32 = 100;

/// Rows that are read for it: one more says whether there are more.
const PAGE: u32 = LISTED + 1;

/// The desk. Cheap to clone.
#[derive(Clone)]
pub struct Desk {
    db: Db,
    book: SharedBook,
    sequencer: Sequencer,
    review: Review,
    pub(crate) filled: Arc<Mutex<Filled>>,
}

/// Why nothing was done at the desk. Nothing typed was lost.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// There is no such item, or it is not for this account to see.
    #[error("there is no such item to transcribe, or it is not yours to see")]
    NotFound,
    /// The account has typed this item already.
    #[error("you have typed this one already; what you typed then is kept")]
    TypedAlready,
    /// Another entry is kept under this id.
    #[error("another entry is kept under this id; give every entry an id of its own")]
    IdTaken,
    /// The seat is not the account's any more.
    #[error(
        "your time for this one was up and somebody else has it; send what you typed all the same"
    )]
    SeatLost,
    /// It is not in the state in which this can be done.
    #[error("{0}")]
    Refused(&'static str),
    /// Understood, and wrong.
    #[error("{0}")]
    Invalid(String),
    /// Others were first, over and over.
    #[error("too many people changed it at once; try again")]
    Busy,
    /// A stored row cannot be read by this version.
    #[error("a row of the desk cannot be read: {0}")]
    Unreadable(String),
    /// The log did not take it.
    #[error(transparent)]
    Sequence(#[from] SequenceError),
    /// A decision was not taken.
    #[error(transparent)]
    Review(#[from] ReviewError),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What stands on the desk, for who looks after the queue.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    /// By region and state.
    pub counts: Vec<ItemCount>,
    /// Items that somebody has to decide.
    pub open: ItemPage,
    /// Settled items that say that the document stands at the wrong place, not answered yet.
    pub proposals: ItemPage,
    /// The item that who looks is typing.
    pub mine: Option<String>,
}

/// A part of a list, the longest unchanged first.
#[derive(Clone, Debug, Default)]
pub struct ItemPage {
    /// The items.
    pub items: Vec<StoredItem>,
    /// Where the next part begins; none if that was all.
    pub next: Option<ItemPlace>,
}

impl ItemPage {
    /// Of items that were read in their order; one more than a page says that there are more.
    fn of(mut items: Vec<StoredItem>) -> Self {
        let more = items.len() > LISTED as usize;
        items.truncate(LISTED as usize);
        let next = items.last().filter(|_| more).map(ItemPlace::behind);
        Self { items, next }
    }
}

impl Desk {
    /// A desk that signs through `review`.
    pub fn new(db: Db, book: SharedBook, sequencer: Sequencer, review: Review) -> Self {
        Self { db, book, sequencer, review, filled: Arc::default() }
    }

    /// The seat that an account has, with its time begun anew; else the next one, if there is one.
    ///
    /// # Errors
    /// [`DeskError::Busy`], where others were first each time.
    pub async fn next(
        &self,
        operator: &Operator,
        now: UnixMillis,
    ) -> Result<Option<Lease>, DeskError> {
        let until = now.plus_ms(LEASE_MS);
        if let Some(mine) = self.mine(operator, now).await? {
            match self
                .db
                .commit(store::transcriptions::renew(&mine.account, &mine.item, until))
                .await
            {
                Ok(_) => return Ok(Some(Lease { until, ..mine })),
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        for _ in 0..TRIES {
            let (items, shares) = self.queue(operator, now).await?;
            let who = Who { account: &operator.name, region: operator.scope.region.as_deref() };
            let Some((at, seat)) = next(&items, &shares, who) else { return Ok(None) };
            let item = &items[at];
            let wanted = Lease {
                account: operator.name.clone(),
                item: item.id.clone(),
                seat: seat.number().into(),
                until,
            };
            let state = if item.is_third { ItemState::Third } else { ItemState::Blind };
            match self.db.commit(store::transcriptions::take(&wanted, state.name(), now)).await {
                Ok(_) => return Ok(Some(wanted)),
                Err(StoreError::Conflict { .. } | StoreError::UniqueViolation { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            // The same account may have pressed twice: the other one's seat is ours too.
            if let Some(mine) = self.mine(operator, now).await? {
                return Ok(Some(mine));
            }
        }
        Err(DeskError::Busy)
    }

    /// Begins an account's time for an item anew.
    ///
    /// # Errors
    /// [`DeskError::SeatLost`], where it ran out and somebody else has the seat;
    /// [`DeskError::NotFound`], where there is no such item for this account.
    pub async fn renew(
        &self,
        operator: &Operator,
        item: &str,
        now: UnixMillis,
    ) -> Result<UnixMillis, DeskError> {
        self.stored(operator, item).await?;
        let until = now.plus_ms(LEASE_MS);
        match self.db.commit(store::transcriptions::renew(&operator.name, item, until)).await {
            Ok(_) => Ok(until),
            Err(StoreError::Conflict { .. }) => Err(DeskError::SeatLost),
            Err(error) => Err(error.into()),
        }
    }

    /// Gives an item back; it is not given to the account again.
    ///
    /// # Errors
    /// [`DeskError::NotFound`], where there is no such item.
    pub async fn give_back(
        &self,
        operator: &Operator,
        item: &str,
        now: UnixMillis,
    ) -> Result<(), DeskError> {
        self.stored(operator, item).await?;
        self.db.commit(store::transcriptions::give_back(&operator.name, item, now)).await?;
        Ok(())
    }

    /// What stands on the desk, as far as an account sees, its two lists from these places on.
    pub async fn overview(
        &self,
        operator: &Operator,
        [open_after, proposals_after]: [&ItemPlace; 2],
        now: UnixMillis,
    ) -> Result<Overview, DeskError> {
        let scope = &operator.scope;
        let open = store::transcriptions::open(&self.db, scope, open_after, PAGE).await?;
        Ok(Overview {
            counts: store::transcriptions::counts(&self.db, scope).await?,
            open: ItemPage::of(open),
            proposals: self.unanswered_after(scope, proposals_after).await?,
            mine: self.mine(operator, now).await?.map(|lease| lease.item),
        })
    }

    /// Proposals that nobody answered yet. Whether one was answered is said by the log, so rows are
    /// read on until there are enough.
    async fn unanswered_after(
        &self,
        scope: &Scope,
        after: &ItemPlace,
    ) -> Result<ItemPage, DeskError> {
        let waits =
            |item: &StoredItem| Item::read(item).is_ok_and(|item| self.unanswered(&item).is_some());
        let (mut found, mut after) = (Vec::new(), after.clone());
        loop {
            let rows = store::transcriptions::proposals(&self.db, scope, &after, PAGE).await?;
            let is_last = rows.len() < PAGE as usize;
            if let Some(last) = rows.last() {
                after = ItemPlace::behind(last);
            }
            found.extend(rows.into_iter().filter(waits));
            if is_last || found.len() > LISTED as usize {
                return Ok(ItemPage::of(found));
            }
        }
    }

    /// The seat that an account has at `now`.
    async fn mine(&self, operator: &Operator, now: UnixMillis) -> Result<Option<Lease>, DeskError> {
        let lease = store::transcriptions::lease_of(&self.db, &operator.name).await?;
        Ok(lease.filter(|lease| lease.until > now))
    }

    /// An item that the account may see.
    async fn stored(&self, operator: &Operator, item: &str) -> Result<StoredItem, DeskError> {
        let stored = store::transcriptions::item(&self.db, item).await?;
        stored
            .filter(|item| operator.scope.sees(item.org.as_deref(), item.region.as_deref()))
            .ok_or(DeskError::NotFound)
    }

    /// What waits, and how much of each region was given out.
    async fn queue(
        &self,
        operator: &Operator,
        now: UnixMillis,
    ) -> Result<(Vec<Waiting>, Shares), DeskError> {
        let rows = store::transcriptions::waiting(&self.db, &operator.scope).await?;
        let mut items: Vec<Waiting> = rows
            .into_iter()
            .map(|row| Waiting {
                id: row.id,
                region: row.region,
                urgency: Urgency::from_numbers(row.urgency, row.size),
                is_third: row.is_third,
                taken: BTreeSet::new(),
                accounts: BTreeSet::new(),
            })
            .collect();
        let place: HashMap<String, usize> =
            items.iter().enumerate().map(|(at, item)| (item.id.clone(), at)).collect();
        let typed = store::transcriptions::typed(&self.db).await?;
        for sitting in typed.into_iter().chain(store::transcriptions::typing(&self.db, now).await?)
        {
            let Some(at) = place.get(&sitting.item) else { continue };
            items[*at].taken.extend(sitting.seat.and_then(Seat::new));
            items[*at].accounts.insert(sitting.account);
        }
        let given_back: HashSet<String> =
            store::transcriptions::given_back(&self.db, &operator.name)
                .await?
                .into_iter()
                .collect();
        let mut shares = Shares::new();
        for item in &mut items {
            let blind = item.taken.iter().filter(|seat| **seat != Seat::THIRD).count() as u64;
            add(&mut shares, item.region.clone(), if item.is_third { 2 } else { blind }, 2);
            if given_back.contains(&item.id) {
                item.accounts.insert(operator.name.clone());
            }
        }
        for count in store::transcriptions::counts(&self.db, &operator.scope).await? {
            let is_done = count.state == ItemState::Settled.name()
                || (count.state == ItemState::Open.name() && count.is_needed);
            if is_done {
                add(&mut shares, count.region, 2 * count.items, 2 * count.items);
            }
        }
        Ok((items, shares))
    }
}

fn add(shares: &mut Shares, region: Option<String>, given: u64, wanted: u64) {
    let share: &mut Share = shares.entry(region).or_default();
    share.given += given;
    share.wanted += wanted;
}
