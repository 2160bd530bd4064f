//! What is done with accounts on the machine itself, on the data folder: whoever can read the folder can
//! do anything, so this asks nobody. Noted in the audit trail as done by `the machine`.

use hattama_proto::time::UnixMillis;

use super::{
    NewRoles, NewToken, People, PeopleError,
    admin::{check_names, taken},
    password,
};
use crate::{
    access::AccountState,
    audit,
    store::{self, accounts::StoredAccount, sessions},
};

impl People {
    /// Who does what is done on the machine itself.
    pub const MACHINE: &'static str = "the machine";

    /// Every account.
    pub async fn every_account(&self) -> Result<Vec<StoredAccount>, PeopleError> {
        Ok(store::accounts::all(&self.db).await?)
    }

    /// One account.
    ///
    /// # Errors
    /// [`PeopleError::NotFound`], where there is none of this name.
    pub async fn one_account(&self, name: &str) -> Result<StoredAccount, PeopleError> {
        self.account(name).await
    }

    /// Makes an account, without password or second factor.
    pub async fn make(
        &self,
        (name, display): (&str, &str),
        wanted: &NewRoles,
        now: UnixMillis,
    ) -> Result<(), PeopleError> {
        let display = check_names(name, display)?;
        let given = (wanted.roles.as_slice(), &wanted.scope);
        let batch = || store::accounts::add(name, display, given, AccountState::Active, now);
        let event = (Self::MACHINE, "account-made", name);
        audit::note_with(&self.db, event, now, batch).await.map_err(taken)
    }

    /// Sets a password; all sessions of the account end.
    pub async fn set_password(
        &self,
        name: &str,
        new: &str,
        now: UnixMillis,
    ) -> Result<(), PeopleError> {
        let account = self.account(name).await?;
        password::check(new, name)?;
        let hash = self.passwords.hash(new).await?;
        let invited = account.state == AccountState::Invited;
        let batch = || {
            let set = store::accounts::set_password(name, &hash, account.version, now)
                .and(sessions::end_all(name, now));
            // Whoever gets a password here needs no link any more.
            let state = AccountState::Active;
            if invited {
                set.and(store::accounts::set_state(name, state, account.version + 1, now))
            } else {
                set
            }
        };
        Ok(audit::note_with(&self.db, (Self::MACHINE, "password-set", name), now, batch).await?)
    }

    /// Takes every second factor off, so that the next password lets its owner set a new one.
    pub async fn reset_factors(&self, name: &str, now: UnixMillis) -> Result<(), PeopleError> {
        let account = self.account(name).await?;
        self.reset_by(Self::MACHINE, &account, now).await
    }

    /// Gives an account other roles; its sessions end.
    pub async fn set_roles(
        &self,
        name: &str,
        wanted: &NewRoles,
        now: UnixMillis,
    ) -> Result<(), PeopleError> {
        let account = self.account(name).await?;
        let batch = || {
            let version = account.version;
            store::accounts::set_roles(name, &wanted.roles, &wanted.scope, version, now)
                .and(sessions::end_all(name, now))
        };
        Ok(audit::note_with(&self.db, (Self::MACHINE, "roles-set", name), now, batch).await?)
    }

    /// Suspends, lets in again or removes.
    pub async fn set_state_here(
        &self,
        name: &str,
        state: AccountState,
        now: UnixMillis,
    ) -> Result<(), PeopleError> {
        let account = self.account(name).await?;
        self.move_to(Self::MACHINE, &account, state, now).await
    }

    /// Makes a token of an account.
    pub async fn token_here(
        &self,
        account: &str,
        token: (&str, bool),
        expires_at: Option<UnixMillis>,
        now: UnixMillis,
    ) -> Result<NewToken, PeopleError> {
        self.account(account).await?;
        self.token_of(Self::MACHINE, account, token, expires_at, now).await
    }

    /// Ends a session or a token of an account, by the digits that name it; without them all sessions.
    pub async fn end_here(
        &self,
        account: &str,
        id: Option<&str>,
        now: UnixMillis,
    ) -> Result<(), PeopleError> {
        self.account(account).await?;
        self.end_by(Self::MACHINE, account, id, now).await
    }
}
