//! A phone: a real notebook in a folder of its own.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use hattama_client_core::{
    Notebook, NotebookError, NotebookOptions, OutboxSummary, Pictures, PumpBudget, PumpReport,
    Started,
    capture::{CaptureSummary, IncidentDraft, PhotoInput, ProtocolDraft},
    clock::{Clock, Moment, SystemClock},
};
use hattama_proto::{
    id::{ElectionId, RecordId, UnitCode},
    invitation::Invitation,
    record::{ResultsProtocol, Severity},
    time::UnixMillis,
};
use tempfile::TempDir;

use super::{certified, invented};
use crate::form::plain_photo;

/// How often a test syncs before it says that nothing comes of it.
const SYNCS_MAX: u32 = 400;

/// Bytes of requests after which a single sync of a test returns.
const SYNC_MS_MAX: u64 = 60_000;

/// One phone.
#[derive(Debug)]
pub struct Phone {
    folder: PathBuf,
    _temporary: Option<Arc<TempDir>>,
    options: NotebookOptionsOf,
    notebook: Option<Notebook>,
}

/// What a phone's notebook is opened with, so that it can be opened again.
#[derive(Clone, Debug)]
struct NotebookOptionsOf {
    election: Option<ElectionId>,
    pictures: Pictures,
    /// What the phone's wall clock shows, where it is not this machine's time.
    wall: Option<UnixMillis>,
}

/// A clock whose wall time is wrong and stands still; time since boot runs.
struct WrongClock(UnixMillis);

impl Clock for WrongClock {
    fn now(&self) -> Moment {
        Moment { wall: self.0, ..SystemClock.now() }
    }
}

impl NotebookOptionsOf {
    fn options(&self) -> NotebookOptions {
        let mut options = NotebookOptions {
            election: self.election.clone(),
            pictures: self.pictures,
            ..NotebookOptions::default()
        };
        if let Some(wall) = self.wall {
            options.clock = Arc::new(WrongClock(wall));
        }
        options
    }
}

/// What a phone needed to bring everything to headquarters.
#[derive(Clone, Debug, Default)]
pub struct Synced {
    /// How often it had to try.
    pub tries: u32,
    /// What each try reported.
    pub reports: Vec<PumpReport>,
}

impl Phone {
    /// A phone with an empty notebook that makes no small pictures.
    pub fn new(election: Option<ElectionId>) -> Self {
        Self::with_pictures(election, Pictures::Skip)
    }

