//! Keeping what somebody typed, and settling what it settles.

use hattama_proto::{
    statement::{Reading, SettledBy, Transcription},
    time::UnixMillis,
};
use uuid::Uuid;

use super::{Desk, DeskError, Item, TRIES, item::read};
use crate::{
    access::Operator,
    log::{Says, SequenceError},
    store::{
        self, Batch, StoreError,
        transcriptions::{Lease, StoredReading},
    },
    transcription::{
        ItemState, Place, Progress, Seat, Settlement, Taken, TakenBy, normalised, place, settle,
    },
};

/// What somebody typed.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Made by who brings it, so that the same entry brought twice is one.
    pub id: Uuid,
    /// What the photographs show.
    pub reading: Reading,
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The seat it took; none where it came too late and is kept beside the seats.
    pub seat: Option<Seat>,
    /// How far the item has come.
    pub state: ItemState,
}

impl Desk {
    /// Keeps an entry. The same entry again changes nothing.
    ///
    /// # Errors
    /// [`DeskError::TypedAlready`] and [`DeskError::IdTaken`], where something else was kept before;
    /// [`DeskError::Invalid`], where the form has no such cell. Nothing is kept then.
    pub async fn submit(
        &self,
        operator: &Operator,
        item: &str,
        entry: Entry,
        now: UnixMillis,
    ) -> Result<Kept, DeskError> {
        let form = Item::read(&self.stored(operator, item).await?)?.form;
        let pack = std::sync::Arc::clone(&self.book.read().pack);
        let reading = normalised(entry.reading, &form, &pack).map_err(DeskError::Invalid)?;
        for _ in 0..TRIES {
            let item = Item::read(&self.stored(operator, item).await?)?;
            if let Some(kept) = self.kept_before(operator, &item, &entry.id, &reading).await? {
                return Ok(kept);
            }
            match self.try_keep(operator, &item, &entry.id, &reading, now).await {
                // Somebody was first: look again.
                Err(DeskError::Store(
                    StoreError::Conflict { .. } | StoreError::UniqueViolation { .. },
                )) => {}
                other => return other,
            }
        }
        Err(DeskError::Busy)
    }

    /// What is kept of this very entry already.
    async fn kept_before(
        &self,
        operator: &Operator,
        item: &Item,
        id: &Uuid,
        reading: &Reading,
    ) -> Result<Option<Kept>, DeskError> {
        let Some(kept) = store::transcriptions::reading(&self.db, &id.to_string()).await? else {
            return Ok(None);
        };
        let is_same = kept.item == item.id
            && kept.account == operator.name
            && read(&kept.reading)? == *reading;
        if !is_same {
            return Err(DeskError::IdTaken);
        }
        Ok(Some(Kept { seat: kept.seat.and_then(Seat::new), state: item.state }))
    }

