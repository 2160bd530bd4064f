//! What admins do with accounts: invite, suspend, let in again, remove, end sessions, take a lost
//! second factor off. Changing roles takes two of them: `roles.rs`.

use hattama_proto::{
    id::{OrgId, UnitCode},
    pack::{Pack, UnitKind},
    time::UnixMillis,
};

use super::{
    NewRoles, People, PeopleError, own, own::not_found, password, roles::proposal, short_id, totp,
};
use crate::{
    access::{AccountState, Operator, Role, Scope},
    audit,
    ingest::token_hash,
    random,
    store::{
        self, Batch,
        accounts::StoredAccount,
        sessions::{self, StoredSession, StoredToken},
    },
};

/// Fewest and most bytes of an account's name.
const SHORTEST_NAME: usize = 2;
const LONGEST_NAME: usize = 40;

/// Longest display name, in bytes.
const DISPLAY_BYTES_MAX: usize = 200;

/// How long an invitation link works, in milliseconds: three days, like those of observers.
const INVITATION_MS: i64 = 72 * 60 * 60 * 1000;

/// Whether it can be the name of an account: it stands in logs, addresses and decisions, so that no
/// two look alike.
pub fn is_name(name: &str) -> bool {
    (SHORTEST_NAME..=LONGEST_NAME).contains(&name.len())
        && name.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_".contains(&byte)
        })
        && name.as_bytes()[0].is_ascii_alphanumeric()
}

/// Somebody was invited.
#[derive(Debug)]
pub struct Invited {
    /// The secret of the link, told once.
    pub secret: String,
    /// The proposal that gives the account its roles, once another admin confirms it.
    pub change: String,
}

impl People {
    /// All accounts that an admin sees.
    pub async fn accounts(&self, operator: &Operator) -> Result<Vec<StoredAccount>, PeopleError> {
        let mut all = store::accounts::all(&self.db).await?;
        all.retain(|account| reaches(operator, &account.scope));
        Ok(all)
    }

    /// One account, as far as an admin sees it.
    pub async fn account_for(
        &self,
        operator: &Operator,
        name: &str,
    ) -> Result<StoredAccount, PeopleError> {
        let account = self.account(name).await?;
        if reaches(operator, &account.scope) { Ok(account) } else { Err(PeopleError::NotFound) }
    }

    /// Sessions of an account that go on.
    pub async fn sessions_of(
        &self,
        name: &str,
        now: UnixMillis,
    ) -> Result<Vec<StoredSession>, PeopleError> {
        Ok(sessions::of(&self.db, name, self.times, now).await?)
    }

    /// Tokens of an account that work.
    pub async fn tokens_of(
        &self,
        name: &str,
        now: UnixMillis,
    ) -> Result<Vec<StoredToken>, PeopleError> {
        Ok(sessions::tokens_of(&self.db, name, now).await?)
    }

    /// Makes an account and the link with which its owner sets a password. Its roles wait for another
    /// admin.
    pub async fn invite(
        &self,
        operator: &Operator,
        (name, display): (&str, &str),
        wanted: NewRoles,
        now: UnixMillis,
    ) -> Result<Invited, PeopleError> {
        let display = check_names(name, display)?;
        check_within(operator, &wanted.scope)?;
        let secret = random::text::<32>()?;
        let hash = token_hash(&secret);
        let change = proposal(name, wanted, &operator.name, now)?;
        let no_roles: (&[Role], &Scope) = (&[], &change.scope);
        let batch = || {
            store::accounts::add(name, display, no_roles, AccountState::Invited, now)
                .and(store::accounts::invite(
                    &hash,
                    name,
                    &operator.name,
                    now,
                    now.plus_ms(INVITATION_MS),
                ))
                .and(store::role_changes::propose(&change))
        };
        let event = (operator.name.as_str(), "account-invited", name);
        audit::note_with(&self.db, event, now, batch).await.map_err(taken)?;
        Ok(Invited { secret, change: change.id })
    }

    /// Another link for somebody who has not used the first. Never for an account that is in use: an
    /// admin must not become somebody else.
    pub async fn invite_again(
        &self,
        operator: &Operator,
        name: &str,
        now: UnixMillis,
    ) -> Result<String, PeopleError> {
        let account = self.account_for(operator, name).await?;
        if account.state != AccountState::Invited {
            return Err(PeopleError::Refused(
                "this account has set its password; a lost one is replaced on the machine itself: \
                 `hattama user --folder DIR password`",
            ));
        }
        let secret = random::text::<32>()?;
        let hash = token_hash(&secret);
        let until = now.plus_ms(INVITATION_MS);
        let batch = || store::accounts::invite(&hash, name, &operator.name, now, until);
        audit::note_with(&self.db, (&operator.name, "account-invited", name), now, batch).await?;
        Ok(secret)
    }

