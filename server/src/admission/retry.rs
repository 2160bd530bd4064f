//! When whoever was refused is asked to come again. Pure: no dice, a sequence that spreads evenly.

/// Shortest wait on average, in seconds.
const FLOOR_S: f64 = 2.0;

/// What each refused one for each admitted one adds to the wait, in seconds.
const STEP_S: f64 = 4.0;

/// Longest wait on average, in seconds: a minute after a flood has ended all are back.
const CEILING_S: f64 = 40.0;

/// The same of photographs, which follow their record when there is room, whole nights long.
const PHOTOGRAPHS_CEILING_S: f64 = 100.0;

/// For each request that is admitted so many are told a time to come: what is new has room too, and whoever
/// comes mostly brings more than one picture.
const APPOINTMENTS: f64 = 0.5;

/// Fewest appointments in a second, for each core: before anything was admitted nobody knows how fast it
/// goes, and a core does several times that.
const APPOINTMENTS_MIN: f64 = 50.0;

/// After so many milliseconds a request counts half.
const HALF_MS: f64 = 4000.0;

/// The golden ratio's fraction: its multiples fill an interval evenly, whatever their number.
const GOLDEN: f64 = 0.618_033_988_749_895;

/// How one lane has fared lately.
#[derive(Clone, Debug, Default)]
pub(super) struct Retry {
    admitted: f64,
    refused: f64,
    at_ms: u64,
    turn: f64,
    /// Where appointments are given.
    book: Option<Appointments>,
}

/// The appointments of a lane.
#[derive(Clone, Copy, Debug)]
struct Appointments {
    cores: f64,
    /// The last one that was given.
    last_ms: f64,
}

impl Retry {
    /// For photographs: each is told a time of its own, at the pace at which they are admitted. Thousands of
    /// phones that ask again and again would take the processors from the very photographs they wait for.
    pub(super) fn by_appointment(cores: u32) -> Self {
        let book = Appointments { cores: f64::from(cores), last_ms: 0.0 };
        Self { book: Some(book), ..Self::default() }
    }

    /// One was admitted.
    pub(super) fn admitted(&mut self, now_ms: u64) {
        self.fade(now_ms);
        self.admitted += 1.0;
    }

    /// One was refused: after how many seconds it is to come again.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 150")]
    pub(super) fn refused(&mut self, now_ms: u64) -> u32 {
        self.fade(now_ms);
        self.refused += 1.0;
        let wait_s = match self.book {
            Some(book) => self.appointment(book, now_ms as f64),
            None => {
                let load = self.refused / self.admitted.max(1.0);
                self.around((FLOOR_S + STEP_S * load).min(CEILING_S))
            }
        };
        wait_s.round().max(1.0) as u32
    }

    /// The next appointment, in seconds from now; beyond the longest wait they are spread.
    fn appointment(&mut self, book: Appointments, now_ms: f64) -> f64 {
        let admitted_per_s = self.admitted * std::f64::consts::LN_2 / (HALF_MS / 1000.0);
        let given_per_s = (APPOINTMENTS * admitted_per_s).max(APPOINTMENTS_MIN * book.cores);
        let at_ms = book.last_ms.max(now_ms + FLOOR_S * 1000.0) + 1000.0 / given_per_s;
        let wait_s = (at_ms - now_ms) / 1000.0;
        if wait_s > PHOTOGRAPHS_CEILING_S {
            return self.around(PHOTOGRAPHS_CEILING_S);
        }
        self.book = Some(Appointments { last_ms: at_ms, ..book });
        wait_s
    }

    /// From half of it to half as much again.
    fn around(&mut self, middle_s: f64) -> f64 {
        self.turn = (self.turn + GOLDEN).fract();
        middle_s * (0.5 + self.turn)
    }

    fn fade(&mut self, now_ms: u64) {
        let passed_ms = now_ms.saturating_sub(self.at_ms) as f64;
        let left = 0.5_f64.powf(passed_ms / HALF_MS);
        self.admitted *= left;
        self.refused *= left;
        self.at_ms = self.at_ms.max(now_ms);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn after(admitted: u32, refused: u32) -> Vec<u32> {
        let mut retry = Retry::default();
        (0..admitted).for_each(|_| retry.admitted(1000));
        (0..refused).map(|_| retry.refused(1000)).collect()
    }

    #[test]
    fn the_more_are_refused_the_later_they_are_asked_to_come() {
        assert!(after(1000, 10).iter().all(|wait_s| (1..=3).contains(wait_s)));
        let last = |waits: Vec<u32>| waits[waits.len() - 20..].iter().sum::<u32>();
        assert!(last(after(1000, 9000)) > 4 * last(after(1000, 1000)));
    }

    #[test]
    fn nobody_waits_longer_than_a_minute_and_they_do_not_come_together() {
        let waits = after(0, 10_000);
        assert!(waits.iter().all(|wait_s| (1..=60).contains(wait_s)));
        let distinct: BTreeSet<u32> = waits[9_000..].iter().copied().collect();
        assert!(distinct.len() > 30, "{distinct:?}");
    }

    /// Admits so many in each of ten seconds.
    fn admitting(per_s: u64) -> Retry {
        let mut retry = Retry::by_appointment(1);
        for at_ms in (0..10_000).step_by(100) {
            (0..per_s / 10).for_each(|_| retry.admitted(at_ms));
        }
        retry
    }

    #[test]
    fn photographs_without_room_come_back_as_fast_as_half_of_them_are_admitted() {
        let mut retry = admitting(200);
        let waits: Vec<u32> = (0..1000).map(|_| retry.refused(10_000)).collect();
        assert!(waits.is_sorted());
        for from_s in 2..9 {
            let in_second = waits.iter().filter(|wait_s| **wait_s == from_s + 1).count();
            assert!((80..=125).contains(&in_second), "{in_second} in second {from_s}");
        }
    }

    #[test]
    fn before_anything_was_admitted_appointments_are_given_all_the_same() {
        let mut retry = Retry::by_appointment(2);
        let waits: Vec<u32> = (0..5000).map(|_| retry.refused(1000)).collect();
        assert!(waits.is_sorted() && (51..=53).contains(&waits[4999]), "{}", waits[4999]);
    }

    #[test]
    fn an_appointment_is_kept_free_also_for_who_is_refused_later() {
        let mut retry = admitting(200);
        let last_s = (0..1000).map(|_| retry.refused(10_000)).last().unwrap();
        // Two seconds later the queue is as long as it was, less those two seconds.
        let next_s = retry.refused(12_000);
        assert!((last_s - 2..=last_s - 1).contains(&next_s), "{last_s}, then {next_s}");
    }

    #[test]
    fn photographs_never_wait_longer_than_two_minutes_and_a_half_and_do_not_come_together() {
        let mut retry = Retry::by_appointment(1);
        let waits: Vec<u32> = (0..10_000).map(|_| retry.refused(10_000)).collect();
        assert!(waits.iter().all(|wait_s| (1..=150).contains(wait_s)));
        let distinct: BTreeSet<u32> = waits[5_000..].iter().copied().collect();
        assert!(distinct.len() > 90, "{distinct:?}");
    }

    #[test]
    fn what_was_is_forgotten() {
        let mut retry = Retry::default();
        assert!((0..10_000).map(|_| retry.refused(0)).all(|wait_s| wait_s >= 1));
        assert!(retry.refused(200_000) < 10);
    }
}
