//! Kinds of figures, with labels that are fixed words.

use std::time::Instant;

use prometheus_client::metrics::{counter::Counter, family::Family, histogram::Histogram};

/// Names and values of `N` labels, all from our own code: so there are only so many series.
pub(crate) type Labels<const N: usize> = [(&'static str, &'static str); N];

/// How often something happened.
pub(crate) type Counts<const N: usize> = Family<Labels<N>, Counter>;

/// How long something took, in seconds.
pub(crate) type Seconds<const N: usize> = Family<Labels<N>, Histogram, fn() -> Histogram>;

/// None yet.
pub(crate) fn counts<const N: usize>() -> Counts<N> {
    Counts::default()
}

/// None yet. From what a memory answers to what a phone gives up on.
pub(crate) fn seconds<const N: usize>() -> Seconds<N> {
    Seconds::new_with_constructor(|| {
        Histogram::new([
            0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
        ])
    })
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
