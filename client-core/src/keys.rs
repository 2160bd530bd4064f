//! The secrets of a notebook, and the only place that stores them: two seeds, and the data key of one
//! that is encrypted at rest.
//!
//! One seed per role, so that incidents cannot be linked with protocols. Both are made when the
//! notebook is first opened, long before anybody enrols them; with them go the records they sign, so
//! what is stored is replaced only by the same secrets wrapped in another way, and only after that was
//! unwrapped again.
//!
//! ```text
//! keys.json   {"results": SEED, "incidents": SEED}               the app has no vault
//!             {"format": 2, "wrapped": BYTES, "results_key": PUBLIC, "incidents_key": PUBLIC}
//!             {"format": 3, ... "files_key": PUBLIC, "at_rest": "converting" | "encrypted"}
//! ```
//!
//! All forms are read for ever. A notebook of the first is wrapped when it is opened with a vault; one
//! of the first two gets a data key when it is opened to be encrypted. Our copies of the secrets are
//! written over in memory once the keys are made of them. What `ring` keeps of a key is not: it offers
//! no way to; the feature `wipe-memory` does it where memory is given back. What an app's own vault is
//! handed and hands back crosses a border, and is freed there as it is.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write as _},
    path::Path,
    sync::Arc,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hattama_proto::{
    key::{PublicKey, SigningKey},
    kind::Role,
};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use crate::{
    AtRest,
    at_rest::{Rest, wipe},
    error::NotebookError,
    random::{RandomSource, SystemRandom},
    vault::{KeyVault, VaultError, WRAPPED_BYTES_MAX},
};

/// Name of the file in the notebook's folder.
pub(crate) const FILE: &str = "keys.json";

/// The form of a file whose seeds are wrapped.
const WRAPPED_FORMAT: u32 = 2;

/// The form of a file that holds a data key too.
const REST_FORMAT: u32 = 3;

/// Length of a seed and of a data key, in bytes.
const KEY_BYTES: usize = 32;

/// Length of both seeds.
const SEEDS_BYTES: usize = 2 * KEY_BYTES;

/// The open keys of one notebook.
pub(crate) struct Keys {
    results: SigningKey,
    incidents: SigningKey,
    rest: Option<Arc<Rest>>,
}

/// How far a notebook has come in being encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Standing {
    /// It has a data key; some of it may still be plain.
    Converting,
    /// All of it is encrypted.
    Encrypted,
}

/// Both seeds, the one for protocols first, and the data key if there is one; written over when they
/// are dropped.
type Secrets = Zeroizing<Vec<u8>>;

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

/// The other forms: wrapped, beside the public keys that must come out.
#[derive(Clone, Serialize, Deserialize)]
struct Wrapped {
    format: u32,
    wrapped: String,
    results_key: PublicKey,
    incidents_key: PublicKey,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    files_key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_rest: Option<Standing>,
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
    /// are wrapped afterwards, if they were not; to be encrypted at rest they get a data key, if they
    /// had none.
    pub(crate) fn open(
        folder: &Path,
        random: &dyn RandomSource,
        vault: Option<&dyn KeyVault>,
        at_rest: AtRest,
    ) -> Result<Arc<Self>, NotebookError> {
        let stored = read(folder)?;
        let is_plain = !matches!(stored, Some(Stored::Wrapped(_)));
        let is_new = stored.is_none();
        let mut secrets = match (stored, vault) {
            (None, _) => drawn(SEEDS_BYTES, random)?,
            (Some(Stored::Plain(plain)), _) => plain.secrets()?,
            (Some(Stored::Wrapped(wrapped)), Some(vault)) => wrapped.unwrap_with(vault)?,
            (Some(Stored::Wrapped(_)), None) => {
                return Err(NotebookError::Keys {
                    reason: "they are wrapped; open the notebook with its key vault or passphrase"
                        .to_owned(),
                });
            }
        };
        let wanted = at_rest == AtRest::Encrypted && secrets.len() == SEEDS_BYTES;
        if wanted {
            let mut more = Secrets::new(Vec::with_capacity(SEEDS_BYTES + KEY_BYTES));
            more.extend_from_slice(&secrets);
            more.extend_from_slice(&drawn(KEY_BYTES, random)?);
            secrets = more;
        }
        if is_new || wanted || (is_plain && vault.is_some()) {
            store(folder, &secrets, vault, Standing::Converting, random)?;
        }
        Self::of(&secrets).map(Arc::new)
    }

