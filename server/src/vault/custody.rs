//! Who holds the vault: passphrases, making it, sealing it after the night.

use hattama_proto::time::UnixMillis;
use serde::Serialize;

use super::{
    GrantAsked, OWN, Vault, VaultError,
    contact::{Contact, key_purpose},
    passphrase::{PassphraseError, Wrapped},
    region_of,
    seal::{PublicKey, SecretKey},
    share,
};
use crate::{
    access::{Operator, Scope},
    store::{
        self, StoreError,
        vault::{ClearIdentity, Grant, Member, StoredKey},
    },
};

/// How the vault stands. Holds no name.
#[derive(Clone, Debug, Serialize)]
pub struct VaultState {
    /// Whether there is one.
    pub made: bool,
    /// Accounts with a passphrase.
    pub members: Vec<String>,
    /// Accounts that hold a share; any two open it.
    pub holders: Vec<String>,
    /// Which coordinators reach which region's contacts.
    pub grants: Vec<GrantAsked>,
    /// How many people are in it.
    pub sealed: u64,
    /// How many stand in the clear still.
    pub clear: u64,
}

impl Vault {
    /// How the vault stands, as far as `scope` reaches: accounts, coordinators and people beyond it
    /// are neither named nor counted.
    pub async fn state(&self, scope: &Scope) -> Result<VaultState, VaultError> {
        let mut grants = store::vault::grants(&self.db).await?;
        grants.retain(|(org, region, _)| scope.sees(Some(org), Some(region)));
        let people = store::vault::clear_identities(&self.db).await?;
        let mut clear = 0;
        for person in &people {
            // Where somebody may observe is looked up person by person, so only where it decides.
            clear += match &scope.region {
                None => u64::from(scope.sees(Some(person.org.as_str()), None)),
                Some(_) => {
                    let region = self.region_of_person(person).await?;
                    u64::from(scope.sees(Some(person.org.as_str()), Some(&region)))
                }
            };
        }
        Ok(VaultState {
            made: self.is_made().await?,
            members: self.within(scope, store::vault::members(&self.db).await?).await?,
            holders: self.within(scope, store::vault::holders(&self.db).await?).await?,
            grants: grants
                .into_iter()
                .map(|(org, region, account)| GrantAsked { account, org, region })
                .collect(),
            sealed: store::vault::entry_count(&self.db, scope).await?,
            clear,
        })
    }

    /// Of these accounts those that somebody with this scope sees.
    async fn within(
        &self,
        scope: &Scope,
        accounts: Vec<String>,
    ) -> Result<Vec<String>, VaultError> {
        if scope.is_everything() {
            return Ok(accounts);
        }
        let mut seen = Vec::new();
        for name in accounts {
            let account = store::accounts::by_name(&self.db, &name).await?;
            let sees = |of: &Scope| scope.sees(of.org.as_deref(), of.region.as_deref());
            if account.is_some_and(|account| sees(&account.scope)) {
                seen.push(name);
            }
        }
        Ok(seen)
    }

    /// Whether there is a vault.
    pub async fn is_made(&self) -> Result<bool, VaultError> {
        Ok(store::vault::key(&self.db, OWN, OWN).await?.is_some())
    }

    /// Sets an account's passphrase, or changes it where the old one is given.
    pub async fn set_passphrase(
        &self,
        account: &str,
        old: Option<String>,
        new: String,
        now: UnixMillis,
    ) -> Result<(), VaultError> {
        let before = store::vault::member(&self.db, account).await?;
        let batch = match (before, old) {
            (None, _) => {
                let secret = SecretKey::generate()?;
                let public_key = secret.public().as_bytes().to_vec();
                let wrapped = wrap(secret, new, account.to_owned()).await?;
                let account = account.to_owned();
                let wrapped = wrapped.as_bytes().to_vec();
                store::vault::add_member(&Member { account, public_key, wrapped }, now)
            }
            (Some(_), None) => return Err(VaultError::Member),
            (Some(member), Some(old)) => {
                let secret = self.unwrap_member(&member, old, now).await?;
                let wrapped = wrap(secret, new, account.to_owned()).await?;
                let (before, after) = (&member.wrapped, wrapped.as_bytes());
                store::vault::rewrap_member(account, before, after, now)
            }
        };
        self.db.commit(batch).await.map_err(first_wins)?;
        crate::audit::note(&self.db, account, "vault-passphrase", account, now).await?;
        Ok(())
    }

