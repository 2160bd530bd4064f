//! Putting on the desk what needs to be transcribed.
//!
//! Everything it follows from is in the log: records, publications, decisions, pictures that have
//! arrived. So after new entries of the log only the units that they touch are read and planned again;
//! the first time, all of them. The result is what planning everything anew gives
//! ([`desk_lacks`](crate::app::Headquarters::desk_lacks) tells where it is not).

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use hattama_proto::{
    id::{PhotoHash, UnitCode},
    statement::Level,
    time::UnixMillis,
};

use super::{DeskError, Item};
use crate::{
    app::Headquarters,
    picture::{self, PictureError},
    published::Publication,
    store::{self, Batch, StoreError, transcriptions::StoredItem},
    touched::Touched,
    touched_units::{Taken, touched_units},
    transcription::{Change, ItemState, Known, Need, Urgency, needs, plan},
};

/// What the desk was filled from last.
#[derive(Debug, Default)]
pub(crate) struct Filled {
    /// Leaves of the log.
    size: u64,
    /// When, Unix milliseconds.
    at_ms: i64,
    /// How long it took, in milliseconds.
    took_ms: i64,
    publication: Arc<Publication>,
}

/// Milliseconds below which filling is so cheap that it is done whenever the log has grown.
const CHEAP_MS: i64 = 250;

/// How many times as long as filling took is waited before it is done again.
const PAUSES: i64 = 9;

/// Changes of one transaction: enough that a country of ten thousand precincts takes a hundred.
const CHANGES: usize = 100;

/// Units that are read at once.
const UNITS: usize = 500;

/// Why the desk cannot be filled.
#[derive(Debug, thiserror::Error)]
pub enum FillError {
    /// What is known cannot be read.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The desk's own rows cannot be read or written.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

impl From<StoreError> for FillError {
    fn from(error: StoreError) -> Self {
        Self::Desk(error.into())
    }
}

impl Headquarters {
    /// Brings the desk up to what is known now. Does nothing where the log did not grow, and never
    /// takes more than a tenth of the time.
    ///
    /// # Errors
    /// [`FillError`]; what stands on the desk can be worked on all the same.
    pub async fn fill_desk(&self) -> Result<(), FillError> {
        let mut filled = self.desk.filled.lock().await;
        let is_cheap = filled.took_ms < CHEAP_MS;
        let rested_ms = filled.at_ms.saturating_add(PAUSES * filled.took_ms);
        if is_cheap || (self.clock)().0 >= rested_ms {
            self.follow(&mut filled).await
        } else {
            Ok(())
        }
    }

    /// As [`fill_desk`](Self::fill_desk), however short ago that was done.
    ///
    /// # Errors
    /// As there.
    pub async fn fill_desk_now(&self) -> Result<(), FillError> {
        self.follow(&mut *self.desk.filled.lock().await).await
    }

    /// What would change if the desk were filled from everything anew: nothing, where it followed the
    /// log. Reads all units; changes nothing.
    ///
    /// # Errors
    /// [`FillError`].
    pub async fn desk_lacks(&self) -> Result<Vec<Change>, FillError> {
        let publication = Publication::newest(&self.db, Level::Precinct, &Arc::default()).await?;
        self.plan_all(&publication).await
    }

    async fn follow(&self, filled: &mut Filled) -> Result<(), FillError> {
        let (size, began) = (self.sequencer.size(), (self.clock)());
        if filled.size == size {
            return Ok(());
        }
        let publication =
            Publication::newest(&self.db, Level::Precinct, &filled.publication).await?;
        let taken = Taken::take(&self.book, |followed| &mut followed.desk);
        if taken.touched().everything {
            let changes = self.plan_all(&publication).await?;
            self.carry_out(&changes, began).await?;
        } else {
            let units = self.to_plan(taken.touched(), &filled.publication, &publication).await?;
            for units in units.chunks(UNITS) {
                let changes = self.plan_units(units, &publication).await?;
                self.carry_out(&changes, began).await?;
            }
        }
        taken.done();
        let ended = (self.clock)();
        *filled = Filled {
            size,
            at_ms: ended.0,
            took_ms: ended.0.saturating_sub(began.0).max(0),
            publication,
        };
        Ok(())
    }

    /// The units of which something else may be needed than before.
    async fn to_plan(
        &self,
        touched: &Touched,
        before: &Publication,
        now: &Publication,
    ) -> Result<Vec<UnitCode>, FillError> {
        let mut units: BTreeSet<UnitCode> = touched_units(&self.db, &self.book, touched).await?;
        units.extend(now.otherwise_than(before).cloned());
        Ok(units.into_iter().collect())
    }

