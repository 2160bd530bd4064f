//! Headquarters' own keys: `root` signs election set-ups, `hq` signs statements, `log` signs
//! checkpoints; `accounts` seals people's second factors; `sealing` opens photographs that phones sealed.
//! Seeds of 32 bytes in files that only the owner can read; the last one as `age-keygen` writes it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use hattama_proto::{
    key::SigningKey,
    sealing::{Identity, KeyTextError, Recipient},
    tlog::{KeyName, NoteSigner},
};
use ring::{hmac, signature::Ed25519KeyPair};

use crate::{folder::write_durably, random};

/// The file of what opens photographs sealed to headquarters.
const SEALING: &str = "sealing.age";

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file is not there. The root key may be away on purpose: it belongs offline.
    #[error("{0} is not there; the root key may be kept offline - bring it for this one command")]
    Missing(PathBuf),
    /// A file of identities that was named is not there.
    #[error("{0} is not there: give the file with the identity, as `age-keygen` wrote it")]
    NoIdentities(PathBuf),
    /// The file does not hold a seed.
    #[error("{0} is damaged: a key file holds 32 bytes. Restore it from its backup")]
    Damaged(PathBuf),
    /// The disk or its permissions.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file does not hold identities of age.
    #[error(
        "{path} is damaged: {source}. Restore it from its backup; without the file headquarters serves, \
         and keeps photographs sealed until it is back"
    )]
    Identity {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: KeyTextError,
    },
    /// No random bytes for a new key.
    #[error(transparent)]
    Random(#[from] random::RandomError),
}

/// Makes the three keys of a new headquarters.
pub fn create(folder: &Path) -> Result<(), KeyFileError> {
    for name in ["root", "hq", "log"] {
        let path = seed_path(folder, name);
        write_durably(&path, &random::bytes::<32>()?)
            .map_err(|source| KeyFileError::Io { path, source })?;
    }
    Ok(())
}

/// The key that signs election set-ups. May be kept elsewhere between changes of the set-up.
pub fn root(folder: &Path) -> Result<SigningKey, KeyFileError> {
    signing_key(folder, "root")
}

/// The key that signs statements.
pub fn hq(folder: &Path) -> Result<SigningKey, KeyFileError> {
    signing_key(folder, "hq")
}

/// What challenges to devices are proved with. It follows from the `hq` key, so that every process of a
/// headquarters knows the challenges of the others.
pub fn challenges(folder: &Path) -> Result<[u8; 32], KeyFileError> {
    let hq = hmac::Key::new(hmac::HMAC_SHA256, &seed(folder, "hq")?);
    let secret = hmac::sign(&hq, b"hattama-sessions/challenges");
    Ok(secret.as_ref().try_into().expect("SHA-256 has 32 bytes"))
}

/// The key that signs checkpoints of the log called `origin`.
pub fn log(folder: &Path, origin: KeyName) -> Result<NoteSigner, KeyFileError> {
    Ok(NoteSigner::from_seed(origin, &seed(folder, "log")?))
}

/// The seed that accounts' second factors are sealed under; made when it is first needed. Without it
/// they cannot be opened, and are set anew.
pub fn accounts(folder: &Path) -> Result<[u8; 32], KeyFileError> {
    match seed(folder, "accounts") {
        Err(KeyFileError::Missing(path)) => {
            let new = random::bytes::<32>()?;
            write_durably(&path, &new).map_err(|source| KeyFileError::Io { path, source })?;
            Ok(new)
        }
        found => found,
    }
}

/// Makes the identity that opens photographs sealed to headquarters; says to whom they are sealed.
pub fn create_sealing(folder: &Path) -> Result<Recipient, KeyFileError> {
    let identity = Identity::from_secret(random::bytes()?);
    let recipient = identity.recipient();
    let text = format!("# public key: {recipient}\n{}\n", *identity.to_text());
    let path = folder.join(SEALING);
    write_durably(&path, text.as_bytes()).map_err(|source| KeyFileError::Io { path, source })?;
    Ok(recipient)
}

/// Who opens photographs that were sealed to headquarters: none where the set-up does not ask for it, or
/// the key is kept elsewhere.
pub fn sealing(folder: &Path) -> Result<Vec<Identity>, KeyFileError> {
    let path = folder.join(SEALING);
    match identities(&path) {
        Err(KeyFileError::NoIdentities(_)) => Ok(Vec::new()),
        found => found,
    }
}

/// The identities of age in a file.
pub fn identities(path: &Path) -> Result<Vec<Identity>, KeyFileError> {
    let path = path.to_owned();
    match fs::read_to_string(&path) {
        Ok(text) => {
            Identity::read_file(&text).map_err(|source| KeyFileError::Identity { path, source })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(KeyFileError::NoIdentities(path))
        }
        Err(source) => Err(KeyFileError::Io { path, source }),
    }
}

/// What the desk's keys are derived from: made when a desk is first used.
pub fn desk_seed(folder: &Path) -> Result<[u8; 32], KeyFileError> {
    match seed(folder, "desk") {
        Err(KeyFileError::Missing(path)) => {
            let fresh = random::bytes::<32>()?;
            write_durably(&path, &fresh).map_err(|source| KeyFileError::Io { path, source })?;
            Ok(fresh)
        }
        known => known,
    }
}

/// What names pieces of a backup, so that no name tells what is in it: made when the first backup is.
pub fn backup_names(folder: &Path) -> Result<[u8; 32], KeyFileError> {
    match seed(folder, "backup") {
        Err(KeyFileError::Missing(path)) => {
            let fresh = random::bytes::<32>()?;
            write_durably(&path, &fresh).map_err(|source| KeyFileError::Io { path, source })?;
            Ok(fresh)
        }
        known => known,
    }
}

/// The `hq` key, for what is neither record nor statement: the contents of a backup.
pub(crate) fn hq_pair(folder: &Path) -> Result<Ed25519KeyPair, KeyFileError> {
    let seed = seed(folder, "hq")?;
    Ed25519KeyPair::from_seed_unchecked(&seed)
        .map_err(|_| KeyFileError::Damaged(seed_path(folder, "hq")))
}

/// Where the log's last signed head is kept, beside its key.
pub fn log_head(folder: &Path) -> PathBuf {
    folder.join("log.head")
}

fn seed_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.seed"))
}

fn seed(folder: &Path, name: &str) -> Result<[u8; 32], KeyFileError> {
    let path = seed_path(folder, name);
    match fs::read(&path) {
        Ok(bytes) => bytes.try_into().map_err(|_| KeyFileError::Damaged(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(KeyFileError::Missing(path)),
        Err(source) => Err(KeyFileError::Io { path, source }),
    }
}

fn signing_key(folder: &Path, name: &str) -> Result<SigningKey, KeyFileError> {
    let seed = seed(folder, name)?;
    SigningKey::from_seed(&seed).map_err(|_| KeyFileError::Damaged(seed_path(folder, name)))
}
