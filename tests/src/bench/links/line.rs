//! One direction of one link: how long a packet takes, and whether it arrives. Pure.
//!
//! A packet waits until those before it have gone, takes its own length at the line's rate, and arrives after
//! the delay. One that finds the queue full is dropped, as a base station does; one that is lost has taken
//! its time on the air all the same.

use std::time::Duration;

/// What a line is like, in one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Nature {
    /// Bits per second.
    pub(super) bits_per_s: u64,
    /// From the last bit sent to the last bit received.
    pub(super) delay: Duration,
    /// Of a thousand packets, so many are lost.
    pub(super) lost_per_mille: u64,
    /// Longest queue, in bytes.
    pub(super) queue_bytes: u64,
}

impl Nature {
    /// A mobile network of the second generation where it is bad: 50 kbit/s, 600 ms there and back, one
    /// packet in twenty lost each way, and a queue of two seconds and a half.
    pub(super) const SLOW: Self = Self {
        bits_per_s: 50_000,
        delay: Duration::from_millis(300),
        lost_per_mille: 50,
        queue_bytes: 16 * 1024,
    };

    /// The worst on which everything still has to come to an end: 8 kbit/s, two seconds there and back, one
    /// packet in five lost each way.
    pub(super) const WORST: Self = Self {
        bits_per_s: 8_000,
        delay: Duration::from_secs(1),
        lost_per_mille: 200,
        queue_bytes: 16 * 1024,
    };
}

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It arrives at that moment.
    Arrives(Duration),
    /// It is lost on the way.
    Lost,
    /// It finds no room in the queue, and was never sent.
    Dropped,
}

/// One direction of one link. Moments are counted from any fixed one.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    nature: Option<Nature>,
    /// When what waits will have been sent.
    free_at: Duration,
    /// Nothing arrives that is offered before.
    dark_until: Duration,
    dice: u64,
}

impl Line {
    /// A line without limits, loss or delay, until it is told otherwise. The same seed loses the same.
    pub(super) fn new(seed: u64) -> Self {
        Self { dice: seed, ..Self::default() }
    }

    /// From now on it is like this; none is without limits.
    pub(super) fn become_like(&mut self, nature: Option<Nature>) {
        self.nature = nature;
    }

    /// Nothing that is offered before `until` arrives.
    pub(super) fn go_dark(&mut self, until: Duration) {
        self.dark_until = self.dark_until.max(until);
    }

    /// Until when nothing arrives.
    pub(super) const fn dark_until(&self) -> Duration {
        self.dark_until
    }

    /// A packet of `bytes` is handed to the line at `now`.
    pub(super) fn offer(&mut self, now: Duration, bytes: u64) -> Fate {
        let dark = now < self.dark_until;
        let Some(nature) = self.nature else {
            return if dark { Fate::Lost } else { Fate::Arrives(now) };
        };
        let waiting = nature.bytes_in(self.free_at.saturating_sub(now));
        if waiting + bytes > nature.queue_bytes {
            return Fate::Dropped;
        }
        self.free_at = self.free_at.max(now) + nature.time_of(bytes);
        let lost = self.throw() % 1000 < nature.lost_per_mille;
        if lost || dark { Fate::Lost } else { Fate::Arrives(self.free_at + nature.delay) }
    }

    /// SplitMix64.
    const fn throw(&mut self) -> u64 {
        self.dice = self.dice.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let bits = (self.dice ^ (self.dice >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }
}

impl Nature {
    fn time_of(&self, bytes: u64) -> Duration {
        Duration::from_nanos(bytes * 8 * 1_000_000_000 / self.bits_per_s)
    }

    fn bytes_in(&self, time: Duration) -> u64 {
        u64::try_from(time.as_micros()).unwrap_or(u64::MAX / self.bits_per_s) * self.bits_per_s
            / 8_000_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: Nature = Nature { lost_per_mille: 0, ..Nature::SLOW };

    fn line(nature: Nature) -> Line {
        let mut line = Line::new(1);
        line.become_like(Some(nature));
        line
    }

    #[test]
    fn packets_follow_one_another_at_the_rate_of_the_line_and_arrive_after_its_delay() {
        let mut line = line(SOUND);
        let now = Duration::from_secs(5);
        for number in 1..=10 {
            // 1,250 bytes are 10,000 bits: a fifth of a second.
            let arrives = now + Duration::from_millis(200 * number + 300);
            assert_eq!(line.offer(now, 1250), Fate::Arrives(arrives));
        }
        let later = Duration::from_secs(60);
        let arrives = later + Duration::from_millis(500);
        assert_eq!(
            line.offer(later, 1250),
            Fate::Arrives(arrives),
            "an idle line saves nothing up"
        );
    }

    #[test]
    fn a_full_queue_drops_and_takes_again_what_it_has_sent_off() {
        let mut line = line(SOUND);
        let taken = (0..40).filter(|_| line.offer(Duration::ZERO, 1250) != Fate::Dropped).count();
        assert_eq!(taken, 13, "16 KiB of packets of 1,250 bytes");
        assert_eq!(line.offer(Duration::from_millis(100), 1250), Fate::Dropped);
        assert_ne!(line.offer(Duration::from_millis(300), 1250), Fate::Dropped);
    }

    #[test]
    fn the_same_seed_loses_the_same_packets_and_about_as_many_as_it_should() {
        let fates = |seed| {
            let mut line = Line::new(seed);
            line.become_like(Some(Nature::SLOW));
            let offer = |second| line.offer(Duration::from_secs(second), 1250) == Fate::Lost;
            (0..10_000).map(offer).collect::<Vec<bool>>()
        };
        assert_eq!(fates(7), fates(7));
        assert_ne!(fates(7), fates(8));
        let lost = fates(7).into_iter().filter(|lost| *lost).count();
        assert!((400..600).contains(&lost), "{lost} of 10,000");
    }

    #[test]
    fn in_the_dark_nothing_arrives_and_afterwards_it_does() {
        for mut line in [line(SOUND), Line::new(1)] {
            line.go_dark(Duration::from_secs(2));
            assert_eq!(line.offer(Duration::from_secs(1), 100), Fate::Lost);
            assert!(matches!(line.offer(Duration::from_secs(3), 100), Fate::Arrives(_)));
        }
    }
}
