//! The only way to a file with content: plain or encrypted, its reader and writer need not know.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Arc, Weak},
};

use hattama_proto::{id::PhotoHash, wire::SealedAs};
use zeroize::Zeroizing;

use super::{
    format::{self, Opener, Sealer, unopened},
    identity::Rest,
    outbound::Outbound,
};
use crate::{random::RandomSource, sealing::SealTo};

/// What the file of a photograph that was sealed to headquarters is called, in a plain notebook and in
/// an encrypted one: apart from each other, and from files that the notebook can read.
const SEALED: [&str; 2] = ["sealed", "age"];

/// How the files of one notebook are kept.
#[derive(Clone)]
pub(crate) enum Files {
    /// As they are.
    Plain,
    /// Encrypted, under names that say nothing.
    Sealed(Arc<Rest>, Arc<dyn RandomSource>),
}

impl Files {
    /// Those of a notebook with these keys.
    pub(crate) fn of(rest: Option<&Arc<Rest>>, random: &Arc<dyn RandomSource>) -> Self {
        match rest {
            None => Self::Plain,
            Some(rest) => Self::Sealed(Arc::clone(rest), Arc::clone(random)),
        }
    }

    /// What opens the rest of a notebook that is encrypted.
    pub(crate) fn rest(&self) -> Option<&Rest> {
        match self {
            Self::Plain => None,
            Self::Sealed(rest, _) => Some(rest),
        }
    }

    /// What the file that would be called `plain` is called.
    pub(crate) fn name(&self, plain: &str) -> String {
        match self {
            Self::Plain => plain.to_owned(),
            Self::Sealed(keys, _) => keys.name(plain),
        }
    }

    /// What the file of a photograph is called that was sealed to headquarters.
    pub(crate) fn sealed_name(&self, photo: PhotoHash) -> String {
        let plain = format!("{photo}.{}", SEALED[0]);
        match self {
            Self::Plain => plain,
            Self::Sealed(keys, _) => format!("{}.{}", keys.name(&plain), SEALED[1]),
        }
    }

    /// What a plain notebook's file is called, and what it is, if its name says that it is sealed to
    /// headquarters.
    pub(super) fn sealed_photo(name: &str) -> Option<PhotoHash> {
        name.strip_suffix(SEALED[0])?.strip_suffix('.')?.parse().ok()
    }

    /// Whether a file of this name is sealed to headquarters.
    pub(crate) fn is_for_headquarters(name: &str) -> bool {
        let ending = Path::new(name).extension().and_then(|ending| ending.to_str());
        ending.is_some_and(|ending| SEALED.contains(&ending))
    }

    /// How long the file of so much content is, in bytes.
    pub(crate) const fn stored_len(&self, content: u64) -> u64 {
        match self {
            Self::Plain => content,
            Self::Sealed(..) => format::sealed_len(content),
        }
    }

    /// Makes a file that is not there yet.
    pub(crate) fn create_new(&self, path: &Path) -> io::Result<NewFile> {
        self.around(File::create_new(path)?)
    }

    /// Makes a file, in the place of whatever is there.
    pub(crate) fn create(&self, path: &Path) -> io::Result<NewFile> {
        self.around(File::create(path)?)
    }

    /// Makes a file that is not there yet and that only headquarters will be able to read.
    pub(crate) fn create_sealed(
        path: &Path,
        to: &SealTo,
        random: &dyn RandomSource,
    ) -> io::Result<NewFile> {
        let file = File::create_new(path)?;
        Ok(NewFile(New::Outbound(Box::new(Outbound::new(file, to, random)?))))
    }

    fn around(&self, file: File) -> io::Result<NewFile> {
        match self {
            Self::Plain => Ok(NewFile(New::Plain(file))),
            Self::Sealed(keys, random) => {
                let mut fill = |bytes: &mut [u8]| random.fill(bytes).map_err(io::Error::other);
                let sealer = Sealer::new(file, &[keys.files().recipient()], &mut fill)?;
                Ok(NewFile(New::Sealed(Box::new(sealer))))
            }
        }
    }

    /// The file at `path`, to be opened whenever it is needed.
    pub(crate) fn at(&self, path: PathBuf) -> StoredFile {
        let keys = match self {
            Self::Plain => Keys::None,
            Self::Sealed(keys, _) => Keys::Of(Arc::downgrade(keys)),
        };
        StoredFile { path, keys }
    }

