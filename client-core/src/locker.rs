//! Two notebooks in one folder, and one question: the PIN. Which of them it opens, and whether there is
//! a second PIN at all, does not show.
//!
//! ```text
//! folder/  locker.json   two slots: each a key, closed with a PIN, or noise that looks like one
//!          tries.json    wrong tries, counted
//!          a/  b/        a notebook each, encrypted at rest with its slot's key
//! ```
//!
//! Both slots are tried with every PIN, and both are there whether or not somebody chose a second PIN:
//! neither the time nor the files tell. What does tell is size: a notebook in use grows, and one that
//! nobody uses does not. A duress PIN holds against a look at the screen, and not against a laboratory
//! that asks whose the other files are; let it destroy them, and they are noise before anybody asks.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    AtRest, Notebook, NotebookOptions,
    at_rest::wipe,
    error::NotebookError,
    random::RandomSource,
    vault::{
        KeyVault, VaultError,
        pin::{PinLock, check, wrong},
        tries::{Tries, write_whole},
    },
};

/// Name of the file with both slots.
const FILE: &str = "locker.json";

/// Name of the file that counts wrong tries.
const TRIES: &str = "tries.json";

/// The two notebooks. Which is whose is drawn when the locker is made.
const SLOTS: [&str; 2] = ["a", "b"];

/// Version of the file.
const FORMAT: u32 = 1;

/// Length of a slot's key, in bytes; a byte that says what opening it does follows.
const KEY_BYTES: usize = 32;

/// What is in a slot, in bytes.
const CONTENT_BYTES: usize = KEY_BYTES + 1;

/// What becomes of the first notebook when the duress PIN is typed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnDuress {
    /// It stays, and its own PIN opens it.
    #[default]
    Keep,
    /// Its key is destroyed at that moment. What headquarters has not got is lost.
    Destroy,
}

impl OnDuress {
    const fn byte(self) -> u8 {
        match self {
            Self::Keep => 0,
            Self::Destroy => 1,
        }
    }
}

/// The PIN question in front of two notebooks.
pub struct Locker {
    folder: PathBuf,
    options: NotebookOptions,
    lock: PinLock,
    tries: Tries,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    format: u32,
    slots: [String; 2],
}

impl Locker {
    /// The locker in `folder`, made or to be made. `options` are those of the notebooks; their vault is
    /// the phone's own, without which no PIN opens anything.
    pub fn at(folder: &Path, mut options: NotebookOptions) -> Self {
        let lock = PinLock { inner: options.vault.take(), random: Arc::clone(&options.random) };
        options.at_rest = AtRest::Encrypted;
        let tries = Tries::kept_in(folder.join(TRIES));
        Self { folder: folder.to_owned(), options, lock, tries }
    }

    /// Whether there is one.
    pub fn is_made(&self) -> bool {
        self.folder.join(FILE).exists()
    }

    /// Makes it, with two empty notebooks: `pin` opens the one, `duress` the other, where there is a
    /// second PIN. Refuses where there is one.
    pub fn make(&self, pin: &str, duress: Option<(&str, OnDuress)>) -> Result<(), NotebookError> {
        check(pin)?;
        if let Some((duress, _)) = duress {
            check(duress)?;
            if duress == pin {
                return Err(NotebookError::invalid("duress", "take another PIN than the first"));
            }
        }
        if self.is_made() {
            return Err(NotebookError::invalid("folder", "there is a locker here"));
        }
        fs::create_dir_all(&self.folder)?;
        let mut dice = [0; 1];
        self.fill(&mut dice)?;
        let own = usize::from(dice[0] & 1);
        let mut slots = [Vec::new(), Vec::new()];
        for (slot, bytes) in slots.iter_mut().enumerate() {
            // A crash may have left notebooks whose keys nobody has.
            let place = self.folder.join(SLOTS[slot]);
            if place.is_dir() {
                Notebook::wipe_closed(&place)?;
            }
            let mut content = Zeroizing::new([0; CONTENT_BYTES]);
            self.fill(&mut content[..KEY_BYTES])?;
            self.notebook(slot, content.as_ref())?;
            *bytes = match (slot == own, duress) {
                (true, _) => self.lock.close(pin, content.as_ref())?,
                (false, Some((duress, then))) => {
                    content[KEY_BYTES] = then.byte();
                    self.lock.close(duress, content.as_ref())?
                }
                (false, None) => self.lock.decoy(CONTENT_BYTES)?,
            };
        }
        self.write(&slots)
    }

    /// Opens the notebook that `pin` opens. A wrong PIN is an error of the kind `Keys`, is counted, and
    /// makes the next one wait. After locking the notebook, drop it and come here again.
    pub fn open(&self, pin: &str) -> Result<Notebook, NotebookError> {
        let mut slots = self.read()?;
        let (slot, content) = self.find(&slots, pin)?;
        // Made whether or not it is needed, and written whether or not it changed.
        let noise = self.lock.decoy(CONTENT_BYTES)?;
        if content[KEY_BYTES] == OnDuress::Destroy.byte() {
            slots[1 - slot] = noise;
        }
        self.write(&slots)?;
        self.notebook(slot, &content)
    }

