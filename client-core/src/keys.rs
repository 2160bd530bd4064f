//! The two seeds of a notebook, and the only place that stores them.
//!
//! One key per role, so that incidents cannot be linked with protocols. Both are made when the
//! notebook is first opened, long before anybody enrols them; with them go the records they sign, so
//! what is stored is replaced only by the same seeds wrapped in another way, and only after that was
//! unwrapped again.
//!
//! ```text
//! keys.json   {"results": SEED, "incidents": SEED}               the app has no vault
//!             {"format": 2, "wrapped": BYTES, "results_key": PUBLIC, "incidents_key": PUBLIC}
//! ```
//!
//! Both forms are read for ever. A notebook of the first is wrapped when it is opened with a vault.
//! Our copies of the seeds are written over in memory once the keys are made of them. What `ring` keeps
//! of a key for signing is not: it offers no way to. What an app's own vault is handed and hands back
//! crosses a border, and is freed there as it is.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write as _},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hattama_proto::{
    key::{PublicKey, SigningKey},
    kind::Role,
};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use crate::{
    error::NotebookError,
    random::RandomSource,
    vault::{KeyVault, VaultError, WRAPPED_BYTES_MAX},
};

/// Name of the file in the notebook's folder.
const FILE: &str = "keys.json";

/// The form of a file whose seeds are wrapped.
const WRAPPED_FORMAT: u32 = 2;

/// Length of a seed, in bytes.
const SEED_BYTES: usize = 32;

/// The signing keys of one notebook.
pub(crate) struct Keys {
    results: SigningKey,
    incidents: SigningKey,
}

/// Both seeds, the one for protocols first; written over when they are dropped.
type Seeds = Zeroizing<[u8; 2 * SEED_BYTES]>;

/// The first form: as they are, in base64url.
#[derive(Serialize, Deserialize)]
struct Plain {
    results: String,
    incidents: String,
}

impl Drop for Plain {
    fn drop(&mut self) {
        self.results.zeroize();
        self.incidents.zeroize();
    }
}

/// The second form: wrapped, beside the public keys that must come out.
#[derive(Serialize, Deserialize)]
struct Wrapped {
    format: u32,
    wrapped: String,
    results_key: PublicKey,
    incidents_key: PublicKey,
}

/// What a file may hold.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Wrapped(Wrapped),
    Plain(Plain),
}

impl Keys {
    /// Reads the keys of the notebook in `folder`, or makes them if there are none. With a vault they
    /// are wrapped afterwards, if they were not.
    pub(crate) fn open(
        folder: &Path,
        random: &dyn RandomSource,
        vault: Option<&dyn KeyVault>,
    ) -> Result<Self, NotebookError> {
        match (read(folder)?, vault) {
            (None, vault) => {
                let seeds = make(random)?;
                store(folder, &seeds, vault)?;
                Self::of_seeds(&seeds)
            }
            (Some(Stored::Plain(plain)), vault) => {
                let seeds = plain.seeds()?;
                if vault.is_some() {
                    store(folder, &seeds, vault)?;
                }
                Self::of_seeds(&seeds)
            }
            (Some(Stored::Wrapped(wrapped)), Some(vault)) => {
                Self::of_seeds(&wrapped.unwrap_with(vault)?)
            }
            (Some(Stored::Wrapped(_)), None) => Err(NotebookError::Keys {
                reason: "they are wrapped; open the notebook with its key vault or passphrase"
                    .to_owned(),
            }),
        }
    }

    /// Wraps the seeds in `folder` with `to` instead of `from`. Nothing is replaced unless `to` has
    /// shown that it unwraps them.
    pub(crate) fn rewrap(
        folder: &Path,
        from: Option<&dyn KeyVault>,
        to: &dyn KeyVault,
    ) -> Result<(), NotebookError> {
        let seeds = match (read(folder)?, from) {
            (Some(Stored::Plain(plain)), _) => plain.seeds()?,
            (Some(Stored::Wrapped(wrapped)), Some(from)) => wrapped.unwrap_with(from)?,
            (Some(Stored::Wrapped(_)), None) => {
                return Err(NotebookError::invalid(
                    "from",
                    "the notebook's present vault is needed",
                ));
            }
            (None, _) => {
                return Err(NotebookError::invalid("folder", "there is no notebook here"));
            }
        };
        store(folder, &seeds, Some(to))
    }

    /// The key of a role.
    pub(crate) const fn of(&self, role: Role) -> &SigningKey {
        match role {
            Role::Results => &self.results,
            Role::Incidents => &self.incidents,
        }
    }

