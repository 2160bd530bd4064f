//! The play: every act of the story, by the observer it belongs to, on the observer's own notebook.

use std::{
    fs,
    path::PathBuf,
    sync::{Mutex, PoisonError},
    thread,
};

use hattama_client_core::{
    Notebook, NotebookError,
    capture::{
        CorrectedDraft, CorrectionDraft, FormDraft, IncidentDraft, KeptPhotos, NotObtainedDraft,
        PhotoInput, ProtocolDraft,
    },
};
use hattama_proto::{
    id::RecordId,
    record::{FormAnswers, Incident, NotObtained, ResultsProtocol},
};

use super::{
    DemoError, DemoFolder, Stop, observer::Cast, operator::Operator, progress::Progress, review,
    schedule::work_through,
};
use crate::{
    exercise::{
        Exercise,
        story::{Act, Deed, sheet},
    },
    form::{incident_scene, photograph_under},
};

/// Every so many observers there is one without a network until the end.
const OFFLINE_ONE_IN: usize = 9;

/// Hands beyond the processors: while one waits for the disk or for headquarters, another draws.
const FURTHER_HANDS: usize = 2;

/// Everything the play needs.
pub(super) struct Play<'a> {
    pub(super) exercise: &'a Exercise,
    pub(super) cast: &'a Cast,
    pub(super) operator: &'a Operator,
    pub(super) folder: &'a DemoFolder,
    pub(super) stop: Stop,
    /// What each act became, by its place in the story.
    pub(super) records: Mutex<Vec<Option<RecordId>>>,
}

impl<'a> Play<'a> {
    /// A play that has not begun.
    pub(super) fn new(
        exercise: &'a Exercise,
        cast: &'a Cast,
        operator: &'a Operator,
        folder: &'a DemoFolder,
        stop: Stop,
    ) -> Self {
        let records = Mutex::new(vec![None; exercise.story.acts.len()]);
        Self { exercise, cast, operator, folder, stop, records }
    }

    /// Invites and enrols everybody. Like all parts: false when it was told to stop before the end.
    pub(super) fn enrol(&self, progress: &Progress) -> Result<bool, DemoError> {
        let observers = &self.exercise.story.observers;
        let phase = progress.phase("inviting and enrolling observers", observers.len());
        let everybody: Vec<usize> = (0..self.cast.len()).collect();
        work_through(&everybody, hands(), &self.stop, |observer| {
            let invitation = self.operator.invite(&observers[observer])?;
            self.cast.with(observer, |notebook| notebook.enrol(&invitation).map(drop))?;
            phase.step();
            Ok(())
        })
    }

    /// Plays all acts.
    pub(super) fn acts(&self, progress: &Progress) -> Result<bool, DemoError> {
        let acts = &self.exercise.story.acts;
        let camera = self.folder.camera();
        fs::create_dir_all(&camera).map_err(|error| DemoError::Io(camera.clone(), error))?;
        let phase = progress.phase("observers at work", acts.len());
        let owners: Vec<usize> = acts.iter().map(|act| act.observer).collect();
        let all = work_through(&owners, hands(), &self.stop, |place| {
            self.act(place, &acts[place])?;
            phase.step();
            Ok(())
        })?;
        // What was photographed is in the notebooks by now.
        fs::remove_dir_all(&camera).map_err(|error| DemoError::Io(camera, error))?;
        Ok(all)
    }

    /// Brings in what is still on phones: those that had no network first of all.
    pub(super) fn late(&self, progress: &Progress) -> Result<bool, DemoError> {
        let mut everybody: Vec<usize> = (0..self.cast.len()).collect();
        everybody.sort_by_key(|observer| !is_offline(*observer));
        let phase = progress.phase("late phones find a network", everybody.len());
        let all = work_through(&everybody, hands(), &self.stop, |place| {
            self.cast.sync_all(everybody[place], &self.stop)?;
            phase.step();
            Ok(())
        })?;
        // The word may have come during the last sync.
        Ok(all && !self.stop.is_set())
    }

    /// What headquarters does with it.
    pub(super) fn review(&self, progress: &Progress) -> Result<bool, DemoError> {
        review::of(self, progress)
    }

    /// The record that an act became.
    pub(super) fn record(&self, place: usize) -> RecordId {
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records[place].expect("the acts of one observer follow each other")
    }

