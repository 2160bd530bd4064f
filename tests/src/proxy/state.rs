//! What the proxy was told and what it has counted.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Mutex, PoisonError, atomic::AtomicU64},
};

use tokio::sync::watch;

use super::Mood;

/// What went through a proxy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Bytes that phones sent.
    pub up: u64,
    /// Bytes that headquarters sent.
    pub down: u64,
    /// Connections that were made.
    pub connections: u64,
}

/// A direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From phone to headquarters.
    Up,
    /// From headquarters to phone.
    Down,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Both sides are told that it is broken (RST).
    Reset,
    /// Both sides are told that nothing more will come (FIN).
    Finish,
}

/// One cut: the connection that carries this byte ends right after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Which bytes are counted.
    pub way: Way,
    /// How many of them are still passed on, over all connections.
    pub after: u64,
    /// How it ends.
    pub how: How,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) upstream: SocketAddr,
    pub(super) mood: Mood,
    pub(super) cuts: VecDeque<Cut>,
}

#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    pub(super) up: AtomicU64,
    pub(super) down: AtomicU64,
    pub(super) connections: AtomicU64,
    /// Changes when all open connections shall end.
    ends: watch::Sender<u64>,
}

/// What to do with a piece of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    /// Pass it on.
    All,
    /// Pass on so many bytes of it, then end the connection.
    Until(usize, How),
}

impl Shared {
    pub(super) fn new(upstream: SocketAddr) -> Self {
        Self {
            state: Mutex::new(State { upstream, mood: Mood::Carry, cuts: VecDeque::new() }),
            up: AtomicU64::new(0),
            down: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            ends: watch::Sender::new(0),
        }
    }

    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        self.change(|state| read(state))
    }

    pub(super) fn end_connections(&self) {
        self.ends.send_modify(|count| *count += 1);
    }

    pub(super) fn ends(&self) -> watch::Receiver<u64> {
        self.ends.subscribe()
    }

    /// Counts a piece against the cut that is next.
    pub(super) fn pass(&self, way: Way, len: usize) -> Pass {
        self.change(|state| {
            let Some(cut) = state.cuts.front_mut().filter(|cut| cut.way == way) else {
                return Pass::All;
            };
            let here = usize::try_from(cut.after).unwrap_or(usize::MAX);
            if here > len {
                cut.after -= len as u64;
                return Pass::All;
            }
            let how = cut.how;
            state.cuts.pop_front();
            Pass::Until(here, how)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_falls_after_its_byte_and_the_next_is_counted_from_there() {
        let shared = Shared::new(([127, 0, 0, 1], 1).into());
        let cut = |way, after| Cut { way, after, how: How::Reset };
        shared.change(|state| state.cuts = [cut(Way::Up, 10), cut(Way::Down, 0)].into());
        assert_eq!(shared.pass(Way::Down, 5), Pass::All);
        assert_eq!(shared.pass(Way::Up, 9), Pass::All);
        assert_eq!(shared.pass(Way::Up, 5), Pass::Until(1, How::Reset));
        assert_eq!(shared.pass(Way::Up, 5), Pass::All);
        assert_eq!(shared.pass(Way::Down, 5), Pass::Until(0, How::Reset));
        assert_eq!(shared.pass(Way::Down, 5), Pass::All);
    }
}