    /// Reads the keys of a notebook that is there already, as they are.
    pub(crate) fn unlock(folder: &Path, vault: &dyn KeyVault) -> Result<Arc<Self>, NotebookError> {
        match read(folder)? {
            Some(Stored::Wrapped(wrapped)) => Self::of(&wrapped.unwrap_with(vault)?).map(Arc::new),
            Some(Stored::Plain(plain)) => Self::of(&plain.secrets()?).map(Arc::new),
            None => Err(NotebookError::Keys { reason: format!("{FILE} is not there any more") }),
        }
    }

    /// Whether the notebook in `folder` is encrypted at rest, or about to be. Asks no vault.
    pub(crate) fn standing(folder: &Path) -> Result<Option<Standing>, NotebookError> {
        match read(folder)? {
            Some(Stored::Wrapped(wrapped)) => {
                wrapped.check_format()?;
                Ok(wrapped.at_rest)
            }
            _ => Ok(None),
        }
    }

    /// Notes that all of the notebook in `folder` is encrypted now.
    pub(crate) fn settle(folder: &Path, random: &dyn RandomSource) -> Result<(), NotebookError> {
        if let Some(Stored::Wrapped(mut wrapped)) = read(folder)?
            && wrapped.at_rest == Some(Standing::Converting)
        {
            wrapped.at_rest = Some(Standing::Encrypted);
            write(folder, &json(&wrapped), random)?;
        }
        Ok(())
    }

    /// Wraps the secrets in `folder` with `to` instead of `from`. Nothing is replaced unless `to` has
    /// shown that it unwraps them.
    pub(crate) fn rewrap(
        folder: &Path,
        from: Option<&dyn KeyVault>,
        to: &dyn KeyVault,
    ) -> Result<(), NotebookError> {
        let mut standing = Standing::Converting;
        let secrets = match (read(folder)?, from) {
            (Some(Stored::Plain(plain)), _) => plain.secrets()?,
            (Some(Stored::Wrapped(wrapped)), Some(from)) => {
                standing = wrapped.at_rest.unwrap_or(standing);
                wrapped.unwrap_with(from)?
            }
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
        store(folder, &secrets, Some(to), standing, &SystemRandom::new())
    }

    /// The key of a role.
    pub(crate) const fn of_role(&self, role: Role) -> &SigningKey {
        match role {
            Role::Results => &self.results,
            Role::Incidents => &self.incidents,
        }
    }

    /// What opens the notebook where it is encrypted at rest.
    pub(crate) const fn rest(&self) -> Option<&Arc<Rest>> {
        self.rest.as_ref()
    }

    fn of(secrets: &[u8]) -> Result<Self, NotebookError> {
        let key = |seed| SigningKey::from_seed(seed).map_err(|_| damaged());
        let mut parts = secrets.chunks_exact(KEY_BYTES);
        let (Some(results), Some(incidents)) = (parts.next(), parts.next()) else {
            return Err(damaged());
        };
        let data = parts.next().and_then(|data| <&[u8; KEY_BYTES]>::try_from(data).ok());
        let rest = data.map(|data| Arc::new(Rest::derive(data)));
        Ok(Self { results: key(results)?, incidents: key(incidents)?, rest })
    }
}

impl Plain {
    fn secrets(&self) -> Result<Secrets, NotebookError> {
        let mut secrets = Secrets::new(vec![0; SEEDS_BYTES]);
        let (results, incidents) = secrets.split_at_mut(KEY_BYTES);
        for (text, seed) in [(&self.results, results), (&self.incidents, incidents)] {
            match URL_SAFE_NO_PAD.decode_slice(text, seed) {
                Ok(KEY_BYTES) => {}
                _ => return Err(damaged()),
            }
        }
        Ok(secrets)
    }
}

impl Wrapped {
    fn check_format(&self) -> Result<(), NotebookError> {
        match self.format {
            WRAPPED_FORMAT | REST_FORMAT => Ok(()),
            format => Err(NotebookError::NewerDatabase {
                found: format.into(),
                known: REST_FORMAT.into(),
            }),
        }
    }

