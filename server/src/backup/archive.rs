//! Reading backups: each file opened with an identity, and checked to be what belongs there.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Read as _,
    path::Path,
};

use hattama_proto::{
    id::{ElectionId, FileHash},
    sealing::{Identity, NotOpened, Opener},
    time::UnixMillis,
};
use serde::de::DeserializeOwned;

use super::{
    BackupError, Damage, damage,
    manifest::{Manifest, file_name, piece_file},
    piece::{Names, Piece, padded_len},
    target::{HEADER, Target},
};

/// Most zeros at the end of content that are taken for its own, where nothing says how long it is: a key is
/// as long.
const ZEROS: usize = 32;

/// Backups in a folder, as far as they open.
pub struct Archive {
    pub(super) target: Target,
    identities: Vec<Identity>,
    backups: BTreeMap<u64, Backup>,
    damages: Vec<Damage>,
    newest: u64,
}

impl std::fmt::Debug for Archive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Archive").field("backups", &self.backups.len()).finish_non_exhaustive()
    }
}

/// One that opened.
pub(super) struct Backup {
    pub(super) manifest: Manifest,
    pub(super) names: Names,
}

/// A backup, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its number.
    pub number: u64,
    /// When it began.
    pub made_at: UnixMillis,
    /// The election.
    pub election: ElectionId,
    /// Thumbprint of the root key, as invitations carry it.
    pub root: String,
    /// Entries of the log.
    pub entries: u64,
    /// Photographs.
    pub photographs: u64,
    /// Names of the keys in it.
    pub keys: Vec<String>,
    /// To whom it is sealed.
    pub recipients: Vec<String>,
}

/// Numbers of all backups in a folder and the lengths of their files in bytes: what can be told without
/// an identity.
pub fn list(root: &Path) -> Result<Vec<(u64, u64)>, BackupError> {
    let target = Target::open(root)?;
    let numbers = target.numbers()?;
    let about = |number| Ok((number, target.len(&file_name(number))?.unwrap_or_default()));
    numbers.into_iter().map(about).collect()
}