    fn act(&self, place: usize, act: &Act) -> Result<(), DemoError> {
        let photo = self.photograph(place, act)?;
        let photos = photo.iter().map(|path| PhotoInput { path: path.clone(), page: 1 }).collect();
        let record = self.cast.at_act(act, |notebook| self.capture(notebook, &act.deed, photos))?;
        self.records.lock().unwrap_or_else(PoisonError::into_inner)[place] = Some(record);
        if let Some(photo) = photo {
            // The notebook has a copy of its own.
            fs::remove_file(&photo).map_err(|error| DemoError::Io(photo, error))?;
        }
        // A checklist waits until there is something to send it with.
        if is_offline(act.observer) || matches!(act.deed, Deed::Form(_)) {
            return Ok(());
        }
        self.cast.sync_once(act.observer)
    }

    /// Draws what the observer photographs. A correction is about the paper of the first reading,
    /// whose photograph it keeps.
    fn photograph(&self, place: usize, act: &Act) -> Result<Option<PathBuf>, DemoError> {
        let jpeg = match &act.deed {
            Deed::Protocol(reading) => {
                sheet(act).map(|sheet| photograph_under(&sheet, reading.shot))
            }
            Deed::Incident(report) => {
                report.scene.as_ref().map(|scene| incident_scene(&scene.label, scene.seed))
            }
            Deed::NotObtained(_) | Deed::Form(_) | Deed::Correction(_) => None,
        };
        let Some(jpeg) = jpeg else { return Ok(None) };
        let path = self.folder.camera().join(format!("{place}.jpg"));
        fs::write(&path, jpeg).map_err(|error| DemoError::Io(path.clone(), error))?;
        Ok(Some(path))
    }

    fn capture(
        &self,
        notebook: &Notebook,
        deed: &Deed,
        photos: Vec<PhotoInput>,
    ) -> Result<RecordId, NotebookError> {
        let captured = match deed {
            Deed::Protocol(reading) => notebook.capture_protocol(protocol(&reading.typed, photos)),
            Deed::NotObtained(missing) => {
                notebook.capture_not_obtained(not_obtained(missing, photos))
            }
            Deed::Incident(report) => notebook.capture_incident(incident(&report.incident, photos)),
            Deed::Form(answers) => notebook.capture_form(form(answers)),
            Deed::Correction(amendment) => {
                let becomes = protocol(&amendment.becomes.typed, photos);
                let draft = CorrectionDraft {
                    reason: amendment.reason.clone(),
                    becomes: CorrectedDraft::Protocol(becomes),
                    earlier_photos: KeptPhotos::Keep,
                };
                notebook.correct(self.record(amendment.corrects), draft)
            }
        };
        captured.map(|summary| summary.record)
    }
}

/// Whether an observer has no network until the end.
const fn is_offline(observer: usize) -> bool {
    observer % OFFLINE_ONE_IN == OFFLINE_ONE_IN / 2
}

fn hands() -> usize {
    thread::available_parallelism().map_or(2, usize::from) + FURTHER_HANDS
}

fn protocol(typed: &ResultsProtocol, photos: Vec<PhotoInput>) -> ProtocolDraft {
    let typed = typed.clone();
    ProtocolDraft {
        unit: typed.unit,
        table: typed.table,
        form: typed.form,
        copy: typed.copy,
        document_number: typed.document_number,
        document_time: typed.document_time,
        lines: typed.lines,
        contests: typed.contests,
        marks: typed.marks,
        flags: typed.flags,
        photos,
    }
}

fn not_obtained(said: &NotObtained, photos: Vec<PhotoInput>) -> NotObtainedDraft {
    let said = said.clone();
    NotObtainedDraft {
        unit: said.unit,
        missing: said.missing,
        copy: said.copy,
        occurred_at: said.occurred_at,
        office: said.office,
        words: said.words,
        photos,
    }
}

fn incident(said: &Incident, attachments: Vec<PhotoInput>) -> IncidentDraft {
    let said = said.clone();
    IncidentDraft {
        categories: said.categories,
        phase: said.phase,
        severity: said.severity,
        unit: said.unit,
        place_words: said.place_words,
        occurred_at: said.occurred_at,
        words: said.words,
        language: said.language,
        attachments,
        refers_to: said.refers_to,
    }
}

fn form(said: &FormAnswers) -> FormDraft {
    let said = said.clone();
    FormDraft { unit: said.unit, form: said.form, answers: said.answers }
}
