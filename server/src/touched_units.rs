//! Which units something touched stands in: what [`crate::touched`] notes, looked up in the store; and
//! holding on to it until it was computed.

use std::collections::{BTreeSet, HashSet};

use hattama_proto::id::{RecordId, UnitCode};

use crate::{
    book::SharedBook,
    store::{self, Db, StoreError},
    touched::{Followed, Touch, Touched},
};

/// Rows read at once while the records of a key are gone through.
const PAGE: u32 = 500;

/// Which follower's touches.
type Of = fn(&mut Followed) -> &mut Touched;

/// What was taken to be computed. Unless it is [`done`](Self::done), it is given back: also where
/// whoever computes is dropped on the way, as a request is whose connection breaks.
pub(crate) struct Taken<'a> {
    book: &'a SharedBook,
    of: Of,
    touched: Touched,
}

impl<'a> Taken<'a> {
    /// Takes what was noted for a follower. To be called before anything is read: what is logged
    /// meanwhile is read the next time too.
    pub(crate) fn take(book: &'a SharedBook, of: Of) -> Self {
        Self { book, of, touched: book.change(|book| of(&mut book.followed).take()) }
    }

    /// What was taken.
    pub(crate) const fn touched(&self) -> &Touched {
        &self.touched
    }

    /// It was computed.
    pub(crate) fn done(mut self) {
        self.touched = Touched { everything: false, touches: HashSet::new() };
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let touches = std::mem::take(&mut self.touched.touches);
        let back = Touched { everything: self.touched.everything, touches };
        if !back.is_nothing() {
            self.book.change(|book| (self.of)(&mut book.followed).give_back(back));
        }
    }
}

/// The units in whose files something touched stands or stood.
pub(crate) async fn touched_units(
    db: &Db,
    book: &SharedBook,
    taken: &Touched,
) -> Result<BTreeSet<UnitCode>, StoreError> {
    let mut units = BTreeSet::new();
    let (mut records, mut photos) = (BTreeSet::new(), Vec::new());
    for touch in &taken.touches {
        match touch {
            Touch::Unit(unit) => {
                units.insert(unit.clone());
            }
            Touch::Record(record) => {
                records.insert(*record);
            }
            Touch::Photo(photo) => photos.push(*photo),
            Touch::Key(kid) => {
                let mut after = None;
                loop {
                    let page = store::records::of_key(db, kid, after, PAGE).await?;
                    records.extend(page.iter().map(|(record, _)| *record));
                    if page.len() < PAGE as usize {
                        break;
                    }
                    after = page.last().map(|(_, position)| *position);
                }
            }
        }
    }
    records.extend(store::photos::naming(db, &photos).await?);
    let tied = tied_records(db, book, records).await?;
    let named = store::records::units(db, &tied).await?;
    let book = book.read();
    for (record, named) in tied.iter().zip(named) {
        let Some(named) = named.and_then(|named| UnitCode::new(&named).ok()) else { continue };
        units.insert(book.statements.attributed(record, &named).clone());
        units.insert(named);
    }
    Ok(units)
}

/// These records, and all that corrections tie to them, both ways.
async fn tied_records(
    db: &Db,
    book: &SharedBook,
    records: BTreeSet<RecordId>,
) -> Result<Vec<RecordId>, StoreError> {
    let mut seen = records.clone();
    let mut waiting: Vec<RecordId> = records.into_iter().collect();
    while !waiting.is_empty() {
        let corrected = store::units::corrected_by(db, &waiting).await?;
        let correcting: Vec<RecordId> = {
            let book = book.read();
            let of = |record| book.statements.corrections_of(record).map(|facts| facts.id());
            waiting.iter().flat_map(of).collect()
        };
        let next = corrected.into_iter().chain(correcting);
        waiting = next.filter(|record| seen.insert(*record)).collect();
    }
    Ok(seen.into_iter().collect())
}
