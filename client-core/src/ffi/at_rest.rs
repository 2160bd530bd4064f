//! Locking, wiping, and what keeps a seized phone from telling, through the border.

use std::{path::Path, sync::Arc};

use zeroize::Zeroizing;

use super::{
    HardwareSigner, HttpTransport, KeyVault, Notebook, NotebookConfig, NotebookError,
    NotebookEvents, PhotoItem, RecordItem, VaultFailure,
    draft::code,
    error::caught,
    lifecycle::options,
    notifier::Notifier,
    vault::{Vault, foreign},
};
use crate::{
    self as core, Notebook as Core,
    clock::SystemClock,
    random::SystemRandom,
    vault::{KeyVault as CoreVault, PinVault},
};

/// What exists nowhere but on this phone, as far as it knows: show it before `wipe`.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NotSafe {
    /// Records for which headquarters has given no receipt, oldest first.
    pub records: Vec<RecordItem>,
    /// Photographs and other files for which it has given none.
    pub photos: Vec<UnsafePhoto>,
}

/// A file that is not at headquarters.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct UnsafePhoto {
    /// A record that names it.
    pub record: String,
    /// The file.
    pub photo: PhotoItem,
}

/// What was brought out of a notebook's folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct Exported {
    /// Records, as `ID.jws`.
    pub records: u32,
    /// Receipts, as `ID.tlog-proof`; none where the database cannot be read at all.
    pub receipts: u32,
    /// Photographs and other files, as `photos/HASH`.
    pub photos: u32,
}

#[uniffi::export]
impl Notebook {
    /// Ends a sync, lets captures end, and lets go of every key and of all that was read. Until
    /// `unlock` every call is `Locked`. Forget the vault, the passphrase and what is on the screens too.
    ///
    /// Events that were not told yet are given up and counted as dropped.
    pub fn lock(&self) -> Result<(), NotebookError> {
        let locked = self.call(Core::lock);
        self.forget_events();
        locked
    }

    /// Opens the notebook again after `lock`, with the vault it was opened with.
    pub fn unlock(&self, vault: Arc<dyn KeyVault>) -> Result<(), NotebookError> {
        self.call(|core| core.unlock(&Vault(vault)))
    }

    /// Whether the notebook is locked.
    pub fn is_locked(&self) -> Result<bool, NotebookError> {
        self.call(|core| Ok(core.is_locked()))
    }

    /// Locks the notebook if nobody has called it for `lock_after_ms`; says whether it is locked now.
    /// For a timer. It does not count as a call; a sync that runs does.
    pub fn lock_if_idle(&self) -> Result<bool, NotebookError> {
        let locked = self.call(Core::lock_if_idle)?;
        if locked {
            self.forget_events();
        }
        Ok(locked)
    }

    /// What the file of a photo holds, for showing thumbnails and previews of a notebook that is
    /// encrypted. Originals have up to 64 MiB; show a preview where there is one. `InvalidInput` for one
    /// that is sealed to headquarters: nothing on this phone opens it.
    pub fn read_photo(&self, photo: String) -> Result<Vec<u8>, NotebookError> {
        let photo = code("photo", &photo)?;
        self.call(|core| Ok(core.read_photo(photo)?.to_vec()))
    }

    /// The identity with which the program `age` opens this notebook's files; none of a plain one. It
    /// opens every photograph: for whoever secures evidence, and not for the app.
    pub fn age_identity(&self) -> Result<Option<String>, NotebookError> {
        self.call(|core| Ok(core.age_identity()?.map(|text| text.to_string())))
    }

    /// What `wipe` would destroy of which headquarters has given no receipt.
    pub fn what_would_be_lost(&self) -> Result<NotSafe, NotebookError> {
        let lost = self.call(|core| core.what_would_be_lost())?;
        let photo = |lost: core::UnsafePhoto| UnsafePhoto {
            record: lost.record.to_hex(),
            photo: lost.photo.into(),
        };
        Ok(NotSafe {
            records: lost.records.into_iter().map(RecordItem::from).collect(),
            photos: lost.photos.into_iter().map(photo).collect(),
        })
    }

    /// Destroys this notebook: its keys at once, then all the rest. Asks nothing and cannot be undone.
    /// What a crash leaves, the next opening of the folder finishes. Call `end` afterwards.
    pub fn wipe(&self) -> Result<(), NotebookError> {
        let wiped = self.call(Core::wipe);
        self.forget_events();
        wiped
    }
}

impl Notebook {
    fn forget_events(&self) {
        if let Some(notifier) = &self.notifier {
            notifier.forget();
        }
    }
}

/// Destroys the notebook in `folder` without opening it, with or without its vault. It must not be open
/// in another object; a locked one may be.
#[uniffi::export]
pub fn wipe_notebook(folder: String) -> Result<(), NotebookError> {
    caught(|| Core::wipe_closed(Path::new(&folder)))
}

