//! Where the demonstration puts everything.
//!
//! ```text
//! headquarters/    the data folder of `hattama serve`
//! operator.token   opens headquarters
//! setup/           the election set-up, four JSON files
//! official/        what the commission published, CSV
//! observers/NAME/  the notebook of one observer
//! ```

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::DemoError;

/// Below the current folder, unless told otherwise; git ignores it.
const DEFAULT: &str = "demo-data";

/// The folder of one demonstration.
#[derive(Clone, Debug)]
pub struct DemoFolder {
    root: PathBuf,
}

impl DemoFolder {
    /// Makes `folder`, or one named after the time. One that holds something is refused.
    pub(super) fn make(folder: Option<&Path>) -> Result<Self, DemoError> {
        let root = folder.map_or_else(named_after_the_time, Path::to_owned);
        let io = |error| DemoError::Io(root.clone(), error);
        fs::create_dir_all(&root).map_err(io)?;
        if fs::read_dir(&root).map_err(io)?.next().is_some() {
            return Err(DemoError::FolderTaken(root));
        }
        Ok(Self { root })
    }

    /// A folder that was made before.
    pub fn open(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The data folder of headquarters.
    pub fn headquarters(&self) -> PathBuf {
        self.root.join("headquarters")
    }

    /// The file with the operator's token.
    pub fn token(&self) -> PathBuf {
        self.root.join("operator.token")
    }

    /// The election set-up.
    pub fn setup(&self) -> PathBuf {
        self.root.join("setup")
    }

    /// What the commission published.
    pub fn official(&self) -> PathBuf {
        self.root.join("official")
    }

    /// The observers' notebooks.
    pub fn observers(&self) -> PathBuf {
        self.root.join("observers")
    }

    /// Photographs between camera and notebook.
    pub(super) fn camera(&self) -> PathBuf {
        self.root.join("camera")
    }

    /// Bytes of everything in the folder; what cannot be read counts as nothing.
    pub(super) fn bytes(&self) -> u64 {
        bytes_in(&self.root)
    }

    /// Writes the operator's token for nobody but the owner.
    pub(super) fn write_token(&self, token: &str) -> Result<(), DemoError> {
        let path = self.token();
        write_private(&path, &format!("{token}\n")).map_err(|error| DemoError::Io(path, error))
    }
}

/// `demo-data/2026-08-25_14-03-59`, in UTC.
fn named_after_the_time() -> PathBuf {
    let now = hattama_server::clock::system();
    let name = jiff::Timestamp::from_millisecond(now.0)
        .map_or_else(|_| now.0.to_string(), |at| at.strftime("%Y-%m-%d_%H-%M-%S").to_string());
    Path::new(DEFAULT).join(name)
}

fn bytes_in(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let about = entry.metadata().ok()?;
            Some(if about.is_dir() { bytes_in(&entry.path()) } else { about.len() })
        })
        .sum()
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use io::Write as _;
    let mut options = fs::File::options();
    options.create_new(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)?.write_all(text.as_bytes())
}
