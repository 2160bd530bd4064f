//! What admins do with accounts: invite, suspend, let in again, remove, end sessions; and change
//! roles, which takes two of them.

use hattama_proto::{
    id::{OrgId, UnitCode, to_hex},
    pack::{Pack, UnitKind},
    time::UnixMillis,
};

use super::{People, PeopleError, own, password, short_id, totp};
use crate::{
    access::{AccountState, Operator, Role, Scope},
    audit,
    ingest::token_hash,
    random,
    store::{self, Batch, accounts::StoredAccount, role_changes::RoleChange, sessions},
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

/// What an account is to be and to see.
#[derive(Clone, Debug, Default)]
pub struct NewRoles {
    /// Its roles.
    pub roles: Vec<Role>,
    /// What it is to see.
    pub scope: Scope,
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
    ) -> Result<Vec<sessions::StoredSession>, PeopleError> {
        Ok(sessions::of(&self.db, name, self.times, now).await?)
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
                 `hattama user password`",
            ));
        }
        let secret = random::text::<32>()?;
        let hash = token_hash(&secret);
        let until = now.plus_ms(INVITATION_MS);
        let batch = || store::accounts::invite(&hash, name, &operator.name, now, until);
        audit::note_with(&self.db, (&operator.name, "account-invited", name), now, batch).await?;
        Ok(secret)
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

    /// Ends all sessions of an account.
    pub async fn end_sessions(
        &self,
        operator: &Operator,
        name: &str,
        now: UnixMillis,
    ) -> Result<(), PeopleError> {
        self.account_for(operator, name).await?;
        let batch = || sessions::end_all(name, now);
        Ok(audit::note_with(&self.db, (&operator.name, "sessions-ended", name), now, batch).await?)
    }

    /// Changes that wait for their second admin, as far as an admin sees them.
    pub async fn role_changes(&self, operator: &Operator) -> Result<Vec<RoleChange>, PeopleError> {
        let mut open = store::role_changes::open(&self.db).await?;
        let visible: Vec<String> =
            self.accounts(operator).await?.into_iter().map(|account| account.name).collect();
        open.retain(|change| visible.contains(&change.account) && reaches(operator, &change.scope));
        Ok(open)
    }

    /// Proposes other roles.
    pub async fn propose(
        &self,
        operator: &Operator,
        name: &str,
        wanted: NewRoles,
        now: UnixMillis,
    ) -> Result<String, PeopleError> {
        let account = self.account_for(operator, name).await?;
        if account.state == AccountState::Removed {
            return Err(PeopleError::Refused("this account was removed"));
        }
        check_within(operator, &wanted.scope)?;
        let change = proposal(name, wanted, &operator.name, now)?;
        let batch = || store::role_changes::propose(&change);
        let event = (operator.name.as_str(), "roles-proposed", name);
        audit::note_with(&self.db, event, now, batch).await?;
        Ok(change.id)
    }

    /// Confirms what another admin proposed about a third one. The account's sessions end.
    pub async fn confirm(
        &self,
        operator: &Operator,
        id: &str,
        now: UnixMillis,
    ) -> Result<(), PeopleError> {
        let change = self.open_change(operator, id).await?;
        if change.proposed_by == operator.name {
            return Err(PeopleError::Refused("another admin has to confirm what you proposed"));
        }
        if change.account == operator.name {
            return Err(PeopleError::Refused("nobody confirms a change of their own roles"));
        }
        let account = self.account_for(operator, &change.account).await?;
        let batch = || {
            store::role_changes::decide(id, "confirmed", &operator.name, now)
                .and(store::accounts::set_roles(
                    &change.account,
                    &change.roles,
                    &change.scope,
                    account.version,
                    now,
                ))
                .and(sessions::end_all(&change.account, now))
        };
        let event = (operator.name.as_str(), "roles-confirmed", change.account.as_str());
        Ok(audit::note_with(&self.db, event, now, batch).await?)
    }

    /// Takes a proposal back; any admin may.
    pub async fn withdraw(
        &self,
        operator: &Operator,
        id: &str,
        now: UnixMillis,
    ) -> Result<(), PeopleError> {
        let change = self.open_change(operator, id).await?;
        let batch = || store::role_changes::decide(id, "withdrawn", &operator.name, now);
        let event = (operator.name.as_str(), "roles-withdrawn", change.account.as_str());
        Ok(audit::note_with(&self.db, event, now, batch).await?)
    }

    async fn open_change(&self, operator: &Operator, id: &str) -> Result<RoleChange, PeopleError> {
        let open = self.role_changes(operator).await?;
        open.into_iter().find(|change| change.id == id).ok_or(PeopleError::NotFound)
    }
}

