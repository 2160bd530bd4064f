//! The digests of all units, kept current: after new entries of the log only the units they touch are
//! read and merged again.
//!
//! The result is what computing everything anew gives; the random histories hold it to that.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex as StdMutex, PoisonError, RwLock, RwLockReadGuard},
};

use hattama_proto::id::UnitCode;
use tokio::sync::Mutex;

use crate::{
    access::Scope,
    app::Headquarters,
    book::SharedBook,
    compare::UnitDigest,
    merge::Shapes,
    picture::{self, PictureError},
    recent_units::RecentUnits,
    roster::TurnoutSeries,
    store::{self, Db, StoreError},
    touched::Touched,
    touched_units::{Taken, touched_units},
    turnout,
};

/// Rows read at once while everything is gone through.
const PAGE: u32 = 500;

/// What was made of a unit.
enum Digested {
    /// A digest that lists and sums need, and what was told of turnout.
    Listed(UnitDigest, Vec<TurnoutSeries>),
    /// Nothing that any of them needs.
    Unlisted(UnitCode),
}

/// The digests, shared. One request brings them up to date while the others wait for it.
///
/// Whoever holds several of these locks and the book's takes them in this order: the book, what is
/// known, turnout. A reader that takes another order waits for a writer who waits for it.
#[derive(Clone, Debug, Default)]
pub struct Digests {
    known: Arc<RwLock<HashMap<UnitCode, UnitDigest>>>,
    turnout: Arc<RwLock<HashMap<UnitCode, Vec<TurnoutSeries>>>>,
    recent: Arc<RwLock<RecentUnits>>,
    shapes: Arc<StdMutex<Shapes>>,
    turn: Arc<Mutex<()>>,
}

impl Digests {
    /// By unit: every unit of the register that anything is known of. Keep the guard short: it is
    /// never held across an await.
    pub fn read(&self) -> RwLockReadGuard<'_, HashMap<UnitCode, UnitDigest>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// By unit: what was told of its turnout, where anything was. As [`read`](Self::read).
    pub fn turnout(&self) -> RwLockReadGuard<'_, HashMap<UnitCode, Vec<TurnoutSeries>>> {
        self.turnout.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many digests changed until now. What is [read](Self::read) afterwards has all of these
    /// changes, and perhaps some that are counted a moment later.
    pub(crate) fn changes(&self) -> u64 {
        self.recent.read().unwrap_or_else(PoisonError::into_inner).count()
    }

    /// Units whose digest changed after the first `seen` changes; none if those are forgotten.
    pub(crate) fn changed_after(&self, seen: u64) -> Option<HashSet<UnitCode>> {
        self.recent.read().unwrap_or_else(PoisonError::into_inner).after(seen)
    }

    fn put(&self, digests: Vec<Digested>) {
        let mut changed = Vec::new();
        let mut shapes = self.shapes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let mut turnout = self.turnout.write().unwrap_or_else(PoisonError::into_inner);
        for digest in digests {
            match digest {
                Digested::Listed(mut digest, series) => {
                    if series.is_empty() {
                        turnout.remove(&digest.unit);
                    } else {
                        turnout.insert(digest.unit.clone(), series);
                    }
                    digest.share_keys(&mut shapes);
                    insert(digest, &mut known, &mut changed);
                }
                Digested::Unlisted(unit) => {
                    turnout.remove(&unit);
                    if known.remove(&unit).is_some() {
                        changed.push(unit);
                    }
                }
            }
        }
        drop((turnout, known, shapes));
        let mut recent = self.recent.write().unwrap_or_else(PoisonError::into_inner);
        changed.into_iter().for_each(|unit| recent.note(unit));
    }

    /// Reads and merges what was touched since the last time.
    async fn refresh(&self, db: &Db, book: &SharedBook) -> Result<(), PictureError> {
        let _turn = self.turn.lock().await;
        if book.read().followed.digests.is_nothing() {
            return Ok(());
        }
        let taken = Taken::take(book, |followed| &mut followed.digests);
        self.recompute(db, book, taken.touched()).await?;
        taken.done();
        Ok(())
    }

