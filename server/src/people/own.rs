//! What people change about their own account: password, second factor, recovery codes, sessions,
//! tokens, language.

use hattama_proto::{id::to_hex, time::UnixMillis};
use ring::digest::{SHA256, digest};

use super::{
    People, PeopleError, password, short_id, totp,
    webauthn::{self, ClientData, Registered},
};
use crate::{
    access::{Factor, Operator},
    audit,
    clock::DAY_MS,
    ingest::token_hash,
    random,
    review::LANGUAGES,
    store::{
        self,
        accounts::StoredAccount,
        role_changes::StoredPasskey,
        sessions::{StoredSession, StoredToken},
    },
};

/// Recovery codes of one account: enough for a bad week.
const RECOVERY_CODES: usize = 10;
/// Letters of a recovery code: without those that are taken for others.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz123456789";
/// Letters of one code, five bits each: 80 bits, so that a plain hash is enough.
const RECOVERY_LETTERS: usize = 16;
/// Longest name of a token or key, in bytes.
const LABEL_BYTES_MAX: usize = 100;

/// Longest life of a token with an end, in days.
const TOKEN_DAYS_MAX: u32 = 3650;

/// When a token ends that is made for so many days; none: never.
pub fn token_end(days: Option<u32>, now: UnixMillis) -> Result<Option<UnixMillis>, PeopleError> {
    if days.is_some_and(|days| !(1..=TOKEN_DAYS_MAX).contains(&days)) {
        return Err(PeopleError::Refused("give a number of days from 1 to 3650, or none"));
    }
    Ok(days.map(|days| now.plus_ms(i64::from(days) * DAY_MS)))
}

/// All that an account's own page shows.
#[derive(Debug)]
pub struct OwnAccount {
    /// The account.
    pub account: StoredAccount,
    /// Sessions that go on.
    pub sessions: Vec<StoredSession>,
    /// Tokens that work.
    pub tokens: Vec<StoredToken>,
    /// Keys that work.
    pub passkeys: Vec<StoredPasskey>,
    /// Recovery codes that work.
    pub recovery_left: u64,
}

/// A token that was made.
#[derive(Debug)]
pub struct NewToken {
    /// Told once; only its hash is kept.
    pub token: String,
    /// What names it.
    pub id: String,
}

impl People {
    /// The account that is in.
    pub async fn own(
        &self,
        operator: &Operator,
        now: UnixMillis,
    ) -> Result<OwnAccount, PeopleError> {
        let name = &operator.name;
        Ok(OwnAccount {
            account: self.account(name).await?,
            sessions: store::sessions::of(&self.db, name, self.times, now).await?,
            tokens: store::sessions::tokens_of(&self.db, name, now).await?,
            passkeys: store::role_changes::passkeys_of(&self.db, name).await?,
            recovery_left: store::accounts::recovery_left(&self.db, name).await?,
        })
    }

    /// Sets another password; the account's other sessions end.
    pub async fn change_password(
        &self,
        operator: &Operator,
        present: &str,
        new: &str,
        now: UnixMillis,
    ) -> Result<(), PeopleError> {
        let account = self.account(&operator.name).await?;
        match &account.password {
            // The first one, by somebody who is in with a token.
            None if operator.factor == Factor::Fresh => {}
            None => return Err(PeopleError::StepUp),
            Some(stored) => {
                let counted = [super::guesses::Who::Device(&operator.token_hash)];
                self.guesses.begin(&counted, now).map_err(PeopleError::Wait)?;
                if !self.passwords.is_right(present, Some(stored)).await? {
                    return Err(PeopleError::Wrong);
                }
                self.guesses.right(&counted);
            }
        }
        password::check(new, &account.name)?;
        let hash = self.passwords.hash(new).await?;
        let batch = || {
            store::accounts::set_password(&account.name, &hash, account.version, now)
                .and(store::sessions::end_all_but(&account.name, &operator.token_hash, now))
        };
        let event = (operator.name.as_str(), "password-set", account.name.as_str());
        Ok(audit::note_with(&self.db, event, now, batch).await?)
    }

    /// The secret that the account's page offers. It follows from the account's version, so that the
    /// form that comes back finds it again.
    pub fn offered_totp(&self, account: &StoredAccount) -> [u8; totp::SECRET_BYTES] {
        let what = format!("{} {}", account.name, account.version);
        let derived = self.seal.derived("totp", &what);
        *derived.first_chunk().expect("32 bytes have a beginning of 20")
    }

    /// The same, for a program: only where the factors may be changed now.
    ///
    /// # Errors
    /// [`PeopleError::StepUp`], where a factor has to be shown first.
    pub fn offer_totp(
        &self,
        operator: &Operator,
        account: &StoredAccount,
    ) -> Result<[u8; totp::SECRET_BYTES], PeopleError> {
        may_change_factors(operator)?;
        Ok(self.offered_totp(account))
    }

