//! Who gets which place: what was logged before keeps its first one, the rest follow the log's end.
//! A second record at one place of a chain is noticed here, as a fork.

use std::collections::HashMap;

use hattama_proto::{
    id::{Kid, PhotoHash, RecordId},
    record::Body,
    tlog::Hash,
    wire::HeldReason,
};

use super::group::{Group, Item, RecordItem};
use crate::{
    book::{Book, SharedBook},
    ingest::admit,
    store::{self, Db, StoreError},
};

/// Where each item of a group goes.
pub(super) enum Place {
    /// A new leaf.
    New(u64, Option<HeldReason>),
    /// The leaf it already has.
    Before(u64),
}

/// What was logged before at the places and hashes that a group claims.
#[derive(Default)]
pub(super) struct Known {
    at_place: HashMap<(Kid, u64), Vec<(RecordId, u64)>>,
    unread: HashMap<RecordId, u64>,
    photos: HashMap<PhotoHash, u64>,
    /// Whose the records are that this group corrects.
    authors: Vec<(RecordId, Kid)>,
}

/// Gives every item its place and adds the new ones to the group.
pub(super) fn assign(
    items: &[&Item],
    known: &Known,
    first: u64,
    book: &Book,
    group: &mut Group,
    leaves: &mut Vec<Hash>,
) -> Vec<Place> {
    // What this very group has given places to already.
    let mut here: HashMap<[u8; 32], u64> = HashMap::new();
    let mut chain_here: HashMap<(Kid, u64), RecordId> = HashMap::new();
    let mut places = Vec::with_capacity(items.len());
    // Record and author, so that a correction in this group finds a target in this group.
    let authors: HashMap<RecordId, Kid> = items.iter().filter_map(|item| author(item)).collect();
    group.effects.authors.extend(known.authors.iter().copied());
    for item in items {
        if let Item::Record(record) = item
            && let Some(target) = record.corrects()
            && let Some(kid) = authors.get(&target)
        {
            group.effects.authors.push((target, *kid));
        }
        let subject = *item.log_entry().subject();
        let before = here.get(&subject).copied().or_else(|| match item {
            Item::Record(record) => known.position_of(record),
            Item::Photo(photo) => known.photos.get(&photo.sha256).copied(),
            Item::Statement(_) => None,
        });
        if let Some(position) = before {
            places.push(Place::Before(position));
            continue;
        }
        let position = first + leaves.len() as u64;
        leaves.push(group.add_leaf(position, item));
        here.insert(subject, position);
        let mut held = None;
        match item {
            Item::Record(item) => {
                held = admit::held(item, position, book);
                if let Some(record) = &item.record {
                    let place = (item.verified.kid(), record.claims.seq);
                    let taken = known.at_place.get(&place).is_some_and(|found| !found.is_empty());
                    if taken || chain_here.insert(place, item.id).is_some() {
                        group.add_fork(place.0, place.1);
                        held = held.or(Some(HeldReason::Fork));
                    }
                }
                group.add_record(position, item, held, book);
            }
            Item::Statement(item) => group.add_statement(position, item),
            Item::Photo(item) => group.add_photo(position, *item),
        }
        places.push(Place::New(position, held));
    }
    places
}

/// Whose record an item is.
fn author(item: &Item) -> Option<(RecordId, Kid)> {
    match item {
        Item::Record(record) => Some((record.id, record.verified.kid())),
        Item::Statement(_) | Item::Photo(_) => None,
    }
}

impl Known {
    /// What the store already holds at the chain places and hashes that `items` claim.
    pub(super) async fn ask(
        db: &Db,
        book: &SharedBook,
        items: &[&Item],
    ) -> Result<Self, StoreError> {
        let mut known = Self::default();
        let mut places = Vec::new();
        let mut unread = Vec::new();
        let mut photos = Vec::new();
        let mut corrected = Vec::new();
        {
            let book = book.read();
            for item in items {
                match item {
                    Item::Record(item) => match &item.record {
                        Some(record) => {
                            let kid = item.verified.kid();
                            let seq = record.claims.seq;
                            // Beyond the end of its chain nothing can stand yet.
                            if book.heads.get(&kid).is_some_and(|head| seq <= *head) {
                                places.push((kid, seq));
                            }
                            if let Body::Correction(correction) = &record.claims.body {
                                corrected.push(correction.corrects);
                            }
                        }
                        None => unread.push(item.id),
                    },
                    Item::Photo(photo) => photos.push(photo.sha256),
                    Item::Statement(_) => {}
                }
            }
        }
        for (place, found) in places.iter().zip(store::records::at_places(db, &places).await?) {
            known.at_place.insert(*place, found);
        }
        for (id, found) in unread.iter().zip(store::records::positions(db, &unread).await?) {
            if let Some(position) = found {
                known.unread.insert(*id, position);
            }
        }
        for (photo, found) in photos.iter().zip(store::photos::positions(db, &photos).await?) {
            if let Some(position) = found {
                known.photos.insert(*photo, position);
            }
        }
        for (id, found) in corrected.iter().zip(store::records::authors(db, &corrected).await?) {
            if let Some(kid) = found {
                known.authors.push((*id, kid));
            }
        }
        Ok(known)
    }

    /// Whether some of it stands at `size` or beyond: in a part of the log that we do not know yet.
    pub(super) fn reaches(&self, size: u64) -> bool {
        let places = self.at_place.values().flatten().map(|(_, position)| position);
        places.chain(self.unread.values()).chain(self.photos.values()).any(|at| *at >= size)
    }

    fn position_of(&self, item: &RecordItem) -> Option<u64> {
        match &item.record {
            None => self.unread.get(&item.id).copied(),
            Some(record) => {
                let found = self.at_place.get(&(item.verified.kid(), record.claims.seq))?;
                found.iter().find(|(id, _)| *id == item.id).map(|(_, position)| *position)
            }
        }
    }
}