/// On the machine itself: whoever can read the folder can do anything, so this asks nobody. Noted as
/// done by `the machine`.
impl People {
    /// Who does what is done on the machine itself.
    pub const MACHINE: &'static str = "the machine";

    /// Every account.
    pub async fn every_account(&self) -> Result<Vec<StoredAccount>, PeopleError> {
        Ok(store::accounts::all(&self.db).await?)
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
        let batch = || {
            store::accounts::set_totp(name, None, None, account.version, now)
                .and(store::accounts::replace_recovery(name, &[], now))
                .and(store::role_changes::end_passkeys(name, now))
                .and(sessions::end_all(name, now))
        };
        Ok(audit::note_with(&self.db, (Self::MACHINE, "factors-reset", name), now, batch).await?)
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
    ) -> Result<super::NewToken, PeopleError> {
        self.account(account).await?;
        self.token_of(Self::MACHINE, account, token, expires_at, now).await
    }

    /// Tokens of an account that work.
    pub async fn tokens_here(
        &self,
        account: &str,
        now: UnixMillis,
    ) -> Result<Vec<sessions::StoredToken>, PeopleError> {
        Ok(sessions::tokens_of(&self.db, account, now).await?)
    }

    /// Ends a session or a token of an account, by the digits that name it; without them all sessions.
    pub async fn end_here(
        &self,
        account: &str,
        id: Option<&str>,
        now: UnixMillis,
    ) -> Result<(), PeopleError> {
        self.account(account).await?;
        let Some(id) = id else {
            let batch = || sessions::end_all(account, now);
            let event = (Self::MACHINE, "sessions-ended", account);
            return Ok(audit::note_with(&self.db, event, now, batch).await?);
        };
        let id = short_id(id);
        let session = || sessions::end(account, id, now);
        match audit::note_with(&self.db, (Self::MACHINE, "session-ended", id), now, session).await {
            Err(store::StoreError::Conflict { .. }) => {}
            done => return Ok(done?),
        }
        let token = || sessions::end_token(account, id, now);
        match audit::note_with(&self.db, (Self::MACHINE, "token-ended", id), now, token).await {
            Err(store::StoreError::Conflict { .. }) => Err(PeopleError::NotFound),
            done => Ok(done?),
        }
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
fn reaches(operator: &Operator, scope: &Scope) -> bool {
    operator.scope.sees(scope.org.as_deref(), scope.region.as_deref())
}

fn check_within(operator: &Operator, scope: &Scope) -> Result<(), PeopleError> {
    if reaches(operator, scope) {
        return Ok(());
    }
    Err(PeopleError::Refused(
        "you can give no more than you see: name your organisation and region",
    ))
}

fn check_names<'a>(name: &str, display: &'a str) -> Result<&'a str, PeopleError> {
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

fn proposal(
    account: &str,
    wanted: NewRoles,
    by: &str,
    now: UnixMillis,
) -> Result<RoleChange, PeopleError> {
    Ok(RoleChange {
        id: to_hex(&random::bytes::<8>()?),
        account: account.to_owned(),
        roles: wanted.roles,
        scope: wanted.scope,
        proposed_by: by.to_owned(),
        proposed_at: now,
    })
}

fn taken(error: store::StoreError) -> PeopleError {
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
