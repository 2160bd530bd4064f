//! People at headquarters: how they prove who they are, and how their accounts change.
//!
//! ```text
//! name and password ──> ticket ──> second factor ──> session      (a browser)
//! token ─────────────────────────────────────────────> Operator   (a program)
//! ```
//!
//! # Promises
//!
//! * The database holds nothing with which anybody gets in: hashes of tokens and codes, Argon2id of
//!   passwords, one-time secrets sealed under a key that lies elsewhere.
//! * A name that does not exist is answered as a wrong password is, after the same work.
//! * What ends an account's access (password, roles, suspension) ends its sessions in the same
//!   transaction.
//! * Nobody changes their own roles, and no admin does it alone.

mod admin;
mod cbor;
mod entering;
mod guesses;
mod machine;
mod own;
mod password;
mod roles;
mod seal;
pub mod totp;
mod trail;
mod view;
pub mod webauthn;

use std::{path::Path, sync::Arc};

use hattama_proto::time::UnixMillis;

pub use self::{
    admin::{Invited, check_scope, is_name},
    entering::{Entered, NewSession, Proof, Whence},
    own::{NewToken, OwnAccount, token_end},
    password::{BYTES_MAX as PASSWORD_BYTES_MAX, CHARS_MIN as PASSWORD_CHARS_MIN},
    roles::NewRoles,
    view::{AccountDetail, AccountView, AuditPage, OwnView, RoleChangeView},
};
use self::{guesses::Guesses, password::Passwords, seal::Seal};
use crate::{
    access::{Factor, Operator},
    config::Config,
    ingest::token_hash,
    keys::{self, KeyFileError},
    random::RandomError,
    store::{self, Db, StoreError, accounts::StoredAccount, sessions::SessionTimes},
};

/// How long a second factor is fresh, in milliseconds: five minutes, one task's worth.
pub const FRESH_MS: i64 = 5 * 60 * 1000;

/// How often the use of a session is noted, in milliseconds: a minute is exact enough to end it.
const SEEN_MS: i64 = 60 * 1000;

/// Looks after accounts. Cheap to clone.
#[derive(Clone)]
pub struct People {
    db: Db,
    passwords: Passwords,
    guesses: Arc<Guesses>,
    seal: Arc<Seal>,
    times: SessionTimes,
}

/// Why somebody did not get in, or an account was not changed.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// Name, password, code or key. One answer for all, so that nobody learns which.
    #[error("that is not right; check it and try again")]
    Wrong,
    /// Too many wrong tries.
    #[error("too many tries; wait {0} seconds and try again")]
    Wait(u32),
    /// Too many at once.
    #[error("too many people are entering at once; try again in a few seconds")]
    Busy,
    /// The password is too easy to guess.
    #[error(
        "choose a password of at least 12 characters that is not your name; four words do well"
    )]
    Weak,
    /// What was asked for does not fit.
    #[error("{0}")]
    Refused(&'static str),
    /// There is no such account, session, token, key or proposal, or not for this admin.
    #[error("there is no such thing, or not for you")]
    NotFound,
    /// The account has limits, and what was asked for has none.
    #[error(
        "the audit trail speaks of every organisation; ask somebody whose account has no limits"
    )]
    Limited,
    /// The second factor has to be shown again.
    #[error("show your second factor again")]
    StepUp,
    /// The name is taken.
    #[error("an account with this name is there already; choose another name")]
    Taken,
    /// Somebody changed the account meanwhile.
    #[error("somebody changed it first; load it again and decide again")]
    Stale,
    /// Argon2 refused its parameters: the stored hash is damaged.
    #[error(
        "the stored password cannot be used; set it anew with `hattama user --folder DIR password`"
    )]
    Password,
    /// The sealed secret does not open: `keys/accounts.seed` is another one.
    #[error(
        "the second factor cannot be opened; take it off with `hattama user --folder DIR totp-reset`"
    )]
    Sealed,
    /// The store did not answer.
    #[error(transparent)]
    Store(StoreError),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl From<StoreError> for PeopleError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { .. } => Self::Stale,
            error => Self::Store(error),
        }
    }
}

/// Why accounts cannot be looked after at all.
#[derive(Debug, thiserror::Error)]
pub enum PeopleOpenError {
    /// The accounts' key.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl People {
    /// Accounts of this store, with the key in this folder of keys.
    pub fn open(db: Db, keys: &Path, config: &Config) -> Result<Self, PeopleOpenError> {
        let times = SessionTimes {
            idle_ms: i64::from(config.session_idle_minutes) * 60 * 1000,
            absolute_ms: i64::from(config.session_hours) * 60 * 60 * 1000,
        };
        Ok(Self {
            db,
            passwords: Passwords::default(),
            guesses: Arc::new(Guesses::new()?),
            seal: Arc::new(Seal::new(&keys::accounts(keys)?)),
            times,
        })
    }

    /// Who is in with this token: a session's, from a cookie, or a program's. None: nobody.
    pub async fn who(&self, token: &str, now: UnixMillis) -> Result<Option<Operator>, StoreError> {
        let hash = token_hash(token);
        if let Some((account, session, has_passkey)) =
            store::sessions::going_on(&self.db, &hash, self.times, now).await?
        {
            if now.0.saturating_sub(session.seen_at.0) >= SEEN_MS {
                self.db.commit(store::sessions::seen(&hash, now)).await?;
            }
            let factor = match session.factor_at {
                Some(at) if (0..FRESH_MS).contains(&now.0.saturating_sub(at.0)) => Factor::Fresh,
                Some(_) => Factor::Stale,
                None if account.totp.is_some() || has_passkey => Factor::Stale,
                None => Factor::Missing,
            };
            return Ok(Some(operator(account, factor, hash)));
        }
        let Some((account, token)) = store::sessions::by_token(&self.db, &hash, now).await? else {
            return Ok(None);
        };
        let factor = if token.stepped_up { Factor::Fresh } else { Factor::Stale };
        Ok(Some(operator(account, factor, hash)))
    }

    /// How long sessions last.
    pub const fn times(&self) -> SessionTimes {
        self.times
    }

    async fn account(&self, name: &str) -> Result<StoredAccount, PeopleError> {
        store::accounts::by_name(&self.db, name).await?.ok_or(PeopleError::NotFound)
    }
}

fn operator(account: StoredAccount, factor: Factor, token_hash: String) -> Operator {
    let StoredAccount { name, roles, scope, .. } = account;
    Operator { name, roles, scope, factor, token_hash }
}

/// What names a session or a token to people: the first digits of its hash.
pub fn short_id(token_hash: &str) -> &str {
    token_hash.get(..16).unwrap_or(token_hash)
}
