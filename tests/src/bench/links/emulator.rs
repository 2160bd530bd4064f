//! Carries packets between two devices, each on the line of the phone that it is from or for.
//!
//! ```text
//! phones' namespace ──device──> line of the phone, up   ──device──> headquarters' namespace
//!                   <──device── line of the phone, down <──device──
//! ```
//!
//! Phones are told apart by the address at which they know headquarters: phone 7 asks 10.99.0.7. So one pair
//! of devices and one pair of namespaces does for all of them.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashSet},
    fs::File,
    io::{Read as _, Write as _},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use super::{
    line::{Fate, Line, Nature},
    packet::Packet,
};

/// Links there are: the last part of an address.
pub(super) const LINKS: usize = 128;

/// Longest packet that a device hands over; its MTU is 1,500.
const PACKET_BYTES_MAX: usize = 4096;

/// Which way a packet goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

/// What a link has carried, in bytes of whole packets.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Carried {
    /// From the phone, lost ones included: what is paid for.
    pub(super) up: u64,
    /// To the phone, lost ones included.
    pub(super) down: u64,
    /// Connections that were begun.
    pub(super) connections: u64,
}

#[derive(Default)]
struct Link {
    up: Line,
    down: Line,
    carried: Carried,
    /// The phone's ports of connections that began here, and of those that are not known any more.
    known: HashSet<u16>,
    forgotten: HashSet<u16>,
}

/// All links. Its threads end with the process.
pub(super) struct Emulator {
    links: Mutex<Vec<Link>>,
    up: Departures,
    down: Departures,
    begun: Instant,
}

impl Emulator {
    /// Carries packets between these devices from now on; links are without limits at first.
    pub(super) fn start(phones: &File, headquarters: &File) -> std::io::Result<Arc<Self>> {
        let link = |number| Link {
            up: Line::new(2 * number),
            down: Line::new(2 * number + 1),
            ..Link::default()
        };
        let emulator = Arc::new(Self {
            links: Mutex::new((0..LINKS as u64).map(link).collect()),
            up: Departures::default(),
            down: Departures::default(),
            begun: Instant::now(),
        });
        for (way, from, to) in [(Way::Up, phones, headquarters), (Way::Down, headquarters, phones)]
        {
            let (taking, from) = (Arc::clone(&emulator), from.try_clone()?);
            thread::spawn(move || taking.take_from(from, way));
            let (giving, to) = (Arc::clone(&emulator), to.try_clone()?);
            thread::spawn(move || giving.departures(way).give_to(to, giving.begun));
        }
        Ok(emulator)
    }

    /// A link is like this from now on, in both directions; none is without limits.
    pub(super) fn become_like(&self, link: usize, nature: Option<Nature>) {
        let link = &mut self.links()[link];
        link.up.become_like(nature);
        link.down.become_like(nature);
    }

    /// The phone loses its network: nothing arrives for `dark`, and afterwards nobody knows the connections
    /// it had. Whoever still speaks on one is told so, as by a mobile network that has given the phone
    /// another address.
    pub(super) fn disconnect(&self, link: usize, dark: Duration) {
        let until = self.begun.elapsed() + dark;
        let link = &mut self.links()[link];
        link.up.go_dark(until);
        link.down.go_dark(until);
        let known = std::mem::take(&mut link.known);
        link.forgotten.extend(known);
    }

    /// What a link has carried so far.
    pub(super) fn carried(&self, link: usize) -> Carried {
        self.links()[link].carried
    }

    fn take_from(&self, mut device: File, way: Way) {
        let mut buffer = vec![0; PACKET_BYTES_MAX];
        loop {
            match device.read(&mut buffer) {
                Ok(0) => return,
                Ok(length) => self.take(&buffer[..length], way),
                // The device is not up yet, or not any more.
                Err(_) => thread::sleep(Duration::from_millis(10)),
            }
        }
    }

    fn take(&self, bytes: &[u8], way: Way) {
        let Some(packet) = Packet::read(bytes) else { return };
        let ((from, to), (from_port, to_port)) = (packet.hosts(), packet.ports());
        let (host, port) = match way {
            Way::Up => (to, from_port),
            Way::Down => (from, to_port),
        };
        let now = self.begun.elapsed();
        let mut links = self.links();
        let Some(link) = links.get_mut(usize::from(host)) else { return };
        if way == Way::Up && packet.begins() {
            link.forgotten.remove(&port);
            link.carried.connections += u64::from(link.known.insert(port));
        }
        if link.forgotten.contains(&port) && now >= link.up.dark_until() {
            if let Some(reset) = packet.reset() {
                let back = match way {
                    Way::Up => &self.down,
                    Way::Down => &self.up,
                };
                back.add(now, reset);
            }
            return;
        }
        let length = bytes.len() as u64;
        let (line, count) = match way {
            Way::Up => (&mut link.up, &mut link.carried.up),
            Way::Down => (&mut link.down, &mut link.carried.down),
        };
        let fate = line.offer(now, length);
        if fate != Fate::Dropped {
            *count += length;
        }
        drop(links);
        if let Fate::Arrives(at) = fate {
            self.departures(way).add(at, bytes.to_vec());
        }
    }

    const fn departures(&self, way: Way) -> &Departures {
        match way {
            Way::Up => &self.up,
            Way::Down => &self.down,
        }
    }

    fn links(&self) -> MutexGuard<'_, Vec<Link>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is still under way, by the moment at which it arrives; packets of one moment in the order in which
/// they came.
#[derive(Default)]
struct Departures {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    packets: BinaryHeap<Reverse<(Duration, u64, Vec<u8>)>>,
    /// How many have come, which is the number of the last.
    count: u64,
}

impl Departures {
    fn add(&self, at: Duration, packet: Vec<u8>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.count += 1;
        let number = waiting.count;
        waiting.packets.push(Reverse((at, number, packet)));
        drop(waiting);
        self.changed.notify_one();
    }

    fn give_to(&self, mut device: File, begun: Instant) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let now = begun.elapsed();
            let due = waiting.packets.peek().map(|Reverse((at, ..))| at.saturating_sub(now));
            match due {
                Some(Duration::ZERO) => {
                    let Some(Reverse((_, _, packet))) = waiting.packets.pop() else { continue };
                    drop(waiting);
                    // A device that takes no more has lost it, as any other would.
                    drop(device.write(&packet));
                    waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                }
                due => {
                    let patience = due.unwrap_or(Duration::from_secs(3600));
                    let woken = self.changed.wait_timeout(waiting, patience);
                    waiting = woken.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
    }
}