    /// All of a file that is known to be small.
    pub(crate) fn read(&self, path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
        let mut file = self.at(path.to_owned()).open()?;
        let len = usize::try_from(file.content_len()?).map_err(io::Error::other)?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(len));
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Whether the file at `path` is one that these keys have sealed.
    pub(super) fn have_sealed(&self, path: &Path) -> io::Result<bool> {
        let Self::Sealed(keys, _) = self else { return Ok(false) };
        match opener(File::open(path)?, keys) {
            Ok(_) => Ok(true),
            Err(error)
                if matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof) =>
            {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}

/// A file of a notebook. Knows where it is and how it is read; opens it only when asked.
///
/// Once the notebook is locked it cannot be opened any more, whoever still holds this.
#[derive(Clone)]
pub struct StoredFile {
    path: PathBuf,
    keys: Keys,
}

#[derive(Clone)]
enum Keys {
    None,
    Of(Weak<Rest>),
}

impl StoredFile {
    /// A file that is not encrypted.
    pub const fn plain(path: PathBuf) -> Self {
        Self { path, keys: Keys::None }
    }

    /// Where it is. What is there may be encrypted.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens it for reading what it holds, from any place on.
    pub fn open(&self) -> io::Result<OpenFile> {
        let file = File::open(&self.path)?;
        match &self.keys {
            Keys::None => Ok(OpenFile(Open::Plain(file))),
            Keys::Of(keys) => {
                let keys = keys.upgrade().ok_or_else(locked)?;
                Ok(OpenFile(Open::Sealed(Box::new(opener(file, &keys)?))))
            }
        }
    }

    /// How much it holds, in bytes, by its length alone: nothing is decrypted.
    pub fn content_len(&self) -> io::Result<u64> {
        let len = fs::metadata(&self.path)?.len();
        match &self.keys {
            Keys::None => Ok(len),
            Keys::Of(_) => {
                format::plain_len(len).ok_or_else(|| io::Error::from(ErrorKind::InvalidData))
            }
        }
    }
}

/// Two are the same if they are at one place.
impl PartialEq for StoredFile {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for StoredFile {}

impl std::fmt::Debug for StoredFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredFile").field("path", &self.path).finish_non_exhaustive()
    }
}

/// What a file holds, open for reading.
pub struct OpenFile(Open);

enum Open {
    Plain(File),
    Sealed(Box<Opener<File>>),
}

impl OpenFile {
    /// How much it holds, in bytes.
    pub fn content_len(&self) -> io::Result<u64> {
        match &self.0 {
            Open::Plain(file) => Ok(file.metadata()?.len()),
            Open::Sealed(opener) => Ok(opener.content_len()),
        }
    }
}

impl std::fmt::Debug for OpenFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenFile").finish_non_exhaustive()
    }
}

impl Read for OpenFile {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Open::Plain(file) => file.read(out),
            Open::Sealed(opener) => opener.read(out),
        }
    }
}

impl Seek for OpenFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match &mut self.0 {
            Open::Plain(file) => file.seek(to),
            Open::Sealed(opener) => opener.seek(to),
        }
    }
}

/// A file that is being written. Nothing of it can be read before it is finished.
pub(crate) struct NewFile(New);

enum New {
    Plain(File),
    Sealed(Box<Sealer<File>>),
    Outbound(Box<Outbound>),
}

impl NewFile {
    /// Brings all of it to the disk. The file's name is not there yet. Says how it will travel if it was
    /// sealed to headquarters.
    pub(crate) fn finish(self) -> io::Result<Option<SealedAs>> {
        match self.0 {
            New::Plain(file) => file,
            New::Sealed(sealer) => sealer.finish()?,
            New::Outbound(outbound) => return outbound.finish().map(Some),
        }
        .sync_all()?;
        Ok(None)
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            New::Plain(file) => file.write(bytes),
            New::Sealed(sealer) => sealer.write(bytes),
            New::Outbound(outbound) => outbound.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            New::Plain(file) => file.flush(),
            New::Sealed(sealer) => sealer.flush(),
            New::Outbound(outbound) => outbound.flush(),
        }
    }
}

fn opener(file: File, keys: &Rest) -> io::Result<Opener<File>> {
    Opener::new(file, std::slice::from_ref(keys.files())).map_err(unopened)
}

fn locked() -> io::Error {
    io::Error::new(ErrorKind::PermissionDenied, "the notebook is locked")
}
