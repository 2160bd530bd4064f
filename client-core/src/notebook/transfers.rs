//! Photographs by the system's own uploader, which goes on while the app sleeps.
//!
//! ```text
//! plan_transfers ──> files to upload, each with its address and header   advice, made from what is known
//! complete_transfer <── the answer, or that there was none               checked like a sync's
//! ```
//!
//! A plan promises nothing: what headquarters has is what its answers say, and a range may be sent any
//! number of times. Only photographs of records that headquarters has are planned; records go by
//! [`pump`](Notebook::pump).

use std::{
    fs::{self, File},
    io::{self, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

use hattama_proto::{
    id::PhotoHash,
    kind::Role,
    limits::{CELL_BYTES, RANGE_BYTES_MAX},
    problem::ProblemCode,
    wire::{ContentRange, PhotoReply},
};

use super::{Notebook, PumpBudget, PumpEnd, PumpReport, lock};
use crate::{
    at_rest::StoredFile,
    capture::{Depth, is_intact},
    error::NotebookError,
    sync::{
        Conditions, Course, Engine, Heard, Link, PendingPhoto, Snapshot, Step, There, hear, plan,
        send_range,
    },
    transport::{Response, TransportError, usable_addresses},
};

/// Folder of the files that the uploader reads. Not `tmp`: they outlive the process.
const FOLDER: &str = "transfers";

/// One file for the system's uploader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferPlan {
    /// Its name; hand it back with the answer.
    pub id: String,
    /// The verb: `PUT`.
    pub method: &'static str,
    /// The whole address.
    pub url: String,
    /// Header fields.
    pub headers: Vec<(&'static str, String)>,
    /// The body, whole. Belongs to the notebook; it is removed once it is no longer needed.
    pub file: PathBuf,
    /// Length of the body, in bytes.
    pub bytes: u64,
    /// SHA-256 of the only certificate to accept, in hex; none where the public roots serve.
    pub pin: Option<String>,
}

impl Notebook {
    /// At most `max` ranges of photographs that the system may upload now, most urgent first; of
    /// pictures those that may go under these `conditions`. None before the enrolment. May be asked again at any time; what runs already is then named again by
    /// the same id.
    ///
    /// While the notebook is encrypted at rest, only photographs that are sealed to headquarters: what the
    /// system uploads lies outside the notebook's encryption. Its addresses name them by the hash of the
    /// original, and the system keeps addresses as long as it needs them.
    pub fn plan_transfers(
        &self,
        max: u32,
        conditions: Conditions,
    ) -> Result<Vec<TransferPlan>, NotebookError> {
        let _working = self.enter()?;
        let _alone = lock(&self.planning);
        let Some(at) = self.headquarters()? else { return Ok(Vec::new()) };
        let addresses = usable_addresses(&at.addresses)
            .map_err(|error| NotebookError::Network { reason: error.to_string() })?;
        let address = addresses.first().ok_or(NotebookError::NotEnrolled)?;
        let mut view = self.waiting_photos()?;
        if self.keys()?.rest().is_some() {
            view.photos.retain(|photo| photo.sealed.is_some());
        }
        self.forget_files(&view)?;
        let mut course = Course {
            batch: 0,
            range_bytes: RANGE_BYTES_MAX,
            slot: 0,
            conditions,
            feeds: Vec::new(),
            cosigned_asked: Vec::new(),
        };
        let now = self.options.clock.now();
        let mut plans = Vec::new();
        while plans.len() < usize::try_from(max).unwrap_or(usize::MAX) {
            let Step::SendRange { hash, range } = plan(&view, &course, &now) else { break };
            course.slot += 1;
            let Some(photo) = view.photos.iter_mut().find(|photo| photo.hash == hash) else {
                break;
            };
            let path = self.stored_photo(hash)?;
            if photo.there == There::Whole || !is_whole(&path, photo, Depth::Length) {
                // Nothing is left to upload, or nothing is there: a sync finds out.
                view.photos.retain(|photo| photo.hash != hash);
                continue;
            }
            let id = name(photo.file_hash(), range);
            let file = self.folder.join(FOLDER).join(&id);
            fs::create_dir_all(self.folder.join(FOLDER))?;
            write_range(path.path(), range, &self.folder.join("tmp").join(&id), &file)?;
            let request = send_range(photo, range, path);
            plans.push(TransferPlan {
                method: request.method.name(),
                url: format!("{address}{}", request.path),
                headers: request.headers,
                bytes: range.len(),
                pin: at.pin.clone(),
                id,
                file,
            });
            for cell in range.first / CELL_BYTES..range.end.div_ceil(CELL_BYTES) {
                photo.have.set(cell);
            }
            if photo.have.is_full(photo.bytes) {
                view.photos.retain(|photo| photo.hash != hash);
            }
        }
        Ok(plans)
    }

    /// Takes the answer to a transfer, or why there is none, and says what it changed, as a sync does.
    /// One that is not needed any more changes nothing. The report ends `Done` when nothing is left to
    /// send; otherwise it is `Waiting`, and says when to plan or to sync again.
    pub fn complete_transfer(
        &self,
        id: &str,
        answer: Result<Response, TransportError>,
    ) -> Result<PumpReport, NotebookError> {
        let _working = self.enter()?;
        let _alone = lock(&self.planning);
        let (file_hash, range) = read_name(id)
            .ok_or_else(|| NotebookError::invalid("transfer", "no plan has this name"))?;
        let view = self.waiting_photos()?;
        let Some(trust) = self.trust()? else { return Err(NotebookError::NotEnrolled) };
        let now = self.options.clock.now();
        let kids = Role::ALL.map(|role| self.kid(role)).to_vec();
        let budget = PumpBudget::default();
        let mut engine = Engine::new(&budget, Link::default(), kids, Vec::new(), now.clone());
        if let Some(photo) = view.photos.iter().find(|photo| photo.file_hash() == file_hash) {
            // Which step would follow does not matter; the engine learns the moment and the pauses.
            engine.next(&view, now.clone(), self.dice()?);
            let seen = self.seen_notes()?;
            if answer.is_ok() {
                engine.report.bytes_sent = range.len();
            }
            let heard: Heard<PhotoReply> = hear(answer);
            let wrong_bytes = matches!(&heard, Heard::Problem(problem) if matches!(
                problem.code, ProblemCode::DigestMismatch | ProblemCode::SealingWrong));
            let path = self.stored_photo(photo.hash)?;
            let changes = if wrong_bytes && !is_whole(&path, photo, Depth::Bytes) {
                engine.photo_lost(photo)
            } else {
                engine.range_sent(photo, range, &heard, &trust, &seen)
            };
            self.with(|outbox| outbox.apply(&changes, now.wall))?;
        }
        forget_file(&self.folder.join(FOLDER).join(name(file_hash, range)))?;
        let left = engine.next(&self.snapshot(&trust)?, self.options.clock.now(), self.dice()?);
        let (end, next_wakeup_ms) = match left {
            Step::Nothing => (PumpEnd::Done, None),
            Step::Wait { ms } => (PumpEnd::Waiting, Some(ms)),
            _ => (PumpEnd::Waiting, Some(0)),
        };
        Ok(PumpReport { end, next_wakeup_ms, ..engine.report })
    }

    /// What waits of photographs alone. Where headquarters was not asked what it has, what it said last
    /// has to do.
    fn waiting_photos(&self) -> Result<Snapshot, NotebookError> {
        let (mut photos, backoffs): (Vec<PendingPhoto>, _) =
            self.with(|outbox| Ok((outbox.pending_photos()?, outbox.backoffs()?)))?;
        for photo in &mut photos {
            if photo.there == There::Unknown {
                photo.there = There::Partial;
            }
        }
        Ok(Snapshot { photos, backoffs, ..Snapshot::default() })
    }

    /// Removes files of photographs that wait no longer.
    fn forget_files(&self, view: &Snapshot) -> Result<(), NotebookError> {
        let folder = match fs::read_dir(self.folder.join(FOLDER)) {
            Ok(folder) => folder,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        for entry in folder {
            let entry = entry?;
            let of = entry.file_name().to_str().and_then(read_name).map(|(hash, _)| hash);
            if !view.photos.iter().any(|photo| Some(photo.file_hash()) == of) {
                forget_file(&entry.path())?;
            }
        }
        Ok(())
    }
}

fn is_whole(file: &StoredFile, photo: &PendingPhoto, depth: Depth) -> bool {
    is_intact(file, photo.file_hash(), photo.bytes, depth)
}

/// By the hash of the file that travels: each sealing of a photo is another.
fn name(hash: PhotoHash, range: ContentRange) -> String {
    format!("{hash}-{}-{}-{}", range.first, range.end, range.size)
}

fn read_name(name: &str) -> Option<(PhotoHash, ContentRange)> {
    let mut parts = name.split('-');
    let hash = parts.next()?.parse().ok()?;
    let mut number = || parts.next()?.parse::<u64>().ok();
    let (first, end, size) = (number()?, number()?, number()?);
    let whole = first < end && end <= size && parts.next().is_none();
    whole.then_some((hash, ContentRange { first, end, size }))
}

/// A range of a photo as a file of its own, whole or not at all: it is written as `fresh` first. One
/// that is there is the same, because its name says what it holds and nothing else gets the name.
fn write_range(
    photo: &Path,
    range: ContentRange,
    fresh: &Path,
    file: &Path,
) -> Result<(), NotebookError> {
    if fs::metadata(file).is_ok_and(|there| there.len() == range.len()) {
        return Ok(());
    }
    let mut from = File::open(photo)?;
    from.seek(SeekFrom::Start(range.first))?;
    let mut to = File::create(fresh)?;
    if io::copy(&mut from.take(range.len()), &mut to)? != range.len() {
        let reason = "a photograph is shorter than it was".to_owned();
        return Err(NotebookError::Storage { reason });
    }
    // The system's uploader may read it after a crash of the phone.
    to.sync_all()?;
    Ok(fs::rename(fresh, file)?)
}

fn forget_file(file: &Path) -> Result<(), NotebookError> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_which_range_of_which_photo_and_nothing_else_is_a_name() {
        let hash = PhotoHash::of(b"photo");
        let range = ContentRange { first: 32_768, end: 65_536, size: 70_000 };
        assert_eq!(read_name(&name(hash, range)), Some((hash, range)));
        let wrong = ["", "x-0-1-2", "../keys.json"].map(str::to_owned);
        let backwards = format!("{hash}-5-5-9");
        let beyond = format!("{hash}-5-10-9");
        let more = format!("{hash}-0-1-2-3");
        for text in wrong.iter().chain([&backwards, &beyond, &more]) {
            assert_eq!(read_name(text), None, "{text}");
        }
    }
}
