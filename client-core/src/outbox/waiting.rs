//! How much of one key's still waits here, as headquarters is told.

use hattama_proto::{
    kind::Role,
    wire::{LANES, Waiting},
};

use super::{Outbox, unreadable};
use crate::error::NotebookError;

impl Outbox {
    /// What waits in each lane of this role's queue, and when the oldest record of it was captured,
    /// in milliseconds since 1970 by the clock of then. Says nothing of the other role: a photo that
    /// both name waits for each of them.
    pub(crate) fn waiting(&self, role: Role) -> Result<(Waiting, Option<i64>), NotebookError> {
        let mut counts = [0_u32; LANES];
        let mut statement = self.db.prepare_cached(
            "select o.lane, count(*) from outbox o join record r on r.id = o.record
              where o.state in ('queued', 'suspect') and r.role = ?1 group by o.lane
             union all
             select p.lane, count(*) from photo_out p
              where p.state = 'queued' and exists (
                  select 1 from record_photo n join record r on r.id = n.record
                   where n.hash = p.hash and r.role = ?1)
              group by p.lane",
        )?;
        let mut rows = statement.query([role.name()])?;
        while let Some(row) = rows.next()? {
            let (lane, count) = (row.get::<_, i64>(0)?, row.get::<_, u32>(1)?);
            let lane = usize::try_from(lane).map_err(|_| unreadable("lane"))?;
            let of_lane = counts.get_mut(lane).ok_or_else(|| unreadable("lane"))?;
            *of_lane = of_lane.saturating_add(count);
        }
        let oldest = self.db.query_row(
            "select min(r.captured_at_ms) from outbox o join record r on r.id = o.record
              where o.state in ('queued', 'suspect') and r.role = ?1",
            [role.name()],
            |row| row.get(0),
        )?;
        Ok((Waiting(counts), oldest))
    }
}