    /// The secret key of an account, by its passphrase. Wrong ones are counted.
    pub(super) async fn unlock(
        &self,
        account: &str,
        passphrase: String,
        now: UnixMillis,
    ) -> Result<SecretKey, VaultError> {
        let member = store::vault::member(&self.db, account).await?;
        let member = member.ok_or_else(|| VaultError::NoMember(account.to_owned()))?;
        self.unwrap_member(&member, passphrase, now).await
    }

    async fn unwrap_member(
        &self,
        member: &Member,
        passphrase: String,
        now: UnixMillis,
    ) -> Result<SecretKey, VaultError> {
        {
            let mut memory = self.memory(now);
            let tries = memory.tries.entry(member.account.clone()).or_default();
            if let Some(wait_s) = tries.wait_s(now) {
                return Err(VaultError::Locked { wait_s });
            }
            tries.begin(now);
        }
        let (wrapped, account) = (Wrapped::from_bytes(&member.wrapped), member.account.clone());
        let secret = stretching(move || wrapped.unwrap_with(&passphrase, &account)).await?;
        self.memory(now).tries.remove(&member.account);
        Ok(secret)
    }

    /// Makes the vault: its key is drawn, split among the holders and forgotten; whoever stands in the
    /// clear is sealed and wiped; the named coordinators get the keys of their regions.
    ///
    /// # Errors
    /// [`VaultError::Limited`] for an account with limits: the vault holds everybody's names.
    pub async fn make(
        &self,
        holders: &[String],
        coordinators: &[GrantAsked],
        operator: &Operator,
        now: UnixMillis,
    ) -> Result<(), VaultError> {
        let actor = whole(operator)?;
        if self.is_made().await? {
            return Err(VaultError::Made);
        }
        let mut named = holders.to_vec();
        named.sort();
        named.dedup();
        if named.len() != holders.len() || !(2..=share::HOLDERS_MAX).contains(&holders.len()) {
            return Err(VaultError::Invalid(format!(
                "a vault has 2 to {} different holders; any two of them open it",
                share::HOLDERS_MAX
            )));
        }
        let secret = SecretKey::generate()?;
        let vault = secret.public();
        let count = u8::try_from(holders.len()).expect("at most 20");
        let mut sealed = Vec::with_capacity(holders.len());
        for (holder, share) in holders.iter().zip(share::split(&secret.to_bytes(), count)?) {
            let key = self.key_of_member(holder).await?;
            let purpose = share_purpose(holder, share.number);
            sealed.push((holder.clone(), share.number, key.seal(&purpose, &share.bytes)?));
        }
        drop(secret);
        let mut members = Vec::with_capacity(coordinators.len());
        for asked in coordinators {
            members.push((asked, self.key_of_member(&asked.account).await?));
        }
        let own = StoredKey { public_key: vault.as_bytes().to_vec(), for_vault: None };
        let batch =
            store::vault::add_key(OWN, OWN, &own, now).and(store::vault::add_shares(sealed));
        self.db.commit(batch).await.map_err(|error| match error {
            StoreError::UniqueViolation { .. } => VaultError::Made,
            error => error.into(),
        })?;
        crate::audit::note(&self.db, actor, "vault-make", "vault", now).await?;
        // From here on it may be done again: whoever is interrupted calls `seal_clear`.
        for (asked, key) in members {
            let (org, region) = (&asked.org, &asked.region);
            // A key that was made a moment ago by an invitation can be given by two holders only.
            if let (Some(secret), _) = self.region_key(&vault, org, region, now).await? {
                self.give(&secret, asked, &key, now).await?;
            } else {
                tracing::warn!("a region has its key already; two holders give it to coordinators");
            }
        }
        self.seal_clear(now).await
    }

