//! A set-up whose files are gone or damaged is fetched again before anything else: without it no answer
//! can be checked. The signed list of its parts is in the outbox, so nobody is believed anything.

use hattama_proto::kind::Role;

use super::{Notebook, PumpBudget, PumpEnd, PumpReport, packs::Unfetched};
use crate::{
    error::NotebookError,
    sync::{Engine, Heard, Link, Snapshot, Step},
    transport::{Stop, Transport, TransportError},
};

impl Notebook {
    /// Makes the set-up in use whole, if it is not. What comes back is the report of a sync that has to
    /// end here: there is no network now, a pause is not over, or `stop` is set.
    pub(super) fn mend_set_up(
        &self,
        budget: &PumpBudget,
        transport: &dyn Transport,
        stop: &Stop,
    ) -> Result<Option<PumpReport>, NotebookError> {
        if self.pack().is_ok() {
            return Ok(None);
        }
        let Some(manifest) = self.manifest()? else { return Ok(None) };
        let kids = Role::ALL.map(|role| self.kid(role)).to_vec();
        let now = self.options.clock.now();
        let mut engine = Engine::new(budget, Link::default(), kids, Vec::new(), now);
        // As for a newer one: the same pauses hold.
        if let Some(ms) = self.set_up_waits_ms(&mut engine)? {
            return Ok(Some(ended(engine, PumpEnd::Waiting, ms)));
        }
        let changes = match self.fetch_set_up(&manifest, transport, stop) {
            Ok(pack) => {
                self.use_pack(pack);
                return Ok(None);
            }
            Err(Unfetched::Heard(Heard::Failed(TransportError::Interrupted))) => {
                let end = if stop.is_overdue() { PumpEnd::Budget } else { PumpEnd::Interrupted };
                return Ok(Some(ended(engine, end, 0)));
            }
            Err(Unfetched::Heard(heard)) => engine.trouble_with_feed(&heard),
            Err(Unfetched::Wrong(error @ NotebookError::Untrusted { .. })) => {
                engine.set_up_is_wrong(&error)
            }
            Err(Unfetched::Wrong(error)) => return Err(error),
        };
        let now = self.options.clock.now();
        self.with(|outbox| outbox.apply(&changes, now.wall))?;
        let ms = self.set_up_waits_ms(&mut engine)?.unwrap_or(0);
        Ok(Some(ended(engine, PumpEnd::Waiting, ms)))
    }

    /// How long the set-up may not be asked for, in milliseconds; none if it may.
    fn set_up_waits_ms(&self, engine: &mut Engine) -> Result<Option<u64>, NotebookError> {
        let backoffs = self.with(|outbox| outbox.backoffs())?;
        let view = Snapshot { set_up_due: true, backoffs, ..Snapshot::default() };
        match engine.next(&view, self.options.clock.now(), self.dice()?) {
            Step::Wait { ms } => Ok(Some(ms)),
            _ => Ok(None),
        }
    }
}

fn ended(engine: Engine, end: PumpEnd, next_wakeup_ms: u64) -> PumpReport {
    PumpReport { end, next_wakeup_ms: Some(next_wakeup_ms), ..engine.report }
}
