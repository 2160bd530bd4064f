//! Pauses between retries, kept over restarts.

use std::collections::BTreeMap;

use super::Outbox;
use crate::{
    error::NotebookError,
    sync::{BackOff, Class, Deadline},
};

impl Outbox {
    /// All pauses that were made.
    pub(crate) fn backoffs(&self) -> Result<BTreeMap<Class, BackOff>, NotebookError> {
        let mut statement =
            self.db.prepare_cached("select class, attempts, deadline from backoff")?;
        let mut rows = statement.query([])?;
        let mut backoffs = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let deadline = Deadline::read(Some(&row.get::<_, String>(2)?));
            // A class of a later version, or a text that does not read: no pause is the safe side.
            if let (Some(class), Some(deadline)) =
                (Class::from_name(&row.get::<_, String>(0)?), deadline)
            {
                backoffs.insert(class, BackOff { attempts: row.get(1)?, deadline });
            }
        }
        Ok(backoffs)
    }

    /// Ends every pause of our own making. Those headquarters asked for stay.
    pub(crate) fn forget_pauses(&mut self) -> Result<(), NotebookError> {
        let tx = self.db.transaction()?;
        // `hard` is written by serde as a plain member, and nothing in a deadline can look like it.
        const HARD: &str = "%\"hard\":true%";
        tx.execute("delete from backoff where deadline not like ?1", [HARD])?;
        tx.execute("update outbox set deadline = null where deadline not like ?1", [HARD])?;
        tx.execute("update photo_out set deadline = null where deadline not like ?1", [HARD])?;
        Ok(tx.commit()?)
    }
}