    /// A phone with an empty notebook.
    pub fn with_pictures(election: Option<ElectionId>, pictures: Pictures) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a scratch folder can be made"));
        let options = NotebookOptionsOf { election, pictures, wall: None };
        let mut phone = Self {
            folder: folder.path().to_owned(),
            _temporary: Some(folder),
            options,
            notebook: None,
        };
        phone.open();
        phone
    }

    /// A phone whose notebook is in `folder`, there already or not; it stays when the phone goes.
    pub fn at(folder: &Path, election: Option<ElectionId>) -> Self {
        let options = NotebookOptionsOf { election, pictures: Pictures::Skip, wall: None };
        let mut phone =
            Self { folder: folder.to_owned(), _temporary: None, options, notebook: None };
        phone.open();
        phone
    }

    /// The notebook.
    pub const fn notebook(&self) -> &Notebook {
        self.notebook.as_ref().expect("the phone is on")
    }

    /// The notebook's folder.
    pub fn folder(&self) -> PathBuf {
        self.folder.join("notebook")
    }

    /// A folder beside the notebook, for files to hand over.
    pub fn scratch(&self) -> &Path {
        &self.folder
    }

    /// Opens the notebook again after [`close`](Self::close).
    pub fn open(&mut self) {
        let notebook = Notebook::open(&self.folder(), self.options.options());
        self.notebook = Some(notebook.expect("the notebook opens"));
    }

    /// Sets the phone's wall clock, which stands still from then on.
    pub fn set_clock(&mut self, wall: UnixMillis) {
        self.options.wall = Some(wall);
        self.close();
        self.open();
    }

    /// Drops the notebook where it stands, as the system does with an app.
    pub fn close(&mut self) {
        drop(self.notebook.take());
    }

    /// Enrols both keys.
    pub fn enrol(&self, by: &Invitation) {
        self.notebook().enrol(by).expect("it was invited");
    }

    /// Captures an invented protocol of `unit` without photographs.
    pub fn protocol(&self, unit: UnitCode, seed: u64) -> RecordId {
        self.capture(unit, seed, &[]).record
    }

    /// Captures an invented protocol of `unit` with a photograph of these bytes.
    pub fn photographed(&self, unit: UnitCode, seed: u64, photo: &[u8]) -> CaptureSummary {
        self.capture(unit, seed, &[photo])
    }

    /// Captures this protocol with photographs of these files.
    pub fn protocol_of(
        &self,
        protocol: &ResultsProtocol,
        files: &[PathBuf],
    ) -> Result<CaptureSummary, NotebookError> {
        let mut draft = draft(protocol);
        draft.photos = files.iter().map(|path| photo(path)).collect();
        self.notebook().capture_protocol(draft)
    }

    /// Captures an incident in these words.
    pub fn incident(&self, words: &str) -> CaptureSummary {
        let code = "tests write codes";
        let draft = IncidentDraft::new(
            "pressure".parse().expect(code),
            "opening".parse().expect(code),
            Severity::Low,
            words,
        );
        self.notebook().capture_incident(draft).expect("a capture needs nobody")
    }

    fn capture(&self, unit: UnitCode, seed: u64, photos: &[&[u8]]) -> CaptureSummary {
        let mut draft = draft(&invented(unit, certified(), seed, Vec::new()));
        for (number, bytes) in photos.iter().enumerate() {
            let path = self.scratch().join(format!("taken-{number}.jpg"));
            std::fs::write(&path, bytes).expect("the scratch folder takes it");
            draft.photos.push(photo(&path));
        }
        self.notebook().capture_protocol(draft).expect("a capture needs nobody")
    }

    /// One try to bring everything to headquarters.
    pub fn sync_once(&self) -> PumpReport {
        self.try_sync().expect("trouble with the network is part of the report")
    }

    /// As [`sync_once`](Self::sync_once), telling what the notebook itself could not do.
    pub fn try_sync(&self) -> Result<PumpReport, NotebookError> {
        let budget =
            PumpBudget { ms_max: SYNC_MS_MAX, started: Started::ByUser, ..PumpBudget::default() };
        self.notebook().pump(&budget)
    }

    /// Syncs until nothing is left.
    pub fn sync(&self) -> Synced {
        let mut synced = Synced::default();
        while synced.tries < SYNCS_MAX {
            synced.tries += 1;
            synced.reports.push(self.sync_once());
            if self.waiting().is_empty() {
                return synced;
            }
        }
        panic!("nothing comes of it: {:?}, {:?}", synced.reports.last(), self.waiting());
    }

    /// What waits.
    pub fn waiting(&self) -> OutboxSummary {
        self.notebook().outbox_summary().expect("the outbox can be read")
    }
}

/// An observer in a process of its own, which a test may kill at any moment: enrols if it has to,
/// captures `count` protocols with photographs, syncs after each, and says the id of every record
/// as soon as its capture has returned.
pub fn observe(folder: &Path, invitation: &str, units: &[UnitCode], seed: u64) {
    let invitation: Invitation = invitation.parse().expect("the test hands over an invitation");
    let phone = Phone::at(folder, Some(invitation.election.clone()));
    if phone.notebook().enrolment().expect("the notebook reads").is_none() {
        phone.enrol(&invitation);
    }
    for (number, unit) in units.iter().enumerate() {
        let seed = seed * 1000 + number as u64;
        let captured = phone.photographed(unit.clone(), seed, &plain_photo(seed, 60_000));
        println!("{}", captured.record);
        std::io::stdout().flush().expect("the test listens");
        phone.sync_once();
    }
}

/// The draft that becomes this protocol.
pub(crate) fn draft(protocol: &ResultsProtocol) -> ProtocolDraft {
    let (unit, form, copy) = (&protocol.unit, &protocol.form, &protocol.copy);
    let mut draft = ProtocolDraft::new(unit.clone(), form.clone(), copy.clone());
    draft.lines.clone_from(&protocol.lines);
    draft.contests.clone_from(&protocol.contests);
    draft
}

fn photo(path: &Path) -> PhotoInput {
    PhotoInput { path: path.to_owned(), page: 1 }
}
