//! What the commission published, as the store keeps it, read into figures.
//!
//! A publication never changes, so it is read once and kept until a newer one of its level comes.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use hattama_proto::{
    id::{ChoiceCode, ContestCode, LineCode, PublicationId, UnitCode},
    statement::Level,
};

use crate::{
    compare::{Earlier, EditionChanges, edition_changes},
    merge::{CellKey, Cells, Shapes},
    store::{self, Db, StoreError},
};

/// The newest publication of a level; without rows if there is none.
#[derive(Debug, Default)]
pub(crate) struct Publication {
    /// Which one.
    pub(crate) id: Option<PublicationId>,
    /// Figures by unit.
    pub(crate) rows: HashMap<UnitCode, Cells>,
    /// What those before it said otherwise, oldest first.
    pub(crate) earlier: Earlier,
}

impl Publication {
    /// The newest of `level`; `known` if it still is.
    pub(crate) async fn newest(
        db: &Db,
        level: Level,
        known: &Arc<Self>,
    ) -> Result<Arc<Self>, StoreError> {
        let id = store::publications::newest(db, level).await?;
        match id {
            id if id == known.id => Ok(Arc::clone(known)),
            None => Ok(Arc::default()),
            Some(id) => {
                let rows = store::publications::rows(db, &id).await?;
                let before = store::publications::otherwise(db, level, &id).await?;
                let read = tokio::task::spawn_blocking(move || {
                    let rows = read_rows(&rows);
                    Self { id: Some(id), earlier: read_earlier(&before), rows }
                });
                let read = read.await.map_err(|stopped| StoreError::Unavailable(stopped.into()))?;
                Ok(Arc::new(read))
            }
        }
    }

    /// The units of which it says otherwise than `before`, in no order.
    pub(crate) fn otherwise_than<'a>(
        &'a self,
        before: &'a Self,
    ) -> impl Iterator<Item = &'a UnitCode> {
        let units = self.rows.keys().chain(before.rows.keys());
        let is_other = |unit: &&UnitCode| self.rows.get(*unit) != before.rows.get(*unit);
        units.filter(move |unit| self.id != before.id && is_other(unit))
    }
}

/// The figures of one publication, whichever came after it.
pub(crate) async fn figures_of(
    db: &Db,
    id: &PublicationId,
) -> Result<HashMap<UnitCode, Cells>, StoreError> {
    let rows = store::publications::rows(db, id).await?;
    tokio::task::spawn_blocking(move || read_rows(&rows))
        .await
        .map_err(|stopped| StoreError::Unavailable(stopped.into()))
}

/// A publication, and what it says otherwise than the one of its level before it.
#[derive(Debug)]
pub(crate) struct Edition {
    /// The one before; none if it is the first.
    pub(crate) before: Option<PublicationId>,
    /// What changed; nothing, if it is the first.
    pub(crate) changes: EditionChanges,
}

/// The publication `id` against the one before it; none if there is no such publication.
pub(crate) async fn edition(db: &Db, id: &PublicationId) -> Result<Option<Edition>, StoreError> {
    if store::publications::level_of(db, id).await?.is_none() {
        return Ok(None);
    }
    let Some(before) = store::publications::before(db, id).await? else {
        return Ok(Some(Edition { before: None, changes: EditionChanges::default() }));
    };
    let old = store::publications::rows(db, &before).await?;
    let new = store::publications::rows(db, id).await?;
    let compare = move || edition_changes(&read_rows(&old), &read_rows(&new));
    let changes = tokio::task::spawn_blocking(compare)
        .await
        .map_err(|stopped| StoreError::Unavailable(stopped.into()))?;
    Ok(Some(Edition { before: Some(before), changes }))
}

/// The figures of one unit in the newest publication of `level`.
pub(crate) async fn row_of(
    db: &Db,
    level: Level,
    unit: &UnitCode,
) -> Result<Option<Cells>, StoreError> {
    let Some(id) = store::publications::newest(db, level).await? else { return Ok(None) };
    let row = store::publications::row_of(db, &id, unit.as_str()).await?;
    Ok(row.and_then(|row| read_row(&row, &mut Shapes::default())))
}

fn read_rows(rows: &[(String, u64, String)]) -> HashMap<UnitCode, Cells> {
    let mut shapes = Shapes::default();
    rows.iter()
        .filter_map(|(unit, _, cells)| {
            Some((UnitCode::new(unit).ok()?, read_row(cells, &mut shapes)?))
        })
        .collect()
}

fn read_earlier(rows: &[(PublicationId, String, String)]) -> Earlier {
    let (mut shapes, mut earlier) = (Shapes::default(), Earlier::new());
    for (publication, unit, cells) in rows {
        let Ok(unit) = UnitCode::new(unit) else { continue };
        let Some(cells) = read_row(cells, &mut shapes) else { continue };
        earlier.entry(unit).or_default().push((*publication, cells));
    }
    earlier
}

/// Reads what [`crate::official::OfficialRows::json_of`] wrote; a column of another version is left out.
fn read_row(row: &str, shapes: &mut Shapes) -> Option<Cells> {
    let row: BTreeMap<&str, Option<u64>> = serde_json::from_str(row).ok()?;
    let mut lines = BTreeMap::new();
    let mut contests: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    for (column, figure) in row {
        match cell_key(column) {
            Some(CellKey::Line { line }) => {
                lines.insert(line, figure);
            }
            Some(CellKey::Vote { contest, choice }) => {
                contests.entry(contest).or_default().insert(choice, figure);
            }
            None => {}
        }
    }
    Some(Cells::from_maps(&lines, &contests, shapes))
}

/// The cell that a column is named after.
pub(crate) fn cell_key(column: &str) -> Option<CellKey> {
    if let Some(line) = column.strip_prefix("line:") {
        return Some(CellKey::line(LineCode::new(line).ok()?));
    }
    let (contest, choice) = column.strip_prefix("contest:")?.split_once(':')?;
    Some(CellKey::vote(ContestCode::new(contest).ok()?, ChoiceCode::new(choice).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_cell_by_cell_and_an_empty_one_is_nobody_s_zero() {
        let row = r#"{"contest:president:heron":7,"line:valid":null,"later:thing":1}"#;
        let cells = read_row(row, &mut Shapes::default()).unwrap();
        assert_eq!(cells.get(&cell_key("contest:president:heron").unwrap()), Some(7));
        assert_eq!(cells.get(&cell_key("line:valid").unwrap()), None);
        assert_eq!(cells.len(), 2);
    }
}