    /// Takes the offered secret, once its owner has shown a code of it.
    pub async fn confirm_totp(
        &self,
        operator: &Operator,
        typed: &str,
        now: UnixMillis,
    ) -> Result<(), PeopleError> {
        may_change_factors(operator)?;
        let account = self.account(&operator.name).await?;
        let secret = self.offered_totp(&account);
        let step = totp::step_of(&secret, typed, None, now).ok_or(PeopleError::Wrong)?;
        let sealed = self.seal.seal(&secret, &account.name)?;
        let batch = || {
            store::accounts::set_totp(
                &account.name,
                Some(sealed.clone()),
                Some(step),
                account.version,
                now,
            )
            .and(store::sessions::end_all_but(
                &account.name,
                &operator.token_hash,
                now,
            ))
        };
        let event = (operator.name.as_str(), "totp-set", account.name.as_str());
        audit::note_with(&self.db, event, now, batch).await?;
        self.is_fresh(operator, now).await
    }

    /// Makes recovery codes; earlier ones no longer work. Told once.
    pub async fn new_recovery_codes(
        &self,
        operator: &Operator,
        now: UnixMillis,
    ) -> Result<Vec<String>, PeopleError> {
        may_change_factors(operator)?;
        let (codes, hashes) = recovery_codes()?;
        let batch = || store::accounts::replace_recovery(&operator.name, &hashes, now);
        let event = (operator.name.as_str(), "recovery-codes-made", operator.name.as_str());
        audit::note_with(&self.db, event, now, batch).await?;
        Ok(codes)
    }

    /// Names of an account's keys.
    pub async fn passkeys(&self, account: &str) -> Result<Vec<String>, PeopleError> {
        let keys = store::role_changes::passkeys_of(&self.db, account).await?;
        Ok(keys.into_iter().map(|key| key.credential).collect())
    }

    /// A challenge for a key of this account.
    pub fn challenge(&self, account: &str, now: UnixMillis) -> Result<String, PeopleError> {
        webauthn::give_challenge(&self.seal, account, now)
    }

    /// Uses up the challenge that a browser has answered: each serves once, at whichever process.
    pub(super) async fn use_challenge(
        &self,
        client_data: &ClientData,
        account: &str,
        now: UnixMillis,
    ) -> Result<(), PeopleError> {
        let challenge = webauthn::take_challenge(&self.seal, client_data, account, now)?;
        match self.db.commit(store::once::use_challenge(&challenge, now)).await {
            Ok(_) => Ok(()),
            Err(store::StoreError::UniqueViolation { .. }) => Err(PeopleError::Wrong),
            Err(error) => Err(error.into()),
        }
    }

    /// Registers a key.
    pub async fn add_passkey(
        &self,
        operator: &Operator,
        name: &str,
        registered: &Registered,
        now: UnixMillis,
    ) -> Result<(), PeopleError> {
        may_change_factors(operator)?;
        let name = label(name)?;
        self.use_challenge(&registered.client_data, &operator.name, now).await?;
        let new = webauthn::check_registration(registered)?;
        let key = StoredPasskey {
            credential: new.credential,
            account: operator.name.clone(),
            name: name.to_owned(),
            public_key: new.public_key,
            sign_count: new.sign_count,
            created_at: now,
        };
        let batch = || store::role_changes::add_passkey(&key);
        let event = (operator.name.as_str(), "passkey-added", operator.name.as_str());
        audit::note_with(&self.db, event, now, batch).await?;
        self.is_fresh(operator, now).await
    }

    /// Takes a key off.
    pub async fn end_passkey(
        &self,
        operator: &Operator,
        credential: &str,
        now: UnixMillis,
    ) -> Result<(), PeopleError> {
        may_change_factors(operator)?;
        let batch = || store::role_changes::end_passkey(&operator.name, credential, now);
        let event = (operator.name.as_str(), "passkey-ended", operator.name.as_str());
        audit::note_with(&self.db, event, now, batch).await.map_err(not_found)
    }

    /// Ends one of the account's own sessions.
    pub async fn end_session(
        &self,
        operator: &Operator,
        id: &str,
        now: UnixMillis,
    ) -> Result<(), PeopleError> {
        let batch = || store::sessions::end(&operator.name, id, now);
        let event = (operator.name.as_str(), "session-ended", id);
        audit::note_with(&self.db, event, now, batch).await.map_err(not_found)
    }

