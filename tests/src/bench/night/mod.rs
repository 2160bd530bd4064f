//! The night of a large country in real time: phones by the thousand, headquarters of several processes,
//! a shutdown, and everybody coming back at once.
//!
//! ```text
//! virtual phones ─┐                  ┌─> process 0 ─┐
//!                 ├─ cut now and then┤              ├─> one PostgreSQL, one folder of photographs
//! notebooks ──────┘   taken in turn  └─> process 1 ─┘                   ^
//!                                             ^                        check, fsck
//!                            readers: pages, the comparison
//! ```
//!
//! What of client-core runs in it: each virtual phone has a real key and chain, client-core's lanes,
//! pauses and wire, and client-core's engine judges every answer to a push (signature, inclusion,
//! consistency with the checkpoint it saw last), so a record counts as arrived when a phone would say so.
//! What it lacks is the notebook's disk: a hundred thousand SQLite files with a sync for each capture
//! would measure the phones, on the cores that are headquarters'. The receipts of its pictures are taken
//! as they come. Some hundred of the phones are whole notebooks instead, from the capture with its
//! pictures to the checked receipt of the original, over client-core's own transport.
//!
//! Records are captured by the clock, and times are counted from the capture: a phone that waits for its
//! turn is not forgotten. Photographs beyond the room that is given are removed once they were receipted;
//! they stand for a larger disk.

mod check;
mod enrol;
mod house;
mod line;
mod notebooks;
mod options;
mod phone;
mod pictures;
mod plot;
mod reader;
mod report;
mod schedule;
mod speech;
mod talk;
mod tally;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use hattama_client_core::sync::Lane;
use hattama_proto::{id::ElectionId, key::PublicKey, problem::Problem, tlog::Policy};
use hattama_server::fsck::PhotoFiles;
use tokio::sync::{Semaphore, watch};

pub(super) use self::options::NightOptions;
use self::{
    check::Promised,
    house::House,
    line::Cut,
    notebooks::{Books, LeftOfBooks},
    phone::{Left, Phone},
    pictures::{Pictures, Room},
    report::{Storm, Told},
    schedule::Schedule,
    speech::Speech,
    tally::{Event, Tally},
};
use super::{Outcome, memory};
use crate::proxy::{Cut as ProxyCut, How, Proxy, Way};

/// Most connections of virtual phones at once. Who finds no place waits, and the wait counts.
const CONNECTIONS_MAX: usize = 6_000;
/// Files that this program and the processes have open besides.
const OTHER_FILES: usize = 400;
/// Threads that play virtual phones.
const THREADS: usize = 2;
/// Bytes between two cuts of the notebooks' network.
const CUT_EVERY_BYTES: u64 = 3_000_000;

/// Where the night stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Records are captured; at its end nobody is there.
    Night,
    /// Headquarters is back, and so is everybody.
    Storm,
    /// Enough.
    Over,
}

/// What all who play it share.
struct Night {
    options: NightOptions,
    addresses: Vec<SocketAddr>,
    token: String,
    election: ElectionId,
    key: PublicKey,
    policy: Policy,
    tally: Tally,
    schedule: Schedule,
    speech: Speech,
    pictures: Pictures,
    room: Room,
    phase: watch::Sender<Phase>,
    /// Nobody is there, and is not expected to be.
    shut: AtomicBool,
    places: Semaphore,
    turn: AtomicUsize,
    requests: AtomicU64,
    /// What went wrong, and how often.
    troubles: Mutex<BTreeMap<String, u64>>,
}

impl Night {
    fn new(options: &NightOptions, house: &House) -> Self {
        Self {
            addresses: house.addresses.clone(),
            token: house.token.clone(),
            election: house.election.clone(),
            key: house.key,
            policy: house.policy.clone(),
            schedule: Schedule::of(options),
            speech: Speech::new(options.precincts, options.phones),
            pictures: Pictures::new(),
            room: Room::new(house.blobs.clone(), options.room * 1_000_000_000),
            phase: watch::Sender::new(Phase::Night),
            shut: AtomicBool::new(false),
            places: Semaphore::new(places()),
            turn: AtomicUsize::new(0),
            requests: AtomicU64::new(0),
            troubles: Mutex::default(),
            options: options.clone(),
            // Last: the night begins.
            tally: Tally::new(options.row_ms()),
        }
    }

    /// Whose turn it is: processes are asked one after the other, whoever asks.
    fn next_turn(&self) -> usize {
        self.turn.fetch_add(1, Ordering::Relaxed) % self.addresses.len()
    }

    fn next_address(&self) -> SocketAddr {
        self.addresses[self.next_turn()]
    }

    /// Whether the next request is cut, and where.
    fn next_cut(&self) -> Cut {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let every = self.options.cut_every;
        match (number % every == every - 1, number / every % 2) {
            (false, _) => Cut::No,
            (true, 0) => Cut::Half,
            (true, _) => Cut::Answer,
        }
    }

    /// Notes why something was refused.
    fn refused(&self, status: u16, problem: Option<&Problem>) {
        let why = problem.map_or_else(|| "no reason".to_owned(), |problem| problem.code.name());
        self.trouble(Event::Refused, format!("{status} {why}"));
    }

    /// Notes how a connection was not made, or broke by itself.
    fn broke(&self, error: &std::io::Error) {
        let when = match *self.phase.borrow() {
            Phase::Storm => "after the shutdown",
            _ if self.shut.load(Ordering::Relaxed) => "nobody there",
            _ => "in the night",
        };
        self.trouble(Event::Broken, format!("{when}: {:?}", error.kind()));
    }