    /// Takes the link of somebody who has not used it back. The account stays, invited, and can be
    /// given another link or be removed.
    ///
    /// # Errors
    /// [`PeopleError::NotFound`], where no link of the account works.
    pub async fn withdraw_invitation(
        &self,
        operator: &Operator,
        name: &str,
        now: UnixMillis,
    ) -> Result<(), PeopleError> {
        self.account_for(operator, name).await?;
        let batch = || store::accounts::end_invitation(name, now);
        let event = (operator.name.as_str(), "invitation-withdrawn", name);
        audit::note_with(&self.db, event, now, batch).await.map_err(not_found)
    }

    /// The account that a link is for, and the one-time secret that its page offers.
    pub async fn invited(
        &self,
        secret: &str,
        now: UnixMillis,
    ) -> Result<(StoredAccount, [u8; totp::SECRET_BYTES]), PeopleError> {
        let found = store::accounts::invited(&self.db, &token_hash(secret), now).await?;
        let account = found.ok_or(PeopleError::NotFound)?;
        let derived = self.seal.derived("invited", secret);
        Ok((account, *derived.first_chunk().expect("32 bytes have a beginning of 20")))
    }

    /// Sets password and second factor of an invited account, once, and lets its owner in. The
    /// recovery codes are told once.
    pub async fn accept(
        &self,
        secret: &str,
        password: &str,
        typed: &str,
        now: UnixMillis,
    ) -> Result<(super::NewSession, Vec<String>), PeopleError> {
        let (account, totp) = self.invited(secret, now).await?;
        let name = account.name.clone();
        password::check(password, &name)?;
        let step = totp::step_of(&totp, typed, None, now).ok_or(PeopleError::Wrong)?;
        let hash = self.passwords.hash(password).await?;
        let sealed = self.seal.seal(&totp, &name)?;
        let (codes, hashes) = own::recovery_codes()?;
        let link = token_hash(secret);
        let batch = || {
            let version = account.version;
            store::accounts::accept(&link, now)
                .and(store::accounts::set_password(&name, &hash, version, now))
                .and(store::accounts::set_totp(
                    &name,
                    Some(sealed.clone()),
                    Some(step),
                    version + 1,
                    now,
                ))
                .and(store::accounts::set_state(&name, AccountState::Active, version + 2, now))
                .and(store::accounts::replace_recovery(&name, &hashes, now))
        };
        audit::note_with(&self.db, (&name, "invitation-accepted", &name), now, batch).await?;
        let session = self.begin(&account, Some(now), now, Batch::new).await?;
        Ok((session, codes))
    }

    /// Suspends an account, lets it in again or removes it. Its sessions end at once, and its tokens do
    /// not work while it is not active.
    pub async fn set_state(
        &self,
        operator: &Operator,
        name: &str,
        state: AccountState,
        now: UnixMillis,
    ) -> Result<(), PeopleError> {
        let account = self.account_for(operator, name).await?;
        if name == operator.name {
            return Err(PeopleError::Refused("nobody suspends or removes their own account"));
        }
        self.move_to(&operator.name, &account, state, now).await
    }

    pub(super) async fn move_to(
        &self,
        actor: &str,
        account: &StoredAccount,
        state: AccountState,
        now: UnixMillis,
    ) -> Result<(), PeopleError> {
        if !account.state.leads_to(state) {
            return Err(PeopleError::Refused("this account is not in a state for that"));
        }
        let action = match state {
            AccountState::Active => "account-resumed",
            AccountState::Suspended => "account-suspended",
            AccountState::Removed | AccountState::Invited => "account-removed",
        };
        let batch = || {
            store::accounts::set_state(&account.name, state, account.version, now)
                .and(sessions::end_all(&account.name, now))
        };
        Ok(audit::note_with(&self.db, (actor, action, &account.name), now, batch).await?)
    }

    /// Sessions that go on and tokens that work, of an account that an admin sees.
    pub async fn access_of(
        &self,
        operator: &Operator,
        name: &str,
        now: UnixMillis,
    ) -> Result<(Vec<StoredSession>, Vec<StoredToken>), PeopleError> {
        self.account_for(operator, name).await?;
        Ok((self.sessions_of(name, now).await?, self.tokens_of(name, now).await?))
    }

    /// Ends a session or a token of an account, by the digits that name it; without them all
    /// sessions.
    ///
    /// # Errors
    /// [`PeopleError::NotFound`], where the account has none such, or the admin does not see it.
    pub async fn end_access(
        &self,
        operator: &Operator,
        name: &str,
        id: Option<&str>,
        now: UnixMillis,
    ) -> Result<(), PeopleError> {
        self.account_for(operator, name).await?;
        self.end_by(&operator.name, name, id, now).await
    }

