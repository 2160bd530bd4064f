//! The observers: a real notebook each, in a folder of its own, with a phone's clock.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use hattama_client_core::{
    Notebook, NotebookError, NotebookOptions, PumpBudget, Started, clock::Clock,
};
use hattama_proto::{id::ElectionId, record::App};

use super::{DemoError, Stop, clock::StoryClock};
use crate::exercise::{Story, setup::ELECTION, story::Act};

/// Most notebooks that stay open between two acts. Each has four files open and the whole register
/// in memory.
const OPEN_MAX: usize = 32;

/// Longest single sync, in milliseconds: so soon everybody hears the word to stop.
const SYNC_MS_MAX: u64 = 1_000;

/// How long nothing may arrive before the demonstration gives up. A minute is sixty syncs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Wait between two tries, where the last one brought nothing.
const PAUSE: Duration = Duration::from_millis(100);

/// All observers of a story, by their places in it.
pub(super) struct Cast {
    players: Vec<Player>,
    /// How many notebooks are open.
    open: AtomicUsize,
}

struct Player {
    name: String,
    folder: PathBuf,
    clock: Arc<StoryClock>,
    notebook: Mutex<Option<Notebook>>,
}

/// What a notebook of the exercise is opened with, with this clock.
pub fn observer_options(clock: Arc<dyn Clock>) -> NotebookOptions {
    NotebookOptions {
        election: Some(ElectionId::new(ELECTION).expect("the name of the election is a code")),
        app: App { name: "demonstration".into(), version: env!("CARGO_PKG_VERSION").into() },
        clock,
        ..NotebookOptions::default()
    }
}

impl Cast {
    /// The observers of `story`, whose notebooks will lie in `folder`.
    pub(super) fn of(story: &Story, folder: &Path) -> Self {
        let players = story.observers.iter().enumerate().map(|(place, observer)| {
            let first = story.acts.iter().find(|act| act.observer == place);
            let at = first.or(story.acts.first()).map(|act| &act.at);
            let name = observer.person.to_string();
            Player {
                folder: folder.join(&name),
                name,
                clock: Arc::new(StoryClock::at(at.expect("a story has acts"))),
                notebook: Mutex::new(None),
            }
        });
        Self { players: players.collect(), open: AtomicUsize::new(0) }
    }

    /// Which folder is whose.
    pub(super) fn name(&self, observer: usize) -> &str {
        &self.players[observer].name
    }

    /// Lets an observer do something with the notebook.
    pub(super) fn with<T>(
        &self,
        observer: usize,
        work: impl FnOnce(&Notebook) -> Result<T, NotebookError>,
    ) -> Result<T, DemoError> {
        let player = &self.players[observer];
        let mut place = player.notebook.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = |source| DemoError::Notebook { observer: player.name.clone(), source };
        let notebook = match place.take() {
            Some(notebook) => notebook,
            None => {
                self.open.fetch_add(1, Ordering::Relaxed);
                player.open().map_err(failed)?
            }
        };
        let done = work(&notebook).map_err(failed);
        if self.open.load(Ordering::Relaxed) > OPEN_MAX {
            drop(notebook);
            self.open.fetch_sub(1, Ordering::Relaxed);
        } else {
            *place = Some(notebook);
        }
        done
    }

    /// As [`with`](Self::with), after setting the phone's clock on to the time of `act`.
    pub(super) fn at_act<T>(
        &self,
        act: &Act,
        work: impl FnOnce(&Notebook) -> Result<T, NotebookError>,
    ) -> Result<T, DemoError> {
        self.players[act.observer].clock.set_on(&act.at);
        self.with(act.observer, work)
    }

    /// Sends what an observer has, as far as one short sync gets.
    pub(super) fn sync_once(&self, observer: usize) -> Result<(), DemoError> {
        self.with(observer, |notebook| notebook.pump(&budget(Started::BySystem)).map(drop))
    }

    /// Sends everything an observer has. Ends early when told to stop.
    pub(super) fn sync_all(&self, observer: usize, stop: &Stop) -> Result<(), DemoError> {
        let mut last_arrival = Instant::now();
        let mut waiting = u64::MAX;
        while !stop.is_set() {
            let (summary, report) = self.with(observer, |notebook| {
                let report = notebook.pump(&budget(Started::ByUser))?;
                Ok((notebook.outbox_summary()?, report))
            })?;
            if summary.is_empty() {
                return Ok(());
            }
            let lanes = [
                summary.urgent,
                summary.records,
                summary.thumbnails,
                summary.previews,
                summary.originals,
            ];
            let left = lanes.iter().map(|lane| lane.bytes).sum();
            if left < waiting {
                (waiting, last_arrival) = (left, Instant::now());
            } else if last_arrival.elapsed() > PATIENCE {
                let why = format!("{:?}, {:?}", report.trouble, summary.blocked_by);
                return Err(DemoError::Stuck { observer: self.name(observer).to_owned(), why });
            } else {
                thread::sleep(PAUSE);
            }
        }
        Ok(())
    }

    /// How many observers there are.
    pub(super) const fn len(&self) -> usize {
        self.players.len()
    }

    /// Closes all notebooks.
    pub(super) fn close(&self) {
        for player in &self.players {
            drop(player.notebook.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
    }
}

impl Player {
    fn open(&self) -> Result<Notebook, NotebookError> {
        fs::create_dir_all(&self.folder)?;
        let clock: Arc<StoryClock> = Arc::clone(&self.clock);
        Notebook::open(&self.folder, observer_options(clock))
    }
}

fn budget(started: Started) -> PumpBudget {
    PumpBudget { ms_max: SYNC_MS_MAX, started, ..PumpBudget::default() }
}
