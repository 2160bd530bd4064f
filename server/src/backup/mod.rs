//! Backups: the whole of a headquarters at one moment, sealed to keys that are kept offline, in a folder
//! to which files are only added; and a headquarters made of one again.
//!
//! ```text
//! files ─┐                                  ┌─> target/pieces/…      each piece once, sealed
//! store ─┼─> pieces ──> lists ──> manifest ─┤
//! photos ┘                        signed    └─> target/backups/N     last, and names the one before
//! ```
//!
//! Promises:
//!
//! * What was acknowledged before a backup began is in it, and it is one moment: files of the log and its
//!   head are read first, then the store as one snapshot, then the photographs that the snapshot names.
//!   Headquarters is served meanwhile, and nobody waits.
//! * Whoever has the target and none of the identities learns how many files there are, about how long
//!   each is, and when it came; not what any of them is, nor whether it is one that they hold.
//! * A piece that is there is not written again. Nothing in the target is changed or removed: a backup
//!   that is cut leaves those before it as they were, and the next goes on from its pieces.
//! * A file of a backup that is missing, cut, altered or another's is found, with its name. The one thing
//!   that a reader of the target cannot see is that the *newest* backups are gone; headquarters
//!   remembers them, and says so at the next backup.

mod archive;
mod files;
mod goal;
mod made;
mod make;
mod manifest;
mod piece;
mod restore;
mod rows;
mod target;
mod verify;

use std::path::PathBuf;

use hattama_proto::sealing::NotOpened;

pub use self::{
    archive::{Archive, Listed, list},
    goal::Goal,
    made::last_made,
    make::{Asked, Keys, Made, make},
    restore::{HeadAfter, Restored, restore},
    verify::{Verified, verify},
};
use crate::{
    blobs::BlobError,
    config::ConfigError,
    folder::FolderError,
    fsck::FsckError,
    keys::KeyFileError,
    log::HeadError,
    random::RandomError,
    store::{DatabaseUrl, StoreError},
};

/// How far a backup or its return has come, told as it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Files of the data folder; so many.
    Files(u64),
    /// The store; so many rows.
    Rows(u64),
    /// Photographs; so many.
    Photographs(u64),
    /// Pieces of backups; so many.
    Pieces(u64),
    /// So many more are done.
    Done(u64),
    /// What was restored is checked, as `fsck` does.
    Checking,
}

/// Who is told.
pub type Tell<'a> = &'a (dyn Fn(Progress) + Sync);

/// A file of a backup that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// It is not there.
    #[error("{0} is missing")]
    Missing(String),
    /// It does not open, or what is in it is not what was put in.
    #[error("{0} was cut or altered")]
    Altered(String),
    /// It opens, and is what belongs under another name.
    #[error("{0} is not what belongs there: another file was put in its place")]
    Swapped(String),
    /// It does not open with the identities that were given, and others of the same folder do.
    #[error("{0} does not open: it was altered, or is sealed to others; give their identity too")]
    Closed(String),
}

/// Why there is no backup, or no headquarters out of one.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The folder for backups holds none.
    #[error("{0} holds no backups")]
    NoBackups(PathBuf),
    /// The folder for backups holds other things.
    #[error("{0} holds other things; give an empty folder of its own for backups")]
    NotEmpty(PathBuf),
    /// The file that says what the folder is was altered.
    #[error("{0} was cut or altered: it says what the folder is")]
    Header(PathBuf),
    /// Nobody to seal to, or too many.
    #[error("a backup is sealed to at least one recipient and at most {max}", max = hattama_proto::sealing::RECIPIENTS_MAX)]
    Recipients,
    /// Backups that were made are gone.
    #[error(
        "backup {number} was made into {path} and is not there as it was made: somebody put an older \
         copy in its place, or removed files. Keep the folder as it is, find out who, and begin a new \
         one"
    )]
    Gone {
        /// The newest that was made.
        number: u64,
        /// The folder for backups.
        path: PathBuf,
    },
    /// A piece that is there has another length than it was written with.
    #[error(
        "{0} has not the length with which it was written: it was damaged after an earlier backup. Move \
         it away and give the same command again: if headquarters still has what was in it, it is \
         written anew"
    )]
    Length(PathBuf),
    /// There is no store.
    #[error("there is no store at {0}: nothing was ever kept there")]
    NoStore(DatabaseUrl),
    /// The store is not the one that is served.
    #[error(
        "the store holds {stored} entries of the log, and {signed} were signed: it is an older copy, or not \
         the store that is served. Say which is, by hattama.toml, --database or HATTAMA_DATABASE"
    )]
    Behind {
        /// Entries in the store.
        stored: u64,
        /// Entries that were signed.
        signed: u64,
    },
    /// The public log changed all the time.
    #[error("the public log moved again and again while it was read; give the same command again")]
    Restless,
    /// The identities are of others.
    #[error("none of the backups in {0} opens with this identity: it belongs to another recipient")]
    NotFor(PathBuf),
    /// A file of the backup.
    #[error(transparent)]
    Damage(#[from] Damage),
    /// There is no such backup.
    #[error("there is no backup {number} here; the newest is {newest}")]
    NoSuch {
        /// The one that was asked for.
        number: u64,
        /// The newest.
        newest: u64,
    },
    /// Made by a program with another schema.
    #[error(
        "the backup was made by hattama {program} (schema {schema}), and this program has schema {ours}: \
         restore it with that version, then update"
    )]
    Schema {
        /// The program that made it.
        program: String,
        /// Its schema.
        schema: i64,
        /// Ours.
        ours: i64,
    },
    /// The backup's root key is not the one that was expected.
    #[error(
        "the backup is of a headquarters with the root {found}, and not {expected}: it is not yours, or \
         was made up"
    )]
    Root {
        /// In the backup.
        found: String,
        /// As it was given.
        expected: String,
    },
    /// The place is not empty.
    #[error(
        "{0} is not empty; a backup is restored into a new place only. What an attempt that was cut has \
         left there may be removed"
    )]
    Occupied(String),
    /// There are no keys in the backup.
    #[error(
        "the backup was made without keys: give the folder with them (--keys), hq.seed and log.seed at least"
    )]
    NoKeys,
    /// There are keys in the backup and others were given.
    #[error("the backup has keys of its own; leave --keys out")]
    TwoKeys,
    /// What was given as a newer head is none.
    #[error(
        "{0} is neither a log.head nor a checkpoint that this log's key signed; nothing was restored"
    )]
    NoHead(PathBuf),
    /// What was written is not what was read.
    #[error("rows of {0} did not arrive in the store as they are in the backup: a bug of ours")]
    Arrival(String),
    /// The settings' place for the log's name.
    #[error("the log's name {0:?} cannot be used")]
    Origin(String),
    /// A file.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The data folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The signer's head.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Where photographs are kept.
    #[error(transparent)]
    Blobs(#[from] BlobError),
    /// What was restored does not hold.
    #[error("what was restored does not pass its check, and cannot be served: {0}")]
    Check(#[from] FsckError),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// What a file that does not open is; none if the disk failed.
fn damage(name: &str, why: &NotOpened) -> Option<Damage> {
    match why {
        NotOpened::NotFor => Some(Damage::Closed(name.to_owned())),
        NotOpened::Altered => Some(Damage::Altered(name.to_owned())),
        NotOpened::Io(error) => match error.kind() {
            std::io::ErrorKind::NotFound => Some(Damage::Missing(name.to_owned())),
            std::io::ErrorKind::InvalidData | std::io::ErrorKind::UnexpectedEof => {
                Some(Damage::Altered(name.to_owned()))
            }
            _ => None,
        },
    }
}