    fn trouble(&self, event: Event, why: String) {
        self.tally.count(event);
        let mut known = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        *known.entry(why).or_default() += 1;
    }

    /// Waits until so many milliseconds after the beginning.
    fn sleep_until(&self, ms: u64) {
        thread::sleep(Duration::from_millis(ms.saturating_sub(self.tally.now_ms())));
    }

    fn waiting(&self) -> [i64; 4] {
        [Lane::Urgent, Lane::Thumbnails, Lane::Previews, Lane::Originals]
            .map(|lane| self.tally.waiting(lane))
    }
}

/// Connections of virtual phones at once: below the limit of open files, which the processes inherit.
fn places() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let most = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    let places = most.map_or(CONNECTIONS_MAX, |most| most.saturating_sub(OTHER_FILES).max(100));
    places.min(CONNECTIONS_MAX)
}

pub(super) fn run(options: &NightOptions) -> Outcome {
    let mut house = House::build(options);
    house.start();
    let invitations: Vec<_> = (0..options.notebooks).map(|_| house.invite()).collect();
    let mut books = Books::open(&invitations);
    let network: Vec<Proxy> = house.addresses.iter().map(|at| Proxy::start(*at)).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .enable_all()
        .build()
        .expect("threads");
    let spent_before = (house.spent().0, memory::cpu_seconds());
    let night = Arc::new(Night::new(options, &house));
    let phones: Vec<_> = (0..options.phones)
        .map(|number| {
            let phone = Phone::new(Arc::clone(&night), number);
            runtime.spawn(phone.live(night.phase.subscribe()))
        })
        .collect();
    for reader in 0..usize::try_from(options.readers).expect("a few") {
        runtime.spawn(reader::read(Arc::clone(&night), reader));
    }
    let (left_of_books, storm) = thread::scope(|scope| {
        let hands = scope.spawn(|| books.play(&night, &network));
        scope.spawn(|| look_and_cut(&night, &network));
        let _ends = Ends(&night);
        let storm = direct(&night, &mut house);
        (hands.join().expect("the notebooks"), storm)
    });
    let left: Vec<Left> = runtime.block_on(async {
        let mut left = Vec::with_capacity(phones.len());
        for phone in phones {
            left.push(phone.await.expect("a phone"));
        }
        left
    });
    let hq = house.spent();
    let used = (hq.0 - spent_before.0, memory::cpu_seconds() - spent_before.1, hq.1);
    house.stop();
    let promised = promised(&left, &left_of_books);
    let removed = night.room.removed();
    let files = if removed == 0 { PhotoFiles::Read } else { PhotoFiles::Leave };
    let found = check::check(&house, &promised, files);
    report::report(&Told { night: &night, left, left_of_books, storm, found, used, removed })
}

/// Whatever happens, all who play are told that it is over.
struct Ends<'a>(&'a Night);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.phase.send_replace(Phase::Over);
    }
}

/// What happens to headquarters: nothing, until it is shut down and comes back.
fn direct(night: &Night, house: &mut House) -> Storm {
    let options = &night.options;
    night.sleep_until(options.night_ms());
    eprintln!("the processes are told to stop");
    night.shut.store(true, Ordering::Relaxed);
    house.stop();
    night.sleep_until(options.night_ms() + options.shutdown_ms());
    house.start();
    let waiting = night.waiting();
    eprintln!("they are back; {} records wait on phones", waiting[0]);
    night.shut.store(false, Ordering::Relaxed);
    let begun_ms = night.tally.now_ms();
    night.phase.send_replace(Phase::Storm);
    let until = begun_ms + options.drain * 60_000;
    let wait = |done: &dyn Fn() -> bool| {
        while !done() && night.tally.now_ms() < until {
            thread::sleep(Duration::from_millis(20));
        }
        night.tally.now_ms() - begun_ms
    };
    let records_ms = wait(&|| night.waiting()[0] <= 0);
    eprintln!("all records are in, or it is late: {records_ms} ms");
    let all_ms = wait(&|| night.waiting().iter().all(|waiting| *waiting <= 0));
    let left = night.waiting();
    night.tally.look();
    // Notebooks count their pictures themselves.
    thread::sleep(Duration::from_secs(2));
    night.phase.send_replace(Phase::Over);
    Storm { begun_ms, waiting, records_ms, all_ms, left }
}

/// Notes what waits, says how it goes, and cuts the notebooks' network, until the night is over.
fn look_and_cut(night: &Night, network: &[Proxy]) {
    let mut said_ms = 0;
    while *night.phase.borrow() != Phase::Over {
        night.tally.look();
        for proxy in network {
            if proxy.cuts_left() == 0 {
                proxy.cut([ProxyCut { way: Way::Up, after: CUT_EVERY_BYTES, how: How::Reset }]);
            }
        }
        let now = night.tally.now_ms();
        if now - said_ms >= night.options.row_ms() {
            said_ms = now;
            let [records, thumbnails, previews, originals] = night.waiting();
            eprintln!(
                "{:>5} s  {} records acknowledged; waiting: {records} records, {thumbnails} \
                 thumbnails, {previews} previews, {originals} originals",
                now / 1000,
                night.tally.acknowledgements(),
            );
        }
        thread::sleep(Duration::from_millis(500));
    }
}

fn promised(left: &[Left], books: &LeftOfBooks) -> Promised {
    let records = left.iter().flat_map(|phone| &phone.receipts).chain(&books.receipts);
    let photos = left.iter().flat_map(|phone| &phone.photos).chain(&books.photos);
    Promised { records: records.copied().collect(), photos: photos.copied().collect() }
}