/// Writes every record, receipt and photograph of the notebook in `folder` into the empty folder `to`,
/// in clear: of one that a newer version wrote, or that is damaged. Changes nothing in it.
#[uniffi::export]
pub fn export_closed(
    folder: String,
    vault: Option<Arc<dyn KeyVault>>,
    to: String,
) -> Result<Exported, NotebookError> {
    let vault = vault.map(Vault);
    let vault = vault.as_ref().map(|vault| vault as &dyn CoreVault);
    let exported = caught(|| Core::export_closed(Path::new(&folder), vault, Path::new(&to)))?;
    let core::Exported { records, receipts, photos } = exported;
    Ok(Exported { records, receipts, photos })
}

/// A vault for the notebook in `folder` that a PIN of at least six characters opens, together with the
/// phone's own (`inner`). Wrong tries are counted in that folder and have to wait longer and longer; so
/// is a restart of the phone no way around. Without `inner` take a passphrase.
#[uniffi::export]
pub fn pin_vault(
    folder: String,
    pin: String,
    inner: Option<Arc<dyn KeyVault>>,
) -> Result<Arc<dyn KeyVault>, NotebookError> {
    let inner = inner.map(|vault| Arc::new(Vault(vault)) as Arc<dyn CoreVault>);
    let vault = caught(|| {
        let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom::new()));
        PinVault::new(Path::new(&folder), Zeroizing::new(pin), inner, clock, random)
    })?;
    Ok(Arc::new(Pin(vault)))
}

/// The core's vault, as an app hands it back.
struct Pin(PinVault);

impl KeyVault for Pin {
    fn wrap(&self, plain: Vec<u8>) -> Result<Vec<u8>, VaultFailure> {
        self.0.wrap(&Zeroizing::new(plain)).map_err(foreign)
    }

    fn unwrap(&self, wrapped: Vec<u8>) -> Result<Vec<u8>, VaultFailure> {
        self.0.unwrap(&wrapped).map(|plain| plain.to_vec()).map_err(foreign)
    }
}

/// The PIN question in front of two notebooks in one folder: one PIN opens the one, another PIN, if
/// there is one, the other. Neither the files nor the time tell whether there is a second PIN.
#[derive(Debug, uniffi::Object)]
pub struct Locker(core::Locker);

#[uniffi::export]
impl Locker {
    /// The locker in the folder of `config`, made or to be made; `vault` is the phone's own, without
    /// which no PIN opens anything. `hardware` vouches for the keys of either notebook when it is
    /// enrolled.
    #[uniffi::constructor(default(hardware = None))]
    pub fn at(
        config: NotebookConfig,
        vault: Option<Arc<dyn KeyVault>>,
        hardware: Option<Arc<dyn HardwareSigner>>,
    ) -> Result<Arc<Self>, NotebookError> {
        let folder = config.folder.clone();
        let options = options(config, vault, hardware)?;
        Ok(Arc::new(Self(core::Locker::at(Path::new(&folder), options))))
    }

    /// Whether there is one.
    pub fn is_made(&self) -> bool {
        self.0.is_made()
    }

    /// Makes it, with two empty notebooks. `duress` opens the second; with `destroy` it destroys the key
    /// of the first at that moment, and what headquarters has not got is lost.
    pub fn make(
        &self,
        pin: String,
        duress: Option<String>,
        destroy: bool,
    ) -> Result<(), NotebookError> {
        let then = if destroy { core::OnDuress::Destroy } else { core::OnDuress::Keep };
        let (pin, duress) = (Zeroizing::new(pin), duress.map(Zeroizing::new));
        caught(|| self.0.make(&pin, duress.as_ref().map(|duress| (duress.as_str(), then))))
    }

    /// Opens the notebook that the PIN opens. A wrong one is `Keys`, and the next has to wait. To lock,
    /// `lock` and `end` the notebook, and come here again.
    pub fn open(
        &self,
        pin: String,
        events: Option<Arc<dyn NotebookEvents>>,
        transport: Option<Arc<dyn HttpTransport>>,
    ) -> Result<Arc<Notebook>, NotebookError> {
        let pin = Zeroizing::new(pin);
        let core = caught(|| self.0.open(&pin))?;
        let notifier = events.map(Notifier::start).transpose()?;
        Ok(Notebook::around(core, notifier, transport))
    }

    /// Takes another PIN in the place of `pin`.
    pub fn change_pin(&self, pin: String, becomes: String) -> Result<(), NotebookError> {
        let (pin, becomes) = (Zeroizing::new(pin), Zeroizing::new(becomes));
        caught(|| self.0.change(&pin, &becomes))
    }

    /// Destroys both notebooks, their keys first. Neither may be open.
    pub fn wipe(&self) -> Result<(), NotebookError> {
        caught(|| self.0.wipe())
    }
}
