//! Two open the vault, for stated people, for a stated reason, for a quarter of an hour.

use hattama_proto::{id::OrgId, time::UnixMillis};
use serde::{Deserialize, Serialize};

use super::{
    OPEN_MS, OpenContact, Vault, VaultError, WAIT_MS,
    contact::Contact,
    custody::{secret_from, share_purpose},
    purpose,
    share::{self, Share},
};
use crate::{
    access::Operator,
    random,
    store::{self, StoreError, vault::Opening},
};

/// Most people of one opening: whoever needs more than a region's observers says so again.
const PEOPLE_MAX: usize = 200;

/// Longest reason, in bytes.
const REASON_BYTES_MAX: usize = 1024;

/// A region's contacts for a coordinator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantAsked {
    /// The coordinator's account.
    pub account: String,
    /// The organisation.
    pub org: String,
    /// The region, or the country for people without one.
    pub region: String,
}

/// What the first account asks.
#[derive(Clone, Debug)]
pub struct OpeningAsked {
    /// Whose entries, by the pseudonym for protocols and forms.
    pub people: Vec<String>,
    /// Which regions' keys for whom.
    pub grants: Vec<GrantAsked>,
    /// Why.
    pub reason: String,
    /// The first holder's passphrase.
    pub passphrase: String,
}

/// The first holder's share, waiting for the second.
pub(super) struct Pending {
    account: String,
    share: Share,
    pub(super) until: UnixMillis,
}

/// Names that two opened.
pub(super) struct Opened {
    by: [String; 2],
    people: Vec<OpenContact>,
    pub(super) until: UnixMillis,
}

/// One opening as its two accounts see it.
#[derive(Clone, Debug, Serialize)]
pub struct OpeningView {
    /// Its name.
    pub opening: String,
    /// Why.
    pub reason: String,
    /// For whom, by pseudonym.
    pub people: Vec<String>,
    /// Which regions' keys for whom.
    pub grants: Vec<GrantAsked>,
    /// The first account.
    pub asked_by: String,
    /// When it asked.
    pub asked_at: UnixMillis,
    /// The second account.
    pub opened_by: Option<String>,
    /// When it agreed.
    pub opened_at: Option<UnixMillis>,
    /// Whether a second account may agree now.
    pub waiting: bool,
    /// The names, for the two who opened it, until it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contacts: Option<Vec<OpenContact>>,
    /// When it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_until: Option<UnixMillis>,
}

impl Vault {
    /// The first of two asks. Returns the opening's name.
    pub async fn ask(
        &self,
        asked: OpeningAsked,
        operator: &Operator,
        now: UnixMillis,
    ) -> Result<String, VaultError> {
        let account = operator.name.as_str();
        let reason = asked.reason.trim();
        if reason.is_empty() || reason.len() > REASON_BYTES_MAX {
            return Err(VaultError::Invalid("say why, in a few sentences".into()));
        }
        if asked.people.len() > PEOPLE_MAX || (asked.people.is_empty() && asked.grants.is_empty()) {
            return Err(VaultError::Invalid(format!(
                "say for whom: 1 to {PEOPLE_MAX} people, or a coordinator's region"
            )));
        }
        for person in &asked.people {
            let entry = store::vault::entry(&self.db, person).await?;
            let sees = |entry: &store::vault::Entry| {
                operator.scope.sees(Some(entry.org.as_str()), Some(&entry.region))
            };
            if !entry.as_ref().is_some_and(sees) {
                return Err(VaultError::Invalid(format!("the vault has nobody called {person}")));
            }
        }
        for grant in &asked.grants {
            self.key_of_member(&grant.account).await?;
            OrgId::new(&grant.org)
                .map_err(|error| VaultError::Invalid(format!("the organisation: {error}")))?;
            if !operator.scope.sees(Some(&grant.org), Some(&grant.region)) {
                return Err(VaultError::Invalid("that region is not yours to give".into()));
            }
        }
        let share = self.share_of(account, asked.passphrase, now).await?;
        let opening = random::text::<12>()?;
        let row = Opening {
            opening: opening.clone(),
            reason: reason.to_owned(),
            people: serde_json::to_string(&asked.people).expect("texts are plain data"),
            grants: serde_json::to_string(&asked.grants).expect("grants are plain data"),
            asked_by: account.to_owned(),
            asked_at: now,
            opened_by: None,
            opened_at: None,
        };
        self.db.commit(store::vault::ask(&row)).await?;
        crate::audit::note(&self.db, account, "vault-ask", &opening, now).await?;
        let pending = Pending { account: account.to_owned(), share, until: now.plus_ms(WAIT_MS) };
        self.memory(now).pending.insert(opening.clone(), pending);
        Ok(opening)
    }

