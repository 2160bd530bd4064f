//! Who may look after an incident: an active account that reviews incidents and sees this one. An
//! account that cannot open it would be asked for in vain, and the incident would wait for nobody.

use super::{Review, ReviewError};
use crate::{
    access::{AccountState, Permission},
    store::{self, Batch, StoreError, accounts::StoredAccount, incidents::StoredIncident},
};

/// Whether `account` may look after `incident`.
fn may_take(account: &StoredAccount, incident: &StoredIncident) -> bool {
    account.state == AccountState::Active
        && account.roles.iter().any(|role| role.grants(Permission::ReviewIncidents))
        && account.scope.sees(incident.org.as_deref(), incident.region.as_deref())
}

impl Review {
    /// What holds an assignment to the account that was looked at: when that is suspended or gets
    /// other roles meanwhile, nothing of the transaction is done.
    ///
    /// # Errors
    /// [`ReviewError::Assignee`], where there is no such account, or it may not take the incident.
    /// One answer for all, so that nobody learns which accounts there are.
    pub(super) async fn given_to(
        &self,
        name: &str,
        incident: &StoredIncident,
    ) -> Result<Batch, ReviewError> {
        let found = match store::accounts::by_name(&self.db, name).await {
            Err(StoreError::NulInText) => None,
            found => found?,
        };
        let account = found.filter(|account| may_take(account, incident));
        let account = account.ok_or(ReviewError::Assignee)?;
        Ok(store::accounts::unchanged(&account.name, account.version))
    }
}