    /// Seals whoever stands in the clear. Safe to repeat.
    pub async fn seal_clear(&self, now: UnixMillis) -> Result<(), VaultError> {
        for person in store::vault::clear_identities(&self.db).await? {
            let region = self.region_of_person(&person).await?;
            let sealing = self.sealing(&person.org, &region, now).await?;
            let sealing = sealing.ok_or(VaultError::NotMade)?;
            let contact = Contact {
                label: person.label,
                reporter: person.reporter,
                reach: String::new(),
                note: String::new(),
            };
            let entry = sealing.entry(&person.person, &contact, 0)?;
            let batch = store::vault::add_entry(&entry, now)
                .and(store::vault::wipe_clear(&[person.person]));
            match self.db.commit(batch).await {
                // Another process sealed the same person.
                Ok(_) | Err(StoreError::UniqueViolation { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    async fn region_of_person(&self, person: &ClearIdentity) -> Result<String, VaultError> {
        let mandate = store::devices::mandate_of(&self.db, &person.person).await?;
        let book = self.book.read();
        let mandate = mandate.unwrap_or(hattama_proto::statement::Mandate::Everywhere);
        Ok(region_of(&mandate, &book.pack).to_string())
    }

    /// Gives a coordinator a region's key.
    pub(super) async fn give(
        &self,
        secret: &SecretKey,
        asked: &GrantAsked,
        key: &PublicKey,
        now: UnixMillis,
    ) -> Result<(), VaultError> {
        let purpose = grant_purpose(asked);
        let grant = Grant {
            org: asked.org.clone(),
            region: asked.region.clone(),
            account: asked.account.clone(),
            sealed: key.seal(&purpose, &secret.to_bytes())?,
        };
        self.db.commit(store::vault::add_grants(&[grant], now)).await?;
        Ok(())
    }

    pub(super) async fn key_of_member(&self, account: &str) -> Result<PublicKey, VaultError> {
        let member = store::vault::member(&self.db, account).await?;
        let member = member.ok_or_else(|| VaultError::NoMember(account.to_owned()))?;
        Ok(PublicKey::from_bytes(&member.public_key)?)
    }

    /// Seals after the night: every coordinator's key is destroyed, whatever was open is closed.
    ///
    /// # Errors
    /// [`VaultError::Limited`] for an account with limits: what it seals is everybody's.
    pub async fn seal(&self, operator: &Operator, now: UnixMillis) -> Result<(), VaultError> {
        let actor = whole(operator)?;
        if !self.is_made().await? {
            return Err(VaultError::NotMade);
        }
        self.seal_clear(now).await?;
        self.db.commit(store::vault::destroy_grants()).await?;
        {
            let mut memory = self.memory(now);
            memory.regions.clear();
            memory.opened.clear();
            memory.pending.clear();
        }
        crate::audit::note(&self.db, actor, "vault-seal", "vault", now).await?;
        Ok(())
    }

    /// The region's secret key, with the vault's own in hand.
    pub(super) async fn region_secret(
        &self,
        vault: &SecretKey,
        org: &str,
        region: &str,
        now: UnixMillis,
    ) -> Result<SecretKey, VaultError> {
        let (fresh, _) = self.region_key(&vault.public(), org, region, now).await?;
        if let Some(secret) = fresh {
            return Ok(secret);
        }
        let stored = store::vault::key(&self.db, org, region).await?.ok_or(VaultError::NotFound)?;
        let sealed = stored.for_vault.ok_or(VaultError::NotFound)?;
        secret_from(&vault.open(&key_purpose(org, region), &sealed)?)
    }
}

/// What the box with a holder's share is authenticated for.
pub(super) fn share_purpose(holder: &str, number: u8) -> String {
    format!("share {number} {holder}")
}

/// What the box with a coordinator's region key is authenticated for.
pub(super) fn grant_purpose(asked: &GrantAsked) -> String {
    format!("grant {} {} {}", asked.region, asked.org, asked.account)
}

pub(super) fn secret_from(bytes: &[u8]) -> Result<SecretKey, VaultError> {
    let bytes = bytes.try_into().map_err(|_| super::NotOpened)?;
    Ok(SecretKey::from_bytes(bytes))
}

/// The account, if it has no limits.
fn whole(operator: &Operator) -> Result<&str, VaultError> {
    if operator.scope.is_everything() { Ok(&operator.name) } else { Err(VaultError::Limited) }
}

fn first_wins(error: StoreError) -> VaultError {
    match error {
        StoreError::UniqueViolation { .. } | StoreError::Conflict { .. } => VaultError::Stale,
        error => error.into(),
    }
}

async fn wrap(secret: SecretKey, passphrase: String, owner: String) -> Result<Wrapped, VaultError> {
    stretching(move || Wrapped::new(&secret, &passphrase, &owner)).await
}

/// Off the threads that serve: a passphrase takes a quarter of a second.
async fn stretching<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PassphraseError> + Send + 'static,
) -> Result<T, VaultError> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(|_| VaultError::Stopped)??)
}