    /// The second agrees: what was asked for is done, and the vault's key is forgotten again.
    pub async fn agree(
        &self,
        opening: &str,
        passphrase: String,
        operator: &Operator,
        now: UnixMillis,
    ) -> Result<OpeningView, VaultError> {
        let account = operator.name.as_str();
        let row = store::vault::opening(&self.db, opening).await?.ok_or(VaultError::NotFound)?;
        let first = match self.memory(now).pending.get(opening) {
            None => return Err(VaultError::NotFound),
            Some(pending) if pending.account == account => return Err(VaultError::SameAccount),
            Some(pending) => pending.share.clone(),
        };
        let second = self.share_of(account, passphrase, now).await?;
        let secret = share::join(&first, &second).ok_or(VaultError::SameAccount)?;
        let secret = super::seal::SecretKey::from_bytes(secret);
        let people: Vec<String> = serde_json::from_str(&row.people).unwrap_or_default();
        let grants: Vec<GrantAsked> = serde_json::from_str(&row.grants).unwrap_or_default();
        let mut contacts = Vec::with_capacity(people.len());
        // The second agrees to what the second may see, too.
        let sees = |org: &str, region: &str| operator.scope.sees(Some(org), Some(region));
        if !grants.iter().all(|grant| sees(&grant.org, &grant.region)) {
            return Err(VaultError::NotFound);
        }
        for person in &people {
            let entry = store::vault::entry(&self.db, person).await?.ok_or(VaultError::NotFound)?;
            if !sees(entry.org.as_str(), &entry.region) {
                return Err(VaultError::NotFound);
            }
            let bytes = secret.open(&purpose(&entry.person, &entry.org), &entry.for_vault)?;
            let contact = Contact::from_bytes(&bytes)?;
            contacts.push(OpenContact::of(entry, contact));
        }
        // Of several that agree at once, one does.
        self.db.commit(store::vault::agree(opening, account, now)).await.map_err(|error| {
            match error {
                StoreError::Conflict { .. } => VaultError::Stale,
                error => error.into(),
            }
        })?;
        crate::audit::note(&self.db, account, "vault-open", opening, now).await?;
        for grant in &grants {
            let region = self.region_secret(&secret, &grant.org, &grant.region, now).await?;
            let key = self.key_of_member(&grant.account).await?;
            self.give(&region, grant, &key, now).await?;
            crate::audit::note(&self.db, account, "vault-grant", &grant.region, now).await?;
        }
        {
            let mut memory = self.memory(now);
            memory.pending.remove(opening);
            let opened = Opened {
                by: [row.asked_by.clone(), account.to_owned()],
                people: contacts,
                until: now.plus_ms(OPEN_MS),
            };
            memory.opened.insert(opening.to_owned(), opened);
        }
        self.opening(opening, operator, now).await
    }

    async fn share_of(
        &self,
        account: &str,
        passphrase: String,
        now: UnixMillis,
    ) -> Result<Share, VaultError> {
        let held = store::vault::share(&self.db, account).await?;
        let (number, sealed) = held.ok_or(VaultError::NoHolder)?;
        let secret = self.unlock(account, passphrase, now).await?;
        let bytes = secret.open(&share_purpose(account, number), &sealed)?;
        let share = secret_from(&bytes)?;
        Ok(Share { number, bytes: share.to_bytes() })
    }

    /// One opening; with the names if `account` is one of its two and it has not ended.
    pub async fn opening(
        &self,
        opening: &str,
        operator: &Operator,
        now: UnixMillis,
    ) -> Result<OpeningView, VaultError> {
        let account = operator.name.as_str();
        let row = store::vault::opening(&self.db, opening).await?.ok_or(VaultError::NotFound)?;
        if !self.sees_opening(operator, &row).await? {
            return Err(VaultError::NotFound);
        }
        let view = self.view(row, account, now);
        if view.contacts.as_ref().is_some_and(|people| !people.is_empty()) {
            crate::audit::note(&self.db, account, "vault-read", opening, now).await?;
        }
        Ok(view)
    }

    /// The newest openings that the operator sees, without names.
    pub async fn openings(
        &self,
        operator: &Operator,
        now: UnixMillis,
    ) -> Result<Vec<OpeningView>, VaultError> {
        let mut views = Vec::new();
        for row in store::vault::openings(&self.db, 50).await? {
            if self.sees_opening(operator, &row).await? {
                views.push(self.view(row, "", now));
            }
        }
        Ok(views)
    }

    /// An opening names people, a reason and coordinators: whoever has limits sees their own, and
    /// those of which nothing lies beyond the limits.
    async fn sees_opening(&self, operator: &Operator, row: &Opening) -> Result<bool, VaultError> {
        let is_theirs = |by: &str| by == operator.name;
        let took_part = is_theirs(&row.asked_by) || row.opened_by.as_deref().is_some_and(is_theirs);
        if operator.scope.is_everything() || took_part {
            return Ok(true);
        }
        let sees = |org: &str, region: &str| operator.scope.sees(Some(org), Some(region));
        let grants: Vec<GrantAsked> = serde_json::from_str(&row.grants).unwrap_or_default();
        let people: Vec<String> = serde_json::from_str(&row.people).unwrap_or_default();
        for person in &people {
            let entry = store::vault::entry(&self.db, person).await?;
            if !entry.is_some_and(|entry| sees(entry.org.as_str(), &entry.region)) {
                return Ok(false);
            }
        }
        Ok(grants.iter().all(|grant| sees(&grant.org, &grant.region)))
    }

    fn view(&self, row: Opening, account: &str, now: UnixMillis) -> OpeningView {
        let memory = self.memory(now);
        let opened = memory
            .opened
            .get(&row.opening)
            .filter(|opened| opened.by.iter().any(|one| one == account));
        OpeningView {
            waiting: memory.pending.contains_key(&row.opening),
            contacts: opened.map(|opened| opened.people.clone()),
            open_until: opened.map(|opened| opened.until),
            people: serde_json::from_str(&row.people).unwrap_or_default(),
            grants: serde_json::from_str(&row.grants).unwrap_or_default(),
            opening: row.opening,
            reason: row.reason,
            asked_by: row.asked_by,
            asked_at: row.asked_at,
            opened_by: row.opened_by,
            opened_at: row.opened_at,
        }
    }
}
