//! From figures to places, and the figures that stand beside an axis.

/// A line of figures laid over a line of places.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    from: f64,
    to: f64,
    start: f64,
    end: f64,
}

impl Scale {
    /// Lays `from..to` over `start..end`. A line without length is given one, and what is not a number
    /// counts as zero.
    pub(super) fn new(from: f64, to: f64, start: f64, end: f64) -> Self {
        let from = finite(from);
        let to = finite(to);
        // A figure may be so large that one more is the same to a computer.
        let to = if to > from { to } else { from + from.abs().max(1.0) };
        Self { from, to, start, end }
    }

    /// Where a figure stands; one beyond the ends stands at the end.
    pub(super) fn at(&self, figure: f64) -> f64 {
        let part = finite((finite(figure) - self.from) / (self.to - self.from));
        self.start + part.clamp(0.0, 1.0) * (self.end - self.start)
    }

    /// About `count` round figures within it.
    pub(super) fn ticks(&self, count: f64) -> Vec<f64> {
        let step = round_step((self.to - self.from) / count);
        let first = (self.from / step).ceil();
        let mut ticks = Vec::new();
        let mut place = 0.0;
        // Rounding cannot make this endless: a step is at least a twentieth of the line.
        while ticks.len() < 20 {
            let tick = (first + place) * step;
            if !tick.is_finite() || tick > self.to + step * 1e-9 {
                break;
            }
            ticks.push(tick);
            place += 1.0;
        }
        ticks
    }
}

fn finite(figure: f64) -> f64 {
    if figure.is_finite() { figure } else { 0.0 }
}

/// The next of 1, 2, 5, 10 ... that is no smaller.
fn round_step(least: f64) -> f64 {
    let power = 10.0_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|times| times * power)
        .find(|step| *step >= least * (1.0 - 1e-9))
        .unwrap_or(10.0 * power)
}
