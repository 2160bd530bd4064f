//! Kinds of figures, with labels that are fixed words.

use std::time::Instant;

use prometheus_client::metrics::{counter::Counter, family::Family, histogram::Histogram};

/// Names and values of `N` labels, all from our own code: so there are only so many series.
pub(crate) type Labels<const N: usize> = [(&'static str, &'static str); N];

/// How often something happened.
pub(crate) type Counts<const N: usize> = Family<Labels<N>, Counter>;

/// How long something took, in seconds.
pub(crate) type Seconds<const N: usize> = Family<Labels<N>, Histogram, fn() -> Histogram>;

/// None yet. Those with labels that are `known` stand at 0: what appears with its first event is no rise,
/// and a rule would miss it.
pub(crate) fn counts<const N: usize>(known: impl IntoIterator<Item = Labels<N>>) -> Counts<N> {
    let counts = Counts::default();
    known.into_iter().for_each(|labels| drop(counts.get_or_create(&labels)));
    counts
}

/// None yet, as with counts. From what a memory answers to what a phone gives up on.
pub(crate) fn seconds<const N: usize>(known: impl IntoIterator<Item = Labels<N>>) -> Seconds<N> {
    let new: fn() -> Histogram = || {
        Histogram::new([
            0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
        ])
    };
    let seconds = Seconds::new_with_constructor(new);
    known.into_iter().for_each(|labels| drop(seconds.get_or_create(&labels)));
    seconds
}

/// Each kind with each outcome.
pub(crate) fn each(
    kinds: &'static [&'static str],
    outcomes: &'static [&'static str],
) -> impl Iterator<Item = Labels<2>> {
    kinds
        .iter()
        .flat_map(|kind| outcomes.iter().map(|outcome| [("kind", *kind), ("outcome", *outcome)]))
}

/// Waits for `work` of this kind, and notes how long it took and what came of it.
pub(crate) async fn timed<T, E>(
    seconds: &Seconds<2>,
    kind: &'static str,
    work: impl Future<Output = Result<T, E>>,
    outcome: impl FnOnce(&Result<T, E>) -> &'static str,
) -> Result<T, E> {
    let started = Instant::now();
    let done = work.await;
    let labels = [("kind", kind), ("outcome", outcome(&done))];
    seconds.get_or_create(&labels).observe(started.elapsed().as_secs_f64());
    done
}
