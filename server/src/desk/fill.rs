//! Putting on the desk what needs to be transcribed.
//!
//! Everything it follows from is in the log: records, publications, decisions, pictures that have
//! arrived. So it is done again when the log has grown, and never takes more than a tenth of the time.

use std::{collections::HashSet, sync::Arc};

use hattama_proto::{id::PhotoHash, statement::Level};

use super::{DeskError, Item};
use crate::{
    app::Headquarters,
    picture::PictureError,
    published::Publication,
    store::{self, Batch, StoreError, transcriptions::StoredItem},
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
    /// Brings the desk up to what is known now; does nothing where the log did not grow.
    ///
    /// # Errors
    /// [`FillError`]; what stands on the desk can be worked on all the same.
    pub async fn fill_desk(&self) -> Result<(), FillError> {
        let mut filled = self.desk.filled.lock().await;
        let (size, began) = (self.sequencer.size(), (self.clock)());
        let is_cheap = filled.took_ms < CHEAP_MS;
        let has_rested = began.0 >= filled.at_ms.saturating_add(PAUSES * filled.took_ms);
        if filled.size == size || !(is_cheap || has_rested) {
            return Ok(());
        }
        let publication =
            Publication::newest(&self.db, Level::Precinct, &filled.publication).await?;
        let found = self.find_needs(&publication).await?;
        let pictures: Vec<PhotoHash> =
            found.iter().flat_map(|need| &need.pages).filter_map(|page| page.shown).collect();
        let whole: HashSet<PhotoHash> =
            store::photos::whole_among(&self.db, &pictures).await?.into_iter().collect();
        let items = store::transcriptions::items(&self.db).await?;
        let known = items.iter().map(known).collect::<Result<Vec<_>, _>>()?;
        for changes in plan(found, &known, &whole).chunks(CHANGES) {
            let batches = changes.iter().map(|change| match change {
                Change::Add { id, need } => store::transcriptions::add(&stored(id, need, began)),
                Change::Want { id, urgency } => {
                    let (kind, size) = urgency.numbers();
                    store::transcriptions::want(id, kind.into(), size)
                }
                Change::PutAside { id } => store::transcriptions::put_aside(id),
            });
            self.db.commit(batches.fold(Batch::new(), Batch::and)).await?;
        }
        let ended = (self.clock)();
        *filled = Filled {
            size,
            at_ms: ended.0,
            took_ms: ended.0.saturating_sub(began.0).max(0),
            publication,
        };
        Ok(())
    }

    /// What needs to be transcribed, off the threads that serve connections.
    async fn find_needs(&self, publication: &Arc<Publication>) -> Result<Vec<Need>, FillError> {
        let files = self.unit_files().await?;
        let (book, publication) = (self.book.clone(), Arc::clone(publication));
        let find = move || -> Vec<Need> {
            let pack = Arc::clone(&book.read().pack);
            let of = |file| needs(file, publication.rows.get(&file.unit), &pack);
            files.iter().flat_map(of).collect()
        };
        let found = tokio::task::spawn_blocking(find).await;
        Ok(found.map_err(|stopped| StoreError::Unavailable(stopped.into()))?)
    }
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

fn stored(id: &str, need: &Need, at: hattama_proto::time::UnixMillis) -> StoredItem {
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
