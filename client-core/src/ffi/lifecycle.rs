//! Opening, pausing, resuming, closing.

use std::{path::Path, sync::Arc};

use hattama_proto::{id::ElectionId, record::App};

use super::{
    HardwareSigner, HttpTransport, KeepOriginals, KeyVault, Notebook, NotebookError,
    NotebookEvents, Opened, draft::code, error::caught, hardware::Signer, notifier::Notifier,
    vault::Vault,
};
use crate::{AtRest, DiskPolicy, KeepReceipts, Notebook as Core, NotebookOptions, Pictures};

/// What a notebook is opened with.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NotebookConfig {
    /// The folder, made if it is not there. In the app's private storage, not backed up, and not shared
    /// with an extension.
    pub folder: String,
    /// The app, as it names itself to headquarters.
    pub app_name: String,
    /// The app's version.
    pub app_version: String,
    /// The election, where it is known before the enrolment; records can be captured then.
    #[uniffi(default = None)]
    pub election: Option<String>,
    /// Whether a thumbnail and a preview are made of each photograph.
    #[uniffi(default = true)]
    pub make_pictures: bool,
    /// Whether the notebook is encrypted on the device's disk; a plain one is converted, and there is
    /// no way back. Needs a vault, and a library built with the feature `sqlcipher`: other libraries
    /// answer `Keys`. One that is encrypted stays so whatever is said here.
    #[uniffi(default = false)]
    pub encrypt_at_rest: bool,
    /// After how long without a call the notebook is locked, in milliseconds; none: only by `lock`.
    #[uniffi(default = None)]
    pub lock_after_ms: Option<u64>,
    /// Most bytes of photographs on the phone; none for no limit. Beyond it a sync removes originals that
    /// headquarters has receipted, oldest first, and nothing else. A capture is never refused for it.
    #[uniffi(default = None)]
    pub disk_budget_bytes: Option<u64>,
    /// How long originals stay whatever the budget says; none is `UNTIL_RECEIPT`.
    #[uniffi(default = None)]
    pub keep_originals: Option<KeepOriginals>,
    /// Whether receipts stay on the phone. Without them nobody who takes it finds a proof that its owner
    /// sent something, and its owner cannot prove it alone; those that are there are destroyed.
    #[uniffi(default = true)]
    pub keep_receipts: bool,
}

/// The core's options.
pub(super) fn options(
    config: NotebookConfig,
    vault: Option<Arc<dyn KeyVault>>,
    hardware: Option<Arc<dyn HardwareSigner>>,
) -> Result<NotebookOptions, NotebookError> {
    let election: Option<ElectionId> =
        config.election.as_deref().map(|text| code("election", text)).transpose()?;
    Ok(NotebookOptions {
        election,
        app: App { name: config.app_name, version: config.app_version },
        pictures: if config.make_pictures { Pictures::Make } else { Pictures::Skip },
        vault: vault.map(|vault| Arc::new(Vault(vault)) as Arc<dyn crate::vault::KeyVault>),
        hardware: hardware.map(|hardware| Arc::new(Signer(hardware)) as _),
        at_rest: if config.encrypt_at_rest { AtRest::Encrypted } else { AtRest::AsItIs },
        lock_after_ms: config.lock_after_ms,
        disk: DiskPolicy {
            budget_bytes: config.disk_budget_bytes,
            keep: config.keep_originals.map(Into::into).unwrap_or_default(),
        },
        receipts: if config.keep_receipts { KeepReceipts::Yes } else { KeepReceipts::No },
        ..NotebookOptions::default()
    })
}

#[uniffi::export]
impl Notebook {
    /// Opens the notebook in a folder, making it and its keys if there is none. One at a time: a second
    /// one, in this process or another, is `Busy`.
    ///
    /// With a `vault` the keys are wrapped, also those of a notebook that had none; without one the
    /// folder's protection has to do. `events` hears what happens; `transport` takes the place of the
    /// bundled HTTPS client; `hardware` vouches for the keys when they are enrolled.
    #[uniffi::constructor(default(hardware = None))]
    pub fn open(
        config: NotebookConfig,
        vault: Option<Arc<dyn KeyVault>>,
        events: Option<Arc<dyn NotebookEvents>>,
        transport: Option<Arc<dyn HttpTransport>>,
        hardware: Option<Arc<dyn HardwareSigner>>,
    ) -> Result<Arc<Self>, NotebookError> {
        let folder = config.folder.clone();
        let options = options(config, vault, hardware)?;
        let core = caught(|| Core::open(Path::new(&folder), options))?;
        let notifier = events.map(Notifier::start).transpose()?;
        Ok(Self::around(core, notifier, transport))
    }

    /// How opening went: whether anything had to be salvaged.
    pub fn opened(&self) -> Opened {
        self.opened.clone()
    }

    /// Ends a running sync at its next step, within two seconds. What was acknowledged stays so. Never
    /// waits, never fails.
    pub fn interrupt(&self) {
        if let Some(core) = self.core() {
            core.interrupt();
        }
    }

    /// Ends a running sync, lets captures end, and closes the database: no file of the notebook stays
    /// open. Call it before the system suspends the app. Until `resume` every call is `Paused`.
    pub fn pause(&self) -> Result<(), NotebookError> {
        self.call(Core::pause)
    }

    /// Opens the database again after `pause`. Asks no vault. A notebook that was locked is `unlock`ed.
    pub fn resume(&self) -> Result<(), NotebookError> {
        self.call(Core::resume)
    }

    /// Ends everything: the sync, the events, the database, and this object. Once it has returned the
    /// app is not called any more. Again does nothing.
    pub fn end(&self) -> Result<(), NotebookError> {
        let paused = match self.take() {
            Some(core) => self.guarded(&core, Core::pause),
            None => Ok(()),
        };
        if let Some(notifier) = &self.notifier {
            notifier.end();
        }
        paused
    }

    /// The network is another one: whatever waits for a retry of our own choosing may be tried at once.
    pub fn network_changed(&self) -> Result<(), NotebookError> {
        self.call(Core::network_changed)
    }
}