    /// Takes `becomes` for the PIN from now on, where `pin` was.
    pub fn change(&self, pin: &str, becomes: &str) -> Result<(), NotebookError> {
        check(becomes)?;
        let mut slots = self.read()?;
        let (slot, content) = self.find(&slots, pin)?;
        if self.lock.begin(&slots[1 - slot])?.open(becomes)?.is_some() {
            // Which would say that there is another; so it is refused as a bad choice.
            return Err(NotebookError::invalid("becomes", "take another PIN"));
        }
        slots[slot] = self.lock.close(becomes, content.as_ref())?;
        self.write(&slots)
    }

    /// Destroys both notebooks, their keys first. None of them may be open.
    pub fn wipe(&self) -> Result<(), NotebookError> {
        wipe::destroy(&self.folder.join(FILE), self.options.random.as_ref())?;
        wipe::destroy(&self.folder.join(TRIES), self.options.random.as_ref())?;
        for slot in SLOTS {
            let place = self.folder.join(slot);
            if place.is_dir() {
                Notebook::wipe_closed(&place)?;
            }
        }
        Ok(())
    }

    /// Which slot a PIN opens, and what is in it. Both are tried to the end.
    fn find(
        &self,
        slots: &[Vec<u8>; 2],
        pin: &str,
    ) -> Result<(usize, Zeroizing<Vec<u8>>), NotebookError> {
        let closed = [self.lock.begin(&slots[0])?, self.lock.begin(&slots[1])?];
        self.tries.begin(&self.options.clock.now())?;
        let [first, second] = closed.map(|closed| closed.open(pin));
        let ours = |content: &Zeroizing<Vec<u8>>| content.len() == CONTENT_BYTES;
        let (first, second) = (first?.filter(ours), second?.filter(ours));
        let found = match (first, second) {
            (Some(content), _) => (0, content),
            (None, Some(content)) => (1, content),
            (None, None) => return Err(wrong().into()),
        };
        self.tries.succeeded()?;
        Ok(found)
    }

    fn notebook(&self, slot: usize, content: &[u8]) -> Result<Notebook, NotebookError> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        key.copy_from_slice(&content[..KEY_BYTES]);
        let vault = SlotKey { key, random: Arc::clone(&self.options.random) };
        let options = NotebookOptions { vault: Some(Arc::new(vault)), ..self.options.clone() };
        Notebook::open(&self.folder.join(SLOTS[slot]), options)
    }

    fn read(&self) -> Result<[Vec<u8>; 2], NotebookError> {
        let damaged = || NotebookError::Keys {
            reason: format!("{FILE} is damaged; keep the folder and ask your coordinator"),
        };
        let bytes = match fs::read(self.folder.join(FILE)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(NotebookError::invalid("folder", "there is no locker here"));
            }
            Err(error) => return Err(error.into()),
        };
        let stored: Stored = serde_json::from_slice(&bytes).map_err(|_| damaged())?;
        if stored.format != FORMAT {
            let (found, known) = (stored.format.into(), FORMAT.into());
            return Err(NotebookError::NewerDatabase { found, known });
        }
        let slot = |text: &String| URL_SAFE_NO_PAD.decode(text).map_err(|_| damaged());
        Ok([slot(&stored.slots[0])?, slot(&stored.slots[1])?])
    }

    /// Whole or not at all; what was there before is written over where it lay.
    fn write(&self, slots: &[Vec<u8>; 2]) -> Result<(), NotebookError> {
        let slots = [&slots[0], &slots[1]].map(|slot| URL_SAFE_NO_PAD.encode(slot));
        let json = serde_json::to_vec(&Stored { format: FORMAT, slots })
            .expect("a number and strings are JSON");
        let file = self.folder.join(FILE);
        let before = fs::OpenOptions::new().read(true).write(true).open(&file);
        write_whole(&file, &json)?;
        if let Ok(mut before) = before {
            wipe::write_over(&mut before, self.options.random.as_ref())?;
        }
        Ok(())
    }

    fn fill(&self, out: &mut [u8]) -> Result<(), NotebookError> {
        self.options
            .random
            .fill(out)
            .map_err(|error| NotebookError::Keys { reason: error.to_string() })
    }
}

impl std::fmt::Debug for Locker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Locker").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// The vault of one notebook: the key of its slot.
struct SlotKey {
    key: Zeroizing<[u8; KEY_BYTES]>,
    random: Arc<dyn RandomSource>,
}

impl SlotKey {
    fn cipher(&self) -> LessSafeKey {
        let key = UnboundKey::new(&CHACHA20_POLY1305, self.key.as_ref());
        LessSafeKey::new(key.expect("32 bytes are a key"))
    }
}

impl KeyVault for SlotKey {
    fn wrap(&self, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).map_err(|error| VaultError::Failed(error.to_string()))?;
        let mut bytes = Vec::with_capacity(plain.len() + CHACHA20_POLY1305.tag_len());
        bytes.extend_from_slice(plain);
        self.cipher()
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut bytes)
            .map_err(|_| VaultError::Failed("too much to wrap".to_owned()))?;
        Ok([&nonce[..], &bytes].concat())
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let altered = || VaultError::Rejected("the notebook's keys were altered".to_owned());
        let (nonce, bytes) = wrapped.split_first_chunk::<NONCE_LEN>().ok_or_else(altered)?;
        let mut bytes = Zeroizing::new(bytes.to_vec());
        let len = self
            .cipher()
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::empty(), &mut bytes)
            .map_err(|_| altered())?
            .len();
        bytes.truncate(len);
        Ok(bytes)
    }
}
