//! Rounds: every few seconds all witnesses that are behind are asked about one and the same
//! checkpoint, so that their cosignatures meet on it.

use std::{sync::Arc, time::Duration};

use hattama_proto::tlog::{Checkpoint, SignedNote};
use tokio::task::{AbortHandle, JoinSet};

use super::{
    Cosigning, CosigningError,
    ask::{Answer, Line},
    witness_key,
};
use crate::{config::WitnessConfig, store};

/// From one round to the next. The log moves at most once a second; a cosignature that comes some
/// seconds later serves as well.
const ROUND_MS: i64 = 3_000;

/// Requests to one witness in one round: the first, and one after each size it tells.
const ASKS_MAX: u32 = 3;

/// Longest pause after failures, in milliseconds. A witness that was away for the night is found
/// again within ten minutes.
const PAUSE_MS_MAX: i64 = 10 * 60 * 1000;

/// How far one witness has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Progress {
    /// Size of the checkpoint it cosigned last, as far as is known.
    cosigned: u64,
    /// Failures in a row.
    failures: u32,
    /// Not before, Unix milliseconds.
    not_before_ms: i64,
}

impl Progress {
    /// Whether it is to be asked about a checkpoint of this size.
    const fn is_due(&self, size: u64, now_ms: i64) -> bool {
        // A clock that was set back must not silence a witness for longer than the longest pause.
        let waits = self.not_before_ms > now_ms && self.not_before_ms <= now_ms + PAUSE_MS_MAX;
        size > self.cosigned && !waits
    }

    fn done(&mut self, size: u64) {
        *self = Self { cosigned: size, ..Self::default() };
    }

    fn failed(&mut self, now_ms: i64) {
        let pause = ROUND_MS.saturating_mul(1 << self.failures.min(20)).min(PAUSE_MS_MAX);
        self.failures = self.failures.saturating_add(1);
        self.not_before_ms = now_ms.saturating_add(pause);
    }
}

/// The task that asks. Ends when it is dropped.
#[derive(Debug)]
pub struct Collecting(Option<AbortHandle>);

impl Drop for Collecting {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Collecting {
    /// Ends asking. What was asked meanwhile is asked again after the next start.
    pub fn stop(&self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }

    /// Starts asking the configured witnesses that have an address.
    pub async fn start(
        cosigning: Cosigning,
        configured: &[WitnessConfig],
    ) -> Result<Self, CosigningError> {
        let mut witnesses = Vec::new();
        for witness in configured {
            let Some(url) = &witness.url else { continue };
            let line = Line::to(url)
                .map_err(|source| CosigningError::Address { name: witness.name.clone(), source })?;
            let key = witness_key(witness)?;
            let cosigned =
                store::cosignatures::last_of(&cosigning.db, key.name()).await?.unwrap_or(0);
            let progress = Progress { cosigned, ..Progress::default() };
            witnesses.push(Watcher { name: witness.name.clone(), line, progress });
        }
        if witnesses.is_empty() {
            return Ok(Self(None));
        }
        Ok(Self(Some(tokio::spawn(run(cosigning, witnesses)).abort_handle())))
    }
}

/// One witness.
#[derive(Clone, Debug)]
struct Watcher {
    name: String,
    line: Line,
    progress: Progress,
}

async fn run(cosigning: Cosigning, mut witnesses: Vec<Watcher>) {
    let mut pulse = tokio::time::interval(Duration::from_millis(ROUND_MS.unsigned_abs()));
    pulse.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        pulse.tick().await;
        round(&cosigning, &mut witnesses).await;
    }
}

async fn round(cosigning: &Cosigning, witnesses: &mut [Watcher]) {
    let Some((size, note)) = cosigning.target() else { return };
    let now_ms = (cosigning.clock)().0;
    let mut asked = JoinSet::new();
    for (at, witness) in witnesses.iter().enumerate() {
        if witness.progress.is_due(size, now_ms) {
            let (cosigning, note, witness) =
                (cosigning.clone(), Arc::clone(&note), witness.clone());
            asked.spawn(async move { (at, ask(&cosigning, &witness, size, &note).await) });
        }
    }
    while let Some(joined) = asked.join_next().await {
        let Ok((at, outcome)) = joined else { continue };
        let Some(witness) = witnesses.get_mut(at) else { continue };
        let name = &witness.name;
        match outcome {
            Ok(reached) => witness.progress.done(reached),
            Err(why) => {
                witness.progress.failed(now_ms);
                tracing::warn!(witness = %name, %size, %why, "a witness did not cosign");
            }
        }
    }
}

/// Asks one witness; returns the size it has cosigned by then.
async fn ask(
    cosigning: &Cosigning,
    witness: &Watcher,
    size: u64,
    note: &Arc<str>,
) -> Result<u64, String> {
    let mut old = witness.progress.cosigned;
    for _ in 0..ASKS_MAX {
        let request =
            cosigning.request(old, size, note).ok_or("the log has no proof from there")?;
        let line = witness.line.clone();
        let answer = tokio::task::spawn_blocking(move || line.ask(&request));
        match answer.await.map_err(|_| "the request was dropped")? {
            Answer::Cosigned(lines) => {
                let text = SignedNote::parse(note).map_err(|error| error.to_string())?;
                let text = text.unverified_text();
                Checkpoint::parse(text).map_err(|error| error.to_string())?;
                let taken = cosigning.receive_lines(size, text, &lines).await;
                return taken.map(|_| size).map_err(|error| error.to_string());
            }
            // It has cosigned a newer one whose answer was lost; the log has moved meanwhile, too.
            Answer::At(known) if known > size => return Ok(size),
            Answer::At(known) if known != old => old = known,
            Answer::At(_) | Answer::Refused(422) => {
                tracing::error!(
                    witness = %witness.name, %size,
                    "a witness says that this log does not continue what it has seen"
                );
                return Err("it says that the log does not continue what it has seen".to_owned());
            }
            Answer::Refused(status) => return Err(format!("it refused with status {status}")),
            Answer::Nothing(why) => return Err(why),
        }
    }
    Err("it tells another size each time".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_witness_is_asked_once_per_size_and_later_after_each_failure() {
        let mut progress = Progress::default();
        assert!(progress.is_due(1, 0));
        assert!(!progress.is_due(0, 0), "an empty log needs no witness");
        progress.failed(0);
        assert!(!progress.is_due(1, ROUND_MS - 1));
        assert!(progress.is_due(1, ROUND_MS));
        for _ in 0..40 {
            progress.failed(0);
        }
        assert!(!progress.is_due(1, PAUSE_MS_MAX - 1));
        assert!(progress.is_due(1, PAUSE_MS_MAX), "pauses have an end");
        progress.done(7);
        assert!(!progress.is_due(7, 0) && progress.is_due(8, 0));
    }

    #[test]
    fn a_clock_that_was_set_back_silences_nobody() {
        let mut progress = Progress::default();
        progress.failed(1_700_000_000_000);
        assert!(progress.is_due(1, 0));
    }
}