    /// The plan for everything.
    async fn plan_all(&self, publication: &Arc<Publication>) -> Result<Vec<Change>, FillError> {
        let files = self.unit_files().await?;
        let (book, publication) = (self.book.clone(), Arc::clone(publication));
        let find = move || {
            let pack = Arc::clone(&book.read().pack);
            let of = |file| needs(file, publication.rows.get(&file.unit), &pack);
            Ok(files.iter().flat_map(of).collect())
        };
        let needs = beside_connections(find).await?;
        self.plan(needs, &store::transcriptions::items(&self.db).await?).await
    }

    /// The plan for some units: what [`plan_all`](Self::plan_all) says about them, because a plan
    /// looks at one unit at a time.
    async fn plan_units(
        &self,
        units: &[UnitCode],
        publication: &Arc<Publication>,
    ) -> Result<Vec<Change>, FillError> {
        let lines = store::unit_lines::of_each(&self.db, units).await?;
        let rows: Vec<(UnitCode, String)> = units
            .iter()
            .zip(lines)
            .filter_map(|(unit, lines)| Some((unit.clone(), lines?)))
            .collect();
        let (book, publication) = (self.book.clone(), Arc::clone(publication));
        let find = move || {
            let book = book.read();
            let mut found = Vec::new();
            for (unit, lines) in &rows {
                let file = picture::file_of(unit, lines, &book)?;
                found.extend(needs(&file, publication.rows.get(unit), &book.pack));
            }
            Ok(found)
        };
        let needs = beside_connections(find).await?;
        self.plan(needs, &store::transcriptions::items_of(&self.db, units).await?).await
    }

    /// What has to change, with what is known of pictures.
    async fn plan(&self, needs: Vec<Need>, items: &[StoredItem]) -> Result<Vec<Change>, FillError> {
        let pictures: Vec<PhotoHash> =
            needs.iter().flat_map(|need| &need.pages).filter_map(|page| page.shown).collect();
        let whole: HashSet<PhotoHash> =
            store::photos::whole_among(&self.db, &pictures).await?.into_iter().collect();
        let known = items.iter().map(known).collect::<Result<Vec<_>, _>>()?;
        Ok(plan(needs, &known, &whole))
    }

    async fn carry_out(&self, changes: &[Change], at: UnixMillis) -> Result<(), FillError> {
        for changes in changes.chunks(CHANGES) {
            let batches = changes.iter().map(|change| match change {
                Change::Add { id, need } => store::transcriptions::add(&stored(id, need, at)),
                Change::Want { id, urgency } => {
                    let (kind, size) = urgency.numbers();
                    store::transcriptions::want(id, kind.into(), size)
                }
                Change::PutAside { id } => store::transcriptions::put_aside(id),
            });
            self.db.commit(batches.fold(Batch::new(), Batch::and)).await?;
        }
        Ok(())
    }
}

/// Finds needs off the threads that serve connections.
async fn beside_connections(
    find: impl FnOnce() -> Result<Vec<Need>, PictureError> + Send + 'static,
) -> Result<Vec<Need>, FillError> {
    let found = tokio::task::spawn_blocking(find).await;
    Ok(found.map_err(|stopped| StoreError::Unavailable(stopped.into()))??)
}

fn known(stored: &StoredItem) -> Result<Known, DeskError> {
    let item = Item::read(stored)?;
    Ok(Known {
        id: item.id,
        unit: item.unit,
        form: stored.form.clone(),
        copy: stored.copy.clone(),
        photos: item.pages.iter().map(|page| page.original).collect(),
        state: item.state,
        is_needed: item.is_needed,
        urgency: Urgency::from_numbers(stored.urgency, stored.size),
    })
}

fn stored(id: &str, need: &Need, at: UnixMillis) -> StoredItem {
    let (urgency, size) = need.urgency.numbers();
    StoredItem {
        id: id.to_owned(),
        unit: need.unit.to_string(),
        region: need.region.as_ref().map(ToString::to_string),
        org: need.org.clone(),
        form: need.form.to_string(),
        table: need.table.as_ref().map(ToString::to_string),
        copy: need.copy.to_string(),
        records: serde_json::to_string(&need.records).expect("ids are plain data"),
        pages: serde_json::to_string(&need.pages).expect("hashes are plain data"),
        state: ItemState::Blind.name().to_owned(),
        outcome: None,
        version: 0,
        is_needed: true,
        urgency: urgency.into(),
        size,
        updated_at: at,
    }
}