    async fn recompute(
        &self,
        db: &Db,
        book: &SharedBook,
        taken: &Touched,
    ) -> Result<(), PictureError> {
        if taken.everything {
            return self.recompute_all(db, book).await;
        }
        let units: Vec<UnitCode> = touched_units(db, book, taken).await?.into_iter().collect();
        for units in units.chunks(PAGE as usize) {
            let lines = store::unit_lines::of_each(db, units).await?;
            let rows = units.iter().cloned().zip(lines.into_iter().map(Option::unwrap_or_default));
            self.put(digested(book, rows.collect()).await?);
        }
        Ok(())
    }

    async fn recompute_all(&self, db: &Db, book: &SharedBook) -> Result<(), PictureError> {
        let mut after = String::new();
        loop {
            let rows = store::unit_lines::after(db, &after, PAGE).await?;
            let Some((last, _)) = rows.last() else { return Ok(()) };
            after.clone_from(last);
            // Rows are written under codes that were read as codes.
            let rows = rows
                .into_iter()
                .filter_map(|(unit, lines)| Some((UnitCode::new(&unit).ok()?, lines)))
                .collect();
            self.put(digested(book, rows).await?);
        }
    }
}

fn insert(
    digest: UnitDigest,
    known: &mut HashMap<UnitCode, UnitDigest>,
    changed: &mut Vec<UnitCode>,
) {
    if known.get(&digest.unit) != Some(&digest) {
        changed.push(digest.unit.clone());
        known.insert(digest.unit.clone(), digest);
    }
}

impl Headquarters {
    /// The digests of what lies within `scope`. A limited one is computed anew: what lies outside is
    /// taken out before anything is merged.
    pub(crate) async fn digests_within(&self, scope: &Scope) -> Result<Digests, PictureError> {
        if scope.is_everything() {
            return self.digests().await.cloned();
        }
        let files = self.all_unit_files_within(scope).await?;
        let book = self.book.clone();
        let digest_all = move || {
            let book = book.read();
            let series = turnout::reader(&book.pack);
            let digest = |file| Digested::Listed(UnitDigest::of(file, &book.pack), series(file));
            files.iter().map(digest).collect()
        };
        let digests = Digests::default();
        digests.put(
            tokio::task::spawn_blocking(digest_all)
                .await
                .map_err(|stopped| StoreError::Unavailable(stopped.into()))?,
        );
        Ok(digests)
    }

    /// Reads ahead what every list and sum needs: every unit file is merged once, every incident
    /// read, and all levels are compared. About 8 s for a million records, beside whatever is asked
    /// meanwhile.
    pub async fn warm(&self) -> Result<(), PictureError> {
        self.incident_board().await?;
        self.comparison().await.map(|_| ())
    }

    /// The digests of all units, as the log says now.
    pub async fn digests(&self) -> Result<&Digests, PictureError> {
        self.digests.refresh(&self.db, &self.book).await?;
        Ok(&self.digests)
    }
}

/// Merges off the threads that serve connections. A unit that the register does not have is in no
/// sum, and on a list only while something in it awaits check.
async fn digested(
    book: &SharedBook,
    rows: Vec<(UnitCode, String)>,
) -> Result<Vec<Digested>, PictureError> {
    let book = book.clone();
    let digest_all = move || {
        let book = book.read();
        let series = turnout::reader(&book.pack);
        rows.iter()
            .map(|(unit, lines)| {
                let file = picture::file_of(unit, lines, &book)?;
                let digest = UnitDigest::of(&file, &book.pack);
                let listed = book.pack.units.get(unit).is_some() || digest.awaits_check;
                // An incident names a unit and stands in no file.
                Ok(if listed && !digest.is_empty {
                    Digested::Listed(digest, series(&file))
                } else {
                    Digested::Unlisted(unit.clone())
                })
            })
            .collect()
    };
    tokio::task::spawn_blocking(digest_all)
        .await
        .map_err(|stopped| StoreError::Unavailable(stopped.into()))?
}
