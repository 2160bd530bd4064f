//! The witness: a second organisation that cosigns a log's checkpoints, and never two histories.
//!
//! ```text
//! request (HTTP or a file) ──> judge ──> sign ──> store ──> answer
//!                              └───── one step, under the folder's lock ─────┘
//! ```
//!
//! It needs nothing of a headquarters: a folder, a key of its own, and the keys of the logs it
//! watches. What it promises:
//!
//! 1. Of all requests about one log, in whatever process and at whatever moment, those that are
//!    cosigned lie on one line: each continues the one before. The check and the store are one step
//!    under a lock that the system keeps across processes.
//! 2. A cosignature leaves only after the checkpoint it stands on is durable. A crash in between
//!    costs an answer: who asks again is told the new size, and cosigned from there.
//! 3. It remembers one checkpoint per log and nothing of who asked.
//!
//! A folder that is put back to an older state breaks the first promise. Keep it on one machine;
//! after a loss make a new witness with a new key instead of restoring an old one.

mod folder;

use std::path::Path;

use hattama_proto::tlog::{
    AddCheckpoint, Checkpoint, CheckpointError, Cosigner, CosignerKey, KeyName, Last,
    NoteSignature, Refusal, SignedNote, VerifierKey, cosignatures, judge,
};

use self::folder::WitnessFolder;
pub use self::folder::WitnessFolderError;
use crate::clock::Clock;

/// A witness, open and ready.
#[derive(Debug)]
pub struct Witness {
    folder: WitnessFolder,
    cosigner: Cosigner,
    clock: Clock,
}

/// A checkpoint that was cosigned and stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosignature {
    /// The witness's line.
    pub line: NoteSignature,
    /// The checkpoint with the log's signature and the witness's line: what is kept, and what goes
    /// back on a stick.
    pub note: String,
}

/// Whether a log was new to the witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// From now on it is watched.
    Now,
    /// It was watched before.
    Before,
}

/// Why nothing was cosigned.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// The request must not be cosigned; what to answer.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The folder.
    #[error(transparent)]
    Folder(#[from] WitnessFolderError),
}

impl Witness {
    /// Makes a witness of this name, with a new key, in a folder that holds none.
    pub fn create(folder: &Path, name: &KeyName, clock: Clock) -> Result<Self, WitnessFolderError> {
        WitnessFolder::create(folder, name)?;
        Self::open(folder, clock)
    }

    /// Opens the witness in `folder`.
    pub fn open(folder: &Path, clock: Clock) -> Result<Self, WitnessFolderError> {
        let folder = WitnessFolder::open(folder)?;
        let cosigner = folder.cosigner()?;
        Ok(Self { folder, cosigner, clock })
    }

    /// The key that the log's people and phones need.
    pub const fn key(&self) -> &CosignerKey {
        self.cosigner.key()
    }

    /// Watches the log of this key. Two keys of one name are two keys of one log.
    pub fn add_log(&self, key: &VerifierKey) -> Result<Added, WitnessFolderError> {
        let _lock = self.folder.lock()?;
        let mut logs = self.folder.logs()?;
        if logs.contains(key) {
            return Ok(Added::Before);
        }
        logs.push(key.clone());
        self.folder.keep_logs(&logs)?;
        Ok(Added::Now)
    }

    /// The logs it watches.
    pub fn logs(&self) -> Result<Vec<VerifierKey>, WitnessFolderError> {
        self.folder.logs()
    }

    /// Cosigns what `request`, an `add-checkpoint` text, asks for. Blocks on the disk.
    pub fn cosign(&self, request: &str) -> Result<Cosignature, WitnessError> {
        let request = AddCheckpoint::parse(request)?;
        let claimed = request.claimed_origin();
        let keys: Vec<VerifierKey> =
            self.folder.logs()?.into_iter().filter(|key| key.name().as_str() == claimed).collect();
        let _lock = self.folder.lock()?;
        let last = self.last(claimed)?;
        let checkpoint = judge_by(&request, &keys, last)?;
        let text = checkpoint.to_text();
        let at_s = u64::try_from((self.clock)().0 / 1000).unwrap_or(0);
        let line = self.cosigner.cosign(&text, at_s);
        // The log's lines stay, for whoever reads the note later; other witnesses' are not ours.
        let note = SignedNote::parse(&request.note)
            .and_then(|note| note.with([line.clone()]))
            .map_err(|_| Refusal::Malformed)?
            .to_string();
        // Crash point 1: nothing was stored and nothing said.
        self.folder.keep_head(claimed, &note)?;
        // Crash point 2: stored; who asks again is told the new size and cosigned from there.
        Ok(Cosignature { line, note })
    }

    /// The checkpoint of the log `origin` that was cosigned last, as a note with the witness's line.
    pub fn head(&self, origin: &str) -> Result<Option<String>, WitnessFolderError> {
        self.folder.head(origin)
    }

    fn last(&self, origin: &str) -> Result<Last, WitnessFolderError> {
        let Some(note) = self.folder.head(origin)? else { return Ok(Last::none()) };
        let read = || {
            let note = SignedNote::parse(&note).ok()?;
            let own = cosignatures(&note, std::slice::from_ref(self.cosigner.key())).ok()?;
            let checkpoint = Checkpoint::parse(note.unverified_text()).ok()?;
            (own.len() == 1 && checkpoint.origin.as_str() == origin).then_some(checkpoint)
        };
        let checkpoint = read().ok_or_else(|| self.folder.damaged_head(origin))?;
        Ok(Last { size: checkpoint.size, root: checkpoint.root })
    }
}

/// Judges by whichever of the log's keys signed.
fn judge_by(
    request: &AddCheckpoint,
    keys: &[VerifierKey],
    last: Last,
) -> Result<Checkpoint, Refusal> {
    let mut refusal = Refusal::UnknownLog(request.claimed_origin().to_owned());
    for key in keys {
        match judge(request, key.name(), key, last) {
            Err(refused @ Refusal::NotSigned(CheckpointError::Note(_))) => refusal = refused,
            judged => return judged,
        }
    }
    Err(refusal)
}

#[cfg(test)]
mod tests;