    pub(super) async fn end_by(
        &self,
        actor: &str,
        account: &str,
        id: Option<&str>,
        now: UnixMillis,
    ) -> Result<(), PeopleError> {
        let Some(id) = id else {
            let batch = || sessions::end_all(account, now);
            let event = (actor, "sessions-ended", account);
            return Ok(audit::note_with(&self.db, event, now, batch).await?);
        };
        let id = short_id(id);
        let session = || sessions::end(account, id, now);
        match audit::note_with(&self.db, (actor, "session-ended", id), now, session).await {
            Err(store::StoreError::Conflict { .. }) => {}
            done => return Ok(done?),
        }
        let token = || sessions::end_token(account, id, now);
        audit::note_with(&self.db, (actor, "token-ended", id), now, token).await.map_err(not_found)
    }

    /// Takes every second factor off somebody's account, for an owner who lost phone and codes: the
    /// password then lets the owner set a new one, and opens nothing else.
    ///
    /// # Errors
    /// [`PeopleError::Refused`] for one's own account and for another admin's: whoever knows an
    /// admin's password must not get past the second factor with the help of a single admin.
    pub async fn reset_factors_of(
        &self,
        operator: &Operator,
        name: &str,
        now: UnixMillis,
    ) -> Result<(), PeopleError> {
        let account = self.account_for(operator, name).await?;
        if account.name == operator.name {
            return Err(PeopleError::Refused(
                "nobody resets their own second factor; set another one on the page /account",
            ));
        }
        if account.roles.contains(&Role::Admin) {
            return Err(PeopleError::Refused(
                "an admin's second factor is reset on the machine itself: `hattama user --folder DIR totp-reset`",
            ));
        }
        self.reset_by(&operator.name, &account, now).await
    }

    pub(super) async fn reset_by(
        &self,
        actor: &str,
        account: &StoredAccount,
        now: UnixMillis,
    ) -> Result<(), PeopleError> {
        let name = account.name.as_str();
        let batch = || {
            store::accounts::set_totp(name, None, None, account.version, now)
                .and(store::accounts::replace_recovery(name, &[], now))
                .and(store::role_changes::end_passkeys(name, now))
                .and(sessions::end_all(name, now))
        };
        Ok(audit::note_with(&self.db, (actor, "factors-reset", name), now, batch).await?)
    }
}

/// Whether a scope names what there is: a code of an organisation, a region of the register.
///
/// # Errors
/// [`PeopleError::Refused`] with what is wrong.
pub fn check_scope(scope: &Scope, pack: &Pack) -> Result<(), PeopleError> {
    if scope.org.as_ref().is_some_and(|org| OrgId::new(org).is_err()) {
        return Err(PeopleError::Refused("that is no code of an organisation"));
    }
    let is_region = |code: &String| {
        let code = UnitCode::new(code).ok();
        let unit = code.and_then(|code| pack.units.get(&code));
        unit.is_some_and(|unit| unit.kind == UnitKind::Region)
    };
    if scope.region.as_ref().is_some_and(|region| !is_region(region)) {
        return Err(PeopleError::Refused("the register has no such region"));
    }
    Ok(())
}

/// Whether an admin's own limits include a scope.
pub(super) fn reaches(operator: &Operator, scope: &Scope) -> bool {
    operator.scope.sees(scope.org.as_deref(), scope.region.as_deref())
}

pub(super) fn check_within(operator: &Operator, scope: &Scope) -> Result<(), PeopleError> {
    if reaches(operator, scope) {
        return Ok(());
    }
    Err(PeopleError::Refused(
        "you can give no more than you see: name your organisation and region",
    ))
}

pub(super) fn check_names<'a>(name: &str, display: &'a str) -> Result<&'a str, PeopleError> {
    if !is_name(name) {
        return Err(PeopleError::Refused(
            "a name has 2 to 40 small letters a-z, digits, dots, hyphens or underscores",
        ));
    }
    let display = display.trim();
    let fits =
        (1..=DISPLAY_BYTES_MAX).contains(&display.len()) && !display.chars().any(char::is_control);
    fits.then_some(display).ok_or(PeopleError::Refused("say what colleagues call the person"))
}

pub(super) fn taken(error: store::StoreError) -> PeopleError {
    match error {
        store::StoreError::UniqueViolation { .. } => PeopleError::Taken,
        error => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn names_cannot_be_taken_for_one_another() {
        assert!(is_name("a.ivanova") && is_name("op") && is_name("r2-d2_x"));
        for bad in
            ["", "a", "Admin", "а.иванова", ".dot", "two words", &"a".repeat(41), "the machine"]
        {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