    fn unwrap_with(&self, vault: &dyn KeyVault) -> Result<Secrets, NotebookError> {
        self.check_format()?;
        let wrapped = URL_SAFE_NO_PAD.decode(&self.wrapped).map_err(|_| damaged())?;
        let secrets = vault.unwrap(&wrapped)?;
        let wanted = if self.format == REST_FORMAT { SEEDS_BYTES + KEY_BYTES } else { SEEDS_BYTES };
        if secrets.len() != wanted {
            return Err(another().into());
        }
        let keys = Keys::of(&secrets)?;
        // Also of the data key: with another one the database would only look damaged.
        let ours = keys.results.public() == self.results_key
            && keys.incidents.public() == self.incidents_key
            && keys.rest.as_deref().map(files_key) == self.files_key;
        if ours { Ok(secrets) } else { Err(another().into()) }
    }
}

fn files_key(rest: &Rest) -> String {
    URL_SAFE_NO_PAD.encode(rest.public())
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

fn drawn(len: usize, random: &dyn RandomSource) -> Result<Secrets, NotebookError> {
    let mut secrets = Secrets::new(vec![0; len]);
    random.fill(&mut secrets).map_err(|error| NotebookError::Keys { reason: error.to_string() })?;
    Ok(secrets)
}

/// Keeps the secrets under the file's name.
fn store(
    folder: &Path,
    secrets: &Secrets,
    vault: Option<&dyn KeyVault>,
    standing: Standing,
    random: &dyn RandomSource,
) -> Result<(), NotebookError> {
    match vault {
        Some(vault) => write(folder, &json(&wrapped(secrets, vault, standing)?), random),
        None if secrets.len() == SEEDS_BYTES => {
            let (results, incidents) = secrets.split_at(KEY_BYTES);
            let text = |seed| URL_SAFE_NO_PAD.encode(seed);
            let plain = Plain { results: text(results), incidents: text(incidents) };
            write(folder, &json(&plain), random)
        }
        // A data key beside what it encrypts would be no key.
        None => Err(NotebookError::invalid(
            "vault",
            "a notebook that is encrypted at rest needs a key vault or a passphrase",
        )),
    }
}

fn json(stored: &impl Serialize) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(serde_json::to_vec(stored).expect("strings are JSON"))
}

/// Whole or not at all: a crash leaves what was there.
fn write(folder: &Path, json: &[u8], random: &dyn RandomSource) -> Result<(), NotebookError> {
    let fresh = folder.join(format!("{FILE}.new"));
    let mut file = owner_only(&fresh)?;
    file.write_all(json)?;
    file.sync_all()?;
    let place = folder.join(FILE);
    let before = fs::OpenOptions::new().read(true).write(true).open(&place);
    fs::rename(&fresh, place)?;
    File::open(folder)?.sync_all()?;
    // Has no name any more, but bytes: seeds in clear, or wrapped by a vault that somebody knows.
    if let Ok(mut before) = before {
        wipe::write_over(&mut before, random)?;
    }
    Ok(())
}

/// The wrapped form. A vault that cannot open what it has just closed is found out now, and not after
/// the plain seeds are gone.
fn wrapped(
    secrets: &Secrets,
    vault: &dyn KeyVault,
    standing: Standing,
) -> Result<Wrapped, NotebookError> {
    let keys = Keys::of(secrets)?;
    let bytes = vault.wrap(secrets)?;
    if bytes.len() > WRAPPED_BYTES_MAX {
        let long = format!("it made more than {WRAPPED_BYTES_MAX} bytes of the seeds");
        return Err(VaultError::Failed(long).into());
    }
    let stored = Wrapped {
        format: if keys.rest.is_some() { REST_FORMAT } else { WRAPPED_FORMAT },
        wrapped: URL_SAFE_NO_PAD.encode(bytes),
        results_key: keys.results.public(),
        incidents_key: keys.incidents.public(),
        at_rest: keys.rest.is_some().then_some(standing),
        files_key: keys.rest.as_deref().map(files_key),
    };
    stored.unwrap_with(vault)?;
    Ok(stored)
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