    /// Makes a token for a program.
    pub async fn new_token(
        &self,
        operator: &Operator,
        (name, stepped_up): (&str, bool),
        expires_at: Option<UnixMillis>,
        now: UnixMillis,
    ) -> Result<NewToken, PeopleError> {
        // A token outlives the session that makes it.
        if operator.factor != Factor::Fresh {
            return Err(PeopleError::StepUp);
        }
        self.token_of(&operator.name, &operator.name, (name, stepped_up), expires_at, now).await
    }

    pub(super) async fn token_of(
        &self,
        actor: &str,
        account: &str,
        (name, stepped_up): (&str, bool),
        expires_at: Option<UnixMillis>,
        now: UnixMillis,
    ) -> Result<NewToken, PeopleError> {
        let name = label(name)?.to_owned();
        let token = random::text::<32>()?;
        let token_hash = token_hash(&token);
        let id = short_id(&token_hash).to_owned();
        let stored = StoredToken { token_hash, name, stepped_up, created_at: now, expires_at };
        let batch = || store::sessions::add_token(account, &stored);
        audit::note_with(&self.db, (actor, "token-made", &id), now, batch).await?;
        Ok(NewToken { token, id })
    }

    /// Ends one of the account's own tokens.
    pub async fn end_token(
        &self,
        operator: &Operator,
        id: &str,
        now: UnixMillis,
    ) -> Result<(), PeopleError> {
        let batch = || store::sessions::end_token(&operator.name, id, now);
        let event = (operator.name.as_str(), "token-ended", id);
        audit::note_with(&self.db, event, now, batch).await.map_err(not_found)
    }

    /// Remembers the language of the account's pages.
    ///
    /// # Errors
    /// [`PeopleError::Refused`] for one that the pages do not have.
    pub async fn set_language(
        &self,
        operator: &Operator,
        language: &str,
    ) -> Result<(), PeopleError> {
        if !LANGUAGES.contains(&language) {
            return Err(PeopleError::Refused("choose one of the languages: kk, ru or en"));
        }
        self.db.commit(store::accounts::set_language(&operator.name, language)).await?;
        Ok(())
    }

    /// The second factor was just shown; in a session only.
    async fn is_fresh(&self, operator: &Operator, now: UnixMillis) -> Result<(), PeopleError> {
        match self.db.commit(store::sessions::stepped_up(&operator.token_hash, now)).await {
            Ok(_) | Err(store::StoreError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// The first factor is set by whoever has the password; later ones by whoever has shown one.
fn may_change_factors(operator: &Operator) -> Result<(), PeopleError> {
    match operator.factor {
        Factor::Missing | Factor::Fresh => Ok(()),
        Factor::Stale => Err(PeopleError::StepUp),
    }
}

/// Of something that was to be ended: there is none such.
pub(super) fn not_found(error: store::StoreError) -> PeopleError {
    match PeopleError::from(error) {
        PeopleError::Stale => PeopleError::NotFound,
        error => error,
    }
}

fn label(text: &str) -> Result<&str, PeopleError> {
    let text = text.trim();
    let fits = (1..=LABEL_BYTES_MAX).contains(&text.len()) && !text.chars().any(char::is_control);
    fits.then_some(text).ok_or(PeopleError::Refused("give it a name of up to 100 letters"))
}

/// Codes for paper, and what is stored of them.
pub(super) fn recovery_codes() -> Result<(Vec<String>, Vec<String>), PeopleError> {
    let mut codes = Vec::new();
    for _ in 0..RECOVERY_CODES {
        let letters = random::bytes::<RECOVERY_LETTERS>()?;
        let letters: Vec<char> =
            letters.iter().map(|byte| char::from(LETTERS[usize::from(byte & 31)])).collect();
        let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
        codes.push(groups.join("-"));
    }
    let hashes = codes.iter().filter_map(|code| recovery_hash(code)).collect();
    Ok((codes, hashes))
}

/// What is stored of a recovery code; none where it cannot be one.
pub(super) fn recovery_hash(typed: &str) -> Option<String> {
    let plain: String = typed
        .chars()
        .filter(|one| !one.is_whitespace() && *one != '-')
        .flat_map(char::to_lowercase)
        .collect();
    let fits = plain.len() == RECOVERY_LETTERS && plain.bytes().all(|byte| LETTERS.contains(&byte));
    fits.then(|| to_hex(digest(&SHA256, plain.as_bytes()).as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovery_codes_are_known_as_people_type_them() {
        let (codes, hashes) = recovery_codes().unwrap();
        assert_eq!((codes.len(), hashes.len()), (10, 10));
        let typed = codes[0].to_uppercase().replace('-', " ");
        assert_eq!(recovery_hash(&typed).as_ref(), hashes.first());
        assert_eq!(recovery_hash("123456"), None);
    }
}
