//! Getting in: name and password, then the second factor; or a token. And showing the second factor
//! again.

use std::net::IpAddr;

use hattama_proto::time::UnixMillis;

use super::{
    FRESH_MS, People, PeopleError,
    guesses::Who,
    password::BYTES_MAX,
    totp,
    webauthn::{self, Asserted},
};
use crate::{
    access::{AccountState, Operator},
    audit,
    ingest::token_hash,
    random,
    store::{self, Batch, StoreError, accounts::StoredAccount},
};

/// How long the second factor may take after the password, in milliseconds: to find the phone.
const TICKET_MS: i64 = 5 * 60 * 1000;

/// What a right password leads to.
#[derive(Debug)]
pub enum Entered {
    /// The account has no second factor yet: in, and able to give itself one.
    In(NewSession),
    /// Show a code or a key together with this.
    Ticket(String),
}

/// A session that begins.
#[derive(Debug)]
pub struct NewSession {
    /// Whose.
    pub account: String,
    /// For the cookie; only its hash is kept.
    pub token: String,
    /// For the cookie that tells this browser from a guesser's.
    pub device: String,
    /// Language of the account's pages, where it chose one.
    pub language: Option<String>,
}

/// What is shown as a second factor.
#[derive(Debug)]
pub enum Proof<'a> {
    /// A one-time code, or a recovery code.
    Code(&'a str),
    /// A key's answer to a challenge.
    Passkey(&'a Asserted),
    /// A token of the account that was made for it.
    Token(&'a str),
}

/// Where a try comes from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Whence<'a> {
    /// The cookie of a browser that was in before.
    pub device: Option<&'a str>,
    /// The address, as far as it is known.
    pub address: Option<IpAddr>,
}

impl People {
    /// Whose tries are counted together. A browser that was in before counts by itself.
    fn counted<'a>(&self, name: &'a str, from: Whence<'a>) -> Vec<Who<'a>> {
        let ours = |cookie: &&str| {
            let proved = self.seal.proved("device", cookie);
            proved.and_then(|text| text.split_once('~')).is_some_and(|(of, _)| of == name)
        };
        if let Some(device) = from.device.filter(ours) {
            return vec![Who::Device(device)];
        }
        let mut counted = vec![Who::Account(name)];
        counted.extend(from.address.map(Who::Address));
        counted
    }

    /// Name and password. Costs and answers the same for a name that is not there.
    pub async fn enter(
        &self,
        name: &str,
        password: &str,
        from: Whence<'_>,
        now: UnixMillis,
    ) -> Result<Entered, PeopleError> {
        let name = name.trim().to_lowercase();
        if name.len() > 200 || password.len() > BYTES_MAX {
            return Err(PeopleError::Wrong);
        }
        let counted = self.counted(&name, from);
        self.guesses.begin(&counted, now).map_err(PeopleError::Wait)?;
        let account = match store::accounts::by_name(&self.db, &name).await {
            Err(StoreError::NulInText) => None,
            found => found?,
        };
        let account = account.filter(|account| account.state == AccountState::Active);
        let stored = account.as_ref().and_then(|account| account.password.as_deref());
        let is_right = self.passwords.is_right(password, stored).await?;
        let Some(account) = account.filter(|_| is_right) else { return Err(PeopleError::Wrong) };
        let keys = store::role_changes::passkeys_of(&self.db, &account.name).await?;
        if account.totp.is_none() && keys.is_empty() {
            self.guesses.right(&counted);
            return Ok(Entered::In(self.begin(&account, None, now, Batch::new).await?));
        }
        // The count goes on until the second factor was right too: who has the password only must not
        // guess codes without end.
        let until = now.plus_ms(TICKET_MS).0;
        let text = format!("{} {} {until}", account.name, account.version);
        Ok(Entered::Ticket(self.seal.signed("ticket", &text)))
    }

    /// The account that a ticket is for, while it works.
    pub async fn ticket(&self, ticket: &str, now: UnixMillis) -> Result<String, PeopleError> {
        Ok(self.of_ticket(ticket, now).await?.name)
    }

    async fn of_ticket(&self, ticket: &str, now: UnixMillis) -> Result<StoredAccount, PeopleError> {
        let text = self.seal.proved("ticket", ticket).ok_or(PeopleError::Wrong)?;
        let mut parts = text.split(' ');
        let (Some(name), Some(version), Some(until)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(PeopleError::Wrong);
        };
        let left = until.parse::<i64>().map_err(|_| PeopleError::Wrong)?.saturating_sub(now.0);
        let account = self.account(name).await.map_err(|error| match error {
            PeopleError::NotFound => PeopleError::Wrong,
            error => error,
        })?;
        let holds = account.state == AccountState::Active
            && account.version.to_string() == version
            && (0..=TICKET_MS).contains(&left);
        if holds { Ok(account) } else { Err(PeopleError::Wrong) }
    }

    /// The second factor, after the password.
    pub async fn second(
        &self,
        ticket: &str,
        proof: Proof<'_>,
        from: Whence<'_>,
        now: UnixMillis,
    ) -> Result<NewSession, PeopleError> {
        let account = self.of_ticket(ticket, now).await?;
        let counted = self.counted(&account.name, from);
        self.guesses.begin(&counted, now).map_err(PeopleError::Wait)?;
        let used = self.proved(&account, proof, now).await?;
        let session = self.begin(&account, Some(now), now, || used.batch(&account.name, now)).await;
        let session = session.map_err(taken_meanwhile)?;
        self.guesses.right(&counted);
        Ok(session)
    }

    /// A token becomes a session. What the token does not open, the session does not either.
    pub async fn enter_by_token(
        &self,
        token: &str,
        now: UnixMillis,
    ) -> Result<NewSession, PeopleError> {
        let found = store::sessions::by_token(&self.db, &token_hash(token), now).await?;
        let (account, token) = found.ok_or(PeopleError::Wrong)?;
        let factor_at = if token.stepped_up { now } else { UnixMillis(0) };
        self.begin(&account, Some(factor_at), now, Batch::new).await
    }

    /// Shows the second factor again, within a session.
    pub async fn step_up(
        &self,
        operator: &Operator,
        proof: Proof<'_>,
        now: UnixMillis,
    ) -> Result<(), PeopleError> {
        let counted = [Who::Device(&operator.token_hash)];
        self.guesses.begin(&counted, now).map_err(PeopleError::Wait)?;
        let account = self.account(&operator.name).await?;
        let used = self.proved(&account, proof, now).await?;
        let batch = used
            .batch(&account.name, now)
            .and(store::sessions::stepped_up(&operator.token_hash, now));
        self.db.commit(batch).await.map_err(|error| taken_meanwhile(error.into()))?;
        self.guesses.right(&counted);
        Ok(())
    }

    /// Checks a second factor; what comes back uses it up.
    async fn proved(
        &self,
        account: &StoredAccount,
        proof: Proof<'_>,
        now: UnixMillis,
    ) -> Result<Used, PeopleError> {
        match proof {
            Proof::Code(typed) => {
                if let Some(sealed) = &account.totp {
                    let secret = self.seal.open(sealed, &account.name)?;
                    if let Some(step) = totp::step_of(&secret, typed, account.totp_step, now) {
                        return Ok(Used::Step(step));
                    }
                }
                match super::own::recovery_hash(typed) {
                    Some(hash) => Ok(Used::Recovery(hash)),
                    None => Err(PeopleError::Wrong),
                }
            }
            Proof::Passkey(asserted) => {
                let keys = store::role_changes::passkeys_of(&self.db, &account.name).await?;
                let key = keys.iter().find(|key| key.credential == asserted.credential);
                let key = key.ok_or(PeopleError::Wrong)?;
                self.use_challenge(&asserted.client_data, &account.name, now).await?;
                let count = webauthn::check_assertion(asserted, &key.public_key)?;
                Ok(Used::Passkey(key.credential.clone(), count))
            }
            Proof::Token(token) => {
                let found = store::sessions::by_token(&self.db, &token_hash(token), now).await?;
                let (of, token) = found.ok_or(PeopleError::Wrong)?;
                let opens = token.stepped_up && of.name == account.name;
                if opens { Ok(Used::Nothing) } else { Err(PeopleError::Wrong) }
            }
        }
    }

    pub(super) async fn begin(
        &self,
        account: &StoredAccount,
        factor_at: Option<UnixMillis>,
        now: UnixMillis,
        with: impl Fn() -> Batch,
    ) -> Result<NewSession, PeopleError> {
        let token = random::text::<32>()?;
        let hash = token_hash(&token);
        let device = format!("{}~{}", account.name, random::text::<16>()?);
        let begin = || with().and(store::sessions::begin(&hash, &account.name, factor_at, now));
        let event = (account.name.as_str(), "entered", super::short_id(&hash));
        audit::note_with(&self.db, event, now, begin).await?;
        let device = self.seal.signed("device", &device);
        let (account, language) = (account.name.clone(), account.language.clone());
        Ok(NewSession { account, token, device, language })
    }

    /// Whether a session's token, also of one that has ended, is or was this account's.
    pub async fn was_in(&self, token: &str, account: &str) -> Result<bool, PeopleError> {
        let owner = store::sessions::owner(&self.db, &token_hash(token)).await?;
        Ok(owner.is_some_and(|owner| owner == account))
    }

    /// Ends the session or, from its own program, the token that somebody is in with.
    pub async fn leave(&self, operator: &Operator, now: UnixMillis) -> Result<(), PeopleError> {
        let id = super::short_id(&operator.token_hash);
        match self.db.commit(store::sessions::end(&operator.name, id, now)).await {
            // A token is not ended by leaving: programs go on with it.
            Ok(_) | Err(StoreError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// What a proof uses up.
enum Used {
    Nothing,
    Step(u64),
    Recovery(String),
    Passkey(String, u64),
}

impl Used {
    fn batch(&self, account: &str, now: UnixMillis) -> Batch {
        match self {
            Self::Nothing => Batch::new(),
            Self::Step(step) => store::accounts::use_totp_step(account, *step),
            Self::Recovery(hash) => store::accounts::use_recovery(account, hash, now),
            Self::Passkey(credential, count) => {
                store::role_changes::used_passkey(credential, *count)
            }
        }
    }
}

/// A code that somebody else used first, or that never was one, is a wrong code.
fn taken_meanwhile(error: PeopleError) -> PeopleError {
    if matches!(error, PeopleError::Stale) { PeopleError::Wrong } else { error }
}

const _: () = assert!(TICKET_MS <= FRESH_MS, "what a ticket leads to is fresh");