impl Archive {
    /// Opens every backup in a folder, and checks that each names the one before it. What is damaged is
    /// kept to be told; refuses a folder of which nothing opens.
    pub fn open(root: &Path, identities: Vec<Identity>) -> Result<Self, BackupError> {
        let target = Target::open(root)?;
        let numbers = target.numbers()?;
        let newest = *numbers.last().ok_or_else(|| BackupError::NoBackups(root.to_owned()))?;
        let (backups, damages) = (BTreeMap::new(), Vec::new());
        let mut archive = Self { target, identities, backups, damages, newest };
        let mut hashes: BTreeMap<u64, FileHash> = BTreeMap::new();
        for number in 1..=newest {
            let name = file_name(number);
            let path = archive.target.path(&name);
            match fs::read(&path) {
                Ok(bytes) => drop(hashes.insert(number, FileHash::of(&bytes))),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    archive.damages.push(Damage::Missing(name));
                    continue;
                }
                Err(source) => return Err(BackupError::Io { path, source }),
            }
            match archive.backup(number) {
                Ok(backup) => drop(archive.backups.insert(number, backup)),
                Err(BackupError::Damage(damage)) => archive.damages.push(damage),
                Err(error) => return Err(error),
            }
        }
        let closed = |damage: &Damage| matches!(damage, Damage::Closed(_));
        if archive.backups.is_empty() && archive.damages.iter().any(closed) {
            return Err(BackupError::NotFor(root.to_owned()));
        }
        archive.check_target();
        archive.check_chain(&hashes);
        Ok(archive)
    }

    /// That all backups were made into this folder. If none was, it is the folder that says otherwise.
    fn check_target(&mut self) {
        let id = self.target.id().to_owned();
        let others = self.backups.values().filter(|one| one.manifest.target != id);
        let others: Vec<u64> = others.map(|one| one.manifest.number).collect();
        if others.len() == self.backups.len() && !others.is_empty() {
            self.damages.push(Damage::Altered(HEADER.to_owned()));
        } else {
            self.damages.extend(others.iter().map(|one| Damage::Swapped(file_name(*one))));
        }
    }

    fn check_chain(&mut self, hashes: &BTreeMap<u64, FileHash>) {
        let mut found = Vec::new();
        for (number, backup) in &self.backups {
            let before = number - 1;
            let named = backup.manifest.previous;
            let there = hashes.get(&before).copied();
            let signer = self.backups.values().next().map(|first| first.manifest.hq_key);
            if signer != Some(backup.manifest.hq_key) {
                found.push(Damage::Swapped(file_name(*number)));
            }
            // A missing one has been told of.
            if (before == 0 && named.is_some()) || (there.is_some() && named != there) {
                found.push(match before {
                    0 => Damage::Swapped(file_name(*number)),
                    _ => Damage::Swapped(file_name(before)),
                });
            }
        }
        for damage in found {
            let name = |damage: &Damage| damage.name().to_owned();
            if !self.damages.iter().any(|known| name(known) == name(&damage)) {
                self.damages.push(damage);
            }
        }
    }

    /// What was found damaged when the backups were opened.
    pub fn damages(&self) -> &[Damage] {
        &self.damages
    }

    /// Every backup that opens, in short.
    pub fn listed(&self) -> Vec<Listed> {
        let short = |backup: &Backup| {
            let manifest = &backup.manifest;
            Listed {
                number: manifest.number,
                made_at: manifest.made_at_ms,
                election: manifest.election.clone(),
                root: manifest.root_key.kid().to_string(),
                entries: manifest.entries,
                photographs: manifest.photograph_count,
                keys: manifest.keys.clone(),
                recipients: manifest.recipients.clone(),
            }
        };
        self.backups.values().map(short).collect()
    }

    pub(super) fn backups(&self) -> impl Iterator<Item = &Backup> {
        self.backups.values()
    }

    /// One backup; the newest if none is asked for.
    pub(super) fn one(&self, number: Option<u64>) -> Result<&Backup, BackupError> {
        let number = number.unwrap_or(self.newest);
        if let Some(backup) = self.backups.get(&number) {
            return Ok(backup);
        }
        let name = file_name(number);
        match self.damages.iter().find(|damage| damage.name() == name) {
            Some(damage) => Err(damage.clone().into()),
            None => Err(BackupError::NoSuch { number, newest: self.newest }),
        }
    }

    fn backup(&self, number: u64) -> Result<Backup, BackupError> {
        let name = file_name(number);
        let text = self.open_file(&name)?;
        let altered = || Damage::Altered(name.clone());
        let manifest = Manifest::read(&text).ok_or_else(altered)?;
        if manifest.number != number {
            return Err(Damage::Swapped(name).into());
        }
        let secret = manifest.secret().ok_or_else(altered)?;
        let names = Names::new(&secret, &manifest.recipients);
        Ok(Backup { manifest, names })
    }

    /// The content of a piece.
    pub(super) fn piece(&self, names: &Names, piece: &Piece) -> Result<Vec<u8>, BackupError> {
        let name = piece_file(&names.of(piece));
        let mut content = self.open_file(&name)?;
        let Ok(length) = usize::try_from(piece.1) else { return Err(Damage::Altered(name).into()) };
        let is_padded = content.len() as u64 == padded_len(piece.1);
        let zeros = content.get(length..).unwrap_or_default();
        // It was sealed whole, so it is whole: something else that was sealed to the same recipient.
        if !is_padded || zeros.iter().any(|byte| *byte != 0) {
            return Err(Damage::Swapped(name).into());
        }
        content.truncate(length);
        if FileHash::of(&content) != piece.0 {
            return Err(Damage::Swapped(name).into());
        }
        Ok(content)
    }

    /// Whether a file that no backup names is some piece under its own name: of a backup that was cut.
    pub(super) fn is_a_piece(&self, name: &str) -> Result<bool, BackupError> {
        let content = self.open_file(name)?;
        let end = content.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
        let longest = content.len().min(end + ZEROS);
        // How long it is nothing says: content may end in some zeros of its own.
        let mut candidates = (end..=longest).map(|end| Piece::of(&content[..end]));
        let is_its_name =
            |piece: Piece| self.backups().any(|one| piece_file(&one.names.of(&piece)) == name);
        Ok(candidates.any(is_its_name))
    }

    /// All that lists of pieces list.
    pub(super) fn listed_in<T: DeserializeOwned>(
        &self,
        names: &Names,
        lists: &[Piece],
    ) -> Result<Vec<T>, BackupError> {
        let mut all = Vec::new();
        for list in lists {
            let text = self.piece(names, list)?;
            let listed: Vec<T> = serde_json::from_slice(&text)
                .map_err(|_| Damage::Altered(piece_file(&names.of(list))))?;
            all.extend(listed);
        }
        Ok(all)
    }

    fn open_file(&self, name: &str) -> Result<Vec<u8>, BackupError> {
        let path = self.target.path(name);
        let opened = || -> Result<Vec<u8>, NotOpened> {
            let mut opener = Opener::new(File::open(&path)?, &self.identities)?;
            let mut content = Vec::new();
            opener.read_to_end(&mut content)?;
            Ok(content)
        };
        opened().map_err(|why| match (damage(name, &why), why) {
            (Some(damage), _) => damage.into(),
            (None, NotOpened::Io(source)) => BackupError::Io { path: path.clone(), source },
            (None, _) => Damage::Altered(name.to_owned()).into(),
        })
    }
}

impl Damage {
    /// The file.
    pub fn name(&self) -> &str {
        match self {
            Self::Missing(name)
            | Self::Altered(name)
            | Self::Swapped(name)
            | Self::Closed(name) => name,
        }
    }
}