    async fn try_keep(
        &self,
        operator: &Operator,
        item: &Item,
        id: &Uuid,
        reading: &Reading,
        now: UnixMillis,
    ) -> Result<Kept, DeskError> {
        let readings = store::transcriptions::readings(&self.db, &item.id).await?;
        if readings.iter().any(|kept| kept.account == operator.name) {
            return Err(DeskError::TypedAlready);
        }
        let leases = store::transcriptions::leases(&self.db, &item.id).await?;
        let taken = taken(&operator.name, &readings, &leases, now);
        let state = if item.is_needed { item.state } else { ItemState::Settled };
        let seat = match place(state, &taken) {
            Place::Seat(seat) => Some(seat),
            Place::Beside => None,
        };
        let kept = StoredReading {
            id: id.to_string(),
            item: item.id.clone(),
            seat: seat.map(|seat| seat.number().into()),
            account: operator.name.clone(),
            reading: serde_json::to_string(reading).expect("a reading is plain data"),
            typed_at: now,
        };
        let keep = store::transcriptions::keep(&kept);
        let Some(seat) = seat else {
            self.db.commit(keep).await?;
            return Ok(Kept { seat: None, state: item.state });
        };
        let mut accounts: Vec<(Seat, &str)> = readings
            .iter()
            .filter_map(|kept| Some((Seat::new(kept.seat?)?, kept.account.as_str())))
            .collect();
        accounts.push((seat, &operator.name));
        let mut seats: [Option<Reading>; 3] = [None, None, None];
        for kept in &readings {
            if let Some(seat) = kept.seat.and_then(Seat::new) {
                seats[usize::from(seat.number()) - 1] = Some(read(&kept.reading)?);
            }
        }
        seats[usize::from(seat.number()) - 1] = Some(reading.clone());
        let progress = settle(seats.each_ref().map(Option::as_ref));
        let state = progress.state();
        match progress {
            Progress::Settled(settlement) => {
                let Settlement { reading, by, seats } = settlement;
                let typed_by = |seat: &Seat| {
                    accounts.iter().find(|(at, _)| at == seat).map(|(_, name)| (*name).to_owned())
                };
                let names = seats.iter().filter_map(typed_by).collect();
                self.say(item, reading, (by, names, None), now, keep).await?;
            }
            Progress::Blind | Progress::Third | Progress::Open => {
                let step =
                    store::transcriptions::step(&item.id, item.version, state.name(), None, now);
                self.db.commit(keep.and(step)).await?;
            }
        }
        Ok(Kept { seat: Some(seat), state })
    }

    /// Signs and logs what an item shows, and settles it, in one transaction with `with`.
    pub(super) async fn say(
        &self,
        item: &Item,
        reading: Reading,
        (settled_by, accounts, reason): (SettledBy, Vec<String>, Option<String>),
        now: UnixMillis,
        with: Batch,
    ) -> Result<(), DeskError> {
        let outcome = outcome(&reading);
        let mut photos: Vec<_> = item.pages.iter().map(|page| page.original).collect();
        photos.sort_unstable();
        let transcription = Transcription {
            records: item.records.clone(),
            photos,
            form: item.form.clone(),
            reading,
            settled_by,
            accounts,
            reason,
        };
        let says = Says::Transcription(transcription.clone());
        let (logged, _) = self.review.sign(transcription, item.unit.to_string(), says, now)?;
        let settled = ItemState::Settled.name();
        let step = store::transcriptions::step(&item.id, item.version, settled, Some(outcome), now);
        match self.sequencer.append_with(vec![logged], with.and(step)).await {
            Ok(_) => Ok(()),
            Err(SequenceError::Store(error)) => match &*error {
                StoreError::Conflict { .. } | StoreError::UniqueViolation { .. } => {
                    Err(DeskError::Store(StoreError::Conflict { step: 0 }))
                }
                _ => Err(SequenceError::Store(error).into()),
            },
            Err(error) => Err(error.into()),
        }
    }
}

/// What is known of the seats of an item, for `account`.
fn taken(
    account: &str,
    readings: &[StoredReading],
    leases: &[Lease],
    now: UnixMillis,
) -> Vec<Taken> {
    let typed = readings
        .iter()
        .filter_map(|kept| Some(Taken { seat: Seat::new(kept.seat?)?, by: TakenBy::Reading }));
    let typing = leases.iter().filter_map(|lease| {
        let seat = Seat::new(lease.seat)?;
        if lease.account == account {
            return Some(Taken { seat, by: TakenBy::Oneself });
        }
        (lease.until > now).then_some(Taken { seat, by: TakenBy::Other })
    });
    typed.chain(typing).collect()
}

/// The name of what photographs show, in the store.
const fn outcome(reading: &Reading) -> &'static str {
    match reading {
        Reading::Figures(_) => "figures",
        Reading::Illegible => "illegible",
        Reading::WrongUnit { .. } => "wrong_unit",
        Reading::WrongCopy { .. } => "wrong_copy",
        Reading::NotAProtocol => "not_a_protocol",
        Reading::SheetMissing => "sheet_missing",
    }
}
