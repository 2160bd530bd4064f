//! What waits, counted.

use super::Outbox;
use crate::{LaneSummary, OutboxSummary, error::NotebookError, sync::Lane};

impl Outbox {
    /// Counts what waits and what has arrived. What stands in the way is filled in by the notebook.
    pub(crate) fn summary(&self, now_ms: i64) -> Result<OutboxSummary, NotebookError> {
        let mut summary = OutboxSummary::default();
        let mut statement = self.db.prepare_cached(
            "select o.lane, o.state, count(*), sum(length(r.envelope)), min(r.captured_at_ms)
             from outbox o join record r on r.id = o.record group by o.lane, o.state",
        )?;
        let mut rows = statement.query([])?;
        let mut oldest: Option<i64> = None;
        while let Some(row) = rows.next()? {
            let lane = super::records::lane(row, 0)?;
            let count: u32 = row.get(2)?;
            match row.get::<_, String>(1)?.as_str() {
                "acked" => summary.acked += count,
                "held" => summary.held += count,
                "rejected" => summary.rejected += count,
                state => {
                    let bytes = row.get::<_, i64>(3)?.cast_unsigned();
                    add(&mut summary, lane, count, bytes);
                    if state == "suspect" {
                        summary.suspect += count;
                    }
                    let captured: i64 = row.get(4)?;
                    oldest = Some(oldest.map_or(captured, |oldest| oldest.min(captured)));
                }
            }
        }
        // A clock that was set back makes it zero, not negative.
        summary.oldest_unsent_ms =
            oldest.map(|at| u64::try_from(now_ms.saturating_sub(at)).unwrap_or(0));
        self.count_photos(&mut summary)?;
        summary.held_bytes = self.held_bytes()?;
        (summary.photos_pruned, summary.gone_for_resend) = self.pruned_counts()?;
        // Those are not damaged.
        summary.photos_lost = summary.photos_lost.saturating_sub(summary.gone_for_resend);
        Ok(summary)
    }

    fn count_photos(&self, summary: &mut OutboxSummary) -> Result<(), NotebookError> {
        let mut statement = self.db.prepare_cached(
            "select o.lane, o.state, count(*), sum(coalesce(s.bytes, p.bytes)),
                    sum(o.reason is 'held-sealed')
             from photo_out o join photo p on p.hash = o.hash
                 left join sealed_photo s on s.hash = o.hash
             group by o.lane, o.state",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let lane = super::records::lane(row, 0)?;
            let count: u32 = row.get(2)?;
            match row.get::<_, String>(1)?.as_str() {
                "verified" => summary.photos_verified += count,
                "lost" => summary.photos_lost += count,
                _ => {
                    add(summary, lane, count, row.get::<_, i64>(3)?.cast_unsigned());
                    summary.photos_held_sealed += row.get::<_, u32>(4)?;
                }
            }
        }
        Ok(())
    }
}

fn add(summary: &mut OutboxSummary, lane: Lane, count: u32, bytes: u64) {
    let place: &mut LaneSummary = match lane {
        Lane::Urgent => &mut summary.urgent,
        Lane::Records => &mut summary.records,
        Lane::Thumbnails => &mut summary.thumbnails,
        Lane::Previews => &mut summary.previews,
        Lane::Originals => &mut summary.originals,
    };
    place.count += count;
    place.bytes += bytes;
}
