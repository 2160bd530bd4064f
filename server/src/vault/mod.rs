//! The identity vault: the only place where a pseudonym meets a name, and where the two pseudonyms of
//! a person meet.
//!
//! ```text
//! invite, contact ──seal──> vault key ──in shares──> holders      any two, for stated people
//!                    └────> region's key ──sealed──> coordinators of that region, until sealed
//! holders, coordinators: a key of their own, under a passphrase that is kept nowhere
//! ```
//!
//! What it promises (ADR 0016 says what it does not):
//!
//! * A headquarters that runs can put people in and cannot take anybody out by itself.
//! * One holder opens nothing; two accounts together open stated people, for a quarter of an hour, and
//!   the reason is kept.
//! * A coordinator opens the own region and no other; every look is an audit event.
//! * Once sealed after the night, no coordinator opens anything; two holders still do.
//! * Until a vault is made, labels stand in the clear as before; making it seals and wipes them.
//! * What was opened is in memory only, bounded in time, and gone with the process.

mod contact;
mod coordinators;
mod custody;
mod opening;
pub mod passphrase;
pub mod seal;
pub mod share;
mod tries;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hattama_proto::{
    id::{OrgId, PersonId, UnitCode},
    pack::{Pack, UnitKind},
    statement::Mandate,
    time::UnixMillis,
};

pub use self::{
    contact::{Contact, Sealing},
    coordinators::OpenContact,
    custody::VaultState,
    opening::{GrantAsked, OpeningAsked, OpeningView},
};
use self::{
    coordinators::OpenRegions,
    opening::{Opened, Pending},
    passphrase::PassphraseError,
    seal::NotOpened,
    tries::Tries,
};
use crate::{
    book::SharedBook,
    random::RandomError,
    store::{Db, StoreError},
};

/// How long the second account may take, and how long a coordinator's region stays open, in ms: one
/// telephone call.
pub const WAIT_MS: i64 = 10 * 60 * 1000;

/// How long names that two opened can be read, in ms.
pub const OPEN_MS: i64 = 15 * 60 * 1000;

/// Stands for organisation and region of the vault's own key; no organisation can be called so.
const OWN: &str = "*";

/// Why the vault did not do it.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// Nobody made one.
    #[error("there is no vault yet; `hattama vault make` makes it")]
    NotMade,
    /// Somebody made one before.
    #[error("the vault is made already")]
    Made,
    /// The account has no passphrase for the vault.
    #[error("{0} has no passphrase for the vault yet; set it with `hattama vault passphrase`")]
    NoMember(String),
    /// The account has one.
    #[error("you have a passphrase for the vault; give it to change it")]
    Member,
    /// The account has limits, and the vault has none.
    #[error("the vault is everybody's; ask somebody whose account has no limits")]
    Limited,
    /// The account holds no share.
    #[error("you hold no share of the vault")]
    NoHolder,
    /// The same account again.
    #[error("the vault is opened by two: somebody else has to agree")]
    SameAccount,
    /// Nobody gave the account a region's key, or the night was sealed.
    #[error(
        "no region's contacts were given to you, or they were sealed; ask those who hold the vault"
    )]
    NoGrant,
    /// The region is not open now.
    #[error("give your passphrase first; contacts stay open for ten minutes")]
    Closed,
    /// There is no such thing, or it has ended.
    #[error("there is no such opening, or it has ended")]
    NotFound,
    /// Somebody was first.
    #[error("somebody changed it first; load it again")]
    Stale,
    /// Understood, and wrong.
    #[error("{0}")]
    Invalid(String),
    /// Too many wrong passphrases.
    #[error("too many wrong passphrases; wait, and look whether somebody else tried")]
    Locked {
        /// How long, in seconds.
        wait_s: u32,
    },
    /// The passphrase.
    #[error(transparent)]
    Passphrase(#[from] PassphraseError),
    /// A row was altered, or belongs to other keys.
    #[error("a row of the vault does not open with its key; restore it from a backup")]
    Damaged(#[from] NotOpened),
    /// A contact is not what this version reads.
    #[error("a contact of the vault cannot be read by this version")]
    Unreadable(#[source] serde_json::Error),
    /// The work stopped, a bug.
    #[error("the work on a passphrase stopped")]
    Stopped,
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// The vault. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    db: Db,
    book: SharedBook,
    memory: Arc<Mutex<Memory>>,
}

/// What is open now, and who tried.
#[derive(Default)]
struct Memory {
    /// By account.
    regions: HashMap<String, OpenRegions>,
    /// By opening: the first holder's share.
    pending: HashMap<String, Pending>,
    /// By opening: the names.
    opened: HashMap<String, Opened>,
    /// By account.
    tries: HashMap<String, Tries>,
}

impl Vault {
    /// The vault in this store.
    pub fn new(db: Db, book: SharedBook) -> Self {
        Self { db, book, memory: Arc::default() }
    }

    /// What is open, with what has run out thrown away.
    fn memory(&self, now: UnixMillis) -> MutexGuard<'_, Memory> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.regions.retain(|_, open| open.until > now);
        memory.pending.retain(|_, pending| pending.until > now);
        memory.opened.retain(|_, opened| opened.until > now);
        memory
    }
}

/// Whose coordinators look after a person with this mandate: the region of the first unit, else the
/// country.
pub fn region_of(mandate: &Mandate, pack: &Pack) -> UnitCode {
    let first = match mandate {
        Mandate::Everywhere => None,
        Mandate::Units(units) => units.first(),
    };
    let region = first.and_then(|unit| pack.units.region_of(unit)).map(|unit| unit.code.clone());
    let country = || pack.units.of_kind(UnitKind::Country).next().map(|unit| unit.code.clone());
    region.or_else(country).unwrap_or_else(|| UnitCode::new("all").expect("it is a code"))
}

/// What a box with a person's contact is authenticated for.
fn purpose(person: &PersonId, org: &OrgId) -> String {
    format!("contact {person} {org}")
}
