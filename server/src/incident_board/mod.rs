//! The incidents of a night in memory, for lists, searches and counts.
//!
//! A team asks for lists all night, with every mix of filters, while reports come in. An index of
//! the store answers one filter well and the mix badly; here every mix costs one look at a few
//! columns. The store stays the truth: before each answer the board reads what was logged since it
//! was last asked, by log index, so any number of processes see the same.
//!
//! It takes about 600 bytes for an incident: 60 MB for a hundred thousand.

mod bits;
mod columns;
mod filter;
mod postings;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
};

use tokio::sync::Mutex;

pub use self::filter::{IncidentFilter, IncidentOrder};
use self::{columns::Columns, postings::Postings};
use crate::{
    access::Scope,
    app::Headquarters,
    store::{self, Db, StoreError, incidents::StoredIncident},
};

/// Incidents that are read from the store at once.
const PAGE: u32 = 2_000;

/// How many incidents of a state, a severity and these categories fit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tallies {
    /// State.
    pub state: String,
    /// Severity.
    pub severity: String,
    /// Categories, JSON.
    pub categories: String,
    /// How many.
    pub count: u64,
}

/// The board, shared. One request brings it up to date while the others wait for it.
#[derive(Clone, Debug, Default)]
pub struct IncidentBoard {
    columns: Arc<RwLock<Columns>>,
    postings: Arc<Mutex<HashMap<[String; 2], Arc<Postings>>>>,
    turn: Arc<Mutex<()>>,
}

impl Headquarters {
    /// The board as the log says now.
    pub async fn incident_board(&self) -> Result<&IncidentBoard, StoreError> {
        self.incident_board.refresh(&self.db).await?;
        Ok(&self.incident_board)
    }
}

impl IncidentBoard {
    fn read(&self) -> RwLockReadGuard<'_, Columns> {
        self.columns.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what changed since the last time.
    async fn refresh(&self, db: &Db) -> Result<(), StoreError> {
        let _turn = self.turn.lock().await;
        loop {
            let from = self.read().next_change();
            let changed = store::incidents::changed_from(db, from, PAGE).await?;
            let full = changed.len() == PAGE as usize;
            if changed.is_empty() {
                return Ok(());
            }
            let ids: Vec<_> = changed.iter().map(|row| row.incident.record).collect();
            let tags = store::incidents::tags_of(db, &ids).await?;
            let mut columns = self.columns.write().unwrap_or_else(PoisonError::into_inner);
            for (row, tags) in changed.into_iter().zip(tags) {
                columns.put(row, &tags);
            }
            if !full {
                return Ok(());
            }
        }
    }

    /// Incidents that fit, at most `limit`, in this order, after the one at this place of it: its
    /// log index of receipt, or of its last change.
    ///
    /// By receipt an incident never changes its place: going through all pages shows every one of
    /// them once. By change it moves to the front with every change: one that changes while somebody
    /// pages may be passed over, and stands first in the next look.
    pub async fn page(
        &self,
        db: &Db,
        filter: &IncidentFilter,
        order: IncidentOrder,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<StoredIncident>, StoreError> {
        let words = self.words(db, filter).await?;
        let columns = self.read();
        let Some(test) = columns.test(filter, &words) else { return Ok(Vec::new()) };
        let found = columns.in_order(order, after).filter(|row| test.fits(*row)).take(limit);
        Ok(found.map(|row| columns.incident(row).clone()).collect())
    }

    /// How many incidents fit, by state, severity and categories.
    pub async fn tallies(
        &self,
        db: &Db,
        filter: &IncidentFilter,
    ) -> Result<Vec<Tallies>, StoreError> {
        let words = self.words(db, filter).await?;
        let columns = self.read();
        let Some(test) = columns.test(filter, &words) else { return Ok(Vec::new()) };
        Ok(columns.tallies(&test))
    }

    /// How many incidents within `scope` are in each state.
    pub fn states(&self, scope: &Scope) -> BTreeMap<String, u64> {
        let filter = IncidentFilter { scope: scope.clone(), ..IncidentFilter::default() };
        let columns = self.read();
        let mut states = BTreeMap::new();
        if let Some(test) = columns.test(&filter, &[]) {
            for tally in columns.tallies(&test) {
                *states.entry(tally.state).or_default() += tally.count;
            }
        }
        states
    }

    /// Other incidents at the same unit or around the same time, newest report first, at most
    /// `limit`. The same time is that of the event; where a report does not say, that of its receipt.
    pub fn near(
        &self,
        scope: &Scope,
        of: &StoredIncident,
        around: (i64, i64),
        limit: usize,
    ) -> Vec<StoredIncident> {
        let columns = self.read();
        let within = |scope: Scope, unit: Option<String>| {
            let filter = IncidentFilter { unit, scope, ..IncidentFilter::default() };
            columns.test(&filter, &[])
        };
        let newest = || columns.in_order(IncidentOrder::Received, None);
        let mut rows: Vec<usize> = Vec::new();
        if of.unit.is_some()
            && let Some(test) = within(scope.clone(), of.unit.clone())
        {
            rows.extend(newest().filter(|row| test.fits(*row)).take(limit + 1));
        }
        let region = of.region.clone();
        if region.is_some()
            && (scope.region.is_none() || scope.region == region)
            && let Some(test) = within(Scope { org: scope.org.clone(), region }, None)
        {
            let same_time = |row: &usize| (around.0..around.1).contains(&columns.happened(*row));
            let others: Vec<usize> = newest()
                .filter(|row| same_time(row) && test.fits(*row) && !rows.contains(row))
                .take(limit + 1)
                .collect();
            rows.extend(others);
        }
        let found = rows.into_iter().map(|row| columns.incident(row));
        found.filter(|incident| incident.record != of.record).take(limit).cloned().collect()
    }

    /// For each word of the filter, where it stands.
    async fn words(
        &self,
        db: &Db,
        filter: &IncidentFilter,
    ) -> Result<Vec<Arc<Postings>>, StoreError> {
        let mut all = Vec::new();
        for word in &filter.words {
            all.push(postings::of(&self.postings, &self.columns, db, word).await?);
        }
        Ok(all)
    }
}
