//! What came of a photo to one process counts at the others: a balancer may send each part of it to
//! another one.
//!
//! Only while other processes log on the same database. Nothing depends on it: what cannot be lent or
//! borrowed is sent again.

use std::sync::Arc;

use hattama_proto::{id::PhotoHash, limits::CELL_BYTES, wire::CellBitmap};

use super::{
    arrival::{Arrival, Progress},
    blocking,
};
use crate::{
    clock::Clock,
    log::Sequencer,
    store::{Db, StoreError, pieces},
};

/// The pieces that processes lend each other. Cheap to clone.
#[derive(Clone)]
pub(super) struct Pieces {
    db: Db,
    sequencer: Sequencer,
    clock: Clock,
}

impl Pieces {
    pub(super) const fn new(db: Db, sequencer: Sequencer, clock: Clock) -> Self {
        Self { db, sequencer, clock }
    }

    /// Lends what has come here from `first` up to `end`, as far as it has.
    pub(super) async fn lend(&self, arrival: &Arc<Arrival>, first: u64, end: u64) {
        if !self.sequencer.has_company() {
            return;
        }
        let of = arrival.of();
        let here = Arc::clone(arrival);
        let lent = async {
            let read = blocking(move || Ok(here.read(first, end)?)).await;
            // A disk that cannot be read is somebody else's to report.
            let Ok(bytes) = read else { return Ok(()) };
            if bytes.is_empty() {
                return Ok(());
            }
            let batch = pieces::lend(&of, first, bytes, (self.clock)());
            self.db.commit(batch).await.map(drop)
        };
        if let Err(error) = lent.await {
            tracing::debug!(%error, "a piece of a photograph stays at this process");
        }
    }

    /// Takes over what other processes have and this one has not.
    pub(super) async fn borrow(&self, arrival: &Arc<Arrival>) {
        if !self.sequencer.has_company() {
            return;
        }
        if let Err(error) = self.borrow_all(arrival).await {
            tracing::debug!(%error, "pieces of a photograph at other processes are not seen now");
        }
    }

    async fn borrow_all(&self, arrival: &Arc<Arrival>) -> Result<(), StoreError> {
        let of = arrival.of();
        for (first, end) in pieces::of(&self.db, &of).await? {
            let here = Arc::clone(arrival);
            let Ok(Progress::Cells(have)) = blocking(move || Ok(here.progress()?)).await else {
                return Ok(());
            };
            if has_all(&have, first, end) {
                continue;
            }
            let Some(bytes) = pieces::bytes(&self.db, &of, first).await? else { continue };
            let here = Arc::clone(arrival);
            // A disk that takes nothing says so to whoever sends.
            drop(blocking(move || Ok(here.write_cells(first, &bytes)?)).await);
        }
        Ok(())
    }

    /// The photo is whole, or what came was not its own: nobody needs the pieces.
    pub(super) async fn give_up(&self, photo: &PhotoHash) {
        if !self.sequencer.has_company() {
            return;
        }
        let given_up = async {
            if pieces::any(&self.db, photo).await? {
                self.db.commit(pieces::give_up(photo)).await?;
            }
            Ok::<_, StoreError>(())
        };
        if let Err(error) = given_up.await {
            tracing::debug!(%error, "pieces of a photograph stay until they are old");
        }
    }
}

fn has_all(have: &CellBitmap, first: u64, end: u64) -> bool {
    (first / CELL_BYTES..end.div_ceil(CELL_BYTES)).all(|cell| have.has(cell))
}
