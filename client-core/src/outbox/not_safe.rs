//! What headquarters has given no receipt for.

use super::{Outbox, read, records::ITEM};
use crate::{RecordItem, UnsafePhoto, error::NotebookError};

impl Outbox {
    /// Records without a receipt that was checked, oldest first: those that wait, and those that were
    /// refused.
    pub(crate) fn unsafe_records(&self) -> Result<Vec<RecordItem>, NotebookError> {
        let mut statement = self.db.prepare_cached(&format!(
            "{ITEM} where o.state not in ('acked', 'held') order by r.rowid"
        ))?;
        let mut rows = statement.query([])?;
        let mut items = Vec::new();
        while let Some(row) = rows.next()? {
            items.push(self.item(row)?);
        }
        Ok(items)
    }

    /// Files without a receipt that was checked, by the record that names each first. One that is not
    /// on the phone any more is not among them.
    pub(crate) fn unsafe_photos(&self) -> Result<Vec<UnsafePhoto>, NotebookError> {
        let mut statement = self.db.prepare_cached(
            "select o.hash, (select n.record from record_photo n join record r on r.id = n.record
                              where n.hash = o.hash order by r.rowid limit 1)
             from photo_out o where o.state = 'queued' order by o.lane, o.rowid",
        )?;
        let mut rows = statement.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let record = read("record id", &row.get::<_, String>(1)?)?;
            let hash: String = row.get(0)?;
            let photo =
                self.photos_of(record)?.into_iter().find(|photo| photo.hash.to_hex() == hash);
            found.extend(photo.map(|photo| UnsafePhoto { record, photo }));
        }
        Ok(found)
    }
}