    fn of_seeds(seeds: &Seeds) -> Result<Self, NotebookError> {
        let (results, incidents) = seeds.split_at(SEED_BYTES);
        let key = |seed| SigningKey::from_seed(seed).map_err(|_| damaged());
        Ok(Self { results: key(results)?, incidents: key(incidents)? })
    }
}

impl Plain {
    fn seeds(&self) -> Result<Seeds, NotebookError> {
        let mut seeds = Seeds::new([0; 2 * SEED_BYTES]);
        let (results, incidents) = seeds.split_at_mut(SEED_BYTES);
        for (text, seed) in [(&self.results, results), (&self.incidents, incidents)] {
            match URL_SAFE_NO_PAD.decode_slice(text, seed) {
                Ok(SEED_BYTES) => {}
                _ => return Err(damaged()),
            }
        }
        Ok(seeds)
    }
}

impl Wrapped {
    fn unwrap_with(&self, vault: &dyn KeyVault) -> Result<Seeds, NotebookError> {
        if self.format != WRAPPED_FORMAT {
            let (found, known) = (i64::from(self.format), i64::from(WRAPPED_FORMAT));
            return Err(NotebookError::NewerDatabase { found, known });
        }
        let wrapped = URL_SAFE_NO_PAD.decode(&self.wrapped).map_err(|_| damaged())?;
        let plain = vault.unwrap(&wrapped)?;
        let mut seeds = Seeds::new([0; 2 * SEED_BYTES]);
        if plain.len() != seeds.len() {
            return Err(another().into());
        }
        seeds.copy_from_slice(&plain);
        let keys = Keys::of_seeds(&seeds)?;
        let ours = keys.results.public() == self.results_key
            && keys.incidents.public() == self.incidents_key;
        if ours { Ok(seeds) } else { Err(another().into()) }
    }
}

fn another() -> VaultError {
    VaultError::Rejected("it gives other keys than this notebook's".to_owned())
}

fn damaged() -> NotebookError {
    NotebookError::Keys {
        reason: format!("{FILE} is damaged; keep the folder and ask your coordinator"),
    }
}

fn read(folder: &Path) -> Result<Option<Stored>, NotebookError> {
    match fs::read(folder.join(FILE)).map(Zeroizing::new) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|_| damaged()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn make(random: &dyn RandomSource) -> Result<Seeds, NotebookError> {
    let mut seeds = Seeds::new([0; 2 * SEED_BYTES]);
    random
        .fill(seeds.as_mut())
        .map_err(|error| NotebookError::Keys { reason: error.to_string() })?;
    Ok(seeds)
}

/// Keeps the seeds under the file's name, whole or not at all: a crash leaves what was there.
fn store(folder: &Path, seeds: &Seeds, vault: Option<&dyn KeyVault>) -> Result<(), NotebookError> {
    let json = match vault {
        Some(vault) => wrapped(seeds, vault)?,
        None => {
            let (results, incidents) = seeds.split_at(SEED_BYTES);
            let text = |seed| URL_SAFE_NO_PAD.encode(seed);
            let plain = Plain { results: text(results), incidents: text(incidents) };
            Zeroizing::new(serde_json::to_vec(&plain).expect("two strings are JSON"))
        }
    };
    let fresh = folder.join(format!("{FILE}.new"));
    let mut file = owner_only(&fresh)?;
    file.write_all(&json)?;
    file.sync_all()?;
    fs::rename(&fresh, folder.join(FILE))?;
    File::open(folder)?.sync_all()?;
    Ok(())
}

/// The second form. A vault that cannot open what it has just closed is found out now, and not after
/// the plain seeds are gone.
fn wrapped(seeds: &Seeds, vault: &dyn KeyVault) -> Result<Zeroizing<Vec<u8>>, NotebookError> {
    let keys = Keys::of_seeds(seeds)?;
    let bytes = vault.wrap(seeds.as_ref())?;
    if bytes.len() > WRAPPED_BYTES_MAX {
        let long = format!("it made more than {WRAPPED_BYTES_MAX} bytes of the seeds");
        return Err(VaultError::Failed(long).into());
    }
    let stored = Wrapped {
        format: WRAPPED_FORMAT,
        wrapped: URL_SAFE_NO_PAD.encode(bytes),
        results_key: keys.results.public(),
        incidents_key: keys.incidents.public(),
    };
    stored.unwrap_with(vault)?;
    Ok(Zeroizing::new(serde_json::to_vec(&stored).expect("strings are JSON")))
}

fn owner_only(path: &Path) -> std::io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
