//! The two seeds of a notebook, and the only place that stores them.
//!
//! One key per role, so that incidents cannot be linked with protocols. Both are made when the
//! notebook is first opened, long before anybody enrols them, and a file that is there is never
//! written over: with it go the records it signed.
//!
//! The file is readable by its owner only. An app with a hardware key store will wrap the seeds;
//! [`Keys::open`] is the one call to replace then.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write as _},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hattama_proto::{key::SigningKey, kind::Role};
use serde::{Deserialize, Serialize};

use crate::{error::NotebookError, random::RandomSource};

/// Name of the file in the notebook's folder.
const FILE: &str = "keys.json";

/// The signing keys of one notebook.
pub(crate) struct Keys {
    results: SigningKey,
    incidents: SigningKey,
}

#[derive(Serialize, Deserialize)]
struct Seeds {
    results: String,
    incidents: String,
}

impl Keys {
    /// Reads the keys of the notebook in `folder`, or makes them if there are none.
    pub(crate) fn open(folder: &Path, random: &dyn RandomSource) -> Result<Self, NotebookError> {
        let file = folder.join(FILE);
        let seeds = match fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| damaged())?,
            Err(error) if error.kind() == ErrorKind::NotFound => make(folder, random)?,
            Err(error) => return Err(error.into()),
        };
        Ok(Self { results: key(&seeds.results)?, incidents: key(&seeds.incidents)? })
    }

    /// The key of a role.
    pub(crate) const fn of(&self, role: Role) -> &SigningKey {
        match role {
            Role::Results => &self.results,
            Role::Incidents => &self.incidents,
        }
    }
}

fn key(seed: &str) -> Result<SigningKey, NotebookError> {
    let seed = URL_SAFE_NO_PAD.decode(seed).map_err(|_| damaged())?;
    SigningKey::from_seed(&seed).map_err(|_| damaged())
}

fn damaged() -> NotebookError {
    NotebookError::Keys {
        reason: format!("{FILE} is damaged; keep the folder and ask your coordinator"),
    }
}

fn make(folder: &Path, random: &dyn RandomSource) -> Result<Seeds, NotebookError> {
    let seed = || {
        let mut seed = [0; 32];
        random
            .fill(&mut seed)
            .map_err(|error| NotebookError::Keys { reason: error.to_string() })?;
        Ok::<_, NotebookError>(URL_SAFE_NO_PAD.encode(seed))
    };
    let seeds = Seeds { results: seed()?, incidents: seed()? };
    let json = serde_json::to_vec(&seeds).expect("two strings are JSON");
    let fresh = folder.join(format!("{FILE}.new"));
    let mut file = owner_only(&fresh)?;
    file.write_all(&json)?;
    file.sync_all()?;
    // Whole or not at all: a crash leaves the old name free, and the next opening makes new seeds.
    fs::rename(&fresh, folder.join(FILE))?;
    File::open(folder)?.sync_all()?;
    Ok(seeds)
}

fn owner_only(path: &Path) -> std::io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    #[test]
    fn keys_are_made_once_and_differ_by_role() {
        let folder = tempfile::tempdir().unwrap();
        let first = Keys::open(folder.path(), &SystemRandom::new()).unwrap();
        let again = Keys::open(folder.path(), &SystemRandom::new()).unwrap();
        for role in Role::ALL {
            assert_eq!(first.of(role).kid(), again.of(role).kid());
        }
        assert_ne!(first.of(Role::Results).kid(), first.of(Role::Incidents).kid());
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_the_seeds() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        Keys::open(folder.path(), &SystemRandom::new()).unwrap();
        let mode = fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_key_file_is_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "{}").unwrap();
        assert!(matches!(
            Keys::open(folder.path(), &SystemRandom::new()),
            Err(NotebookError::Keys { .. })
        ));
        assert_eq!(fs::read(folder.path().join(FILE)).unwrap(), b"{}");
    }
}
