//! What the list of items has to become, so that it holds what needs to be transcribed. Pure.
//!
//! An item is begun with the photographs that were there, and stays one item when more photographs of
//! its document come: what was typed is not thrown away. What nobody needs any more is put aside and
//! comes back as it was if it is needed again.

use std::collections::{BTreeSet, HashMap, HashSet};

use hattama_proto::id::{PartHash, PhotoHash, UnitCode};

use super::{ItemState, Need, Urgency};

/// An item as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its id.
    pub id: String,
    /// Its unit.
    pub unit: UnitCode,
    /// The form it is read as.
    pub form: String,
    /// The copy type it is said to be.
    pub copy: String,
    /// The originals it is read from.
    pub photos: BTreeSet<PhotoHash>,
    /// How far it has come.
    pub state: ItemState,
    /// Whether it is needed.
    pub is_needed: bool,
    /// How soon.
    pub urgency: Urgency,
}

/// One change of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A new item.
    Add {
        /// Its id.
        id: String,
        /// What it is for.
        need: Box<Need>,
    },
    /// An item is needed, so soon.
    Want {
        /// Which.
        id: String,
        /// How soon.
        urgency: Urgency,
    },
    /// Nobody needs an item any more.
    PutAside {
        /// Which.
        id: String,
    },
}

/// What has to change, in the order of needs and then of items. `whole` are the pictures that came.
pub fn plan(needs: Vec<Need>, items: &[Known], whole: &HashSet<PhotoHash>) -> Vec<Change> {
    let mut by_unit: HashMap<&UnitCode, Vec<&Known>> = HashMap::new();
    for item in items {
        by_unit.entry(&item.unit).or_default().push(item);
    }
    let mut wanted = HashSet::new();
    let mut changes = Vec::new();
    for need in needs {
        let photos = need.photos();
        let of_unit = by_unit.get(&need.unit).map_or(&[][..], Vec::as_slice);
        let is_of = |item: &&&Known| {
            item.form == need.form.as_str()
                && item.copy == need.copy.as_str()
                && item.photos.is_subset(&photos)
        };
        let begun = of_unit
            .iter()
            .filter(is_of)
            .filter(|item| item.state != ItemState::Settled)
            .max_by_key(|item| (item.state, item.photos.len(), std::cmp::Reverse(&item.id)));
        if let Some(item) = begun {
            wanted.insert(item.id.as_str());
            if !item.is_needed || item.urgency != need.urgency {
                changes.push(Change::Want { id: item.id.clone(), urgency: need.urgency });
            }
        } else if need.is_ready(whole) {
            let is_settled = |item: &&&Known| item.photos == photos;
            let before = of_unit.iter().filter(is_of).filter(is_settled).count();
            changes.push(Change::Add { id: id(&need, &photos, before), need: Box::new(need) });
        }
    }
    let is_idle = |item: &&Known| {
        item.is_needed && item.state != ItemState::Settled && !wanted.contains(item.id.as_str())
    };
    changes
        .extend(items.iter().filter(is_idle).map(|item| Change::PutAside { id: item.id.clone() }));
    changes
}

/// The same for the same photographs, so that two who add it at once add one.
fn id(need: &Need, photos: &BTreeSet<PhotoHash>, before: usize) -> String {
    let mut text = format!("{}\n{}\n{}\n{before}\n", need.unit, need.form, need.copy);
    for photo in photos {
        text.push_str(&photo.to_hex());
        text.push('\n');
    }
    PartHash::of(text.as_bytes()).to_hex()
}
